"""Alarms: each acknowledged, shelved and heard again by name, one by one; and all there ever were.

There is no way to acknowledge several at once, and none is meant to come.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from aiohttp import web

from hotline.api.schema import AlarmView
from hotline.console.access import fields_of
from hotline.console.page import Page, fragment, render, see
from hotline.console.pages.alarms_shown import AlarmShown, shown, state_of
from hotline.console.pages.audit_tables import as_csv
from hotline.console.pages.watch import done_word, watch_page
from hotline.console.problems import Told, told
from hotline.console.visit import DESK, Visit
from hotline.errors import UsageError
from hotline.model.times import SECOND_US, format_time, parse_time

LENGTHS: Final = (15, 30, 60, 120, 240, 480)
"""For how many minutes an alarm can be shelved; no longer than a watch."""
MOST_SHOWN: Final = 200
"""Alarms of the past on one page."""
MAX_REASON: Final = 300
COLUMNS: Final = (
    *("id", "code", "priority", "peer", "subject", "text"),
    *("raised_at", "cleared_at", "acknowledged_at", "acknowledged_by"),
)


async def standing(visit: Visit) -> web.StreamResponse:
    """Return the alarms that stand now."""
    page = await visit.client.alarms()
    return fragment(visit, "alarms/standing.html", alarms=shown(page.alarms), may=visit.may(DESK))


async def history(visit: Visit) -> web.StreamResponse:
    """Show what rang, newest first, page by page."""
    before = _before(visit)
    page = await visit.client.past_alarms(before=before, limit=MOST_SHOWN)
    return await render(
        visit,
        "alarms/history.html",
        alarms=_shown(page.alarms),
        newest=before is not None,
        older=page.alarms[0].id if page.more else None,
    )


async def history_csv(visit: Visit) -> web.StreamResponse:
    """Return what rang as a table for other programs."""
    found = (await visit.client.alarms(all=True)).alarms
    rows = [[getattr(view, column) for column in COLUMNS] for view in reversed(found)]
    return await as_csv(visit, COLUMNS, rows, "alarms")


async def one_alarm(visit: Visit) -> web.StreamResponse:
    """Show one alarm with all that was done about it, and the form for shelving it."""
    return await _one(visit)


async def acknowledge(visit: Visit) -> web.StreamResponse:
    """Take notice of one alarm under the visitor's name."""
    try:
        await visit.client.acknowledge(_number(visit), visit.officer)
    except UsageError as error:
        return await watch_page(visit, told(error, visit.words), 409)
    return see("/watch?done=acknowledged#alarms")


async def shelve(visit: Visit) -> web.StreamResponse:
    """Keep one alarm quiet for a while, with a reason."""
    form = await fields_of(visit.request)
    reason = " ".join(form.get("reason", "").split())
    minutes = form.get("minutes", "")
    try:
        if not reason or len(reason) > MAX_REASON:
            raise UsageError(
                "console.no-reason",
                "an alarm is shelved with a reason of one line",
                "say what keeps it from being acted on now",
            )
        if minutes not in map(str, LENGTHS):
            raise UsageError(
                "alarm.bad-until", "an alarm is shelved until an end that is offered", "choose one"
            )
        # By the node's clock, which an exercise may have set wrong on purpose.
        now_us = parse_time((await visit.client.status()).now)
        until = format_time(now_us + int(minutes) * 60 * SECOND_US)
        await visit.client.shelve(_number(visit), visit.officer, reason, until)
    except UsageError as error:
        return await _one(visit, told(error, visit.words), reason=reason, minutes=minutes)
    return see("/watch?done=shelved#alarms")


async def unshelve(visit: Visit) -> web.StreamResponse:
    """Have one alarm heard again."""
    try:
        await visit.client.unshelve(_number(visit), visit.officer)
    except UsageError as error:
        return await watch_page(visit, told(error, visit.words), 409)
    return see("/watch?done=unshelved#alarms")


async def _one(
    visit: Visit, problem: Told | None = None, reason: str = "", minutes: str = "30"
) -> web.Response:
    number = _number(visit)
    page = await visit.client.past_alarms(before=number + 1, limit=1)
    if [view.id for view in page.alarms] != [number]:
        raise UsageError("alarm.unknown", f"there is no alarm {number}", "see all under Alarms")
    return await render(
        visit,
        "alarms/one.html",
        200 if problem is None else 409,
        one=_shown(page.alarms)[0],
        may=visit.may(DESK),
        lengths=LENGTHS,
        reason=reason,
        minutes=minutes,
        done=done_word(visit),
        problem=problem,
    )


def _shown(alarms: Sequence[AlarmView]) -> list[AlarmShown]:
    return [AlarmShown(alarm, state_of(alarm)) for alarm in reversed(alarms)]


def _before(visit: Visit) -> int | None:
    """Return where a page of the past begins; what is no number of an alarm counts as not said."""
    text = visit.request.query.get("before", "")
    known = text.isascii() and text.isdecimal() and len(text) < 19 and int(text) > 0
    return int(text) if known else None


def _number(visit: Visit) -> int:
    text = visit.request.match_info["id"]
    if not (text.isascii() and text.isdecimal() and 0 < len(text) < 19):
        raise UsageError("alarm.unknown", "there is no such alarm", "see all under Alarms")
    return int(text)


PAGE_ROUTES = (
    Page("GET", "/watch/alarms", history),
    Page("GET", "/watch/alarms.csv", history_csv),
    Page("GET", "/watch/alarms/standing", standing),
    Page("GET", "/watch/alarms/{id}", one_alarm),
    Page("POST", "/watch/alarms/{id}/acknowledge", acknowledge, DESK),
    Page("POST", "/watch/alarms/{id}/shelve", shelve, DESK),
    Page("POST", "/watch/alarms/{id}/unshelve", unshelve, DESK),
)
