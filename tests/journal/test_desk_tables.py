"""What the desk is shown: deadlines, readings, alarms; each follows from entries alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hotline.errors import TrustError, UsageError
from hotline.journal.counts import counts
from hotline.journal.incoming import Presentation, take_cosignature, witness
from hotline.journal.journal import Journal
from hotline.journal.queries import StoredAlarm, alarms
from hotline.journal.records import acknowledge_alarm, clear_alarms, raise_alarm, read_message
from hotline.journal.state import OutGroup
from hotline.wire.frames import Cosignature
from tests.journal.ledger import (
    ROUTINE,
    T0_US,
    catch_up,
    do,
    line_of,
    open_journal,
    say,
    taking,
    transact,
)

SECOND_US = 1_000_000


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


# --- Deadlines --------------------------------------------------------------------------------


def due(journal: Journal) -> dict[bytes, int]:
    """Return what is still to be answered, with the time."""
    rows = journal.execute(
        "SELECT m.id, d.due_us FROM deadline d LEFT JOIN message m USING (log, idx)"
    )
    return dict(rows.fetchall())


def hear_as(journal: Journal, group: OutGroup, *, now_us: int = T0_US, **shown: object) -> None:
    """Take a group of one, presented as ``shown`` says."""
    ((taken,), _, _) = transact(
        journal,
        taking(group, shown=[Presentation(**shown)], now_us=now_us),  # type: ignore[arg-type]
    )
    assert not isinstance(taken, Exception)


def test_both_sides_wait_for_an_answer(journal: Journal, other: Journal) -> None:
    """A message that wants an answer has a deadline on both sides, each from its own entry."""
    (group,) = say(journal, answer_within_s=60)
    hear_as(other, group, now_us=T0_US + 5, answer_within_s=60)
    assert due(journal) == {group.ids[0]: T0_US + 60 * SECOND_US}
    assert due(other) == {group.ids[0]: T0_US + 60 * SECOND_US + 5}
    assert counts(other.connection, T0_US + 61 * SECOND_US).overdue_in == 1
    assert counts(journal.connection, T0_US + 61 * SECOND_US).overdue_out == 0, "not there yet"
    late_us = T0_US + 50 * SECOND_US
    receipt = (line_of(journal).log, group.stream, 1, 1, 0, late_us, late_us, 0)
    journal.execute("INSERT INTO receipt_taken VALUES (?, ?, ?, ?, ?, ?, ?, ?)", receipt)
    assert counts(journal.connection, T0_US + 61 * SECOND_US).overdue_out == 0, "just arrived"
    assert counts(journal.connection, late_us + 61 * SECOND_US).overdue_out == 1


def test_a_stand_by_moves_and_an_answer_ends_the_wait(journal: Journal, other: Journal) -> None:
    """A stand-by starts the time again on both sides; the answer settles it for good."""
    (group,) = say(journal, answer_within_s=60)
    hear_as(other, group, answer_within_s=60)
    about, later = group.ids[0], T0_US + 30 * SECOND_US
    (stand_by,) = say(other, now_us=later, about=about, answer_within_s=60)
    hear_as(journal, stand_by, now_us=later, about=about, answer_within_s=60)
    assert due(other) == due(journal) == {about: later + 60 * SECOND_US}
    (answer,) = say(other, about=about, settles=True)
    hear_as(journal, answer, about=about, settles=True)
    assert due(other) == due(journal) == {}
    (late,) = say(other, about=about, answer_within_s=60)
    hear_as(journal, late, about=about, answer_within_s=60)
    assert due(other) == due(journal) == {}, "what was answered stays answered"


@pytest.mark.parametrize(
    ("kind", "left"), [("revision", 1), ("withdrawal", 0), ("end", 0), ("activation", 1)]
)
def test_what_replaces_or_ends_a_notice_retires_its_deadline(
    journal: Journal, other: Journal, kind: str, left: int
) -> None:
    """Nobody owes an answer to what was withdrawn; a revision wants one in its own name."""
    wants: dict[str, Any] = {"reference": "IAF-0001", "answer_within_s": 60.0}
    (notice,) = say(journal, **wants)
    hear_as(other, notice, **wants)
    (another,) = say(journal, reference="IAF-0002", answer_within_s=60.0)
    hear_as(other, another, reference="IAF-0002", answer_within_s=60.0)
    follows = wants if kind == "revision" else {"reference": "IAF-0001"}
    (group,) = say(journal, kind=kind, **follows)
    hear_as(other, group, **follows)
    keeps = {"revision": group.ids[0], "activation": notice.ids[0]}
    for ledger in (journal, other):
        assert len(due(ledger)) == 1 + left
        assert another.ids[0] in due(ledger)
        if left:
            assert keeps[kind] in due(ledger)


def test_nobody_answers_for_the_other_side(journal: Journal, other: Journal) -> None:
    """What a centre says about its own message neither ends nor moves the other's duty."""
    (group,) = say(journal, answer_within_s=60)
    hear_as(other, group, answer_within_s=60)
    before = due(other)
    for said in ({"settles": True}, {"answer_within_s": 3600}):
        (own,) = say(journal, about=group.ids[0], **said)
        hear_as(other, own, now_us=T0_US + 9, about=group.ids[0], **said)
        assert due(other) == before == due(journal)


def test_an_answer_to_nothing_sets_no_deadline(journal: Journal, other: Journal) -> None:
    """A stand-by or answer about a message that does not exist leaves no trace in the table."""
    for said in ({"settles": True}, {"answer_within_s": 60.0}):
        (group,) = say(journal)
        hear_as(other, group, about=b"?" * 32, **said)
    (group,) = say(journal)
    hear_as(other, group, settles=True)
    assert due(other) == {}


def test_a_peer_cannot_touch_the_deadlines_of_another_line(tmp_path: Path) -> None:
    """What one peer says about a message of another line leaves that line's duties alone."""
    ours = open_journal(tmp_path / "iaf", lines={"hmeimim": 1, "incirlik": 1})
    third = open_journal(tmp_path / "c", "incirlik", lines={"iaf": 1})
    second = open_journal(tmp_path / "b", "hmeimim")
    (group,) = say(second, answer_within_s=60)
    hear_as(ours, group, answer_within_s=60)
    before = due(ours)
    for said in ({"settles": True}, {"answer_within_s": 3600.0}):
        (meddling,) = say(third, about=group.ids[0])
        hear_as(ours, meddling, about=group.ids[0], **said)
        assert due(ours) == before
    assert counts(ours.connection, T0_US).unanswered == 1
    for journal in (ours, second, third):
        journal.close()


# --- Readings ---------------------------------------------------------------------------------


def reading(id_: bytes, officer: str) -> Callable[[Journal], int | None]:
    """Make the action that records who opened a message."""
    return lambda journal: read_message(journal, line_of(journal), id_, officer, T0_US)


def test_a_reading_is_recorded_once_an_officer(journal: Journal, other: Journal) -> None:
    """The first time that an officer opens a message is an entry, and no later one is."""
    (group,) = say(journal)
    hear_as(other, group)
    (id_,) = group.ids
    assert counts(other.connection, T0_US).unread == 1
    for officer, again in (("levy", False), ("levy", True), ("cohen", False)):
        index = do(other, reading(id_, officer))
        assert (index is None) is again
    assert counts(other.connection, T0_US).unread == 0
    assert other.execute("SELECT count(*) FROM record WHERE kind = 'read'").fetchone() == (2,)


# --- Alarms -----------------------------------------------------------------------------------


def ring(journal: Journal, text: str = "it is down", now_us: int = T0_US) -> int | None:
    """Raise the alarm that all these tests are about."""
    id_: int | None = do(
        journal, lambda j: raise_alarm(j, "line.down", "hmeimim", "", text, now_us)
    )
    return id_


def clear(journal: Journal) -> list[int]:
    """Say that its cause is gone."""
    ids: list[int] = do(journal, lambda j: clear_alarms(j, "line.down", "hmeimim", "", T0_US))
    return ids


def standing(journal: Journal) -> list[StoredAlarm]:
    """Return the alarms that are shown."""
    return alarms(journal.connection)


def test_an_alarm_latches_until_it_is_both_cleared_and_acknowledged(journal: Journal) -> None:
    """Neither the end of its cause nor an officer's notice alone takes an alarm away."""
    id_ = ring(journal)
    assert id_ is not None
    assert ring(journal) is None, "it stands already"
    assert clear(journal) == [id_]
    assert clear(journal) == []
    assert [alarm.id for alarm in standing(journal)] == [id_]
    do(journal, lambda j: acknowledge_alarm(j, id_, "levy", T0_US))
    assert standing(journal) == []
    (kept,) = alarms(journal.connection, standing_only=False)
    assert (kept.acknowledged_by, kept.cleared_us) == ("levy", T0_US)
    assert ring(journal) != id_, "once settled, the next one is a new alarm"


def test_an_acknowledged_alarm_stands_while_its_cause_does(journal: Journal) -> None:
    """Taking notice does not mend anything: the alarm goes when its cause does."""
    id_ = ring(journal)
    assert id_ is not None
    do(journal, lambda j: acknowledge_alarm(j, id_, "levy", T0_US))
    assert [alarm.id for alarm in standing(journal)] == [id_]
    assert ring(journal) is None
    assert clear(journal) == [id_]
    assert standing(journal) == []


def test_a_cause_that_comes_back_is_shown_again(journal: Journal) -> None:
    """Raised, cleared and raised again before anybody saw it, an alarm does not look cleared."""
    id_ = ring(journal)
    assert id_ is not None
    clear(journal)
    assert ring(journal, "it is down again", T0_US + 7) == id_
    (alarm,) = standing(journal)
    assert (alarm.cleared_us, alarm.text, alarm.raised_us) == (
        None,
        "it is down again",
        T0_US + 7,
    )
    do(journal, lambda j: acknowledge_alarm(j, id_, "levy", T0_US))
    assert [one.id for one in standing(journal)] == [id_], "its cause is still there"
    kinds = journal.execute("SELECT kind FROM record ORDER BY idx").fetchall()
    assert [kind for (kind,) in kinds] == [
        "line-opened",
        "alarm-raised",
        "alarm-cleared",
        "alarm-raised",
        "alarm-acknowledged",
    ]


def test_an_alarm_is_acknowledged_by_one_officer(journal: Journal) -> None:
    """A second acknowledgement, or one of nothing, is refused with what is the case."""
    id_ = ring(journal)
    assert id_ is not None
    do(journal, lambda j: acknowledge_alarm(j, id_, "levy", T0_US))
    with pytest.raises(UsageError, match="levy") as caught:
        do(journal, lambda j: acknowledge_alarm(j, id_, "cohen", T0_US))
    assert caught.value.code == "alarm.already-acknowledged"
    with pytest.raises(UsageError) as caught:
        do(journal, lambda j: acknowledge_alarm(j, 99, "cohen", T0_US))
    assert caught.value.code == "alarm.unknown"


# --- Witnessing -------------------------------------------------------------------------------


def test_the_peer_s_newest_checkpoint_is_witnessed_once(journal: Journal, other: Journal) -> None:
    """A witness signs each size once; the log's owner keeps the line with its own tree."""
    say(journal, 3)
    catch_up(journal, other)
    cosignature = do(journal, lambda j: witness(j, line_of(j), T0_US))
    assert cosignature.size == 3
    assert do(journal, lambda j: witness(j, line_of(j), T0_US + 9)) == cosignature
    do(other, lambda j: take_cosignature(j, line_of(j), cosignature))
    kept = other.execute("SELECT log, size, witness, line FROM cosignature").fetchall()
    assert kept == [(line_of(other).log, 3, "iaf", cosignature.line)]


def cosigning(size: int, root: bytes) -> Callable[[Journal], None]:
    """Make the action that takes a cosignature over such a tree."""
    said = Cosignature(size, root, "— a line\n")
    return lambda journal: take_cosignature(journal, line_of(journal), said)


def test_a_cosignature_of_another_tree_is_refused(journal: Journal, other: Journal) -> None:
    """A cosigned root that this log never had, or a size beyond it, is the peer's fault."""
    say(journal, 3)
    catch_up(journal, other)
    for size, root in ((3, bytes(32)), (4, line_of(other).own.frontier.root())):
        with pytest.raises(TrustError) as caught:
            do(other, cosigning(size, root))
        assert caught.value.code == "trust.cosignature-of-another-tree"
    assert line_of(other).incoming[ROUTINE].next_seq == 4
