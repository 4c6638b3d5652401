"""What crews did: how soon they read, answered and took notice, and how well."""

from __future__ import annotations

import msgspec

from hotline.exercise.report.document.line import MessageRow
from hotline.exercise.report.document.part import LIFE, SCENARIO, Part, Ref, Spread


class Reaction(Part, frozen=True):
    """How quickly a centre read and answered what came with one precedence.

    ``clock`` is the one that its crew lives by (life, scenario), ``simulated`` whether it is a
    simulated one.
    """

    centre: str
    precedence: str
    received: int
    unread: int
    to_answer: int
    unanswered: int
    read: Spread
    reply: Spread
    read_scenario: Spread
    reply_scenario: Spread
    deadline_s: float | None
    clock: str = SCENARIO
    simulated: bool = False

    @property
    def opened(self) -> Spread:
        """How long it took to open, by the crew's clock."""
        return self.read if self.clock == LIFE else self.read_scenario

    @property
    def answered(self) -> Spread:
        """How long it took to answer, by the crew's clock."""
        return self.reply if self.clock == LIFE else self.reply_scenario

    def answer_s(self, row: MessageRow) -> float | None:
        """Return how long one answer took, by the crew's clock."""
        return row.reply_s if self.clock == LIFE else row.reply_scenario_s


class Missed(Part, frozen=True):
    """An answer that came after its deadline, or not at all.

    ``by`` is node (its own timer rang) or scenario (late on the scenario's clock alone).
    """

    message: str
    reference: str
    centre: str
    precedence: str
    deadline_s: float
    took_s: float | None
    by: str
    evidence: Ref | None
    simulated: bool = False


class ReadBackDifference(Part, frozen=True):
    """One field that was read back otherwise than it was signed; ``said`` is empty where not."""

    field: str
    said: str
    signed: str


class ReadBackRow(Part, frozen=True):
    """One read-back held against the signed fields."""

    centre: str
    officer: str
    reference: str
    answer: str
    right: bool
    differences: list[ReadBackDifference]
    simulated: bool
    evidence: Ref | None


class Acceptance(Part, frozen=True):
    """Something that a crew accepted.

    ``opened`` is whether an officer of that centre had opened it before, ``read_back`` whether the
    acceptance reads it back; None where there is nothing to read back, as in an advisory.
    """

    centre: str
    officer: str
    message: str
    reference: str
    precedence: str
    opened: bool
    read_back: bool | None
    simulated: bool
    evidence: Ref | None


class Replies(Part, frozen=True):
    """How often a centre gave each answer."""

    centre: str
    counts: dict[str, int]


class AlarmRow(Part, frozen=True):
    """One alarm. ``acknowledge_s`` is from ringing to a name; ``standing`` is at ENDEX."""

    centre: str
    alarm: int
    code: str
    text: str
    raised: str
    t: float | None
    cleared: str | None
    acknowledged: str | None
    acknowledged_by: str
    acknowledge_s: float | None
    standing: bool
    evidence: Ref | None
    acknowledge_scenario_s: float | None = None


class AlarmPace(Part, frozen=True):
    """How densely alarms came and how soon they were acknowledged, by one clock.

    ``buckets`` counts them in each 10 minutes since STARTEX; ``peak`` is the most in any 10
    minutes, wherever they begin. ``average`` is for 10 minutes, None below 10 minutes of play.
    ``verdict`` goes by the peak: quiet (none), manageable (about 1), demanding, flood (10 and
    more).
    """

    buckets: list[int]
    peak: int
    average: float | None
    verdict: str
    acknowledged: Spread


class AlarmRate(Part, frozen=True):
    """Alarms of a centre beside the figures of ISA-18.2 and EEMUA 191.

    ``buckets`` to ``verdict`` and ``acknowledged`` are as in `AlarmPace`, by ``clock``: the one
    that the crew lives by (life, scenario). ``life`` has them in seconds of life too, where that
    is another. ``codes`` counts the alarms by code, ``priorities`` by priority, the gravest first.
    """

    centre: str
    total: int
    buckets: list[int]
    peak: int
    average: float | None
    verdict: str
    codes: dict[str, int]
    acknowledged: Spread
    unacknowledged: int
    standing: int
    clock: str = LIFE
    simulated: bool = False
    life: AlarmPace | None = None
    priorities: dict[str, int] = msgspec.field(default_factory=dict)


class VoiceRow(Part, frozen=True):
    """One entry about the telephone; ``state`` is spoken, heard, confirmed or differs."""

    centre: str
    at: str
    t: float | None
    state: str
    officer: str
    subject: str
    differs: list[str]
    evidence: Ref


class WatchRow(Part, frozen=True):
    """One step of a watch or of its relief."""

    centre: str
    at: str
    t: float | None
    step: str
    officer: str
    relieved: str
    text: str
    evidence: Ref
