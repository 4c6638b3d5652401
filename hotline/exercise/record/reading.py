"""A whole record, read and checked: form, numbering and chain (exercise-record.md, 3)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from hotline.audit.named_files import open_regular
from hotline.errors import ExerciseError
from hotline.exercise.record.events import Event, Opened
from hotline.exercise.record.line import FIRST, MAX_LINE, Entry, decode_line

NAME = "record.jsonl"
"""The record's file in the directory of an exercise."""
MAX_RECORD = 256 * 1024 * 1024

E = TypeVar("E", bound=Event)


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """Every entry, oldest first, and what a writer that was killed left behind them.

    ``whole`` is the number of bytes that the entries take, ``torn`` those of a last line that was
    not written to its end: it says nothing, since nothing was done before it was whole.
    """

    entries: tuple[Entry, ...]
    whole: int
    torn: int = 0

    @property
    def last_hash(self) -> str:
        """SHA-256 of the last line, hexadecimal: what is entered in both journals at ENDEX."""
        return self.entries[-1].sha256 if self.entries else FIRST

    def every(self, kind: type[E]) -> Iterator[tuple[Entry, E]]:
        """Yield the entries of a kind, oldest first."""
        for one in self.entries:
            if isinstance(one.event, kind):
                yield one, one.event

    @property
    def opened(self) -> Opened:
        """What the first entry says."""
        return next(event for _, event in self.every(Opened))


def read_record(path: Path) -> Record:
    """Read the record at ``path``, or in the directory that it names.

    Raises ExerciseError: ``record.missing``, ``record.too-large``, and what `check` raises.
    """
    path = path / NAME if path.is_dir() else path
    try:
        with open_regular(path) as file:
            data = file.read(MAX_RECORD + 1)
    except OSError as error:
        raise ExerciseError(
            "record.missing",
            f"the exercise's record {path} cannot be read: {(error.strerror or '').lower()}",
            "name the directory of an exercise: it has a record.jsonl",
        ) from None
    if len(data) > MAX_RECORD:
        raise ExerciseError(
            "record.too-large",
            f"the exercise's record is larger than {MAX_RECORD} bytes",
            "check that this is the right file: no exercise writes that much",
        )
    return check(data)


def check(data: bytes) -> Record:
    """Return the record in these bytes.

    Raises ExerciseError: ``record.empty``, ``record.bad-line``, ``record.numbering`` (a line is
    missing, doubled or moved), ``record.chain`` (a line was changed), ``record.no-beginning``.
    """
    entries: list[Entry] = []
    prev = FIRST
    *lines, rest = data.split(b"\n")
    for number, line in enumerate(lines, start=1):
        entry = _entry(number, line)
        if entry.n != number:
            raise ExerciseError(
                "record.numbering",
                f"line {number} of the exercise's record says that it is entry {entry.n}",
                "lines are missing, doubled or moved: take the copy that was collected",
            )
        if entry.prev != prev:
            raise ExerciseError(
                "record.chain",
                f"line {number} of the exercise's record does not follow from the line before it",
                "one of the two was changed afterwards: take the copy that was collected",
            )
        if isinstance(entry.event, Opened) is not (number == 1):
            raise ExerciseError(
                "record.no-beginning",
                f"line {number} of the exercise's record is `{_tag(entry)}` at the wrong place",
                "a record begins with `opened`, once",
            )
        entries.append(entry)
        prev = entry.sha256
    if not entries:
        raise ExerciseError(
            "record.empty",
            "the exercise's record has no entry",
            "the exercise was not begun: run it anew in another directory",
        )
    return Record(entries=tuple(entries), whole=len(data) - len(rest), torn=len(rest))


def _entry(number: int, line: bytes) -> Entry:
    try:
        if len(line) > MAX_LINE:
            raise ExerciseError("record.bad-line", f"it has {len(line)} bytes, which is too many")
        return decode_line(line)
    except ExerciseError as error:
        raise ExerciseError(
            error.code, f"{error.message} (line {number})", error.hint or "take the copy collected"
        ) from None


def _tag(entry: Entry) -> str:
    return str(entry.event.__struct_config__.tag)
