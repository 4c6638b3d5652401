from __future__ import annotations

from io import StringIO

import pytest
from rich.cells import cell_len
from rich.console import Console

from hotline.api.schema import Flag, Receipt
from hotline.cli.desk import inbox_listing, is_open, order_inbox, outbox_listing, rank
from hotline.cli.output import Listing
from tests.cli.samples import NOW_US, related, view

RECEIPT = Receipt(
    durable_at="2026-03-01T09:59:59.600000Z", taken_at="2026-03-01T09:59:59.700000Z", index=7
)
LONG = "Плановый удар по морскому полигону, подход от юга и выходом на запад, четыре самолёта"


def lines_of(listing: Listing, width: int = 100) -> list[str]:
    """Return the lines that a terminal of so many columns shows."""
    console = Console(file=StringIO(), width=width)
    listing.print(console)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue().splitlines()


def test_the_desk_is_ordered_by_urgency() -> None:
    """Open by precedence, then by deadline, then as they came; settled ones after all of these."""
    late = view(id="1" * 64, due_at="2026-03-01T12:00:00.000000Z")
    soon = view(id="2" * 64, due_at="2026-03-01T11:00:00.000000Z", state="read")
    flash = view(id="3" * 64, precedence="FLASH", due_at="2026-03-01T13:00:00.000000Z")
    done = view(id="4" * 64, precedence="FLASH", state="answered")
    unread = view(id="5" * 64, kind="withdrawal")
    strange = view(id="6" * 64, precedence="9")
    ordered = order_inbox([done, strange, unread, late, soon, flash])
    assert [found.id[0] for found in ordered] == ["3", "2", "1", "5", "6", "4"]
    assert [is_open(found) for found in ordered] == [True] * 5 + [False]
    assert [rank(name) for name in ("FLASH", "ROUTINE", "?")] == [0, 3, 4]


def test_the_inbox_fits_a_hundred_columns() -> None:
    """The longest precedence, kind, reference, state and deadline leave room for a title."""
    worst = view(
        precedence="IMMEDIATE",
        kind="withdrawal",
        reference="HMEIMIM-0206",
        state="standing-by",
        title=LONG,
        due_at="2026-03-01T12:30:00.000000Z",
        starts_at="2026-03-01T19:59:00.000000Z",
        relations=[related("conflict")],
        flags=[Flag(code="a.b", text="x"), Flag(code="a.c", text="y")],
    )
    head, line, *others = lines_of(inbox_listing([worst], NOW_US))
    assert max(map(cell_len, (head, line, *others))) <= 100
    for said in ("abababab", "IMMEDIATE", "HMEIMIM-0206", "standing-by", "2h30m", "[2 flags]"):
        assert said in line
    assert "  in 9h59m  " in line
    assert "  !  " in line


def test_desk_and_outbox_fit_eighty_columns() -> None:
    """What can be looked up is left out; id, urgency, title and what is due stay."""
    worst = view(
        precedence="IMMEDIATE",
        kind="nonconformance",
        reference="HMEIMIM-0206",
        state="standing-by",
        title=LONG,
        due_at="2026-03-01T12:30:00.000000Z",
        starts_at="2026-03-01T19:59:00.000000Z",
        relations=[related("conflict")],
    )
    for listing in (inbox_listing([worst], NOW_US), outbox_listing([worst], NOW_US)):
        lines = lines_of(listing, 80)
        assert max(map(cell_len, lines)) <= 80
        for said in ("abababab", "IMMEDIATE", "HMEIMIM-0206", "  !  nonconformance:"):
            assert said in lines[1]
        assert "Плановый" in "".join(lines)
        assert len(lines) == 3
    assert "2h30m" in lines_of(inbox_listing([worst], NOW_US), 80)[1]


def test_titles_are_read_on_eighty_columns() -> None:
    """They go on below themselves, at a blank; where the kind has no column it stands before them.

    What stands beside is not repeated, and a column that says nothing of any message is left out.
    """
    sent = [
        view(title="The balloon does not answer; it drifts", kind="contingency"),
        view(title="accept IAF-0101", kind="reply"),
        view(title="conflict between IAF-0101 and HMEIMIM-0001", kind="conflict"),
        view(title="one word after the other " * 8, kind="notice"),
    ]
    head, *lines = lines_of(inbox_listing(sent, NOW_US), 72)
    assert head.split() == ["id", "precedence", "reference", "title", "start"]
    titles = [line[35:].removesuffix("no end").strip() for line in lines]
    assert titles == [
        "contingency: The balloon does",
        "not answer; it drifts",
        "reply: accept",
        "conflict between IAF-0101 and",
        "HMEIMIM-0001",
        "one word after the other one",
        "word after the other one wor…",
    ]
    assert max(map(cell_len, lines)) <= 72


def test_a_long_kind_is_whole() -> None:
    """Nothing is cut but titles: who searches a list for a kind finds it."""
    head, line = lines_of(inbox_listing([view(kind="nonconformance")], NOW_US))
    assert "  nonconformance  " in line
    assert cell_len(head) <= 100


def test_an_answer_that_is_late_is_said_to_be() -> None:
    """The time left, or by how much it is over."""
    late = view(due_at="2026-03-01T09:57:00.000000Z")
    assert lines_of(inbox_listing([late], NOW_US))[1].endswith("3m late")


@pytest.mark.parametrize(
    ("relation", "sign"), [("conflict", "!"), ("possible", "?"), ("proximity", "~")]
)
def test_a_notice_that_meets_another_has_a_sign(relation: str, sign: str) -> None:
    """In both lists, before its title; what meets nothing has none."""
    met = view(relations=[related("proximity"), related(relation)])
    for listing in (inbox_listing, outbox_listing):
        _, first, second = lines_of(listing([met, view()], NOW_US))
        assert f"  {sign}  Patrol" in first
        assert f"{sign}  Patrol" not in second


def test_several_peers_are_told_apart() -> None:
    """The peer has a column as soon as there are two of them."""
    one = view(flags=[Flag(code="a.b", text="x")])
    assert "from" not in lines_of(inbox_listing([one], NOW_US))[0]
    assert "[1 flag] Patrol" in lines_of(inbox_listing([one], NOW_US))[1]
    head, _, second = lines_of(inbox_listing([one, view(peer="other")], NOW_US))
    assert head.split()[1] == "from"
    assert second.split()[1] == "other"
    head, _, second = lines_of(outbox_listing([one, view(peer="other")], NOW_US))
    assert head.split()[1] == "to"
    assert second.split()[1] == "other"


def test_the_outbox_says_what_has_no_receipt_and_what_is_awaited() -> None:
    """Receipt and answer have a column each."""
    waiting = view(direction="out", reference=None)
    receipted = view(direction="out", receipt=RECEIPT, due_at="2026-03-01T12:30:00.000000Z")
    answered = view(direction="out", receipt=RECEIPT, answer="reject")
    _, first, second, third = lines_of(outbox_listing([waiting, receipted, answered], NOW_US))
    assert first.endswith("none yet")
    assert " -  " in first
    assert second.endswith("09:59:59  awaited")
    assert third.endswith("09:59:59  reject")
