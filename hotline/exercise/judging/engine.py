"""The judge: verdicts on every expectation, live and afterwards by the same rules.

    judge = Judge(scenario)
    for entry in record: judge.recorded(entry)
    for view in log: judge.saw("iaf", view)
    judge.tick(now_us)
    judge.verdicts()

In which order entries come does not matter; decisions are made in `tick`, by all that was seen
until then. Every expectation is settled by its limit, or at ENDEX; what is settled stays so.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import msgspec

from hotline.api.schema import EntryView
from hotline.errors import HotlineError
from hotline.exercise.judging.course import SECOND_US, Course
from hotline.exercise.judging.deciding import ABOUT_A_MESSAGE, Case, Hit, at_limit, hits
from hotline.exercise.judging.facts import Facts
from hotline.exercise.judging.verdict import Outcome, Verdict
from hotline.exercise.record import events
from hotline.exercise.record.line import Entry
from hotline.exercise.scenario.shape import (
    MACHINE_MADE,
    Act,
    Expectation,
    Inject,
    Scenario,
)
from hotline.model.phrasing import duration_text
from hotline.model.times import parse_time


@dataclass(slots=True)
class _Play:
    """What the record says of one inject."""

    inject: Inject
    due_us: int | None = None
    delivered_us: int | None = None
    message: str = ""
    reference: str = ""
    void: str = ""


@dataclass(frozen=True, slots=True)
class _Since:
    """From when an expectation's time counts, and the message that it is about."""

    us: int
    message: str
    reference: str


@dataclass(slots=True)
class _Judged:
    expectation: Expectation
    play: _Play
    mock: bool
    verdict: Verdict = field(init=False)

    def __post_init__(self) -> None:
        self.verdict = Verdict(
            expectation=self.expectation.id,
            inject=self.play.inject.id,
            outcome=Outcome.OPEN,
            real_time=self.real_time,
            mock=self.mock,
        )

    @property
    def real_time(self) -> bool:
        """Whether its limit is in real seconds: of machines, and while play is stopped."""
        return self.expectation.kind in MACHINE_MADE or self.play.inject.act is Act.REAL_WORLD


class Judge:
    """Judges one exercise.

    ``common_us`` moves a moment of a centre's clock to the director's; as it is by itself where
    nothing is known of a difference.
    """

    def __init__(
        self, scenario: Scenario, common_us: Callable[[str, int], int] = lambda _, us: us
    ) -> None:
        self.course = Course()
        self._scenario = scenario
        self._common_us = common_us
        self._facts = Facts()
        self._plays: dict[str, _Play] = {}
        self._judged: dict[str, _Judged] = {}
        self._carried: set[str] = set()
        # Which inject the record says that a message carried.
        self._carries: dict[str, str] = {}
        self._ended: tuple[int, str] | None = None
        for inject in scenario.injects:
            self._expect(inject)

    # --- What is seen ---------------------------------------------------------------------

    def saw(self, centre: str, entry: EntryView) -> None:
        """Take an entry of one of a centre's logs; the same one twice changes nothing."""
        try:
            at_us = self._common_us(centre, parse_time(entry.at))
        except HotlineError:
            return  # no moment, so never in time
        self._facts.saw(centre, entry, at_us)

    def recorded(self, entry: Entry) -> None:
        """Take the next entry of the record."""
        self.course.recorded(entry)
        match entry.event:
            case events.InjectAdded(inject=told):
                self._expect_told(told)
            case events.InjectDue(inject=name, planned=planned):
                self._expect_told(planned, mock=True)
                self._play(name).due_us = entry.at_us
            case events.InjectDelivered(inject=name, message=message, reference=reference):
                play = self._play(name)
                play.delivered_us, play.message, play.reference = entry.at_us, message, reference
                if message:
                    self._carries.setdefault(message, name)
                if message and not play.inject.from_crew:
                    self._carried.add(message)
            case events.InjectSkipped(inject=name, why=why, planned=planned):
                self._expect_told(planned, mock=True)
                self._play(name).void = f"its inject was skipped: {why}" if why else "skipped"
            case events.InjectFailed(inject=name, text=text):
                self._play(name).void = f"its inject could not be delivered: {text}"
            case events.Endex(why=why):
                self.end(entry.at_us, why)
            case _:
                pass

    def end(self, at_us: int, why: str) -> None:
        """Let play be over from a moment on: the director's next entry is ENDEX."""
        if self._ended is None:
            self._ended = at_us, why

    # --- What comes of it -----------------------------------------------------------------

    def tick(self, now_us: int) -> list[Verdict]:
        """Settle what can be settled by what was seen until now; return what was, in order.

        ``now_us`` is a moment on the director's clock until which both logs were seen.
        """
        ends_us = self._ended[0] if self._ended is not None else now_us
        settled = []
        for one in self._judged.values():
            if one.verdict.outcome is Outcome.OPEN:
                one.verdict = self._judge(one, min(now_us, ends_us))
                if one.verdict.outcome is not Outcome.OPEN:
                    settled.append(one.verdict)
        return settled

    def verdicts(self) -> dict[str, Verdict]:
        """Return what is known of every expectation by its id, in the scenario's order."""
        return {name: one.verdict for name, one in self._judged.items()}

    def verdict(self, name: str) -> Verdict:
        """Return what is known of one expectation. Raises KeyError for one that there is not."""
        return self._judged[name].verdict

    def message_of(self, name: str) -> tuple[str, str]:
        """Return id and reference of the message that carried an inject; empty without one.

        Of an inject that a crew is to do by itself it is the first message that is as it was told.
        """
        play = self._play(name)
        if play.message or not play.inject.from_crew:
            return play.message, play.reference
        sent = self._by_crew(play)
        return (sent.message, sent.reference) if sent is not None else ("", "")

    def left_s(self, name: str, now_us: int) -> float | None:
        """Return the seconds that are left, in those of its limit; None where none count."""
        one = self._judged[name]
        since_us = one.verdict.since_us
        if since_us is None or one.verdict.outcome is not Outcome.OPEN:
            return None
        return one.expectation.within_s - self._passed_s(one, since_us, now_us)

    @property
    def settled(self) -> bool:
        """Whether nothing is open any more."""
        return all(one.verdict.outcome is not Outcome.OPEN for one in self._judged.values())

    # --- How ------------------------------------------------------------------------------

    def _expect_told(self, told: dict[str, Any] | None, *, mock: bool = False) -> None:
        """Expect what the record says of an inject that stands in no file."""
        with suppress(msgspec.ValidationError):  # of a later version: nothing can be expected of it
            if told is not None:
                self._expect(msgspec.convert(told, Inject), mock=mock)

    def _expect(self, inject: Inject, *, mock: bool = False) -> None:
        play = self._play(inject.id)
        play.inject = inject
        for expectation in inject.expectations:
            self._judged[expectation.id] = _Judged(expectation, play, mock)

    def _play(self, name: str) -> _Play:
        # A record may name an inject that it does not describe: nothing is expected of it.
        return self._plays.setdefault(name, _Play(Inject(id=name, at_s=0.0, act=Act.SEND)))

    def _judge(self, one: _Judged, now_us: int) -> Verdict:
        since = self._since(one)
        if one.play.void:
            return self._settle(one, Outcome.VOID, one.play.void)
        if since is None:
            if self._ended is None:
                return one.verdict
            never = "nobody sent it" if one.play.delivered_us else "its inject was never delivered"
            return self._settle(one, Outcome.VOID, never)
        waiting = msgspec.structs.replace(
            one.verdict, since_us=since.us, message=since.message or one.verdict.message
        )
        case = self._case(one, since)
        over = self._passed_s(one, since.us, now_us) > one.expectation.within_s
        hit = self._in_time(one, case, since)
        if hit is not None:
            return self._decide(one, waiting, hit, hit.fact.at_us)
        if not over and self._ended is None:
            return waiting
        over_us = min(self._limit_us(one, since.us), now_us) if over else now_us
        hit = at_limit(case, over_us)
        if hit is not None:
            return self._decide(one, waiting, hit, over_us)
        if not over and (void := self._void_at_the_end(one)):
            return self._settle(one, Outcome.VOID, void, waiting)
        waiting = msgspec.structs.replace(waiting, at_us=over_us)
        if over:
            if one.expectation.never:
                return self._settle(one, Outcome.PASS, "it did not happen", waiting)
            within = duration_text(round(one.expectation.within_s * SECOND_US))
            return self._settle(one, Outcome.EXPIRED, f"nothing came within {within}", waiting)
        if one.expectation.never:
            return self._settle(one, Outcome.PASS, "it did not happen before ENDEX", waiting)
        return self._settle(one, Outcome.EXPIRED, "nothing came before ENDEX", waiting)

    def _void_at_the_end(self, one: _Judged) -> str:
        """Return why what still has time when play ends is nobody's failure; empty where it is."""
        if self._ended is not None and self._ended[1] == "real-world":
            return "play was stopped: real world"
        # Nobody has chosen when mock traffic comes.
        return "its time was not over at ENDEX" if one.mock and not one.expectation.never else ""

    def _since(self, one: _Judged) -> _Since | None:
        play = one.play
        if play.inject.from_crew and play.inject.act in (Act.SEND, Act.REPLY):
            sent = self._by_crew(play)
            if sent is not None and one.expectation.kind in ABOUT_A_MESSAGE:
                return sent
            # What the crew does by itself counts from when it was told to.
            told = play.due_us is not None and one.expectation.kind not in ABOUT_A_MESSAGE
            return _Since(play.due_us or 0, "", "") if told else None
        if play.delivered_us is None:
            return None
        message, reference = play.message, play.reference
        if not message and play.inject.about:
            # A fault or a word that comes upon another inject is about that one's message.
            message, reference = self.message_of(play.inject.about)
        if message and not reference:
            found = self._facts.sent(message)
            reference = found.reference if found is not None else ""
        return _Since(play.delivered_us, message, reference)

    def _by_crew(self, play: _Play) -> _Since | None:
        """Return the message that a crew sent as it was told to, by the record or as the first."""
        inject = play.inject
        if play.due_us is None:
            return None
        known = self._facts.sent(play.message) if play.message else None
        if known is not None:
            return _Since(known.at_us, known.message, known.reference)
        if inject.act is Act.REPLY:
            about, _ = self.message_of(inject.about)
            found = self._facts.of("reply", inject.originator, about) if about else ()
        else:
            document = inject.document or {}
            found = self._facts.of("sent", inject.originator, _kind_of(document))
            wanted = _reference_of(document)
            found = [fact for fact in found if not wanted or fact.reference == wanted]
        for fact in found:
            # One that carried another inject is none of this one's.
            free = self._carries.get(fact.message, inject.id) == inject.id
            if fact.at_us >= play.due_us and free:
                return _Since(fact.at_us, fact.message, fact.reference)
        return None

    def _case(self, one: _Judged, since: _Since) -> Case:
        centres = self._scenario.centres
        other = next((name for name in centres if name != one.expectation.centre), "")
        begin_us = one.play.due_us if one.play.due_us is not None else since.us
        return Case(
            expectation=one.expectation,
            inject=one.play.inject,
            facts=self._facts,
            begin_us=begin_us,
            message=since.message,
            reference=since.reference,
            other=other,
            carried=self._carried,
        )

    def _in_time(self, one: _Judged, case: Case, since: _Since) -> Hit | None:
        for hit in hits(case):
            if self._ended is not None and hit.fact.at_us > self._ended[0]:
                continue
            if self._passed_s(one, since.us, hit.fact.at_us) > one.expectation.within_s:
                continue
            if one.expectation.never and not hit.good:
                continue  # neither what must not happen, nor a reason to stop looking
            return hit
        return None

    def _decide(self, one: _Judged, waiting: Verdict, hit: Hit, at_us: int) -> Verdict:
        good = hit.good is not one.expectation.never
        since_us = waiting.since_us or 0
        return msgspec.structs.replace(
            waiting,
            outcome=Outcome.PASS if good else Outcome.FAIL,
            at_us=at_us,
            after_s=max(self._passed_s(one, since_us, at_us), 0.0),
            by=hit.fact.by,
            message=hit.fact.message or waiting.message,
            text=hit.text,
        )

    def _settle(
        self, one: _Judged, outcome: Outcome, text: str, verdict: Verdict | None = None
    ) -> Verdict:
        return msgspec.structs.replace(verdict or one.verdict, outcome=outcome, text=text)

    def _limit_us(self, one: _Judged, since_us: int) -> int:
        """Return when the time of what is over was over, on the director's clock."""
        within_s = one.expectation.within_s
        real_us = since_us + round(within_s * SECOND_US)
        if one.real_time:
            return real_us
        found = self.course.moment_us((self.course.t(since_us) or 0.0) + within_s)
        return real_us if found is None else found

    def _passed_s(self, one: _Judged, since_us: int, until_us: int) -> float:
        if one.real_time:
            return (until_us - since_us) / SECOND_US
        return self.course.between(since_us, until_us)


def _reference_of(document: dict[str, object]) -> str:
    properties = document.get("properties")
    where = properties if isinstance(properties, dict) else document
    return str(where.get("reference") or "")


def _kind_of(document: dict[str, object]) -> str:
    """Return what kind of message a file's document is; a notice is a GeoJSON feature."""
    kind = document.get("kind")
    return kind if isinstance(kind, str) else "notice"
