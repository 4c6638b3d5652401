from __future__ import annotations

import pytest

from hotline.exercise.msel.importing import Imported, import_msel
from hotline.exercise.msel.times import relative_s
from hotline.exercise.scenario.reading import ScenarioRefused
from hotline.exercise.scenario.shape import Act


def imported(text: str, name: str = "Autumn Plan.csv") -> Imported:
    """Return what becomes of a list that somebody made by hand."""
    return import_msel(text.encode(), name)


def mistakes(text: str) -> list[tuple[str, str]]:
    """Return code and place of everything that is wrong with a list."""
    with pytest.raises(ScenarioRefused) as caught:
        imported(text)
    return [
        (one.code, one.field.removeprefix("Autumn Plan.csv: ")) for one in caught.value.problems
    ]


USUAL = """\
Event #,Time,From,To,Method,Event Description,Expected Player Action,Status
1,00:00,EXCON,,,STARTEX,,done
2,0:10,EXCON,IAF,Phone,A balloon drifts east,Warns the other side,done
3,T+0:25:30,HMEIMIM,IAF,E-mail,Asks about the patrol,,
,1:00,,,,ENDEX,,
"""


def test_a_list_with_the_usual_columns_is_read() -> None:
    """Headings of many kinds, names in capitals, rows that only say STARTEX and ENDEX."""
    found = imported(USUAL)
    scenario = found.scenario
    assert (scenario.name, scenario.centres, scenario.duration_s) == (
        "autumn-plan",
        ("iaf", "hmeimim"),
        3600.0,
    )
    assert [(one.id, one.at_s, one.act, one.recipient) for one in scenario.injects] == [
        ("2", 600.0, Act.TELL, "iaf"),
        ("3", 1530.0, Act.TELL, "iaf"),
    ]
    assert scenario.injects[0].text == "A balloon drifts east"
    assert scenario.injects[0].outcome == "Warns the other side"


def test_what_was_filled_in_or_left_out_is_said() -> None:
    """Nobody has to guess what the program made of a list."""
    said = "\n".join(imported(USUAL).notes)
    for part in ("'Status' is of a past run", "STARTEX", "ENDEX", "centres", "title", "objective"):
        assert part in said


@pytest.mark.parametrize(
    "heading", ["Delivered at", "Verdict", "Status", "Actual time", "Result", "Observed"]
)
def test_what_a_past_run_left_is_never_taken_over(heading: str) -> None:
    """Times of delivery and verdicts are of the run that they come from."""
    text = f"No,Time,To,Description,{heading}\n1,0:05,iaf,Look out,2026-03-01T06:05:11Z\n"
    found = imported(text)
    assert f"the column '{heading}' is of a past run and is not taken over" in found.notes
    assert "06:05" not in found.scenario.source


def test_absolute_times_count_from_startex() -> None:
    """From the start that is said, else from the first of them, which is said."""
    rows = (
        "No,Time (UTC),To,Description\n"
        "1,2026-03-01T06:10:00Z,iaf,a\n"
        "2,2026-03-01 08:20:00+02:00,iaf,b\n"
    )
    found = imported(rows)
    assert [one.at_s for one in found.scenario.injects] == [0.0, 600.0]
    assert found.scenario.starts == 1_772_345_400_000_000
    assert any("STARTEX" in note for note in found.notes)
    found = imported(f"starts,2026-03-01T06:00:00Z\n{rows}")
    assert [one.at_s for one in found.scenario.injects] == [600.0, 1200.0]


@pytest.mark.parametrize(
    ("row", "mistake"),
    [
        ("1,soon,,iaf,tell,a,", ("msel.bad-time", "row 2, column 2")),
        ("1,,,iaf,tell,a,", ("msel.bad-time", "row 2, column 2")),
        ("1,0:05,,mars,tell,a,", ("msel.unknown-centre", "row 2, column 4")),
        ("1,0:05,iaf,,notice,a,", ("msel.no-message", "row 2, column 7")),
        ("1,0:05,iaf,,notice,a,{", ("msel.not-json", "row 2, column 7")),
        ('1,0:05,iaf,,notice,a,"{""kind"": ""notice""}"',
         ("scenario.bad-message", "row 2, column 7")),
        ("1,0:05,,,tell,a,", ("msel.no-recipient", "row 2, column 4")),
        ("1,0:05,,iaf,tell,,", ("msel.nothing-to-do", "row 2")),
        ("1,25:05,,iaf,tell,a,", ("scenario.bad-time", "row 2, column 2")),
        ("1,0:05,,iaf,tell,a,\n1,0:06,,iaf,tell,a,", ("scenario.repeated-id", "row 3, column 1")),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_by_row_and_column(row: str, mistake: tuple[str, str]) -> None:
    """As a spreadsheet counts them."""
    heading = "No,Time,Originator,Recipient,Inject type,Description,Message\n"
    assert mistake in mistakes(heading + row + "\n")


def test_expectations_that_are_none_are_named() -> None:
    """One a line, in the form that is exported."""
    text = "No,Time,To,Description,Expectations\n1,0:05,iaf,a,somebody wakes up\n"
    assert mistakes(text) == [("scenario.wrong-type", "row 2, column 5")]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("T+00:05:00", 300.0),
        ("T + 0:05", 300.0),
        ("H+1:30:00", 5400.0),
        ("STARTEX+0:01", 60.0),
        ("+00:00:30", 30.0),
        ("1:00:00:00", 86400.0),
        ("00:00:01.250", 1.25),
        ("5 min", 300.0),
        ("0:75", None),
        ("-0:05", None),
        ("noon", None),
        ("", None),
    ],
)
def test_times_are_read_as_planners_write_them(text: str, seconds: float | None) -> None:
    """Two parts are hours and minutes."""
    assert relative_s(text) == seconds


OBJECTIVES = """\
objective,Answer at once
objective,Keep the picture up to date
No,Time,From,To,Type,Message,Expectations,Objective No.
1,0:05,iaf,,advisory,"{""kind"": ""advisory"", ""text"": ""x""}",receipt: {within: 5 s},"1, 2"
2,0:06,iaf,,advisory,"{""kind"": ""advisory"", ""text"": ""x""}",receipt: {within: 5 s},calm
3,0:07,,iaf,tell,Look out,,2
"""


def test_numbers_of_objectives_are_taken_and_what_else_stands_there_is_said() -> None:
    """Words are no numbers, and what nothing is expected of shows no objective."""
    found = imported(OBJECTIVES)
    assert [one.objectives for one in found.scenario.injects] == [(1, 2), (), ()]
    assert [note for note in found.notes if "objectives" in note] == [
        "row 5, column 8: objectives are not taken over: they are not numbers",
        "row 6, column 8: objectives are not taken over: nothing is expected that shows them",
    ]
    found = imported(OBJECTIVES.partition("\n")[2].partition("\n")[2])
    assert not any(one.objectives for one in found.scenario.injects)
    assert any("numbers objectives and does not say them" in note for note in found.notes)
    assert ("scenario.unknown-objective", "row 4, column 8") in mistakes(
        OBJECTIVES.replace('"1, 2"', "1 and 3")
    )
