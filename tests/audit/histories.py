"""Two centres' journals with a line of our own making: what hypothesis draws happens on it.

Nothing here keeps the pair honest but the journals themselves: messages and receipts are lost,
repeated and brought late, cosignatures too, and either side is stopped and opened again.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hypothesis import strategies as st

from hotline.audit.entries import logs_of, read_entries
from hotline.audit.export.jsonl import write_jsonl
from hotline.audit.export.selection import Record, choose
from hotline.audit.reconcile.engine import reconcile
from hotline.audit.reconcile.export_record import ExportRecord
from hotline.audit.reconcile.findings import Reconciliation
from hotline.audit.reconcile.journal_record import JournalRecord
from hotline.audit.reconcile.records import Record as Side
from hotline.audit.search.decoding import message_in
from hotline.journal.incoming import Presentation, repeated, take_cosignature, witness
from hotline.journal.journal import JOURNAL_FILE, Journal
from hotline.journal.outgoing import Draft
from hotline.journal.queries import groups_from, receipts_after
from hotline.journal.records import anchor, append_record, read_message
from hotline.journal.schema import connect
from hotline.journal.state import OutGroup
from hotline.model.kinds import Kind
from hotline.model.messages import LineCheck, Notice, Reply, encode_payload
from hotline.model.volume import Volume4D
from hotline.wire.codec import pack
from hotline.wire.envelope import decode_envelope
from tests.audit.tampering import card
from tests.journal.ledger import (
    PEER,
    ROUTINE,
    T0_US,
    accept,
    do,
    draft,
    line_of,
    open_journal,
    taking,
    transact,
)

CENTRES = ("iaf", "hmeimim")
AHEAD_US = {"iaf": 0, "hmeimim": 42_000}
"""How far each centre's clock is ahead."""
WITHIN_S = 60.0
"""Seconds within which a notice wants an answer."""

Step = tuple[str, str, int, int]
"""What happens, at which centre, and two numbers that say how."""

STEPS = (
    "say",
    "say",
    "carry",
    "carry",
    "repeat",
    "receipts",
    "catch up",
    "cosign",
    "check",
    "read",
    "clock",
    "restart",
)


def histories(most: int = 30) -> st.SearchStrategy[list[Step]]:
    """Draw what happens on a line, in order."""
    step = st.tuples(
        st.sampled_from(STEPS),
        st.sampled_from(CENTRES),
        st.integers(0, 3),
        st.integers(1, 5),
    )
    return st.lists(step, min_size=4, max_size=most)


class Line:
    """Both journals, and the network between them."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.journals: dict[str, Journal] = {}
        for centre in CENTRES:
            self._open(centre)
        self.time_us = T0_US

    def now_us(self, centre: str) -> int:
        """Return the time by a centre's clock; it goes on each time that somebody looks."""
        self.time_us += 137_000
        return self.time_us + AHEAD_US[centre]

    def play(self, steps: Sequence[Step]) -> None:
        """Let all of it happen."""
        for what, centre, stream, number in steps:
            getattr(self, "_" + what.replace(" ", "_"))(centre, stream, number)

    def close(self) -> None:
        """Close both journals."""
        for journal in self.journals.values():
            journal.close()

    def settle(self) -> None:
        """Bring everything across, receipts and cosignatures too, as a line does that stays up."""
        for centre in CENTRES:
            self._check(centre, 0, 1)
        for _ in range(2):
            for centre in CENTRES:
                self._catch_up(centre, 0, 1)
        for centre in CENTRES:
            self._cosign(centre, 0, 1)
            # What was taken last is signed over too.
            self._check(centre, 0, 1)

    def _pair(self, centre: str) -> tuple[Journal, Journal]:
        return self.journals[centre], self.journals[PEER[centre]]

    def _say(self, centre: str, stream: int, number: int) -> None:
        journal, _ = self._pair(centre)
        now_us = self.now_us(centre)
        drafts = [_said(journal, n, now_us) for n in range(number)]
        transact(journal, drafts={(PEER[centre], stream): drafts}, now_us=now_us)

    def _carry(self, centre: str, stream: int, number: int) -> None:
        """Bring messages of one stream across; the receipt comes only sometimes."""
        journal, other = self._pair(centre)
        waiting = line_of(other).incoming[stream].next_seq
        for group in groups_from(
            journal.connection,
            line_of(journal).log,
            stream,
            waiting,
            max_messages=number,
            max_bytes=1 << 20,
        ):
            _take(other, group, self.now_us(other.centre))
        if number % 2:
            self._receipts(centre, stream, number)

    def _receipts(self, centre: str, stream: int, number: int) -> None:
        """Bring the oldest receipts that a centre does not have yet."""
        del stream
        journal, other = self._pair(centre)
        size = line_of(journal).mirror.size
        for receipt in list(receipts_after(other.connection, line_of(other).log, size, number)):
            accept(journal, receipt, self.now_us(centre))

    def _repeat(self, centre: str, stream: int, number: int) -> None:
        """Send a message again that was taken before, as after a cut."""
        journal, other = self._pair(centre)
        if line_of(other).incoming[stream].next_seq <= number:
            return
        (group, *_) = groups_from(
            journal.connection,
            line_of(journal).log,
            stream,
            number,
            max_messages=1,
            max_bytes=1 << 20,
        )
        size = do(
            other,
            lambda j: repeated(
                j,
                line_of(j),
                stream=stream,
                first_seq=group.first_seq,
                ids=group.ids,
                envelope=group.envelope,
                now_us=T0_US,
            ),
            self.now_us(other.centre),
        )
        assert size is not None

    def _catch_up(self, centre: str, stream: int, number: int) -> None:
        for each in range(4):
            while (
                line_of(self.journals[PEER[centre]]).incoming[each].next_seq
                < line_of(self.journals[centre]).outgoing[each].next_seq
            ):
                self._carry(centre, each, 512)
        self._receipts(centre, stream, 1000)
        del number

    def _cosign(self, centre: str, stream: int, number: int) -> None:
        """Cosign what the other has said of its log; the cosignature comes only sometimes."""
        del stream
        journal, other = self._pair(centre)
        cosignature = do(journal, lambda j: witness(j, line_of(j), self.now_us(centre)))
        if cosignature is not None and number % 3:
            do(other, lambda j: take_cosignature(j, line_of(j), cosignature))

    def _check(self, centre: str, stream: int, number: int) -> None:
        """Check the line, as every hour."""
        del stream, number
        journal, _ = self._pair(centre)
        now_us = self.now_us(centre)
        do(journal, lambda j: anchor(j, line_of(j), now_us), now_us)
        check = draft(encode_payload(LineCheck(phrase="line check")), Kind.LINE_CHECK.value)
        transact(journal, drafts={(PEER[centre], ROUTINE): [check]}, now_us=now_us)
        do(journal, lambda j: setattr(line_of(j), "seal_wanted", True), now_us)

    def _read(self, centre: str, stream: int, number: int) -> None:
        journal, _ = self._pair(centre)
        row = journal.execute(
            "SELECT id FROM message WHERE direction = 1 AND stream = ? AND seq = ?",
            (stream, number),
        ).fetchone()
        if row is not None:
            now_us = self.now_us(centre)
            do(journal, lambda j: read_message(j, line_of(j), row[0], "levi", now_us), now_us)

    def _clock(self, centre: str, stream: int, number: int) -> None:
        """Measure the other's clock, with a round trip that is never symmetric."""
        journal, _ = self._pair(centre)
        offset_us = AHEAD_US[PEER[centre]] - AHEAD_US[centre]
        trip_us = 1000 * number + stream
        payload = pack({"offset_us": offset_us + trip_us // 3, "round_trip_us": trip_us})
        now_us = self.now_us(centre)
        do(journal, lambda j: append_record(j, line_of(j), "clock", payload, now_us), now_us)

    def _restart(self, centre: str, stream: int, number: int) -> None:
        del stream, number
        self.journals[centre].close()
        self._open(centre)

    def _open(self, centre: str) -> None:
        journal = self.journals[centre] = open_journal(self.directory / centre, centre)
        # No history here outlives its test, and hundreds of them would wait for the disk.
        journal.execute("PRAGMA synchronous = OFF")


def _said(journal: Journal, number: int, now_us: int) -> Draft:
    """Make a message of a kind that goes with its number: a notice, a reply, words."""
    if number % 3 == 1:
        start = "2026-03-01T12:00:00Z"
        notice = Notice(
            reference=f"{journal.centre.upper()}-{number:04}",
            title=f"patrol {number}",
            volumes=(Volume4D(time_start=start),),
        )
        return draft(
            encode_payload(notice),
            Kind.NOTICE.value,
            reference=notice.reference,
            answer_within_s=WITHIN_S,
        )
    if number % 3 == 2:
        asked = journal.execute(
            "SELECT id, reference FROM message WHERE direction = 1 AND kind = 'notice' LIMIT 1"
        ).fetchone()
        if asked is not None:
            reply = Reply(to=asked[0].hex(), reference=asked[1] or "", answer="accept")
            return draft(
                encode_payload(reply),
                Kind.REPLY.value,
                reference=asked[1],
                about=asked[0],
                settles=True,
            )
    return draft(b"\x81\xa1n" + bytes([now_us % 128]))


def _take(journal: Journal, group: OutGroup, now_us: int) -> None:
    """Enter a group as a desk does, which knows what wants an answer and what is one."""
    shown = []
    for body in decode_envelope(group.envelope).bodies:
        message = message_in(body)
        reference = getattr(message, "reference", "") or None
        if isinstance(message, Reply):
            about = bytes.fromhex(message.to)
            shown.append(Presentation(reference=reference, about=about, settles=True))
        elif isinstance(message, Notice):
            shown.append(Presentation(reference=reference, answer_within_s=WITHIN_S))
        else:
            shown.append(Presentation())
    do(journal, taking(group, shown=shown, now_us=now_us), now_us)


# --- Records of it ----------------------------------------------------------------------------


def journal_record(path: Path, centre: str, *, complete: bool = True) -> JournalRecord:
    """Open a centre's journal, or a copy of it, as one side."""
    return JournalRecord(
        centre, path, card(centre), {PEER[centre]: card(PEER[centre])}, complete=complete
    )


def export_to(journal: Path, centre: str, target: Path) -> bool:
    """Write a journal's export; False where nothing of it is signed, so that there is none."""
    connection = connect(journal, writable=False)
    try:
        if not any(log.own and log.note for log in logs_of(connection)):
            return False
        parts = choose(connection).parts
        record = Record(
            connection,
            centre,
            "exercise",
            card(centre),
            {PEER[centre]: card(PEER[centre])},
            {},
            parts,
        )
        entries = (
            (number, entry)
            for number, part in enumerate(parts)
            for entry in read_entries(connection, part.log.id, 0, part.size)
        )
        with target.open("wb") as file:
            write_jsonl(file, record, entries, {})
        return True
    finally:
        connection.close()


def record_of(path: Path, centre: str) -> Side:
    """Open what a path names as one side; what does not lie where a node has it is of the past."""
    if path.suffix == ".jsonl":
        return ExportRecord(path.name, path)
    return journal_record(path, centre, complete=path.name == JOURNAL_FILE)


def compared(a: Side, b: Side, *, verify: bool = False) -> Reconciliation:
    """Reconcile two records, and close them."""
    try:
        return reconcile(a, b, verify=verify)
    finally:
        a.close()
        b.close()


def copied(journal: Path, target: Path) -> Path:
    """Copy a journal whose node may run, as a backup does."""
    source, copy = connect(journal, writable=False), connect(target, writable=True)
    try:
        source.backup(copy)
    finally:
        source.close()
        copy.close()
    return target


def path_of(directory: Path, centre: str) -> Path:
    """Return the file of a centre's journal."""
    return directory / centre / JOURNAL_FILE
