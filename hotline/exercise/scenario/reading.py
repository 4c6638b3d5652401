"""A scenario from its file: read, checked, and kept with what lies beside it.

The steps:

1. The file is YAML as `yaml_text` takes it: what is not ends the reading.
2. Every value has the form that `file_form` gives it.
3. Every part can be made (`building`), and the parts agree (`checks`).

All that the second and third step find is listed together, in the order of the file. An inject
without its form is left out of the third, and nothing is said of those that refer to it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from importlib import resources
from pathlib import Path, PurePath
from typing import Any, Final

from hotline.audit.named_files import open_regular
from hotline.errors import ExerciseError
from hotline.exercise.scenario.beside import Beside
from hotline.exercise.scenario.building import Built, build_inject
from hotline.exercise.scenario.checks import Unread, check_injects
from hotline.exercise.scenario.file_form import INJECT, MAX_FACTOR, SCENARIO, TRAFFIC
from hotline.exercise.scenario.forms import Told, did_you_mean
from hotline.exercise.scenario.marked import Marked, Place, marked
from hotline.exercise.scenario.setting import Letters, build_crews, build_letters, build_traffic
from hotline.exercise.scenario.shape import Crew, Inject, Scenario
from hotline.exercise.scenario.sound import id_or_none, parted, sound_but_for_lists
from hotline.exercise.scenario.tables import Record
from hotline.exercise.scenario.yaml_text import MAX_SCENARIO_BYTES, read_yaml
from hotline.model.letter import Letter, read_letter
from hotline.model.messages import lower_first
from hotline.model.problem import Problem, summary

KEPT: Final = "scenario.yaml"
KEPT_BESIDE: Final = "beside"
"""Names in the directory of an exercise: the exact copy, and the folder of what it names."""
_SHIPPED: Final = "hotline.exercise.scenarios"
_SUFFIX: Final = ".yaml"


class ScenarioRefused(ExerciseError):  # noqa: N818 - it names what happened, as `RulesBroken` does
    """A scenario that cannot be played: the first problem, with all of them listed.

    The ``field`` of each problem is FILE:LINE:COLUMN, and they are in the order of the file.
    """

    all_listed = True
    """Whoever shows it shows every problem: a planner mends all of them before trying again."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(problems[0].code, summary(problems), problems[0].hint)
        self.problems = tuple(problems)


def read_scenario(path: Path, *, beside: Path | None = None) -> Scenario:
    """Return the scenario in a file; what it names lies in the folder ``beside``, or beside it.

    Raises:
        ExerciseError: ``scenario.unreadable`` for a file that is not there, those of `read_yaml`,
            and `ScenarioRefused` with every problem that was found.

    """
    if path.is_dir():
        raise ExerciseError(
            "scenario.unreadable",
            f"{path} is a directory, not a scenario's file",
            f"name the file in it: {path / KEPT}"
            if (path / KEPT).is_file()
            else "name a scenario's file, or one that `hotline exercise list` names",
        )
    try:
        with open_regular(path) as file:
            data = file.read(MAX_SCENARIO_BYTES + 1)
    except OSError as error:
        raise ExerciseError(
            "scenario.unreadable",
            f"{path} cannot be read: {lower_first(error.strerror or str(error))}",
            "name a scenario's file, or one that `hotline exercise list` names",
        ) from None
    return scenario_of_bytes(data, str(path), beside or path.parent)


def scenario_of_bytes(data: bytes, name: str, beside: Path | None = None) -> Scenario:
    """Return the scenario in a file's bytes; ``name`` is what errors call the file.

    Raises:
        ExerciseError: as `read_scenario`, but for the file.

    """
    part = read_yaml(data, name)
    return scenario_of(part, name, source=data.decode(), beside=Beside(beside))


def scenario_of(
    part: Marked, name: str, *, source: str = "", beside: Beside | None = None
) -> Scenario:
    """Return the scenario in a tree of values with their places, wherever these come from.

    Raises:
        ScenarioRefused: with every problem that was found.

    """
    told: Told = []
    record = SCENARIO.read(part, told)
    if told and not sound_but_for_lists(part):
        _refuse(told, name)
    files = beside or Beside(None)
    exercise: str = record.get("name")
    first, second = record.get("centres")
    centres = (first, second)
    if first == second:
        told.append(
            Problem(
                "scenario.to-itself",
                record.at("centres"),
                f"{first} would have a line to itself",
                "name two different centres",
            )
        )
    if record.get("time-factor", 1.0) > record.get("highest-factor", MAX_FACTOR):
        told.append(
            Problem(
                "scenario.too-fast",
                record.at("time-factor"),
                "the time factor is higher than the highest one that the scenario bears",
                "lower time-factor, or raise highest-factor once that has been tried",
            )
        )
    duration_s: float = record.get("duration")
    letters = build_letters(record, exercise, centres, files, told)
    crews_part = record.parts.get("crews")
    crew_places: Mapping[str, Place] = crews_part.keys if crews_part is not None else {}
    crews = build_crews(
        record.get("crews", {}), lambda centre: str(crew_places[centre]), centres, told
    )
    _check_languages(record, crews, letters, told)
    traffic_records, _ = parted(record, "traffic", TRAFFIC, told)
    inject_records, unreadable = parted(record, "injects", INJECT, told)
    traffic = tuple(build_traffic(one, duration_s, centres, told) for one in traffic_records)
    _check_traffic(traffic_records, told)
    built: list[Built] = []
    for given in inject_records:
        one = build_inject(given, centres, files, told)
        if one is None:
            unreadable.append(given)
        else:
            built.append(one)
    unread = Unread(frozenset(id_or_none(given) for given in unreadable))
    injects = check_injects(
        built, duration_s, len(record.get("objectives")), letters.read, told, unread
    )
    _refuse(told, name)
    encoded = source.encode()
    return Scenario(
        name=exercise,
        title=record.get("title"),
        summary=record.get("summary", ""),
        objectives=record.get("objectives"),
        centres=centres,
        crews=crews,
        letter=letters.common,
        letters=letters.own,
        starts=record.get("starts"),
        duration_s=duration_s,
        time_factor=record.get("time-factor", 1.0),
        highest_factor=record.get("highest-factor", float(MAX_FACTOR)),
        seed=record.get("seed", 0),
        injects=tuple(injects),
        traffic=traffic,
        sha256=hashlib.sha256(encoded).hexdigest(),
        source=source,
        beside=files.files,
    )


def extra_inject(given: Mapping[str, Any], scenario: Scenario, *, name: str = "inject") -> Inject:
    """Return an inject that a director adds in play; ``given`` is as a scenario's file has it.

    It is checked against the injects of the scenario; ``after`` and ``about`` may name these.

    Raises:
        ScenarioRefused: with every problem; an id that is taken is one.

    """
    from hotline.exercise.scenario.writing import inject_table

    part = marked(dict(given), Place(cell="extra"))
    told: Told = []
    INJECT.read(part, told)
    _refuse(told, name)
    known = [marked(inject_table(one), Place(cell=one.id)) for one in scenario.injects]
    files = Beside(None)
    files.files.update(scenario.beside)
    read = [INJECT.read(one, told) for one in [*known, part]]
    built = [
        one
        for record in read
        if (one := build_inject(record, scenario.centres, files, told)) is not None
    ]
    common = None if scenario.letter is None else read_letter(scenario.letter.encode())
    letters: dict[str, Letter | None] = dict.fromkeys(scenario.centres, common)
    letters |= {centre: read_letter(text.encode()) for centre, text in scenario.letters.items()}
    injects = check_injects(built, scenario.duration_s, len(scenario.objectives), letters, told)
    _refuse(told, name)
    return injects[-1]


@lru_cache(1)
def shipped_names() -> tuple[str, ...]:
    """Return the names of the scenarios that are shipped, the easiest one first."""
    found = sorted((shipped(name) for name in _shipped_files()), key=lambda one: one.name)
    return tuple(one.name for one in sorted(found, key=lambda one: one.duration_s))


@lru_cache
def shipped(name: str) -> Scenario:
    """Return a scenario that is shipped. Raises ExerciseError ``scenario.not-shipped``."""
    if name not in _shipped_files():
        raise ExerciseError(
            "scenario.not-shipped",
            f"no scenario {name[:60]!a} is shipped, and there is no such file",
            did_you_mean(name, shipped_names()),
        )
    file = f"{name}{_SUFFIX}"
    return scenario_of_bytes((resources.files(_SHIPPED) / file).read_bytes(), file)


def scenario_named(given: str) -> Scenario:
    """Return the scenario that a user names: a file, or one that is shipped, with .yaml or without.

    Raises ExerciseError as `read_scenario` and `shipped`.
    """
    path = Path(given)
    if path.is_file() or "/" in given or (path.suffix and path.suffix != _SUFFIX):
        return read_scenario(path)
    name = given.removesuffix(_SUFFIX)
    if path.suffix and name not in _shipped_files():
        return read_scenario(path)
    if path.is_dir() and name not in _shipped_files():
        return read_scenario(path)
    return shipped(name)


@lru_cache(1)
def _shipped_files() -> frozenset[str]:
    """Return the names of what is shipped, which are those of the files, without reading any."""
    files = (PurePath(file.name) for file in resources.files(_SHIPPED).iterdir())
    return frozenset(file.stem for file in files if file.suffix == _SUFFIX)


def keep(scenario: Scenario, directory: Path) -> None:
    """Write the exact copy of a scenario, and what lay beside it, into an exercise's directory."""
    (directory / KEPT).write_text(scenario.source, "utf-8", newline="")
    for name, data in scenario.beside.items():
        path = directory / KEPT_BESIDE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def kept(directory: Path) -> Scenario:
    """Return the scenario that `keep` has written. Raises ExerciseError as `read_scenario`."""
    return read_scenario(directory / KEPT, beside=directory / KEPT_BESIDE)


def _refuse(told: Told, name: str) -> None:
    """Raise what was found, in the order of the file."""
    if told:
        raise ScenarioRefused(
            [
                replace(problem, field=in_file(name, problem.field))
                for problem in sorted(told, key=lambda one: _order(one.field))
            ]
        )


def in_file(name: str, place: str) -> str:
    """Return how a place in a file is called: ``FILE:12:7``, ``FILE: MSEL!F7``."""
    return f"{name}:{place}" if place[:1].isdigit() else f"{name}: {place}"


def _order(place: str) -> tuple[int, int]:
    line, _, column = place.partition(":")
    return (int(line), int(column)) if line.isdigit() and column.isdigit() else (0, 0)


def _check_languages(
    record: Record, crews: Mapping[str, Crew], letters: Letters, told: Told
) -> None:
    """Add every crew whose language its letter does not name."""
    table = record.parts.get("crews")
    for centre, crew in crews.items():
        letter = letters.read.get(centre)
        if letter is None or crew.language in letter.languages or table is None:
            continue
        part = table.value.get(centre, table) if isinstance(table.value, dict) else table
        told.append(
            Problem(
                "scenario.crew-language",
                str(part.place),
                f"the crew of {centre} writes {crew.language}, which its letter does not name",
                f"use {', '.join(letter.languages)}, or add the language to the letter",
            )
        )


def _check_traffic(elements: Sequence[Record], told: Told) -> None:
    """Add every id of traffic that stands there twice."""
    seen: set[str] = set()
    for one in elements:
        if one.get("id") in seen:
            told.append(
                Problem(
                    "scenario.repeated-id",
                    one.at("id"),
                    f"the id {one.get('id')!a} of traffic stands twice",
                    "give each element an id of its own",
                )
            )
        seen.add(one.get("id"))
