"""All pages behind the login as one table; each module has its own ``PAGE_ROUTES``."""

from __future__ import annotations

from hotline.console.page import Page
from hotline.console.pages import (
    alarm_figures,
    alarms,
    audit_entry,
    audit_evidence,
    audit_jobs,
    audit_logs,
    compose,
    exercise,
    exercise_board,
    frame,
    inbox,
    log,
    notice,
    notice_steps,
    officers,
    picture,
    relief,
    reply,
    voice,
    watch,
)

PAGES: tuple[Page, ...] = (
    *frame.PAGE_ROUTES,
    *watch.PAGE_ROUTES,
    *alarms.PAGE_ROUTES,
    *alarm_figures.PAGE_ROUTES,
    *relief.PAGE_ROUTES,
    *exercise.PAGE_ROUTES,
    *exercise_board.PAGE_ROUTES,
    *officers.PAGE_ROUTES,
    *inbox.PAGE_ROUTES,
    *notice.PAGE_ROUTES,
    *notice_steps.PAGE_ROUTES,
    *reply.PAGE_ROUTES,
    *voice.PAGE_ROUTES,
    *compose.PAGE_ROUTES,
    *log.PAGE_ROUTES,
    *picture.PAGE_ROUTES,
    *audit_logs.PAGE_ROUTES,
    *audit_entry.PAGE_ROUTES,
    *audit_evidence.PAGE_ROUTES,
    *audit_jobs.PAGE_ROUTES,
)
