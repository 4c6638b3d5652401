"""Verification from a checkpoint that was kept: what is new is walked, what is old is trusted."""

from __future__ import annotations

import re
import sqlite3
from base64 import b64encode
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from hotline.audit.verification import journal as verification
from hotline.audit.verification.findings import Begin, Report
from hotline.audit.verification.journal import verify_journal
from hotline.errors import HotlineError, TrustError
from hotline.journal.incoming import take_cosignature, witness
from hotline.journal.journal import JOURNAL_FILE
from hotline.journal.records import anchor, append_record
from hotline.trust.checkpoint import Checkpoint, sign_checkpoint
from hotline.trust.cosignature import cosign
from hotline.trust.keys import Role
from hotline.trust.notes import MAX_NOTE_SIZE
from hotline.wire.codec import pack
from tests.audit.catalogue import CATALOGUE
from tests.audit.tampering import (
    MIRROR_1,
    MIRROR_2,
    NODE_1,
    NODE_2,
    OWN_1,
    OWN_2,
    build,
    card,
    falsified,
    log_id,
)
from tests.journal.ledger import (
    PEER,
    ROUTINE,
    T0_US,
    accept,
    do,
    hear,
    key,
    line_of,
    open_journal,
    say,
)

PEERS = {"hmeimim": card("hmeimim")}


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the file of an honest journal; nobody changes it."""
    return build(tmp_path_factory.mktemp("honest"))["iaf"]


def given_notes(path: Path, origin: str) -> dict[int, bytes]:
    """Return the checkpoints given over one of our logs, by size."""
    with sqlite3.connect(path) as db:
        return dict(
            db.execute(
                "SELECT size, note FROM receipt_given WHERE log = ? ORDER BY size",
                (log_id(db, origin),),
            )
        )


def verified(path: Path, *notes: bytes) -> Report:
    """Verify a journal from these notes on."""
    return verify_journal(path, card("iaf"), PEERS, trusted=notes)


def refused(path: Path, *notes: bytes) -> TrustError:
    """Return the error with which a note is refused."""
    with pytest.raises(TrustError) as caught:
        verified(path, *notes)
    assert caught.value.hint
    return caught.value


# --- What holds -------------------------------------------------------------------------------


def test_every_checkpoint_that_was_given_can_be_trusted(honest: Path) -> None:
    """From whichever checkpoint, an honest journal holds, and just what is newer is counted."""
    whole = verified(honest)
    for origin in (OWN_1, OWN_2):
        notes = given_notes(honest, origin)
        assert len(notes) > 2
        for size, note in notes.items():
            report = verified(honest, note)
            assert report.failures == []
            begins = {begin.origin: begin for begin in report.begins}
            assert begins[origin] == Begin(origin, size, "checkpoint")
            read = sum(
                there - begins[name].size for name, there, _ in report.checkpoints if name in begins
            )
            assert report.entries == read < whole.entries
            assert report.checkpoints == whole.checkpoints, "the roots are those of all entries"
            assert report.cosigned == whole.cosigned


def test_the_mirror_and_the_node_log_begin_where_the_checkpoint_vouches_for_them(
    honest: Path,
) -> None:
    """The newest receipt before it vouches for the mirror, the newest anchor for the node's log.

    What has no checkpoint is verified whole.
    """
    newest = max(given_notes(honest, OWN_2).items())
    begins = {begin.origin: begin for begin in verified(honest, newest[1]).begins}
    assert begins[OWN_1] == Begin(OWN_1, 0)
    assert begins[MIRROR_1] == Begin(MIRROR_1, 0)
    assert begins[MIRROR_2].trusted == "receipt"
    assert begins[MIRROR_2].size > 0
    assert begins[NODE_2].trusted == "anchor"
    assert begins[NODE_2].size > 0
    assert begins[NODE_1] == Begin(NODE_1, 0)


def test_a_checkpoint_of_the_node_log_is_one_too(honest: Path) -> None:
    """The node's own newest checkpoint can be kept and trusted as a line's can."""
    with sqlite3.connect(honest) as db:
        (note,) = db.execute("SELECT note FROM log WHERE origin = ?", (NODE_2,)).fetchone()
    report = verified(honest, note)
    assert report.ok
    assert Begin(NODE_2, Checkpoint.parse(text_of(note)).size, "checkpoint") in report.begins


def test_of_several_checkpoints_the_newest_counts(honest: Path) -> None:
    """More than one of one log may be given; all must be of its tree."""
    notes = given_notes(honest, OWN_1)
    report = verified(honest, *notes.values())
    assert report.ok
    assert Begin(OWN_1, max(notes), "checkpoint") in report.begins


def text_of(note: bytes) -> str:
    """Return the text of a note."""
    return note.decode().rpartition("\n\n")[0] + "\n"


def test_cosignature_lines_are_verified_and_named(honest: Path) -> None:
    """A checkpoint as it is exported bears cosignatures: the report says whose."""
    size, note = max(given_notes(honest, OWN_1).items())
    line = cosign(text_of(note), key(Role.WITNESS, "hmeimim"), 1_800_000_000)
    assert Begin(OWN_1, size, "checkpoint", ("hmeimim",)) in verified(honest, note + line).begins
    broken = line.decode().split(" ")
    broken[2] = b64encode(b"\0" * 76).decode()
    spoiled = note + " ".join(broken).encode() + b"\n"
    assert verified(honest, spoiled).ok, "a key id of nobody known is ignored, as the standard says"
    other = cosign(
        text_of(min(given_notes(honest, OWN_1).items())[1]), key(Role.WITNESS, "hmeimim"), 1
    )
    assert refused(honest, note + other).code == "verify.unsigned-checkpoint"


# --- What does not ----------------------------------------------------------------------------

TRUSTED = {
    "a message before the first",
    "a record before the first",
    "a receipt for nothing",
    "an answer awaited to a service",
    "another who recovered",
    "a remark on what was sent",
    "a receipt for countless messages",
    "a signature of another group",
}
"""Falsifications of entries before the first checkpoint that was given: nobody looks there."""

ELSEWHERE = {
    "one more reading": (11, OWN_1),
    "another who recovered, hashes fitted": (6, NODE_2),
    "the opening of an epoch hidden": (6, NODE_2),
}
"""Where another log says so, or another line of it, than when the whole is verified."""


def verified_from_those_of_its_logs(path: Path, notes: list[bytes]) -> Report:
    """Verify from these notes, without those that are refused as none of this record's logs."""
    while True:
        try:
            return verified(path, *notes)
        except TrustError as error:
            assert error.code == "verify.other-log"
            notes = [note for note in notes if text_of(note).split("\n")[0] not in error.message]


@pytest.mark.parametrize("name", CATALOGUE)
def test_the_catalogue_from_a_checkpoint(honest: Path, tmp_path: Path, name: str) -> None:
    """What is falsified after the checkpoint is found by the same step as ever."""
    bend, step, log = CATALOGUE[name]
    notes = [min(given_notes(honest, origin).items())[1] for origin in (OWN_1, OWN_2)]
    copy = tmp_path / "copy.sqlite"
    with falsified(honest, copy) as db:
        bend(db)
    report = verified_from_those_of_its_logs(copy, notes)
    if name in TRUSTED:
        assert report.ok
    else:
        found = {(failure.step, failure.log) for failure in report.failures}
        assert ELSEWHERE.get(name, (step, log)) in found


def test_two_histories_of_one_size_are_a_fork(honest: Path) -> None:
    """A checkpoint of our own key over another tree is proof, kept with both notes."""
    for size, kept in given_notes(honest, OWN_1).items():
        given = sign_checkpoint(Checkpoint(OWN_1, size, b"f" * 32), key(Role.LOG, "iaf"))
        report = verified(honest, given)
        assert [(failure.step, failure.entry) for failure in report.failures] == [(6, size - 1)]
        assert "FORK" in report.failures[0].text
        (fork,) = report.forks
        assert (fork.first, fork.second, fork.path) == (given, kept, b"")
        assert [found.size for found in fork.check()] == [size, size]
        assert Begin(OWN_1, 0) in report.begins, "then nothing of that log is trusted"


def test_two_histories_of_two_sizes_are_a_fork_with_a_proof(honest: Path) -> None:
    """Where no checkpoint of that size is kept, the next one and a consistency proof tell."""
    notes = given_notes(honest, OWN_1)
    size = next(size for size in range(20, 400) if size not in notes)
    given = sign_checkpoint(Checkpoint(OWN_1, size, b"f" * 32), key(Role.LOG, "iaf"))
    (fork,) = verified(honest, given).forks
    following = min(found for found in notes if found > size)
    assert [found.size for found in fork.check()] == [size, following]


def test_a_damaged_tree_is_no_fork(honest: Path, tmp_path: Path) -> None:
    """Whoever changes the stored tree cannot make it look as if the key had signed two."""
    size, note = max(given_notes(honest, OWN_1).items())
    with falsified(honest, tmp_path / "copy.sqlite") as db:
        db.execute("UPDATE subtree SET hash = ? WHERE log = ?", (b"f" * 32, log_id(db, OWN_1)))
    report = verified(tmp_path / "copy.sqlite", note)
    assert report.forks == []
    assert {(5, OWN_1)} <= {(failure.step, failure.log) for failure in report.failures}
    with falsified(honest, tmp_path / "copy.sqlite") as db:
        db.execute("DELETE FROM subtree")
    report = verified(tmp_path / "copy.sqlite", note)
    assert (report.ok, report.forks) == (False, [])
    assert size > 256, "or no block would be missed"


def test_a_checkpoint_of_more_entries_than_there_are(honest: Path) -> None:
    """A record that has come less far than a checkpoint of it was cut, or is an older copy."""
    given = sign_checkpoint(Checkpoint(OWN_1, 10_000, b"f" * 32), key(Role.LOG, "iaf"))
    error = refused(honest, given)
    assert error.code == "verify.checkpoint-ahead"
    assert "10000" in error.message


def test_checkpoints_of_others(honest: Path) -> None:
    """Only a log of this record's own can be trusted from a checkpoint, and only its own key."""
    theirs = sign_checkpoint(Checkpoint(MIRROR_1, 9, b"f" * 32), key(Role.LOG, "hmeimim"))
    assert refused(honest, theirs).code == "verify.other-log"
    note = max(given_notes(honest, OWN_1).items())[1]
    renamed = note.replace(b"/iaf/hmeimim/1", b"/iaf/hmeimim/7")
    assert refused(honest, renamed).code == "verify.other-log"


@pytest.mark.parametrize("place", ["size", "root", "signature", "key id"])
def test_a_checkpoint_that_was_changed(honest: Path, place: str) -> None:
    """Whatever is changed in a checkpoint, its signature does not fit any more."""
    size, note = max(given_notes(honest, OWN_1).items())
    changed = {
        "size": lambda: note.replace(b"\n%d\n" % size, b"\n%d\n" % (size - 1)),
        "root": lambda: re.sub(
            rb"\n[A-Za-z0-9+/]{43}=", b"\n" + b64encode(bytes(32)), note, count=1
        ),
        "signature": lambda: note[:-9] + (b"AAA=" if b"=" in note[-9:] else b"AAAA") + b"\n",
        "key id": lambda: re.sub(rb" [A-Za-z0-9+/]{4}([A-Za-z0-9+/=]+\n)$", rb" AAAA\1", note),
    }[place]()
    assert changed != note
    code = refused(honest, changed).code
    assert code in {"verify.unsigned-checkpoint", "verify.unreadable-checkpoint"}


@given(data=st.binary(max_size=400))
@example(data=b"")
@example(data=b"x" * (MAX_NOTE_SIZE + 1))
@example(data=("hotline/exercise/iaf/hmeimim/1\n" + "9" * 5000 + "\n\n— x AAAAAAAA\n").encode())
@example(data=b"\n\n" * 20_000)
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_bytes_are_refused_with_a_code(honest: Path, data: bytes) -> None:
    """Whatever is given as a checkpoint is accepted or refused, never anything else."""
    with pytest.raises(HotlineError) as caught:
        verified(honest, data)
    assert caught.value.code == "verify.unreadable-checkpoint"


def test_no_size_and_no_root_of_a_signed_checkpoint_stops_the_verification(honest: Path) -> None:
    """Not even the log's own key can sign a size that would be counted to its end."""
    for size in (0, 1, 255, 256, 257, 600, 2**62, 2**63 - 1):
        given = sign_checkpoint(Checkpoint(OWN_1, size, b"f" * 32), key(Role.LOG, "iaf"))
        try:
            report = verified(honest, given)
        except TrustError as error:
            assert (error.code, size > 600) == ("verify.checkpoint-ahead", True)
        else:
            assert not report.ok


# --- What it costs ----------------------------------------------------------------------------


def talked(directory: Path, rounds: int) -> Path:
    """Write a centre's journal after so many exchanges, one message a side; return its file."""
    pair = {centre: open_journal(directory / centre, centre) for centre in PEER}
    for one in pair.values():
        one.execute("PRAGMA synchronous = OFF")
    iaf, hmeimim = pair.values()
    started = pack({"state": "started"})
    do(iaf, lambda j: append_record(j, j.node_log, "node", started, T0_US))
    for turn in range(rounds):
        for sender, recipient in ((iaf, hmeimim), (hmeimim, iaf)):
            (group,) = say(sender, 1, ROUTINE)
            accept(sender, hear(recipient, group))
        for mine, theirs in ((iaf, hmeimim), (hmeimim, iaf)):
            cosignature = do(mine, lambda j: witness(j, line_of(j), T0_US))
            do(theirs, lambda j, c=cosignature: take_cosignature(j, line_of(j), c))
        if turn % 50 == 0:
            do(iaf, lambda j: anchor(j, line_of(j), T0_US))
    for one in pair.values():
        one.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        one.close()
    return directory / "iaf" / JOURNAL_FILE


class Watched:
    """What a verification asked the database, and how much work that was."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.statements: set[str] = set()
        self.steps = 0
        connect = verification.connect

        def watched(path: Path, *, writable: bool) -> sqlite3.Connection:
            connection = connect(path, writable=writable)
            connection.set_trace_callback(self.statements.add)
            connection.set_progress_handler(self._step, 10)
            return connection

        monkeypatch.setattr(verification, "connect", watched)

    def _step(self) -> int:
        self.steps += 10
        return 0


@pytest.fixture(scope="module")
def talks(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """Give two journals, the second ten times as long as the first."""
    return {rounds: talked(tmp_path_factory.mktemp("talk"), rounds) for rounds in (60, 600)}


def from_behind(path: Path, entries: int) -> bytes:
    """Return the newest checkpoint with at least so many entries after it."""
    notes = given_notes(path, OWN_1)
    return notes[max(size for size in notes if size <= max(notes) - entries)]


def test_the_work_is_that_of_what_is_new(
    talks: dict[int, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """So many new entries take the database the same work in a log ten times as long.

    Twice as many take less than three times the work.
    """
    work = {}
    for rounds, path in talks.items():
        for entries in (40, 80):
            watched = Watched(monkeypatch)
            assert verified(path, from_behind(path, entries)).ok
            work[rounds, entries] = watched.steps
    assert work[600, 40] < 1.25 * work[60, 40], work
    assert work[600, 80] < 1.25 * work[60, 80] < 3 * work[600, 40], work


GROWING = {
    "message",
    "record",
    "envelope",
    "leaf_run",
    "subtree",
    "receipt_given",
    "receipt_taken",
    "cosignature",
    "reading",
    "deadline",
}
"""Tables that grow with every exchange."""


def scans(db: sqlite3.Connection, statements: Iterable[str]) -> set[str]:
    """Return those statements that read a growing table from its beginning."""
    found = set()
    for statement in statements:
        if not statement.startswith("SELECT"):
            continue
        for *_, step in db.execute(f"EXPLAIN QUERY PLAN {statement}"):
            aliased = re.match(r"SCAN (\w+)(?! CONSTANT)", step)
            names = re.findall(rf"(\w+) {aliased[1]}\b", statement) if aliased else []
            whole = aliased and ({aliased[1], *names} & GROWING) and "INDEX fork" not in step
            if whole or "AUTOMATIC" in step:
                found.add(f"{step}: {statement}")
    return found


def test_no_table_is_read_from_its_beginning(
    talks: dict[int, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each place is found by a key: no query of an incremental verification scans a table."""
    watched = Watched(monkeypatch)
    path = talks[60]
    assert verified(path, from_behind(path, 40)).ok
    with sqlite3.connect(path) as db:
        assert scans(db, watched.statements) == set()
        verified(path)
        assert scans(db, watched.statements), "the whole is counted, or this test finds nothing"
