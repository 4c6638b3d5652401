"""Two journals, one each side of a line, driven at random and crashed at random.

The association's part is played by the test: it carries groups and receipts, verifies every
receipt from the recipient's own journal, and forgets everything at each crash.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from hotline.audit.verification.journal import verify_journal
from hotline.errors import JournalError
from hotline.journal import incoming, state
from hotline.journal.incoming import repeated, take_cosignature, witness
from hotline.journal.journal import JOURNAL_FILE, Journal
from hotline.journal.outgoing import compose
from hotline.journal.queries import groups_from, receipts_after, stored_receipt
from hotline.journal.records import append_record, raise_alarm
from hotline.journal.state import OutGroup
from hotline.trust.card import read_card
from hotline.wire.frames import Receipt
from tests.journal.ledger import (
    CLOCK,
    PEER,
    T0_US,
    accept,
    assert_memory_is_disk,
    do,
    draft,
    forge,
    items_of,
    line_of,
    open_journal,
    say,
    taking,
    transact,
)
from tests.trust import samples

sides = st.sampled_from(["iaf", "hmeimim"])
streams = st.integers(0, 3)
CARDS = {name: read_card(samples.centre(name).card) for name in PEER}


class Exchange(RuleBasedStateMachine):
    """What both journals must say is kept here, as plain lists."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = Path(tempfile.mkdtemp())
        self.journals: dict[str, Journal] = {}
        # Ids of all that a side said, by stream, in order.
        self.said: dict[str, list[list[bytes]]] = {side: [[], [], [], []] for side in PEER}
        # Groups that the other side has taken.
        self.taken: dict[str, list[OutGroup]] = {side: [] for side in PEER}
        # Receipts that a side gave, by size, byte for byte.
        self.given: dict[str, dict[int, Receipt]] = {side: {} for side in PEER}
        # Envelopes that a side contradicted itself with.
        self.forged: dict[str, set[bytes]] = {side: set() for side in PEER}
        self.now_us = T0_US

    @initialize()
    def open_both(self) -> None:
        """Open both journals."""
        for side in PEER:
            self.open(side)

    def open(self, side: str) -> None:
        """Open one journal."""
        self.journals[side] = open_journal(self.directory / side, side)

    @rule(side=sides, stream=streams, count=st.integers(1, 4))
    def compose(self, side: str, stream: int, count: int) -> None:
        """Say something."""
        self.now_us += 1000
        for group in say(self.journals[side], count, stream, self.now_us):
            self.said[side][stream].extend(group.ids)

    @rule(side=sides, count=st.integers(1, 3))
    def note(self, side: str, count: int) -> None:
        """Enter records that the peer only mirrors."""
        transact(
            self.journals[side],
            *(
                lambda j: append_record(j, line_of(j), "clock", CLOCK, self.now_us)
                for _ in range(count)
            ),
            lambda j: raise_alarm(j, "line.down", "", str(self.now_us), "", self.now_us),
        )

    @rule(side=sides, stream=streams, groups=st.integers(1, 3))
    def deliver(self, side: str, stream: int, groups: int) -> None:
        """Carry some groups across, from what the recipient expects next, in one commit."""
        sender, recipient = self.journals[side], self.journals[PEER[side]]
        found = groups_from(
            sender.connection,
            line_of(sender).log,
            stream,
            line_of(recipient).incoming[stream].next_seq,
            max_messages=100,
            max_bytes=10_000,
        )[:groups]
        results, _, committed = transact(
            recipient, *(taking(group, now_us=self.now_us) for group in found)
        )
        assert not any(isinstance(result, Exception) for result in results)
        self.taken[side] += found
        # Where it took several frames, the newest is released and the others are read by size.
        for receipt in committed.receipts.values():
            named = [(stream, group.first_seq, len(group.ids)) for group in found]
            assert items_of(receipt) == named[len(named) - len(receipt.items) :]

    @rule(side=sides, most=st.integers(1, 3))
    def receipts(self, side: str, most: int) -> None:
        """Bring receipts back, from where the mirror ends; each must prove what it says."""
        giver, taker = self.journals[side], self.journals[PEER[side]]
        log = line_of(giver).log
        mirror = line_of(taker).mirror.size
        for receipt in receipts_after(giver.connection, log, mirror, most):
            accept(taker, receipt, self.now_us)

    @rule(side=sides)
    def update(self, side: str) -> None:
        """Have a checkpoint update signed, and the peer witness it."""
        journal, other = self.journals[side], self.journals[PEER[side]]
        do(journal, lambda j: setattr(line_of(j), "seal_wanted", True))
        self.receipts(side, 1000)
        cosignature = do(other, lambda j: witness(j, line_of(j), self.now_us))
        if cosignature is not None:
            do(journal, lambda j: take_cosignature(j, line_of(j), cosignature))
        assert do(other, lambda j: witness(j, line_of(j), self.now_us)) == cosignature

    @precondition(lambda self: any(self.taken.values()))
    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        """Say the same again: the answer is the stored receipt, which names that group."""
        side = data.draw(st.sampled_from([s for s in PEER if self.taken[s]]))
        group = data.draw(st.sampled_from(self.taken[side]))
        journal = self.journals[PEER[side]]
        size = do(journal, self.repeating(group))
        receipt = stored_receipt(journal.connection, line_of(journal).log, size)
        assert receipt == self.given[PEER[side]][size]
        assert (group.stream, group.first_seq, len(group.ids)) in items_of(receipt)

    @precondition(lambda self: any(self.taken.values()))
    @rule(data=st.data())
    def contradict(self, data: st.DataObject) -> None:
        """Sign something else under a number that is taken: refused, and kept once."""
        side = data.draw(st.sampled_from([s for s in PEER if self.taken[s]]))
        group = data.draw(st.sampled_from(self.taken[side]))
        other = forge(self.journals[side], group.first_seq, group.stream)
        journal = self.journals[PEER[side]]
        assert do(journal, self.repeating(other)) is None
        self.forged[side].add(other.envelope)

    def repeating(self, group: OutGroup):  # type: ignore[no-untyped-def]
        """Make the action that decides about a group that came before."""
        return lambda j: repeated(
            j,
            line_of(j),
            stream=group.stream,
            first_seq=group.first_seq,
            ids=group.ids,
            envelope=group.envelope,
            now_us=self.now_us,
        )

    @rule(side=sides)
    def replay(self, side: str) -> None:
        """Take a group once more as if it were new: nothing happens."""
        if self.taken[side]:
            journal = self.journals[PEER[side]]
            ((error,), _, committed) = transact(journal, taking(self.taken[side][-1]))
            assert isinstance(error, JournalError)
            assert error.code == "journal.not-next"
            assert not committed.receipts

    @rule(side=sides, clean=st.booleans())
    def crash(self, side: str, clean: bool) -> None:
        """End the process, with or without a transaction that is not committed."""
        journal = self.journals[side]
        if not clean:
            journal.execute("BEGIN IMMEDIATE")
            group = compose(journal, line_of(journal), 3, [draft()] * 3, self.now_us)
            assert len(group.ids) == 3
            line_of(journal).flush(journal.connection)
        journal.close()
        self.open(side)

    @rule(side=sides)
    def power_fails(self, side: str) -> None:
        """Go on with a copy of the files as they are at this moment, WAL and all."""
        copy = self.directory / f"copy-{self.now_us}-{side}"
        self.now_us += 1
        copy.mkdir()
        for name in (JOURNAL_FILE, f"{JOURNAL_FILE}-wal"):
            shutil.copy(self.directory / side / name, copy / name)
        self.journals[side].close()
        shutil.rmtree(self.directory / side)
        copy.rename(self.directory / side)
        self.open(side)

    @rule(side=sides)
    def fail(self, side: str) -> None:
        """Let a defect strike in the middle of a transaction."""
        try:
            transact(
                self.journals[side],
                lambda j: append_record(j, line_of(j), "clock", CLOCK, 1),
                lambda j: 1 // 0,
                drafts={(PEER[side], 0): [draft()]},
            )
        except ZeroDivisionError:
            return
        raise AssertionError("the defect was swallowed")

    @invariant()
    def memory_is_disk(self) -> None:
        """After every step both journals hold in memory what loading them would give."""
        for journal in self.journals.values():
            assert_memory_is_disk(journal)

    @invariant()
    def nothing_lost_or_twice(self) -> None:
        """Both sides hold what was said, each message once, in order, and the same."""
        for side, journal in self.journals.items():
            for stream, said in enumerate(self.said[side]):
                assert self.ids(journal, 0, stream) == said
                heard = self.ids(self.journals[PEER[side]], 1, stream)
                assert heard == said[: len(heard)]
                assert line_of(journal).outgoing[stream].receipted <= len(heard)

    @invariant()
    def receipts_never_change(self) -> None:
        """Every receipt that was ever given is given again byte for byte."""
        for side, journal in self.journals.items():
            log = line_of(journal).log
            for (size,) in journal.execute(
                "SELECT size FROM receipt_given WHERE log = ?", (log,)
            ).fetchall():
                receipt = stored_receipt(journal.connection, log, size)
                assert receipt is not None
                assert self.given[side].setdefault(size, receipt) == receipt
            assert all(stored_receipt(journal.connection, log, size) for size in self.given[side])

    @staticmethod
    def ids(journal: Journal, direction: int, stream: int) -> list[bytes]:
        """Return the ids of a stream as the journal has them, by number."""
        rows = journal.execute(
            "SELECT seq, id FROM message WHERE direction = ? AND stream = ? ORDER BY idx",
            (direction, stream),
        ).fetchall()
        assert [seq for seq, _ in rows] == list(range(1, len(rows) + 1))
        return [id_ for _, id_ in rows]

    def teardown(self) -> None:
        """Verify both journals by keys and bytes alone; count the evidence."""
        for side, journal in self.journals.items():
            evidence = journal.execute(
                "SELECT payload FROM record WHERE kind = 'equivocation'"
            ).fetchall()
            forged = self.forged[PEER[side]]
            assert all(any(one in payload for (payload,) in evidence) for one in forged)
            journal.close()
            report = verify_journal(
                self.directory / side / JOURNAL_FILE, CARDS[side], {PEER[side]: CARDS[PEER[side]]}
            )
            assert report.failures == []
        shutil.rmtree(self.directory)


class SmallFrames(Exchange):
    """The same with frames of so few leaf hashes that most gaps take several."""

    patch: pytest.MonkeyPatch

    @initialize()
    def open_both(self) -> None:
        """Make frames small, then open both journals."""
        self.patch = pytest.MonkeyPatch()
        for room in (incoming, state):
            self.patch.setattr(room, "MAX_RECEIPT_HASHES", 5)
        self.patch.setattr(incoming, "MAX_RECEIPT_ITEMS", 2)
        super().open_both()

    def teardown(self) -> None:
        """Put the sizes back."""
        super().teardown()
        self.patch.undo()


TestExchange = Exchange.TestCase
TestExchange.settings = settings(stateful_step_count=40)
TestExchangeInSmallFrames = SmallFrames.TestCase
TestExchangeInSmallFrames.settings = settings(stateful_step_count=40)
