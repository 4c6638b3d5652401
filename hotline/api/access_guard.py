"""Who asks: whether the session in which something is asked lives, and may ask for it.

Whoever opens the socket without a session speaks for the centre, as the ``hotline`` command does.
"""

from __future__ import annotations

from typing import Final, TypeVar

import msgspec
from aiohttp import web

from hotline.api import schema
from hotline.api.route import SESSION, Route
from hotline.errors import UsageError
from hotline.model.access import Role, name_key
from hotline.node.access import Session, no_session
from hotline.node.centre import Centre

R = TypeVar("R", bound=schema.Request)

_SPEAKER: Final = web.RequestKey("speaker", Session)
_NAMES: Final = ("officer", "by")
"""Fields of a body that say who acts."""


def admit(centre: Centre, request: web.Request, route: Route) -> None:
    """Let a question through to its handler, or refuse it. Raises UsageError.

    By the console's socket nobody speaks for the centre: whatever is not open to all needs a
    session there.

    ``access.no-session``: the session has ended, or one is needed and none is named;
    ``access.not-your-role``: its officer may not ask for this.
    """
    if route.roles is None:
        return
    token = request.headers.get(SESSION)
    if token is None:
        if route.in_session or _by_console(centre, request):
            raise no_session()
        return
    session = centre.access.use(token)
    require_role(session, route.roles)
    request[_SPEAKER] = session


def _by_console(centre: Centre, request: web.Request) -> bool:
    transport = request.transport
    asked = None if transport is None else transport.get_extra_info("sockname")
    return bool(asked == str(centre.config.console.socket))


def session_of(request: web.Request) -> Session | None:
    """Return the session in which something is asked; None for the centre itself."""
    return request.get(_SPEAKER)


def require_session(request: web.Request) -> Session:
    """Return the session in which something is asked. Raises UsageError (``access.no-session``)."""
    found = session_of(request)
    if found is None:
        raise no_session()
    return found


def require_role(session: Session | None, roles: frozenset[Role]) -> None:
    """Refuse an officer who has none of these roles (``access.not-your-role``)."""
    if session is not None and not session.roles & roles:
        raise UsageError(
            "access.not-your-role",
            f"{session.officer} may not do this",
            f"it is for who has the role {' or '.join(sorted(roles))}",
        )


def speaking(request: web.Request, body: R) -> R:
    """Return a body in which the session's officer acts, and nobody else.

    One that names nobody names him; his name may be in another case. Raises UsageError
    (``access.other-officer``).
    """
    session = session_of(request)
    if session is None:
        return body
    for field in _NAMES:
        if field in body.__struct_fields__:
            officer_in(session, str(getattr(body, field)))
            body = msgspec.structs.replace(body, **{field: session.officer})
    return body


def officer_in(session: Session, given: str) -> str:
    """Return the officer of a session. Raises UsageError where another one is named."""
    if given.strip() and name_key(given.strip()) != name_key(session.officer):
        raise UsageError(
            "access.other-officer",
            f"this session is {session.officer}'s, and the request names somebody else",
            "log in as the officer who acts",
        )
    return session.officer
