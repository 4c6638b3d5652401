"""CSV that a spreadsheet may open: RFC 4180, UTF-8, a header, and no cell that is a formula.

A spreadsheet runs a cell that begins with ``=``, ``+``, ``-`` or ``@``, whoever wrote it. Text that
begins so, or with a tab, a carriage return or an apostrophe, gets one apostrophe before it, which
a program takes off again. Numbers and times are ours and stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, BinaryIO, Final

import msgspec

from hotline.audit.export.cases import Case
from hotline.audit.export.rows import COLUMNS, IDS, NUMBERS, SECONDS, TIMES, Row, row_of
from hotline.audit.export.values import time_text

MAX_CELL = 32_767
"""Characters of a cell that spreadsheets take; what is longer ends in an ellipsis."""
_DANGEROUS = frozenset("=+-@\t\r\n'\uff1d\uff0b\uff0d\uff20")
_SPECIAL = re.compile('[,"\r\n]')


def write_csv(out: BinaryIO, lines: Iterable[bytes]) -> int:
    """Write a header and the lines of the rows; return how many rows. ``out`` stays open."""
    out.write(_line(COLUMNS))
    count = 0
    for line in lines:
        out.write(line)
        count += 1
    return count


def line_of(case: Case) -> bytes:
    """Return the line of an entry."""
    return csv_line(row_of(case))


def csv_line(row: Row) -> bytes:
    """Return the line of a row."""
    values = msgspec.structs.astuple(row)
    return _line(
        ["" if value is None else cell(value) for cell, value in zip(_CELLS, values, strict=True)]
    )


def safe_cell(text: str) -> str:
    """Return text as a cell that no spreadsheet takes for a formula, or cuts without saying so."""
    cell = f"'{text}" if text[:1] in _DANGEROUS else text
    return cell if len(cell) <= MAX_CELL else f"{cell[: MAX_CELL - 1]}…"


def _line(cells: Iterable[str]) -> bytes:
    return f"{','.join(cells)}\r\n".encode()


def _text(text: str) -> str:
    cell = safe_cell(text)
    if _SPECIAL.search(cell) is None:
        return cell
    doubled = cell.replace('"', '""')
    return f'"{doubled}"'


def _kind_of(column: str) -> Callable[[Any], str]:
    if column in TIMES:
        return time_text
    if column in NUMBERS | SECONDS:
        return str
    return bytes.hex if column in IDS else _text


_CELLS: Final = tuple(map(_kind_of, COLUMNS))
