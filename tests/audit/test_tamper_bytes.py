"""Bytes changed at random: in every column of every table, and anywhere in the file itself."""

from __future__ import annotations

import asyncio
import os
import random
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from hotline.errors import HotlineError
from tests.audit.attacks.incident import Copy, Stage, perform
from tests.audit.tampering import KEYS, build, change, columns, falsified, rows_of, verify

LONG = "HOTLINE_TEST_LONG" in os.environ
FLIPS_IN_A_COLUMN = 40 if LONG else 1
FLIPS_IN_THE_FILE = 20_000 if LONG else 250
BATCH = 25
COLUMNS = [(table, column) for table, names in columns().items() for column, _ in names]


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a journal with rows in every table that its kind of node writes."""
    return build(tmp_path_factory.mktemp("honest"))["iaf"]


@pytest.fixture(scope="module")
def incident(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """Give the small journals of two real nodes, each in one file."""
    stage = asyncio.run(perform(tmp_path_factory.mktemp("incident")))
    with stage.hmeimim.bent():
        return stage


def flips(value: Any, chance: random.Random) -> Any:
    """Return a value with one of its bytes changed to any other."""
    if isinstance(value, int):
        return value ^ (1 << chance.randrange(63))
    data = bytearray(value.encode() if isinstance(value, str) else value)
    data[chance.randrange(len(data))] ^= chance.randrange(1, 256)
    return bytes(data)


def flipped(db: sqlite3.Connection, table: str, column: str, chance: random.Random) -> bool:
    """Change one byte of one value of a column; False where there is none to change."""
    rows = [row for row in rows_of(db, table) if row[column] not in (None, b"", "")]
    if not rows:
        return False
    row = chance.choice(rows)
    value = flips(row[column], chance)
    cast = "CAST(? AS TEXT)" if isinstance(row[column], str) else "?"
    key = KEYS[table].split(", ")
    where = " AND ".join(f"{name} = ?" for name in key)
    try:
        db.execute(
            f"UPDATE {table} SET {column} = {cast} WHERE {where}",
            (value, *(row[name] for name in key)),
        )
    except sqlite3.IntegrityError:
        return False  # another row is there
    return True


@pytest.mark.parametrize(("table", "column"), COLUMNS)
@pytest.mark.long
def test_any_byte_of_any_column(honest: Path, tmp_path: Path, table: str, column: str) -> None:
    """A byte of any row and column, changed to any other, is found."""
    chance = random.Random(f"{table}.{column}")
    done = 0
    for _ in range(FLIPS_IN_A_COLUMN):
        with falsified(honest, tmp_path / "copy.sqlite") as db:
            changed = flipped(db, table, column, chance)
        if changed:
            done += 1
            assert not verify(tmp_path / "copy.sqlite").ok
    with closing(sqlite3.connect(honest)) as db:
        empty = not [row for row in rows_of(db, table) if row[column] not in (None, b"", "")]
    assert done or empty


def content(path: Path) -> list[tuple[Any, ...]]:
    """Return every row of a journal."""
    with closing(sqlite3.connect(path)) as db:
        db.text_factory = bytes
        return [(table, *row.values()) for table in KEYS for row in rows_of(db, table)]


@pytest.mark.parametrize("batch", range(FLIPS_IN_THE_FILE // BATCH))
@pytest.mark.long
def test_any_byte_of_the_file(incident: Stage, tmp_path: Path, batch: int) -> None:
    """A byte changed anywhere in the file is found, or no row that proves anything has changed.

    What is not found lies in pages or parts of pages that hold no row: free space, and numbers
    by which SQLite keeps its house.
    """
    chance = random.Random(batch)
    original = incident.hmeimim.journal.read_bytes()
    rows = content(incident.hmeimim.journal)
    stage = incident.copied(tmp_path / "copy")
    site = stage.hmeimim
    for _ in range(BATCH):
        data = bytearray(original)
        at = chance.randrange(len(data))
        data[at] ^= chance.randrange(1, 256)
        site.journal.write_bytes(data)
        if holds(site):
            assert content(site.journal) == rows, f"byte {at} changed a row"


def holds(site: Copy) -> bool:
    """Whether the verification says that all is well."""
    try:
        return site.verify().ok
    except HotlineError:
        return False


def test_a_change_is_made(honest: Path, tmp_path: Path) -> None:
    """The changes of these tests change something: the same change twice gives the same row."""
    with falsified(honest, tmp_path / "copy.sqlite") as db:
        before = rows_of(db, "record")[0]
        change(db, "record", before, payload=flips(before["payload"], random.Random(1)))
        assert rows_of(db, "record")[0]["payload"] != before["payload"]
