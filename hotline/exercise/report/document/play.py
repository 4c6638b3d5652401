"""What was played, what came of each inject, and what is proposed."""

from __future__ import annotations

from hotline.exercise.report.document.part import Part, Ref


class Exercise(Part, frozen=True):
    """What was played. ``starts`` and ``ends`` are STARTEX and ENDEX by the director's clock.

    ``duration_s`` is between them, ``scenario_s`` what the scenario's clock showed at the end.
    ``finished`` is false where there is no ENDEX: in the record, which is of a part then, or, with
    the hash of the record, in one of the journals.
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
    ``at`` is when it was decided, by the director's clock, ``at_s`` the same on the scenario's:
    where nothing came, when its time was over. Both are None of what is void or open.
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


GONE = "director-gone"
"""The kind of the moment from which on nobody directed, until the director was restarted."""


class Moment(Part, frozen=True):
    """Something of the director's record that the pictures show: pause, resume, real world."""

    kind: str
    at: str
    t: float | None
    text: str
