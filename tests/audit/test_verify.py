"""Every way to falsify a journal, and the step of the verification that must find it."""

from __future__ import annotations

import shutil
import sqlite3
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from hotline.audit.verification.findings import MAX_FAILURES, Report
from hotline.audit.verification.journal import STEPS, verify_journal
from hotline.errors import JournalError
from hotline.journal.incoming import fence_reason
from hotline.journal.journal import JOURNAL_FILE, Journal
from tests.audit.catalogue import CATALOGUE, UNSEEN
from tests.audit.forgeries import (
    Bend,
)
from tests.audit.tampering import (
    KEYS,
    MIRROR_1,
    MIRROR_2,
    OWN_1,
    OWN_2,
    build,
    card,
    change,
    columns,
    delete,
    falsified,
    flip,
    log_id,
    rows_of,
    verify,
)
from tests.journal.ledger import line_of, open_journal

HUGE = 2**63 - 1


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Give the file of each centre's honest journal; nobody changes these."""
    return build(tmp_path_factory.mktemp("honest"))


@pytest.fixture
def bent(honest: dict[str, Path], tmp_path: Path) -> Callable[[Bend], Report]:
    """Give the way to falsify a copy of one journal and have it verified."""

    def verified(bend: Bend) -> Report:
        copy = tmp_path / "copy.sqlite"
        with falsified(honest["iaf"], copy) as db:
            bend(db)
        return verify(copy)

    return verified


def steps_of(report: Report) -> set[tuple[int, str]]:
    """Return (step, log) of everything that a report says."""
    return {(failure.step, failure.log) for failure in report.failures}


@pytest.mark.parametrize("centre", ["iaf", "hmeimim"])
def test_the_honest_journals_hold(honest: dict[str, Path], centre: str) -> None:
    """Journals with everything that a journal can hold verify, every entry and every message."""
    report = verify(honest[centre], centre)
    assert report.failures == []
    with sqlite3.connect(honest[centre]) as db:
        counts = {table: len(rows_of(db, table)) for table in KEYS}
        sizes = dict(db.execute("SELECT origin, size FROM log WHERE own"))
        roots = {origin: size for origin, size, _ in report.checkpoints}
    assert all(counts.values()), "a table without rows is one that no falsification reaches"
    assert counts["subtree"] == 4, "two blocks of 256 leaves in the log, and two in the mirror"
    assert report.entries == sum(sizes.values()) > 600
    assert (report.messages, roots) == (counts["message"], sizes)
    assert report.ok


def test_progress_is_told(honest: dict[str, Path]) -> None:
    """Whoever waits is told how many of how many entries are done."""
    told: list[tuple[int, int]] = []
    report = verify_journal(
        honest["iaf"], card("iaf"), {"hmeimim": card("hmeimim")}, lambda *at: told.append(at)
    )
    assert report.entries > 600
    assert [total for _, total in told] == [report.entries] * len(told)
    done = [at for at, _ in told]
    assert len(done) >= 2, "told more than once in so many entries"
    assert done == sorted(done)
    assert done[0] > 0
    assert done[-1] <= report.entries


# --- One value changed ------------------------------------------------------------------------

OF_LOG = {
    ("log", "frontier"): (5, 8),
    ("log", "note"): (6, 8),
    ("log", "size"): (4, 8),
    ("leaf_run", "first"): (4, 8),
    ("leaf_run", "hashes"): (4, 8),
    ("subtree", "level"): (5, 8),
    ("subtree", "idx"): (5, 8),
    ("subtree", "hash"): (5, 8),
}
"""The step that finds one bit of a column changed: in a log of this centre, and in a mirror."""

STEP_OF = {
    **{(table, "log"): 1 for table, names in KEYS.items() if names.startswith("log, ")},
    **{("log", column): 1 for column in ("id", "origin", "own")},
    **{("meta", column): 1 for column in ("key", "value")},
    **{("line", column): 1 for column in ("log", "mirror", "peer", "epoch")},
    **{("stream", column): 3 for column in ("direction", "stream", "next_seq", "last_id")},
    ("stream", "receipted"): 9,
    ("envelope", "log"): 1,
    **{
        ("envelope", column): 2
        for column in ("id", "direction", "stream", "first_seq", "count", "first_idx", "bytes")
    },
    ("message", "idx"): 4,
    **{("message", column): 2 for column in ("direction", "stream", "seq", "id", "kind")},
    **{("message", column): 2 for column in ("created_us", "envelope", "position", "length")},
    ("message", "time_us"): 4,
    **{("message", column): 11 for column in ("reference", "about", "flags")},
    **{("record", column): 4 for column in ("idx", "kind", "time_us", "salt", "payload")},
    **{("receipt_given", column): 6 for column in ("size", "old_size", "note")},
    ("receipt_given", "items"): 7,
    **{("receipt_taken", column): 9 for column in ("stream", "first_seq", "count", "first_index")},
    **{("receipt_taken", column): 9 for column in ("time_us", "taken_us", "record_idx")},
    **{("cosignature", column): 10 for column in ("size", "witness", "root", "line")},
    **{("witnessed", column): 10 for column in ("origin", "vkey", "size", "root", "note", "line")},
    **{("reading", column): 11 for column in ("message", "officer", "time_us")},
    ("deadline", "log"): 11,
    **{("deadline", column): 11 for column in ("idx", "direction", "due_us")},
    **{("alarm", column): 11 for column in ("id", "code", "peer", "subject", "text")},
    **{("alarm", column): 11 for column in ("raised_us", "cleared_us", "acknowledged_us")},
    ("alarm", "acknowledged_by"): 11,
}
"""The step that finds one bit of a column changed."""

COLUMNS = [(table, column) for table, names in columns().items() for column, _ in names]


def test_every_column_has_its_step() -> None:
    """A column that is added to the schema has to be verified by some step, or said not to be."""
    assert set(COLUMNS) == STEP_OF.keys() | OF_LOG.keys()


def spread(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the first, the middle and the last of a table's rows."""
    return [rows[at] for at in sorted({0, len(rows) // 2, len(rows) - 1})]


def logs_of(db: sqlite3.Connection, table: str, row: dict[str, Any]) -> set[str]:
    """Return what logs a failure may name that is about a row of a table."""
    if table in ("meta", "reading", "alarm"):
        return {"", OWN_1, OWN_2}
    if table == "witnessed":
        return {row["origin"], flip(row["origin"])}
    origins = dict(db.execute("SELECT id, origin FROM log").fetchall())
    origin = origins[row["id" if table == "log" else "log"]]
    # A line's logs bear each other out: a cosignature or a receipt is about one, and in the other.
    return {origin, TWIN.get(origin, origin)}


TWIN = {OWN_1: MIRROR_1, OWN_2: MIRROR_2, MIRROR_1: OWN_1, MIRROR_2: OWN_2}


def with_a_bit_changed(db: sqlite3.Connection, table: str, row: dict[str, Any], name: str) -> None:
    """Change one bit of a value; of one by which rows are found, one that makes it unlike all."""
    for bit in (20,) if name in ("log", "id", "mirror") else (0, 20):
        try:
            change(db, table, row, **{name: flip(row[name], bit)})
        except sqlite3.IntegrityError:
            continue
        return
    raise AssertionError("no bit could be changed")


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_one_bit_of_any_column(
    bent: Callable[[Bend], Report], honest: dict[str, Path], table: str, column: str
) -> None:
    """One bit changed in any column of any table is found by the step that answers for it."""
    with sqlite3.connect(honest["iaf"]) as db:
        rows = [row for row in rows_of(db, table) if row[column] is not None]
        logs = [logs_of(db, table, row) for row in rows]
        origins = dict(db.execute("SELECT id, origin FROM log").fetchall())
    for row in spread(rows):
        found = steps_of(bent(lambda db, row=row: with_a_bit_changed(db, table, row, column)))
        due = STEP_OF.get((table, column))
        if due is None:
            origin = origins[row["id" if table == "log" else "log"]]
            due = OF_LOG[table, column][origin in (MIRROR_1, MIRROR_2)]
            assert (due, origin) in found
        elif due == 1:
            assert 1 in {step for step, _ in found}
        else:
            assert found & {(due, log) for log in logs[rows.index(row)]}, found


@pytest.mark.parametrize(
    ("table", "column"),
    [("alarm", "cleared_us"), ("alarm", "acknowledged_by"), ("message", "about")],
)
def test_a_value_where_none_is_due(bent: Callable[[Bend], Report], table: str, column: str) -> None:
    """What was never answered, cleared or acknowledged cannot be made to look as if it were."""

    def bend(db: sqlite3.Connection) -> None:
        row = next(row for row in rows_of(db, table) if row[column] is None)
        kind = dict(columns()[table])[column]
        change(db, table, row, **{column: {"INTEGER": 1, "TEXT": "levi", "BLOB": bytes(32)}[kind]})

    assert 11 in {failure.step for failure in bent(bend).failures}


ODD_VALUES: dict[str, list[Any]] = {
    "INTEGER": [HUGE, -HUGE - 1, 0],
    "BLOB": [b"", b"\xc1", b"\xdd\xff\xff\xff\xff", bytes(100_000)],
    "TEXT": ["", "\0", "x" * 100_000, b"\xff\xfe"],
}


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_odd_values_everywhere_stop_nothing(
    bent: Callable[[Bend], Report], table: str, column: str
) -> None:
    """Whatever stands in a column, in all its rows, the verification ends with a report."""
    kind = dict(columns()[table])[column]
    for value in ODD_VALUES[kind]:
        before: list[Any] = []

        def bend(db: sqlite3.Connection, value: Any = value, before: list[Any] = before) -> None:
            before += rows_of(db, table)
            where = "" if kind == "INTEGER" else f" WHERE {column} <> ''"
            cast = "CAST(? AS TEXT)" if kind == "TEXT" else "?"
            db.execute(f"UPDATE OR IGNORE {table} SET {column} = {cast}{where}", (value,))
            before += rows_of(db, table) if value != b"\xff\xfe" else []

        report = bent(bend)
        unchanged = before[: len(before) // 2] == before[len(before) // 2 :]
        assert len(report.failures) <= MAX_FAILURES * len(STEPS)
        assert report.ok is unchanged, value


# --- One row too few, one too many ------------------------------------------------------------

DELETED = {
    "meta": 1,
    "log": 1,
    "line": 1,
    "stream": 3,
    "envelope": 2,
    "message": 4,
    "record": 4,
    "receipt_given": 6,
    "receipt_taken": 9,
    "reading": 11,
    "deadline": 11,
    "alarm": 11,
}
"""The step that finds a row missing; of ``leaf_run`` and ``subtree`` it depends on the log."""


UNBOUND = ("cosignature", "witnessed")
"""Tables of which no entry says what must be in them: whoever holds the other side knows."""


@pytest.mark.parametrize("table", [table for table in KEYS if table not in UNBOUND])
def test_a_row_too_few(bent: Callable[[Bend], Report], honest: dict[str, Path], table: str) -> None:
    """A row taken out of any table is missed; cosignatures alone are no entries, nor due."""
    with sqlite3.connect(honest["iaf"]) as db:
        rows = rows_of(db, table)
        mirrors = {log_id(db, MIRROR_1), log_id(db, MIRROR_2)}
    for row in rows if len(rows) < 8 else spread(rows):
        due = DELETED.get(table) or OF_LOG[table, KEYS[table].split(", ")[1]][row["log"] in mirrors]
        report = bent(lambda db, row=row: delete(db, table, row))
        assert due in {failure.step for failure in report.failures}, row


# --- The catalogue ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", CATALOGUE)
def test_the_catalogue(bent: Callable[[Bend], Report], name: str) -> None:
    """Each falsification is found by the step that answers for it, in the log that it is in."""
    bend, step, log = CATALOGUE[name]
    assert (step, log) in steps_of(bent(bend))


def test_journals_of_the_two_nodes_exchanged(honest: dict[str, Path]) -> None:
    """The peer's journal in the place of one's own is not taken for it."""
    report = verify(honest["hmeimim"], "iaf")
    assert [(failure.step, failure.log) for failure in report.failures] == [(1, "")]


def test_a_peer_without_a_pinned_card(honest: dict[str, Path]) -> None:
    """What a centre signed whose card nobody pinned cannot be verified, and does not pass."""
    report = verify_journal(honest["iaf"], card("iaf"), {})
    assert {(1, OWN_1), (1, OWN_2)} == steps_of(report)


def test_what_is_no_journal_is_not_read(tmp_path: Path) -> None:
    """A file that cannot be read as a journal at all is an error, not a verdict."""
    path = tmp_path / "journal.sqlite"
    with pytest.raises(JournalError) as missing:
        verify(path)
    path.write_bytes(b"no database" * 1000)
    with pytest.raises(JournalError) as nonsense:
        verify(path)
    assert (missing.value.code, nonsense.value.code) == ("journal.cannot-open", "journal.corrupt")


# --- What one journal cannot show -------------------------------------------------------------


@pytest.mark.parametrize("name", UNSEEN)
def test_what_nobody_has_signed_yet(bent: Callable[[Bend], Report], name: str) -> None:
    """The limits of the verification are known, and each is one on purpose."""
    assert bent(UNSEEN[name]).failures == []


def test_an_older_copy_of_everything_is_found_by_the_peer(tmp_path: Path) -> None:
    """A journal put back as it was verifies: what it lacks, only the peer can know, who fences."""
    older, paths = tmp_path / "older.sqlite", {}

    def keep(journals: dict[str, Journal]) -> None:
        journals["iaf"].execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        shutil.copy(journals["iaf"].path, older)

    paths = build(tmp_path, before_the_end=keep)
    assert verify(older).failures == []
    with sqlite3.connect(paths["hmeimim"]) as db:
        (note,) = db.execute("SELECT note FROM log WHERE origin = ?", (OWN_2,)).fetchone()
    journals = {"older": older, "newest": paths["iaf"]}
    found = {}
    for name, path in journals.items():
        directory = tmp_path / name
        directory.mkdir()
        shutil.copy(path, directory / JOURNAL_FILE)
        journal = open_journal(directory, lines={"hmeimim": 2})
        public = journal.signer.log_public
        found[name] = fence_reason(journal, line_of(journal), note, public)
        journal.close()
    assert found["newest"] is None
    assert found["older"] is not None
    assert OWN_2 in found["older"]


@given(
    table=st.sampled_from(["message", "record", "leaf_run", "envelope"]),
    place=st.integers(0, 10_000),
    column=st.integers(0, 20),
    byte=st.integers(0, 10_000),
    bit=st.integers(0, 7),
)
@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_bit_of_what_binds_can_be_changed(
    honest: dict[str, Path],
    tmp_path: Path,
    table: str,
    place: int,
    column: int,
    byte: int,
    bit: int,
) -> None:
    """Whichever bit of whichever entry is changed, the verification never says that all is well."""
    with falsified(honest["iaf"], tmp_path / "copy.sqlite") as db:
        rows = rows_of(db, table)
        row = rows[place % len(rows)]
        names = [name for name in row if row[name] is not None]
        name = names[column % len(names)]
        value = row[name]
        if isinstance(value, int):
            flipped: Any = value ^ (1 << byte % 63)
        else:
            data = bytearray(value.encode() if isinstance(value, str) else value)
            data[byte % len(data)] ^= 1 << bit
            flipped = bytes(data)
        cast = "CAST(? AS TEXT)" if isinstance(value, str) else "?"
        keys = KEYS[table].split(", ")
        try:
            db.execute(
                f"UPDATE {table} SET {name} = {cast}"
                f" WHERE {' AND '.join(f'{key} = ?' for key in keys)}",
                (flipped, *(row[key] for key in keys)),
            )
        except sqlite3.IntegrityError:
            assume(False)  # another row is there
    assert not verify(tmp_path / "copy.sqlite").ok


HUGE_BYTES = 30_000_000


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("envelope", "bytes"),
        ("receipt_given", "note"),
        ("receipt_given", "items"),
        ("cosignature", "root"),
        ("cosignature", "line"),
        ("message", "reference"),
    ],
)
def test_huge_values_are_not_kept(
    honest: dict[str, Path], tmp_path: Path, table: str, column: str
) -> None:
    """What is read ahead, or handed to other processes, is cut to what an honest value can be."""
    with falsified(honest["iaf"], tmp_path / "copy.sqlite") as db:
        value = f"zeroblob({HUGE_BYTES})"
        if dict(columns()[table])[column] == "TEXT":
            value = f"CAST({value} AS TEXT)"
        some = spread(rows_of(db, table))
        for row in some:
            keys = KEYS[table].split(", ")
            db.execute(
                f"UPDATE {table} SET {column} = {value}"
                f" WHERE {' AND '.join(f'{key} = ?' for key in keys)}",
                [row[key] for key in keys],
            )
    tracemalloc.start()
    try:
        report = verify(tmp_path / "copy.sqlite")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert not report.ok
    assert peak < HUGE_BYTES / 3
