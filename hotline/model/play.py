"""Where play stands in an exercise: none, running, paused, or stopped by the real world.

    none --startex--> running --pause--> paused --resume--> running --endex--> none
    whatever --real-world--> stopped --resume--> running

"Real world, no play" stops play from wherever it stands, also where no exercise was begun: whoever
says it must not have to know. What somebody ended by hand, its director may bind to its record
afterwards: an endex with the hash of that is possible once more then. Everything that changes play
is in this file; it has no clock.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from hotline.errors import UsageError
from hotline.model.kinds import Status
from hotline.model.messages import Advisory, Message, Service

REAL_WORLD_PHRASE: Final = 513
"""The number that stops an exercise (docs/spec/phrases.md, section 3), in every letter."""


class PlayEvent(StrEnum):
    """What happens in an exercise."""

    STARTEX = "startex"
    PAUSE = "pause"
    RESUME = "resume"
    ENDEX = "endex"
    REAL_WORLD = "real-world"
    """Something has really happened: nobody plays from here on."""
    COMMENT = "comment"
    TASK = "task"
    """The crew of this centre is told to do something by itself; only while somebody plays."""


SHOUT = "REAL WORLD, NO PLAY."
"""How the advisory begins that stops play on the other side."""


class PlayState(StrEnum):
    """Where play stands."""

    NONE = "none"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Play:
    """Where play stands, in which exercise, and since when (microseconds since 1970).

    ``unbound`` is the exercise that was ended last where no hash of its record was entered with
    that; None where there is no such.
    """

    state: PlayState = PlayState.NONE
    name: str = ""
    since_us: int | None = None
    unbound: str | None = None


NO_PLAY = Play()

_OPEN = frozenset({PlayState.RUNNING, PlayState.PAUSED, PlayState.STOPPED})
_TABLE: dict[PlayEvent, tuple[frozenset[PlayState], PlayState]] = {
    PlayEvent.STARTEX: (frozenset({PlayState.NONE, PlayState.STOPPED}), PlayState.RUNNING),
    PlayEvent.PAUSE: (frozenset({PlayState.RUNNING}), PlayState.PAUSED),
    PlayEvent.RESUME: (frozenset({PlayState.PAUSED, PlayState.STOPPED}), PlayState.RUNNING),
    PlayEvent.ENDEX: (_OPEN, PlayState.NONE),
    PlayEvent.REAL_WORLD: (frozenset(PlayState), PlayState.STOPPED),
}
"""From which states an event is possible, and where it leads."""
_PLAYED = frozenset({PlayState.RUNNING, PlayState.PAUSED})
"""In which states a crew is told something; that leads nowhere, and a comment fits anywhere."""
BEGINS = frozenset({PlayEvent.STARTEX, PlayEvent.RESUME})
"""Events after which people play."""


def advance(play: Play, event: PlayEvent, name: str, now_us: int, *, binds: bool = False) -> Play:
    """Return how play stands after an event. Raises UsageError for one that is not possible.

    ``name`` is the exercise's; an event that names another one than is played is refused.
    ``binds`` is whether it has the hash of the exercise's record.
    """
    if event is PlayEvent.COMMENT:
        return play
    may_bind = play.unbound is not None and name in ("", play.unbound)
    if event is PlayEvent.ENDEX and binds and may_bind:
        return replace(play, unbound=None)
    before, after = (_PLAYED, play.state) if event is PlayEvent.TASK else _TABLE[event]
    if play.state not in before:
        raise UsageError(
            "exercise.not-possible",
            f"{event.value} does not fit: {_TOLD[play.state]}",
            "`hotline status` says where play stands",
        )
    if event is PlayEvent.STARTEX:
        return Play(after, name, now_us)
    if name and play.name and name != play.name and event is not PlayEvent.REAL_WORLD:
        raise UsageError(
            "exercise.another",
            f"the exercise that is played here is {play.name}, not {name}",
            "name that one, or none; one is ended before another begins",
        )
    if play.state is after:  # stopped twice: it stands still since the first time
        return play
    if after is PlayState.NONE:
        return Play(after, "", now_us, None if binds else play.name)
    return replace(play, state=after, since_us=now_us, unbound=None)


def says_real_world(message: Message | None) -> bool:
    """Whether a message is an advisory, or a service message, that says "real world, no play"."""
    return isinstance(message, Advisory | Service) and REAL_WORLD_PHRASE in message.phrases


def stops_play(message: Message | None, status: str) -> bool:
    """Whether a message of this `Status` stops play where it is sent and where it arrives.

    Among actual traffic nothing is played: there the phrase is only flagged.
    """
    return says_real_world(message) and status != Status.ACTUAL


_TOLD = {
    PlayState.NONE: "no exercise is played here",
    PlayState.RUNNING: "play is running",
    PlayState.PAUSED: "play is paused",
    PlayState.STOPPED: "play was stopped: real world",
}
