"""Officers: who works at this console, kept by supervisors; and everybody's own password.

A second factor is shown once, to the supervisor who made it, and never again: it is held here until
that page is asked for, a minute at most, and the answer is kept by no browser.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Final
from urllib.parse import quote

import segno
from aiohttp import web

from hotline.api.access_shapes import OfficerAdded, OfficerRequest, OfficerView
from hotline.console import access
from hotline.console.access import fields_of
from hotline.console.page import Page, render, see
from hotline.console.problems import Told, told
from hotline.console.visit import SUPERVISION, Visit
from hotline.errors import HotlineError, UsageError
from hotline.model.access import Role, name_key

LANGUAGES: Final = (("en", "English"), ("ru", "Русский"), ("he", "עברית"))
DONE: Final = frozenset({"disabled", "password", "roles"})
KEPT_S: Final = 60.0
MAX_FIELD: Final = 400


@dataclass(frozen=True, slots=True)
class _Once:
    added: OfficerAdded
    until: float


# What is shown once, by the session that made it; nothing of it is ever written down.
_waiting: dict[str, _Once] = {}


async def show(visit: Visit) -> web.StreamResponse:
    """Show all officers, and the form for adding one."""
    return await _page(visit)


async def _page(
    visit: Visit, problem: Told | None = None, form: Mapping[str, str] | None = None
) -> web.Response:
    found = (await visit.client.officers()).officers
    return await render(
        visit,
        "officers/list.html",
        200 if problem is None else 409,
        officers=sorted(found, key=lambda one: (one.disabled_at is not None, name_key(one.name))),
        roles=list(Role),
        languages=LANGUAGES,
        form=form or {},
        problem=problem,
    )


async def add(visit: Visit) -> web.StreamResponse:
    """Add an officer, and go on to the second factor."""
    form = dict(await fields_of(visit.request))
    roles = _roles_in(form)
    try:
        added = await visit.client.add_officer(
            OfficerRequest(
                name=form.get("name", "")[:MAX_FIELD].strip(),
                roles=roles,
                password=form.get("password", "")[:MAX_FIELD],
                by=visit.officer,
                language=form.get("language", "en"),
            )
        )
    except UsageError as error:
        return await _page(visit, told(error, visit.words), form)
    return _told_once(visit, added)


def _roles_in(form: Mapping[str, str]) -> list[str]:
    return [role.value for role in Role if form.get(f"role-{role.value}")]


async def one_officer(visit: Visit) -> web.StreamResponse:
    """Show one officer, with what may be changed."""
    return await _one(visit)


async def _one(
    visit: Visit, problem: Told | None = None, roles: Sequence[str] | None = None
) -> web.Response:
    done = visit.request.query.get("done", "")
    one = await _officer(visit)
    return await render(
        visit,
        "officers/one.html",
        200 if problem is None else 409,
        one=one,
        own=name_key(one.name) == name_key(visit.officer),
        roles=list(Role),
        chosen=one.roles if roles is None else roles,
        address=_address(one.name),
        done=done if done in DONE else "",
        problem=problem,
    )


async def _officer(visit: Visit) -> OfficerView:
    key = name_key(visit.request.match_info["name"])
    for one in (await visit.client.officers()).officers:
        if name_key(one.name) == key:
            return one
    raise UsageError("access.unknown-officer", "there is no officer of this name", "see the list")


async def disable(visit: Visit) -> web.StreamResponse:
    """Let nobody log in by a name any more; never by one's own."""
    name = (await _officer(visit)).name
    form = await fields_of(visit.request)
    try:
        if name_key(name) == name_key(visit.officer):
            raise UsageError(
                "console.own-name", "nobody disables himself", "another supervisor does it"
            )
        if form.get("sure") != "yes":
            raise UsageError(
                "console.not-sure", "nothing was done: it takes a second press", "press it again"
            )
        await visit.client.disable_officer(name, visit.officer)
    except UsageError as error:
        return await _one(visit, told(error, visit.words))
    return see(f"{_address(name)}?done=disabled")


async def change_roles(visit: Visit) -> web.StreamResponse:
    """Give another officer other roles; the node lets nobody give himself any."""
    name = (await _officer(visit)).name
    roles = _roles_in(await fields_of(visit.request))
    try:
        await visit.client.change_roles(name, roles, visit.officer)
    except UsageError as error:
        return await _one(visit, told(error, visit.words), roles)
    return see(f"{_address(name)}?done=roles")


async def password(visit: Visit) -> web.StreamResponse:
    """Give another officer a new password."""
    name = (await _officer(visit)).name
    if name_key(name) == name_key(visit.officer):
        return see("/password")
    form = await fields_of(visit.request)
    try:
        await visit.client.change_password(
            name, form.get("password", "")[:MAX_FIELD], visit.officer
        )
    except HotlineError as error:
        return await _one(visit, told(error, visit.words))
    return see(f"{_address(name)}?done=password")


async def secret(visit: Visit) -> web.StreamResponse:
    """Make an officer a new second factor, and go on to it."""
    name = (await _officer(visit)).name
    form = await fields_of(visit.request)
    try:
        if form.get("sure") != "yes":
            raise UsageError(
                "console.not-sure", "nothing was done: it takes a second press", "press it again"
            )
        added = await visit.client.renew_secret(name, visit.officer)
    except UsageError as error:
        return await _one(visit, told(error, visit.words))
    return _told_once(visit, added)


async def show_once(visit: Visit) -> web.StreamResponse:
    """Show the second factor that was just made, this once."""
    _forget_old()
    kept = _waiting.pop(visit.csrf, None)
    # Light on dark is not read by every camera: the code is black on white in each theme.
    code = segno.make(kept.added.uri, error="m", micro=False) if kept is not None else None
    return await render(
        visit,
        "officers/secret.html",
        added=kept.added if kept is not None else None,
        secret=_grouped(kept.added.secret) if kept is not None else "",
        picture=code.svg_data_uri(scale=6, border=4, dark="#000", light="#fff") if code else "",
    )


def _told_once(visit: Visit, added: OfficerAdded) -> web.Response:
    _forget_old()
    _waiting[visit.csrf] = _Once(added, monotonic() + KEPT_S)
    return see("/officers/secret")


def _forget_old() -> None:
    now = monotonic()
    for session in [name for name, kept in _waiting.items() if kept.until < now]:
        del _waiting[session]


def _grouped(text: str) -> str:
    """Return a secret in groups of four, as people type it."""
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def _address(name: str) -> str:
    return f"/officers/of/{quote(name, safe='')}"


# --- One's own ------------------------------------------------------------------------------------


async def own(visit: Visit) -> web.StreamResponse:
    """Show the form for one's own password."""
    return await render(visit, "officers/own.html", problem=None)


async def change_own(visit: Visit) -> web.StreamResponse:
    """Change one's own password, and log in anew with it."""
    form = await fields_of(visit.request)
    new = form.get("password", "")[:MAX_FIELD]
    try:
        if new != form.get("again", "")[:MAX_FIELD]:
            raise UsageError(
                "console.passwords-differ", "the two new passwords differ", "type it twice"
            )
        await visit.client.change_password(
            visit.officer, new, visit.officer, form.get("current", "")[:MAX_FIELD]
        )
    except HotlineError as error:
        return await render(visit, "officers/own.html", 409, problem=told(error, visit.words))
    response = see("/login")
    access.drop_cookie(response, access.COOKIE)
    return response


PAGE_ROUTES = (
    Page("GET", "/officers", show, SUPERVISION),
    Page("POST", "/officers", add, SUPERVISION),
    Page("GET", "/officers/secret", show_once, SUPERVISION),
    Page("GET", "/officers/of/{name}", one_officer, SUPERVISION),
    Page("POST", "/officers/of/{name}/disable", disable, SUPERVISION),
    Page("POST", "/officers/of/{name}/roles", change_roles, SUPERVISION),
    Page("POST", "/officers/of/{name}/password", password, SUPERVISION),
    Page("POST", "/officers/of/{name}/secret", secret, SUPERVISION),
    Page("GET", "/password", own),
    Page("POST", "/password", change_own),
)
