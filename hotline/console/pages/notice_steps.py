"""The next steps of a notice of ours: begun, over, taken back, outside its volumes, out of control.

A step is filled in on one page and signed on another, which shows exactly what will be said. The
second one has no field, so nothing that is typed can send it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from aiohttp import web

from hotline.api import schema
from hotline.api.airspace_shapes import CheckRequest
from hotline.console.access import fields_of
from hotline.console.mark import mark_of
from hotline.console.page import Page, render, see
from hotline.console.pages.notice import thread_of
from hotline.console.pages.notice_words import RANK, Spoken
from hotline.console.problems import Told, told
from hotline.console.visit import DESK, Visit
from hotline.errors import HotlineError, ModelError, UsageError
from hotline.model.kinds import Kind, Precedence
from hotline.model.reading import read_message
from hotline.model.rendering import rendition
from hotline.model.times import format_time, parse_time

STEPS: Final = (
    *(Kind.ACTIVATION.value, Kind.END.value, Kind.WITHDRAWAL.value),
    *(Kind.NONCONFORMANCE.value, Kind.CONTINGENCY.value),
)
TIMED: Final = frozenset(STEPS) - {Kind.WITHDRAWAL.value}
REASONED: Final = frozenset(
    {Kind.WITHDRAWAL.value, Kind.NONCONFORMANCE.value, Kind.CONTINGENCY.value}
)
_MAX: Final = 1000


@dataclass(frozen=True, slots=True)
class Typed:
    """What an officer has filled in: the time as ``HH:MM`` or RFC 3339 in UTC, and the reason."""

    at: str
    reason: str
    as_of: str


async def step(visit: Visit) -> web.StreamResponse:
    """Show the form of a step, or why it is not open."""
    thread, kind = await _open(visit)
    now = (await visit.client.status()).now
    typed = Typed(now[11:16], "", thread.thread[-1].id)
    return await _form(visit, thread, kind, typed)


async def confirm(visit: Visit) -> web.StreamResponse:
    """Show exactly what will be signed, or what is wrong with it beside the form."""
    thread, kind = await _open(visit)
    typed = _typed(await fields_of(visit.request))
    try:
        document = await _document(visit, thread, kind, typed)
        require_unchanged(thread, typed.as_of)
        checked = await visit.client.check(
            CheckRequest(
                document=document,
                peer=thread.message.peer,
                precedence=_precedence(thread, document),
                officer=visit.officer,
            )
        )
    except HotlineError as error:
        if error.code.startswith("api."):
            raise
        return await _form(visit, thread, kind, typed, told(error, visit.words))
    said = read_message(msgspec.json.encode(document | {"officer": visit.officer}), 0).message
    spoken = Spoken(visit.words)
    return await render(
        visit,
        "notice/step_confirm.html",
        view=thread.message,
        kind=kind,
        typed=typed,
        at=document.get("at", ""),
        precedence=checked.precedence,
        text=rendition(
            said,
            visit.words.language,
            precedence=Precedence.__members__.get(checked.precedence),
            traffic=mark_of(
                thread.message.traffic or visit.setting.banner, await visit.client.status()
            ),
        ),
        remarks=[spoken.remark(flag) for flag in checked.flags],
        spoken=spoken,
    )


async def send(visit: Visit) -> web.StreamResponse:
    """Sign the step, unless the notice has moved on since its page was made."""
    thread, kind = await _open(visit)
    typed = _typed(await fields_of(visit.request))
    require_unchanged(thread, typed.as_of)
    document = await _document(visit, thread, kind, typed)
    sent = await visit.client.send(
        schema.SendRequest(
            document=document,
            peer=thread.message.peer,
            precedence=_precedence(thread, document),
            officer=visit.officer,
        )
    )
    return see(f"/notice/{thread.message.id}#m-{sent.id[:16]}")


async def again(visit: Visit) -> web.StreamResponse:
    """Lead back to the form whoever comes to the later pages without what belongs on them."""
    name, kind = (visit.request.match_info[part] for part in ("name", "kind"))
    return see(f"/notice/{name}/step/{kind}")


def require_unchanged(thread: schema.Thread, as_of: str) -> None:
    """Refuse what was filled in before the notice's last step. Raises UsageError."""
    seen = next((place for place, one in enumerate(thread.thread) if one.id == as_of), -1)
    for later in thread.thread[seen + 1 :]:
        if later.direction == thread.message.direction and later.reference:
            raise UsageError(
                "console.changed-meanwhile",
                "the notice has changed since this page was made, so nothing was signed",
                "look at what has changed, and begin again where it is still wanted",
            )


async def _open(visit: Visit) -> tuple[schema.Thread, str]:
    thread, kind = await thread_of(visit), visit.request.match_info["kind"]
    view = thread.message
    if kind not in STEPS or view.direction != "out" or kind not in view.open_steps:
        raise UsageError(
            "console.step-not-open",
            "this step is not open for the notice as it stands now",
            "look at the notice: it may have moved on",
        )
    return thread, kind


def _typed(fields: Mapping[str, str]) -> Typed:
    return Typed(
        fields.get("at", "")[:40].strip(),
        fields.get("reason", "")[: _MAX + 1].replace("\r\n", "\n"),
        fields.get("as_of", "")[:64],
    )


async def _document(visit: Visit, thread: schema.Thread, kind: str, typed: Typed) -> dict[str, Any]:
    document: dict[str, Any] = {"kind": kind, "reference": thread.message.reference}
    if kind in TIMED:
        document["at"] = moment_near(typed.at, (await visit.client.status()).now)
    if kind in REASONED:
        document["reason"] = typed.reason.strip()
    return document


def moment_near(text: str, now: str) -> str:
    """Return a typed time of day as the moment nearest to now, in UTC; RFC 3339 as it is.

    Raises ModelError (``model.bad-time``) for what is neither.
    """
    digits = text.upper().removesuffix("Z").replace(":", "").strip()
    if not (digits.isascii() and digits.isdecimal() and len(digits) == 4):
        return format_time(parse_time(text.replace(" ", "T")))
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours > 23 or minutes > 59:
        raise ModelError(
            "model.bad-time", "there is no such time of day", "write hours and minutes: 1430"
        )
    now_us, day_us = parse_time(now), 86_400_000_000
    today_us = now_us - now_us % day_us + (hours * 3600 + minutes * 60) * 1_000_000
    near = (today_us + days * day_us for days in (-1, 0, 1))
    return format_time(min(near, key=lambda us: abs(us - now_us)))


def _precedence(thread: schema.Thread, document: Mapping[str, Any]) -> str:
    """Return the more urgent of the notice's precedence and the kind's own."""
    own = read_message(msgspec.json.encode(document), 0).precedence.name
    return min(own, thread.message.precedence, key=lambda name: RANK.get(name, 9))


async def _form(
    visit: Visit, thread: schema.Thread, kind: str, typed: Typed, problem: Told | None = None
) -> web.StreamResponse:
    return await render(
        visit,
        "notice/step.html",
        200 if problem is None else 422,
        view=thread.message,
        kind=kind,
        typed=typed,
        problem=problem,
        timed=kind in TIMED,
        reasoned=kind in REASONED,
        spoken=Spoken(visit.words),
    )


PAGE_ROUTES = (
    Page("GET", "/notice/{name}/step/{kind}", step, DESK),
    Page("POST", "/notice/{name}/step/{kind}/confirm", confirm, DESK),
    Page("GET", "/notice/{name}/step/{kind}/confirm", again, DESK),
    Page("POST", "/notice/{name}/step/{kind}/send", send, DESK),
    Page("GET", "/notice/{name}/step/{kind}/send", again, DESK),
)
