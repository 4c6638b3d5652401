"""A MSEL as CSV (RFC 4180): in UTF-8 with a mark, which spreadsheets ask for.

A cell that a spreadsheet would take for a formula is written with an apostrophe before it, and
read back without (OWASP, "CSV injection").
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

from hotline.errors import ExerciseError
from hotline.exercise.msel.columns import is_header
from hotline.exercise.msel.sheets import (
    MAX_BYTES,
    MAX_COLUMNS,
    MAX_ROWS,
    Row,
    Sheet,
    check_size,
    too_many_rows,
)

_QUOTE: Final = "'"
_STEERS: Final = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠", _QUOTE)  # noqa: RUF001
"""Beginnings that spreadsheets act on; the wide forms do so in some languages."""
_DELIMITERS: Final = (",", ";", "\t")


def defused(text: str) -> str:
    """Return a cell's text as no spreadsheet executes it."""
    return _QUOTE + text if text.startswith(_STEERS) else text


def restored(text: str) -> str:
    """Return what `defused` was given."""
    return text[1:] if text.startswith(_QUOTE) and text[1:].startswith(_STEERS) else text


def csv_bytes(rows: Iterable[Sequence[str]]) -> bytes:
    """Return rows as the bytes of a file."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    for row in rows:
        writer.writerow([defused(cell) for cell in row])
    return out.getvalue().encode("utf-8-sig")


def read_csv(data: bytes, name: str) -> Sheet:
    """Return the rows of a file, whichever of comma, semicolon and tab divides it.

    Raises:
        ExerciseError: ``msel.too-large``, ``msel.not-csv`` or ``msel.too-many-rows``.

    """
    check_size(data, name)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ExerciseError(
            "msel.not-csv",
            f"{name}: the file is not UTF-8",
            "save it as CSV in UTF-8, or as .xlsx",
        ) from None
    sheets = [_rows(text, name, delimiter) for delimiter in _DELIMITERS]
    for sheet in sheets:
        if any(is_header(list(row.cells)) for row in sheet.rows):
            return sheet
    return sheets[0]


def _rows(text: str, name: str, delimiter: str) -> Sheet:
    csv.field_size_limit(MAX_BYTES)
    rows = []
    try:
        for number, cells in enumerate(
            csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), 1
        ):
            if number > MAX_ROWS or len(cells) > MAX_COLUMNS:
                raise too_many_rows(name)
            if any(cell.strip() for cell in cells):
                rows.append(Row(number, tuple(restored(cell) for cell in cells)))
    except csv.Error as error:
        raise ExerciseError(
            "msel.not-csv",
            f"{name}: this is not CSV: {error}",
            "save it as CSV in UTF-8, or as .xlsx",
        ) from None
    return Sheet("", tuple(rows))
