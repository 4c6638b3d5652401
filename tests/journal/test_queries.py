"""Reading a journal: pages, names, threads, and what a line resumes from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hotline.errors import JournalError, UsageError
from hotline.journal.incoming import Presentation
from hotline.journal.journal import Journal
from hotline.journal.queries import (
    find_message,
    find_notice,
    groups_from,
    highest_reference,
    ids_from,
    messages,
    of_references,
    receipts_after,
    records,
    replies_to,
    stored_receipt,
    thread,
)
from hotline.journal.records import append_record
from hotline.journal.resume import resume
from tests.journal.ledger import (
    FLASH,
    PRIORITY,
    ROUTINE,
    T0_US,
    accept,
    catch_up,
    do,
    draft,
    hear,
    line_of,
    open_journal,
    say,
    taking,
    transact,
)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """Give one centre's journal."""
    opened = open_journal(tmp_path / "iaf")
    yield opened
    opened.close()


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Journal]:
    """Give the journal of the centre at the other end."""
    opened = open_journal(tmp_path / "hmeimim", "hmeimim")
    yield opened
    opened.close()


def test_messages_are_found_by_what_they_are(journal: Journal, other: Journal) -> None:
    """Direction, peer, kind and time narrow a page; the newest come first."""
    say(journal, 3, now_us=T0_US)
    say(journal, 2, FLASH, now_us=T0_US + 10, kind="advisory")
    (theirs,) = say(other, 1, now_us=T0_US + 20)
    hear(journal, theirs, now_us=T0_US + 20)
    store = journal.connection
    found = messages(store)
    assert [message.index for message in found] == [5, 4, 3, 2, 1, 0]
    assert [message.index for message in messages(store, limit=2)] == [5, 4]
    assert [message.index for message in messages(store, direction="in")] == [5]
    assert [message.index for message in messages(store, direction="out", limit=1)] == [4]
    assert [message.index for message in messages(store, kinds=["advisory", "end"])] == [4, 3]
    assert [message.index for message in messages(store, since_us=T0_US + 10)] == [5, 4, 3]
    assert messages(store, peer="nowhere") == []
    assert len(messages(store, peer="hmeimim")) == 6
    assert found[0].direction == "in"
    assert found[0].decoded().sender == "hmeimim"


def test_receipts_are_shown_with_their_messages(journal: Journal, other: Journal) -> None:
    """A message under a receipt shows when it was durable there, and as which entry."""
    do(other, lambda j: append_record(j, line_of(j), "clock", b"\x80", T0_US))
    (group,) = say(journal, 3)
    receipt = hear(other, group, now_us=T0_US + 50)
    accept(journal, receipt, T0_US + 90)
    say(journal, 1)
    shown = messages(journal.connection)
    assert [(m.receipted_us, m.receipt_taken_us, m.receipt_index) for m in shown] == [
        (None, None, None),
        *[(T0_US + 50, T0_US + 90, index) for index in (3, 2, 1)],
    ]


def test_a_message_is_found_by_any_length_of_its_id(journal: Journal) -> None:
    """Six digits or more of an id are enough, odd numbers of them too, and case is no matter."""
    say(journal, 40)
    stored = messages(journal.connection)[7]
    name = stored.id.hex()
    for length in (12, 13, 63, 64):
        assert find_message(journal.connection, name[:length]).id == stored.id
    assert find_message(journal.connection, f"{name[:12].upper()}…").id == stored.id
    for wrong in (name[:5], name + "0", "zzzzzzzz", "", "f" * 64, "IAF-0001", "\udcff"):
        with pytest.raises(UsageError) as caught:
            find_message(journal.connection, wrong)
        assert caught.value.code == "node.no-such-message"


def test_an_ambiguous_id_is_refused_however_many_share_it(journal: Journal) -> None:
    """Ids that begin alike are told apart by one more digit, and counted when they are not."""
    say(journal, 30)
    # Ids are hashes; only a changed table can make thirty of them begin alike.
    for n in range(30):
        id_ = bytes.fromhex("abcdef" + ("1" if n < 29 else "2") + "0" * 55 + f"{n:02x}")
        journal.execute("UPDATE message SET id = ? WHERE idx = ?", (id_, n))
    with pytest.raises(UsageError) as caught:
        find_message(journal.connection, "abcdef1")
    assert caught.value.code == "node.ambiguous-id"
    assert find_message(journal.connection, "abcdef2").index == 29


def test_a_reference_stands_for_its_notice(journal: Journal) -> None:
    """A reference finds the notice, not its amendments, which are in its thread."""
    say(journal, kind="notice", reference="IAF-0007", now_us=T0_US)
    say(journal, kind="revision", reference="IAF-0007", now_us=T0_US + 1)
    say(journal, kind="notice", reference="IAF-0008", now_us=T0_US + 2)
    found = find_message(journal.connection, "iaf-0007")
    assert (found.kind, found.index) == ("notice", 0)
    assert [one.kind for one in thread(journal.connection, found)] == ["notice", "revision"]
    assert [one.index for one in of_references(journal.connection, ["IAF-0007"])] == [0, 1]
    assert highest_reference(journal.connection, "IAF") == 8
    assert highest_reference(journal.connection, "HMEIMIM") == 0


def lay(journal: Journal, sender: Journal, shown: Presentation, **changes: Any) -> bytes:
    """Have a journal take a message of a peer that is presented like this; return its id."""
    (group,) = say(sender, **changes)
    transact(journal, taking(group, shown=[shown], now_us=T0_US + 1))
    return group.ids[0]


def test_no_reference_passes_for_an_id(journal: Journal, other: Journal) -> None:
    """A peer that calls a notice by the id of another message does not get its answer."""
    first = lay(journal, other, Presentation())
    name = first.hex()
    for reference in (name.upper(), name[:8].upper()):
        lay(journal, other, Presentation(reference=reference), kind="notice")
    assert find_message(journal.connection, name).id == first
    assert find_message(journal.connection, name[:12]).id == first
    with pytest.raises(UsageError) as caught:
        find_message(journal.connection, name[:8])
    assert caught.value.code == "node.ambiguous-id"


def test_no_peer_gives_our_numbers(journal: Journal, other: Journal) -> None:
    """A peer's notice under a reference of ours hides none, and moves no number of ours."""
    say(journal, kind="notice", reference="IAF-0007", now_us=T0_US)
    for reference in ("IAF-0007", f"IAF-{'9' * 30}"):
        lay(journal, other, Presentation(reference=reference), kind="notice")
    assert highest_reference(journal.connection, "IAF") == 7
    with pytest.raises(UsageError) as caught:
        find_message(journal.connection, "IAF-0007")
    assert caught.value.code == "node.ambiguous-id"
    ours = find_notice(journal.connection, "hmeimim", "IAF-0007")
    assert ours is not None
    assert ours.direction == "out"
    assert find_notice(journal.connection, "incirlik", "IAF-0007") is None


def test_no_peer_crowds_our_steps_out(journal: Journal, other: Journal) -> None:
    """However much a peer says under our reference, what we say later still belongs to it."""
    say(journal, kind="notice", reference="IAF-0007", now_us=T0_US)
    shown = [Presentation(reference="IAF-0007")] * 256
    for _ in range(5):
        (group,) = say(other, 256, kind="withdrawal")
        transact(journal, taking(group, shown=shown, now_us=T0_US + 1))
    say(journal, kind="activation", reference="IAF-0007", now_us=T0_US + 2)
    notice = find_message(journal.connection, "IAF-0007")
    assert thread(journal.connection, notice)[-1].kind == "activation"
    steps = of_references(journal.connection, ["IAF-0007"], limit=1000)
    assert steps[-1].kind == "activation"


def test_a_thread_holds_the_answers_of_its_own_line(tmp_path: Path) -> None:
    """Answers belong to the thread; what another peer says about it is neither in it nor one."""
    ours = open_journal(tmp_path / "iaf", lines={"hmeimim": 1, "incirlik": 1})
    third = open_journal(tmp_path / "c", "incirlik", lines={"iaf": 1})
    second = open_journal(tmp_path / "b", "hmeimim")
    draft_of_ours = draft(kind="notice", reference="IAF-0001")
    _, (said,), _ = transact(ours, drafts={("hmeimim", ROUTINE): [draft_of_ours]})
    for sender in (third, second):
        (group,) = say(sender, kind="reply", now_us=T0_US + 1)
        action = taking(group, shown=[Presentation(about=said.id)], now_us=T0_US + 1)
        transact(ours, action)
    notice = find_message(ours.connection, "IAF-0001")
    whole = thread(ours.connection, notice)
    assert [(one.kind, one.peer) for one in whole] == [
        ("notice", "hmeimim"),
        ("reply", "hmeimim"),
    ]
    assert replies_to(ours.connection, [notice.id])[notice.id].peer == "hmeimim"
    # A reply of our own to our own message is no answer to it.
    own = draft(kind="reply", about=said.id)
    transact(ours, drafts={("hmeimim", ROUTINE): [own]}, now_us=T0_US + 9)
    assert replies_to(ours.connection, [notice.id])[notice.id].direction == "in"
    assert replies_to(ours.connection, [bytes(32)]) == {}
    for journal in (ours, second, third):
        journal.close()


def test_a_thread_without_a_reference_is_the_message_and_its_answers(journal: Journal) -> None:
    """A message that is no notice has a thread too."""
    (group,) = say(journal)
    say(journal, kind="reply", about=group.ids[0])
    first = messages(journal.connection)[-1]
    assert [one.index for one in thread(journal.connection, first)] == [0, 1]


def recording(kind: str, now_us: int) -> Callable[[Journal], int]:
    """Make the action that enters a record in the line's log."""
    return lambda journal: append_record(journal, line_of(journal), kind, b"\x80", now_us)


def test_records_are_found_by_kind_and_time(journal: Journal) -> None:
    """The newest first, of all logs."""
    for n, kind in enumerate(("clock", "read", "clock")):
        do(journal, recording(kind, T0_US + n + 1))
    do(journal, lambda j: append_record(j, j.node_log, "node", b"\x80", T0_US + 9))
    store = journal.connection
    assert [record.kind for record in records(store)] == [
        *("node", "clock", "read", "clock"),
        "line-opened",
    ]
    assert [record.index for record in records(store, kinds=["clock"], limit=1)] == [2]
    assert [record.kind for record in records(store, since_us=T0_US + 3)] == ["node", "clock"]


def test_groups_come_whole_and_within_bounds(journal: Journal) -> None:
    """From any message on, whole stored groups come, at least one, byte for byte."""
    sent = [group for count in (3, 2, 4) for group in say(journal, count)]
    say(journal, 2, FLASH)
    log = line_of(journal).log

    def found(first: int, most: int = 100, size: int = 1 << 20) -> list[int]:
        groups = groups_from(
            journal.connection, log, ROUTINE, first, max_messages=most, max_bytes=size
        )
        assert all(group in sent for group in groups)
        return [group.first_seq for group in groups]

    assert found(1) == [1, 4, 6]
    assert found(2) == [1, 4, 6], "a group is never cut"
    assert found(4) == [4, 6]
    assert found(1, most=5) == [1, 4]
    assert found(1, most=0) == [1]
    assert found(1, size=1) == [1]
    assert found(10) == []
    assert groups_from(journal.connection, log, PRIORITY, 1, max_messages=9, max_bytes=9) == []


def test_ids_are_found_across_whatever_lies_between(journal: Journal) -> None:
    """The ids from any message on are those of its stream, in order, and no more than asked."""
    ids: list[bytes] = []
    for count in (2, 1, 3):
        for group in say(journal, count, FLASH):
            ids.extend(group.ids)
        say(journal, 7)
    log = line_of(journal).log
    for first in range(1, 8):
        assert ids_from(journal.connection, log, FLASH, first, 100) == ids[first - 1 :]
    assert ids_from(journal.connection, log, FLASH, 2, 3) == ids[1:4]
    assert ids_from(journal.connection, log, PRIORITY, 1, 3) == []


def test_finding_ids_costs_the_same_at_any_size(journal: Journal) -> None:
    """A resume does not walk through what other streams said since."""
    say(journal, 1, FLASH)
    line = line_of(journal)

    def steps() -> int:
        count = 0

        def step() -> int:
            nonlocal count
            count += 1
            return 0

        journal.connection.set_progress_handler(step, 10)
        for first in (1, 2):
            ids_from(journal.connection, line.log, FLASH, first, 100)
        journal.connection.set_progress_handler(None, 0)
        return count

    before = steps()
    say(journal, 5000)
    assert steps() <= before + 5


def test_a_line_resumes_from_what_is_durable(journal: Journal, other: Journal) -> None:
    """What the association begins with is what both journals hold."""
    say(journal, 5)
    catch_up(journal, other)
    (group,) = say(journal, 3)
    state = resume(journal, line_of(journal), 2)
    assert state.receipted == (0, 0, 0, 5)
    assert state.durable == (0, 0, 0, 8)
    assert state.unreceipted_ids == ((), (), (), group.ids[:2])
    assert (state.mirror.size, state.own_size) == (5, 9)
    assert state.mirror is not line_of(journal).mirror.frontier
    theirs = resume(other, line_of(other), 2)
    assert theirs.next_expected == (1, 1, 1, 6)
    assert (theirs.sealed, theirs.own_note) == (5, state.mirror_note)


def test_receipts_are_given_again_from_any_size(journal: Journal, other: Journal) -> None:
    """From the mirror's size on, receipts come in order and join; the same bytes each time."""
    given = [hear(other, group) for _ in range(4) for group in say(journal, 2)]
    log = line_of(other).log
    store = other.connection
    assert list(receipts_after(store, log, 0, 10)) == given
    assert list(receipts_after(store, log, 4, 1)) == [given[2]]
    assert list(receipts_after(store, log, 8, 10)) == []
    (partial, *_) = receipts_after(store, log, 3, 10)
    assert (partial.old_size, partial.leaf_hashes) == (3, given[1].leaf_hashes[32:])
    assert [stored_receipt(store, log, size) for size in (2, 4, 6, 8)] == given
    assert stored_receipt(store, log, 3) is None
    other.execute("DELETE FROM leaf_run WHERE first = 2")
    with pytest.raises(JournalError):
        list(receipts_after(store, log, 2, 10))
    with pytest.raises(JournalError):
        stored_receipt(store, log, 4)


def test_each_centre_has_notices_of_one_name_to_itself(journal: Journal, other: Journal) -> None:
    """Two notices of one reference are two: by owner found, each with what was said of it alone."""
    say(journal, kind="notice", reference="IAF-0007", now_us=T0_US)
    lay(journal, other, Presentation(reference="IAF-0007"), kind="revision")
    store = journal.connection
    ours = find_message(store, "IAF-0007")
    assert [one.kind for one in thread(store, ours)] == ["notice", "revision"]
    theirs = lay(journal, other, Presentation(reference="IAF-0007"), kind="notice")
    answers = Presentation(reference="IAF-0007", about=ours.id)
    lay(journal, other, answers, kind="reply")
    say(journal, kind="activation", reference="IAF-0007", now_us=T0_US + 2)
    say(journal, kind="reply", reference="IAF-0007", about=theirs, now_us=T0_US + 3)
    with pytest.raises(UsageError) as caught:
        find_message(store, "IAF-0007")
    assert caught.value.code == "node.ambiguous-id"
    assert caught.value.message == "IAF-0007 is a notice of iaf and one of hmeimim"
    assert "iaf:IAF-0007 or hmeimim:IAF-0007" in caught.value.hint
    assert find_message(store, "IAF:iaf-0007").id == ours.id
    assert find_message(store, "hmeimim:IAF-0007").id == theirs
    assert find_message(store, "IAF-0007", "in").id == theirs
    assert find_message(store, "IAF-0007", "out").id == ours.id
    assert find_notice(store, "hmeimim", "IAF-0007", ours=True) == ours
    said_of_ours = [(one.direction, one.kind) for one in thread(store, ours)]
    assert said_of_ours == [("out", "notice"), ("in", "reply"), ("out", "activation")]
    said_of_theirs = [
        (one.direction, one.kind) for one in thread(store, find_message(store, "hmeimim:IAF-0007"))
    ]
    assert said_of_theirs == [("in", "revision"), ("in", "notice"), ("out", "reply")]


def test_a_peer_hides_nothing_behind_our_name(journal: Journal, other: Journal) -> None:
    """A reference that begins as `iaf:` does is found by the id of its message alone."""
    say(journal, kind="notice", reference="IAF-0007", now_us=T0_US)
    lay(journal, other, Presentation(reference="IAF-0007"), kind="notice")
    lay(journal, other, Presentation(reference="IAF:IAF-0007"), kind="notice")
    lay(journal, other, Presentation(reference="X:1"), kind="notice")
    assert find_message(journal.connection, "iaf:IAF-0007").direction == "out"
    assert find_message(journal.connection, "x:1").direction == "in"
    with pytest.raises(UsageError) as caught:
        find_message(journal.connection, "iaf:IAF-0008")
    assert caught.value.code == "node.no-such-message"
