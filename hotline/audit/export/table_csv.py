"""CSV that a spreadsheet may open: RFC 4180, UTF-8, a header, and no cell that is a formula.

A spreadsheet runs a cell that begins with ``=``, ``+``, ``-`` or ``@``, whoever wrote it. Text that
begins so, or with a tab, a carriage return or an apostrophe, gets one apostrophe before it, which
a program takes off again. Numbers and times are ours and stay as they are.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import fields
from io import TextIOWrapper
from typing import BinaryIO

from hotline.audit.export.rows import Row
from hotline.audit.export.values import time_text

COLUMNS = tuple(field.name for field in fields(Row))
TIMES = frozenset(
    {"time", "created", "starts", "ends", "durable", "receipt_taken", "read", "answered"}
)
MAX_CELL = 32_767
"""Characters of a cell that spreadsheets take; what is longer ends in an ellipsis."""
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "'", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def write_csv(out: BinaryIO, rows: Iterable[Row]) -> int:
    """Write a header and the rows; return how many rows. ``out`` stays open."""
    text = TextIOWrapper(out, "utf-8", newline="", write_through=False)
    try:
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow(COLUMNS)
        count = 0
        for row in rows:
            writer.writerow([_cell(name, getattr(row, name)) for name in COLUMNS])
            count += 1
        text.flush()
    finally:
        text.detach()
    return count


def safe_cell(text: str) -> str:
    """Return text as a cell that no spreadsheet takes for a formula, or cuts without saying so."""
    cell = f"'{text}" if text.startswith(_DANGEROUS) else text
    return cell if len(cell) <= MAX_CELL else f"{cell[: MAX_CELL - 1]}…"


def _cell(name: str, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, str):
        return safe_cell(value)
    if name in TIMES and isinstance(value, int):
        return time_text(value)
    return str(value)
