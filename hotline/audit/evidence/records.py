"""Step 8: entries that are no messages: flags, who read them, receipts as taken, clocks."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import TypeVar

from hotline.audit.evidence.exchange import Clock, Entry, Reading, Remarks, Said, Taken
from hotline.audit.evidence.form import RecordPart, from_base64, malformed
from hotline.audit.evidence.logs import CheckedLog
from hotline.audit.evidence.steps import RECORDS, at
from hotline.errors import TrustError
from hotline.trust.checkpoint import Checkpoint
from hotline.trust.notes import Note
from hotline.trust.proof import Proof
from hotline.wire import records as payloads
from hotline.wire.frames import ReceiptItem
from hotline.wire.leaf import OwnLeaf

T = TypeVar("T")

MAX_PAYLOAD = 256 * 1024


class CheckedRecords:
    """The records of a file as they are read one by one."""

    def __init__(self, messages: Sequence[Said], logs: Mapping[str, CheckedLog]) -> None:
        self._messages = {said.id: said for said in messages}
        self._logs = logs
        self._remarked: set[bytes] = set()
        self.remarks: list[Remarks] = []
        self.readings: list[Reading] = []
        self.taken: list[Taken] = []
        self.clocks: list[Clock] = []
        self.entries: list[Entry] = []
        # Records that nothing has signed yet: nobody is told what they say.
        self.unsigned = 0

    def take(self, part: RecordPart) -> None:
        """Check one record. Raises ``TrustError``, ``WireError``."""
        payload = from_base64(part.payload, "its payload")
        if len(payload) > MAX_PAYLOAD:
            raise malformed("a record is too long")
        if part.proof is None:
            self.unsigned += 1
            return
        origin = Checkpoint.parse(Note.parse(Proof.parse(part.proof).note).text).origin
        log = next((log for log in self._logs.values() if log.origin == origin), None)
        if log is None:
            raise TrustError("evidence.other-log", "it is entered in a log of other centres")
        entry, leaf = log.entry(part.proof)
        if not isinstance(leaf, OwnLeaf) or leaf.payload_hash != sha256(payload).digest():
            raise TrustError("evidence.other-entry", "its entry is of another record")
        if self.entries and (self.entries[-1].origin, self.entries[-1].index) >= (
            entry.origin,
            entry.index,
        ):
            raise malformed("its records are not in the order of their entries, each once")
        self.entries.append(entry)
        self._read(leaf.kind, payload, entry)

    def _read(self, kind: str, payload: bytes, entry: Entry) -> None:
        match kind:
            case "read":
                read = _convert(payload, payloads.Reading)
                said = self._messages.get(read.message)
                if said is None or said.body.recipient != entry.centre:
                    raise _foreign("it is the reading of no message to that centre in this file")
                self.readings.append(Reading(read.message, read.officer, entry))
            case "remarked":
                remarked = _convert(payload, payloads.Remarked)
                said = self._messages.get(remarked.message)
                if said is None or said.body.recipient != entry.centre:
                    raise _foreign("it is a remark on no message to that centre in this file")
                if remarked.message in self._remarked:
                    raise _foreign("it is a second remark on one message")
                self._remarked.add(remarked.message)
                self.remarks.append(Remarks(remarked.message, remarked.flags, entry))
            case "receipt":
                self.taken.append(self._receipt(_convert(payload, payloads.ReceiptTaken), entry))
            case "clock":
                clock = _convert(payload, payloads.Clock)
                self.clocks.append(Clock(entry, clock.offset_us, clock.round_trip_us))
            case _:
                raise _foreign("its kind is none that belongs into a file")

    def _receipt(self, receipt: payloads.ReceiptTaken, entry: Entry) -> Taken:
        """Return which of the messages a receipt names; its checkpoint must be the peer's."""
        peer = next(log for centre, log in self._logs.items() if centre != entry.centre)
        text = Note.parse(receipt.checkpoint).text
        checkpoint = Checkpoint.parse(text)
        if checkpoint not in peer.trees:
            raise _foreign("its checkpoint is not one of the other log in this file")
        items = sorted(receipt.items, key=_place)
        named = frozenset(
            said.id
            for said in self._messages.values()
            if said.body.sender == entry.centre
            and said.received is not None
            and said.received.index < checkpoint.size
            and _names(items, said, said.received)
        )
        if not named:
            raise _foreign("it is the receipt for no message in this file")
        return Taken(named, checkpoint.size, entry)


def check_records(
    parts: Sequence[RecordPart], messages: Sequence[Said], logs: Mapping[str, CheckedLog]
) -> CheckedRecords:
    """Check all records of a file. Raises ``Refused``."""
    records = CheckedRecords(messages, logs)
    for number, part in enumerate(parts, 1):
        with at(RECORDS, f"record {number}"):
            records.take(part)
    return records


def _place(item: ReceiptItem) -> tuple[int, int]:
    return item.stream, item.first_seq


def _names(items: Sequence[ReceiptItem], said: Said, received: Entry) -> bool:
    """Whether one of a receipt's items, sorted, names a message with its entry and time."""
    before = bisect_right(items, (said.body.precedence, said.body.seq), key=_place)
    if not before:
        return False
    item = items[before - 1]
    offset = said.body.seq - item.first_seq
    return (
        item.stream == said.body.precedence
        and offset < item.count
        and (item.first_index + offset, item.time_us) == (received.index, received.time_us)
    )


def _convert(payload: bytes, form: type[T]) -> T:
    return payloads.decode_record(payload, form, "a record's payload cannot be read")


def _foreign(what: str) -> TrustError:
    return TrustError("evidence.foreign-record", f"a record does not belong here: {what}")
