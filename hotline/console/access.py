"""Who asks: the session's cookie, the token of each form, and what a browser is told to refuse.

The cookie holds the node's session token and nothing else; the token of the forms is made from it,
so that neither is stored here. Rules: OWASP ASVS 4.0, sections 3.4, 4.2 and 14.4.
"""

from __future__ import annotations

import asyncio
import hmac
import re
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Final
from urllib.parse import quote

from aiohttp import web
from aiohttp.http import HttpProcessingError
from aiohttp.web_protocol import RequestPayloadError

from hotline.api import access_shapes
from hotline.api.client import Client
from hotline.console.language import Words, preferred
from hotline.console.page import Page, see
from hotline.console.visit import SETTING, VISIT, Visit
from hotline.errors import HotlineError, UsageError
from hotline.model.languages.language import Language, language_of

COOKIE: Final = "__Host-hotline"
GUEST: Final = "__Host-hotline-guest"
"""What the form for logging in is bound to, before there is a session."""
THEME: Final = "hotline-theme"
LANGUAGE: Final = "hotline-language"
THEMES: Final = ("dark", "dim", "light")
FIELD: Final = "csrf"
CLIENT: Final = web.AppKey("client", Client)
GOING: Final = web.AppKey("going", Counter)
"""How many questions of each session are being answered, streams and downloads included."""
MOST_AT_ONCE: Final = 32
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; font-src 'self'; form-action 'self'; frame-ancestors 'none';"
    " base-uri 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Strict-Transport-Security": "max-age=31536000",
}

FORM_S: Final = 30.0
"""Within which a form has to arrive."""
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{20,100}")

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


def csrf_of(token: str) -> str:
    """Return the token that forms of this session bear."""
    return sha256(b"hotline console form\0" + token.encode()).hexdigest()


def session_token(request: web.Request, name: str = COOKIE) -> str:
    """Return the token of a cookie; empty where there is none that a node can have given."""
    token = request.cookies.get(name, "")
    return token if _TOKEN.fullmatch(token) else ""


async def fields_of(request: web.Request) -> dict[str, str]:
    """Return the fields of a form, files left out. Raises UsageError ``console.bad-form``.

    A body that stays away is an error too (``console.slow-form``).
    """
    try:
        async with asyncio.timeout(FORM_S):
            fields = await request.post()
    except TimeoutError:
        raise UsageError(
            "console.slow-form",
            f"the form had not arrived after {FORM_S:g} seconds",
            "send it again",
        ) from None
    except web.HTTPException:
        raise
    except (ValueError, LookupError, AssertionError, HttpProcessingError, RequestPayloadError):
        raise UsageError(
            "console.bad-form", "what was sent is no form", "open the page anew and fill it in"
        ) from None
    found: dict[str, str] = {}
    for name, value in fields.items():
        if isinstance(value, str):
            found.setdefault(name, value)
    return found


def refuse_foreign(request: web.Request, token: str, given: str) -> None:
    """Refuse a form that did not come from a page of this session.

    Raises UsageError ``console.foreign-form``.
    """
    origin = request.headers.get("Origin")
    foreign = origin is not None and origin != f"https://{request.host}"
    elsewhere = request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none")
    if (
        not token
        or foreign
        or elsewhere
        or not hmac.compare_digest(given.encode(), csrf_of(token).encode())
    ):
        raise UsageError(
            "console.foreign-form",
            "this form does not come from a page of this session",
            "nothing was done: open the page anew and fill it in again",
        )


def set_cookie(
    response: web.StreamResponse, name: str, value: str, *, script: bool = False
) -> None:
    """Set a cookie that only this host gets back, over TLS, from its own pages.

    A browser sends the cookies of 127.0.0.1 to every port of it, those for TLS also without. One
    that is partitioned (CHIPS) belongs to ``https`` alone, so that no program that listens beside
    the console is given it.
    """
    _write_cookie(response, name, value, "" if script else "; HttpOnly")


def drop_cookie(response: web.StreamResponse, name: str) -> None:
    """Have the browser forget a cookie that `set_cookie` has set."""
    _write_cookie(response, name, "", "; HttpOnly; Max-Age=0")


def _write_cookie(response: web.StreamResponse, name: str, value: str, more: str) -> None:
    # Written by hand: what writes cookies in this Python knows no `Partitioned`.
    response.headers.add(
        "Set-Cookie", f"{name}={value}; Path=/; Secure; SameSite=Strict; Partitioned{more}"
    )


def guest_token(request: web.Request) -> str:
    """Return what the form for logging in is bound to: a browser's own, or a new one."""
    return session_token(request, GUEST) or secrets.token_urlsafe(32)


def theme_of(request: web.Request) -> str:
    """Return the theme that the browser has chosen; dark where it has not."""
    theme = request.cookies.get(THEME, "")
    return theme if theme in THEMES else THEMES[0]


def language_for(
    request: web.Request, session: access_shapes.SessionView | None = None
) -> Language:
    """Return the language of a session, else of the browser."""
    if session is not None:
        return language_of(session.language) or Language.EN
    chosen = language_of(request.cookies.get(LANGUAGE, ""))
    return chosen or preferred(request.headers.get("Accept-Language", ""))


def guarded(page: Page) -> Answer:
    """Return what answers a page's requests: for a living session, with a role that may."""

    async def answer(request: web.Request) -> web.StreamResponse:
        token = session_token(request)
        visit = await _visit(request, token)
        if visit is None:
            return _log_in(request)
        request[VISIT] = visit
        with _counted(request.app[GOING], token):
            return await _admitted(page, visit, token)

    return answer


async def _admitted(page: Page, visit: Visit, token: str) -> web.StreamResponse:
    request = visit.request
    if not visit.may(page.roles):
        raise UsageError(
            "console.not-yours",
            f"this page of {visit.setting.centre} is for: {', '.join(sorted(page.roles))}",
            "log in as somebody who may, or ask a supervisor for the role",
        )
    if request.method == "POST":
        given = request.headers.get("Hotline-Form")
        refuse_foreign(request, token, given or (await fields_of(request)).get(FIELD, ""))
    return await page.handler(visit)


@contextmanager
def _counted(going: Counter[str], token: str) -> Iterator[None]:
    """Hold a place among what a session has asked for and not got yet.

    Raises UsageError ``console.too-many-requests``.
    """
    if going[token] >= MOST_AT_ONCE:
        raise UsageError(
            "console.too-many-requests",
            f"this session has asked for {MOST_AT_ONCE} things that are not answered yet",
            "close some of its windows",
        )
    going[token] += 1
    try:
        yield
    finally:
        going[token] -= 1
        if not going[token]:
            del going[token]


async def _visit(request: web.Request, token: str) -> Visit | None:
    if not token:
        return None
    client = request.app[CLIENT].on_behalf_of(token)
    try:
        session = await client.session()
    except HotlineError as error:
        if error.code == "access.no-session":
            return None
        raise
    return Visit(
        request=request,
        session=session,
        client=client,
        words=Words(language_for(request, session)),
        csrf=csrf_of(token),
        setting=request.app[SETTING],
        theme=theme_of(request),
    )


def _log_in(request: web.Request) -> web.Response:
    """Send to the login, and back to this page after it; what a form held stays in the browser."""
    if request.headers.get("Sec-Fetch-Dest") == "empty":
        return web.Response(status=401, text="the session has ended")
    wanted = request.path_qs if request.method == "GET" else request.path
    return see(f"/login?to={quote(wanted, safe='')}")
