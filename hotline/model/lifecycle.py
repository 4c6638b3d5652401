"""The life of a notice, in one table: what may follow what, and who may say it.

Theory of operation. A notice is born PLANNED. Its own centre may revise it while it is planned or
activated, activate it, end what was activated, and withdraw what was not; ENDED and WITHDRAWN are
the end of it. The other centre answers, but an answer never changes the notice.

What the table does not list changes nothing and is a problem to be flagged: the message itself
has been delivered all the same. Everything that affects the state of a notice is in this file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from hotline.model.kinds import Kind
from hotline.model.messages import Activation, End, Notice, Revision, Withdrawal, kind_of
from hotline.model.problem import Problem


class State(StrEnum):
    """Where a notice stands."""

    PLANNED = "planned"
    ACTIVATED = "activated"
    ENDED = "ended"
    WITHDRAWN = "withdrawn"


class Actor(StrEnum):
    """Who speaks: the centre that gave the notice, or the other one."""

    ORIGINATOR = "originator"
    PEER = "peer"


TRANSITIONS: Final[Mapping[tuple[State | None, Kind], State]] = MappingProxyType(
    {
        (None, Kind.NOTICE): State.PLANNED,
        (State.PLANNED, Kind.REVISION): State.PLANNED,
        (State.PLANNED, Kind.ACTIVATION): State.ACTIVATED,
        (State.PLANNED, Kind.WITHDRAWAL): State.WITHDRAWN,
        (State.ACTIVATED, Kind.REVISION): State.ACTIVATED,
        (State.ACTIVATED, Kind.END): State.ENDED,
    }
)
"""State before (None: no such notice) and kind of message, to the state after."""

ORIGINATOR_ONLY: Final = frozenset({kind for _, kind in TRANSITIONS})
"""Kinds that only the notice's own centre may send about it."""

_HINTS: Final = {
    Kind.NOTICE: "give a new notice its own reference, or send a revision",
    Kind.REVISION: "send a new notice",
    Kind.WITHDRAWAL: "end what is activated; what has ended needs no withdrawal",
    Kind.ACTIVATION: "send a notice first, or a new one after the end",
    Kind.END: "activate it first, or withdraw it",
}


@dataclass(frozen=True, slots=True)
class Life:
    """A notice's state and the number of its latest revision (0: as first given)."""

    state: State
    revision: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """What a message did to a notice: ``life`` after it (None: there is none), and its flags."""

    life: Life | None
    problems: tuple[Problem, ...] = ()


def advance(
    life: Life | None,
    message: Notice | Revision | Withdrawal | Activation | End,
    actor: Actor,
) -> Step:
    """Return what ``message``, sent by ``actor``, does to the notice that it refers to.

    An undefined step leaves ``life`` as it was and has the problem ``model.wrong-actor`` or
    ``model.undefined-step``. A revision with an unexpected number counts, since it carries the
    whole content, and is flagged ``model.revision-gap``; one that is older than what is known
    changes nothing (``model.revision-old``).
    """
    kind = kind_of(message)
    if actor is not Actor.ORIGINATOR:
        return Step(
            life,
            (
                Problem(
                    "model.wrong-actor",
                    "reference",
                    f"the {kind} came from a centre that did not give the notice",
                    "answer with a reply; a counter-proposal offers other volumes",
                ),
            ),
        )
    after = TRANSITIONS.get((life.state if life is not None else None, kind))
    if after is None:
        before = f"is {life.state}" if life is not None else "is not known"
        return Step(
            life,
            (
                Problem(
                    "model.undefined-step",
                    "reference",
                    f"the notice {before}, and the {kind} does not apply to it",
                    _HINTS[kind],
                ),
            ),
        )
    known = life.revision if life is not None else 0
    if not isinstance(message, Revision):
        return Step(Life(after, known))
    if message.number <= known:
        return Step(
            life,
            (
                Problem(
                    "model.revision-old",
                    "number",
                    f"revision {message.number} came after revision {known}",
                    f"number it {known + 1} if it is newer",
                ),
            ),
        )
    flags: tuple[Problem, ...] = ()
    if message.number != known + 1:
        flags = (
            Problem(
                "model.revision-gap",
                "number",
                f"revision {message.number} came after revision {known}",
                "ask whether a revision is missing; this one carries the whole content",
            ),
        )
    return Step(Life(after, message.number), flags)


def may_send(kind: Kind, actor: Actor) -> bool:
    """Say whether ``actor`` may send a message of ``kind`` about a notice."""
    return actor is Actor.ORIGINATOR or kind not in ORIGINATOR_ONLY
