"""Play, faults on purpose, and the watch: the handlers."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar

from aiohttp import web

from hotline.api import schema
from hotline.api.access_guard import require_role, session_of
from hotline.api.exercise_shapes import (
    BriefItem,
    BriefSection,
    BriefView,
    ExerciseEvent,
    ExerciseRequest,
    ExerciseView,
    FaultPage,
    FaultRequest,
    FaultView,
    WatchRequest,
    WatchStep,
    WatchView,
)
from hotline.api.requests import officer_of, read_body
from hotline.audit.export.values import time_text
from hotline.errors import UsageError
from hotline.journal.duty import Entered
from hotline.journal.outgoing import Composed
from hotline.model.access import Role
from hotline.model.play import PlayEvent
from hotline.model.text import unsafe_character
from hotline.model.times import SECOND_US
from hotline.model.watch import BRIEF_GOOD_US
from hotline.model.watch import WatchStep as Step
from hotline.node.centre import Centre
from hotline.node.faults import Lasting
from hotline.wire.records import MAX_EXERCISE, MAX_REMARK, Played, WatchAssumed, brief_digest

EVERYBODYS = frozenset({PlayEvent.REAL_WORLD, PlayEvent.COMMENT})
"""What everybody at a desk may say in an exercise; the rest is for who directs it."""
DIRECTING = frozenset({Role.DIRECTOR, Role.SUPERVISOR})

E = TypeVar("E", bound=StrEnum)


async def played(centre: Centre, request: web.Request) -> schema.Shape:
    """Return where play stands."""
    del request
    return _exercise(centre)


async def tell(centre: Centre, request: web.Request) -> schema.Shape:
    """Enter an event of an exercise; return where play stands then."""
    asked = await read_body(request, ExerciseRequest)
    event = _one_of(PlayEvent, asked.event, "api.bad-event")
    if event not in EVERYBODYS:
        require_role(session_of(request), DIRECTING)
    name = _line(asked.name.strip(), "name", MAX_EXERCISE)
    if event is PlayEvent.STARTEX and not name:
        raise UsageError(
            "exercise.no-name",
            "an exercise begins without a name",
            "give `name`: everything of it is marked with that",
        )
    text = _text(asked.text)
    if event is PlayEvent.TASK and not text:
        raise UsageError(
            "exercise.no-task", "a task says nothing", "give `text`: what is to be done"
        )
    sent = await centre.exercise.tell(
        event,
        name=name,
        text=text,
        by=officer_of(asked.by),
        record=_record(asked.record, event),
    )
    return _exercise(centre, sent)


async def broken(centre: Centre, request: web.Request) -> schema.Shape:
    """Return what is broken on purpose."""
    del request
    return FaultPage(faults=fault_views(centre))


async def break_(centre: Centre, request: web.Request) -> schema.Shape:
    """Break something on purpose, or make it whole; return what is broken then."""
    asked = await read_body(request, FaultRequest)
    by = officer_of(asked.by)
    if asked.off:
        await centre.faults.end(asked.kind, peer=asked.peer, by=by)
    else:
        await centre.faults.begin(
            asked.kind, amount=asked.amount, for_s=asked.for_s, peer=asked.peer, by=by
        )
    return FaultPage(faults=fault_views(centre))


async def on_watch(centre: Centre, request: web.Request) -> schema.Shape:
    """Return who has the watch, and the brief that is open."""
    del request
    return await _watch(centre)


async def take_step(centre: Centre, request: web.Request) -> schema.Shape:
    """Take a step of the watch; return how it stands then."""
    asked = await read_body(request, WatchRequest)
    step = _one_of(Step, asked.step, "api.bad-step")
    relieved = officer_of(asked.relieved) if asked.relieved else ""
    await centre.duty.take_step(
        step, officer_of(asked.officer), relieved=relieved, text=_text(asked.text)
    )
    return await _watch(centre)


def fault_views(centre: Centre) -> list[FaultView]:
    """Return the faults that last now, oldest first."""
    now = centre.clock.now()
    return [_fault(centre, one, now.mono, now.wall_us) for one in centre.faults.lasting]


def _fault(centre: Centre, one: Lasting, mono: float, now_us: int) -> FaultView:
    ends_us = None if one.ends_at is None else now_us + round((one.ends_at - mono) * SECOND_US)
    return FaultView(
        kind=one.kind,
        amount=one.amount,
        by=one.by,
        since=time_text(one.since_us),
        until=_time(ends_us),
        peer=one.peer,
        left=centre.faults.left(one),
    )


def _exercise(centre: Centre, sent: list[Composed] | None = None) -> ExerciseView:
    exercise = centre.exercise
    return ExerciseView(
        state=exercise.play.state.value,
        name=exercise.name,
        since=_time(exercise.play.since_us),
        events=[_event(entry) for entry in exercise.events],
        unacknowledged=exercise.unacknowledged,
        sent=[composed.id.hex() for composed in sent or ()],
        tasks=[_event(entry) for entry in exercise.tasks],
    )


def _event(entry: Entered) -> ExerciseEvent:
    said: Played = entry.said
    return ExerciseEvent(
        entry=entry.index,
        at=time_text(entry.time_us),
        event=said.event,
        name=said.name,
        by=said.by,
        text=said.text,
        record=said.record.hex(),
        message=said.message.hex() if said.message is not None else "",
        peer=said.peer,
    )


async def _watch(centre: Centre) -> WatchView:
    duty = centre.duty
    brief = duty.brief
    return WatchView(
        on_duty=duty.watch.on_duty,
        since=_time(duty.watch.since_us) if duty.watch.on_duty else None,
        to_review=duty.watch.to_review,
        brief=None if brief is None else await _brief(centre, brief),
        next=duty.next_steps,
        steps=[_step(entry) for entry in duty.steps],
    )


async def _brief(centre: Centre, brief: Entered) -> BriefView:
    good, changed = await centre.duty.outdated(brief)
    return BriefView(
        entry=brief.index,
        officer=brief.said.officer,
        at=time_text(brief.time_us),
        good_until=time_text(brief.time_us + BRIEF_GOOD_US),
        good=good,
        digest=brief_digest(brief.said.sections).hex(),
        sections=[
            BriefSection(
                name=section.name,
                total=section.total,
                items=[BriefItem(subject=one.subject, text=one.text) for one in section.items],
            )
            for section in brief.said.sections
        ],
        changed=list(changed),
    )


def _step(entry: Entered) -> WatchStep:
    said = entry.said
    assumed = isinstance(said, WatchAssumed)
    return WatchStep(
        entry=entry.index,
        at=time_text(entry.time_us),
        step=str(said.__struct_config__.tag),
        officer=said.officer,
        relieved=said.relieved if assumed else "",
        text=said.text,
        brief=said.brief if assumed else None,
    )


def _time(microseconds: int | None) -> str | None:
    return None if microseconds is None else time_text(microseconds)


# --- What was asked -------------------------------------------------------------------------------


def _one_of(kind: type[E], name: str, code: str) -> E:
    if name not in set(kind):
        raise UsageError(
            code, f"{name[:40]!a} is none of what can be told", f"use {', '.join(kind)}"
        )
    return kind(name)


def _line(text: str, what: str, most: int) -> str:
    if len(text) > most or not (text.isprintable() or not text):
        raise UsageError(
            "api.bad-text", f"{what} is not one line of up to {most} characters", "shorten it"
        )
    return text


def _text(text: str) -> str:
    """Return what somebody adds as it is entered: one line. Raises UsageError."""
    line = " ".join(text.split())
    if len(line) > MAX_REMARK or unsafe_character(line) is not None:
        raise UsageError(
            "api.bad-text",
            f"text has more than {MAX_REMARK} characters, or some that steer how it is shown",
            "write it shorter, in plain characters",
        )
    return line


def _record(text: str, event: PlayEvent) -> bytes:
    if not text:
        return b""
    try:
        digest = bytes.fromhex(text)
    except ValueError:
        digest = b""
    if len(digest) != 32 or event is not PlayEvent.ENDEX:
        raise UsageError(
            "api.bad-record",
            "record is not the SHA-256 of the last line of a director's record, given with endex",
            "give 64 hexadecimal digits, and only with endex",
        )
    return digest
