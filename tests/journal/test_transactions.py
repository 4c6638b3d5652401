"""One transaction: all or nothing, on disk and in memory, and each job's fault is its own."""

from __future__ import annotations

import sqlite3
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from hotline.errors import (
    ConfigError,
    FencedError,
    HotlineError,
    JournalError,
    UsageError,
)
from hotline.journal.incoming import MAX_CONTRADICTIONS, repeated, witness
from hotline.journal.journal import Journal
from hotline.journal.outgoing import Composed, groups_of, take_receipt
from hotline.journal.records import anchor, append_record
from hotline.trust.merkle import Frontier
from hotline.wire.frames import MAX_RECEIPT_HASHES, Receipt, ReceiptItem
from tests.journal import ledger
from tests.journal.ledger import (
    FLASH,
    ROUTINE,
    T0_US,
    accept,
    assert_memory_is_disk,
    catch_up,
    do,
    draft,
    edge,
    hear,
    items_of,
    line_of,
    open_journal,
    prove,
    say,
    taking,
    transact,
)


@pytest.fixture
def journal(tmp_path: Path) -> Any:
    """Give one centre's journal."""
    opened = open_journal(tmp_path / "iaf")
    yield opened
    opened.close()


@pytest.fixture
def other(tmp_path: Path) -> Any:
    """Give the journal of the centre at the other end."""
    opened = open_journal(tmp_path / "hmeimim", "hmeimim")
    yield opened
    opened.close()


def record(journal: Journal) -> int:
    """Enter a record in the line's log."""
    return append_record(journal, line_of(journal), "clock", b"\x80", T0_US)


def refuse(journal: Journal) -> None:
    """Raise before anything is changed."""
    raise UsageError("alarm.unknown", "there is no alarm 7")


def test_a_refused_action_leaves_the_others_alone(journal: Journal) -> None:
    """An action's error is its own result; what else the transaction does is committed."""
    results, composed, _ = transact(
        journal, record, refuse, record, drafts={("hmeimim", ROUTINE): [draft()]}
    )
    assert results[0] == 0
    assert isinstance(results[1], UsageError)
    assert results[2] == 1
    assert composed[0].index == 2
    assert_memory_is_disk(journal)


def test_an_action_that_fails_halfway_fails_everything(journal: Journal) -> None:
    """Half an action is never committed: the whole transaction is taken back, in memory too."""

    def halfway(journal: Journal) -> None:
        record(journal)
        refuse(journal)

    with pytest.raises(JournalError) as caught:
        transact(journal, record, halfway)
    assert caught.value.code == "journal.defect"
    assert line_of(journal).own.size == 0
    assert_memory_is_disk(journal)
    assert do(journal, record) == 0


def test_a_defect_takes_everything_back(journal: Journal) -> None:
    """An error that is not ours leaves no open transaction and no change behind."""
    with pytest.raises(ZeroDivisionError):
        transact(journal, record, lambda j: 1 // 0)
    assert_memory_is_disk(journal)
    assert do(journal, record) == 0


def test_a_draft_that_cannot_be_sent_harms_no_other(journal: Journal) -> None:
    """Drafts beside one that a peer would refuse are signed, in order and without a gap."""
    bad = draft(kind="Not A Kind")
    _, composed, committed = transact(
        journal, record, drafts={("hmeimim", ROUTINE): [draft(), bad, draft()]}
    )
    assert [type(one) for one in composed] == [Composed, UsageError, Composed]
    assert composed[1].code == "wire.bad-body"
    assert [one.seq for one in (composed[0], composed[2])] == [1, 2]
    assert sum(len(group.ids) for group in committed.groups["hmeimim"]) == 2
    assert_memory_is_disk(journal)


def test_a_draft_to_nobody_harms_no_other(journal: Journal) -> None:
    """A message to a centre that is no peer is refused by itself."""
    drafts = {("nowhere", FLASH): [draft(), draft()], ("hmeimim", ROUTINE): [draft()]}
    _, composed, _ = transact(journal, drafts=drafts)
    assert [type(one) for one in composed] == [ConfigError, ConfigError, Composed]
    assert composed[0].code == "node.unknown-peer"


def test_flash_is_entered_first(journal: Journal) -> None:
    """Within one commit FLASH has the lowest entry numbers, however late it was said."""
    drafts = {("hmeimim", ROUTINE): [draft()] * 3, ("hmeimim", FLASH): [draft()]}
    _, _, committed = transact(journal, drafts=drafts)
    assert [group.stream for group in committed.groups["hmeimim"]] == [FLASH, ROUTINE]
    assert [group.first_index for group in committed.groups["hmeimim"]] == [0, 1]


def test_groups_are_cut_by_number_and_size() -> None:
    """A group has no more messages, and no more bytes, than a peer takes in one frame."""
    small, large = draft(), draft(b"x" * 200_000)
    assert [len(g) for g in groups_of([small] * 5, 2)] == [2, 2, 1]
    assert [len(g) for g in groups_of([small, large, large, small], 256)] == [2, 2]
    assert list(groups_of([], 256)) == []


# --- Failed commits ---------------------------------------------------------------------------


def limit_pages(journal: Journal, spare: int) -> None:
    """Let the database grow by ``spare`` pages more; SQLite then says that the disk is full."""
    (pages,) = journal.execute("PRAGMA page_count").fetchone()
    journal.execute(f"PRAGMA max_page_count = {pages + spare}")


def test_a_full_disk_loses_nothing(journal: Journal, other: Journal) -> None:
    """With a full disk nothing happens at all; with space everything goes on where it was."""
    say(journal, 3)
    before = edge(line_of(journal))
    limit_pages(journal, 0)
    with pytest.raises(JournalError) as caught:
        transact(journal, record, drafts={("hmeimim", ROUTINE): [draft(b"x" * 9000)] * 100})
    assert caught.value.code == "journal.full"
    assert edge(line_of(journal)) == before
    assert_memory_is_disk(journal)
    # The limit went with the connection that the journal gave up: space is free again.
    say(journal, 2)
    catch_up(journal, other)
    assert line_of(other).incoming[ROUTINE].next_seq == 6
    assert_memory_is_disk(journal)


@pytest.mark.parametrize("failing", ["connect", "create_or_check"])
def test_a_journal_that_cannot_be_loaded_again_waits(
    journal: Journal, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    """Between a failed commit and a complete reload nothing is done with what memory holds."""
    say(journal, 2)
    line, before = line_of(journal), edge(line_of(journal))
    full = JournalError("journal.full", "the disk is full")
    with monkeypatch.context() as refusing:

        def refuse_all(*args: object, **options: object) -> None:
            raise full

        refusing.setattr(f"hotline.journal.journal.{failing}", refuse_all)
        with pytest.raises(ZeroDivisionError):
            transact(journal, record, lambda j: 1 // 0)
        for _ in range(2):
            with pytest.raises(JournalError) as caught:
                say(journal)
            assert caught.value is full
    (group,) = say(journal)
    assert group.first_seq == 3
    assert group.first_index == before["own"][0] == 2
    assert line_of(journal) is line, "whoever shows the line still holds its state"
    assert_memory_is_disk(journal)


def test_a_commit_that_fails_releases_nothing(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When COMMIT itself fails, what was signed is forgotten, and signed anew from the disk."""
    real = Journal.execute

    def failing(self: Journal, sql: str, parameters: Any = ()) -> sqlite3.Cursor:
        if sql == "COMMIT":
            raise sqlite3.OperationalError("disk I/O error")
        return real(self, sql, parameters)

    with monkeypatch.context() as broken:
        broken.setattr(Journal, "execute", failing)
        with pytest.raises(JournalError) as caught:
            say(journal)
    assert caught.value.code == "journal.store-failed"
    (group,) = say(journal)
    assert (group.first_seq, group.first_index) == (1, 0)
    assert_memory_is_disk(journal)


# --- Receipts ---------------------------------------------------------------------------------


def test_a_receipt_names_what_was_taken(journal: Journal, other: Journal) -> None:
    """One receipt a transaction covers all groups of it, each by its place in the log."""
    groups = [*say(journal, 2, FLASH), *say(journal, 3)]
    do(other, record)
    receipt = hear(other, *groups)
    assert receipt.items == (ledger.item(FLASH, 1, 2, 1), ledger.item(ROUTINE, 1, 3, 3))
    accept(journal, receipt)
    assert [stream.receipted for stream in line_of(journal).outgoing] == [2, 0, 0, 3]


def test_a_long_gap_takes_several_frames(journal: Journal, other: Journal) -> None:
    """Frames end before a group that would not fit whole, so that each can be verified."""
    # As many leaves as leave room for half of the group that is taken next.
    for _ in range(MAX_RECEIPT_HASHES - 20):
        line_of(other).append(bytes(32))
    group, *_ = say(journal, 40)
    committed = transact(other, taking(group))[2]
    (newest,) = committed.receipts.values()
    assert items_of(newest) == [(ROUTINE, 1, 40)]
    assert newest.old_size < MAX_RECEIPT_HASHES
    assert newest.old_size == newest.items[0].first_index
    receipts = catch_up(journal, other)
    assert [len(receipt.items) for receipt in receipts] == [0, 1]
    assert receipts[-1] == newest


def test_memory_stays_flat_while_the_peer_is_away(journal: Journal) -> None:
    """A backlog that nobody asks for is sealed in frames, not gathered without end."""
    for _ in range(3):
        for _ in range(8000):
            line_of(journal).append(bytes(32))
        do(journal, record)
        assert len(line_of(journal).unsealed) < MAX_RECEIPT_HASHES
    assert_memory_is_disk(journal)


def test_groups_out_of_order_are_not_taken(journal: Journal, other: Journal) -> None:
    """After a commit that failed, what follows the lost group is refused until it comes again."""
    first, second = *say(journal), *say(journal)
    ((refused,), _, committed) = transact(other, taking(second))
    assert refused.code == "journal.not-next"
    assert committed.receipts == {}
    hear(other, first)
    forged = ledger.forge(journal, 2)
    ((refused,), _, _) = transact(other, taking(forged))
    assert refused.code == "journal.not-next", "it does not follow what is durable"
    hear(other, second)


def take_late(
    journal: Journal, *, receipt: Receipt, items: tuple[ReceiptItem, ...], frontier: Frontier
) -> None:
    """Enter a receipt without looking whether it is the next."""
    take_receipt(journal, line_of(journal), receipt, frontier, items, T0_US)


def test_receipts_out_of_order_are_not_taken(journal: Journal, other: Journal) -> None:
    """A receipt behind one that was lost would leave a hole in the mirror, and is refused."""
    receipts = [hear(other, group) for _ in range(3) for group in say(journal)]
    lost, second, _ = receipts
    frontier = prove(journal, lost)
    before = edge(line_of(journal))
    for receipt, items in ((second, second.items), (second, ()), (lost, second.items)):
        with pytest.raises(JournalError) as caught:
            do(journal, partial(take_late, receipt=receipt, items=items, frontier=frontier))
        assert caught.value.code == "journal.not-next"
    assert edge(line_of(journal)) == before
    for receipt in receipts:
        accept(journal, receipt)
    assert_memory_is_disk(journal)


def test_an_update_moves_the_mirror_and_is_no_entry(journal: Journal, other: Journal) -> None:
    """A receipt that names no message makes no entry, or two idle nodes would never rest."""
    do(other, record)
    do(other, lambda j: setattr(line_of(j), "seal_wanted", True))
    (update,) = catch_up(journal, other)
    assert update.items == ()
    assert line_of(journal).mirror.size == 1
    assert line_of(journal).own.size == 0
    do(other, lambda j: setattr(line_of(j), "seal_wanted", True))
    assert catch_up(journal, other) == [], "there is nothing new to sign"


# --- Repeated and contradicted ----------------------------------------------------------------


def repeat(journal: Journal, first_seq: int, ids: tuple[bytes, ...], envelope: bytes) -> Any:
    """Decide about a group whose numbers were taken before."""
    return do(journal, repeating(first_seq, ids, envelope))


def repeating(first_seq: int, ids: tuple[bytes, ...], envelope: bytes) -> Any:
    """Make the action of ``repeat``."""
    return lambda j: repeated(
        j,
        line_of(j),
        stream=ROUTINE,
        first_seq=first_seq,
        ids=ids,
        envelope=envelope,
        now_us=T0_US,
    )


def test_a_repetition_across_groups_is_answered_by_its_last_receipt(
    journal: Journal, other: Journal
) -> None:
    """Other entries between two groups do not lead to a receipt that is too old."""
    groups = [*say(journal, 2), *say(journal, 2)]
    sizes = []
    for group in groups:
        receipt = hear(other, group)
        sizes.append(receipt.old_size + len(receipt.leaf_hashes) // 32)
        for _ in range(5):
            do(other, record)
    ids = (*groups[0].ids, *groups[1].ids)
    assert repeat(other, 1, ids, b"") == sizes[1]
    assert repeat(other, 1, ids[:2], b"") == sizes[0]
    assert repeat(other, 2, ids[1:], b"") == sizes[1]
    assert repeat(other, 4, (ids[3], b"not taken yet"), b"") == sizes[1]


def test_a_repetition_within_one_commit_finds_its_receipt(journal: Journal, other: Journal) -> None:
    """What the same transaction took is sealed before it is asked for."""
    (group,) = say(journal, 2)
    results, _, committed = transact(
        other, taking(group), repeating(1, group.ids, group.envelope), record
    )
    (receipt,) = committed.receipts.values()
    assert results[1] == receipt.old_size + len(receipt.leaf_hashes) // 32 == 2
    assert items_of(receipt) == [(ROUTINE, 1, 2)]
    assert_memory_is_disk(other)


def test_what_is_not_here_is_not_answered(other: Journal) -> None:
    """A group that was lost with a failed commit gets no older receipt in its place."""
    with pytest.raises(JournalError) as caught:
        repeat(other, 1, (bytes(32),), b"")
    assert caught.value.code == "journal.not-next"


def test_contradictions_are_kept_but_not_without_end(journal: Journal, other: Journal) -> None:
    """Every envelope that contradicts is kept once, and a flood of them fills no disk."""
    hear(other, *say(journal))
    for n in range(MAX_CONTRADICTIONS + 5):
        for _ in range(2):
            assert repeat(other, 1, (bytes(32),), b"envelope %d" % n) is None
    (kept,) = other.execute("SELECT count(*) FROM record WHERE kind = 'equivocation'").fetchone()
    assert kept == MAX_CONTRADICTIONS


# --- The fence --------------------------------------------------------------------------------


def test_a_fence_holds_at_once_and_for_ever(journal: Journal, tmp_path: Path) -> None:
    """A fenced node signs nothing, whatever it is asked for, and still does not after a restart."""
    say(journal)
    do(journal, lambda j: j.set_fence("it was rolled back"))
    for _ in range(2):
        results, composed, committed = transact(
            journal,
            record,
            lambda j: anchor(j, line_of(j), T0_US),
            lambda j: append_record(j, j.node_log, "node", b"\x80", T0_US),
            lambda j: anchor(j, line_of(j), T0_US),
            drafts={("hmeimim", FLASH): [draft(), draft()]},
        )
        assert isinstance(results[0], int), "what is only entered goes on"
        assert [type(one) for one in composed] == [FencedError, FencedError]
        assert isinstance(results[3], FencedError)
        assert (committed.groups, committed.receipts) == ({}, {})
        journal.close()
        journal = open_journal(tmp_path / "iaf")
        assert journal.signer.fence == "it was rolled back"
    journal.close()


def test_a_fenced_node_takes_and_witnesses_nothing(journal: Journal, other: Journal) -> None:
    """It could not give the receipt that every message gets, so the peer keeps the message."""
    (group,) = say(journal)
    do(journal, lambda j: setattr(line_of(j), "seal_wanted", True))
    catch_up(other, journal)
    do(other, lambda j: j.set_fence("it was rolled back"))
    results, _, committed = transact(other, taking(group), lambda j: witness(j, line_of(j), T0_US))
    assert [type(result) for result in results] == [FencedError, FencedError]
    assert committed.receipts == {}
    assert line_of(other).incoming[ROUTINE].next_seq == 1


def test_a_fence_lets_what_was_taken_before_it_have_its_receipt(
    journal: Journal, other: Journal
) -> None:
    """Groups of the same transaction are receipted; whoever said them is not left in doubt."""
    (group,) = say(journal)
    results, composed, committed = transact(
        other,
        taking(group),
        lambda j: j.set_fence("it was rolled back"),
        record,
        drafts={("iaf", ROUTINE): [draft()]},
    )
    assert results[1] is None
    assert isinstance(composed[0], FencedError)
    accept(journal, committed.receipts["iaf"])
    assert_memory_is_disk(other)


def test_a_fence_that_cannot_be_stored_holds_all_the_same(journal: Journal) -> None:
    """Memory keeps a fence through the reload that follows a failed commit."""
    with pytest.raises(ZeroDivisionError):
        transact(journal, lambda j: j.set_fence("it was rolled back"), lambda j: 1 // 0)
    assert journal.meta("fence") is None
    _, composed, _ = transact(journal, drafts={("hmeimim", ROUTINE): [draft()]})
    assert isinstance(composed[0], FencedError)


def test_the_node_log_is_anchored_in_the_line(journal: Journal) -> None:
    """An anchor holds the newest checkpoint of the node's log, signed again when it has grown."""
    do(journal, lambda j: append_record(j, j.node_log, "node", b"\x80", T0_US))
    assert do(journal, lambda j: anchor(j, line_of(j), T0_US)) == 0
    note = journal.node_log.note
    assert do(journal, lambda j: anchor(j, line_of(j), T0_US)) == 1
    assert journal.node_log.note == note, "nothing is new, so nothing is signed again"
    payload = journal.execute("SELECT payload FROM record WHERE kind = 'anchor'").fetchone()[0]
    assert note in payload


def test_errors_of_ours_have_a_code_and_a_hint(journal: Journal) -> None:
    """A line that is not there is named, with those that are."""
    with pytest.raises(HotlineError, match="nowhere") as caught:
        journal.line("nowhere")
    assert "hmeimim" in caught.value.hint
    assert do(journal, lambda j: witness(j, line_of(j), T0_US)) is None
