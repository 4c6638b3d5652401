"""What a page is, and what it is made with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from hotline.audit.reconcile.plain import shown
from hotline.console.frame import glance, places
from hotline.console.versioned import address
from hotline.console.visit import EVERYBODY, Visit
from hotline.errors import HotlineError
from hotline.model.access import Role
from hotline.model.times import format_time, parse_time

TEMPLATES: Final = Path(__file__).parent / "templates"
ENVIRONMENT: Final = web.AppKey("environment", Environment)


COUNTED_S: Final = 120
"""So many seconds are counted as such; what lasts longer is told in minutes and hours."""

Handler = Callable[[Visit], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Page:
    """One address of the console: what answers it, and who may ask."""

    method: str
    path: str
    handler: Handler
    roles: frozenset[Role] = EVERYBODY


def environment() -> Environment:
    """Make the environment of all templates: everything is escaped, nothing undefined passes."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["places"] = places
    made.globals["static"] = address()
    made.filters["said"] = said
    made.filters["visible"] = visible
    made.filters["utc"] = utc
    made.filters["utc_seconds"] = utc_seconds
    made.filters["visible_lines"] = visible_lines
    made.filters["ago"] = ago
    made.filters["utc_short"] = utc_short
    return made


def said(text: object, limit: int = 2000) -> Markup:
    """Return what somebody else has written: nothing invisible, isolated from its direction."""
    return Markup('<bdi dir="auto">%s</bdi>') % shown(str(text), limit, lines=True)


def visible(text: object, limit: int = 200) -> str:
    """Return what somebody else has written for an attribute or a title: nothing invisible."""
    return shown(str(text), limit)


def utc(time: str | int | None) -> Markup:
    """Return a time as an element that a script adds the local time to; nothing for None."""
    if time is None:
        return Markup("")
    us = time if isinstance(time, int) else parse_time(time)
    text = format_time(us)
    short = f"{text[:10]} {text[11:16]}Z"
    return Markup('<time datetime="%s" dir="ltr">%s</time>') % (text, short)


def utc_short(time: str) -> Markup:
    """Return the time of day alone, as an element that has the whole; a script adds the local."""
    text = format_time(parse_time(time))
    return Markup('<time datetime="%s" dir="ltr">%sZ</time>') % (text, text[11:16])


def utc_seconds(time: str | int | None) -> Markup:
    """Return a time to the millisecond, as the record has it; nothing for None.

    One that lies outside every calendar is shown as it is.
    """
    if time is None:
        return Markup("")
    try:
        text = format_time(time if isinstance(time, int) else parse_time(time))
    except HotlineError:
        return Markup("<bdi>%s</bdi>") % visible(str(time))
    short = f"{text[:10]} {text[11:23].removesuffix('Z')}Z"
    return Markup('<time datetime="%s" dir="ltr">%s</time>') % (text, short)


def ago(seconds: float) -> str:
    """Return for how long something has been, as the script counts on: 42 s, 2:05, 1:00:00."""
    whole = int(seconds)
    if whole < COUNTED_S:
        return f"{whole} s"
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def visible_lines(text: object, limit: int = 60_000) -> str:
    """Return a long text with its lines: nothing invisible, cut to ``limit`` characters."""
    return shown(str(text), limit, lines=True)


async def render(visit: Visit, template: str, status: int = 200, **values: Any) -> web.Response:
    """Return a page inside the frame.

    The template has ``visit``, ``t`` (the words), ``node`` (the node at a glance, None while it
    cannot be asked) and what is passed in.
    """
    text = (
        visit.request.app[ENVIRONMENT]
        .get_template(template)
        .render(
            visit=visit,
            t=visit.words,
            node=await glance(visit),
            page=visit.request.path,
            **values,
        )
    )
    return web.Response(status=status, text=text, content_type="text/html", charset="utf-8")


def fragment(visit: Visit, template: str, **values: Any) -> web.Response:
    """Return a part of a page that a script puts in place; it has no frame."""
    text = (
        visit.request.app[ENVIRONMENT]
        .get_template(template)
        .render(visit=visit, t=visit.words, **values)
    )
    return web.Response(text=text, content_type="text/html", charset="utf-8")


def see(place: str) -> web.Response:
    """Send a browser that has posted a form on to a page, so that a reload posts nothing."""
    return web.Response(status=303, headers={"Location": place})
