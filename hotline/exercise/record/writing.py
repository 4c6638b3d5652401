"""The one writer of a record: each line is on the disk before anything goes on (save, then do)."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from hotline.errors import ExerciseError
from hotline.exercise.record.events import Event
from hotline.exercise.record.line import FIRST, Entry, decode_line, encode_line
from hotline.exercise.record.reading import NAME, Record, check


class RecordWriter:
    """Appends entries, and is the only one to: the file is locked while it is open.

    ``told`` is called with each entry once it is durable, in their order.
    """

    def __init__(self, descriptor: int, wall_us: Callable[[], int], told: Record | None) -> None:
        self._descriptor = descriptor
        self._wall_us = wall_us
        self._n = len(told.entries) if told is not None else 0
        self._prev = told.last_hash if told is not None else FIRST
        self.found = told
        """What was there when it was opened; None for a new record."""
        self.told: Callable[[Entry], None] = lambda _: None
        self._failed: ExerciseError | None = None

    @classmethod
    def create(cls, directory: Path, wall_us: Callable[[], int]) -> Self:
        """Begin a record in a directory. Raises ExerciseError ``record.there`` where one is."""
        try:
            descriptor = os.open(
                directory / NAME, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600
            )
        except FileExistsError:
            raise ExerciseError(
                "record.there",
                f"{directory} holds the record of an exercise already",
                "name another directory, or go on with `hotline exercise run --resume DIR`",
            ) from None
        _lock(descriptor, directory)
        _sync_directory(directory)
        return cls(descriptor, wall_us, None)

    @classmethod
    def resume(cls, directory: Path, wall_us: Callable[[], int]) -> Self:
        """Go on with the record in a directory; a last line that is torn is cut off.

        What was there is in ``found``. Raises ExerciseError: ``record.missing``,
        ``record.in-use``, and what `reading.check` raises.
        """
        try:
            descriptor = os.open(directory / NAME, os.O_RDWR | os.O_CLOEXEC)
        except OSError as error:
            raise ExerciseError(
                "record.missing",
                f"{directory} holds no record of an exercise: {(error.strerror or '').lower()}",
                "name the directory that the exercise was begun in",
            ) from None
        _lock(descriptor, directory)
        try:
            with os.fdopen(os.dup(descriptor), "rb") as file:
                found = check(file.read())
        except ExerciseError:
            os.close(descriptor)
            raise
        if found.torn:
            os.ftruncate(descriptor, found.whole)
            os.fsync(descriptor)
        os.lseek(descriptor, found.whole, os.SEEK_SET)
        return cls(descriptor, wall_us, found)

    @property
    def last_hash(self) -> str:
        """SHA-256 of the last line, hexadecimal."""
        return self._prev

    def append(self, event: Event, t: float | None) -> Entry:
        """Write an entry, return it once it is on the disk.

        Raises ExerciseError ``record.full``, and from then on always: another director goes on.
        It blocks for as long as the disk takes: whatever the entry says is done after it.
        """
        line = encode_line(self._n + 1, self._wall_us(), t, self._prev, event)
        if self._failed is not None:
            raise self._failed  # what stands behind a line that is not whole would be lost
        try:
            left = memoryview(line + b"\n")
            while left:
                left = left[os.write(self._descriptor, left) :]
            os.fsync(self._descriptor)
        except OSError as error:
            self._failed = ExerciseError(
                "record.full",
                f"the exercise's record cannot be written: {(error.strerror or '').lower()}",
                "make room on the disk, then go on with `hotline exercise run --resume DIR`",
            )
            raise self._failed from None
        entry = decode_line(line)
        self._n, self._prev = entry.n, entry.sha256
        self.told(entry)
        return entry

    def close(self) -> None:
        """Let the next writer in."""
        os.close(self._descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def is_directed(directory: Path) -> bool:
    """Say whether a director is at work on the record in a directory: whether it is locked."""
    try:
        descriptor = os.open(directory / NAME, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def in_use(directory: Path) -> ExerciseError:
    """Return the error of a record whose director is at work."""
    return ExerciseError(
        "record.in-use",
        f"a director is at work on the exercise in {directory}",
        f"look at it with `hotline exercise board {directory}`, or end it with"
        f" `hotline exercise end {directory}`",
    )


def _lock(descriptor: int, directory: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise in_use(directory) from None


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
