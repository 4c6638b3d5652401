"""All pages behind the login as one table; each module has its own ``PAGE_ROUTES``."""

from __future__ import annotations

from hotline.console.page import Page
from hotline.console.pages import audit_entry, audit_jobs, audit_logs, frame, log, picture

PAGES: tuple[Page, ...] = (
    *frame.PAGE_ROUTES,
    *log.PAGE_ROUTES,
    *picture.PAGE_ROUTES,
    *audit_logs.PAGE_ROUTES,
    *audit_entry.PAGE_ROUTES,
    *audit_jobs.PAGE_ROUTES,
)
