"""The machine's own limits, measured beside the pair, so that ratios mean something."""

from __future__ import annotations

import os
import sqlite3
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from statistics import median

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from benchmarks.shapes import Machine

CALLS = 300
COMMITS = 200
VERIFYING_S = 1.0
"""How long every core verifies signatures to tell its rate."""


def measure(parent: Path) -> Machine:
    """Measure signing, verifying, hashing and committing; files lie in a directory of ``parent``.

    Signatures are over 100 bytes, about what a group and a checkpoint sign; the hash is over
    640, a body.
    """
    key = Ed25519PrivateKey.generate()
    public = key.public_key()
    text, body = os.urandom(100), os.urandom(640)
    signature = key.sign(text)
    with tempfile.TemporaryDirectory(dir=parent) as directory:
        return Machine(
            sign_us=microseconds(lambda: key.sign(text), CALLS),
            verify_us=microseconds(lambda: public.verify(signature, text), CALLS),
            hash_us=microseconds(lambda: sha256(body).digest(), CALLS),
            fdatasync_us=_fdatasync(Path(directory)),
            commit_us=commit_us(Path(directory)),
        )


def verifications_per_s() -> float:
    """Return how many Ed25519 signatures all usable cores verify a second, each in a process.

    The limit of any verifier here: nothing is read, hashed or decoded.
    """
    cores = len(os.sched_getaffinity(0))
    with ProcessPoolExecutor(cores) as crew:
        return sum(crew.map(_verify_for, [VERIFYING_S] * cores))


def _verify_for(seconds: float) -> float:
    key = Ed25519PrivateKey.generate()
    text = os.urandom(100)
    public, signature = key.public_key(), key.sign(text)
    begun, count = time.perf_counter(), 0
    while (taken := time.perf_counter() - begun) < seconds:
        for _ in range(100):
            public.verify(signature, text)
        count += 100
    return count / taken


def _fdatasync(directory: Path) -> float:
    """Append 1 KiB and wait until the disk has it."""
    with (directory / "plain").open("wb", buffering=0) as file:
        block = os.urandom(1024)

        def append() -> None:
            file.write(block)
            os.fdatasync(file.fileno())

        return microseconds(append, COMMITS)


def commit_us(directory: Path, rows: int = 1) -> float:
    """Commit rows of 1 KiB in SQLite's WAL with synchronous=FULL, as the journal does."""
    path = directory / f"rows-{rows}.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("CREATE TABLE row(id INTEGER PRIMARY KEY, data BLOB)")
        block = os.urandom(1024)

        def insert() -> None:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT INTO row(data) VALUES (?)", [(block,)] * rows)
            connection.execute("COMMIT")

        return microseconds(insert, COMMITS)


def microseconds(call: Callable[[], object], calls: int) -> float:
    """Return the median time of one call."""
    taken = []
    for _ in range(calls):
        begun = time.perf_counter()
        call()
        taken.append(time.perf_counter() - begun)
    return median(taken) * 1e6
