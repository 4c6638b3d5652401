from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.errors import ExerciseError, HotlineError
from hotline.exercise.msel.columns import COLUMNS
from hotline.exercise.msel.csv_file import csv_bytes, defused, read_csv, restored
from hotline.exercise.msel.exporting import msel_bytes
from hotline.exercise.msel.importing import import_msel
from hotline.exercise.msel.sheets import MAX_BYTES, MAX_ROWS
from hotline.exercise.scenario.reading import scenario_of_bytes, shipped
from tests.exercise.scenario.plan import spoiled


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "'=1", "''", "＝1"])  # noqa: RUF001
def test_what_a_spreadsheet_would_execute_is_written_as_text(text: str) -> None:
    """An apostrophe stands before it, and is gone when it is read back."""
    assert defused(text) == f"'{text}"
    assert restored(defused(text)) == text


@given(st.text(max_size=20))
def test_every_text_is_read_back_as_it_was(text: str) -> None:
    """Whatever it begins with; and nothing that is written begins as a formula does."""
    assert restored(defused(text)) == text
    assert not defused(text).startswith(("=", "+", "-", "@", "\t", "\r"))


def test_no_cell_of_a_hostile_scenario_is_a_formula() -> None:
    """Titles, texts and descriptions that begin as formulas do reach no spreadsheet as such."""
    formula = '=HYPERLINK(\\"http://x\\")'
    text = spoiled("title: A small scenario", f'title: "{formula}"').replace(
        "    from: iaf\n", f'    from: iaf\n    title: "{formula}"\n    outcome: "@x"\n'
    )
    scenario = scenario_of_bytes(text.encode(), "plan.yaml")
    data = msel_bytes(scenario, ".csv")
    cells = [cell for row in csv.reader(io.StringIO(data.decode("utf-8-sig"))) for cell in row]
    assert sum(cell.startswith("'=HYPERLINK") for cell in cells) == 2 + 1
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
    again = import_msel(data, "plan.csv").scenario
    assert again.title == '=HYPERLINK("http://x")'
    assert again.injects[0].outcome == "@x"


def test_planners_find_the_columns_that_they_know() -> None:
    """In UTF-8 with a mark, the exercise's name first, times relative and absolute."""
    data = msel_bytes(shipped("end-of-watch"), ".csv")
    assert data.startswith(b"\xef\xbb\xbfEXERCISE end-of-watch,")
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))
    heading = next(n for n, row in enumerate(rows) if row and row[0] == "MSEL No.")
    assert rows[heading] == [column.heading for column in COLUMNS]
    first, second, third = (
        dict(zip(rows[heading], row, strict=True)) for row in rows[heading + 1 :][:3]
    )
    assert (first["Time"], first["Time (UTC)"]) == ("T+00:01:00", "2026-03-01T13:31:00Z")
    assert (second["Inject type"], second["Message"]) == ("relieve", "sim. Belova")
    assert third["Time"] == "'+00:00:20 after 2"
    assert third["Time (UTC)"] == "2026-03-01T13:38:20Z"
    assert third["Expectations"].split("\n") == [
        "receipt: {within: 5 s}",
        "reply: {one-of: [accept, stand-by], within: 5 min}",
    ]


@pytest.mark.parametrize("delimiter", [";", "\t", ","])
def test_the_delimiter_of_other_countries_is_found(delimiter: str) -> None:
    """Spreadsheets divide by semicolon where the comma is a decimal sign."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter)
    plain = csv.reader(io.StringIO(msel_bytes(shipped("first-lesson"), ".csv").decode("utf-8-sig")))
    writer.writerows(list(plain))
    found = import_msel(out.getvalue().encode(), "plan.csv").scenario
    assert found.injects[0].title == shipped("first-lesson").injects[0].title


def test_size_and_rows_are_bounded() -> None:
    """Neither a file of megabytes nor one of a million rows is read."""
    for data, code in (
        (b"a" * (MAX_BYTES + 1), "msel.too-large"),
        (b"a,b\n" * (MAX_ROWS + 1), "msel.too-many-rows"),
        (b"a," * 200, "msel.too-many-rows"),
        (b"\xff\xfe", "msel.not-csv"),
        (b"a,b\n1,2\n", "msel.no-header"),
        (b"", "msel.no-header"),
    ):
        with pytest.raises(ExerciseError) as caught:
            import_msel(data, "plan.csv")
        assert caught.value.code == code


def test_rows_without_anything_are_left_out() -> None:
    """The others keep their numbers, by which errors name them."""
    sheet = read_csv(csv_bytes([["a"], ["", " "], ["b"]]), "plan.csv")
    assert [(row.number, row.cells[0]) for row in sheet.rows] == [(1, "a"), (3, "b")]


_HEADING = b"MSEL No.,Time,Originator,Recipient,Inject type,Description,Message,Expectations\n"


@settings(max_examples=120, deadline=None)
@given(
    st.binary(max_size=80)
    | st.text("1,:;T+\"'\n {}[]iafsendtellnotice", max_size=80).map(
        lambda text: _HEADING + text.encode()
    )
)
def test_any_bytes_are_imported_or_refused(data: bytes) -> None:
    """The fuzzing contract: a scenario, or a HotlineError, never anything else."""
    try:
        import_msel(data, "fuzz.csv")
    except HotlineError as error:
        assert error.code.startswith(("msel.", "scenario."))
