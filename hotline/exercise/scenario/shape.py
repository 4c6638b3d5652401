"""A scenario, read and checked: what every other part of an exercise goes by.

Times are seconds of the scenario's clock since STARTEX, unless a name says otherwise. The file
that says all this is described in ``docs/spec/scenario.md``; ``reading`` makes it into these.
Vocabulary: MSEL practice and HSEEP (inject, originator, recipient, delivery, expected outcome).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec

from hotline.model.kinds import Answer, Precedence

DIRECTOR = "director"
"""Originator of what no centre does: faults, announcements, the end."""


class Delivery(StrEnum):
    """How an inject reaches its recipient."""

    LINE = "line"
    """A message over the line, sent through the originator's node."""
    VOICE = "voice"
    """Read out over the telephone, as the voice sheet has it."""
    CONTROL = "control"
    """Told to a crew by the director, at its node: what people are to do by themselves."""
    FAULT = "fault"
    """Something is broken on purpose."""


class FaultKind(StrEnum):
    """What can be broken on purpose."""

    CUT = "cut"
    ONE_WAY = "one-way-cut"
    DELAY = "delay"
    JITTER = "jitter"
    LOSS = "loss"
    BANDWIDTH = "bandwidth"
    KILL = "node-kill"
    RESTART = "node-restart"
    CLOCK = "clock-offset"
    SLOW_DISK = "slow-disk"
    FULL_DISK = "full-disk"
    CORRUPT = "corrupted-frame"
    REPLAY = "replayed-envelope"


LINE_FAULTS = frozenset(
    {
        FaultKind.CUT,
        FaultKind.ONE_WAY,
        FaultKind.DELAY,
        FaultKind.JITTER,
        FaultKind.LOSS,
        FaultKind.BANDWIDTH,
    }
)
"""Faults between the nodes, whoever runs them."""


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One fault. ``centre`` is the node that it befalls, or the one that sends.

    The sender it is where what is sent is broken: by a one-way cut, which stops it, in a corrupted
    frame and in a replayed envelope, which come to the other centre (docs/spec/faults.md).

    ``amount`` is in the unit of its kind: delay and jitter in seconds each way, loss in percent of
    packets, bandwidth in bits a second, clock offset in seconds (forward), slow disk in seconds a
    commit; 0 for the others. ``for_s`` is how long it stays, scenario time; None until ENDEX, or
    for what happens once.
    """

    kind: FaultKind
    centre: str = ""
    amount: float = 0.0
    for_s: float | None = None


class Act(StrEnum):
    """What an inject does."""

    SEND = "send"
    """The originator sends ``document``."""
    REPLY = "reply"
    """The originator answers what the inject ``about`` has sent."""
    VOICE = "voice"
    """The originator reads out what the inject ``about`` has sent, and the recipient takes it."""
    TELL = "tell"
    """The director tells the recipient's crew ``text``: a task, an intelligence report."""
    FAULT = "fault"
    RELIEVE = "relieve"
    """The originator's watch is to be relieved by ``officer``."""
    REAL_WORLD = "real-world"
    """Real world, no play: both sides stop. Only for training that very thing."""
    PAUSE = "pause"
    END = "end"
    """ENDEX before the time is up."""


class ExpectationKind(StrEnum):
    """What can be expected, and is judged from the journals alone."""

    RECEIPT = "receipt"
    """The inject's message is receipted."""
    READ = "read"
    """``centre`` has opened the inject's message."""
    READ_BACK = "read-back"
    """``centre`` replies with a read-back that agrees with the signed fields."""
    REPLY = "reply"
    """``centre`` replies with one of ``answers``; with any answer where there are none."""
    CONFLICT = "conflict-noticed"
    """``centre`` acts on a conflict of the inject's notice: it acknowledges the alarm of it,
    answers other than by accepting, revises or withdraws."""
    ALARM = "alarm-raised"
    """An alarm of ``code`` rings at ``centre``."""
    ACKNOWLEDGED = "alarm-acknowledged"
    """``centre`` acknowledges, by name, an alarm of ``code``."""
    FLAGGED = "flagged"
    """``centre``'s node flags the inject's message with ``code``."""
    VOICE = "voice-fallback"
    """``centre`` uses the telephone: what is read out is taken down and confirmed."""
    RELIEF = "relief"
    """``centre``'s watch is relieved properly: brief, assumption by name, review."""
    LINE_UP = "line-up"
    LINE_DOWN = "line-down"
    """``centre``'s node finds the line up, or down."""
    MESSAGE = "message"
    """``centre`` sends a message of ``kinds`` by itself, such as a notice, a withdrawal."""


class Expectation(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is expected after its inject; passes, fails, or expires after ``within_s``.

    ``within_s`` is in seconds after the inject's delivery: real ones for what machines do (receipt,
    flagged, alarm raised, line up, line down), scenario time for what people do. ``id`` is unique
    in the scenario: the inject's id, a dot, a number. ``never`` turns it round: it fails when it
    happens within the time, and passes when the time is over. ``reference`` is the notice that an
    alarm has to be about; without it any alarm of the ``code`` will do.
    """

    id: str
    kind: ExpectationKind
    centre: str
    within_s: float
    answers: tuple[Answer, ...] = ()
    code: str = ""
    kinds: tuple[str, ...] = ()
    never: bool = False
    text: str = ""
    reference: str = ""


MACHINE_MADE = frozenset(
    {
        ExpectationKind.RECEIPT,
        ExpectationKind.FLAGGED,
        ExpectationKind.ALARM,
        ExpectationKind.LINE_UP,
        ExpectationKind.LINE_DOWN,
    }
)
"""What nodes do by themselves: their timers run at 1x, so these limits are never shortened."""


class Inject(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the MSEL.

    It is due ``at_s`` after STARTEX, or, where ``after`` names another inject, ``at_s`` after the
    delivery of that one. ``document`` is a message as a file of `docs/spec/notice.md` gives it,
    whose relative times count from the moment of sending and are never shortened. ``from_crew``
    is whether the originator's crew is to do it by itself (told at its node), rather than the
    director through the originator's node. ``line`` is where it stands in the file.

    ``document`` of a reply has its fields beside answer and reason: ``read_back``, ``proposal``,
    ``phrases``; None where there are none. Without ``read_back`` the signed fields are read back.
    """

    id: str
    at_s: float
    after: str = ""
    act: Act
    originator: str = DIRECTOR
    recipient: str = ""
    delivery: Delivery = Delivery.LINE
    title: str = ""
    description: str = ""
    outcome: str = ""
    document: dict[str, Any] | None = None
    precedence: Precedence | None = None
    about: str = ""
    answer: Answer | None = None
    reason: str = ""
    text: str = ""
    officer: str = ""
    fault: Fault | None = None
    from_crew: bool = False
    expectations: tuple[Expectation, ...] = ()
    comment: str = ""
    line: int = 0
    flawed: bool = False
    """Whether ``document`` breaks rules of composing on purpose: the node is to refuse it."""
    objectives: tuple[int, ...] = ()
    """Numbers, from 1, of the scenario's objectives that its expectations show."""


class CrewKind(StrEnum):
    """Who sits at a centre."""

    HUMAN = "human"
    SIMULATED = "simulated"


class Crew(msgspec.Struct, frozen=True, kw_only=True):
    """A centre's crew. All but ``kind``, ``officers`` and ``language`` is of a simulated one.

    ``skill`` is from 0 (sees nothing amiss) to 1 (misses nothing): how surely a conflict, a flag or
    a contradiction is acted on. ``reaction_s`` is the median time to read, by precedence, scenario
    time; ``spread`` the logarithm's standard deviation of it. ``error_rate`` is how often a
    read-back is wrong. ``mistakes`` are the classic ones that an opponent makes on purpose.
    """

    kind: CrewKind = CrewKind.SIMULATED
    officers: tuple[str, ...] = ()
    language: str = "en"
    skill: float = 0.8
    reaction_s: dict[str, float] = {}
    spread: float = 0.4
    error_rate: float = 0.0
    mistakes: tuple[str, ...] = ()


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """Messages an hour at ``hour`` (0 to 24, UTC of the scenario's clock); straight between two."""

    hour: float
    per_hour: float


class Traffic(msgspec.Struct, frozen=True, kw_only=True):
    """Mock traffic from ``from_s`` until ``until_s``; the same seed gives the same traffic.

    ``originator`` is one centre, or empty for both. Shares are weights by name: of activities
    (`model.kinds.Activity`), precedences and languages. ``error_rate`` is the share of messages
    with something wrong in them that a node flags. ``area`` is west, south, east, north, in
    degrees.
    """

    id: str
    from_s: float
    until_s: float
    originator: str = ""
    seed: int = 0
    rates: tuple[Rate, ...] = ()
    activities: dict[str, float] = {}
    precedences: dict[str, float] = {}
    languages: dict[str, float] = {}
    advisory_share: float = 0.1
    error_rate: float = 0.0
    area: tuple[float, float, float, float] = (31.0, 32.0, 37.0, 36.5)
    line: int = 0


class Scenario(msgspec.Struct, frozen=True, kw_only=True):
    """A whole scenario. ``starts`` is the scenario's clock at STARTEX, microseconds since 1970.

    ``starts`` None is the moment of STARTEX itself. ``letter`` is the letter's text as it is to be
    used, with the exercise's name in it; None for nodes that have one. ``sha256`` is of the file's
    bytes, ``source`` those bytes as text.
    """

    name: str
    title: str
    summary: str
    objectives: tuple[str, ...]
    centres: tuple[str, str]
    crews: dict[str, Crew]
    letter: str | None
    letters: dict[str, str]
    starts: int | None
    duration_s: float
    time_factor: float
    seed: int
    injects: tuple[Inject, ...]
    traffic: tuple[Traffic, ...] = ()
    sha256: str = ""
    source: str = ""
    beside: dict[str, bytes] = {}
    """The files beside the scenario that it names, by name, as they were read."""
    highest_factor: float = 60.0
    """The highest time factor it bears: beyond, nodes' real timers leave people no time."""

    def inject(self, name: str) -> Inject | None:
        """Return the inject of an id, None where there is none."""
        return next((one for one in self.injects if one.id == name), None)
