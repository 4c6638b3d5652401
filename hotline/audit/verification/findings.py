"""What a verification carries from step to step, and what it finds."""

from __future__ import annotations

import sqlite3
from bisect import insort
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields

from hotline.audit.verification.crew import Crew
from hotline.audit.verification.spans import File
from hotline.errors import HotlineError
from hotline.journal.forks import Fork
from hotline.trust.card import Card
from hotline.trust.checkpoint import open_lone_checkpoint
from hotline.trust.cosignature import WitnessKey
from hotline.trust.keys import PublicKey
from hotline.trust.merkle import Frontier
from hotline.trust.notes import NoteKey

MAX_FAILURES = 25
"""Failures that are listed of one step; what is wrong in a thousand places is shown by the first,
and must not hide what else is wrong."""

PASSES = 3
"""Passes over the entries of a line's log: groups, leaves, receipts. Each counts a third."""

Progress = Callable[[int, int], None]
"""Told how many of how many entries have been verified."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One thing that does not hold: its step, the log and entry (-1: none), and why."""

    step: int
    log: str
    entry: int
    text: str


@dataclass(frozen=True, slots=True)
class Begin:
    """From which entry a log was verified, and on whose word nothing before it was.

    ``trusted`` is ``checkpoint`` (given by the caller), ``anchor`` or ``receipt`` (found in a log
    before such a checkpoint), or empty where the log was verified whole. ``witnesses`` cosigned
    the checkpoint that was given.
    """

    origin: str
    size: int
    trusted: str = ""
    witnesses: tuple[str, ...] = ()


@dataclass(slots=True)
class Report:
    """What a verification found."""

    entries: int = 0
    messages: int = 0
    signatures: int = 0
    # Processes that shared the work.
    jobs: int = 1
    # Newest checkpoint of each own log, for comparing with others: (origin, size, root in hex).
    checkpoints: list[tuple[str, int, str]] = field(default_factory=list)
    # How many entries of each log each witness has cosigned, by origin and witness (a centre, or
    # the name of an outside witness's key); who is not here, none.
    cosigned: dict[str, dict[str, int]] = field(default_factory=dict)
    # From where each log was verified, mirrors among them.
    begins: list[Begin] = field(default_factory=list)
    # Checkpoints that were given as trusted and contradict this record under the log's own key.
    forks: list[Fork] = field(default_factory=list)
    # Forks of others' logs that this record keeps as proof: its log, the entry, and in words.
    kept_forks: list[tuple[str, int, str]] = field(default_factory=list)
    # Closed epochs that were archived and taken out, verified by their segments only: as above.
    archived: list[tuple[str, int, str]] = field(default_factory=list)
    # The origin of the one line's log that an archived segment holds; empty for a node's journal.
    segment: str = ""
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
    # The journal's file, which other processes open by themselves.
    file: File
    own: Card
    peers: Mapping[str, Card]
    progress: Progress | None = None
    witnesses: Mapping[str, WitnessKey] = field(default_factory=dict)
    crew: Crew = field(default_factory=Crew)
    report: Report = field(default_factory=Report)
    # Entries of all own logs that are to be verified, for the progress.
    total: int = 0
    # Entries counted so far, in each pass.
    _steps: int = 0
    # The first texts that are no UTF-8, in order of the alphabet: rows are read ahead of others.
    _odd_texts: list[str] = field(default_factory=list)

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
            said = f"a stored text is not UTF-8: {data[:40]!r}"
            if said not in self._odd_texts:
                insort(self._odd_texts, said)
                del self._odd_texts[MAX_FAILURES:]
            return data.decode(errors="replace")

    def finish(self) -> None:
        """Report what was read of any table at any time, and put the steps in their order."""
        for said in self._odd_texts:
            self.fail(1, "", -1, said)
        self.report.failures.sort(key=lambda failure: failure.step)

    def void(self, text: str) -> None:
        """Forget all that was found: only this counts, of the whole store."""
        blank = Report()
        for each in fields(Report):
            setattr(self.report, each.name, getattr(blank, each.name))
        self._odd_texts.clear()
        self.fail(1, "", -1, text)

    def advance(self, entries: int) -> None:
        """Count so many entries in one of their passes."""
        before = self._steps // PASSES
        self._steps += entries
        done = self._steps // PASSES
        if done >> 6 == before >> 6:
            return
        self.crew.pump()
        if self.progress is not None and done >> 8 != before >> 8:
            self.progress(min(done, self.total), self.total)

    def checkpoint(
        self, step: int, note: bytes, origin: str, key: PublicKey, frontier: Frontier
    ) -> None:
        """Check that ``note`` is that log's checkpoint over just the leaves in ``frontier``."""
        try:
            checkpoint = open_lone_checkpoint(note, NoteKey(origin, key))
        except HotlineError as error:
            self.fail(step, origin, frontier.size - 1, str(error))
            return
        self.report.signatures += 1
        if (checkpoint.size, checkpoint.root) != (frontier.size, frontier.root()):
            self.fail(step, origin, frontier.size - 1, "a checkpoint is of another tree")


class Pass:
    """How far one pass over the entries [begin, end) of a log has come, for the progress."""

    __slots__ = ("_at", "_end", "_run", "_weight")

    def __init__(self, run: Run, begin: int, end: int, weight: int = 1) -> None:
        self._run = run
        self._at = begin
        self._end = end
        self._weight = weight

    def reach(self, entry: int) -> None:
        """Everything before ``entry``, whatever a row says it is, is done."""
        entry = min(entry, self._end)
        if entry > self._at:
            self._run.advance((entry - self._at) * self._weight)
            self._at = entry

    def close(self) -> None:
        """Count what is left: the pass is over."""
        self.reach(self._end)
