"""`injects_of`: one traffic of a scenario as injects, the same for the same seed.

Theory of operation. A Poisson process gives the moments of messages (`arrivals`). At each of them
something new is said: a notice or an advisory. What follows on a notice (`life`) comes when it is
due, and takes the place of the next new message, so that the rate is that of all messages.

Every new message has a chance of its own, seeded with its number: what one of them is does not
depend on how much was drawn for those before it.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from hotline.exercise.scenario.shape import (
    Act,
    Expectation,
    ExpectationKind,
    Inject,
    Scenario,
    Traffic,
)
from hotline.exercise.traffic import advisories, plan
from hotline.exercise.traffic.advisories import draw_advisory
from hotline.exercise.traffic.arrivals import arrivals
from hotline.exercise.traffic.chance import Chance
from hotline.exercise.traffic.checking import check_traffic
from hotline.exercise.traffic.life import Step, life
from hotline.exercise.traffic.plan import Plan, draw_plan, weights_of
from hotline.exercise.traffic.terms import terms_of
from hotline.exercise.traffic.wrong import FLAGS, SAID, Wrong, possible, spoiled
from hotline.model.kinds import Activity, Answer, Kind, Precedence

RECEIPT_WITHIN_S = 5.0
"""Real seconds within which a message is receipted, and flagged, when nothing is broken."""
MAX_NAME = 16
"""Characters of a centre's and a traffic's name in a reference, which has 40 in all."""
_NO_REFERENCE = re.compile("[^A-Z0-9]")
DAY_US = 86_400_000_000
HOUR_US = 3_600_000_000


def injects_of(traffic: Traffic, scenario: Scenario) -> tuple[Inject, ...]:
    """Return the injects of a traffic, in the order of their times.

    Those that follow on a notice are due after that notice's delivery (``after``); where it was
    revised, after the revision's; ``about`` is the inject of the notice. References are written
    out: ``IAF-DAY-0007`` is the seventh new message of the traffic ``day``. Pure: the same
    arguments give the same injects, everywhere.

    Raises:
        ExerciseError: as `check_traffic`.
        ConfigError: for a letter that cannot be read.

    """
    check_traffic(traffic, scenario.centres)
    found = [(at_s, inject) for at_s, inject in _Source(traffic, scenario).messages()]
    return tuple(inject for _, inject in sorted(found, key=lambda one: (one[0], one[1].id)))


class _Source:
    """Draws the messages of one traffic."""

    def __init__(self, traffic: Traffic, scenario: Scenario) -> None:
        self.traffic, self.scenario = traffic, scenario
        self.terms = terms_of(scenario)
        starts_us = scenario.starts or 0
        self.hour = starts_us % DAY_US / HOUR_US
        self.seed = f"{scenario.seed}/{traffic.seed}/{scenario.name}/{traffic.id}"

    def messages(self) -> Iterator[tuple[float, Inject]]:
        """Yield every message with the moment at which it is due if nothing is delayed."""
        traffic = self.traffic
        when = arrivals(
            Chance(f"{self.seed}/arrivals"), traffic.rates, traffic.from_s, traffic.until_s,
            self.hour,
        )  # fmt: skip
        due: list[tuple[float, str, Inject]] = []
        owed = number = 0
        for at_s in when:
            while due and due[0][0] <= at_s:
                step_s, _, inject = heapq.heappop(due)
                yield step_s, inject
                owed += 1
            if owed:
                owed -= 1
                continue
            number += 1
            inject, steps = self._new(number, at_s)
            yield at_s, inject
            for step_s, step in steps:
                heapq.heappush(due, (step_s, step.id, step))
        for step_s, _, inject in sorted(due, key=lambda one: one[:2]):
            yield step_s, inject

    def _new(self, number: int, at_s: float) -> tuple[Inject, list[tuple[float, Inject]]]:
        """Return a new message, and what follows on it within the time of the traffic."""
        traffic, chance = self.traffic, Chance(f"{self.seed}/{number}")
        originator = traffic.originator or chance.one_of(self.scenario.centres)
        language = chance.weighed(weights_of(traffic.languages, plan.LANGUAGES))
        one, other = self.scenario.centres
        blank = Inject(
            id=f"{traffic.id}-{number:04}",
            at_s=at_s,
            act=Act.SEND,
            originator=originator,
            recipient=other if originator == one else one,
            line=traffic.line,
        )
        if chance.happens(traffic.advisory_share):
            return self._advisory(chance, blank, language), []
        precedence = Precedence[chance.weighed(weights_of(traffic.precedences, plan.PRECEDENCES))]
        activity = Activity(chance.weighed(weights_of(traffic.activities, plan.ACTIVITIES)))
        sound = draw_plan(
            chance, activity=activity, precedence=precedence, language=language,
            area=traffic.area, terms=self.terms,
        )  # fmt: skip
        sent, wrong = sound, None
        if chance.happens(traffic.error_rate):
            wrong = chance.one_of(possible(sound, self.terms))
            sent = spoiled(sound, wrong, chance, self.terms)
        document = {**sent.document(), "reference": self._reference(originator, number)}
        notice = self._sent(
            blank, document, precedence, f"notice: {activity}", wrong, answered=True
        )
        following = life(chance, sound, sent, self.terms, error_rate=traffic.error_rate)
        return notice, list(self._steps(notice, sent, following))

    def _reference(self, originator: str, number: int) -> str:
        """Return the reference of a notice: the centre, the traffic, the number."""
        names = (_NO_REFERENCE.sub("-", name.upper()) for name in (originator, self.traffic.id))
        parts = [part for name in names for part in name[:MAX_NAME].split("-") if part]
        return "-".join([*parts, f"{number:04}"])

    def _advisory(self, chance: Chance, blank: Inject, language: str) -> Inject:
        precedence = Precedence[chance.weighed(advisories.PRECEDENCES)]
        document = draw_advisory(
            chance, precedence=precedence, language=language, area=self.traffic.area,
            terms=self.terms,
        )  # fmt: skip
        return self._sent(blank, document, precedence, "advisory", answered=True)

    def _steps(
        self, notice: Inject, sent: Plan, following: Iterator[Step]
    ) -> Iterator[tuple[float, Inject]]:
        """Yield what follows on a notice before the traffic ends, each with its moment."""
        factor = self.scenario.time_factor
        reference = (notice.document or {}).get("reference", "")
        delivered = {Kind.NOTICE: (notice.id, notice.at_s)}
        for step in following:
            base = delivered.get(step.base)
            if base is None:
                return  # what it is based on comes after the end, and so would this
            name, base_s = base
            # Real seconds pass on the nodes' clocks while the scenario's runs ahead.
            after_s = round(step.after_s * factor, 3)
            at_s = round(base_s + after_s, 3)
            if at_s >= self.traffic.until_s:
                continue
            blank = msgspec.structs.replace(
                notice, id=f"{notice.id}{step.kind[0]}", at_s=after_s, after=name, about=notice.id
            )
            delivered[step.kind] = blank.id, at_s
            document = {**step.document, "reference": reference}
            title = f"{step.kind}: {sent.activity}"
            answered = step.kind is Kind.REVISION
            yield (
                at_s,
                self._sent(blank, document, sent.precedence, title, step.wrong, answered=answered),
            )

    def _sent(
        self,
        blank: Inject,
        document: dict[str, Any],
        precedence: Precedence,
        title: str,
        wrong: Wrong | None = None,
        *,
        answered: bool,
    ) -> Inject:
        """Return an inject that sends a message, with what is expected of it."""
        expectations: list[tuple[ExpectationKind, float, dict[str, Any]]] = [
            (ExpectationKind.RECEIPT, RECEIPT_WITHIN_S, {})
        ]
        outcome = ["Receipted."]
        description = "Mock traffic."
        if wrong is not None:
            expectations.append((ExpectationKind.FLAGGED, RECEIPT_WITHIN_S, {"code": FLAGS[wrong]}))
            outcome.append(f"Flagged {FLAGS[wrong]}; the crew asks or refuses.")
            description += f" Wrong on purpose ({wrong}): {SAID[wrong]}."
        if answered:
            within_s = self.terms.reply_within_s(precedence)
            expectations.append((ExpectationKind.REPLY, within_s, {"answers": tuple(Answer)}))
            outcome.append("Answered within the letter's deadline.")
        return msgspec.structs.replace(
            blank,
            document=document,
            precedence=precedence,
            title=title,
            description=description,
            outcome=" ".join(outcome),
            expectations=tuple(
                Expectation(
                    id=f"{blank.id}.{number}",
                    kind=kind,
                    centre=blank.recipient,
                    within_s=within_s,
                    **fields,
                )
                for number, (kind, within_s, fields) in enumerate(expectations, start=1)
            ),
        )
