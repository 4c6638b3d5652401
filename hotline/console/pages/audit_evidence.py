"""Checking an evidence file on a page: what it proves, step by step, and what it does not.

Nothing but the file's own bytes is looked at, as by ``hotline verify``: neither the node nor its
record has a part in it, so either side's file may be handed in. It is checked in a thread of the
console's, which the line does not wait for, and is kept nowhere.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web
from aiohttp.web_request import FileField

from hotline.audit.evidence.check import check
from hotline.audit.evidence.facts import facts_of
from hotline.audit.evidence.steps import Refused
from hotline.console.page import Page
from hotline.console.pages.audit_roles import READERS, render_audit
from hotline.console.pages.notice_words import Spoken
from hotline.console.problems import told
from hotline.console.visit import Visit
from hotline.errors import HotlineError, UsageError

FIELD: Final = "evidence"
MOST_NAME: Final = 120


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a file: its facts, or the step that it fails at and why."""

    file: str
    facts: dict[str, Any] | None
    step: int = 0
    reason: str = ""
    code: str = ""


async def form(visit: Visit) -> web.StreamResponse:
    """Show the form that takes a file."""
    return await _page(visit, None)


async def examine(visit: Visit) -> web.StreamResponse:
    """Check the file of the form, and show what it proves."""
    try:
        name, data = await _file(visit)
    except HotlineError as error:
        return await _page(visit, None, error)
    return await _page(visit, await asyncio.to_thread(verdict_on, name, data))


def verdict_on(name: str, data: bytes) -> Verdict:
    """Check a file by its bytes alone; whatever they are, there is a verdict."""
    try:
        return Verdict(name, facts_of(check(data)))
    except Refused as error:
        return Verdict(name, None, error.step, error.reason, error.code)


async def _page(
    visit: Visit, verdict: Verdict | None, error: HotlineError | None = None
) -> web.Response:
    refused = verdict is not None and verdict.facts is None
    return await render_audit(
        visit,
        "log/evidence.html",
        400 if error is not None else 422 if refused else 200,
        verdict=verdict,
        spoken=Spoken(visit.words),
        problem=None if error is None else told(error, visit.words),
    )


async def _file(visit: Visit) -> tuple[str, bytes]:
    """Return the name and the bytes of the form's file. Raises UsageError where there is none."""
    given = (await visit.request.post()).get(FIELD)
    data = given.file.read() if isinstance(given, FileField) else b""
    if not isinstance(given, FileField) or not data:
        raise UsageError(
            "audit.upload-empty", "nothing was handed in", "choose the evidence file of an exchange"
        )
    return given.filename[:MOST_NAME], data


PAGE_ROUTES = (
    Page("GET", "/verify/evidence", form, READERS),
    Page("POST", "/verify/evidence", examine, READERS),
)
