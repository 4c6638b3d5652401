"""What a record costs as it grows: written once, and measured whenever it has come to a size."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.audit import NEW, NOWHERE, keep_checkpoint
from benchmarks.commands import hotline, size_of
from benchmarks.history import REFERENCE, History
from benchmarks.pair import RECEIVER, ROOT, SENDER
from benchmarks.shapes import Cost
from hotline.audit.evidence.moment import moment
from hotline.audit.evidence.prove import prove
from hotline.journal.queries import find_message
from hotline.node.place import read_place

OPENINGS = 3
PROOFS = 20
TOLD_S = 5.0
"""How often the progress is told."""

Say = Callable[[str], None]


def costs(
    parent: Path, sizes: Sequence[int], group_limits: Sequence[int], say: Say
) -> Iterator[Cost]:
    """Grow a pair of records for each way of grouping, and yield their cost at every size.

    They lie in a directory of ``parent`` that is removed at the end: twice the octets of the
    greatest size have to fit there, and its export.
    """
    for group_limit in group_limits:
        with TemporaryDirectory(dir=parent, prefix="growth-") as name:
            for entries in sorted(sizes):
                yield _cost(Path(name), entries, group_limit, say)


def _cost(directory: Path, entries: int, group_limit: int, say: Say) -> Cost:
    append_per_s = _grow(directory, entries, group_limit, say)
    config = directory / SENDER / "node.toml"
    trusted, place = directory / "trusted.checkpoint", read_place(config)
    say(f"{entries:,} entries: opening, verifying")
    open_s = median(_opening(config) for _ in range(OPENINGS))
    verified = hotline(config, "log", "verify")
    verify_new = hotline(config, "log", "verify", "--from", trusted)
    say(f"{entries:,} entries: proving, searching, exporting")
    with moment(place.journal) as connection:
        proof_s = _median(
            lambda n: prove(connection, place.peers, {}, str(n), RECEIVER),
            [entries * n // (PROOFS + 1) for n in range(1, PROOFS + 1)],
        )
        find_s = _median(
            lambda n: find_message(connection, REFERENCE.format(n)),
            [entries // 3 * n // (PROOFS + 1) + 1 for n in range(PROOFS)],
        )
    searched = hotline(config, "log", "show", "--json", "--text", NOWHERE)
    export = directory / "record.jsonl"
    exported = hotline(config, "log", "export", "--format", "jsonl", export)
    export_octets = size_of(export)
    export.unlink()
    return Cost(
        entries=entries,
        group_limit=group_limit,
        octets=size_of(place.journal.parent),
        append_per_s=append_per_s,
        open_s=open_s,
        verify_s=verified.seconds,
        verify_peak_mib=verified.peak_kib / 1024,
        verify_new_s=verify_new.seconds,
        proof_s=proof_s,
        find_s=find_s,
        search_s=searched.seconds,
        export_s=exported.seconds,
        export_octets=export_octets,
    )


def _grow(directory: Path, entries: int, group_limit: int, say: Say) -> float:
    """Grow both records, keep a checkpoint of all but the newest; return entries/s at the end."""
    told = time.monotonic()
    last_tenth = max(entries - entries // 10, 0)
    with History(directory, group_limit) as history:
        for end in (last_tenth, entries - NEW, entries):
            for reached in history.grow(end):
                if time.monotonic() - told > TOLD_S:
                    told = time.monotonic()
                    say(f"{reached:,} of {entries:,} entries, groups of {group_limit}")
            if end == last_tenth:
                begun = history.written, history.seconds
            if end == entries - NEW:
                keep_checkpoint(history.configs[SENDER], directory / "trusted.checkpoint")
        written, seconds = history.written - begun[0], history.seconds - begun[1]
    return written / seconds


def _opening(config: Path) -> float:
    """Return the seconds that a new process takes to open the journal as a node does."""
    command = [sys.executable, "-m", "benchmarks.opening", str(config)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return float(done.stdout.strip("[] \n").split(",")[0])


def _median(call: Callable[[int], object], numbers: Sequence[int]) -> float:
    taken = []
    for number in numbers:
        begun = time.perf_counter()
        call(number)
        taken.append(time.perf_counter() - begun)
    return median(taken)
