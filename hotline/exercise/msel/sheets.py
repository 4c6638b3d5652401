"""Sheets as rows of text, each cell knowing its name: what CSV and XLSX are read into."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hotline.errors import ExerciseError

MAX_ROWS: Final = 5000
MAX_COLUMNS: Final = 100
MAX_BYTES: Final = 8 * 1024 * 1024
"""Of a file."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row's cells as text, ``number`` being its own from 1."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows of a sheet that hold anything; ``name`` is empty for CSV, which has no sheets."""

    name: str
    rows: tuple[Row, ...]

    def cell(self, row: int, column: int) -> str:
        """Return how people call a cell: ``MSEL!F7``, or ``row 7, column 6`` in CSV."""
        if not self.name:
            return f"row {row}, column {column + 1}"
        return f"{self.name}!{letters_of(column)}{row}"


def letters_of(column: int) -> str:
    """Return the letters of a column counted from 0: ``A``, ``Z``, ``AA``."""
    found = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        found = chr(ord("A") + rest) + found
    return found


def check_size(data: bytes, name: str) -> None:
    """Raise ExerciseError ``msel.too-large`` for a file that is larger than a MSEL can be."""
    if len(data) > MAX_BYTES:
        raise ExerciseError(
            "msel.too-large",
            f"{name}: the file has more than {MAX_BYTES} bytes",
            "check that this is a MSEL; take pictures and other sheets out of it",
        )


def too_many_rows(name: str) -> ExerciseError:
    """Return the error for a sheet that has more rows than a MSEL can have."""
    return ExerciseError(
        "msel.too-many-rows",
        f"{name}: a sheet has more than {MAX_ROWS} rows or {MAX_COLUMNS} columns",
        "take out what is no inject, or make several scenarios of it",
    )
