"""What decides an expectation: one rule for each kind (docs/spec/exercise-record.md, section 5).

A rule goes through the facts that its kind is about, oldest first, and says of each that decides
whether it is what was expected. Whether it came in time is for the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass
from typing import Final

from hotline.exercise.judging.facts import Fact, Facts
from hotline.exercise.scenario.shape import Expectation, ExpectationKind, Inject
from hotline.model.kinds import Answer, Kind

CONFLICT_ALARMS: Final = ("airspace.conflict", "airspace.possible", "airspace.proximity")
READ_BACK_FLAG: Final = "model.read-back"


@dataclass(frozen=True, slots=True)
class Hit:
    """A fact that decides, whether it is what was expected, and in words what it was."""

    fact: Fact
    good: bool
    text: str


@dataclass(frozen=True, slots=True)
class Case:
    """An expectation with what is known about its inject.

    ``begin_us`` is when the inject's delivery began: what happened before has nothing to do with
    it. ``message`` and ``reference`` are of the message that carried the inject, empty without
    one; ``other`` is the centre that ``expectation.centre`` faces; ``carried`` are the ids of the
    messages that the director sent.
    """

    expectation: Expectation
    inject: Inject
    facts: Facts
    begin_us: int
    message: str
    reference: str
    other: str
    carried: Set[str]

    @property
    def centre(self) -> str:
        """The centre that something is expected of."""
        return self.expectation.centre

    def since(self, *topic: str) -> Iterator[Fact]:
        """Yield the facts about a topic from the inject on."""
        return (fact for fact in self.facts.of(*topic) if fact.at_us >= self.begin_us)


Rule = Callable[[Case], Iterator[Hit]]


def hits(case: Case) -> Iterator[Hit]:
    """Yield what decides the case, the oldest first."""
    return _RULES[case.expectation.kind](case)


def at_limit(case: Case, due_us: int) -> Hit | None:
    """Return what decides at the end of the time: a line may have been as expected all along."""
    wanted = _LINE_STATES.get(case.expectation.kind)
    known = [fact for fact in case.facts.of("line", case.centre) if fact.at_us <= due_us]
    if wanted is None or not known or known[-1].word != wanted:
        return None
    return Hit(known[-1], True, f"the line was {wanted} all the time")


def _receipt(case: Case) -> Iterator[Hit]:
    for fact in case.facts.receipts(case.message):
        yield Hit(fact, True, "receipted")


def _read(case: Case) -> Iterator[Hit]:
    for fact in case.facts.of("read", case.centre, case.message):
        yield Hit(fact, True, f"{fact.officer} opened it")


def _reply(case: Case) -> Iterator[Hit]:
    wanted = case.expectation.answers
    for fact in case.facts.of("reply", case.centre, case.message):
        who = fact.officer or case.centre
        good = not wanted or fact.word in {answer.value for answer in wanted}
        if good or fact.word != Answer.STAND_BY:
            yield Hit(fact, good, f"{who} answered {fact.word or 'without an answer'}")


def _read_back(case: Case) -> Iterator[Hit]:
    flagged = {
        fact.message: fact
        for topic in case.facts.of("replied", case.other, case.message)
        for fact in case.facts.of("flag", case.other, topic.message)
        if fact.word.startswith(READ_BACK_FLAG)
    }
    for fact in case.facts.of("replied", case.other, case.message):
        who = fact.officer or case.centre
        if fact.word == Answer.ACCEPT:
            wrong = flagged.get(fact.message)
            if wrong is not None:
                yield Hit(wrong, False, f"the read-back of {who} differs [{wrong.word}]")
            elif fact.good:
                yield Hit(fact, True, f"{who} read back rightly")
            else:
                yield Hit(fact, False, f"{who} accepted without a read-back")
        elif fact.word != Answer.STAND_BY:
            yield Hit(fact, False, f"{who} answered {fact.word or 'without an answer'} instead")


def _conflict(case: Case) -> Iterator[Hit]:
    found = list(_noticed(case))
    yield from sorted(found, key=lambda hit: hit.fact.at_us)


def _noticed(case: Case) -> Iterator[Hit]:
    reference = case.reference
    for fact in case.since("acknowledged", case.centre):
        code, subject = case.facts.alarm(case.centre, fact.word)
        if code in CONFLICT_ALARMS and reference and reference in subject.split():
            yield Hit(fact, True, f"{fact.officer} acknowledged {code}")
    for fact in case.facts.of("reply", case.centre, case.message):
        if fact.word != Answer.ACCEPT:
            yield Hit(fact, True, f"{fact.officer or case.centre} answered {fact.word}")
    mine = {
        fact.reference
        for fact in case.facts.of("relation", case.centre, reference)
        if fact.word != "clear"
    }
    for kind in (Kind.REVISION, Kind.WITHDRAWAL):
        for fact in case.since("sent", case.centre, kind.value):
            if fact.reference in mine | {reference} and fact.message not in case.carried:
                yield Hit(fact, True, f"{case.centre} sent a {kind.value} of {fact.reference}")


def _alarm(case: Case) -> Iterator[Hit]:
    for fact in case.since("alarm", case.centre, case.expectation.code):
        if _is_about(case.expectation.reference, fact.subject):
            yield Hit(fact, True, f"{fact.word} rang at {case.centre}")


def _acknowledged(case: Case) -> Iterator[Hit]:
    for fact in case.since("acknowledged", case.centre):
        code, subject = case.facts.alarm(case.centre, fact.word)
        if code == case.expectation.code and _is_about(case.expectation.reference, subject):
            yield Hit(fact, True, f"{fact.officer} acknowledged {code}")


def _is_about(reference: str, subject: str) -> bool:
    """Whether an alarm is about a notice, if it has to be: its subject names it as a word."""
    return not reference or reference in subject.split()


def _flagged(case: Case) -> Iterator[Hit]:
    for fact in case.facts.of("flag", case.centre, case.message):
        if fact.word == case.expectation.code:
            yield Hit(fact, True, f"{case.centre} flagged it with {fact.word}")


def _voice(case: Case) -> Iterator[Hit]:
    speaks = case.inject.originator == case.centre
    wanted = "confirmed" if speaks else "heard"
    for fact in case.since("voice", case.centre):
        # The listener knows no more of the id than its first signs.
        about = not case.message or (fact.message and case.message.startswith(fact.message))
        if fact.word == wanted and about and fact.good:
            done = "had the words confirmed" if speaks else "wrote it down"
            yield Hit(fact, True, f"{fact.officer} {done}")


def _relief(case: Case) -> Iterator[Hit]:
    assumed: Fact | None = None
    for fact in case.since("watch", case.centre):
        if fact.word == "assumed":
            if not fact.message:
                yield Hit(fact, False, f"{fact.officer} assumed the watch without a brief")
            assumed = fact
        elif fact.word == "reviewed" and assumed is not None and fact.officer == assumed.reference:
            yield Hit(fact, True, f"{assumed.officer} relieved {fact.officer}, who signed off")
        elif fact.word == "released":
            yield Hit(fact, False, f"{fact.officer} gave up the watch without a relief")


def _line(case: Case) -> Iterator[Hit]:
    wanted = _LINE_STATES[case.expectation.kind]
    for fact in case.since("line", case.centre):
        if fact.word == wanted:
            yield Hit(fact, True, f"the line was found {wanted}")


def _message(case: Case) -> Iterator[Hit]:
    found = [
        fact
        for kind in case.expectation.kinds
        for fact in case.since("sent", case.centre, kind)
        if fact.message not in case.carried
    ]
    for fact in sorted(found, key=lambda fact: fact.at_us):
        name = f" {fact.reference}" if fact.reference else ""
        yield Hit(fact, True, f"{fact.officer or case.centre} sent {fact.word}{name}")


_LINE_STATES: Final = {ExpectationKind.LINE_UP: "up", ExpectationKind.LINE_DOWN: "down"}

_RULES: Final[dict[ExpectationKind, Rule]] = {
    ExpectationKind.RECEIPT: _receipt,
    ExpectationKind.READ: _read,
    ExpectationKind.READ_BACK: _read_back,
    ExpectationKind.REPLY: _reply,
    ExpectationKind.CONFLICT: _conflict,
    ExpectationKind.ALARM: _alarm,
    ExpectationKind.ACKNOWLEDGED: _acknowledged,
    ExpectationKind.FLAGGED: _flagged,
    ExpectationKind.VOICE: _voice,
    ExpectationKind.RELIEF: _relief,
    ExpectationKind.LINE_UP: _line,
    ExpectationKind.LINE_DOWN: _line,
    ExpectationKind.MESSAGE: _message,
}

ABOUT_A_MESSAGE: Final = frozenset(
    {
        ExpectationKind.RECEIPT,
        ExpectationKind.READ,
        ExpectationKind.READ_BACK,
        ExpectationKind.REPLY,
        ExpectationKind.CONFLICT,
        ExpectationKind.FLAGGED,
    }
)
"""What counts from the message that carried the inject, where a crew sends it by itself."""
