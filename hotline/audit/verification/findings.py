"""What a verification carries from step to step, and what it finds."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field

from hotline.errors import HotlineError
from hotline.trust.card import Card
from hotline.trust.checkpoint import open_checkpoint
from hotline.trust.keys import PublicKey
from hotline.trust.merkle import Frontier

MAX_FAILURES = 25
"""Failures that are listed of one step; what is wrong in a thousand places is shown by the first,
and must not hide what else is wrong."""

Progress = Callable[[int, int], None]
"""Told how many of how many entries have been verified."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One thing that does not hold: its step, the log and entry (-1: none), and why."""

    step: int
    log: str
    entry: int
    text: str


@dataclass(slots=True)
class Report:
    """What a verification found."""

    entries: int = 0
    messages: int = 0
    signatures: int = 0
    # Newest checkpoint of each own log, for comparing with others: (origin, size, root in hex).
    checkpoints: list[tuple[str, int, str]] = field(default_factory=list)
    # How many entries of each log its witness has cosigned, by origin; what is not here, none.
    cosigned: dict[str, int] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether everything holds."""
        return not self.failures


@dataclass(frozen=True, slots=True)
class LineLogs:
    """One line in one epoch: the ids and origins of its own log and of the mirror."""

    log: int
    mirror: int
    peer: str
    epoch: int
    own_origin: str
    peer_origin: str


@dataclass(slots=True)
class Run:
    """One verification of one journal."""

    db: sqlite3.Connection
    own: Card
    peers: dict[str, Card]
    progress: Progress | None = None
    report: Report = field(default_factory=Report)
    # Entries of all own logs, for the progress.
    total: int = 0

    def fail(self, step: int, log: str, entry: int, text: str) -> None:
        """Take down one thing that does not hold, once."""
        failure = Failure(step, log, entry, text)
        failures = self.report.failures
        alike = [known for known in failures if known.step == step]
        if len(alike) < MAX_FAILURES and failure not in alike:
            failures.append(failure)

    def text(self, data: bytes) -> str:
        """Read a text of the database; one that is not UTF-8 is a failure, not an exception."""
        try:
            return data.decode()
        except UnicodeDecodeError:
            self.fail(1, "", -1, f"a stored text is not UTF-8: {data[:40]!r}")
            return data.decode(errors="replace")

    def advance(self) -> None:
        """Count one entry."""
        self.report.entries += 1
        if self.progress is not None and self.report.entries % 256 == 0:
            self.progress(self.report.entries, self.total)

    def checkpoint(
        self, step: int, note: bytes, origin: str, key: PublicKey, frontier: Frontier
    ) -> None:
        """Check that ``note`` is that log's checkpoint over just the leaves in ``frontier``."""
        try:
            checkpoint = open_checkpoint(note, origin, key)
        except HotlineError as error:
            self.fail(step, origin, frontier.size - 1, str(error))
            return
        self.report.signatures += 1
        if (checkpoint.size, checkpoint.root) != (frontier.size, frontier.root()):
            self.fail(step, origin, frontier.size - 1, "a checkpoint is of another tree")
