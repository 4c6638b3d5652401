"""Several exercises side by side: what their reports say of the same thing, in order of time.

Exercises of one scenario make a group: only those can be held against each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from statistics import median

import msgspec

from hotline.audit.named_files import open_regular
from hotline.errors import ExerciseError
from hotline.exercise.report.document import DATA, FORMAT, Part, Reaction, Report
from hotline.model.kinds import Precedence
from hotline.model.times import shorten

TRENDS_FORMAT = "hotline exercise trends 1"
REPORT_BYTES = 64 * 1024 * 1024
"""A report that is larger is none: an 8-hour watch makes one of some megabytes."""
PLACES = (DATA, f"report/{DATA}")
"""Where a report's data lie in a directory that is named."""


class Compared(Part, frozen=True):
    """One exercise in few figures. What crews did is by their clock: life's, or the scenario's.

    ``judged`` are the expectations that passed, failed or expired, ``passed`` the share of them.
    ``read`` and ``reply`` are medians by precedence, ``wrong`` is the share of read-backs that were
    wrong, ``missed`` are late answers, ``alarms`` those that rang, at most ``peak`` in 10 minutes:
    where a centre has a crew of people, of such alone, which ``people`` says.
    ``availability`` is the lesser one of both centres, ``outside`` what faults do not explain.
    """

    name: str
    starts: str
    record: str
    finished: bool
    people: bool
    judged: int
    passed: float | None
    messages: int
    lost: int
    read: dict[str, float]
    reply: dict[str, float]
    read_backs: int
    wrong: float | None
    missed: int
    alarms: int
    peak: int
    availability: float | None
    outside: float | None


class Group(Part, frozen=True):
    """Exercises of one scenario, the oldest first."""

    scenario: str
    title: str
    exercises: list[Compared]


class Trends(Part, frozen=True):
    """All groups, by the scenario's name. ``banner`` marks everything that is made of it."""

    format: str
    banner: str
    groups: list[Group]


def read_report(path: Path) -> Report:
    """Read the report in a file, or in an exercise's or a report's directory.

    Raises ExerciseError: ``report.none-there``, ``report.not-readable``.
    """
    places = [path / name for name in PLACES] if path.is_dir() else [path]
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        raise ExerciseError(
            "report.none-there",
            f"there is no report in {path}",
            "make it with `hotline exercise report`, or name the directory that it lies in",
        )
    try:
        with open_regular(found) as file:
            data = file.read(REPORT_BYTES + 1)
    except OSError as error:
        raise _unreadable(found, (error.strerror or str(error)).lower()) from error
    if len(data) > REPORT_BYTES:
        raise _unreadable(found, "it is too large to be one")
    return report_of(data, found)


def report_of(data: bytes, place: Path) -> Report:
    """Return the report in these bytes. Raises ExerciseError (``report.not-readable``)."""
    try:
        report = msgspec.json.decode(data, type=Report)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise _unreadable(place, str(error)[:200]) from None
    if report.format != FORMAT:
        raise _unreadable(place, f"it is no {FORMAT!r}")
    if len(report.centres) != 2:
        raise _unreadable(place, "it has not two centres")
    return report


def compare(reports: Sequence[Report]) -> Trends:
    """Return what the reports say side by side. Raises ExerciseError (``report.named-twice``)."""
    runs = [_run(one) for one in reports]
    twice = next((one for one, run in zip(reports, runs, strict=True) if runs.count(run) > 1), None)
    if twice is not None:
        raise ExerciseError(
            "report.named-twice",
            f"one exercise is named twice: {shorten(twice.exercise.name)},"
            f" STARTEX {twice.exercise.starts}",
            "name each exercise once, and no copy of it",
        )
    names = sorted({one.exercise.scenario for one in reports})
    groups = [_group(name, [one for one in reports if one.exercise.scenario == name])
              for name in names]  # fmt: skip
    return Trends(format=TRENDS_FORMAT, banner=f"EXERCISE {', '.join(names)}", groups=groups)


def _run(report: Report) -> tuple[str, str, frozenset[str]]:
    """Return what tells a run from every other: its name, STARTEX, and the nodes' cards.

    Not the record's hash: a copy whose record was cut off is no other exercise.
    """
    cards = frozenset(one.card for one in report.centres)
    return report.exercise.name, report.exercise.starts, cards


def _group(name: str, reports: Sequence[Report]) -> Group:
    ordered = sorted(reports, key=lambda one: one.exercise.starts)
    return Group(
        scenario=name,
        title=ordered[-1].exercise.title,
        exercises=[_compared(one) for one in ordered],
    )


def _compared(report: Report) -> Compared:
    counts = {name: report.counts.get(name, 0) for name in ("pass", "fail", "expired")}
    judged = sum(counts.values())
    people = {one.centre for one in report.centres if one.crew == "human"}
    crews = people or {one.centre for one in report.centres}
    reactions = [one for one in report.reactions if one.centre in crews]
    read_backs = [one for one in report.read_backs if one.centre in crews]
    rates = [one for one in report.alarm_rates if one.centre in crews]
    wrong = sum(not one.right for one in read_backs)
    return Compared(
        name=report.exercise.name,
        starts=report.exercise.starts,
        record=report.proof.record,
        finished=report.exercise.finished,
        people=bool(people),
        judged=judged,
        passed=counts["pass"] / judged if judged else None,
        messages=report.loss.sent,
        lost=len(report.loss.lost),
        read=_medians(reactions, lambda one: one.opened.values),
        reply=_medians(reactions, lambda one: one.answered.values),
        read_backs=len(read_backs),
        wrong=wrong / len(read_backs) if read_backs else None,
        missed=sum(one.centre in crews for one in report.missed),
        alarms=sum(one.total for one in rates),
        peak=max((one.peak for one in rates), default=0),
        availability=min((one.share for one in report.availability), default=None),
        outside=min((one.outside for one in report.availability), default=None),
    )


def _medians(
    reactions: Iterable[Reaction], values_of: Callable[[Reaction], Sequence[float]]
) -> dict[str, float]:
    found: dict[str, list[float]] = {}
    for one in reactions:
        found.setdefault(one.precedence, []).extend(values_of(one))
    return {
        each.name: round(median(found[each.name]), 6) for each in Precedence if found.get(each.name)
    }


def _unreadable(place: Path, why: str) -> ExerciseError:
    return ExerciseError(
        "report.not-readable",
        f"{place} cannot be read as a report: {why}",
        "make the report anew with `hotline exercise report --force`",
    )
