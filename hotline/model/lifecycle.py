"""The life of a notice, in one table: what may follow what, and who may say it.

Theory of operation. A notice is born PLANNED. Its own centre may revise it until it is over,
activate it, and withdraw what was not activated. What flies outside its volumes or times is
NONCONFORMING until it is activated anew; what is out of control is CONTINGENT and only ends
(ASTM F3548-21, states of an operational intent). ENDED and WITHDRAWN are the end of it. A plan
whose time has passed without a word is EXPIRED: that is no message but the clock's doing, and a
late word still counts, since what really flies must be shown. The other centre answers, but an
answer never changes the notice.

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
from hotline.model.messages import (
    Activation,
    Contingency,
    End,
    Nonconformance,
    Notice,
    Revision,
    Withdrawal,
    kind_of,
)
from hotline.model.problem import Problem


class State(StrEnum):
    """Where a notice stands."""

    PLANNED = "planned"
    ACTIVATED = "activated"
    NONCONFORMING = "nonconforming"
    CONTINGENT = "contingent"
    ENDED = "ended"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class Passing(StrEnum):
    """What changes a notice without a message."""

    EXPIRY = "expiry"


class Actor(StrEnum):
    """Who speaks: the centre that gave the notice, or the other one."""

    ORIGINATOR = "originator"
    PEER = "peer"


Step = Notice | Revision | Withdrawal | Activation | End | Nonconformance | Contingency
"""The messages that make up the life of a notice."""

IN_FORCE: Final = frozenset({State.PLANNED, State.ACTIVATED, State.NONCONFORMING, State.CONTINGENT})
"""States in which a notice's volumes are taken."""

RUNNING: Final = frozenset({State.ACTIVATED, State.NONCONFORMING, State.CONTINGENT})
"""States in which something flies, whatever the clock says, until it is ended."""

TRANSITIONS: Final[Mapping[tuple[State | None, Kind | Passing], State]] = MappingProxyType(
    {
        (None, Kind.NOTICE): State.PLANNED,
        (State.PLANNED, Kind.REVISION): State.PLANNED,
        (State.PLANNED, Kind.ACTIVATION): State.ACTIVATED,
        (State.PLANNED, Kind.WITHDRAWAL): State.WITHDRAWN,
        (State.PLANNED, Kind.NONCONFORMANCE): State.NONCONFORMING,
        (State.PLANNED, Kind.CONTINGENCY): State.CONTINGENT,
        (State.PLANNED, Passing.EXPIRY): State.EXPIRED,
        (State.ACTIVATED, Kind.REVISION): State.ACTIVATED,
        (State.ACTIVATED, Kind.END): State.ENDED,
        (State.ACTIVATED, Kind.NONCONFORMANCE): State.NONCONFORMING,
        (State.ACTIVATED, Kind.CONTINGENCY): State.CONTINGENT,
        (State.NONCONFORMING, Kind.REVISION): State.NONCONFORMING,
        (State.NONCONFORMING, Kind.ACTIVATION): State.ACTIVATED,
        (State.NONCONFORMING, Kind.END): State.ENDED,
        (State.NONCONFORMING, Kind.NONCONFORMANCE): State.NONCONFORMING,
        (State.NONCONFORMING, Kind.CONTINGENCY): State.CONTINGENT,
        (State.CONTINGENT, Kind.CONTINGENCY): State.CONTINGENT,
        (State.CONTINGENT, Kind.END): State.ENDED,
        (State.EXPIRED, Kind.REVISION): State.PLANNED,
        (State.EXPIRED, Kind.ACTIVATION): State.ACTIVATED,
        (State.EXPIRED, Kind.WITHDRAWAL): State.WITHDRAWN,
        (State.EXPIRED, Kind.NONCONFORMANCE): State.NONCONFORMING,
        (State.EXPIRED, Kind.CONTINGENCY): State.CONTINGENT,
    }
)
"""State before (None: no such notice) and what happened, to the state after."""

ORIGINATOR_ONLY: Final = frozenset({kind for _, kind in TRANSITIONS if isinstance(kind, Kind)})
"""Kinds that only the notice's own centre may send about it."""


@dataclass(frozen=True, slots=True)
class Life:
    """A notice's state and the number of its latest revision (0: as first given)."""

    state: State
    revision: int = 0


@dataclass(frozen=True, slots=True)
class Advanced:
    """What a message did to a notice: ``life`` after it (None: there is none), and its flags."""

    life: Life | None
    problems: tuple[Problem, ...] = ()


def advance(life: Life | None, message: Step, actor: Actor) -> Advanced:
    """Return what ``message``, sent by ``actor``, does to the notice that it refers to.

    An undefined step leaves ``life`` as it was and has the problem ``model.wrong-actor`` or
    ``model.undefined-step``. A revision with an unexpected number counts, since it carries the
    whole content, and is flagged ``model.revision-gap``; one that is older than what is known
    changes nothing (``model.revision-old``).
    """
    kind = kind_of(message)
    if actor is not Actor.ORIGINATOR:
        return Advanced(
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
        return Advanced(
            life,
            (
                Problem(
                    "model.undefined-step",
                    "reference",
                    f"the notice {before}, and the {kind} does not apply to it",
                    _hint(life, kind),
                ),
            ),
        )
    known = life.revision if life is not None else 0
    if not isinstance(message, Revision):
        return Advanced(Life(after, known))
    if message.number <= known:
        return Advanced(
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
    return Advanced(Life(after, message.number), flags)


def aged(life: Life, ends_us: int | None, now_us: int) -> Life:
    """Return where a notice stands at ``now_us``: a plan that ended before it is expired.

    ``ends_us`` is the latest end of its volumes, None where that is open or cannot be read: such
    a plan never expires.
    """
    if ends_us is None or now_us <= ends_us:
        return life
    after = TRANSITIONS.get((life.state, Passing.EXPIRY))
    return life if after is None else Life(after, life.revision)


def open_steps(life: Life, actor: Actor) -> tuple[Kind, ...]:
    """Return the kinds of message that ``actor`` may send about a notice now, in fixed order."""
    if actor is not Actor.ORIGINATOR:
        return ()
    return tuple(kind for kind in Kind if (life.state, kind) in TRANSITIONS)


def _hint(life: Life | None, kind: Kind) -> str:
    """Say what may be sent instead of a step that the table does not list."""
    if life is None:
        return "name a notice that was given, or send it first"
    following = open_steps(life, Actor.ORIGINATOR)
    if kind is Kind.NOTICE:
        also = ", or send a revision" if Kind.REVISION in following else ""
        return f"give a new notice a reference of its own{also}"
    if not following:
        return "nothing follows; send a new notice"
    return f"what may be sent next: {', '.join(following)}"
