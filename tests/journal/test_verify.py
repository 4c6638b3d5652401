"""Every way to falsify a journal, and the step of the verification that must find it."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from hotline.errors import JournalError
from hotline.journal.findings import MAX_FAILURES, Report
from hotline.journal.incoming import encode_items, fence_reason
from hotline.journal.journal import JOURNAL_FILE, Journal
from hotline.journal.projections import WANTS_ANSWER
from hotline.journal.verify import STEPS, verify_journal
from hotline.node.desk import ANSWERED
from hotline.trust.checkpoint import Checkpoint, sign_checkpoint
from hotline.trust.cosignature import cosign
from hotline.trust.keys import Role
from hotline.trust.merkle import Frontier, leaf_hash
from hotline.wire.codec import pack, unpack
from hotline.wire.envelope import decode_envelope, encode_envelope
from hotline.wire.frames import ReceiptItem
from hotline.wire.leaf import sent_leaf
from tests.journal.ledger import key, line_of, open_journal
from tests.journal.tampering import (
    KEYS,
    MIRROR_1,
    MIRROR_2,
    NODE_1,
    NODE_2,
    OWN_1,
    OWN_2,
    build,
    card,
    change,
    columns,
    cut,
    delete,
    falsified,
    flip,
    hashes_of,
    insert,
    log_id,
    mark_streams,
    plant,
    rehash,
    rows_of,
    verify,
)
from tests.trust import samples

Bend = Callable[[sqlite3.Connection], object]
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
    assert told == [(done, report.entries) for done in range(256, report.entries, 256)]


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
    **{("reading", column): 11 for column in ("message", "officer", "time_us")},
    ("deadline", "log"): 11,
    **{("deadline", column): 11 for column in ("idx", "direction", "due_us")},
    **{("alarm", column): 11 for column in ("id", "code", "peer", "subject", "text")},
    **{("alarm", column): 11 for column in ("raised_us", "cleared_us", "acknowledged_us")},
    ("alarm", "acknowledged_by"): 11,
}
"""The step that finds one bit of a column changed."""

FORM_ONLY = {("message", "flags"), ("deadline", "due_us")}
"""What no entry and no signature binds: see ``projections``. Only its form is checked."""

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


@pytest.mark.parametrize(("table", "column"), [c for c in COLUMNS if c not in FORM_ONLY])
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
        assert report.ok is unchanged or (table, column) in FORM_ONLY, value


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


@pytest.mark.parametrize("table", [table for table in KEYS if table != "cosignature"])
def test_a_row_too_few(bent: Callable[[Bend], Report], honest: dict[str, Path], table: str) -> None:
    """A row taken out of any table is missed; cosignatures alone are no entries, nor due."""
    with sqlite3.connect(honest["iaf"]) as db:
        rows = rows_of(db, table)
        mirrors = {log_id(db, MIRROR_1), log_id(db, MIRROR_2)}
    for row in rows if len(rows) < 8 else spread(rows):
        if row.get("key") == "examined_us":
            continue  # when the node last tried its disk: no part of the record
        due = DELETED.get(table) or OF_LOG[table, KEYS[table].split(", ")[1]][row["log"] in mirrors]
        report = bent(lambda db, row=row: delete(db, table, row))
        assert due in {failure.step for failure in report.failures}, row


def last(db: sqlite3.Connection, table: str, origin: str = OWN_1) -> dict[str, Any]:
    """Return the last row of a table, of one log where it has logs."""
    rows = rows_of(db, table)
    if "log" in rows[0] and table != "line":
        log = log_id(db, origin)
        rows = [row for row in rows if row["log"] == log]
    return rows[-1]


def insert_last(
    table: str, among: str = OWN_1, /, **values: Callable[[Any], Any]
) -> Callable[[sqlite3.Connection], None]:
    """Make the falsification that puts in a copy of a last row, some of its values changed."""

    def bend(db: sqlite3.Connection) -> None:
        row = last(db, table, among)
        insert(db, table, row, **{name: make(row[name]) for name, make in values.items()})

    return bend


def plus(number: int) -> Callable[[int], int]:
    """Make the change that adds to a value."""
    return lambda value: value + number


def to(value: Any) -> Callable[[Any], Any]:
    """Make the change that replaces a value."""
    return lambda _: value


def set_meta(name: str, value: str) -> Bend:
    """Make the falsification of one value of ``meta``."""
    return lambda db: db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))


# --- The catalogue ----------------------------------------------------------------------------


def sql(*statements: str) -> Bend:
    """Make a falsification of SQL; ``:own``, ``:mirror``, ``:node`` are the first logs' ids."""

    def bend(db: sqlite3.Connection) -> None:
        ids = {"own": log_id(db, OWN_1), "own2": log_id(db, OWN_2), "mirror": log_id(db, MIRROR_1)}
        ids |= {"node": log_id(db, NODE_1), "node2": log_id(db, NODE_2)}
        changed = sum(db.execute(statement, ids).rowcount for statement in statements)
        assert changed, "nothing was falsified"

    return bend


def then(*bends: Bend) -> Bend:
    """Do one falsification after the other."""

    def bend(db: sqlite3.Connection) -> None:
        for each in bends:
            each(db)

    return bend


def hashed_again(origin: str, *bends: Bend) -> Bend:
    """Falsify, then make every hash of the log fit again; only signatures stand against it."""
    return then(*bends, lambda db: rehash(db, origin))


def shortened(origin: str, by: int, *, marks: bool = False, receipts: bool = False) -> Bend:
    """Take entries off the end, with all hashes made to fit, and the rest as far as is asked."""

    def bend(db: sqlite3.Connection) -> None:
        log = log_id(db, origin)
        (size,) = db.execute("SELECT size FROM log WHERE id = ?", (log,)).fetchone()
        cut(db, origin, size - by)
        rehash(db, origin)
        if marks:
            mark_streams(db, origin)
        if receipts:
            db.execute("DELETE FROM receipt_given WHERE log = ? AND size > ?", (log, size - by))
            db.execute("DELETE FROM cosignature WHERE log = ? AND size > ?", (log, size - by))
            note = last(db, "receipt_given", origin)["note"]
            db.execute("UPDATE log SET note = ? WHERE id = ?", (note, log))

    return bend


def swapped(table: str, origin: str, *names: str) -> Bend:
    """Exchange two neighbouring rows' values, as to put one entry before the other."""

    def bend(db: sqlite3.Connection) -> None:
        log = log_id(db, origin)
        first, second = [row for row in rows_of(db, table) if row["log"] == log][-2:]
        assert any(first[name] != second[name] for name in names)
        change(db, table, first, **{name: second[name] for name in names})
        change(db, table, second, **{name: first[name] for name in names})

    return bend


def payload(kind: str, **values: Any) -> Bend:
    """Change fields of the newest record of a kind, its hashes left as they are."""

    def bend(db: sqlite3.Connection) -> None:
        row = [row for row in rows_of(db, "record") if row["kind"] == kind][-1]
        said = unpack(row["payload"])
        assert isinstance(said, dict)
        assert said.keys() >= values.keys()
        change(db, "record", row, payload=pack(said | values))

    return bend


def sealed_again(origin: str) -> Bend:
    """Sign every receipt again over the tree as it is now, with a key that is not the log's."""

    def bend(db: sqlite3.Connection) -> None:
        log = log_id(db, origin)
        hashes = hashes_of(db, log)
        for row in [row for row in rows_of(db, "receipt_given") if row["log"] == log]:
            note = forged_note(origin, hashes[: row["size"]])
            change(db, "receipt_given", row, note=note)
            db.execute("UPDATE log SET note = ? WHERE id = ?", (note, log))

    return bend


def forged_note(origin: str, hashes: list[bytes]) -> bytes:
    """Sign a checkpoint with a key of the right name that is not the centre's."""
    frontier = Frontier()
    frontier.extend(hashes)
    other = samples.PrivateKey.from_entropy(
        Role.LOG, origin.split("/")[2], samples.Status.EXERCISE, b"another key".ljust(32)
    )
    return sign_checkpoint(Checkpoint(origin, frontier.size, frontier.root()), other)


def resigned_envelope(db: sqlite3.Connection) -> None:
    """Replace the signature of a group by a valid one of other bodies."""
    first, second = [row for row in rows_of(db, "envelope") if row["direction"]][:2]
    taken = decode_envelope(second["bytes"]).signatures
    bodies = decode_envelope(first["bytes"]).bodies
    change(db, "envelope", first, bytes=encode_envelope(taken, bodies))


def other_remark(db: sqlite3.Connection) -> None:
    """Make a sent message look as if this desk had remarked on it."""
    row = next(row for row in rows_of(db, "message") if not row["direction"])
    change(db, "message", row, flags='[{"code":"x","text":"y"}]')


def split_run(db: sqlite3.Connection) -> None:
    """Put a run of no leaves at the end of a log."""
    row = last(db, "leaf_run")
    insert(db, "leaf_run", row, first=row["first"] + len(row["hashes"]) // 32, hashes=b"")


def endless_items(db: sqlite3.Connection) -> None:
    """Have a receipt name as many messages as a number can say."""
    row = next(row for row in rows_of(db, "receipt_given") if len(row["items"]) > 1)
    item = unpack(row["items"])[0]  # type: ignore[index]
    many = [ReceiptItem(item[0], item[1], 2**62, item[3], item[4])]
    change(db, "receipt_given", row, items=encode_items(many))


def transplanted(table: str, *names: str, origin: str = OWN_2, source: str = OWN_1) -> Bend:
    """Put values of one line's row in the place of those of the other epoch's."""

    def bend(db: sqlite3.Connection) -> None:
        taken = last(db, table, source)
        change(db, table, last(db, table, origin), **{name: taken[name] for name in names})

    return bend


def later_cosignature(db: sqlite3.Connection) -> None:
    """Give a cosignature of one size the line of another."""
    rows = [row for row in rows_of(db, "cosignature") if row["log"] == log_id(db, OWN_1)]
    change(db, "cosignature", rows[0], line=rows[-1]["line"])


def own_cosignature(db: sqlite3.Connection) -> None:
    """Have this centre witness its own log."""
    row = last(db, "cosignature")
    text = Checkpoint(OWN_1, row["size"], row["root"]).text()
    line = cosign(text, key(Role.WITNESS, "iaf"), 1).decode()
    change(db, "cosignature", row, line=line)
    insert(db, "cosignature", row, witness="iaf", line=line)


def invented_message(db: sqlite3.Connection) -> None:
    """Enter a message that nobody signed, in the bytes of one that was, and make all hashes fit."""
    row = [row for row in rows_of(db, "message") if not row["direction"]][-1]
    (size,) = db.execute("SELECT size FROM log WHERE id = ?", (row["log"],)).fetchone()
    insert(db, "message", row, idx=size, seq=row["seq"] + 1, id=b"i" * 32)
    origin = db.execute("SELECT origin FROM log WHERE id = ?", (row["log"],)).fetchone()[0]
    rehash(db, origin)
    mark_streams(db, origin)


def forged_mirror(db: sqlite3.Connection) -> None:
    """Change a leaf of the peer's that is not about us, and make its edge and blocks fit."""
    log = log_id(db, MIRROR_1)
    hashes = hashes_of(db, log)
    hashes[-1] = leaf_hash(sent_leaf(0, 1, bytes(32), 0))
    plant(db, log, hashes)


def endless_generation(db: sqlite3.Connection) -> None:
    """Claim more generations than could be counted."""
    set_meta("generation", "999999999")(db)


def lonely_receipt(db: sqlite3.Connection) -> None:
    """Give a receipt in the node's log, for which there is nobody, with its true anchor."""
    (note, size) = db.execute("SELECT note, size FROM log WHERE origin = ?", (NODE_1,)).fetchone()
    db.execute(
        "INSERT INTO receipt_given VALUES (?, ?, 0, ?, ?)",
        (log_id(db, NODE_1), size, note, encode_items([])),
    )


CATALOGUE: dict[str, tuple[Bend, int, str]] = {
    # Extra rows.
    "a value of meta": (set_meta("note", "x"), 1, ""),
    "a log of nobody": (insert_last("log", id=to(None), origin=to("x")), 1, "x"),
    "a line without logs": (insert_last("line", log=to(99), mirror=to(98), epoch=to(9)), 1, "None"),
    "a line with the logs of another": (insert_last("line", log=to(1), epoch=to(9)), 1, NODE_1),
    "a stream": (insert_last("stream", stream=to(4)), 3, OWN_1),
    "a group again": (insert_last("envelope", id=to(None), first_seq=plus(1)), 2, OWN_1),
    "a group in a mirror": (insert_last("envelope", id=to(None), log=to(3)), 1, "3"),
    "a message after the last": (insert_last("message", idx=plus(5)), 4, OWN_1),
    "a message before the first": (insert_last("message", idx=to(-1)), 4, OWN_1),
    "a message in a mirror": (insert_last("message", log=to(3)), 1, "3"),
    "a message in the node's log": (insert_last("message", log=to(1), idx=plus(9)), 1, "1"),
    "a message that nobody signed": (invented_message, 2, OWN_2),
    "a record after the last": (insert_last("record", idx=plus(1)), 4, OWN_1),
    "a record before the first": (insert_last("record", idx=to(-1)), 4, OWN_1),
    "a record in a mirror": (insert_last("record", log=to(3)), 1, "3"),
    "leaf hashes after the last": (insert_last("leaf_run", first=plus(999)), 4, OWN_1),
    "leaf hashes of a mirror": (insert_last("leaf_run", MIRROR_1, first=plus(99)), 8, MIRROR_1),
    "leaf hashes within others": (insert_last("leaf_run", first=to(100)), 4, OWN_1),
    "a run of no leaf hashes": (split_run, 4, OWN_1),
    "a block": (insert_last("subtree", idx=plus(1)), 5, OWN_1),
    "a block of a block": (insert_last("subtree", level=to(16), idx=to(0)), 5, OWN_1),
    "a block of a mirror": (insert_last("subtree", MIRROR_1, idx=plus(1)), 8, MIRROR_1),
    "a receipt for more than there is": (insert_last("receipt_given", size=plus(9)), 6, OWN_1),
    "a receipt for nothing": (insert_last("receipt_given", size=to(0)), 6, OWN_1),
    "a receipt within another": (insert_last("receipt_given", size=to(200)), 6, OWN_1),
    "a receipt of the node's log": (lonely_receipt, 1, "1"),
    "a receipt taken": (insert_last("receipt_taken", first_seq=plus(1)), 9, OWN_1),
    "a receipt taken of no stream": (insert_last("receipt_taken", stream=to(7)), 9, OWN_1),
    "a cosignature": (insert_last("cosignature", size=plus(1)), 10, OWN_1),
    "a cosignature of the node's log": (insert_last("cosignature", log=to(1)), 1, "1"),
    "a cosignature of a stranger": (insert_last("cosignature", witness=to("x")), 10, OWN_1),
    "a reading": (insert_last("reading", officer=to("nobody")), 11, ""),
    "an answer awaited to nothing": (insert_last("deadline", idx=to(10_000)), 11, OWN_1),
    "an answer awaited to a service": (insert_last("deadline", idx=to(5)), 11, OWN_1),
    "an alarm": (insert_last("alarm", id=to(None)), 11, ""),
    # The tail.
    "the tail cut off, nothing else": (lambda db: cut(db, OWN_1, 600), 4, OWN_1),
    "the tail cut off, hashes fitted": (shortened(OWN_1, 30), 6, OWN_1),
    "the tail cut off, streams fitted": (shortened(OWN_1, 30, marks=True), 6, OWN_1),
    "the tail cut off, its receipts too": (
        shortened(OWN_1, 30, marks=True, receipts=True),
        9,
        OWN_1,
    ),
    "the tail of a closed log cut off": (shortened(OWN_1, 1, marks=True, receipts=True), 4, OWN_1),
    "the node's log cut off": (shortened(NODE_1, 3), 6, OWN_1),
    "the node's closed log cut off": (shortened(NODE_1, 1), 4, NODE_1),
    "the mirror cut off": (
        lambda db: plant(db, log_id(db, MIRROR_1), hashes_of(db, log_id(db, MIRROR_1))[:-20]),
        8,
        MIRROR_1,
    ),
    "the newest messages unsigned": (
        sql(
            "DELETE FROM receipt_given WHERE log = :own2",
            "UPDATE log SET note = x'' WHERE id = :own2",
        ),
        7,
        OWN_2,
    ),
    "all receipts given gone": (
        sql("DELETE FROM receipt_given", "UPDATE log SET note = x'' WHERE own"),
        7,
        OWN_1,
    ),
    "all receipts taken gone": (sql("DELETE FROM receipt_taken"), 9, OWN_1),
    "all cosignatures but their sizes gone": (sql("UPDATE cosignature SET line = ''"), 10, OWN_1),
    "everything of one epoch gone but its line": (
        sql(*(f"DELETE FROM {table} WHERE log = :own" for table in ("message", "record"))),
        4,
        OWN_1,
    ),
    # The order.
    "two records exchanged": (
        swapped("record", OWN_1, "kind", "time_us", "salt", "payload"),
        4,
        OWN_1,
    ),
    "two records exchanged, hashes fitted": (
        hashed_again(NODE_1, swapped("record", NODE_1, "kind", "time_us", "salt", "payload")),
        6,
        OWN_1,
    ),
    "two messages exchanged": (
        swapped("message", OWN_2, "stream", "seq", "id", "envelope", "position", "length"),
        2,
        OWN_2,
    ),
    "two messages' numbers exchanged": (
        swapped("message", OWN_1, "stream", "seq", "id"),
        2,
        OWN_1,
    ),
    # What was said, when and by whom.
    "another receipt code": (payload("rejection", code="line.ok"), 4, OWN_1),
    "another receipt": (payload("receipt", old_size=0), 4, OWN_2),
    "another receipt, hashes fitted": (
        hashed_again(OWN_2, payload("receipt", old_size=0)),
        9,
        OWN_2,
    ),
    "another alarm text": (payload("alarm-raised", text="x"), 4, NODE_1),
    "another alarm text, hashes fitted": (
        hashed_again(NODE_1, payload("alarm-raised", text="x")),
        6,
        OWN_1,
    ),
    "another alarm text in the entry and at the desk": (
        hashed_again(NODE_1, payload("alarm-raised", text="x"), sql("UPDATE alarm SET text = 'x'")),
        6,
        OWN_1,
    ),
    "another officer": (payload("read", officer="x"), 4, OWN_1),
    "another officer, hashes fitted": (hashed_again(OWN_1, payload("read", officer="x")), 6, OWN_1),
    "another officer at the desk": (sql("UPDATE reading SET officer = 'x' || officer"), 11, OWN_1),
    "another who acknowledged": (sql("UPDATE alarm SET acknowledged_by = 'x'"), 11, ""),
    "another who recovered": (payload("recovered", officer="x"), 4, NODE_2),
    "another who recovered, hashes fitted": (
        hashed_again(NODE_2, payload("recovered", officer="x")),
        6,
        OWN_2,
    ),
    "logs that a recovery did not close": (
        hashed_again(NODE_2, payload("recovered", closed=[])),
        4,
        NODE_1,
    ),
    "a recovery that nobody can read": (
        hashed_again(NODE_2, payload("recovered", closed=7)),
        4,
        NODE_2,
    ),
    "a generation that begins with no recovery": (
        hashed_again(NODE_2, sql("UPDATE record SET kind = 'node' WHERE kind = 'recovered'")),
        4,
        NODE_2,
    ),
    "a recovery within a log": (
        hashed_again(NODE_2, sql("UPDATE record SET kind = 'recovered' WHERE log = :node2")),
        4,
        NODE_2,
    ),
    "another anchor": (payload("anchor", checkpoint=b"x\n"), 4, OWN_2),
    "another anchor, hashes fitted": (
        hashed_again(OWN_2, payload("anchor", checkpoint=b"x\n")),
        6,
        OWN_2,
    ),
    "an anchor that no key signed": (
        hashed_again(OWN_2, payload("anchor", checkpoint=forged_note(NODE_2, []))),
        6,
        OWN_2,
    ),
    "an anchor that nobody can read": (
        hashed_again(OWN_2, payload("anchor", checkpoint=7)),
        6,
        OWN_2,
    ),
    "the node's newest checkpoint gone": (
        sql("UPDATE log SET note = x'' WHERE id = :node"),
        6,
        NODE_1,
    ),
    "another contradiction, hashes fitted": (
        hashed_again(OWN_1, payload("equivocation", seq=2)),
        2,
        OWN_1,
    ),
    "a contradiction that nobody signed": (
        hashed_again(OWN_1, payload("equivocation", envelope=b"\x93\x01")),
        2,
        OWN_1,
    ),
    "received later": (sql("UPDATE message SET time_us = time_us + 1 WHERE direction"), 4, OWN_1),
    "received later, hashes fitted": (
        hashed_again(OWN_1, sql("UPDATE message SET time_us = time_us + 1 WHERE direction = 1")),
        6,
        OWN_1,
    ),
    "received later, receipts and hashes fitted": (
        then(
            hashed_again(OWN_1, sql("UPDATE message SET time_us = time_us + 1 WHERE direction")),
            sealed_again(OWN_1),
        ),
        6,
        OWN_1,
    ),
    "sent earlier": (
        sql(
            "UPDATE message SET created_us = created_us - 1, time_us = time_us - 1"
            " WHERE direction = 0"
        ),
        2,
        OWN_1,
    ),
    "sent earlier, hashes fitted": (
        hashed_again(
            OWN_1,
            sql("UPDATE message SET created_us = 5, time_us = 5 WHERE direction = 0"),
        ),
        6,
        OWN_1,
    ),
    "the peer received later": (sql("UPDATE receipt_taken SET time_us = time_us + 1"), 9, OWN_1),
    "receipts taken later": (sql("UPDATE receipt_taken SET taken_us = taken_us + 1"), 9, OWN_1),
    "another reference": (
        sql("UPDATE message SET reference = 'Y' WHERE reference = 'X-1'"),
        11,
        OWN_1,
    ),
    "an answer to another": (
        sql("UPDATE message SET about = zeroblob(32) WHERE about <> ''"),
        11,
        OWN_1,
    ),
    "a remark on what was sent": (other_remark, 11, OWN_1),
    "a remark that is none": (sql("UPDATE message SET flags = '{}' WHERE flags <> ''"), 11, OWN_1),
    "other sequence numbers": (sql("UPDATE message SET seq = seq + 1 WHERE stream = 3"), 2, OWN_1),
    "other sequence numbers throughout": (
        hashed_again(
            OWN_1,
            sql(
                "UPDATE OR IGNORE message SET seq = seq + 1 WHERE stream = 1 AND log = :own",
                "UPDATE envelope SET first_seq = first_seq + 1000 WHERE stream = 1 AND log = :own",
                "UPDATE stream SET next_seq = next_seq + 1 WHERE stream = 1 AND log = :own",
            ),
        ),
        3,
        OWN_1,
    ),
    "more messages in a group than signed": (
        sql("UPDATE envelope SET count = count + 1 WHERE log = :own2"),
        2,
        OWN_2,
    ),
    "a receipt for countless messages": (endless_items, 7, OWN_1),
    "a cleared alarm": (sql("UPDATE alarm SET cleared_us = NULL"), 11, ""),
    "an answer awaited that was given": (
        sql(
            "INSERT INTO deadline SELECT log, idx, direction, time_us FROM message m"
            " WHERE EXISTS (SELECT 1 FROM message r WHERE r.about = m.id)"
            " AND NOT EXISTS (SELECT 1 FROM deadline d WHERE d.log = m.log AND d.idx = m.idx)"
        ),
        11,
        OWN_1,
    ),
    "an answer awaited to what was withdrawn": (
        sql(
            "INSERT INTO deadline SELECT log, idx, direction, time_us FROM message"
            " WHERE reference = 'X-9' AND kind = 'notice'"
        ),
        11,
        OWN_1,
    ),
    "an answer due before the question": (sql("UPDATE deadline SET due_us = 1"), 11, OWN_1),
    # What belongs elsewhere.
    "a receipt of another epoch": (transplanted("receipt_given", "note"), 6, OWN_2),
    "a checkpoint of another epoch": (
        sql("UPDATE log SET note = (SELECT note FROM log WHERE id = :own) WHERE id = :own2"),
        6,
        OWN_2,
    ),
    "the peer's checkpoint of another epoch": (
        sql("UPDATE log SET note = (SELECT note FROM log WHERE id = :mirror) WHERE id = 5"),
        8,
        MIRROR_2,
    ),
    "the peer's checkpoint for our own": (
        sql("UPDATE log SET note = (SELECT note FROM log WHERE id = :mirror) WHERE id = :own"),
        6,
        OWN_1,
    ),
    "a cosignature of another epoch": (transplanted("cosignature", "root", "line"), 10, OWN_2),
    "a cosignature of another size": (later_cosignature, 10, OWN_1),
    "a cosignature of our own": (own_cosignature, 10, OWN_1),
    "a signature of another group": (resigned_envelope, 2, OWN_1),
    "receipts of another key": (sealed_again(OWN_1), 6, OWN_1),
    "a mirror's leaf that is not about us": (forged_mirror, 8, MIRROR_1),
    "a log and its mirror exchanged": (
        sql("UPDATE line SET log = :mirror, mirror = :own WHERE log = :own"),
        1,
        MIRROR_1,
    ),
    "the lines' epochs exchanged": (
        sql("UPDATE line SET epoch = epoch + 10", "UPDATE line SET epoch = 13 - epoch"),
        1,
        OWN_1,
    ),
    "a log of ours shown as the peer's": (sql("UPDATE log SET own = 0 WHERE id = :own"), 1, OWN_1),
    "a mirror shown as ours": (sql("UPDATE log SET own = 1 WHERE id = :mirror"), 1, MIRROR_1),
    "sizes that no number holds": (
        sql("UPDATE log SET size = 9223372036854775807 WHERE own"),
        4,
        OWN_1,
    ),
    # What the journal is.
    "another status": (set_meta("status", "actual"), 1, ""),
    "another centre": (set_meta("centre", "hmeimim"), 1, ""),
    "another schema": (set_meta("schema", "2"), 1, ""),
    "an earlier generation": (set_meta("generation", "1"), 1, "6"),
    "a later generation": (set_meta("generation", "3"), 1, "hotline/exercise/iaf/node/3"),
    "countless generations": (endless_generation, 1, "hotline/exercise/iaf/node/3"),
    "no generation": (sql("DELETE FROM meta WHERE key = 'generation'"), 1, ""),
    "a generation that is no number": (set_meta("generation", "two"), 1, ""),
    "a disk examined at no time": (set_meta("examined_us", "x"), 1, ""),
    "a fence": (set_meta("fence", "it was rolled back"), 1, ""),
    "text that is none": (sql("UPDATE alarm SET text = CAST(x'ff' AS TEXT)"), 1, ""),
    "a value beyond all measure": (
        sql("UPDATE record SET payload = zeroblob(200000000) WHERE log = :own AND idx = 1"),
        1,
        "",
    ),
    "a table that is none": (lambda db: db.execute("CREATE TABLE more(x)"), 1, ""),
    "a table that takes anything": (
        lambda db: (
            db.execute("ALTER TABLE alarm RENAME TO kept"),
            db.execute("CREATE TABLE alarm AS SELECT * FROM kept"),
            db.execute("DROP TABLE kept"),
        ),
        1,
        "",
    ),
    "an index that is gone": (lambda db: db.execute("DROP INDEX message_by_about"), 1, ""),
    "a trigger": (
        lambda db: db.execute(
            "CREATE TRIGGER t AFTER INSERT ON message BEGIN DELETE FROM alarm; END"
        ),
        1,
        "",
    ),
    "a view in the place of a table": (
        lambda db: (
            db.execute("ALTER TABLE alarm RENAME TO kept"),
            db.execute("CREATE VIEW alarm AS SELECT * FROM kept"),
        ),
        1,
        "",
    ),
}
"""Each falsification with the step and the log by which it must be found."""


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


def test_awaited_kinds_are_the_desks() -> None:
    """The verification expects answers to those kinds for which the desk awaits them."""
    assert set(WANTS_ANSWER) == ANSWERED


# --- What one journal cannot show -------------------------------------------------------------


# --- What one journal cannot show -------------------------------------------------------------

UNSEEN: dict[str, Bend] = {
    "a cosignature taken away": lambda db: delete(db, "cosignature", last(db, "cosignature")),
    "a remark reworded": sql("UPDATE message SET flags = '[]' WHERE flags <> ''"),
    "an answer due at another time": sql("UPDATE deadline SET due_us = due_us + 1"),
    "an entry changed that no checkpoint covers yet": hashed_again(
        NODE_2, sql("UPDATE record SET time_us = 5 WHERE log = :node2 AND idx = 2")
    ),
}
"""What nobody has signed, or nobody has to have: the peer holds its own cosignatures and what it
was told; remarks and deadlines are this desk's own; an entry is bound from the next checkpoint."""


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
        names = [name for name in row if row[name] is not None and (table, name) not in FORM_ONLY]
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
