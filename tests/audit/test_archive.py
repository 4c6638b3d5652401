"""Archived segments: an epoch that verifies by itself, and a journal that knows what it had."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.audit.entries import logs_of
from hotline.audit.export.tiles import write_tiles
from hotline.audit.keep.archive import Segment, archive, open_segment
from hotline.audit.keep.record import ARCHIVE_FILE, JOURNAL
from hotline.audit.verification.findings import Report
from hotline.errors import HotlineError
from hotline.journal.journal import JOURNAL_FILE, Journal
from hotline.journal.prune import HELD, OF_A_LOG, prune, read_archived
from hotline.journal.records import raise_alarm
from hotline.journal.schema import SCHEMA, connect
from hotline.journal.witnessing import Submission, Verdict, add_checkpoint, newest_cosigned
from hotline.node.place import read_place
from hotline.trust.checkpoint import Checkpoint, sign_checkpoint
from hotline.trust.keys import Role
from hotline.trust.notes import Note, NoteKey
from hotline.wire.codec import pack
from tests.audit.records import secrets_of, surroundings
from tests.audit.tampering import (
    LATER_US,
    MIRROR_1,
    NODE_1,
    NODE_2,
    OWN_1,
    OWN_2,
    build,
    card,
    verify,
)
from tests.audit.test_tiles import check
from tests.journal.ledger import T0_US, do, key, open_journal, say


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the directory of an honest node's journal with a closed epoch and one in force."""
    return build(tmp_path_factory.mktemp("pair"))["iaf"].parent


def must_hold(config: Path) -> None:
    """Verify a segment as the command line does."""
    place = read_place(config)
    report = verify(place.journal, segment=place.segment)
    assert report.ok, report.failures


def alone_verified(segment: Segment) -> Report:
    """Verify a segment by what its directory says alone."""
    place = read_place(segment.directory / "node.toml")
    return verify(place.journal, segment=place.segment)


def segment_of(journal: Path, directory: Path, epoch: int = 1, peer: str = "hmeimim") -> Segment:
    """Archive an epoch of the sample centre's journal."""
    return archive(
        journal / JOURNAL_FILE,
        surroundings(),
        peer,
        epoch,
        directory,
        archived_us=T0_US,
        check=must_hold,
    )


@contextmanager
def opened(directory: Path) -> Iterator[Journal]:
    """Open the sample centre's journal in its second epoch."""
    journal = open_journal(directory, lines={"hmeimim": 2})
    try:
        yield journal
    finally:
        journal.close()


def take_out(directory: Path, segment: Segment, *, leave_unsettled: bool = True) -> None:
    """Take a segment's epoch out of a journal, also where nobody has settled it."""
    ends = msgspec.structs.replace(segment.ends, officer="levi")
    with opened(directory) as journal:
        do(
            journal,
            lambda j: prune(
                j,
                segment.peer,
                segment.epoch,
                ends,
                LATER_US,
                leave_unsettled=leave_unsettled,
            ),
            LATER_US,
        )


@pytest.fixture(scope="module")
def segment(honest: Path, tmp_path_factory: pytest.TempPathFactory) -> Segment:
    """Archive the closed epoch once."""
    return segment_of(honest, tmp_path_factory.mktemp("archive") / "segment")


@pytest.fixture
def pruned(honest: Path, segment: Segment, tmp_path: Path) -> Path:
    """Return a copy of the node's journal without its closed epoch."""
    directory = tmp_path / "pruned"
    directory.mkdir()
    shutil.copy(honest / JOURNAL_FILE, directory)
    take_out(directory, segment)
    return directory


def roots(report: Report) -> dict[str, tuple[int, str]]:
    """Return size and root of each own log that a verification has grown again."""
    return {origin: (size, root) for origin, size, root in report.checkpoints}


def test_a_segment_verifies_by_itself_with_all_that_the_epoch_had(
    honest: Path, segment: Segment
) -> None:
    """Its one log has every entry that it had in the journal, and the same root."""
    whole, alone = verify(honest / JOURNAL_FILE), alone_verified(segment)
    assert whole.ok, whole.failures
    assert alone.ok, alone.failures
    assert (whole.segment, alone.segment) == ("", OWN_1)
    assert roots(alone) == {OWN_1: roots(whole)[OWN_1]}
    assert alone.cosigned[OWN_1] == whole.cosigned[OWN_1]
    assert alone.messages > 300
    said = json.loads((segment.directory / ARCHIVE_FILE).read_text("utf-8"))
    assert (said["type"], said["peer"], said["epoch"]) == ("hotline-archive", "hmeimim", 1)
    assert (said["log"]["origin"], said["mirror"]["origin"]) == (OWN_1, MIRROR_1)
    assert (said["log"]["size"], said["log"]["root"]) == roots(whole)[OWN_1]


def test_a_segment_shows_one_line_and_no_key(segment: Segment) -> None:
    """No row of another log, nothing of the node's own affairs, no private key in any file."""
    with closing(connect(segment.directory / JOURNAL, writable=False)) as connection:
        assert {log.origin for log in logs_of(connection)} == {OWN_1, MIRROR_1}
        assert connection.execute("SELECT count(*) FROM alarm").fetchone() == (0,)
    for path in segment.directory.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert b"PRIVATE KEY" not in data
            assert not [key for key in secrets_of("iaf", "hmeimim") if key in data], path


def test_a_segment_names_the_exercise_itself(
    honest: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The node's own log, which does so elsewhere, is not in it; it verifies with the name."""
    monkeypatch.setattr("hotline.audit.keep.archive.exercise_of", lambda *_: "West \u05d0")
    made = segment_of(honest, tmp_path / "named")
    config = made.directory / "node.toml"
    assert config.read_text("utf-8").startswith("# EXERCISE West \u05d0\n# Epoch 1 of the line")
    assert json.loads((made.directory / ARCHIVE_FILE).read_text())["traffic"] == (
        "EXERCISE West \u05d0"
    )
    assert read_place(config).traffic == "EXERCISE West \u05d0"
    must_hold(config)
    with closing(sqlite3.connect(made.directory / JOURNAL)) as base, base:
        base.execute("UPDATE meta SET value = ? WHERE key = 'exercise'", ("a\u202eb",))
    failed = alone_verified(made).failures
    assert [failure.step for failure in failed] == [1]
    assert "which no exercise is named" in failed[0].text


def test_a_segment_is_exported_as_the_journal_was(segment: Segment, tmp_path: Path) -> None:
    """The tiles of an archived log are made from its segment, and another library verifies them."""
    with closing(connect(segment.directory / JOURNAL, writable=False)) as connection:
        connection.execute("BEGIN")
        (log,) = (log for log in logs_of(connection) if log.own)
        write_tiles(connection, log, card("iaf").log, tmp_path / "tiles")
    exported, _ = check(tmp_path / "tiles", every=16)
    assert exported.origin == OWN_1


def test_a_pruned_journal_verifies_and_names_what_was_archived(
    honest: Path, pruned: Path, segment: Segment
) -> None:
    """The rest holds as before, and the epoch ends with the root that its segment has."""
    before, after = verify(honest / JOURNAL_FILE), verify(pruned / JOURNAL_FILE)
    assert after.ok, after.failures
    assert after.archived == [(OWN_1, segment.ends.size, segment.ends.root.hex())]
    assert roots(alone_verified(segment)) == {
        origin: (size, root) for origin, size, root in after.archived
    }
    assert after.messages == before.messages - alone_verified(segment).messages
    kept = roots(after)
    assert kept[NODE_1] == roots(before)[NODE_1]
    # The record in the node's own log, and its checkpoint in the line's.
    for origin in (NODE_2, OWN_2):
        assert kept[origin][0] == roots(before)[origin][0] + 1
    with closing(connect(pruned / JOURNAL_FILE, writable=False)) as connection:
        ((payload,),) = connection.execute("SELECT payload FROM record WHERE kind = 'archived'")
        assert read_archived(payload).officer == "levi"
        assert OWN_1 not in {log.origin for log in logs_of(connection)}


def test_a_pruned_node_goes_on(pruned: Path) -> None:
    """It opens, signs and enters as before, and the whole still verifies."""
    with opened(pruned) as journal:
        say(journal, 3, now_us=LATER_US)
    report = verify(pruned / JOURNAL_FILE)
    assert report.ok, report.failures


def test_a_witness_remembers_what_it_cosigned_of_an_epoch_that_is_gone(pruned: Path) -> None:
    """Another history of the peer's archived log is not cosigned, however it is submitted."""
    log_key = key(Role.LOG, "hmeimim")
    with opened(pruned) as journal:
        newest = newest_cosigned(journal.connection, "iaf", MIRROR_1)
        assert newest.size > 300
        for size, old, verdict in (
            (newest.size, newest.size, Verdict.FORKED),
            (newest.size - 5, newest.size - 5, Verdict.STALE),
            (newest.size + 5, newest.size, Verdict.NOT_CONSISTENT),
            (newest.size + 5, 0, Verdict.STALE),
        ):
            other = Checkpoint(MIRROR_1, size, bytes(32))
            submitted = Submission(
                NoteKey(MIRROR_1, log_key.public_key),
                sign_checkpoint(other, log_key),
                other,
                old,
                (),
            )
            answer = do(journal, lambda j, it=submitted: add_checkpoint(j, it, LATER_US))
            assert answer.verdict is verdict


def test_every_table_of_a_log_is_taken_along() -> None:
    """A table that comes to the schema with rows of a log cannot be forgotten here."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(SCHEMA)
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        of_a_log = {
            name
            for (name,) in tables.fetchall()
            if "log" in {row[1] for row in connection.execute(f"PRAGMA table_info({name})")}
        }
    assert of_a_log - {"line"} == set(OF_A_LOG)


@pytest.mark.parametrize(
    ("peer", "epoch", "code"),
    [
        ("hmeimim", 2, "archive.epoch-in-force"),
        ("hmeimim", 3, "archive.no-such-epoch"),
        ("nobody", 1, "archive.no-such-epoch"),
    ],
)
def test_only_a_closed_epoch_is_archived(
    honest: Path, tmp_path: Path, peer: str, epoch: int, code: str
) -> None:
    """What is still written to, or is not there, is refused by name."""
    with pytest.raises(HotlineError) as caught:
        segment_of(honest, tmp_path / "segment", epoch, peer)
    assert caught.value.code == code
    assert not list(tmp_path.iterdir())


def signed_entries(directory: Path, origin: str) -> tuple[int, int]:
    """Return how many entries a log of ours has, and how many its newest checkpoint is over."""
    with closing(connect(directory / JOURNAL_FILE, writable=False)) as connection:
        size, note = connection.execute(
            "SELECT size, note FROM log WHERE origin = ?", (origin,)
        ).fetchone()
    return size, Checkpoint.parse(Note.parse(note).text).size


def test_what_was_taken_out_is_signed_with_it(pruned: Path) -> None:
    """The record lies under a checkpoint of the node's log, which lies under one of the line's."""
    for origin in (NODE_2, OWN_2):
        size, signed = signed_entries(pruned, origin)
        assert size == signed, origin


@pytest.mark.parametrize(
    ("held", "code"),
    [
        (lambda j: raise_alarm(j, HELD, "hmeimim", "", "it claims more", 1), "archive.no-line"),
        (lambda j: j.set_fence("it was rolled back"), "journal.fenced"),
    ],
)
def test_nothing_is_taken_out_where_nothing_may_be_signed(
    honest: Path, segment: Segment, tmp_path: Path, held: Callable[[Journal], object], code: str
) -> None:
    """A held line, or a fence, leaves every entry where it is."""
    shutil.copy(honest / JOURNAL_FILE, tmp_path)
    with opened(tmp_path) as journal:
        do(journal, held)
    with pytest.raises(HotlineError) as caught:
        take_out(tmp_path, segment)
    assert caught.value.code == code
    with closing(connect(tmp_path / JOURNAL_FILE, writable=False)) as connection:
        assert OWN_1 in {log.origin for log in logs_of(connection)}


@pytest.mark.parametrize("told", ["", OWN_2])
def test_a_segment_is_one_where_its_place_says_so_alone(segment: Segment, told: str) -> None:
    """The same file under the node.toml of a node, or of another segment, does not verify."""
    report = verify(segment.directory / JOURNAL, segment=told)
    assert (1, OWN_1) in {(failure.step, failure.log) for failure in report.failures}


def test_a_node_s_journal_is_no_segment_because_its_place_says_so(honest: Path) -> None:
    """What lies beside a journal cannot do away with the node's own log either."""
    report = verify(honest / JOURNAL_FILE, segment=OWN_2)
    assert (1, OWN_2) in {(failure.step, failure.log) for failure in report.failures}


def test_what_nobody_has_settled_stays_on_the_desk_unless_somebody_says_so(
    honest: Path, segment: Segment, pruned: Path, tmp_path: Path
) -> None:
    """Unread and unanswered messages, and alarms about them, are named; the record counts them."""
    journal_file = shutil.copy(honest / JOURNAL_FILE, tmp_path)
    with closing(sqlite3.connect(journal_file)) as connection:
        (log,) = connection.execute("SELECT id FROM log WHERE origin = ?", (OWN_1,)).fetchone()
        here = "m.log = ? AND direction = 1 AND kind <> 'line-check'"
        read = "EXISTS (SELECT 1 FROM reading WHERE message = m.id)"
        (unread,) = connection.execute(
            f"SELECT count(*) FROM message m WHERE {here} AND NOT {read}", (log,)
        ).fetchone()
        (id_,) = connection.execute(
            f"SELECT id FROM message m WHERE {here} LIMIT 1", (log,)
        ).fetchone()
        (unanswered,) = connection.execute(
            "SELECT count(*) FROM deadline WHERE log = ? AND direction = 1", (log,)
        ).fetchone()
    assert unread
    with opened(tmp_path) as journal:
        for subject in (id_.hex()[:8], "0" * 8, "?"):
            overdue = ("desk.reply-overdue", "hmeimim", subject, "", 1)
            do(journal, lambda j, overdue=overdue: raise_alarm(j, *overdue))  # type: ignore[misc]
    with pytest.raises(HotlineError) as caught:
        take_out(tmp_path, segment, leave_unsettled=False)
    assert caught.value.code == "archive.not-settled"
    assert f": {unread} unread" in caught.value.message
    assert f"{unanswered} waiting for this centre's answer, 1 in" in caught.value.message
    assert verify(tmp_path / JOURNAL_FILE).archived == []
    with closing(connect(pruned / JOURNAL_FILE, writable=False)) as connection:
        ((payload,),) = connection.execute("SELECT payload FROM record WHERE kind = 'archived'")
        said = read_archived(payload)
        assert (said.unread, said.unanswered, said.alarms) == (unread, unanswered, 0)


def test_a_settled_epoch_is_taken_out_without_more_ado(
    honest: Path, segment: Segment, tmp_path: Path
) -> None:
    """Once everything is read and answered, nobody has to say more."""
    journal_file = shutil.copy(honest / JOURNAL_FILE, tmp_path)
    with closing(sqlite3.connect(journal_file)) as connection:
        connection.execute(
            "INSERT OR IGNORE INTO reading SELECT id, 'levi', 1 FROM message WHERE direction = 1"
        )
        connection.execute("DELETE FROM deadline")
        connection.commit()
    take_out(tmp_path, segment, leave_unsettled=False)


def test_an_epoch_is_taken_out_once(pruned: Path, segment: Segment, tmp_path: Path) -> None:
    """Where its entries are gone there is nothing to archive or prune again."""
    for again in (
        lambda: segment_of(pruned, tmp_path / "again"),
        lambda: take_out(pruned, segment),
    ):
        with pytest.raises(HotlineError) as caught:
            again()
        assert caught.value.code == "archive.taken-out"


def test_a_segment_of_another_record_prunes_nothing(
    honest: Path, segment: Segment, tmp_path: Path
) -> None:
    """A segment that ends otherwise leaves every entry where it is."""
    shutil.copy(honest / JOURNAL_FILE, tmp_path)
    ends = msgspec.structs.replace(segment.ends, root=bytes(32))
    with pytest.raises(HotlineError) as caught:
        take_out(tmp_path, replace(segment, ends=ends))
    assert caught.value.code == "archive.of-another-record"
    report = verify(tmp_path / JOURNAL_FILE)
    assert report.ok
    assert not report.archived


def test_an_epoch_with_a_fork_is_not_taken_out(
    honest: Path, segment: Segment, tmp_path: Path
) -> None:
    """The proof that the peer signed two histories stays at hand."""
    shutil.copy(honest / JOURNAL_FILE, tmp_path)
    with closing(sqlite3.connect(tmp_path / JOURNAL_FILE)) as connection, connection:
        connection.execute(
            "UPDATE record SET kind = 'fork' WHERE log = (SELECT id FROM log WHERE origin = ?)"
            " AND kind = 'receipt'",
            (OWN_1,),
        )
    with pytest.raises(HotlineError) as caught:
        take_out(tmp_path, segment)
    assert caught.value.code == "archive.holds-a-fork"


def test_a_directory_that_is_no_segment_is_not_taken_for_one(
    segment: Segment, tmp_path: Path, honest: Path
) -> None:
    """Only the segment of that very epoch is used again."""
    again = open_segment(segment.directory, "hmeimim", 1)
    assert again.ends == segment.ends
    (tmp_path / "data").mkdir()
    shutil.copy(honest / JOURNAL_FILE, tmp_path / "data")
    for directory, epoch in ((segment.directory, 2), (tmp_path, 1), (tmp_path / "none", 1)):
        with pytest.raises(HotlineError) as caught:
            open_segment(directory, "hmeimim", epoch)
        assert caught.value.code == "archive.not-a-segment"


def bent(path: Path, directory: Path, sql: str, *, segment: str = "") -> Report:
    """Verify a copy of a journal's file in which somebody has changed something."""
    copy = Path(shutil.copy(path, directory / "bent.sqlite"))
    with closing(sqlite3.connect(copy)) as connection, connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        assert connection.execute(sql).rowcount > 0
    return verify(copy, segment=segment)


LOG_1 = f"(SELECT id FROM log WHERE origin = '{OWN_1}')"


@pytest.mark.parametrize(
    ("sql", "step"),
    [
        ("UPDATE message SET created_us = created_us + 1 WHERE idx = 5", 2),
        ("DELETE FROM record WHERE kind = 'receipt' AND idx > 100", 4),
        ("DELETE FROM cosignature WHERE 1; ", None),
        ("UPDATE meta SET value = 'hotline/exercise/iaf/hmeimim/2' WHERE key = 'segment'", 1),
        ("DELETE FROM meta WHERE key = 'segment'", 1),
        ("INSERT INTO log VALUES (99, 'hotline/exercise/iaf/node/1', 1, 0, zeroblob(8), x'')", 1),
        ("UPDATE record SET payload = x'80' WHERE kind = 'anchor'", 4),
        ("INSERT INTO reading VALUES (zeroblob(32), 'levi', 5)", 11),
    ],
)
def test_a_falsified_segment_is_found(
    segment: Segment, tmp_path: Path, sql: str, step: int | None
) -> None:
    """A segment is verified as strictly as a journal; a lost cosignature is less proof only."""
    report = bent(segment.directory / JOURNAL, tmp_path, sql, segment=OWN_1)
    if step is None:
        assert report.ok
        assert OWN_1 not in report.cosigned
    else:
        assert step in {failure.step for failure in report.failures}


def rewritten(change: Callable[[dict[str, object]], None]) -> Callable[[Path], None]:
    """Make the falsifier that enters another ``archived`` record in the place of the true one."""

    def falsify(path: Path) -> None:
        with closing(sqlite3.connect(path)) as connection, connection:
            ((payload,),) = connection.execute(
                "SELECT payload FROM record WHERE kind = 'archived'"
            ).fetchall()
            said = msgspec.structs.asdict(read_archived(payload))
            change(said)
            connection.execute(
                "UPDATE record SET payload = ? WHERE kind = 'archived'", (pack(said),)
            )

    return falsify


@pytest.mark.parametrize(
    ("change", "steps"),
    [
        (lambda said: said.update(size=said["size"] - 1), {4, 5}),
        (lambda said: said.update(root=bytes(32)), {4, 5}),
        (lambda said: said.update(mirror_root=bytes(32)), {4, 5}),
        (lambda said: said.update(mirror="hotline/exercise/hmeimim/iaf/2"), {1, 4}),
        (lambda said: said.update(origin=OWN_2), {1, 4}),
        (lambda said: said.update(anchor=b""), {4, 6}),
        (lambda said: said.update(anchor=b"no note"), {4, 6}),
        (lambda said: said.update(officer="somebody else"), {4}),
        (lambda said: said.update(size="many"), {1, 4}),
    ],
)
def test_a_falsified_archived_record_is_found(
    pruned: Path, change: Callable[[dict[str, object]], None], steps: set[int]
) -> None:
    """Whatever it says otherwise contradicts the log's row, a signature, or its own leaf."""
    rewritten(change)(pruned / JOURNAL_FILE)
    report = verify(pruned / JOURNAL_FILE)
    assert steps <= {failure.step for failure in report.failures}


@pytest.mark.parametrize(
    ("sql", "step"),
    [
        ("DELETE FROM record WHERE kind = 'archived'", 4),
        (f"UPDATE log SET size = size - 1 WHERE id = {LOG_1}", 4),
        (f"UPDATE log SET note = x'' WHERE id = {LOG_1} AND 0 OR origin = '{OWN_2}'", 6),
        (
            f"UPDATE log SET note = (SELECT note FROM log WHERE id = 1) WHERE id = {LOG_1}",
            6,
        ),
        (f"UPDATE log SET frontier = zeroblob(length(frontier)) WHERE id = {LOG_1}", 5),
        (f"UPDATE cosignature SET root = zeroblob(32) WHERE log = {LOG_1}", 10),
        (f"INSERT INTO subtree VALUES ({LOG_1}, 8, 0, zeroblob(32))", 1),
        (f"DELETE FROM line WHERE log = {LOG_1}", 1),
        ("DELETE FROM message WHERE 1", 2),
    ],
)
def test_what_is_left_of_an_archived_epoch_cannot_be_bent(
    pruned: Path, tmp_path: Path, sql: str, step: int
) -> None:
    """Its rows are held against the record and the signatures; nothing else may be missing."""
    report = bent(pruned / JOURNAL_FILE, tmp_path, sql)
    assert step in {failure.step for failure in report.failures}


@settings(max_examples=60, deadline=None)
@given(
    st.binary(max_size=300)
    | st.recursive(
        st.none() | st.integers(-(2**63), 2**63 - 1) | st.text(max_size=9) | st.binary(max_size=33),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["origin", "size", "root", "mirror", "anchor", "officer"]), inner
            )
        ),
        max_leaves=9,
    ).map(pack)
)
def test_any_bytes_are_an_archived_record_or_refused(payload: bytes) -> None:
    """Nothing that somebody enters under that name can do more than be refused."""
    try:
        read_archived(payload)
    except HotlineError as error:
        assert error.code == "archive.unreadable"


def test_entries_that_nobody_archived_are_missing(honest: Path, tmp_path: Path) -> None:
    """To delete an epoch without the record is to lose it, whatever else is left."""
    copy = Path(shutil.copy(honest / JOURNAL_FILE, tmp_path))
    with closing(sqlite3.connect(copy)) as connection, connection:
        for table in OF_A_LOG:
            connection.execute(f"DELETE FROM {table} WHERE log = {LOG_1}")
    report = verify(copy)
    assert 4 in {failure.step for failure in report.failures}
    assert not report.archived
