"""Who looks at the console, at whose, and with which roles: what every page is made for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aiohttp import web

from hotline.api import access_shapes
from hotline.api.client import Client
from hotline.console.language import Words
from hotline.model.access import Role
from hotline.model.kinds import Status

EVERYBODY: Final = frozenset(Role)
DESK: Final = frozenset({Role.OFFICER, Role.SUPERVISOR})
"""Who speaks for the centre."""
SUPERVISION: Final = frozenset({Role.SUPERVISOR})


@dataclass(frozen=True, slots=True)
class Setting:
    """Whose console this is, and where its node listens and keeps its configuration."""

    centre: str
    status: Status
    banner: str
    socket: Path
    config: Path


SETTING: Final = web.AppKey("setting", Setting)


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of somebody who is logged in: who, in which language, and the node's client.

    ``client`` speaks on behalf of the session, so the node refuses what its officer may not do.
    """

    request: web.Request
    session: access_shapes.SessionView
    client: Client
    words: Words
    csrf: str
    setting: Setting
    theme: str

    @property
    def officer(self) -> str:
        """The name that everything done here bears."""
        return self.session.officer

    def may(self, roles: frozenset[Role]) -> bool:
        """Say whether one of the visitor's roles is among these."""
        return not roles.isdisjoint(Role(role) for role in self.session.roles)


VISIT: Final = web.RequestKey("visit", Visit)
"""Where a request keeps whose it is, once that is known."""
