"""What is entered about a message besides itself: its flags, and how long its answer may take."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from hotline.journal.deadlines import ANSWER_DUE, ANSWER_TIME
from hotline.journal.incoming import Presentation
from hotline.journal.journal import Journal
from hotline.journal.remarks import REMARKED
from hotline.journal.state import OutGroup
from hotline.wire.records import AnswerDue, AnswerTime, Flag, Record, Remarked, decode_record
from tests.journal.ledger import (
    FLASH,
    ROUTINE,
    T0_US,
    catch_up,
    do,
    draft,
    items_of,
    open_journal,
    say,
    taking,
    transact,
)

SHORT = Flag("notice.short-warning", "warning time 9 s")
ODD = Flag("model.unknown-field", "the field x is not known", "volumes[0]")
FORMS: dict[str, type[Record]] = {
    REMARKED: Remarked,
    ANSWER_TIME: AnswerTime,
    ANSWER_DUE: AnswerDue,
}


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


def entered(journal: Journal) -> list[tuple[int, Record]]:
    """Return what was entered about messages, with the entry's number."""
    rows = journal.execute(
        "SELECT idx, kind, payload FROM record WHERE log = ? ORDER BY idx",
        (journal.lines[next(iter(journal.lines))].log,),
    )
    return [(i, decode_record(data, FORMS[k], k)) for i, k, data in rows if k in FORMS]


def take(journal: Journal, group: OutGroup, *shown: Presentation) -> None:
    """Enter a group as it is shown."""
    do(journal, taking(group, shown=shown))


def test_flags_are_entered_behind_the_group_that_has_them(journal: Journal, other: Journal) -> None:
    """A receipt names the group as one run, and each flagged message has one entry behind it."""
    (group,) = say(other, 3)
    shown = (Presentation(flags=(SHORT,)), Presentation(), Presentation(flags=(ODD, SHORT)))
    _, _, committed = transact(journal, taking(group, shown=shown))
    (receipt,) = committed.receipts.values()
    assert items_of(receipt) == [(ROUTINE, 1, 3)]
    assert entered(journal) == [
        (3, Remarked(group.ids[0], (SHORT,))),
        (4, Remarked(group.ids[2], (ODD, SHORT))),
    ]
    shown_at_the_desk = [
        text and msgspec.json.decode(text, type=tuple[Flag, ...])
        for (text,) in journal.execute("SELECT flags FROM message ORDER BY idx")
    ]
    assert shown_at_the_desk == [(SHORT,), None, (ODD, SHORT)]


def test_a_message_without_flags_costs_no_entry(journal: Journal, other: Journal) -> None:
    """Nothing is entered besides what came."""
    for group in say(other, 40):
        take(journal, group, *[Presentation()] * len(group.ids))
    assert not entered(journal)


def test_what_is_flagged_is_flagged_or_nothing_is_taken(journal: Journal, other: Journal) -> None:
    """The flags are in the transaction of their message: a commit that fails leaves neither."""
    (group,) = say(other)

    def fails(opened: Journal) -> None:
        taking(group, shown=[Presentation(flags=(SHORT,))])(opened)
        raise OSError("the power went")

    with pytest.raises(OSError, match="power"):
        transact(journal, fails)
    journal.reload()
    assert not entered(journal)
    assert not journal.execute("SELECT 1 FROM message").fetchall()
    take(journal, group, Presentation(flags=(SHORT,)))
    assert entered(journal) == [(1, Remarked(group.ids[0], (SHORT,)))]


def test_the_time_to_answer_is_entered_once_and_when_it_changes(
    journal: Journal, other: Journal
) -> None:
    """Before the first message that it is for, in either direction, for each precedence."""
    say(journal, 2, answer_within_s=60.0)
    say(journal, 1, FLASH, answer_within_s=5.0)
    say(journal, 1, answer_within_s=60.0)
    for group in say(other, 1):
        take(journal, group, Presentation(answer_within_s=60.0))
    say(journal, 1, answer_within_s=90.0)
    assert entered(journal) == [
        (0, AnswerTime(ROUTINE, 60_000_000)),
        (3, AnswerTime(FLASH, 5_000_000)),
        (7, AnswerTime(ROUTINE, 90_000_000)),
    ]


def test_the_time_to_answer_is_entered_again_when_the_journal_is_opened(tmp_path: Path) -> None:
    """The letter may have changed meanwhile, and nobody looks for what was entered long ago."""
    for _ in range(2):
        opened = open_journal(tmp_path / "iaf")
        say(opened, answer_within_s=60.0)
        said = entered(opened)
        opened.close()
    assert said == [(0, AnswerTime(ROUTINE, 60_000_000)), (2, AnswerTime(ROUTINE, 60_000_000))]


def test_messages_of_one_group_with_different_times(journal: Journal) -> None:
    """What is not due as the others of its precedence are has an entry of its own."""
    drafts = [draft(b"\x80", answer_within_s=s) for s in (60.0, 30.0)]
    _, _, committed = transact(journal, drafts={("hmeimim", ROUTINE): drafts})
    (group,) = committed.groups["hmeimim"]
    assert entered(journal) == [
        (0, AnswerTime(ROUTINE, 60_000_000)),
        (3, AnswerDue(group.ids[1], T0_US + 30_000_000)),
    ]


def test_a_stand_by_is_entered_where_it_moves_a_deadline(journal: Journal, other: Journal) -> None:
    """Also at whoever sends it; one about nothing that waits moves nothing and enters nothing."""
    (asked,) = say(journal, answer_within_s=60.0)
    take(other, asked, Presentation(answer_within_s=60.0))
    for about in (asked.ids[0], bytes(32)):
        (put_off,) = say(other, about=about, answer_within_s=300.0)
        take(journal, put_off, Presentation(about=about, answer_within_s=300.0))
    due = AnswerDue(asked.ids[0], T0_US + 300_000_000)
    for each in (journal, other):
        assert [said for _, said in entered(each) if isinstance(said, AnswerDue)] == [due]
    catch_up(journal, other)
