"""One message with all that belongs to it: what it says, what it means, and what became of it.

Looking changes nothing: a message that nobody has read shows its head, and the officer who opens
it says so by a form, which records the reading under that name. Whoever only supervises the record
sees the whole message, and is never entered as its reader.
"""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec
from aiohttp import web
from markupsafe import Markup

from hotline.api import schema, voice_shapes
from hotline.api.audit_names import file_name
from hotline.audit.reconcile.plain import moment as written
from hotline.audit.reconcile.plain import shown
from hotline.console.access import fields_of
from hotline.console.mark import marked
from hotline.console.page import Page, fragment, render, said, see, utc
from hotline.console.pages import notice_history as history
from hotline.console.pages.audit_roles import READERS
from hotline.console.pages.notice_map import drawn, position_of, volumes_of
from hotline.console.pages.notice_release import released_by
from hotline.console.pages.notice_words import OVER, Spoken
from hotline.console.saying.plainly import plainly
from hotline.console.visit import DESK, EVERYBODY, Visit
from hotline.errors import HotlineError
from hotline.model.kinds import Kind
from hotline.model.languages.language import Language, language_of
from hotline.model.messages import Advisory, Notice, Revision
from hotline.model.phrasing import position_text
from hotline.model.times import format_time, parse_time, time_or_none

ANSWERABLE: Final = frozenset(
    {
        Kind.NOTICE.value,
        Kind.REVISION.value,
        Kind.ADVISORY.value,
        Kind.NONCONFORMANCE.value,
        Kind.CONTINGENCY.value,
    }
)
"""Kinds that an officer answers from this page."""
_ID: Final = re.compile(r"[0-9a-f]{64}")
MOST_TEXT: Final = 400_000


async def notice(visit: Visit) -> web.StreamResponse:
    """Show a message; of one that nobody here has read, an officer is shown the head alone."""
    thread = await thread_of(visit)
    if thread.message.id != visit.request.match_info["name"]:
        return see(f"/notice/{thread.message.id}")
    if is_closed(visit, thread.message):
        spoken = Spoken(visit.words)
        return await render(visit, "notice/head.html", view=thread.message, spoken=spoken)
    said_here = await values(visit, thread)
    second = await released_by(visit, thread.message)
    return await render(visit, "notice/page.html", released_by=second, **said_here)


async def standing(visit: Visit) -> web.StreamResponse:
    """Return the parts that change while somebody reads: stamps, deadline, relations, thread."""
    thread = await thread_of(visit)
    return fragment(visit, "notice/standing.html", **await values(visit, thread))


async def read(visit: Visit) -> web.StreamResponse:
    """Record that the visitor has opened a message, and show it where it was opened."""
    view = await visit.client.read(visit.request.match_info["name"], visit.officer)
    page = (await fields_of(visit.request)).get("page", "")
    if _ID.fullmatch(page):
        return see(f"/notice/{page}#t-{view.id[:16]}")
    return see(f"/notice/{view.id}")


async def evidence(visit: Visit) -> web.StreamResponse:
    """Lead to the evidence of the exchange, which is a file for anybody to check."""
    thread = await thread_of(visit)
    return see(f"/evidence/{thread.message.id}")


async def text(visit: Visit) -> web.StreamResponse:
    """Give the message as plain text in a language, as it is handed to a person."""
    language = language_of(visit.request.query.get("language", "")) or visit.words.language
    thread = await visit.client.message(visit.request.match_info["name"], language=language)
    view = thread.message
    require_open(visit, view)
    said = shown(plainly(view, language), MOST_TEXT, lines=True)
    parts = view.reference or "", view.id[:16], language.value
    name = file_name(await marked(visit), *parts, suffix=".txt")
    return web.Response(
        text=f"{said}\n",
        content_type="text/plain",
        charset="utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


async def drawing(visit: Visit) -> web.StreamResponse:
    """Return what the map of the page shows, as its script draws it."""
    thread = await thread_of(visit)
    require_open(visit, thread.message)
    return web.json_response(
        await drawn(visit, thread), dumps=lambda what: msgspec.json.encode(what).decode()
    )


async def thread_of(visit: Visit, *, rendered: bool = False) -> schema.Thread:
    """Return the message that the address names, with all that belongs to it."""
    language = visit.words.tag if rendered else None
    return await visit.client.message(visit.request.match_info["name"], language=language)


def is_closed(visit: Visit, view: schema.MessageView) -> bool:
    """Say whether somebody has to open a message by name before its words are shown."""
    return view.direction == "in" and view.read_at is None and visit.may(DESK)


def require_open(visit: Visit, view: schema.MessageView) -> None:
    """Send an officer who has not opened a message to its head."""
    if is_closed(visit, view):
        raise web.HTTPSeeOther(f"/notice/{view.id}")


async def values(visit: Visit, thread: schema.Thread) -> dict[str, Any]:
    """Return what the templates of a message are made with."""
    view, language = thread.message, visit.words.language
    spoken = Spoken(visit.words)
    text_language = _text_language(visit)
    rendered = await visit.client.message(view.id, language=text_language.value, checked=True)
    message = history.message_of(view)
    place = position_of(view)
    newest = history.latest(thread)
    retired = history.retiring(thread)
    answers = history.answers_to(thread, view.id)
    proposal = history.open_proposal(thread)
    answerable = view.direction == "in" and view.kind in ANSWERABLE and visit.may(DESK)
    return {
        "view": view,
        "thread": rendered.thread,
        "rendering": plainly(rendered.message, text_language),
        "plainly": lambda one: plainly(one, text_language),
        "text_language": text_language.value,
        "notice": message if isinstance(message, Notice | Revision) else None,
        "message": message,
        "advisory": message if isinstance(message, Advisory) else None,
        "volumes": volumes_of(view),
        "position": "" if place is None else position_text(place, language),
        "newest": newest if newest.id != view.id else None,
        "retired": retired,
        "over": view.life in OVER,
        "contents": history.contents(thread, spoken, language),
        "answers": answers,
        "proposal": proposal,
        "proposal_changes": []
        if proposal is None
        else history.proposed(volumes_of(view), proposal.reply.proposal, language),
        "remarks": [spoken.remark(flag) for flag in rendered.checked or view.flags],
        "checked": rendered.checked is not None,
        "calls": await _calls(visit, view.id),
        "spoken": spoken,
        "area_text": history.area_text,
        "levels_text": history.levels_text,
        "language": language,
        "reading": _reading(visit, thread),
        "readings": thread.readings,
        "is_closed": lambda one: is_closed(visit, one),
        "may_answer": answerable and retired is None,
        "may_step": view.direction == "out" and visit.may(DESK) and bool(view.open_steps),
        "may_take": visit.may(READERS),
        "limit": history.MOST_SHOWN,
        "shown": shown,
        "moment": moment,
        "exact": exact,
    }


def moment(text: str) -> Markup:
    """Return a time of a message's; one that is none is shown as it came."""
    if time_or_none(text) is None:
        return said(text or "—", 80)
    return utc(text) if format_time(parse_time(text))[17:] == "00Z" else exact(text)


def exact(text: str | None) -> Markup:
    """Return a time to the millisecond, for stamps that are compared; a dash for None."""
    us = None if text is None else time_or_none(text)
    if us is None:
        return Markup("—")
    day, clock = written(us, digits=3).split(" ")
    shown_clock = clock.removesuffix(".000")
    return Markup('<time datetime="%s" dir="ltr"><span class="day">%s</span> %sZ</time>') % (
        format_time(us),
        day,
        shown_clock,
    )


def _text_language(visit: Visit) -> Language:
    return language_of(visit.request.query.get("text", "")) or visit.words.language


def _reading(visit: Visit, thread: schema.Thread) -> str:
    """Return what the page says of the visitor's own reading: "", "others" or "never"."""
    if thread.message.direction != "in":
        return ""
    if not visit.may(DESK):
        return "never"
    return "" if any(one.officer == visit.officer for one in thread.readings) else "others"


async def _calls(visit: Visit, id_: str) -> list[voice_shapes.VoiceView]:
    """Return what was said about a message over a telephone; nothing where that cannot be read."""
    try:
        return (await visit.client.voice(name=id_, limit=50)).calls
    except HotlineError as error:
        if error.code in ("api.no-node", "api.no-answer"):
            raise
        return []


PAGE_ROUTES = (
    Page("GET", "/notice/{name}", notice, EVERYBODY),
    Page("GET", "/notice/{name}/standing", standing, EVERYBODY),
    Page("POST", "/notice/{name}/read", read, DESK),
    Page("GET", "/notice/{name}/read", notice, EVERYBODY),
    Page("GET", "/notice/{name}/evidence", evidence, READERS),
    Page("GET", "/notice/{name}/text", text, EVERYBODY),
    Page("GET", "/notice/{name}/map.json", drawing, EVERYBODY),
)
