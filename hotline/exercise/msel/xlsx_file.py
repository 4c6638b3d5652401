"""A MSEL as a workbook: read with bounds, and written so that it can be printed and hung up.

A workbook is a zip of XML. What it unpacks to is looked at before anything is unpacked; defusedxml
keeps openpyxl from entities; formulas are never asked for, and texts never written as such.
"""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from hotline.errors import ExerciseError
from hotline.exercise.msel.columns import COLUMNS
from hotline.exercise.msel.sheets import (
    MAX_COLUMNS,
    MAX_ROWS,
    Row,
    Sheet,
    check_size,
    letters_of,
    too_many_rows,
)
from hotline.model.times import format_time, parse_time

MSEL: Final = "MSEL"
EXERCISE: Final = "Exercise"
"""Names of the sheets that are written."""
MAX_CELL: Final = 32_767
"""Characters of a cell, as spreadsheets have it."""
_MAX_UNPACKED: Final = 64 * 1024 * 1024
_MAX_PARTS: Final = 500
_MAX_SHEETS: Final = 10
_MAX_ROW_LOOKED_AT: Final = 4 * MAX_ROWS
"""Programs that format whole columns leave empty rows below."""
_UNWRITABLE = re.compile("[\ufffe\uffff]")
"""What XML cannot hold."""
_LIKE_ESCAPE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_ESCAPED = re.compile("_x005F_(?=x[0-9A-Fa-f]{4}_)")
"""Spreadsheets take ``_x0041_`` for a letter, unless its first sign is written as ``_x005F_``."""

_BANNER, _DARK, _PALE, _LINE = "9C1C1C", "1F3A4D", "EAF0F4", "B8C4CC"
_HEADING_ROW: Final = 2


def xlsx_bytes(
    banner: str, title: str, injects: Sequence[Sequence[str]], about: Sequence[Sequence[str]]
) -> bytes:
    """Return a workbook with the MSEL and what is about the whole, each row a sequence of texts.

    ``injects`` begins with the headings. Raises ExerciseError ``msel.unwritable-text`` for text
    that a workbook cannot hold.
    """
    from openpyxl import Workbook

    book = Workbook()
    sheet: Any = book.active
    sheet.title = MSEL
    _fill(sheet, banner, title, injects, [column.width for column in COLUMNS])
    sheet.auto_filter.ref = (
        f"A{_HEADING_ROW}:{letters_of(len(COLUMNS) - 1)}{_HEADING_ROW + len(injects) - 1}"
    )
    _fill(book.create_sheet(EXERCISE), banner, title, [("Key", "Value"), *about], [16, 110])
    book.properties.title = banner
    book.properties.creator = "hotline"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _fill(
    sheet: Any, banner: str, title: str, rows: Sequence[Sequence[str]], widths: Sequence[int]
) -> None:
    """Write rows below the banner, and say how they look."""
    from openpyxl.styles import Alignment, Border, Font, PatternFill, Side

    for column in range(1, len(widths) + 1):
        cell = sheet.cell(1, column)
        cell.font = Font(bold=True, size=14, color="FFFFFF")
        cell.fill = PatternFill("solid", fgColor=_BANNER)
        cell.alignment = Alignment(vertical="center")
    sheet.cell(1, 1).value = f"{banner}   {written(title)}"
    sheet.row_dimensions[1].height = 26
    line = Side(style="thin", color=_LINE)
    for number, row in enumerate(rows, _HEADING_ROW):
        for column, text in enumerate(row, 1):
            cell = sheet.cell(number, column)
            if text:
                cell.value = written(text)
                cell.data_type = "s"  # a text, whatever it begins with
                cell.quotePrefix = text.startswith(("=", "+", "-", "@"))
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            cell.border = Border(bottom=line)
            if number == _HEADING_ROW:
                cell.font = Font(bold=True, color="FFFFFF")
                cell.fill = PatternFill("solid", fgColor=_DARK)
            elif number % 2:
                cell.fill = PatternFill("solid", fgColor=_PALE)
    for column, width in enumerate(widths):
        sheet.column_dimensions[letters_of(column)].width = width
    sheet.freeze_panes = f"B{_HEADING_ROW + 1}"
    sheet.sheet_view.zoomScale = 90
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 8  # A3
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = f"1:{_HEADING_ROW}"
    sheet.oddHeader.center.text = banner.replace("&", "&&")
    sheet.oddFooter.center.text = banner.replace("&", "&&")
    sheet.oddFooter.right.text = "&P / &N"


def written(text: str) -> str:
    """Return a text as it stands in a workbook. Raises ExerciseError ``msel.unwritable-text``."""
    unwritable = _UNWRITABLE.search(text)
    if len(text) > MAX_CELL or unwritable is not None:
        what = f"it has more than {MAX_CELL} characters"
        if unwritable is not None:
            what = f"it contains {unwritable[0]!a}"
        raise ExerciseError(
            "msel.unwritable-text",
            f"the text {text[:40]!a} cannot stand in a cell of a workbook: {what}",
            "export to a .csv file, which holds it",
        )
    return _LIKE_ESCAPE.sub("_x005F_", text)


def read_xlsx(data: bytes, name: str) -> list[Sheet]:
    """Return the sheets of a workbook that hold anything.

    Raises:
        ExerciseError: ``msel.too-large``, ``msel.not-xlsx`` or ``msel.too-many-rows``.

    """
    check_size(data, name)
    _look_inside(data, name)
    from openpyxl import load_workbook
    from openpyxl.xml import DEFUSEDXML

    assert DEFUSEDXML  # noqa: S101 - it is a dependency; openpyxl takes it where it is
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what other programs put into a workbook
            book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
            try:
                sheets = book.worksheets[:_MAX_SHEETS]
                return [_sheet(sheet, name) for sheet in sheets if sheet.sheet_state == "visible"]
            finally:
                book.close()
    except ExerciseError:
        raise
    except (MemoryError, KeyboardInterrupt):
        raise
    except Exception as error:
        # A broken workbook makes openpyxl stumble in any way there is.
        raise _not_xlsx(name, f"{type(error).__name__}: {error}") from None


def _look_inside(data: bytes, name: str) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as zipped:
            parts = zipped.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, EOFError, NotImplementedError) as error:
        raise _not_xlsx(name, str(error)) from None
    if len(parts) > _MAX_PARTS or sum(part.file_size for part in parts) > _MAX_UNPACKED:
        raise ExerciseError(
            "msel.too-large",
            f"{name}: the workbook unpacks to more than {_MAX_UNPACKED} bytes, or to more than "
            f"{_MAX_PARTS} parts",
            "check that this is a MSEL; take pictures and other sheets out of it",
        )


def _not_xlsx(name: str, said: str) -> ExerciseError:
    detail = " ".join(said.split())[:160]
    return ExerciseError(
        "msel.not-xlsx",
        f"{name}: this is no workbook that can be read: {detail}",
        "save it again as .xlsx, or as CSV in UTF-8",
    )


def _sheet(sheet: Any, name: str) -> Sheet:
    if (sheet.max_row or 0) > _MAX_ROW_LOOKED_AT:
        raise too_many_rows(name)
    rows = []
    # A row may say any number of itself, and would be waited for.
    found = sheet.iter_rows(max_row=_MAX_ROW_LOOKED_AT, max_col=MAX_COLUMNS + 1, values_only=True)
    for number, values in enumerate(found, 1):
        cells = tuple(cell_text(value) for value in values)
        if not any(cell.strip() for cell in cells):
            continue
        if number > MAX_ROWS or (len(cells) > MAX_COLUMNS and cells[MAX_COLUMNS].strip()):
            raise too_many_rows(name)
        rows.append(Row(number, cells[:MAX_COLUMNS]))
    return Sheet(sheet.title, tuple(rows))


def cell_text(value: object) -> str:
    """Return a cell's value as text: times as ``hh:mm:ss``, moments in UTC, 3.0 as ``3``."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case float() if value.is_integer():
            return str(int(value))
        case datetime():
            shown = value.replace(microsecond=0, tzinfo=None).isoformat() + "Z"
            return format_time(parse_time(shown))
        case date():
            return f"{value.isoformat()}T00:00:00Z"
        case time():
            return value.replace(microsecond=0).isoformat()
        case timedelta():
            seconds = round(value.total_seconds())
            sign = "-" if seconds < 0 else ""
            seconds = abs(seconds)
            return f"{sign}{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
        case str():
            return _ESCAPED.sub("_", value)
        case _:
            return str(value)
