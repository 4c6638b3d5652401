"""What an auditor waits for: every command of the audit on a record of so many entries.

Whole commands run as processes of their own. Their seconds are what the auditor waits; their rates
leave out the start of the program, which is measured too. What is asked many times a second, as
proofs are, is called here, again and again, on one open record.
"""

from __future__ import annotations

import json
import random
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TypeVar

from benchmarks.commands import Ran, hotline, size_of
from benchmarks.history import REFERENCE, History
from benchmarks.machine import verifications_per_s
from benchmarks.pair import RECEIVER, SENDER
from benchmarks.shapes import Figure
from hotline.audit.checkpoints import cosigned, newest_given
from hotline.audit.entries import logs_of
from hotline.audit.evidence.check import check
from hotline.audit.evidence.gather import gather
from hotline.audit.evidence.moment import moment
from hotline.audit.evidence.prove import prove
from hotline.node.place import read_place

T = TypeVar("T")

ENTRIES = 100_000
NEW = 100
"""Entries that are new in an incremental verification."""
CALLS = 200
STARTS = 3
GROUPINGS = {"groups of 64": 64, "groups of 1": 1}
FORMATS = {
    "jsonl": "record.jsonl",
    "csv": "csv",
    "parquet": "parquet",
    "tlog-tiles": "tiles",
    "sqlite": "record.sqlite",
}
"""Where each format of `hotline log export` is written; a name with a dot is a file."""

NOWHERE = "no entry says this"
AREA = "10,10,11,11"


def figures(parent: Path, entries: int, say: Callable[[str], None]) -> Iterator[Figure]:
    """Measure everything once; the records lie in a directory of ``parent`` and are removed."""
    starting = median(hotline(None, "log", "verify", "--help").seconds for _ in range(STARTS))
    yield Figure("start of the program", None, "", starting)
    yield Figure("raw Ed25519 verification, all cores", verifications_per_s(), "signatures/s")
    for grouping, limit in GROUPINGS.items():
        with TemporaryDirectory(dir=parent) as name:
            directory = Path(name)
            say(f"{grouping}: a record of {entries:,} entries")
            trusted = _written(directory, entries, limit)
            record = Written(directory, entries, starting)
            yield from _verified(record, grouping, trusted)
            if limit > 1:
                for measure in (_asked, _searched, _exported, _kept, _reconciled):
                    say(f"{grouping}: {measure.__doc__}")
                    yield from measure(record)


@dataclass(frozen=True, slots=True)
class Written:
    """Both records in a directory, and how long the program takes to start, in seconds."""

    directory: Path
    entries: int
    starting: float

    @property
    def config(self) -> Path:
        """Return the node.toml of the one that is looked at."""
        return self.directory / SENDER / "node.toml"

    def rate(self, name: str, unit: str, count: int, ran: Ran, octets: int = 0) -> Figure:
        """Return the figure of a command that dealt with so many, and wrote so many octets."""
        working, peak_mib = ran.seconds - self.starting, ran.peak_kib / 1024
        # No rate can be told of what is done about as soon as the program has started.
        if working < self.starting / 4:
            return Figure(name, None, unit, ran.seconds, peak_mib)
        megabytes = octets / 1e6 / working if octets else None
        return Figure(name, count / working, unit, ran.seconds, peak_mib, megabytes)


def _written(directory: Path, entries: int, group_limit: int) -> Path:
    """Write both records; return a file with a checkpoint of all entries but the newest."""
    with History(directory, group_limit) as history:
        for _ in history.grow(entries - NEW):
            pass
        trusted = directory / "trusted.checkpoint"
        keep_checkpoint(history.configs[SENDER], trusted)
        for _ in history.grow(entries):
            pass
    return trusted


def keep_checkpoint(config: Path, file: Path) -> None:
    """Write the newest signed checkpoint of a line's log, with its cosignatures."""
    with moment(read_place(config).journal) as connection:
        log = next(one for one in logs_of(connection) if one.own and one.peer)
        newest = newest_given(connection, log)
        assert newest is not None
        file.write_bytes(cosigned(connection, log.id, *newest))


def _verified(record: Written, grouping: str, trusted: Path) -> Iterator[Figure]:
    """Verification of the whole record by one process and by all cores, and of what is new."""
    for cores, options in (("all cores", ()), ("one core", ("--jobs", "1"))):
        ran = hotline(record.config, "log", "verify", "--json", *options)
        signatures = json.loads(ran.output)["signatures"]
        name = f"verify, {grouping}, {cores}"
        yield record.rate(name, "entries/s", record.entries, ran)
        yield record.rate(f"{name}: signatures", "signatures/s", signatures, ran)
    ran = hotline(record.config, "log", "verify", "--from", trusted)
    yield record.rate(f"verify, {grouping}, {NEW} new entries", "entries/s", NEW, ran)


def _asked(record: Written) -> Iterator[Figure]:
    """Proofs, evidence and its checks."""
    place = read_place(record.config)
    chance = random.Random(record.entries)
    # The very last entries are not under a cosigned checkpoint yet.
    indices = [str(chance.randrange(record.entries - NEW)) for _ in range(CALLS)]
    names = [REFERENCE.format(chance.randint(1, (record.entries - NEW) // 3)) for _ in range(CALLS)]
    files: list[bytes] = []
    with moment(place.journal) as connection:
        yield _called(
            "inclusion proof", lambda at: prove(connection, place.peers, {}, at, RECEIVER), indices
        )
        yield _called(
            "evidence of a notice and its reply",
            lambda one: files.append(gather(connection, place.card, place.peers, {}, one)),
            names,
        )
    yield _called("check of an evidence file", check, files)


def _searched(record: Written) -> Iterator[Figure]:
    """Searches of the whole record."""
    reference = REFERENCE.format(record.entries // 4)
    for name, options in (
        ("search by reference", ("--reference", reference)),
        ("search for a text that is nowhere", ("--text", NOWHERE)),
        ("search of an area where nothing is", ("--area", AREA)),
    ):
        ran = hotline(record.config, "log", "show", "--json", *options)
        yield record.rate(name, "entries/s", record.entries, ran)


def _exported(record: Written) -> Iterator[Figure]:
    """Exports in every format."""
    for form, name in FORMATS.items():
        target = record.directory / name
        ran = hotline(record.config, "log", "export", "--format", form, target)
        written = size_of(target)
        shutil.rmtree(target) if target.is_dir() else target.unlink()
        yield record.rate(f"export, {form}", "entries/s", record.entries, ran, written)


def _kept(record: Written) -> Iterator[Figure]:
    """A backup."""
    target = record.directory / "backup"
    ran = hotline(record.config, "log", "backup", target)
    written = size_of(target)
    shutil.rmtree(target)
    yield record.rate("backup", "entries/s", record.entries, ran, written)


def _reconciled(record: Written) -> Iterator[Figure]:
    """The reconciliation of both records."""
    ran = hotline(None, "log", "reconcile", record.directory / SENDER, record.directory / RECEIVER)
    yield record.rate("reconcile, both records", "entries/s", 2 * record.entries, ran)


def _called(name: str, call: Callable[[T], object], subjects: list[T]) -> Figure:
    begun = time.perf_counter()
    for subject in subjects:
        call(subject)
    seconds = time.perf_counter() - begun
    return Figure(name, len(subjects) / seconds, "1/s", seconds / len(subjects))
