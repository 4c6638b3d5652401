"""Logging in and out, and what a browser keeps without it: the language and the theme."""

from __future__ import annotations

import re
from typing import Final

from aiohttp import web

from hotline.api import access_shapes
from hotline.console import access
from hotline.console.language import Words
from hotline.console.mark import marked_outside
from hotline.console.page import ENVIRONMENT, see
from hotline.console.problems import told
from hotline.console.visit import SETTING
from hotline.errors import HotlineError
from hotline.model.languages.language import language_of

HOME: Final = "/picture"
MAX_FIELD: Final = 400
DEVICE: Final = "__Host-hotline-device"
"""What shows that officers have logged in with this browser before."""
DEVICE_S: Final = 180 * 24 * 3600
MAX_DEVICE: Final = 1000
_DEVICE: Final = re.compile(r"[A-Za-z0-9_.-]{1,1000}")
_STATUS: Final = {"access.throttled": 429, "access.busy": 503}


async def login_form(request: web.Request) -> web.StreamResponse:
    """Show the form, bound to this browser."""
    return await _shown(request, to=_place(request.query.get("to", "")))


async def log_in(request: web.Request) -> web.StreamResponse:
    """Begin a session, or say that it was refused, and never why."""
    fields = await access.fields_of(request)
    to = _place(fields.get("to", ""))
    asked = access_shapes.LoginRequest(
        officer=fields.get("officer", "")[:MAX_FIELD].strip(),
        password=fields.get("password", "")[:MAX_FIELD],
        code=fields.get("code", "")[:MAX_FIELD].replace(" ", ""),
        address=request.remote or "",
        device=request.cookies.get(DEVICE, "")[:MAX_DEVICE],
    )
    try:
        access.refuse_foreign(
            request, access.session_token(request, access.GUEST), fields.get(access.FIELD, "")
        )
        session = await request.app[access.CLIENT].log_in(asked)
    except HotlineError as error:
        return await _shown(request, to=to, officer=asked.officer, error=error)
    # One browser has one session: an earlier one would live on where nobody sees it.
    await _end(request, access.session_token(request))
    response = see(to)
    access.set_cookie(response, access.COOKIE, session.token)
    _keep_device(response, session.device)
    return response


async def log_out(request: web.Request) -> web.StreamResponse:
    """End the session at the node; have the browser forget it, and what was typed in it."""
    token = access.session_token(request)
    response = see("/login")
    if token:
        fields = await access.fields_of(request)
        access.refuse_foreign(request, token, fields.get(access.FIELD, ""))
        await _end(request, token)
        response.headers["Clear-Site-Data"] = '"storage"'
    access.drop_cookie(response, access.COOKIE)
    return response


async def _end(request: web.Request, token: str) -> None:
    if not token:
        return
    try:
        await request.app[access.CLIENT].on_behalf_of(token).end_session()
    except HotlineError as error:
        if error.code != "access.no-session":
            raise


async def prefer(request: web.Request) -> web.StreamResponse:
    """Keep the theme, or the language: in the browser, and in the session where there is one."""
    fields = await access.fields_of(request)
    session = access.session_token(request)
    token = session or access.session_token(request, access.GUEST)
    access.refuse_foreign(request, token, fields.get(access.FIELD, ""))
    response = see(_place(fields.get("to", "")))
    theme, language = fields.get("theme"), fields.get("language")
    if theme in access.THEMES:
        access.set_cookie(response, access.THEME, str(theme))
    if language is not None and (chosen := language_of(language)) is not None:
        access.set_cookie(response, access.LANGUAGE, chosen.value)
        if session:
            await request.app[access.CLIENT].on_behalf_of(session).set_language(chosen.value)
    return response


async def _shown(
    request: web.Request, *, to: str, officer: str = "", error: HotlineError | None = None
) -> web.Response:
    words, setting = Words(access.language_for(request)), request.app[SETTING]
    guest = access.guest_token(request)
    text = (
        request.app[ENVIRONMENT]
        .get_template("outside.html")
        .render(
            t=words,
            setting=setting,
            banner=await marked_outside(setting, request.app[access.CLIENT]),
            theme=access.theme_of(request),
            problem=told(error, words) if error is not None else None,
            form={"csrf": access.csrf_of(guest), "to": to, "officer": officer},
        )
    )
    status = 200 if error is None else _STATUS.get(error.code, 403)
    response = web.Response(status=status, text=text, content_type="text/html", charset="utf-8")
    access.set_cookie(response, access.GUEST, guest)
    return response


def _keep_device(response: web.StreamResponse, device: str) -> None:
    """Have the browser keep by what the node knows it again; it names no session."""
    if _DEVICE.fullmatch(device):
        response.headers.add(
            "Set-Cookie",
            f"{DEVICE}={device}; Path=/; Secure; SameSite=Strict; Partitioned; HttpOnly;"
            f" Max-Age={DEVICE_S}",
        )


def _place(asked: str) -> str:
    """Return where to go on: a page of this console, never another host."""
    if asked.startswith("/") and not asked.startswith(("//", "/\\")) and asked.isprintable():
        return asked
    return HOME


LOGIN_ROUTES = (
    ("GET", "/login", login_form),
    ("POST", "/login", log_in),
    ("POST", "/logout", log_out),
    ("POST", "/prefer", prefer),
)
