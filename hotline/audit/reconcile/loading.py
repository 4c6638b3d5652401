"""Reading one side into the tables, and what contradicts itself in it on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from hotline.audit.entries import Entry, MessageEntry, RecordEntry
from hotline.audit.reconcile.account import Account
from hotline.audit.reconcile.calls import Calls
from hotline.audit.reconcile.findings import EntryRef, SideName
from hotline.audit.reconcile.records import Horizon, LineState, Record, Recovery
from hotline.audit.reconcile.tables import OUT, Held, Tables
from hotline.errors import HotlineError
from hotline.journal.forks import FORK, read_fork
from hotline.journal.state import STREAMS
from hotline.journal.voice import VOICE
from hotline.trust.checkpoint import Checkpoint, open_checkpoint
from hotline.trust.names import line_log_origin
from hotline.trust.notes import Note, NoteKey
from hotline.wire.body import decode_body, message_id
from hotline.wire.envelope import decode_envelope, verify_group
from hotline.wire.frames import Hello, Receipt, decode_frame
from hotline.wire.records import (
    Clock,
    Equivocation,
    Reading,
    ReceiptTaken,
    RefusedFrame,
    VoiceHeard,
    VoiceSpoken,
    decode_record,
)
from hotline.wire.records import Record as Said

NOTHING = Horizon(0, 0, 0)
Told = Callable[[int], object]
"""Told how many entries have been read."""
MAX_CONTRADICTIONS = 1000
"""Kept messages under a used number that are looked at; a peer can sign as many as it likes."""


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A group that a side keeps because the other had signed another: (stream, seq, id) of each."""

    epoch: int
    ref: EntryRef
    places: tuple[tuple[int, int, bytes], ...]


@dataclass(slots=True)
class Loaded:
    """One side, whose entries are in the tables.

    ``lines`` are the epochs of its own logs; ``horizon`` says where it stood before the other side
    was read, by epoch, and is None for a side that was read first or does not move.
    ``follows`` is how far it follows the other's log, by the receipts and the mirror it has.
    """

    name: SideName
    record: Record
    tables: Tables
    lines: dict[int, LineState]
    horizon: dict[int, Horizon] | None
    check_signatures: bool
    entries: int = 0
    follows: dict[int, int] = field(default_factory=dict)
    # Entries that follow each other from 0 without a gap: as far as its trees can be grown.
    sound: dict[int, int] = field(default_factory=dict)
    contradictions: list[Contradiction] = field(default_factory=list)
    # What its own node's log says of the epochs that a recovery closed.
    recoveries: dict[int, Recovery] = field(default_factory=dict)
    # From which entry on an epoch's log was lost, where a recovery explains that.
    lost_from: dict[int, int] = field(default_factory=dict)
    # What it says of calls over a telephone.
    calls: Calls = field(default_factory=Calls)

    @property
    def centre(self) -> str:
        """The centre's id."""
        return self.record.card.centre

    @property
    def complete(self) -> bool:
        """Whether the record goes to where its centre was when it was read."""
        return self.record.complete

    def size(self, epoch: int) -> int:
        """Return how many entries its log of that epoch has."""
        return self.lines[epoch].size if epoch in self.lines else 0

    def newer(self, epoch: int, index: int | None) -> bool:
        """Return whether an entry may be newer than what was read of the other side."""
        if self.horizon is None or index is None:
            return False
        return index >= self.horizon.get(epoch, NOTHING).entries

    def find(self, epoch: int, index: int) -> EntryRef | None:
        """Return the reference to one entry of this side; None where it has none."""
        found = self.tables.entry(self.name, epoch, index)
        return None if found is None else self.ref(epoch, index, found.time_us, found.id)

    def ref(self, epoch: int, index: int, time_us: int, message: bytes | None = None) -> EntryRef:
        """Return the reference to an entry of this side."""
        return EntryRef(self.lines[epoch].origin, index, time_us, message)


class Loader:
    """Reads one side, entry by entry, into the tables."""

    def __init__(self, side: Loaded, other: Loaded, account: Account) -> None:
        self._side = side
        self._other = other
        self._tables = side.tables
        self._account = account
        # By epoch: the number that the receipts of each stream have come to.
        self._receipted: dict[int, list[int]] = {}
        self._readers = {
            "receipt": self._receipt,
            "clock": self._clock,
            "read": self._read,
            "equivocation": self._equivocation,
            "refusal": self._refusal,
            FORK: self._fork,
            VOICE: self._voice,
        }

    def load(self, told: Told | None = None) -> None:
        """Read everything. Raises HotlineError as the record does."""
        side = self._side
        due: dict[int, int] = {}
        for epoch, entry, place in side.record.entries():
            side.entries += 1
            index = due.get(epoch, 0)
            if entry.index != index and side.sound.setdefault(epoch, index) == index:
                self._unsound(
                    epoch, entry, f"entry {entry.index} follows where entry {index} is due"
                )
            due[epoch] = entry.index + 1
            if isinstance(entry, MessageEntry):
                self._message(epoch, entry)
            elif entry.kind in self._readers:
                self._readers[entry.kind](epoch, entry)
            self._tables.add(side.name, epoch, entry, place)
            if told is not None and side.entries % 256 == 0:
                told(side.entries)
        for epoch, line in side.lines.items():
            if line.root is not None:
                side.sound[epoch] = 0  # its entries lie in a segment
            elif due.get(epoch, 0) != line.size and epoch not in side.sound:
                side.sound[epoch] = min(due.get(epoch, 0), line.size)
                self._account.differ(
                    "record-unsound",
                    f"the log {line.origin} has {line.size} entries by its own account, and "
                    f"{due.get(epoch, 0)} are there",
                )
            side.sound.setdefault(epoch, line.size)
            self._beside(epoch, line)

    def _beside(self, epoch: int, line: LineState) -> None:
        """Read what lies beside the entries: what is held of the other's log, cosignatures."""
        side = self._side
        for held in side.record.held(epoch):
            self._tables.add_held(side.name, epoch, held)
        for size, root, text in side.record.cosigned(epoch):
            self._tables.add_cosigned(side.name, epoch, size, root, text)
        followed = max(side.follows.get(epoch, 0), line.mirror or 0)
        side.follows[epoch] = followed
        # A copy that goes beyond the other record is held against all of that record.
        size = self._other.size(epoch)
        if line.mirror is not None and 0 < size < line.mirror:
            kept = side.record.mirror_root(epoch, size)
            if kept is not None:
                self._tables.add_held(side.name, epoch, Held(size, kept, None, None))

    def _message(self, epoch: int, entry: MessageEntry) -> None:
        """Check that a message is what its own bytes say."""
        line = self._side.lines[epoch]
        sender, recipient = self._side.centre, self._other.centre
        if entry.direction != OUT:
            sender, recipient = recipient, sender
        due = (sender, recipient, epoch, entry.stream, entry.seq, entry.kind, entry.created_us)
        try:
            body = decode_body(entry.body or b"")
        except HotlineError as error:
            self._unsound(epoch, entry, f"its body cannot be read: {error.message}")
            return
        said = (body.sender, body.recipient, body.epoch, body.precedence, body.seq)
        if (*said, body.kind, body.created_us) != due:
            self._unsound(epoch, entry, "its body says something else than the record does")
        elif body.status != line.origin.split("/")[1]:
            self._unsound(epoch, entry, f"its body is of {body.status} traffic")
        elif message_id(entry.body) != entry.id:
            self._unsound(epoch, entry, "its id is not the hash of its body")

    def _receipt(self, epoch: int, entry: RecordEntry) -> None:
        try:
            receipt = decode_record(entry.payload, ReceiptTaken, entry.kind)
            checkpoint = Checkpoint.parse(Note.parse(receipt.checkpoint).text)
        except HotlineError as error:
            self._unsound(epoch, entry, f"a receipt cannot be read: {error}"[:300])
            return
        side = self._side
        self._tables.add_held(
            side.name,
            epoch,
            Held(checkpoint.size, checkpoint.root, receipt.checkpoint, entry.index),
        )
        side.follows[epoch] = max(side.follows.get(epoch, 0), checkpoint.size)
        receipted = self._receipted.setdefault(epoch, [0] * STREAMS)
        for item in receipt.items:
            if item.first_seq <= receipted[item.stream]:
                self._unsound(epoch, entry, "a receipt repeats what an earlier one said")
                continue
            receipted[item.stream] = item.first_seq + item.count - 1
            self._tables.add_item(side.name, epoch, item, entry.time_us, entry.index)

    def _clock(self, epoch: int, entry: RecordEntry) -> None:
        del epoch
        measured = _payload(entry, Clock)
        if measured is not None:
            self._tables.add_clock(
                self._side.name, entry.time_us, measured.offset_us, measured.round_trip_us
            )

    def _read(self, epoch: int, entry: RecordEntry) -> None:
        del epoch
        read = _payload(entry, Reading)
        if read is not None:
            self._tables.add_reading(self._side.name, read.message, read.officer, entry.time_us)

    def _voice(self, epoch: int, entry: RecordEntry) -> None:
        del epoch
        form: Any = VoiceSpoken | VoiceHeard
        said = _payload(entry, form)
        if said is not None:
            self._side.calls.take(said, entry.time_us)

    def _equivocation(self, epoch: int, entry: RecordEntry) -> None:
        """Take down a second message that the other signed under one number, if it did."""
        kept = _payload(entry, Equivocation)
        try:
            envelope = decode_envelope(kept.envelope if kept is not None else b"")
            verify_group(envelope, self._other.record.card.signing)
            said = [(decode_body(body), message_id(body)) for body in envelope.bodies]
        except HotlineError as error:
            self._unsound(epoch, entry, f"a contradiction that is kept cannot be read: {error}")
            return
        if len(self._side.contradictions) < MAX_CONTRADICTIONS:
            places = tuple((body.precedence, body.seq, id_) for body, id_ in said)
            ref = self._side.ref(epoch, entry.index, entry.time_us)
            self._side.contradictions.append(Contradiction(epoch, ref, places))

    def _fork(self, epoch: int, entry: RecordEntry) -> None:
        """Tell of two contradicting checkpoints of the other's log that this side keeps."""
        other = self._other.record.card
        origin = line_log_origin(other.status, other.centre, self._side.centre, epoch)
        try:
            fork = read_fork(entry.payload)
            first, second = fork.check()
        except HotlineError as error:
            self._unsound(epoch, entry, f"a fork that is kept as proof is none: {error.message}")
            return
        if (fork.origin, fork.vkey) != (origin, NoteKey(origin, other.log).vkey()):
            self._unsound(epoch, entry, "a fork that is kept as proof is not of the other's log")
            return
        sizes = f"{first.size}" if first.size == second.size else f"{first.size} and {second.size}"
        self._account.differ(
            "fork",
            f"{self._side.centre} keeps two checkpoints of the log of {other.centre} over {sizes} "
            "entries, both signed by it, that no one log can have had",
            {self._side.name: self._side.ref(epoch, entry.index, entry.time_us)},
            (fork.first, fork.second),
        )

    def _refusal(self, epoch: int, entry: RecordEntry) -> None:
        """Take the other's checkpoint out of a frame that was refused: it may prove a fork."""
        kept = _payload(entry, RefusedFrame)
        try:
            frame = decode_frame(kept.frame if kept is not None else b"")
        except HotlineError:
            return
        if not isinstance(frame, Hello | Receipt) or not frame.checkpoint:
            return
        note = frame.checkpoint
        other = self._other.record.card
        origin = line_log_origin(other.status, other.centre, self._side.centre, epoch)
        try:
            checkpoint = open_checkpoint(note, origin, other.log)
        except HotlineError:
            return  # not signed by the other: it proves nothing
        self._tables.add_held(
            self._side.name, epoch, Held(checkpoint.size, checkpoint.root, note, entry.index)
        )

    def _unsound(self, epoch: int, entry: Entry, why: str) -> None:
        ref = self._side.ref(
            epoch,
            entry.index,
            entry.time_us,
            entry.id if isinstance(entry, MessageEntry) else None,
        )
        self._account.differ(
            "record-unsound",
            f"the record of {self._side.centre} contradicts itself: {why}",
            {self._side.name: ref},
        )


P = TypeVar("P", bound=Said)


def _payload(entry: RecordEntry, form: type[P]) -> P | None:
    """Return a record's payload; None where it is not of that form."""
    try:
        return decode_record(entry.payload, form, entry.kind)
    except HotlineError:
        return None
