"""What the commands about exercises print and write says EXERCISE and the name, or why it has none.

A command that is new is in neither table, and the first test fails.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from hotline.cli.exits import Exit
from hotline.exercise.msel.xlsx_file import read_xlsx
from hotline.model.letter import read_letter
from tests.cli.command import hotline
from tests.separation.test_marks import commands
from tests.separation.worlds import NAME, World

SAID = {
    "exercise list": "EXERCISE ",
    "exercise show first-lesson": "EXERCISE first-lesson\n",
    "exercise show first-lesson --full": "EXERCISE first-lesson\n",
    "exercise check first-lesson": "EXERCISE first-lesson can be played",
    "exercise letter first-lesson": 'exercise = "first-lesson"',
    "exercise msel export first-lesson {new}.csv": "EXERCISE first-lesson",
    "exercise msel export first-lesson {new}.xlsx": "EXERCISE first-lesson",
    "exercise msel import {sheet}": "name: first-lesson\n",
    "exercise msel import {sheet} --output {new}.yaml": "EXERCISE first-lesson",
    "exercise traffic --exercise first-lesson": '{"traffic":"EXERCISE first-lesson",',
    "exercise traffic --exercise first-lesson -o {new}": "EXERCISE first-lesson",
}
"""Command lines with what they say; what is in braces is filled in."""

ELSEWHERE = {
    "exercise schema": "the form of all scenarios, of no exercise",
    "exercise proxy": "sees only TLS, and does not know of what",
    "exercise run": "tests/cli/test_exercise_run.py",
    "exercise board": "tests/cli/test_exercise_looking.py",
    "exercise tasks": "tests/cli/test_exercise_looking.py",
    "exercise pause": "tells a director, whose board and record say it",
    "exercise resume": "the same",
    "exercise inject": "the same",
    "exercise skip": "the same",
    "exercise end": "the same",
    "exercise real-world": "the same",
    "exercise comment": "the same",
    "exercise report": "tests/exercise/report",
    "exercise trends": "tests/exercise/report",
}
"""Commands that are looked at elsewhere, or have no exercise to name."""


def test_no_command_is_forgotten() -> None:
    """Each is in one of the two tables."""
    names = [one for one in commands() if one.startswith("exercise ")]
    assert [one for one in names if one not in ELSEWHERE and not said(one)] == []
    assert [one for one in ELSEWHERE if one not in names] == []


def said(name: str) -> list[str]:
    """Return the command lines of a command."""
    return [line for line in SAID if f"{line} ".startswith(f"{name} ")]


@pytest.mark.parametrize("line", SAID)
def test_what_it_prints_says_so(tmp_path: Path, line: str) -> None:
    """On stdout where that is for people or data, else in the note about what was written."""
    sheet = tmp_path / "sheet.csv"
    hotline("exercise", "msel", "export", "first-lesson", sheet)
    words = [word.format(new=tmp_path / "new", sheet=sheet) for word in line.split()]
    result = hotline(*words)
    assert SAID[line] in (result.stdout or result.stderr)


def test_a_sheet_says_it_at_its_head(tmp_path: Path) -> None:
    """Printed or mailed, it is first of all an exercise's; of a workbook each sheet is."""
    paths = tmp_path / "plan.csv", tmp_path / "plan.xlsx"
    for path in paths:
        hotline("exercise", "msel", "export", "first-lesson", path)
    with paths[0].open(encoding="utf-8-sig", newline="") as file:
        assert next(csv.reader(file))[0] == "EXERCISE first-lesson"
    for sheet in read_xlsx(paths[1].read_bytes(), "plan.xlsx"):
        assert sheet.rows[0].cells[0].split()[:2] == ["EXERCISE", "first-lesson"], sheet.name


def test_a_letter_of_an_exercise_marks_all_that_is_sent_under_it() -> None:
    """What a pair is made with has the name that every mark is made of."""
    letter = read_letter(hotline("exercise", "letter", "first-lesson").stdout.encode())
    assert letter.banner == "EXERCISE first-lesson"


@pytest.mark.pair
def test_mock_messages_are_refused_where_they_do_not_belong(
    exercise: World, actual: World, tmp_path: Path
) -> None:
    """By an actual node, and by one of another exercise; its own takes them, and says whose."""
    for name in (NAME, "Merlin"):
        hotline("exercise", "traffic", "--exercise", name, "--output", tmp_path / name)
    (own, other) = (min((tmp_path / name).glob("*-notice.json")) for name in (NAME, "Merlin"))
    for words in (("send",), ("send", "--check")):
        for path in (own, other):
            actual.pair.iaf.fails("node.other-status", *words, path, exit_code=Exit.NOT_ALLOWED)
        exercise.pair.iaf.fails("node.other-exercise", *words, other, exit_code=Exit.NOT_ALLOWED)
    shown = exercise.pair.iaf.hotline("send", "--check", own).stdout
    assert shown.startswith(f"EXERCISE {NAME}\n")
    document = json.loads(own.read_text("utf-8"))
    assert document["remarks"].partition(" ")[0] in ("Exercise.", "Учение.", "תרגיל.")


@pytest.mark.pair
def test_mock_messages_that_are_sent_are_marked(exercise: World) -> None:
    """The list of what was sent begins with the mark, as all that the node says."""
    words = ("--send", "--duration", "20 s", "--rate", "900", "--factor", "60", "--officer", "mock")
    shown = exercise.pair.iaf.hotline("exercise", "traffic", *words).stdout.splitlines()
    assert shown[0] == f"EXERCISE {NAME}"
    assert len(shown) > 1
