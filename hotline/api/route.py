"""What one operation of the API is: its path, parameters, shapes, and who may ask for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from hotline.api import schema
from hotline.model.access import Role

TRAFFIC: Final = "Hotline-Traffic"
"""Header of every answer of a node that is not actual: ``EXERCISE`` and its name, URL-encoded."""
SESSION: Final = "Hotline-Session"
"""Header of a question that is asked in an officer's session: its token."""
TEXT: Final = "text/plain"
JSON: Final = "application/json"
EVENTS: Final = "text/event-stream"
BINARY: Final = "application/octet-stream"

MAX_NUMBER: Final = 10**18 - 1
"""The greatest number of an entry, an alarm, a draft, a job: 18 digits, which SQLite holds."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a path or a query, with its JSON schema."""

    name: str
    text: str
    schema: dict[str, Any]
    where: str = "query"
    many: bool = False


@dataclass(frozen=True, slots=True)
class Route:
    """One operation. ``refusals`` are the HTTP statuses besides 400 that it may answer with.

    ``roles`` are those that may ask for it in a session, None where a session does not matter.
    Whoever opens the socket without one speaks for the centre. ``in_session`` is whether there is
    nothing to say without one. ``takes`` is the media type of a body that is no shape, if it has
    one. ``others`` are further media types of an answer that is no shape.
    """

    method: str
    path: str
    operation: str
    summary: str
    response: type[schema.Shape] | None
    request: type[schema.Request] | None = None
    status: int = 200
    parameters: tuple[Parameter, ...] = ()
    media: str = JSON
    refusals: tuple[int, ...] = ()
    roles: frozenset[Role] | None = None
    in_session: bool = False
    takes: str = ""
    others: tuple[str, ...] = ()


EVERYBODY: Final = frozenset(Role)
DESK: Final = frozenset({Role.OFFICER, Role.SUPERVISOR})
"""Those who speak for the centre, and have the watch."""
PLAY: Final = DESK | {Role.DIRECTOR}
DIRECTOR: Final = frozenset({Role.DIRECTOR})
SUPERVISOR: Final = frozenset({Role.SUPERVISOR})
READERS: Final = frozenset({Role.OFFICER, Role.SUPERVISOR, Role.AUDITOR})
"""Those who look into the record: everybody but who directs play."""
OVERSIGHT: Final = frozenset({Role.SUPERVISOR, Role.AUDITOR})
