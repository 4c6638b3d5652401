"""Opening a journal: a new one, one's own, somebody else's, a damaged one, and a very large one."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from hotline.errors import ConfigError, HotlineError, JournalError, TrustError
from hotline.journal import journal as journal_module
from hotline.journal.incoming import decode_items, fence_reason
from hotline.journal.journal import JOURNAL_FILE, LOCK_FILE, Journal
from hotline.journal.records import append_record
from hotline.journal.schema import connect, reading_uri, store_error
from hotline.model.kinds import Status
from hotline.trust.keys import Role
from tests.journal.ledger import (
    ROUTINE,
    T0_US,
    assert_memory_is_disk,
    catch_up,
    do,
    draft,
    edge,
    key,
    line_of,
    open_journal,
    say,
    signer_of,
    transact,
)

LONG = "HOTLINE_TEST_LONG" in os.environ


def refused(directory: Path, **changes: object) -> HotlineError:
    """Return the error with which a journal is not opened; it leaves nothing locked."""
    with pytest.raises(HotlineError) as caught:
        open_journal(directory, **changes)  # type: ignore[arg-type]
    assert caught.value.hint, "every refusal says the mend"
    return caught.value


def stamp(journal: Journal) -> None:
    """Have a checkpoint of the line's log signed and stored."""
    do(journal, lambda j: setattr(line_of(j), "seal_wanted", True))


def test_a_new_journal_is_for_its_owner_only(tmp_path: Path) -> None:
    """Nobody but the node's user can read the directory or the file, whatever the umask."""
    before = os.umask(0)
    try:
        open_journal(tmp_path / "deep" / "data").close()
    finally:
        os.umask(before)
    data = tmp_path / "deep" / "data"
    assert data.stat().st_mode & 0o777 == 0o700
    assert (data / JOURNAL_FILE).stat().st_mode & 0o777 == 0o600


def test_a_journal_comes_back_as_it_was(tmp_path: Path) -> None:
    """Closing and opening again changes nothing; closing twice does no harm."""
    journal = open_journal(tmp_path)
    say(journal, 300)
    stamp(journal)
    say(journal, 2)
    before = edge(line_of(journal))
    journal.close()
    journal.close()
    journal = open_journal(tmp_path)
    assert edge(line_of(journal)) == before
    journal.close()


def test_a_journal_that_is_closed_is_one_file(tmp_path: Path) -> None:
    """Copied alone it has every entry, though somebody was reading it; the reader reads on."""
    journal = open_journal(tmp_path / "data")
    reader = connect(journal.path, writable=False)
    say(journal, 300)
    count = "SELECT count(*) FROM message"
    assert reader.execute(count).fetchone() == (300,)
    journal.close()
    assert reader.execute(count).fetchone() == (300,)
    log = journal.path.with_name(JOURNAL_FILE + "-wal")
    assert not log.exists() or log.stat().st_size == 0
    alone = shutil.copy(journal.path, tmp_path)
    reader.close()
    copied = connect(Path(alone), writable=False)
    assert copied.execute(count).fetchone() == (300,)
    copied.close()


def test_a_reader_within_a_transaction_does_not_keep_a_journal_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It sees what it saw; the log is merged by whoever opens the journal next."""
    monkeypatch.setattr(journal_module, "CLOSE_WAIT_MS", 1)
    journal = open_journal(tmp_path)
    reader = connect(journal.path, writable=False)
    count = "SELECT count(*) FROM message"
    reader.execute("BEGIN")
    assert reader.execute(count).fetchone() == (0,)
    say(journal, 3)
    journal.close()
    assert reader.execute(count).fetchone() == (0,)
    reader.close()
    journal = open_journal(tmp_path)
    assert journal.execute(count).fetchone() == (3,)
    journal.close()


def test_a_record_is_read_where_nothing_can_be_written(tmp_path: Path) -> None:
    """A directory that belongs to others, as on a read-only disk; not one that a node has open."""
    # The superuser may write everywhere, so the reader is somebody else.
    with tempfile.TemporaryDirectory() as found:
        data = Path(found) / "data"
        journal = open_journal(data)
        say(journal, 3)
        open_uri = reading_uri(journal.path)
        journal.close()
        assert not open_uri.endswith("immutable=1")
        for path, mode in ((data / JOURNAL_FILE, 0o444), (data, 0o555), (Path(found), 0o755)):
            path.chmod(mode)
        read = (
            "import os, sys; from pathlib import Path; from hotline.journal.schema import connect\n"
            "if os.geteuid() == 0: os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
            "journal = connect(Path(sys.argv[1]), writable=False)\n"
            "print(journal.execute('SELECT count(*) FROM message').fetchone()[0])"
        )
        done = subprocess.run(
            [sys.executable, "-c", read, data / JOURNAL_FILE],
            capture_output=True,
            text=True,
            check=False,
        )
        data.chmod(0o755)
        assert done.stdout == "3\n", done.stderr


def test_two_processes_never_share_a_journal(tmp_path: Path) -> None:
    """The second one is refused while the first lives, and let in after it was killed."""
    journal = open_journal(tmp_path)
    assert refused(tmp_path).code == "journal.in-use"
    journal.close()
    hold = (
        "import fcntl, os, sys\n"
        f"fd = os.open({str(tmp_path / LOCK_FILE)!r}, os.O_RDWR)\n"
        "fcntl.flock(fd, fcntl.LOCK_EX); print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        assert refused(tmp_path).code == "journal.in-use"
        process.kill()
        process.wait()
    open_journal(tmp_path).close()


def test_a_journal_of_another_node_is_refused(tmp_path: Path) -> None:
    """Centre and status are part of a journal; neither can be exchanged."""
    open_journal(tmp_path).close()
    other = refused(tmp_path, centre="hmeimim")
    assert other.code == "journal.of-another-node"
    assert "hmeimim" in other.message
    status = refused(tmp_path, status=Status.ACTUAL)
    assert status.code == "journal.of-another-node"
    open_journal(tmp_path).close()


def test_another_log_key_is_refused(tmp_path: Path) -> None:
    """A log has one key: keys made anew do not continue it, since no peer would follow."""
    journal = open_journal(tmp_path)
    say(journal)
    stamp(journal)
    journal.close()
    # The other centre's keys stand for keys that were made anew.
    assert refused(tmp_path, signer=signer_of("hmeimim")).code == "journal.of-other-keys"


@pytest.mark.parametrize(
    ("lines", "centre"), [({"node": 1}, "iaf"), ({"iaf": 1}, "iaf"), ({"iaf": 1}, "node")]
)
def test_names_that_would_share_a_log_are_refused(
    tmp_path: Path, lines: dict[str, int], centre: str
) -> None:
    """No centre is called like the node's own log, and none is its own peer."""
    assert refused(tmp_path, lines=lines, centre=centre).code == "journal.reserved-name"


# --- Epochs -----------------------------------------------------------------------------------


def test_an_epoch_never_goes_back(tmp_path: Path) -> None:
    """An older letter is refused: it would begin a second log under one name."""
    open_journal(tmp_path, lines={"hmeimim": 3}).close()
    error = refused(tmp_path, lines={"hmeimim": 2})
    assert isinstance(error, ConfigError)
    assert error.code == "journal.epoch-goes-back"
    open_journal(tmp_path, lines={"hmeimim": 3}).close()


def test_a_new_epoch_begins_new_logs_and_keeps_the_old(tmp_path: Path) -> None:
    """Sequences begin again under the new epoch; what was said before is all still there."""
    journal = open_journal(tmp_path)
    say(journal, 3)
    old = line_of(journal).log
    journal.close()
    journal = open_journal(tmp_path, lines={"hmeimim": 2})
    (group,) = say(journal)
    assert (group.first_seq, group.first_index) == (1, 0)
    assert line_of(journal).own.origin.endswith("/2")
    rows = journal.execute("SELECT log, count(*) FROM message GROUP BY log ORDER BY log")
    assert rows.fetchall() == [(old, 3), (line_of(journal).log, 1)]
    journal.close()


# --- Damage -----------------------------------------------------------------------------------


def overwrite(path: Path, offset: int, data: bytes) -> None:
    """Write bytes into the middle of a file."""
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(data)


def filled(directory: Path) -> Path:
    """Make a journal with entries, wholly in its main file; return that file."""
    journal = open_journal(directory)
    say(journal, 200)
    stamp(journal)
    journal.close()
    path = directory / JOURNAL_FILE
    assert not path.with_name(f"{JOURNAL_FILE}-wal").exists()
    return path


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b"not a database at all, but long enough" * 40),
        lambda path: overwrite(path, 0, b"garbage"),
        lambda path: overwrite(path, 4096, b"\xff" * (path.stat().st_size - 4096)),
        lambda path: os.truncate(path, 5000),
    ],
    ids=["other-content", "header", "pages", "truncated"],
)
def test_a_damaged_file_is_named(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    """A file that SQLite cannot read is refused, with what to do, and stays as it is."""
    path = filled(tmp_path)
    damage(path)
    before = path.read_bytes()
    assert refused(tmp_path).code == "journal.corrupt"
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("DROP TABLE meta", "journal.not-a-journal"),
        ("UPDATE meta SET value = '1' WHERE key = 'schema'", "journal.other-schema"),
        ("DELETE FROM meta WHERE key = 'schema'", "journal.other-schema"),
        ("DROP TABLE leaf_run", "journal.store-failed"),
        ("ALTER TABLE meta RENAME COLUMN value TO other", "journal.store-failed"),
        ("DELETE FROM leaf_run", "journal.corrupt"),
        ("UPDATE log SET frontier = zeroblob(8), size = 0 WHERE own", None),
    ],
)
def test_a_changed_store_is_refused(tmp_path: Path, sql: str, code: str | None) -> None:
    """What is not our schema, or does not fit together, is not opened, or is fenced."""
    path = filled(tmp_path)
    with sqlite3.connect(path) as connection:
        connection.execute(sql)
    connection.close()
    if code is None:
        journal = open_journal(tmp_path)
        assert "contradicts its own newest checkpoint" in str(journal.signer.fence)
        journal.close()
        return
    assert refused(tmp_path).code == code


def test_any_database_is_not_a_journal(tmp_path: Path) -> None:
    """A directory that holds another program's database is left alone."""
    connection = sqlite3.connect(tmp_path / JOURNAL_FILE)
    connection.execute("CREATE TABLE meta(whatever)")
    connection.close()
    assert refused(tmp_path).code == "journal.not-a-journal"


def test_a_rewritten_log_fences_itself(tmp_path: Path) -> None:
    """A log that contradicts the checkpoint stored with it is found before any peer asks."""
    path = filled(tmp_path)
    younger = tmp_path / "younger"
    journal = open_journal(younger)
    do(journal, lambda j: append_record(j, line_of(j), "clock", b"\x80", T0_US))
    say(journal, 199)
    journal.close()
    with sqlite3.connect(path) as connection:
        connection.execute("ATTACH ? AS young", (str(younger / JOURNAL_FILE),))
        for table in ("leaf_run", "subtree"):
            connection.execute(f"DELETE FROM {table}")
            connection.execute(f"INSERT INTO {table} SELECT * FROM young.{table}")
        connection.execute(
            "UPDATE log SET size = y.size, frontier = y.frontier"
            " FROM young.log y WHERE y.id = log.id"
        )
    connection.close()
    journal = open_journal(tmp_path)
    assert "contradicts its own newest checkpoint" in str(journal.signer.fence)
    journal.close()


def test_a_stored_receipt_that_cannot_be_read_is_named() -> None:
    """Items that are not what the journal writes are damage, whatever they are."""
    for data in (b"", b"\xc1", b"\x01", b"\x91\x91\x01", b"\x91\xc0"):
        with pytest.raises(JournalError) as caught:
            decode_items(data)
        assert caught.value.code == "journal.corrupt"


# --- Roll-back --------------------------------------------------------------------------------


def test_a_lost_wal_is_noticed_by_what_the_peer_holds(tmp_path: Path) -> None:
    """A log that lost its newest commits opens as it was, and the peer's copy fences it."""
    journal, other = open_journal(tmp_path / "iaf"), open_journal(tmp_path / "b", "hmeimim")
    log_key = key(Role.LOG, "iaf").public
    say(journal, 5)
    stamp(journal)
    journal.close()
    journal = open_journal(tmp_path / "iaf")
    say(journal, 5)
    stamp(journal)
    catch_up(other, journal)
    witnessed = line_of(other).mirror.note
    assert fence_reason(journal, line_of(journal), witnessed, log_key) is None
    wal = (tmp_path / "iaf" / f"{JOURNAL_FILE}-wal").read_bytes()
    main = (tmp_path / "iaf" / JOURNAL_FILE).read_bytes()
    journal.close()
    for kept in (0, 1, len(wal) // 3):
        directory = tmp_path / f"kept-{kept}"
        directory.mkdir()
        (directory / JOURNAL_FILE).write_bytes(main)
        (directory / f"{JOURNAL_FILE}-wal").write_bytes(wal[:kept])
        rolled = open_journal(directory)
        assert_memory_is_disk(rolled)
        assert rolled.signer.fence is None, "by itself it cannot know"

        def hide_and_ask(j: Journal) -> str | None:
            # Entries of the same transaction do not hide what is missing on disk.
            for _ in range(20):
                append_record(j, line_of(j), "clock", b"\x80", T0_US)
            return fence_reason(j, line_of(j), witnessed, log_key)

        assert "holds its signature over 10" in do(rolled, hide_and_ask)
        say(rolled, 20)
        reason = do(rolled, lambda j: fence_reason(j, line_of(j), witnessed, log_key))
        assert "contradicts its own signature" in reason
        rolled.close()
    other.close()


def test_a_forged_checkpoint_fences_nobody(tmp_path: Path) -> None:
    """Only what our own log key signed can prove that our log was longer."""
    journal = open_journal(tmp_path / "iaf")
    impostor = open_journal(tmp_path / "b", "hmeimim")
    say(impostor)
    stamp(impostor)
    log_key = key(Role.LOG, "iaf").public
    assert fence_reason(journal, line_of(journal), b"", log_key) is None
    for note in (line_of(impostor).own.note, b"no note"):
        with pytest.raises(TrustError):
            fence_reason(journal, line_of(journal), note, log_key)
    journal.close()
    impostor.close()


# --- What the operating system refuses --------------------------------------------------------


def test_a_directory_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    """A file in the directory's place is a clear error, not a traceback."""
    (tmp_path / "data").write_text("a file")
    assert refused(tmp_path / "data").code == "journal.cannot-open"
    with pytest.raises(JournalError) as caught:
        connect(tmp_path / "nothing" / JOURNAL_FILE, writable=True)
    assert caught.value.code == "journal.cannot-open"
    with pytest.raises(JournalError) as caught:
        connect(tmp_path / "nothing" / JOURNAL_FILE, writable=False)
    assert caught.value.code == "journal.cannot-open"


def test_the_system_s_own_full_disk_has_the_same_code() -> None:
    """Whether SQLite or the system says it first, a full disk is a full disk."""
    assert store_error(OSError(28, "No space left on device")).code == "journal.full"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Give a file system of 4 MiB; only root can make one."""
    place = tmp_path / "small"
    place.mkdir()
    options = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)]
    if os.geteuid() or not shutil.which("mount") or subprocess.run(options).returncode:
        pytest.skip("a file system that fills up can be made by root only")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_a_disk_that_is_really_full(small_disk: Path) -> None:
    """The journal refuses while there is no space, and goes on by itself when there is."""
    journal = open_journal(small_disk)
    say(journal, 10)
    ballast = small_disk / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
    size = line_of(journal).own.size
    codes = set()
    for _ in range(5):
        with pytest.raises(JournalError) as caught:
            transact(journal, drafts={("hmeimim", ROUTINE): [draft(b"x" * 9000)] * 20})
        codes.add(caught.value.code)
    assert codes <= {"journal.full", "journal.store-failed", "journal.cannot-open"}
    assert "journal.full" in codes
    ballast.unlink()
    (group, *_) = say(journal, 3)
    assert (group.first_seq, group.first_index) == (size + 1, size)
    assert_memory_is_disk(journal)
    journal.close()
    journal = open_journal(small_disk)
    assert line_of(journal).own.size == size + 3
    journal.close()


def test_a_read_only_directory_is_named(tmp_path: Path) -> None:
    """A journal that cannot be written is not opened half."""
    filled(tmp_path / "data").chmod(0o400)
    (tmp_path / "data").chmod(0o500)
    code = (
        "import os, sys; from pathlib import Path\n"
        "from tests.journal.test_opening import refused\n"
        "os.geteuid() or os.setuid(65534)\n"
        "print(refused(Path(sys.argv[1])).code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "data")], capture_output=True, text=True
    )
    assert done.stdout == "journal.cannot-open\n", done.stderr


# --- Size -------------------------------------------------------------------------------------


def grow(journal: Journal, entries: int) -> float:
    """Say so many small messages, in large transactions; return seconds for each thousand."""
    begun = time.perf_counter()
    for _ in range(entries // 5000):
        transact(journal, drafts={("hmeimim", ROUTINE): [draft()] * 5000})
    return (time.perf_counter() - begun) / entries * 1000


def opening(directory: Path) -> float:
    """Return the seconds that opening takes at best."""
    best = 60.0
    for _ in range(3):
        begun = time.perf_counter()
        open_journal(directory).close()
        best = min(best, time.perf_counter() - begun)
    return best


@pytest.mark.long
def test_a_large_journal_opens_and_grows_like_a_small_one(tmp_path: Path) -> None:
    """Opening a hundred thousand entries, or a million, takes no second, and no more memory."""
    small, large = tmp_path / "small", tmp_path / "large"
    journal = open_journal(small)
    first = grow(journal, 5000)
    journal.close()
    journal = open_journal(large)
    total = 1_000_000 if LONG else 100_000
    grow(journal, total - 10_000)
    held = len(line_of(journal).unsealed) + len(line_of(journal).own.block)
    last = grow(journal, 10_000)
    assert line_of(journal).own.size == total
    journal.close()
    seconds = opening(large)
    assert seconds < 1.0
    assert seconds < opening(small) * 3 + 0.1, "opening grows with the journal"
    assert last < first * 3, "appending grows with the journal"
    assert held < 20_000, "memory grows with the journal"
