"""Which overdue answers ring, whatever a peer calls its messages and however many it sends."""

from __future__ import annotations

from pathlib import Path

from hotline.journal.incoming import Presentation
from hotline.node.watch import MAX_OVERDUE, overdue_answers
from tests.journal.ledger import ROUTINE, T0_US, draft, open_journal, say, taking, transact

LATER_US = T0_US + 3_600_000_000


def test_no_peer_hides_what_another_has_waiting(tmp_path: Path) -> None:
    """A heap of unanswered messages on one line, or under our own number, masks no other."""
    ours = open_journal(tmp_path / "iaf", lines={"hmeimim": 1, "incirlik": 1})
    busy = open_journal(tmp_path / "b", "incirlik", lines={"iaf": 1})
    honest = open_journal(tmp_path / "c", "hmeimim")
    shown = Presentation(reference="IAF-0001", answer_within_s=1)
    (heap,) = say(busy, 200, kind="notice")
    transact(ours, taking(heap, shown=[shown] * 200))
    (group,) = say(honest, kind="notice")
    transact(ours, taking(group, shown=[shown], now_us=T0_US + 9), now_us=T0_US + 9)
    own = draft(kind="notice", reference="IAF-0001", answer_within_s=1)
    transact(ours, drafts={("incirlik", ROUTINE): [own]}, now_us=T0_US + 9)
    assert not [one for one in overdue_answers(ours.connection, LATER_US) if one.direction == "out"]
    # The peer's time runs from its receipt: it owes no answer to what it never got.
    log = ours.line("incirlik").log
    receipt = (log, ROUTINE, 1, 1, 0, T0_US + 9, T0_US + 9, 0)
    ours.execute("INSERT INTO receipt_taken VALUES (?, ?, ?, ?, ?, ?, ?, ?)", receipt)
    found = overdue_answers(ours.connection, LATER_US)
    ways = [(one.peer, one.direction) for one in found]
    assert ways.count(("incirlik", "in")) == MAX_OVERDUE
    assert ways.count(("hmeimim", "in")) == ways.count(("incirlik", "out")) == 1
    assert len({(one.peer, one.subject) for one in found}) == len(found)
    for journal in (ours, busy, honest):
        journal.close()


def test_no_name_of_a_peer_fills_an_alarm(tmp_path: Path) -> None:
    """A reference that is none is not repeated in alarms, which verification reads again."""
    ours = open_journal(tmp_path / "iaf")
    other = open_journal(tmp_path / "hmeimim", "hmeimim")
    for reference in ("A" * 200_000, "\x1b[2J", "A" * 41):
        (group,) = say(other, kind="notice")
        shown = Presentation(reference=reference, answer_within_s=1)
        transact(ours, taking(group, shown=[shown]))
    for one in overdue_answers(ours.connection, LATER_US):
        assert one.name == one.id.hex()[:12]
    ours.close()
    other.close()
