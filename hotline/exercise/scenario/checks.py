"""What is wrong between the injects of a scenario: order, names, cycles, what is answered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from hotline.errors import ModelError
from hotline.exercise.scenario.building import Built
from hotline.exercise.scenario.codes import OF_A_NOTICE
from hotline.exercise.scenario.documents import (
    ABOUT_A_NOTICE,
    SOME_TIME_US,
    check_document,
    said_problems,
)
from hotline.exercise.scenario.durations import duration_said
from hotline.exercise.scenario.forms import Told, did_you_mean
from hotline.exercise.scenario.shape import DIRECTOR, Act, Inject
from hotline.model.kinds import Answer, Kind
from hotline.model.letter import Letter
from hotline.model.problem import Problem, RulesBroken
from hotline.model.reading import Draft, read_object

_NO_ID = "0" * 64


@dataclass(frozen=True, slots=True)
class Unread:
    """Injects that a scenario has, and that could not be read: what they would do is not known.

    Nothing is said of who refers to them: that may be right. ``ids`` has None for one without id.
    """

    ids: frozenset[str | None] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.ids)

    def may_be(self, inject_id: str) -> bool:
        """Return whether one of them has, or may have, this id."""
        return inject_id in self.ids or None in self.ids


NOTHING_UNREAD: Final = Unread()


def check_injects(
    built: Sequence[Built],
    duration_s: float,
    objectives: int,
    letters: Mapping[str, Letter | None],
    told: Told,
    unread: Unread = NOTHING_UNREAD,
) -> list[Inject]:
    """Add what is wrong between injects; return them with the precedence of what they send.

    ``objectives`` is how many the scenario has, ``unread`` what it has beside those ``built``.
    """
    told += _repeated(built)
    by_id = {one.inject.id: one for one in built}
    due, problems = due_times(built, by_id, unread)
    told += problems
    for one in built:
        at = due.get(one.inject.id)
        if at is not None and at > duration_s:
            told.append(_after_the_end(one, at, duration_s))
        told += _about(one, by_id, due, unread)
        told += _objectives(one, objectives)
    drafts = {}
    for one in built:
        letter = letters.get(one.inject.originator)
        if one.inject.act is Act.SEND and one.inject.document is not None:
            drafts[one.inject.id] = check_document(
                one.inject.document,
                one.document_part,
                flawed=one.inject.flawed,
                letter=letter,
                told=told,
            )
        elif one.inject.act is Act.REPLY:
            told += _reply(one, letter)
    told += _references(built, due, unread)
    told += _alarms_of_notices(built, unread)
    return [_with_precedence(one.inject, drafts.get(one.inject.id)) for one in built]


def due_times(
    built: Sequence[Built], by_id: Mapping[str, Built], unread: Unread = NOTHING_UNREAD
) -> tuple[dict[str, float], list[Problem]]:
    """Return the earliest due time of every inject that has one, and what has none.

    Seconds after STARTEX. What follows an inject that is not there, or itself, is never due.
    """
    due: dict[str, float] = {}
    problems = []
    reported: set[str] = set()
    for one in built:
        path: list[Built] = []
        here: Built | None = one
        while here is not None and here.inject.id not in due and here not in path:
            path.append(here)
            here = by_id.get(here.inject.after) if here.inject.after else None
        if here is not None and here in path:
            cycle = [part.inject.id for part in path[path.index(here) :]]
            if not reported.intersection(cycle):
                reported.update(cycle)
                said = " after ".join([*cycle, cycle[0]])
                problems.append(
                    Problem(
                        "scenario.cycle",
                        here.record.at("after"),
                        f"injects wait for each other: {said}",
                        "give one of them a time of its own with at",
                    )
                )
            continue
        start = due[here.inject.id] if here is not None else None
        for part in reversed(path):
            after = part.inject.after
            if after and start is None:
                missing = after not in by_id and not unread.may_be(after)
                if missing and part.inject.id not in reported:
                    reported.add(part.inject.id)
                    problems.append(_no_inject(part.record.at("after"), after, by_id))
                break
            start = part.inject.at_s + (start or 0.0 if after else 0.0)
            due[part.inject.id] = start
    return due, problems


def _repeated(built: Sequence[Built]) -> Iterator[Problem]:
    first: dict[str, Built] = {}
    for one in built:
        known = first.setdefault(one.inject.id, one)
        if known is not one:
            yield Problem(
                "scenario.repeated-id",
                one.id_place,
                f"the id {one.inject.id!a} stands twice, first at {known.id_place}",
                "give each inject an id of its own",
            )


def _after_the_end(one: Built, at_s: float, duration_s: float) -> Problem:
    return Problem(
        "scenario.bad-time",
        one.record.at("at" if "at" in one.record else "after"),
        f"the inject is due {duration_said(at_s)} after STARTEX, and ENDEX is after "
        f"{duration_said(duration_s)}",
        "let it be due earlier, or make the duration longer",
    )


def _no_inject(place: str, given: str, by_id: Mapping[str, Built]) -> Problem:
    return Problem(
        "scenario.unknown-inject",
        place,
        f"there is no inject {given!a}",
        did_you_mean(given, list(by_id)[:20]),
    )


def _about(
    one: Built, by_id: Mapping[str, Built], due: Mapping[str, float], unread: Unread
) -> Iterator[Problem]:
    """Yield what is wrong with the message that a reply answers, or that is read out."""
    inject = one.inject
    if inject.act not in (Act.REPLY, Act.VOICE):
        return
    place = one.record.get(inject.act.value).at("about")
    about = by_id.get(inject.about)
    if about is None:
        if not unread.may_be(inject.about):
            yield _no_inject(place, inject.about, by_id)
        return
    if about.inject.act is not Act.SEND:
        yield Problem(
            "scenario.nothing-sent",
            place,
            f"inject {inject.about} sends nothing",
            "name an inject with send",
        )
        return
    at, before = due.get(inject.id), due.get(about.inject.id)
    if at is not None and before is not None and at < before:
        yield Problem(
            "scenario.bad-time",
            one.record.at("at" if "at" in one.record else "after"),
            f"the inject is due before inject {inject.about}, whose message it is about",
            "let it be due later",
        )
    whose = about.inject.originator
    if inject.act is Act.REPLY and whose == inject.originator:
        yield Problem(
            "scenario.to-itself",
            place,
            f"{inject.originator} would answer its own message",
            "let the other centre reply",
        )
    if inject.act is Act.VOICE and whose != inject.originator:
        yield Problem(
            "scenario.wrong-originator",
            place,
            f"{inject.originator} would read out what {whose} has sent",
            "let the centre read out that sends",
        )


def _objectives(one: Built, count: int) -> Iterator[Problem]:
    """Yield what is wrong with the objectives that an inject is for."""
    beyond = [number for number in one.inject.objectives if number > count]
    if beyond:
        known = f"1 to {count}" if count > 1 else "1" if count else "none"
        yield Problem(
            "scenario.unknown-objective",
            one.record.at("objectives"),
            f"there is no objective {beyond[0]}",
            f"they are numbered in the order of the scenario's objectives: {known}",
        )
    if one.inject.objectives and not one.inject.expectations:
        yield Problem(
            "scenario.out-of-place",
            one.record.at("objectives"),
            "nothing is expected of the inject that could show an objective",
            "add what is expected, or leave the key objectives out",
        )


def _reply(one: Built, letter: Letter | None) -> Iterator[Problem]:
    """Yield the rules of a reply that it breaks, as far as they can be known before it is sent."""
    inject = one.inject
    record = one.record.get(inject.act.value)
    fields = {
        "kind": Kind.REPLY.value,
        "to": _NO_ID,
        "officer": inject.officer or DIRECTOR,
        "answer": str(inject.answer),
        **({"reason": inject.reason} if inject.reason else {}),
        **(inject.document or {}),
    }
    try:
        draft = read_object(fields, SOME_TIME_US)
    except RulesBroken as broken:
        for problem in broken.problems:
            key = problem.field.partition("[")[0].partition(".")[0].replace("_", "-")
            yield Problem("scenario.bad-message", record.at(key), str(problem), problem.hint)
        return
    except ModelError as error:
        yield Problem("scenario.bad-message", record.at(), error.message, error.hint)
        return
    for problem in said_problems(draft.message, letter):
        yield Problem("scenario.bad-message", record.at("phrases"), str(problem), problem.hint)
    if inject.answer is Answer.ACCEPT and "proposal" in record:
        yield Problem(
            "scenario.out-of-place",
            record.at("proposal"),
            "an acceptance proposes nothing else",
            "answer counter, or leave the proposal out",
        )


def _references(
    built: Sequence[Built], due: Mapping[str, float], unread: Unread
) -> Iterator[Problem]:
    """Yield references that are given twice, or belong to no notice that was given before."""
    given: dict[tuple[str, str], Built] = {}
    sent = sorted(
        (
            one
            for one in built
            if one.inject.id in due and one.inject.act is Act.SEND and not one.inject.flawed
        ),
        key=lambda one: due[one.inject.id],
    )
    for one in sent:
        # As it stands there: a notice with another mistake in it gives its reference all the same.
        document = one.inject.document or {}
        kind, reference = document.get("kind"), str(document.get("reference", ""))
        key = (one.inject.originator, reference)
        place = str(one.document_part.place)
        if kind == Kind.NOTICE and reference:
            if key in given:
                yield Problem(
                    "scenario.repeated-reference",
                    place,
                    f"{reference} is given twice by {one.inject.originator}, first by inject "
                    f"{given[key].inject.id}",
                    "give every notice a reference of its own, or none: the node then does",
                )
            given.setdefault(key, one)
        elif kind in ABOUT_A_NOTICE and key not in given and not unread:
            what = f"names {reference[:40]!a}" if reference else "names no notice"
            yield Problem(
                "scenario.unknown-reference",
                place,
                f"the {kind} {what}, and no earlier inject of {one.inject.originator} gives "
                "such a notice",
                "give the notice a reference, and name the same one here; "
                "flawed: true where that is the point",
            )


def _alarms_of_notices(built: Sequence[Built], unread: Unread) -> Iterator[Problem]:
    """Yield alarms that are to be about a notice: they cannot, or nobody gives such a notice."""
    documents = [one.inject.document or {} for one in built if one.inject.act is Act.SEND]
    given = {str(one.get("reference")) for one in documents if one.get("kind") == Kind.NOTICE}
    for one in built:
        expected = zip(one.inject.expectations, one.record.get("expect", ()), strict=True)
        for expectation, (name, fields, _) in expected:
            if not expectation.reference:
                continue
            place = fields.at("reference")
            if expectation.code not in OF_A_NOTICE:
                yield Problem(
                    "scenario.out-of-place",
                    place,
                    f"the alarm {expectation.code} names no notice",
                    f"leave reference out of {name}: any alarm of the code will do",
                )
            elif expectation.reference not in given and not unread:
                yield Problem(
                    "scenario.unknown-reference",
                    place,
                    f"no inject gives a notice {expectation.reference}",
                    "name the reference of a notice that one of the injects sends",
                )


def _with_precedence(inject: Inject, draft: Draft | None) -> Inject:
    if draft is None:
        return inject
    return msgspec.structs.replace(inject, precedence=draft.precedence)
