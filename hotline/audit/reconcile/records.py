"""What a record must give to be compared, whatever it is kept in: a journal or an export."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from hotline.audit.entries import Entry
from hotline.audit.reconcile.findings import EntryRef
from hotline.audit.reconcile.tables import Held
from hotline.errors import TrustError, UsageError
from hotline.trust.card import Card


@dataclass(frozen=True, slots=True)
class LineState:
    """One epoch of the line in a record: its log, and how far the other's log is followed.

    ``signed`` is the size of the newest checkpoint of the log, ``note`` that checkpoint.
    ``mirror`` is None in a record that keeps no copy of the other's leaf hashes. ``root`` (32
    bytes) is given where the entries were taken out into an archived segment, None otherwise.
    """

    epoch: int
    origin: str
    size: int
    signed: int
    note: bytes
    mirror: int | None
    root: bytes | None = None


@dataclass(frozen=True, slots=True)
class Recovery:
    """What a centre's own signed record ``recovered`` says of a log that it closed.

    ``size`` is how many entries the log had then; ``ref`` is that record, in the node's own log.
    """

    size: int
    officer: str
    ref: EntryRef


@dataclass(frozen=True, slots=True)
class Horizon:
    """Where a record stood before the other one was read.

    ``mirror`` is how far the other's log was known, ``cosigned`` how far the other had cosigned
    this one. Two records of running nodes cannot be read at one moment. What lies beyond this may
    be newer than the other record, and what lies before it must be explained by the other record.
    """

    entries: int
    mirror: int
    cosigned: int


Placed = tuple[int, Entry, int]
"""Epoch, entry, and where its body is found again."""


class Record(Protocol):
    """One side. Nothing is read before ``begin``; one state of the record is read until ``close``.

    What cannot be read raises HotlineError; what was falsified comes out as it is.
    """

    name: str
    """What the user called it."""
    form: str
    """``journal`` or ``export``."""
    complete: bool
    """Whether it goes to where its centre stands, and is not of the past by its own account."""
    segment: bool
    """Whether it holds one archived epoch alone."""
    traffic: str
    """What it is marked with once it has begun: ``EXERCISE`` and its name, as it names it."""
    card: Card
    pins: Mapping[str, Card]

    def glance(self, peer: str) -> dict[int, Horizon]:
        """Return where each epoch stands, before ``begin``; empty where nothing moves."""

    def begin(self, peer: str) -> None:
        """Hold on to one state of the record, of the line with ``peer``."""

    def lines(self) -> list[LineState]:
        """Return each epoch of the line, oldest first."""

    def recoveries(self) -> Mapping[str, Recovery]:
        """Return what is said of the logs that were closed by a recovery, by origin.

        An export ends at what was signed, which a recovery leaves as it is: it needs none.
        """

    def entries(self) -> Iterator[Placed]:
        """Yield all entries of the line's logs, epoch by epoch, in the order of their leaves."""

    def body(self, epoch: int, place: int) -> bytes | None:
        """Return the body of a message."""

    def held(self, epoch: int) -> Iterator[Held]:
        """Yield what is held of the other's log besides receipts that are entries."""

    def cosigned(self, epoch: int) -> Iterator[tuple[int, bytes, str]]:
        """Yield (size, root, line) of the other's cosignatures over the own log.

        From a journal only those that came over the line, which show that the other follows the
        log; one that was asked for by ``add-checkpoint`` does not.
        """

    def note_at(self, epoch: int, size: int) -> bytes | None:
        """Return the checkpoint of the own log over ``size`` entries, if it is kept."""

    def mirror_root(self, epoch: int, size: int) -> bytes | None:
        """Return the root that the other's log has by the copy of its leaf hashes."""

    def mirror_leaves(self, epoch: int) -> Iterator[bytes]:
        """Yield the copied leaf hashes of the other's log."""

    def verify(self, progress: Callable[[int, int], None] | None = None) -> str | None:
        """Return why the record does not hold by itself, None when it does."""

    def close(self) -> None:
        """Let go of the record."""


def check_pair(a: Record, b: Record) -> None:
    """Raise unless these are the records of two centres with a line between them.

    UsageError: ``reconcile.same-centre``, ``reconcile.other-status``,
    ``reconcile.no-shared-line``; TrustError: ``reconcile.other-keys``.
    """
    if a.card.centre == b.card.centre:
        raise UsageError(
            "reconcile.same-centre",
            f"both records are of {a.card.centre}",
            "name the records of the two centres of a line",
        )
    if a.card.status != b.card.status:
        raise UsageError(
            "reconcile.other-status",
            f"{a.name} is of {a.card.status} traffic, {b.name} of {b.card.status} traffic",
            "records of one status are compared; exercise and actual traffic never mix",
        )
    for one, other in ((a, b), (b, a)):
        pinned = one.pins.get(other.card.centre)
        if pinned is None:
            raise UsageError(
                "reconcile.no-shared-line",
                f"the record of {one.card.centre} knows no {other.card.centre}",
                "name the records of two centres that have a line with each other",
            )
        if pinned.fingerprint != other.card.fingerprint:
            raise TrustError(
                "reconcile.other-keys",
                f"{one.card.centre} pinned another card of {other.card.centre} than the one in "
                f"{other.name}",
                "compare the fingerprints by voice, as `hotline keys show` prints them; a record "
                "under other keys proves nothing about this line",
            )
