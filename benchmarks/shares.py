"""Where the time of both processes goes: samples of py-spy, counted by what was being done.

py-spy (https://pypi.org/project/py-spy) is no dependency; it has to be on the PATH.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from benchmarks.pair import Pair, pair
from benchmarks.runs import measure, warm_up
from benchmarks.shapes import Case, Measured
from hotline.journal.journal import MAX_GROUP

HERTZ = 200
AREAS = (
    ("sign (hotline/trust/keys.py", "Ed25519: sign"),
    ("verify (hotline/trust/keys.py", "Ed25519: verify"),
    ("hotline/model/", "rules of messages, their payloads"),
    ("hotline/wire/", "bodies, envelopes, frames"),
    ("hotline/trust/", "Merkle trees, notes"),
    ("hotline/line/", "association"),
    ("execute (hotline/journal/journal.py", "SQLite: statements"),
    ("executemany (hotline/journal/journal.py", "SQLite: statements"),
    ("hotline/journal/", "journal, apart from SQLite"),
    ("aiohttp/", "WebSocket, TLS"),
    ("(ssl.py", "WebSocket, TLS"),
    ("hotline/node/", "node: desk, line, connection"),
    ("benchmarks/", "the load itself"),
    ("asyncio/", "event loop, sockets"),
)
"""What part of a frame's name puts a sample where; the innermost frame that has one decides."""
COMMIT = "SQLite: commit, disk included"
WAITING = ("(concurrent/futures/thread.py", "_run (hotline/journal/writer.py")
"""Innermost frames that wait for work; py-spy may take them for busy."""


def profile(directory: Path, case: Case) -> tuple[Measured, dict[str, Counter[str]]]:
    """Run one load under py-spy; return what it measured, and each side's samples by area."""
    program = shutil.which("py-spy")
    if program is None:
        raise SystemExit("py-spy is not on the PATH: .venv/bin/pip install py-spy")
    with pair(directory, MAX_GROUP) as both:
        warm_up(both, case.messages)
        recorders = {
            name: _record(program, pid, directory / f"{name}.raw") for name, pid in _sides(both)
        }
        measured, _ = measure(both, case)
        for recorder in recorders.values():
            recorder.send_signal(signal.SIGINT)
        for recorder in recorders.values():
            recorder.wait()
    shares = {
        name: shares_of((directory / f"{name}.raw").read_text().splitlines()) for name in recorders
    }
    return measured, shares


def shares_of(lines: Iterable[str]) -> Counter[str]:
    """Count py-spy's raw output, ``frame;frame;... samples`` a line, by area."""
    counted: Counter[str] = Counter()
    for line in lines:
        stack, _, samples = line.rpartition(" ")
        area = _area(stack.split(";"))
        if area:
            counted[area] += int(samples)
    return counted


def shares_table(shares: dict[str, Counter[str]]) -> str:
    """Lay out each side's areas, largest first, in percent of its samples."""
    lines = []
    for name, counted in shares.items():
        total = counted.total()
        lines.append(f"{name}, {total} samples")
        lines += [
            f"  {area:36}{100 * count / total:5.1f} %" for area, count in counted.most_common()
        ]
    return "\n".join(lines)


def _sides(both: Pair) -> tuple[tuple[str, int], tuple[str, int]]:
    return ("sender", both.sender.pid), ("receiver", both.receiver.pid)


def _record(program: str, pid: int, output: Path) -> subprocess.Popen[bytes]:
    options = ["--format", "raw", "--full-filenames", "--rate", str(HERTZ), "--duration", "600"]
    return subprocess.Popen(
        [program, "record", *options, "--output", str(output), "--pid", str(pid)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _area(frames: list[str]) -> str | None:
    """Return what a stack was busy with, None while it waited."""
    names = [_short(frame) for frame in frames]
    if any(part in names[-1] for part in WAITING):
        return None
    # Only BEGIN and COMMIT are executed by the transaction itself.
    if "execute (hotline/journal/journal.py" in names[-1] and "transact (" in names[-2]:
        return COMMIT
    for name in reversed(names):
        for part, area in AREAS:
            if part in name:
                return area
    return "the rest"


def _short(frame: str) -> str:
    """Cut a file's full name down to where its package begins."""
    function, _, place = frame.partition(" (")
    for package in ("hotline/", "benchmarks/", "aiohttp/", "asyncio/", "concurrent/"):
        at = place.rfind(f"/{package}")
        if at >= 0:
            return f"{function} ({place[at + 1 :]}"
    return f"{function} ({place.rpartition('/')[2]}"
