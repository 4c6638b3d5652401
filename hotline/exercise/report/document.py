"""What a report says, as data: ``report.json`` is this, and every page is made from this alone.

Times are RFC 3339 in UTC with six decimals, each by the clock of the centre that it is of; lengths
are seconds of life unless the name says ``scenario``. ``docs/spec/exercise-report.md`` describes
every field. Fields are only ever added.
"""

from __future__ import annotations

import msgspec

FORMAT = "hotline exercise report 1"
"""What `Report.format` says; another number is another schema."""

DATA = "report.json"
"""The name of its file, which never changes: programs, and the trends, look for it."""


LIFE, SCENARIO = "life", "scenario"
"""The clocks by which a crew may live: people by life's, a simulated crew by the scenario's."""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """What all parts of a report have in common."""


class Ref(Part, frozen=True):
    """One entry of a journal: whose, in which log, and where it stands there."""

    centre: str
    log: str
    entry: int


class Spread(Part, frozen=True):
    """How values lie: ``p90`` is the smallest that nine of ten do not exceed (nearest rank).

    All but ``n`` are None where there is no value. ``values`` has them in ascending order, thinned
    out evenly above 400.
    """

    n: int
    min: float | None = None
    median: float | None = None
    p90: float | None = None
    max: float | None = None
    values: list[float] = []


class Exercise(Part, frozen=True):
    """What was played. ``starts`` and ``ends`` are STARTEX and ENDEX by the director's clock.

    ``duration_s`` is between them, ``scenario_s`` what the scenario's clock showed at the end.
    ``finished`` is false where no ENDEX is in the record: such a report is of a part.
    """

    name: str
    title: str
    scenario: str
    summary: str
    banner: str
    ground: str
    seed: int
    time_factor: float
    version: str
    starts: str
    ends: str
    duration_s: float
    scenario_s: float
    why: str
    by: str
    finished: bool


class CentrePart(Part, frozen=True):
    """One of the two centres; ``crew`` is human or simulated, ``officers`` who acted in it.

    Of a crew of people only those: neither the director nor a program that acted for one.
    """

    centre: str
    crew: str
    officers: list[str]
    version: str
    card: str


class Verdict(Part, frozen=True):
    """One expectation, judged anew from the journals.

    ``verdict`` is pass, fail, expired, void or open; ``by`` the entry that decided, None where
    nothing came. ``board`` is what the board showed last, empty where it showed nothing.
    ``at`` is when that was, by the director's clock, ``at_s`` the same on the scenario's.
    """

    id: str
    inject: str
    kind: str
    centre: str
    wanted: str
    within_s: float
    verdict: str
    why: str
    by: Ref | None
    at: str | None
    at_s: float | None
    board: str
    simulated: bool


class Comment(Part, frozen=True):
    """What an evaluator said, when; ``t`` on the scenario's clock."""

    by: str
    text: str
    at: str
    t: float | None
    inject: str


class MselRow(Part, frozen=True):
    """One line of the MSEL: what was planned, and what became of it.

    ``state`` is delivered, refused (on purpose), skipped, failed or not-due; ``why`` says more.
    ``due_s`` is as planned and ``t`` when it happened, on the scenario's clock. ``type`` is what it
    is in words, such as ``fault: cut``; ``simulated`` whether a program did what a crew does.
    """

    id: str
    due_s: float | None
    t: float | None
    at: str
    state: str
    why: str
    act: str
    originator: str
    recipient: str
    delivery: str
    title: str
    description: str
    outcome: str
    comment: str
    message: str
    reference: str
    simulated: bool
    added: bool
    verdicts: list[Verdict]
    comments: list[Comment]
    type: str = ""


class Objective(Part, frozen=True):
    """What the exercise is to show, and the expectations that show it.

    ``said`` is whether the scenario says which; otherwise all of them stand here.
    """

    text: str
    expectations: list[str]
    counts: dict[str, int]
    said: bool


class Finding(Part, frozen=True):
    """One thing that went well, or is to be mended; ``rule`` is of docs/spec/exercise-report.md.

    ``weight`` orders them, the gravest first: 1 is the gravest. ``evidence`` are entries that show
    it, at most 12; ``more`` counts those that are not listed. ``centre`` is whose it is, empty for
    both or neither.
    """

    rule: str
    weight: int
    text: str
    centre: str
    simulated: bool
    evidence: list[Ref]
    more: int = 0
    action: str = ""


class MessageRow(Part, frozen=True):
    """One message of the exercise, as both journals have it.

    ``created`` and ``receipted`` are by the sender's clock, ``durable``, ``read`` and ``replied``
    by the recipient's. ``state`` is received, queued (durable at the sender, no receipt when the
    journals were collected) or lost. ``t`` is when it was composed, on the scenario's clock.
    """

    id: str
    sender: str
    recipient: str
    kind: str
    precedence: str
    seq: int
    reference: str
    title: str
    composed_by: str
    simulated: bool
    inject: str
    about: str
    answer: str
    t: float | None
    created: str
    durable: str | None
    receipted: str | None
    read: str | None
    read_by: str
    replied: str | None
    replied_by: str
    reply: str
    starts: str | None
    warning_s: float | None
    warning_needed_s: float | None
    flags: list[str]
    state: str
    sent: Ref | None
    received: Ref | None
    receipt_s: float | None
    read_s: float | None
    reply_s: float | None
    read_scenario_s: float | None
    reply_scenario_s: float | None
    deadline_s: float | None


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


class WarningTime(Part, frozen=True):
    """A notice's or revision's warning time beside the letter's minimum."""

    message: str
    reference: str
    title: str
    sender: str
    recipient: str
    precedence: str
    starts: str
    warning_s: float
    needed_s: float | None
    short: bool
    received: Ref | None


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
    is another. ``codes`` counts the alarms by code.
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


class LineSpan(Part, frozen=True):
    """A line as one centre's node found it, from ``since`` until ``until``.

    ``faults`` are the injects that explain why it was down, ``explained`` says them in words.
    """

    centre: str
    up: bool
    since: str
    until: str
    seconds: float
    reason: str
    faults: list[str]
    evidence: Ref | None
    explained: list[str] = []


class Availability(Part, frozen=True):
    """The share of the time that a centre's node found the line up.

    ``cuts`` counts the times that it was down, ``unexplained`` those that no fault explains;
    ``outside`` is the share of what no fault explains.
    """

    centre: str
    share: float
    outside: float
    up_s: float
    down_s: float
    cuts: int
    unexplained: int
    longest_s: float


class ReceiptFigures(Part, frozen=True):
    """How long a centre's messages waited for the receipt, by its own clock.

    OLDI asks for 4 s for 90 % and 10 s for 99.8 %: the shares are of those outside of faults.
    """

    centre: str
    precedence: str
    sent: int
    receipted: int
    queued: int
    latency: Spread
    outside: int
    within_4s: float | None
    within_10s: float | None


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


class FaultRow(Part, frozen=True):
    """A fault as the director's record has it, and what the node entered of it.

    ``what`` says it in words, with the unit of its amount.
    """

    inject: str
    kind: str
    centre: str
    amount: float
    means: str
    began: str
    ended: str | None
    began_t: float | None
    ended_t: float | None
    seconds: float | None
    evidence: list[Ref]
    what: str = ""


class Mistake(Part, frozen=True):
    """What a simulated crew did wrong on purpose, by the record."""

    centre: str
    officer: str
    what: str
    mistake: str
    message: str
    at: str
    t: float | None


class Loss(Part, frozen=True):
    """What was sent against what arrived. Empty lists are what must be.

    ``queued`` waited without a receipt when the journals were collected: it is not lost, it is at
    its sender. ``doubled`` and ``reordered`` are entries at the recipient.
    """

    sent: int
    received: int
    lost: list[str]
    queued: list[str]
    doubled: list[str]
    reordered: list[str]


class LogPart(Part, frozen=True):
    """One log as it was verified: its size and root, and how far it was cosigned."""

    centre: str
    origin: str
    entries: int
    root: str


class Proof(Part, frozen=True):
    """What was checked before a word of this was written.

    ``record`` is SHA-256 of the record's line that both journals hold; ``bound`` are the entries
    that hold it. ``explained`` are differences of the two journals that the exercise itself made.
    """

    record: str
    record_entries: int
    record_after: int
    scenario: str
    bound: list[Ref]
    logs: list[LogPart]
    entries: int
    messages: int
    signatures: int
    compared: int
    checkpoints: int
    clock_offset_s: float | None
    clock_uncertainty_s: float | None
    explained: list[str]
    open: list[str]
    remarks: list[str]


class Moment(Part, frozen=True):
    """Something of the director's record that the pictures show: pause, resume, real world."""

    kind: str
    at: str
    t: float | None
    text: str


class ClockFault(Part, frozen=True):
    """A time in which a centre's clock was ahead; ``until`` None: to the end.

    Both are by that clock as it shows as a rule: what the fault added is not in them.
    """

    since: str
    until: str | None
    ahead_s: float


class ClockMoment(Part, frozen=True):
    """A moment of an entry that the clock may have stated twice: what a fault had added to it."""

    at: str
    ahead_s: float


class ClockPart(Part, frozen=True):
    """How far a centre's clock was ahead of the director's as a rule, and what faults added."""

    centre: str
    ahead_s: float
    faults: list[ClockFault]
    twice: list[ClockMoment] = []


class Report(Part, frozen=True):
    """Everything. The commander's page is made of ``counts``, ``improvements`` and ``loss``."""

    format: str
    exercise: Exercise
    centres: list[CentrePart]
    counts: dict[str, int]
    objectives: list[Objective]
    msel: list[MselRow]
    comments: list[Comment]
    strengths: list[Finding]
    improvements: list[Finding]
    reactions: list[Reaction]
    warnings: list[WarningTime]
    missed: list[Missed]
    read_backs: list[ReadBackRow]
    replies: list[Replies]
    alarm_rates: list[AlarmRate]
    alarms: list[AlarmRow]
    line: list[LineSpan]
    availability: list[Availability]
    receipts: list[ReceiptFigures]
    voice: list[VoiceRow]
    watch: list[WatchRow]
    faults: list[FaultRow]
    mistakes: list[Mistake]
    loss: Loss
    proof: Proof
    moments: list[Moment]
    clocks: list[ClockPart]
    messages: list[MessageRow]
    mock: list[MselRow] = []
    """Injects of mock traffic, which stand in no scenario's file; ``counts`` has theirs too."""
    mock_counts: dict[str, int] = {}
    acceptances: list[Acceptance] = []
