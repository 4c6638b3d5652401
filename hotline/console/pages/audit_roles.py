"""Who may look into the record, who may have it verified and taken away; pages that know it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from hotline.console.page import render
from hotline.console.visit import Visit
from hotline.model.access import Role

READERS: Final = frozenset({Role.OFFICER, Role.SUPERVISOR, Role.AUDITOR})
OVERSIGHT: Final = frozenset({Role.SUPERVISOR, Role.AUDITOR})


@dataclass(frozen=True, slots=True)
class Sight:
    """What of the audit a visitor may see, for the menu of its pages."""

    may_read: bool
    may_oversee: bool


async def render_audit(
    visit: Visit, template: str, status: int = 200, **values: Any
) -> web.Response:
    """Return a page of the audit inside the frame, as `hotline.console.page.render` does."""
    sight = Sight(visit.may(READERS), visit.may(OVERSIGHT))
    return await render(visit, template, status, see=sight, **values)
