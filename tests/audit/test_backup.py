"""Backups: one committed state, checked, without a key; and nothing at all when that fails."""

from __future__ import annotations

import json
import sqlite3
from collections import namedtuple
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest

from hotline.audit.keep import backup
from hotline.audit.keep.backup import Backup, back_up
from hotline.audit.keep.record import BACKUP_FILE, JOURNAL
from hotline.audit.verification.journal import verify_journal
from hotline.errors import HotlineError, JournalError, UsageError
from hotline.journal.journal import JOURNAL_FILE
from hotline.node.place import read_place
from hotline.trust.cosignature import WitnessKey
from hotline.trust.keys import Role
from tests.audit.records import secrets_of, surroundings
from tests.audit.tampering import build, verify
from tests.audit.test_tiles import grow
from tests.journal.ledger import T0_US, line_of, open_journal, say
from tests.trust import samples


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of an honest journal with all that one can hold."""
    return build(tmp_path_factory.mktemp("pair"))["iaf"]


def taken(journal: Path, directory: Path, **changes: object) -> Backup:
    """Take a backup of the sample centre's journal."""
    return back_up(journal, surroundings(), directory, taken_us=T0_US, **changes)  # type: ignore[arg-type]


def test_a_backup_is_a_record_that_verifies_by_itself(journal: Path, tmp_path: Path) -> None:
    """Its node.toml leads to the journal and the cards, and the whole of it holds."""
    witness = WitnessKey("witness.example", samples.key(Role.WITNESS, "elsewhere").public_key)
    around = surroundings(witnesses=(witness.vkey(),))
    made = back_up(journal, around, tmp_path / "kept", taken_us=T0_US)
    place = read_place(tmp_path / "kept" / "node.toml")
    assert verify_journal(place.journal, place.card, place.peers).ok
    assert (place.card.centre, list(place.peers)) == ("iaf", ["hmeimim"])
    assert place.witnesses == {"witness.example": witness}
    report = verify(journal)
    assert {(log.origin, log.entries) for log in made.logs if log.own} == {
        (origin, size) for origin, size, *_ in report.checkpoints
    }


def test_a_backup_says_what_it_is(journal: Path, tmp_path: Path) -> None:
    """backup.json names the checkpoints with their roots, and the hash of every other file."""
    made = taken(journal, tmp_path / "kept")
    said = json.loads((tmp_path / "kept" / BACKUP_FILE).read_text("utf-8"))
    assert (said["type"], said["centre"], said["taken"]) == (
        "hotline-backup",
        "iaf",
        "2026-03-01T10:20:00Z",
    )
    assert [(log["origin"], log["size"], log["root"]) for log in said["logs"]] == [
        (log.origin, log.size, log.root) for log in made.logs
    ]
    files = {
        path.relative_to(tmp_path / "kept").as_posix(): sha256(path.read_bytes()).hexdigest()
        for path in (tmp_path / "kept").rglob("*")
        if path.is_file() and path.name != BACKUP_FILE
    }
    assert said["files"] == files
    assert sorted(files) == [
        "data/journal.sqlite",
        "keys/ca.crt",
        "keys/centre.card",
        "keys/peers/hmeimim.card",
        "letters/hmeimim.toml",
        "node.toml",
    ]


def test_no_private_key_is_in_a_backup(journal: Path, tmp_path: Path) -> None:
    """Not one byte string of a key, in no file."""
    taken(journal, tmp_path / "kept")
    for path in (tmp_path / "kept").rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert b"PRIVATE KEY" not in data
            assert not [key for key in secrets_of("iaf", "hmeimim") if key in data], path


def test_the_writer_goes_on_while_one_moment_is_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A commit between two steps of the copy neither waits for it nor gets into it."""
    monkeypatch.setattr(backup, "PAGES", 2)
    opened = open_journal(tmp_path / "journal")
    told = []

    def write(done: int, total: int) -> None:
        told.append((done, total))
        say(opened, 3)
        grow(opened, line_of(opened).own.size)

    try:
        say(opened, 200)
        grow(opened, 300)
        made = taken(tmp_path / "journal" / JOURNAL_FILE, tmp_path / "kept", progress=write)
        assert line_of(opened).own.size == 300 + 3 * len(told)
    finally:
        opened.close()
    assert len(told) > 3
    assert told[-1][0] == told[-1][1]
    assert [(log.entries, log.size) for log in made.logs if log.own and log.size] == [(300, 300)]
    report = verify(tmp_path / "kept" / JOURNAL)
    assert report.ok, report.failures


def test_a_backup_is_one_file_that_needs_nothing_beside_it(journal: Path, tmp_path: Path) -> None:
    """It can be read from a medium that cannot be written: no WAL belongs to it."""
    taken(journal, tmp_path / "kept")
    uri = f"{(tmp_path / 'kept' / JOURNAL).as_uri()}?immutable=1"
    with closing(sqlite3.connect(uri, uri=True)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE log SET frontier = zeroblob(length(frontier)) WHERE id = 2",
        "UPDATE log SET size = size - 1 WHERE id = 2",
        "UPDATE receipt_given SET note = x'00' WHERE log = 2",
        "UPDATE log SET note = x'00' WHERE own = 0",
        "DELETE FROM leaf_run WHERE log = 2 AND first > 400",
        "UPDATE meta SET value = 'another' WHERE key = 'centre'",
        "UPDATE log SET note = (SELECT note FROM receipt_given WHERE log = 2 LIMIT 1) WHERE id = 1",
    ],
)
def test_a_copy_that_does_not_hold_is_not_kept(journal: Path, tmp_path: Path, damage: str) -> None:
    """An edge, a checkpoint or an owner that is not right is found before the copy has a name."""
    (tmp_path / "bent.sqlite").write_bytes(journal.read_bytes())
    with closing(sqlite3.connect(tmp_path / "bent.sqlite")) as connection, connection:
        connection.execute(damage)
    with pytest.raises(JournalError) as caught:
        taken(tmp_path / "bent.sqlite", tmp_path / "kept")
    assert caught.value.code == "backup.does-not-hold"
    assert not [path for path in tmp_path.iterdir() if "kept" in path.name]


def test_a_copy_with_a_bent_page_is_not_kept(journal: Path, tmp_path: Path) -> None:
    """What SQLite's own check finds is enough."""
    data = bytearray(journal.read_bytes())
    for page in range(10, 30):
        data[page * 4096 : page * 4096 + 64] = bytes(64)
    (tmp_path / "bent.sqlite").write_bytes(data)
    with pytest.raises(JournalError) as caught:
        taken(tmp_path / "bent.sqlite", tmp_path / "kept")
    assert caught.value.code in ("backup.does-not-hold", "journal.corrupt")
    assert not [path for path in tmp_path.iterdir() if "kept" in path.name]


def test_what_the_caller_checks_decides_too(journal: Path, tmp_path: Path) -> None:
    """A verification of the whole copy, which has its own node.toml, can refuse it."""

    def refuse(config: Path) -> None:
        assert read_place(config).journal.is_file()
        raise JournalError("backup.does-not-hold", "no")

    with pytest.raises(JournalError):
        taken(journal, tmp_path / "kept", check=refuse)
    assert not list(tmp_path.iterdir())


def test_a_disk_without_room_is_refused_before_anything_is_copied(
    journal: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error names what is needed and what there is."""
    usage = namedtuple("usage", "free")
    monkeypatch.setattr(backup, "disk_usage", lambda path: usage(4095))
    with pytest.raises(JournalError) as caught:
        taken(journal, tmp_path / "kept")
    assert caught.value.code == "backup.no-space"
    assert "4095" in caught.value.message
    assert not list(tmp_path.iterdir())


def test_nothing_is_overwritten(journal: Path, tmp_path: Path) -> None:
    """A second backup goes into a directory of its own."""
    taken(journal, tmp_path / "kept")
    before = (tmp_path / "kept" / BACKUP_FILE).read_bytes()
    with pytest.raises(UsageError) as caught:
        taken(journal, tmp_path / "kept")
    assert caught.value.code == "files.directory-in-use"
    assert (tmp_path / "kept" / BACKUP_FILE).read_bytes() == before


def test_a_journal_that_is_not_there_cannot_be_backed_up(tmp_path: Path) -> None:
    """It is an error with a hint, and leaves nothing."""
    with pytest.raises(HotlineError) as caught:
        taken(tmp_path / "none.sqlite", tmp_path / "kept")
    assert caught.value.code == "journal.cannot-open"
    assert not list(tmp_path.iterdir())
