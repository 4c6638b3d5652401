"""What stands around every page: the line, the alarms, the watch, and where one is."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from hotline.api import schema
from hotline.console.visit import DESK, EVERYBODY, SUPERVISION, Visit
from hotline.errors import HotlineError, UsageError
from hotline.model.access import Role

PLACES: tuple[tuple[str, str, frozenset[Role]], ...] = (
    ("/picture", "picture", EVERYBODY),
    ("/inbox", "inbox", EVERYBODY),
    ("/compose", "compose", DESK),
    ("/watch", "watch", EVERYBODY),
    ("/log", "log", EVERYBODY),
    ("/exercise", "exercise", EVERYBODY),
    ("/officers", "officers", SUPERVISION),
)
"""The pages of the menu: address, word, and who sees them."""


GLANCE_S: Final = 2.0
"""How long a page waits for the figures of its frame."""
SILENT: Final = web.RequestKey("silent", bool)
"""Set on a request during which the node was found silent: it is not asked again for the page."""


@dataclass(frozen=True, slots=True)
class Glance:
    """The node at a glance, and what went wrong where it cannot be asked."""

    status: schema.Status | None
    error: HotlineError | None = None

    @property
    def ringing(self) -> list[schema.AlarmView]:
        """Alarms that nobody has acknowledged, and that are not shelved.

        High ones come first, of those the ones whose cause is there, of those the newest.
        """
        if self.status is None:
            return []
        heard = [
            one
            for one in self.status.alarms
            if one.acknowledged_at is None and one.shelved_until is None
        ]
        heard.sort(key=lambda one: one.raised_at, reverse=True)
        return sorted(heard, key=lambda one: (one.priority != "high", one.cleared_at is not None))


def silent() -> UsageError:
    """Return what is told of a node that does not answer."""
    return UsageError(
        "console.node-silent",
        "the node does not answer: nothing can be seen, and what was just sent may not be entered",
        "use the voice line; when the node answers again, look in the log what was entered",
    )


async def glance(visit: Visit) -> Glance:
    """Ask the node how it is; one that says nothing for some seconds cannot be asked."""
    if visit.request.get(SILENT):
        return Glance(None, silent())
    try:
        async with asyncio.timeout(GLANCE_S):
            return Glance(await visit.client.status())
    except TimeoutError:
        return Glance(None, silent())
    except HotlineError as error:
        return Glance(None, error)


def places(visit: Visit) -> list[tuple[str, str]]:
    """Return the menu of a visitor: address and word."""
    return [(path, word) for path, word, roles in PLACES if visit.may(roles)]
