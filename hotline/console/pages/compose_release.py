"""Sending a draft: all of it is shown as it will be signed; then it is released, once.

A second press of the same button, or a second tab, waits for the first and is told the same. A
draft that was changed meanwhile is not sent: its version is part of what is confirmed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final
from weakref import WeakKeyDictionary

import msgspec
from aiohttp import web

from hotline.api.access_shapes import Draft
from hotline.api.client import Client
from hotline.api.letter_shapes import LetterView
from hotline.api.schema import Sent
from hotline.api.server import status_of
from hotline.console.access import fields_of
from hotline.console.page import Page, render, see
from hotline.console.pages.compose_form import Made
from hotline.console.pages.compose_form import form_of as form_in
from hotline.console.pages.compose_meaning import (
    Meaning,
    areas_of,
    ask,
    flag_field,
    label_of,
    letter_of,
    needs_second,
    now_us,
)
from hotline.console.pages.compose_start import newest_first
from hotline.console.problems import told
from hotline.console.visit import DESK, Visit
from hotline.errors import HotlineError, UsageError
from hotline.model.kinds import Kind

WAIT_S: Final = 3.0
"""How long the peer's receipt is waited for before the page of what was sent is shown."""
REMEMBERED: Final = 1000
"""Releases whose outcome is known to whoever presses again."""

_RELEASES: Final[WeakKeyDictionary[web.Application, dict[int, asyncio.Task[Sent]]]] = (
    WeakKeyDictionary()
)


def number_of(visit: Visit) -> int:
    """Return the number of the draft in the address."""
    return int(visit.request.match_info["draft"][:18])


def version_in(fields: Mapping[str, str]) -> int:
    """Return the version that a form was made from; 0, which none has, for what is no number."""
    text = fields.get("version", "")
    return int(text[:18]) if text.isascii() and text.isdecimal() else 0


def status_for(error: HotlineError) -> int:
    """Return the HTTP status of a page that tells of an error."""
    return status_of(error)


async def draft_or_gone(visit: Visit) -> Draft | web.StreamResponse:
    """Return the draft of the address, or the page that says that it was sent or thrown away."""
    try:
        return await visit.client.draft(number_of(visit))
    except HotlineError as error:
        if error.code != "draft.unknown":
            raise
        return await gone(visit)


async def gone(visit: Visit) -> web.StreamResponse:
    """Show where a draft has gone: to the message that it became, where that is known."""
    done = _RELEASES.get(visit.request.app, {}).get(number_of(visit))
    if done is not None and done.done() and not done.cancelled() and done.exception() is None:
        return see(f"/notice/{done.result().id}")
    return await render(visit, "compose/gone.html", 404, number=number_of(visit))


async def kept_or_empty(visit: Visit, number: int) -> Draft:
    """Return a draft as the node has it; where it cannot be asked, one that holds nothing."""
    try:
        return await visit.client.draft(number)
    except HotlineError:
        return Draft(
            id=number,
            author=visit.officer,
            document={},
            precedence="",
            peer="",
            kind="",
            about="",
            updated_at="",
            updated_by=visit.officer,
            version=0,
        )


# --- Sending --------------------------------------------------------------------------------------


async def review(visit: Visit) -> web.StreamResponse:
    """Show exactly what will be signed, and the button that does it."""
    draft = await draft_or_gone(visit)
    return draft if isinstance(draft, web.StreamResponse) else await show_review(visit, draft)


async def show_review(
    visit: Visit,
    draft: Draft,
    error: HotlineError | None = None,
    *,
    second: bool = False,
    reason: str = "",
) -> web.StreamResponse:
    """Show a draft whole; ``second`` is for the officer who releases what another one wrote."""
    if "form" in draft.document:
        return see(f"/compose/{draft.id}")
    letters = (await visit.client.letters()).letters
    letter = letter_of(letters, draft.peer)
    meaning = Meaning(Made(dict(draft.document)), [], {})
    meaning.areas = await asyncio.to_thread(areas_of, draft.document)
    try:
        officer = draft.offered_by if second else visit.officer
        await ask(visit, meaning, draft.document, draft.peer, letter, officer=officer)
    except HotlineError as broken:
        meaning.problem = told(broken, visit.words)
    document = msgspec.json.format(msgspec.json.encode(draft.document), indent=2).decode()
    needed = needs_second(letter, draft.kind)
    return await render(
        visit,
        "compose/release.html" if second else "compose/send.html",
        200 if error is None else status_for(error),
        draft=draft,
        letter=letter,
        meaning=meaning,
        document=document,
        second=needed,
        changes=await _changes(visit, draft, letter),
        own=draft.offered_by == visit.officer,
        areas=msgspec.json.encode(meaning.areas).decode(),
        reason=reason,
        flag_field=flag_field,
        label_of=lambda name: label_of(name, visit.words),
        form={},
        problem=None if error is None else told(error, visit.words),
    )


async def _changes(
    visit: Visit, draft: Draft, _letter: LetterView | None
) -> list[tuple[str, str, str]]:
    """Return what a revision changes: the label of each field, what it said and what it says."""
    reference = draft.document.get("reference")
    if draft.kind != Kind.REVISION or not isinstance(reference, str):
        return []
    try:
        # Ours, whatever the peer calls its own.
        thread = (await visit.client.message(f"{visit.setting.centre}:{reference}")).thread
    except HotlineError:
        return []
    contents = newest_first(thread, reference)
    if not contents:
        return []
    before = _fields(contents[0].message or {})
    after = _fields(draft.document)
    return [
        (label_of(name, visit.words), before.get(name, ""), after.get(name, ""))
        for name in dict.fromkeys((*before, *after))
        if before.get(name, "") != after.get(name, "") and name not in ("kind", "peer")
    ]


def _fields(content: Mapping[str, Any]) -> dict[str, str]:
    said = {name: value for name, value in content.items() if name not in ("reason", "number")}
    found = form_in({**said, "kind": "revision"}, now_us(), precedence=" ")
    return {name: text for name, text in found.items() if name not in ("precedence", "volumes")}


async def send(visit: Visit) -> web.StreamResponse:
    """Sign and send the draft, or offer it to a second officer."""
    fields = await fields_of(visit.request)
    if fields.get("do") == "offer":
        try:
            await visit.client.offer_draft(number_of(visit), visit.officer, version_in(fields))
        except HotlineError as error:
            return await _refused(visit, error)
        return see("/compose")
    return await _release(visit, version_in(fields), second=False)


async def _release(visit: Visit, version: int, *, second: bool) -> web.StreamResponse:
    try:
        sent = await released(visit, number_of(visit), version)
    except HotlineError as error:
        return await _refused(visit, error, second=second)
    return see(f"/notice/{sent.id}")


async def released(visit: Visit, number: int, version: int) -> Sent:
    """Release a draft once, however often that is asked for. Raises what the node refuses."""
    releases = _RELEASES.setdefault(visit.request.app, {})
    running = releases.get(number)
    if running is None or _failed(running):
        running = asyncio.create_task(
            _signed(visit.client, number, visit.officer, version), name=f"release {number}"
        )
        releases[number] = running
        for old in list(releases)[:-REMEMBERED]:
            del releases[old]
    # Whoever goes away does not stop what others wait for.
    return await asyncio.shield(running)


async def _signed(client: Client, number: int, officer: str, version: int) -> Sent:
    return await client.release_draft(number, officer, version, WAIT_S)


def _failed(task: asyncio.Task[Sent]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)


async def _refused(
    visit: Visit, error: HotlineError, *, second: bool = False, reason: str = ""
) -> web.StreamResponse:
    """Show the draft as it stands now, with what kept it from being sent."""
    if error.code == "draft.unknown":
        return await gone(visit)
    draft = await draft_or_gone(visit)
    if isinstance(draft, web.StreamResponse):
        return draft
    return await show_review(visit, draft, error, second=second, reason=reason)


# --- Releasing what another officer wrote ---------------------------------------------------------


async def to_release(visit: Visit) -> web.StreamResponse:
    """Show a draft that is offered, to be read to its end and then released or returned."""
    draft = await draft_or_gone(visit)
    if isinstance(draft, web.StreamResponse):
        return draft
    if draft.offered_at is None:
        return await show_review(
            visit,
            draft,
            UsageError(
                "draft.not-offered",
                "this draft is not offered to anybody",
                "its author may have taken it back: look at it again",
            ),
        )
    return await show_review(visit, draft, second=True)


async def post_release(visit: Visit) -> web.StreamResponse:
    """Release an offered draft, or give it back with a reason."""
    fields = await fields_of(visit.request)
    if fields.get("do") != "return":
        return await _release(visit, version_in(fields), second=True)
    reason = fields.get("reason", "")
    try:
        await visit.client.return_draft(number_of(visit), visit.officer, reason)
    except HotlineError as error:
        return await _refused(visit, error, second=True, reason=reason)
    return see("/compose")


RELEASE_ROUTES = (
    Page("GET", r"/compose/{draft:[0-9]+}/send", review, DESK),
    Page("POST", r"/compose/{draft:[0-9]+}/send", send, DESK),
    Page("GET", r"/compose/{draft:[0-9]+}/release", to_release, DESK),
    Page("POST", r"/compose/{draft:[0-9]+}/release", post_release, DESK),
)
