"""Several exercises side by side, and reports that others wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.cli.exits import Exit
from hotline.errors import ExerciseError, HotlineError
from hotline.exercise.report.comparing import compare, read_report, report_of
from hotline.exercise.report.document import LIFE, SCENARIO, AlarmRate, Report
from hotline.exercise.report.html import render, render_trends
from hotline.exercise.report.storing import encoded, stem_of
from hotline.exercise.report.tables import tables
from hotline.model.kinds import Precedence
from tests.cli.command import fails, hotline, hotline_json
from tests.exercise.report import documents as samples


def numbered(number: int, scenario: str = "long-day", **changes: Any) -> Report:
    """Return a report of its own exercise; a later one has a greater number."""
    whole = samples.report(messages=number, **changes)
    exercise = msgspec.structs.replace(
        whole.exercise, scenario=scenario, starts=samples.at(number * 1000.0)
    )
    proof = msgspec.structs.replace(whole.proof, record=f"{number:064x}")
    return msgspec.structs.replace(whole, exercise=exercise, proof=proof)


def stored(directory: Path, report: Report) -> Path:
    """Store the data of a report as an exercise's directory has them."""
    (directory / "report").mkdir(parents=True)
    (directory / "report" / "report.json").write_bytes(encoded(report))
    return directory


def test_exercises_of_a_scenario_stand_in_order_of_time() -> None:
    """However they are named; another scenario is another group."""
    found = compare([numbered(3), numbered(1), numbered(2, "short-notice")])
    assert [group.scenario for group in found.groups] == ["long-day", "short-notice"]
    assert [one.messages for one in found.groups[0].exercises] == [1, 3]


def test_figures_are_those_of_the_reports() -> None:
    """The share that passed is of what could pass or not; medians are of all values."""
    (group,) = compare([numbered(1)]).groups
    (one,) = group.exercises
    assert (one.judged, one.passed) == (4, 0.5)
    assert one.read["FLASH"] == 9.0
    assert one.reply["ROUTINE"] == 90.0
    assert (one.wrong, one.peak, one.outside) == (1.0, 14, 1.0)


def test_people_are_not_mixed_with_simulated_crews() -> None:
    """Where one centre has a crew of people, the times are of that one."""
    whole = numbered(1)
    centres = [
        whole.centres[0],
        msgspec.structs.replace(whole.centres[1], crew="simulated"),
    ]
    slow = msgspec.structs.replace(whole.reactions[-1], read_scenario=samples.spread(5000.0))
    mixed = msgspec.structs.replace(whole, centres=centres, reactions=[*whole.reactions[:-1], slow])
    ((one,),) = (group.exercises for group in compare([mixed]).groups)
    assert one.people
    assert one.read["ROUTINE"] == 9.0
    assert one.read_backs == 0  # hmeimim's, whose crew is simulated


def test_figures_of_people_are_in_seconds_of_life_and_of_them_alone() -> None:
    """However fast the scenario's clock ran, and whatever rang at a simulated crew."""
    whole = numbered(1)
    simulated = msgspec.structs.replace(whole.centres[1], crew="simulated")
    own = msgspec.structs.replace(
        whole.reactions[0], clock=LIFE, read=samples.spread(7.0), read_scenario=samples.spread(420)
    )
    rates = [
        samples.blank(AlarmRate, centre=centre, total=total, peak=total, clock=clock)
        for centre, total, clock in (("iaf", 2, LIFE), ("hmeimim", 30, SCENARIO))
    ]
    mixed = msgspec.structs.replace(
        whole, centres=[whole.centres[0], simulated], reactions=[own], alarm_rates=rates
    )
    ((one,),) = (group.exercises for group in compare([mixed]).groups)
    assert one.read == {own.precedence: 7.0}
    assert (one.alarms, one.peak) == (2, 2)


def test_one_exercise_named_twice_is_refused(tmp_path: Path) -> None:
    """It would look like a trend."""
    one = stored(tmp_path / "one", numbered(1))
    fails("report.named-twice", "exercise", "trends", one, one, exit_code=Exit.FAILED)


def test_a_copy_with_another_record_is_the_same_exercise(tmp_path: Path) -> None:
    """Its end cut off, the record has another hash; STARTEX and the nodes are the same."""
    whole = numbered(1)
    cut = msgspec.structs.replace(
        whole,
        exercise=msgspec.structs.replace(whole.exercise, finished=False),
        proof=msgspec.structs.replace(whole.proof, record="ff" * 32, bound=[]),
    )
    places = stored(tmp_path / "whole", whole), stored(tmp_path / "cut", cut)
    said = fails("report.named-twice", "exercise", "trends", *places, exit_code=Exit.FAILED)
    assert whole.exercise.starts in said


def test_two_pairs_of_nodes_may_begin_at_the_same_moment() -> None:
    """Two classes that are told of STARTEX together are two exercises."""
    one = numbered(1)
    other = msgspec.structs.replace(
        one,
        centres=[msgspec.structs.replace(each, card=each.centre) for each in one.centres],
        proof=msgspec.structs.replace(one.proof, record="ff" * 32),
    )
    assert len(compare([one, other]).groups[0].exercises) == 2


def test_the_command_shows_and_writes_them(tmp_path: Path) -> None:
    """Each group under EXERCISE and its name; a page and data in a new directory."""
    places = [stored(tmp_path / str(n), numbered(n)) for n in (1, 2)]
    done = hotline("exercise", "trends", *places, "--output", tmp_path / "out")
    assert done.stdout.startswith("EXERCISE long-day\n")
    assert done.stdout.count("50.0% of 4") == 2
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["EXERCISE-long-day-trends.html", "trends.json"]
    assert hotline_json("exercise", "trends", *places)["groups"][0]["scenario"] == "long-day"


def test_what_is_printed_fits_a_narrow_terminal(tmp_path: Path) -> None:
    """With long times of every precedence: no line is wider than 80 columns, and none is cut."""
    slow = msgspec.structs.replace(
        samples.report().reactions[0], read_scenario=samples.spread(86_399.0)
    )
    reactions = [
        msgspec.structs.replace(slow, precedence=each.name, reply_scenario=slow.read_scenario)
        for each in Precedence
    ]
    places = [
        stored(tmp_path / str(n), msgspec.structs.replace(numbered(n), reactions=reactions))
        for n in (1, 2)
    ]
    lines = hotline("exercise", "trends", *places).stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert sum(line.count("23 h 59 min") for line in lines) == 2 * 2 * len(Precedence)
    assert not any("…" in line for line in lines)


def test_what_is_no_report_is_refused(tmp_path: Path) -> None:
    """With the file's name and the mend."""
    fails("report.none-there", "exercise", "trends", tmp_path, exit_code=Exit.FAILED)
    (tmp_path / "report.json").write_text('{"format": "hotline exercise report 2"}')
    with pytest.raises(ExerciseError) as raised:
        read_report(tmp_path)
    assert raised.value.code == "report.not-readable"
    assert str(tmp_path / "report.json") in raised.value.message


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200) | st.integers(0, 60_000).map(lambda n: b"[" * n))
def test_any_bytes_are_a_report_or_refused(data: bytes) -> None:
    """Whatever they are, however deep: nothing else is raised."""
    try:
        report_of(data, Path("report.json"))
    except HotlineError as error:
        assert error.code == "report.not-readable"


# --- Texts of others --------------------------------------------------------------------------


def test_a_hostile_report_stays_text() -> None:
    """No markup of it stands in the page, none of its invisible characters, none of it is long."""
    page = render(samples.hostile())
    assert "<script" not in page
    assert "<img" not in page
    assert not {"\u202e", "\u2066", "\x1b", "\x00"} & set(page)
    assert "long " * 400 not in page
    assert page.count("</style>") == page.count("</title>\n<style>") == 1


def test_a_page_names_no_other_place() -> None:
    """No address, no script; the policy allows its own style and nothing else."""
    for page in (render(samples.report()), render_trends(compare([numbered(1), numbered(2)]))):
        assert "http:" not in page.replace("http-equiv", "")
        assert "https:" not in page
        assert "url(" not in page
        assert "default-src 'none'; style-src 'sha256-" in page.replace("&#39;", "'")


def test_a_spreadsheet_works_nothing_out() -> None:
    """Text that begins like a formula gets an apostrophe; numbers below zero stay numbers."""
    row = samples.message(1, 5, title="=HYPERLINK(1)", warning_s=-5.0)
    text = tables(msgspec.structs.replace(samples.report(), messages=[row]))["messages"]
    assert "'=HYPERLINK(1)" in text
    assert ",-5.0," in text


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("first-lesson", "EXERCISE-first-lesson"),
        ("../../etc/passwd", "EXERCISE-etc-passwd"),
        ("\u202e", "EXERCISE"),
        ("תרגיל", "EXERCISE-תרגיל"),
        ("x" * 500, f"EXERCISE-{'x' * 60}"),
    ],
)
def test_file_names_come_from_the_exercises_name(name: str, stem: str) -> None:
    """Whatever it is, it names no other directory and nothing invisible."""
    assert stem_of(name) == stem
