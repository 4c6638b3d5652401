"""What stood at a moment, read back from a log: relations, steps, and what is too long ago."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hotline.journal import stood
from hotline.journal.journal import Journal
from hotline.journal.records import append_record
from hotline.journal.stood import lines_then, peers_of, relations_by, steps_by
from hotline.model.messages import Notice, Withdrawal, encode_payload
from hotline.wire.records import Related, encode_record
from tests.journal.ledger import ROUTINE, T0_US, do, draft, line_of, open_journal, transact

SECOND_US = 1_000_000


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """Open a journal with a line."""
    made = open_journal(tmp_path)
    yield made
    made.close()


def enter(journal: Journal, second: int, relation: str, before: str, other: str = "X-1") -> None:
    """Enter that our notice has come to be something to one of the peer's."""
    told = Related(
        own=b"\x01" * 32,
        other=b"\x02" * 32,
        reference="IAF-0001",
        other_reference=other,
        relation=relation,  # type: ignore[arg-type]
        before=before,  # type: ignore[arg-type]
        cause="notice",
        caused_by=None,
        by_right=False,
        from_us=None,
        until_us=None,
        lat=None,
        lng=None,
        lower_m=None,
        upper_m=None,
        distance_m=None,
        vertical_m=None,
        time_gap_us=None,
        text="they meet",
    )
    at_us = T0_US + second * SECOND_US
    payload = encode_record(told)
    do(journal, lambda j: append_record(j, line_of(j), "conflict", payload, at_us), at_us)


def standing(journal: Journal, second: int, most: int = 100) -> list[tuple[str, str, int]]:
    """Return the peer's references, what they are to ours, and since which second."""
    log = line_of(journal).log
    found = relations_by(journal.connection, log, T0_US + second * SECOND_US, most)
    return [
        (one.related.other_reference, one.related.relation, (one.since_us - T0_US) // SECOND_US)
        for one in found
    ]


def test_a_relation_stands_from_its_beginning_to_its_end(journal: Journal) -> None:
    """Since it is of its kind: other places and times are no new beginning, another kind is one."""
    enter(journal, 1, "proximity", "")
    enter(journal, 2, "conflict", "proximity")
    enter(journal, 3, "conflict", "conflict")
    enter(journal, 4, "conflict", "", "X-2")
    enter(journal, 5, "clear", "conflict")
    enter(journal, 6, "possible", "")
    assert standing(journal, 0) == []
    assert standing(journal, 1) == [("X-1", "proximity", 1)]
    assert standing(journal, 3) == [("X-1", "conflict", 2)]
    assert standing(journal, 4) == [("X-2", "conflict", 4), ("X-1", "conflict", 2)]
    assert standing(journal, 5) == [("X-2", "conflict", 4)]
    assert standing(journal, 6) == [("X-1", "possible", 6), ("X-2", "conflict", 4)]


def test_what_began_too_long_ago_stands_since_the_oldest_moment_met(journal: Journal) -> None:
    """Also where what came before is of another kind, or cannot be read."""
    for second in range(1, 5):
        enter(journal, second, "conflict", "conflict")
    assert standing(journal, 9, most=2) == [("X-1", "conflict", 3)]
    do(journal, lambda j: append_record(j, line_of(j), "conflict", b"\xc1", T0_US), T0_US)
    assert standing(journal, 9) == [("X-1", "conflict", 1)]
    enter(journal, 5, "possible", "possible")
    assert standing(journal, 9) == [("X-1", "possible", 5)]


def test_steps_are_read_back_oldest_first(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is said of notices until a moment, stretch by stretch; a cut is said."""
    monkeypatch.setattr(stood, "STRETCH", 2)
    said = [Notice(reference=f"IAF-000{n}") for n in range(4)]
    steps: list[Notice | Withdrawal] = [*said, Withdrawal(reference="IAF-0001")]
    for n, message in enumerate(steps):
        kind = "notice" if isinstance(message, Notice) else "withdrawal"
        waiting = [draft(encode_payload(message), kind, reference=message.reference)]
        transact(journal, drafts={("hmeimim", ROUTINE): waiting}, now_us=T0_US + n * SECOND_US)
    log = line_of(journal).log
    found, whole = steps_by(journal.connection, log, T0_US + 3 * SECOND_US)
    assert ([one.message.reference for one in found], whole) == (
        [f"IAF-000{n}" for n in range(4)],
        True,
    )
    assert len(steps_by(journal.connection, log, T0_US + 9 * SECOND_US)[0]) == 5
    newest, whole = steps_by(journal.connection, log, T0_US + 9 * SECOND_US, most=2)
    assert ([one.message.reference for one in newest], whole) == (["IAF-0003", "IAF-0001"], False)


def test_a_line_is_there_from_its_first_entry_on(journal: Journal) -> None:
    """Before that there was nothing on it, and no other one is named."""
    assert peers_of(journal.connection) == ["hmeimim"]
    enter(journal, 1, "conflict", "")
    log = line_of(journal).log
    assert lines_then(journal.connection, T0_US) == {}
    assert lines_then(journal.connection, T0_US + SECOND_US) == {"hmeimim": log}
