"""What an exercise is begun with, and what one that is gone on with was begun with."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

import msgspec

from hotline.errors import ExerciseError
from hotline.exercise.play.ending import COLLECTED
from hotline.exercise.record.events import Endex
from hotline.exercise.record.reading import NAME, read_record
from hotline.exercise.record.writing import in_use, is_directed
from hotline.exercise.scenario.reading import kept
from hotline.exercise.scenario.shape import Crew, CrewKind, Scenario

MIN_FACTOR, MAX_FACTOR = 1.0, 60.0
"""As a scenario's file may have it; faster than life is for what only waits."""


def changed(
    scenario: Scenario,
    *,
    factor: float | None = None,
    seed: int | None = None,
    humans: Iterable[str] = (),
) -> Scenario:
    """Return a scenario as it is to be played: faster, by another seed, with people at a centre.

    Another seed is for all of its mock traffic too. Raises ExerciseError
    ``exercise.unknown-centre`` for people at a centre that it does not have.
    """
    crews = dict(scenario.crews)
    for centre in humans:
        if centre not in scenario.centres:
            raise ExerciseError(
                "exercise.unknown-centre",
                f"{centre[:40]!a} is no centre of {scenario.name}",
                f"name {' or '.join(scenario.centres)}",
            )
        crews[centre] = msgspec.structs.replace(crews.get(centre, Crew()), kind=CrewKind.HUMAN)
    traffic = scenario.traffic
    if seed is not None and seed != scenario.seed:
        traffic = tuple(
            msgspec.structs.replace(one, seed=seed + number) for number, one in enumerate(traffic)
        )
    return msgspec.structs.replace(
        scenario,
        crews=crews,
        traffic=traffic,
        time_factor=scenario.time_factor if factor is None else factor,
        seed=scenario.seed if seed is None else seed,
    )


def check_factor(scenario: Scenario) -> None:
    """Refuse a scenario that is to be played faster than it bears.

    Timers of nodes run at 1x: the faster the rest, the less of people's time is left once an alarm
    rings. Raises ExerciseError ``exercise.too-fast``.
    """
    if scenario.time_factor > scenario.highest_factor:
        raise ExerciseError(
            "exercise.too-fast",
            f"{scenario.name} bears a time factor of {scenario.highest_factor:g} at most,"
            f" and {scenario.time_factor:g} is asked for",
            f"play it with --factor {scenario.highest_factor:g}, or raise highest-factor in a"
            " copy of its file once that has been tried",
        )


def begun_with(directory: Path) -> tuple[Scenario, str]:
    """Return the scenario as it was begun with in a directory, and the kind of its ground.

    Raises ExerciseError: `record.*`, ``record.other-scenario`` where the copy is not what was
    begun with, ``exercise.over`` where nothing is left to be done.
    """
    record = read_record(directory)
    if any(True for _ in record.every(Endex)) and (directory / COLLECTED).is_dir():
        raise ExerciseError(
            "exercise.over",
            f"the exercise in {directory} is over, and its journals are collected",
            "see how it was with `hotline exercise report DIRECTORY`, or run it anew elsewhere",
        )
    opened = record.opened
    scenario = kept(directory)
    if scenario.sha256 != opened.scenario:
        raise ExerciseError(
            "record.other-scenario",
            "scenario.yaml is not the file that was begun with: the record has another hash of it",
            "put the file that was played back beside the record",
        )
    found = changed(scenario, factor=opened.time_factor, seed=opened.seed, humans=opened.humans)
    return found, opened.ground


def require_new(directory: Path) -> None:
    """Refuse a directory that holds an exercise already, before anything in it is touched.

    Raises ExerciseError: ``record.in-use`` while its director is at work, else ``record.there``.
    """
    if not (directory / NAME).exists():
        return
    require_nobody(directory)
    go_on = f"; go on with it with `hotline exercise run --resume {directory}`"
    raise ExerciseError(
        "record.there",
        f"{directory} holds the record of an exercise already",
        f"name another directory{go_on if is_left(directory) else ''}",
    )


def require_nobody(directory: Path) -> None:
    """Refuse a directory whose director is at work. Raises ExerciseError ``record.in-use``."""
    if is_directed(directory):
        raise in_use(directory)


def is_left(directory: Path) -> bool:
    """Say whether a directory has an exercise that is begun and not over."""
    try:
        record = read_record(directory)
    except ExerciseError:
        return False
    return not any(True for _ in record.every(Endex)) or not (directory / COLLECTED).is_dir()


def directory_for(scenario: Scenario, base: Path) -> Path:
    """Return where an exercise that begins now is kept, unless somebody says otherwise."""
    at = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    return base / f"{scenario.name}-{at}"
