"""The epochs of lines that the node's own log says were opened: docs/spec/log.md, section 2."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.errors import ConfigError, TrustError
from hotline.journal.banner import banner_of, banners_by_log, exercise_of, exercises_in
from hotline.journal.journal import JOURNAL_FILE, Journal
from hotline.journal.opening import LINE_OPENED, LineOpened, opened, read_line_opened
from hotline.journal.recovery import recover
from hotline.model.kinds import Status
from hotline.wire.codec import pack
from tests.journal.ledger import T0_US, do, open_journal, say

OWN = "hotline/exercise/iaf/hmeimim/{}"
MIRROR = "hotline/exercise/hmeimim/iaf/{}"


def entered(journal: Journal) -> list[tuple[str, int, LineOpened]]:
    """Return origin and index of each record, and what it says, in order."""
    return [
        (origin, index, read_line_opened(payload))
        for origin, index, payload in journal.execute(
            "SELECT g.origin, r.idx, r.payload FROM record r JOIN log g ON g.id = r.log"
            " WHERE r.kind = ? ORDER BY r.log, r.idx",
            (LINE_OPENED,),
        )
    ]


def of(epoch: int) -> LineOpened:
    """Return what the record of an epoch says."""
    return LineOpened(OWN.format(epoch), MIRROR.format(epoch), "hmeimim", epoch)


def test_an_epoch_is_entered_once_when_it_is_opened(tmp_path: Path) -> None:
    """Not again at the next start, nor when the journal is loaded again; the next epoch is."""
    for epoch in (1, 1, 2, 2):
        journal = open_journal(tmp_path, lines={"hmeimim": epoch})
        journal.reload()
        expected = [("hotline/exercise/iaf/node/1", n, of(n + 1)) for n in range(epoch)]
        assert entered(journal) == expected
        assert journal.node_log.size == epoch
        say(journal)
        journal.close()


def test_two_lines_are_entered_in_one_transaction(tmp_path: Path) -> None:
    """Each peer's epoch has its own record."""
    journal = open_journal(tmp_path, lines={"hmeimim": 1, "akrotiri": 4})
    assert [(said.peer, said.epoch) for *_, said in entered(journal)] == [
        ("hmeimim", 1),
        ("akrotiri", 4),
    ]
    journal.close()


def test_a_fenced_node_leaves_it_to_the_recovery(tmp_path: Path) -> None:
    """Nothing more is entered about lines in a log that must not go on; the next one begins so."""
    journal = open_journal(tmp_path)
    say(journal)
    do(journal, lambda j: j.set_fence("it was rolled back"))
    journal.close()
    for epoch in (2, 3):
        journal = open_journal(tmp_path, lines={"hmeimim": epoch})
        assert [said for *_, said in entered(journal)] == [of(1)]
        journal.close()
    journal = open_journal(tmp_path, lines={"hmeimim": 3})
    do(journal, lambda j: recover(j, "levi", T0_US))
    second = "hotline/exercise/iaf/node/2"
    assert entered(journal)[1:] == [(second, 1, of(2)), (second, 2, of(3))]
    journal.close()


def test_an_epoch_is_the_record_of_one_exercise(tmp_path: Path) -> None:
    """It bears the name; with a letter of another exercise, or of none, a node does not go on."""
    west, east = {"hmeimim": "West"}, {"hmeimim": "East"}
    journal = open_journal(tmp_path, exercises=west)
    assert [said.exercise for *_, said in entered(journal)] == ["West"]
    assert banner_of(journal.connection) == "EXERCISE West"
    journal.close()
    for other in (east, {}):
        with pytest.raises(ConfigError) as caught:
            open_journal(tmp_path, exercises=other)
        assert caught.value.code == "journal.another-exercise"
        assert "exercise West" in caught.value.message
    journal = open_journal(tmp_path, lines={"hmeimim": 2}, exercises=east)
    assert [said.exercise for *_, said in entered(journal)] == ["West", "East"]
    assert banner_of(journal.connection) == "EXERCISE East"
    journal.close()


def test_an_exercise_without_a_name_is_marked_all_the_same(tmp_path: Path) -> None:
    """What a journal is worth is told by its status; the name only says which exercise."""
    journal = open_journal(tmp_path)
    assert banner_of(journal.connection) == "EXERCISE"
    for said, shown in (("actual", ""), ("test", "TEST"), ("?", "EXERCISE")):
        journal.execute("UPDATE meta SET value = ? WHERE key = 'status'", (said,))
        assert banner_of(journal.connection) == shown
    journal.execute("DELETE FROM meta WHERE key = 'status'")
    assert banner_of(journal.connection) == "EXERCISE"
    journal.close()


def test_a_record_that_cannot_be_read_does_not_keep_a_node_from_starting(tmp_path: Path) -> None:
    """It is passed over here; verification finds it."""
    journal = open_journal(tmp_path)
    journal.execute("UPDATE record SET payload = x'c1' WHERE kind = ?", (LINE_OPENED,))
    assert opened(journal.connection) == {}
    journal.close()
    journal = open_journal(tmp_path, lines={"hmeimim": 2})
    assert journal.line("hmeimim").epoch == 2
    journal.close()


@settings(max_examples=80, deadline=None)
@given(
    st.binary(max_size=200)
    | st.dictionaries(
        st.sampled_from(["origin", "mirror", "peer", "epoch", "more"]),
        st.none() | st.integers(-(2**63), 2**63 - 1) | st.text(max_size=300) | st.binary(),
    ).map(pack)
)
def test_any_bytes_say_what_was_opened_or_are_refused(payload: bytes) -> None:
    """Nothing that somebody enters under that name can do more than be refused."""
    try:
        said = read_line_opened(payload)
    except TrustError as error:
        assert error.code == "line.unreadable"
    else:
        assert read_line_opened(pack(msgspec.structs.asdict(said))) == said


def test_a_log_is_about_the_exercise_of_its_epoch(tmp_path: Path) -> None:
    """A line's by its epoch, whatever is on now; the node's by its entries, as far as they go."""
    for epoch, name in ((1, "West"), (2, "East")):
        journal = open_journal(tmp_path, lines={"hmeimim": epoch}, exercises={"hmeimim": name})
        if epoch == 1:
            journal.close()
    connection, line = journal.connection, "hotline/exercise/iaf/hmeimim/"
    assert exercises_in(connection, f"{line}1", 0) == ("West",)
    assert exercises_in(connection, f"{line}2", 0) == ("East",)
    node = "hotline/exercise/iaf/node/1"
    (at,) = connection.execute("SELECT max(idx) FROM record WHERE kind = 'line-opened'").fetchone()
    assert exercises_in(connection, node, at) == ("West",)
    assert exercises_in(connection, node, at + 1) == ("East",)
    assert exercises_in(connection, node, 0) == ()
    assert exercise_of(connection, "hotline/exercise/iaf/else/1") == ""
    assert sorted(banners_by_log(connection).values()) == ["EXERCISE East", "EXERCISE West"]
    journal.close()


def test_what_does_not_say_its_status_is_marked_as_an_exercise(tmp_path: Path) -> None:
    """What may be none must not pass for actual traffic; a segment names its exercise itself."""
    journal = open_journal(tmp_path, status=Status.ACTUAL)
    assert banner_of(journal.connection) == ""
    journal.close()
    with closing(sqlite3.connect(tmp_path / JOURNAL_FILE)) as base:
        base.execute("DELETE FROM meta WHERE key = 'status'")
        assert banner_of(base) == "EXERCISE"
        base.execute("INSERT INTO meta VALUES ('exercise', 'West')")
        assert banner_of(base) == "EXERCISE West"
