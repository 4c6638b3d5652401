from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from rich.cells import cell_len

from hotline.cli.exits import Exit
from hotline.exercise.msel.exporting import msel_bytes
from hotline.exercise.scenario.reading import read_scenario, shipped, shipped_names
from tests.cli.command import fails, hotline
from tests.exercise.scenario.plan import PLAN
from tests.exercise.scenario.strategies import bare


def test_list_names_what_is_shipped() -> None:
    """One line each; as JSON with what it trains."""
    out = hotline("exercise", "list").stdout
    rows = out.partition("\n\n")[0].splitlines()[1:]
    assert [line.split()[0] for line in rows] == list(shipped_names())
    assert [line.split()[0] for line in rows if "+ " in line] == ["flood", "routine-day"]
    assert "\n+ and mock traffic" in out
    found = json.loads(hotline("exercise", "list", "--json").stdout)
    assert [one["name"] for one in found] == list(shipped_names())
    assert all(one["objectives"] and one["expectations"] for one in found)


def test_show_says_what_happens_and_what_is_expected(tmp_path: Path) -> None:
    """The exercise's name first; a file is shown as a shipped one is."""
    out = hotline("exercise", "show", "short-notice").stdout
    assert out.startswith("EXERCISE short-notice\n")
    assert "T+00:04:00" in out
    assert "hmeimim acknowledges airspace.conflict about IAF-0917 within 4 min" in out
    full = hotline("exercise", "show", "short-notice", "--full").stdout
    assert "Who read the map, and who read the words?" in full
    assert "objective 1, 2" in full
    assert "can be played up to 12 times as fast" in out
    path = tmp_path / "plan.yaml"
    path.write_text(PLAN)
    found = json.loads(hotline("exercise", "show", path, "--json").stdout)
    assert found["injects"][1]["after"] == {"inject": "1", "by": "1 min"}


@pytest.mark.parametrize("name", ["", *shipped_names()])
def test_nothing_is_cut_on_a_terminal_of_eighty_columns(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """What does not fit goes on below itself: titles, injects, expectations, in every scenario."""
    words = ["exercise", *(["show", name] if name else ["list"])]
    whole, narrow = hotline(*words).stdout, 80
    monkeypatch.setattr("hotline.cli.output.WIDE", narrow)
    begins = "\nNO " if name else "EXERCISE "
    wanted, shown = (text[text.index(begins) :] for text in (whole, hotline(*words).stdout))
    assert max(cell_len(line) for line in shown.splitlines()) <= narrow
    assert all(line == line.rstrip() for line in shown.splitlines())
    assert Counter(shown.split()) == Counter(wanted.split())


def test_show_says_how_to_play_it_and_what_its_messages_say(tmp_path: Path) -> None:
    """The command as it can be typed, and the very words that are sent."""
    path = tmp_path / "my plan.yaml"
    path.write_text(PLAN.replace("title: Patrol", "title: Patrol\n      remarks: Exercise small."))
    out = hotline("exercise", "show", path, "--full").stdout
    assert f"play it  hotline exercise run '{path}'\n" in out
    assert "can be played up to 60 times as fast" in out
    assert "    says      Exercise small.\n" in out
    assert out.startswith("EXERCISE small\n")
    assert "\n\n2  +00:01:00 after 1  " in out


def test_check_passes_or_lists_every_mistake(tmp_path: Path) -> None:
    """Errors are lines with their place and their mend, and nothing else."""
    path = tmp_path / "plan.yaml"
    path.write_text(PLAN)
    assert "EXERCISE small can be played" in hotline("exercise", "check", path).stdout
    found = json.loads(hotline("exercise", "check", path, "--json").stdout)
    assert (found["injects"], found["expectations"], found["duration_s"]) == (3, 3, 600.0)
    path.write_text(PLAN.replace("within: 5 s", "witin: 5 s").replace("at: 10 s", "at: 10"))
    said = hotline("exercise", "check", path, exit_code=1).stderr.splitlines()
    assert said == [
        f"hotline: error: {path}:8:9: '10' is not a duration [scenario.bad-time]",
        "hotline: hint: a number has to say its unit: 10 s, or 10 min",
        f"hotline: error: {path}:22:19: the key 'witin' is not known [scenario.unknown-key]",
        'hotline: hint: did you mean "within"?',
    ]


def test_check_names_the_scenario_that_lies_in_a_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as an exercise's; with a slash in its name or without, and whatever else lies there."""
    (tmp_path / "played").mkdir()
    monkeypatch.chdir(tmp_path)
    for given in ("played", tmp_path / "played", "played/"):
        said = fails("scenario.unreadable", "exercise", "check", given, exit_code=Exit.FAILED)
        assert "played is a directory, not a scenario's file" in said
    (tmp_path / "played" / "scenario.yaml").write_text(PLAN)
    for given in ("played", tmp_path / "played"):
        said = fails("scenario.unreadable", "exercise", "check", given, exit_code=Exit.FAILED)
        assert f"name the file in it: {Path(given) / 'scenario.yaml'}" in said
    hotline("exercise", "check", "played/scenario.yaml")
    (tmp_path / "flood").mkdir()
    hotline("exercise", "check", "flood")  # shipped ones go by their names


def test_check_lists_all_of_many_mistakes_in_the_order_of_the_file(tmp_path: Path) -> None:
    """However many there are, for people and for programs."""
    path = tmp_path / "plan.yaml"
    wrong = "".join(f'  - {{id: "x{n}", at: {n}, to: iaf, tell: Look out}}\n' for n in range(40))
    path.write_text(PLAN + wrong)
    result = hotline("exercise", "check", path, exit_code=1)
    errors = [line for line in result.stderr.splitlines() if line.startswith("hotline: error: ")]
    places = [line.removeprefix(f"hotline: error: {path}:").split(":")[0] for line in errors]
    assert places == [str(33 + n) for n in range(40)]
    assert result.stderr.count("hotline: hint: a number has to say its unit") == 40
    result = hotline("exercise", "check", path, "--json", exit_code=1)
    found = json.loads(result.stdout)
    assert (found["file"], found["ok"]) == (str(path), False)
    assert [one["line"] for one in found["problems"]] == [33 + n for n in range(40)]
    assert found["problems"][3] == {
        "code": "scenario.bad-time",
        "line": 36,
        "column": 20,
        "text": "'3' is not a duration",
        "hint": "a number has to say its unit: 3 s, or 3 min",
    }
    assert all(line.startswith("hotline: ") for line in result.stderr.splitlines())


@pytest.mark.parametrize(
    ("text", "code", "line", "said"),
    [
        ("name: x\n- y: [\n", "scenario.not-yaml", 2, "this is not YAML"),
        ("name: x\nname: y\n", "scenario.repeated-key", 2, "the key 'name' stands twice"),
        (None, "scenario.unreadable", None, "plan.yaml cannot be read"),
    ],
)
def test_check_says_to_programs_what_is_no_scenario_at_all(
    tmp_path: Path, text: str | None, code: str, line: int | None, said: str
) -> None:
    """A file that cannot be read is a problem like another one, with its line if it has one."""
    path = tmp_path / "plan.yaml"
    if text is not None:
        path.write_text(text)
    result = hotline("exercise", "check", path, "--json", exit_code=1)
    (problem,) = json.loads(result.stdout)["problems"]
    assert (problem["code"], problem["line"]) == (code, line)
    assert said in problem["text"]
    assert problem["hint"]


def test_check_takes_the_name_of_a_shipped_scenario() -> None:
    """As all other commands do."""
    assert "can be played" in hotline("exercise", "check", "first-lesson").stdout
    said = fails("scenario.not-shipped", "exercise", "check", "first-lessen", exit_code=1)
    assert 'did you mean "first-lesson"?' in said


def test_letter_prints_the_very_letter_that_is_played_under() -> None:
    """The bytes that a pair of its own is given; of one centre where each has its own."""
    assert hotline("exercise", "letter", "first-lesson").stdout == shipped("first-lesson").letter
    mismatch = shipped("letter-mismatch")
    for centre, text in (("iaf", mismatch.letter), ("hmeimim", mismatch.letters["hmeimim"])):
        words = ("exercise", "letter", "letter-mismatch", "--centre", centre)
        assert hotline(*words).stdout == text


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("letter", "letter-mismatch"), "exercise.letters-of-their-own"),
        (("letter", "first-lesson", "--centre", "nobody"), "exercise.unknown-centre"),
        (("check", "nothere.yaml"), "scenario.unreadable"),
        (("show", "nothere"), "scenario.not-shipped"),
        (("show", "."), "scenario.unreadable"),
        (("msel", "export", "first-lesson", "plan.ods"), "msel.unknown-format"),
        (("msel", "import", "nothere.csv"), "msel.unreadable"),
        (("msel", "import", "."), "msel.unreadable"),
    ],
)
def test_what_is_wrongly_named_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], code: str
) -> None:
    """A file that is not there, a name that is none, a format that is none."""
    monkeypatch.chdir(tmp_path)
    fails(code, "exercise", *words, exit_code=1)
    assert not list(tmp_path.iterdir())


def test_schema_is_printed_for_editors() -> None:
    """As it is, to be led into a file."""
    Draft202012Validator.check_schema(json.loads(hotline("exercise", "schema").stdout))


def test_a_scenario_goes_to_a_sheet_and_back(tmp_path: Path) -> None:
    """Files are never overwritten unless that is asked for."""
    for suffix in (".csv", ".xlsx"):
        sheet, plan = tmp_path / f"plan{suffix}", tmp_path / f"plan{suffix}.yaml"
        hotline("exercise", "msel", "export", "search-and-rescue", sheet)
        hotline("exercise", "msel", "import", sheet, "--output", plan)
        assert bare(read_scenario(plan)) == bare(shipped("search-and-rescue"))
        for words in (("export", "first-lesson", sheet), ("import", sheet, "--output", plan)):
            result = hotline("exercise", "msel", *words, exit_code=2)
            assert "hotline: error: " in result.stderr
        hotline("exercise", "msel", "export", "first-lesson", sheet, "--force")
        printed = hotline("exercise", "msel", "import", sheet).stdout
        assert printed.startswith("name: first-lesson\n")


def test_what_an_import_fills_in_is_said(tmp_path: Path) -> None:
    """On stderr, so that stdout stays the scenario."""
    path = tmp_path / "plan.csv"
    path.write_text("No,Time,To,Description,Verdict\n1,0:05,iaf,Look out,pass\n")
    result = hotline("exercise", "msel", "import", path)
    assert "is of a past run and is not taken over" in result.stderr
    assert "verdict" not in result.stdout


def test_what_a_user_reads_of_a_sheet_names_its_cell(tmp_path: Path) -> None:
    """Sheet, column and row of a workbook."""
    data = msel_bytes(shipped("first-lesson"), ".csv").replace(b"T+00:00:05", b"at noon")
    path = tmp_path / "plan.csv"
    path.write_bytes(data)
    said = fails("msel.bad-time", "exercise", "msel", "import", path, exit_code=1)
    assert "row 16, column 2" in said
