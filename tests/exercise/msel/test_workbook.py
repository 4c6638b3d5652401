from __future__ import annotations

import datetime as dt
import io
import tracemalloc
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from hotline.errors import ExerciseError, HotlineError
from hotline.exercise.msel.columns import COLUMNS
from hotline.exercise.msel.exporting import msel_bytes
from hotline.exercise.msel.importing import import_msel
from hotline.exercise.msel.xlsx_file import cell_text, read_xlsx
from hotline.exercise.scenario.reading import scenario_of_bytes, shipped
from tests.exercise.scenario.plan import spoiled


def refused(data: bytes) -> ExerciseError:
    """Return the error with which a workbook is refused."""
    with pytest.raises(ExerciseError) as caught:
        import_msel(data, "plan.xlsx")
    return caught.value


def repacked(data: bytes, part: str, content: bytes) -> bytes:
    """Return a workbook with one of its parts replaced."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            new.writestr(name, content if name == part else old.read(name))
    return out.getvalue()


def test_a_workbook_looks_as_planners_want_it() -> None:
    """Banner on each sheet and each printed page, frozen headings, widths, wrapped text, filter."""
    book = load_workbook(io.BytesIO(msel_bytes(shipped("short-notice"), ".xlsx")))
    assert book.sheetnames == ["MSEL", "Exercise"]
    for sheet in book.worksheets:
        assert str(sheet["A1"].value).startswith("EXERCISE short-notice")
        assert sheet.oddHeader.center.text == "EXERCISE short-notice"
        assert sheet.print_title_rows == "$1:$2"
        assert sheet.freeze_panes == "B3"
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
    sheet = book["MSEL"]
    assert [cell.value for cell in sheet[2]] == [column.heading for column in COLUMNS]
    assert sheet.auto_filter.ref == "A2:Q11"
    assert sheet.column_dimensions["H"].width > 30
    assert sheet["H3"].alignment.wrap_text


def test_no_cell_is_a_formula() -> None:
    """Text that begins as a formula does is a text to the spreadsheet, and read back as it was."""
    text = spoiled("title: A small scenario", 'title: "=1+1"').replace(
        "    from: iaf\n", '    from: iaf\n    title: "=cmd()"\n    outcome: "+1"\n'
    )
    data = msel_bytes(scenario_of_bytes(text.encode(), "plan.yaml"), ".xlsx")
    book = load_workbook(io.BytesIO(data))
    cells = [cell for sheet in book.worksheets for row in sheet.rows for cell in row]
    assert "f" not in {cell.data_type for cell in cells}
    assert {cell.value for cell in cells if cell.quotePrefix} >= {"=1+1", "=cmd()", "+1"}
    assert import_msel(data, "plan.xlsx").scenario.injects[0].title == "=cmd()"


def test_cells_of_a_spreadsheet_are_read_as_what_they_show() -> None:
    """Times, dates and numbers that a spreadsheet made of what somebody typed."""
    assert [
        cell_text(value)
        for value in (
            None, 3.0, 3.5, 7, True, "x", dt.time(0, 5), dt.timedelta(hours=26),
            dt.datetime(2026, 3, 1, 6, 5),  # noqa: DTZ001
            dt.date(2026, 3, 1), dt.timedelta(seconds=-5),
        )
    ] == [
        "", "3", "3.5", "7", "yes", "x", "00:05:00", "26:00:00", "2026-03-01T06:05:00Z",
        "2026-03-01T00:00:00Z", "-00:00:05",
    ]  # fmt: skip


def test_a_workbook_made_by_hand_is_read() -> None:
    """Numbers and times are typed by the spreadsheet; other sheets and a title do no harm."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Injects"
    sheet.append(["Our autumn plan"])
    sheet.append([])
    sheet.append(["No.", "Time", "Recipient", "Event Description", "Completed"])
    sheet.append([1, dt.time(0, 5), "IAF", "Look out", True])
    sheet.append([2, "0:30", "mars", "Look in", None])
    sheet.append([3, "0:40", "hmeimim", "Look up", None])
    book.create_sheet("Phone numbers").append(["Desk", 117])
    out = io.BytesIO()
    book.save(out)
    assert refused(out.getvalue()).message.startswith("plan.xlsx: Injects!C5: 'mars'")
    sheet["C5"] = "hmeimim"
    out = io.BytesIO()
    book.save(out)
    found = import_msel(out.getvalue(), "plan.xlsx")
    assert [(one.id, one.at_s, one.text) for one in found.scenario.injects] == [
        ("1", 300.0, "Look out"),
        ("2", 1800.0, "Look in"),
        ("3", 2400.0, "Look up"),
    ]
    assert any("Our autumn plan" in note for note in found.notes)


def test_a_bomb_is_not_unpacked() -> None:
    """Megabytes of zeros in a few kilobytes are refused by what the zip says, in little memory."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bomb:
        for number in range(8):
            bomb.writestr(f"xl/worksheets/sheet{number}.xml", b"0" * 10_000_000)
    data = out.getvalue()
    assert len(data) < 200_000
    tracemalloc.start()
    try:
        assert refused(data).code == "msel.too-large"
        assert tracemalloc.get_traced_memory()[1] < 8 * 2**20
    finally:
        tracemalloc.stop()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as many:
        for number in range(600):
            many.writestr(f"{number}", b"")
    assert refused(out.getvalue()).code == "msel.too-large"


def test_entities_are_not_followed() -> None:
    """Neither those that grow nor those that read a file of this machine."""
    data = msel_bytes(shipped("first-lesson"), ".xlsx")
    for entity in ('"x"', 'SYSTEM "file:///etc/hostname"'):
        sheet = (
            f"<!DOCTYPE x [<!ENTITY e {entity}>]><worksheet xmlns="
            '"http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">'
            '<c r="A1" t="inlineStr"><is><t>&e;</t></is></c></row></sheetData></worksheet>'
        ).encode()
        assert refused(repacked(data, "xl/worksheets/sheet1.xml", sheet)).code == "msel.not-xlsx"


def test_a_sheet_with_a_cell_far_away_costs_nothing() -> None:
    """A row number of a million makes no million rows."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["A1048576"] = "far"
    sheet["XFD1"] = "wide"
    out = io.BytesIO()
    book.save(out)
    with pytest.raises(ExerciseError) as caught:
        read_xlsx(out.getvalue(), "plan.xlsx")
    assert caught.value.code == "msel.too-many-rows"


@pytest.mark.parametrize("text", ["\ufffe", "a" * 33_000])
def test_what_a_workbook_cannot_hold_is_said_and_csv_holds_it(text: str) -> None:
    """Nothing is lost in silence."""
    plan = scenario_of_bytes(spoiled("from: iaf", "from: iaf").encode(), "plan.yaml")
    import msgspec

    first = msgspec.structs.replace(plan.injects[0], outcome=text)
    plan = msgspec.structs.replace(plan, injects=(first, *plan.injects[1:]))
    with pytest.raises(ExerciseError) as caught:
        msel_bytes(plan, ".xlsx")
    assert caught.value.code == "msel.unwritable-text"
    if len(text) < 4000:
        assert import_msel(msel_bytes(plan, ".csv"), "p.csv").scenario.injects[0].outcome == text


def test_a_text_that_looks_like_an_escape_is_read_back() -> None:
    """Spreadsheets take _x0041_ for a letter."""
    for title in ("An _x0041_ in it", "_x005F_x0041_", "x005F_"):
        text = spoiled("title: A small scenario", f"title: {title}")
        data = msel_bytes(scenario_of_bytes(text.encode(), "plan.yaml"), ".xlsx")
        assert import_msel(data, "plan.xlsx").scenario.title == title


def test_other_files_are_refused() -> None:
    """By their name, or by what is in them."""
    assert refused(b"PK\x03\x04 no zip").code == "msel.not-xlsx"
    with pytest.raises(ExerciseError) as caught:
        import_msel(b"", "plan.ods")
    assert caught.value.code == "msel.unknown-format"


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_bent_workbook_is_imported_or_refused(data: st.DataObject) -> None:
    """The fuzzing contract: any part of a workbook may be cut, doubled or overwritten."""
    whole = msel_bytes(shipped("first-lesson"), ".xlsx")
    with zipfile.ZipFile(io.BytesIO(whole)) as zipped:
        name = data.draw(st.sampled_from(zipped.namelist()))
        content = zipped.read(name)
    at = data.draw(st.integers(0, len(content)))
    put = data.draw(st.binary(max_size=4) | st.sampled_from([b"<x>", b"&e;", b"1e999", b"-1"]))
    over = data.draw(st.integers(0, 40))
    bent = repacked(whole, name, content[:at] + put + content[at + over :])
    try:
        import_msel(bent, "fuzz.xlsx")
    except HotlineError as error:
        assert error.code.startswith(("msel.", "scenario."))
