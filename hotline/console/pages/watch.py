"""Line and watch: how each line is, which alarms stand, and who has the watch."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from hotline.api import schema
from hotline.console.letters import letters
from hotline.console.page import Page, fragment, render, see
from hotline.console.pages.alarms_shown import shown
from hotline.console.problems import Told, told
from hotline.console.visit import DESK, Visit
from hotline.errors import UsageError

ORDER = ("FLASH", "IMMEDIATE", "PRIORITY", "ROUTINE")
"""Precedences as they are handled."""
DONE = frozenset(
    {"acknowledged", "shelved", "unshelved", "checked", "taken", "assumed", "reviewed", "released"}
)
"""What a page may be told to say of what was just done: anything else in an address is ignored."""


@dataclass(frozen=True, slots=True)
class LineShown:
    """A line, with what its letter allows; None where the node does not tell of its letter."""

    view: schema.LineView
    backlog: list[tuple[str, int]]
    maximum_offset_ms: float | None
    maximum_unwitnessed_s: float | None

    @property
    def clocks_apart(self) -> bool:
        """Whether the clocks differ by more than the letter allows."""
        offset, most = self.view.clock_offset_ms, self.maximum_offset_ms
        return offset is not None and most is not None and abs(offset) > most

    @property
    def unwitnessed_long(self) -> bool:
        """Whether the peer has not seen entries of ours for longer than the letter allows."""
        most = self.maximum_unwitnessed_s
        return most is not None and self.view.unwitnessed_s > most


async def lines_shown(visit: Visit, status: schema.Status) -> list[LineShown]:
    """Return the lines of a status, each beside what was agreed."""
    known = await letters(visit, status.lines)
    return [
        LineShown(
            view=line,
            backlog=[(name, line.backlog[name]) for name in ORDER if name in line.backlog],
            maximum_offset_ms=known[line.peer].maximum_offset_ms if line.peer in known else None,
            maximum_unwitnessed_s=known[line.peer].max_unwitnessed_s
            if line.peer in known
            else None,
        )
        for line in status.lines
    ]


def done_word(visit: Visit) -> str:
    """Return what was just done, as the address says; empty for nothing."""
    done = visit.request.query.get("done", "")
    return done if done in DONE else ""


async def watch_page(
    visit: Visit, problem: Told | None = None, status_code: int = 200
) -> web.Response:
    """Return the page, and what went wrong before it."""
    status = await visit.client.status()
    return await render(
        visit,
        "watch/watch.html",
        status_code,
        found=status,
        lines=await lines_shown(visit, status),
        alarms=shown(status.alarms),
        may=visit.may(DESK),
        done=done_word(visit),
        problem=problem,
    )


async def show(visit: Visit) -> web.StreamResponse:
    """Show lines, witnesses, alarms and the watch."""
    return await watch_page(visit)


async def lines(visit: Visit) -> web.StreamResponse:
    """Return the lines and witnesses as they are now."""
    status = await visit.client.status()
    return fragment(
        visit,
        "watch/lines.html",
        found=status,
        lines=await lines_shown(visit, status),
        may=visit.may(DESK),
    )


async def on_duty(visit: Visit) -> web.StreamResponse:
    """Return who has the watch now."""
    return fragment(
        visit, "watch/duty.html", found=await visit.client.status(), may=visit.may(DESK)
    )


async def check(visit: Visit) -> web.StreamResponse:
    """Send a line check, and say so."""
    try:
        await visit.client.check_line(visit.request.match_info["peer"])
    except UsageError as error:
        return await watch_page(visit, told(error, visit.words), 409)
    return see("/watch?done=checked")


PAGE_ROUTES = (
    Page("GET", "/watch", show),
    Page("GET", "/watch/lines", lines),
    Page("GET", "/watch/duty", on_duty),
    Page("POST", "/watch/lines/{peer}/check", check, DESK),
)
