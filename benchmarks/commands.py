"""`hotline` as an auditor runs it: one process a command, with what it took from start to end."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

from benchmarks.pair import ROOT
from benchmarks.system import children_of, peak_of

LOOK_MS = 20
"""How often the memory of a command is looked at."""


@dataclass(frozen=True, slots=True)
class Ran:
    """A command that ended well. Memory in KiB, the most that one of its processes took."""

    seconds: float
    cpu_s: float
    peak_kib: int
    output: bytes


def hotline(config: Path | None, *arguments: str | Path) -> Ran:
    """Run one command on a record; raise RuntimeError with what it said when it fails."""
    named = ["--config", str(config)] if config is not None else []
    command = [sys.executable, "-m", "hotline", *named, *map(str, arguments)]
    begun = time.perf_counter()
    with TemporaryFile() as output, TemporaryFile() as errors:
        child = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=errors
        )
        peak_kib = _watch(child.pid)
        seconds = time.perf_counter() - begun
        # Unlike Popen.wait this tells what the process and its children have used.
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        printed, said = output.read(), errors.read().decode(errors="replace")
    if child.returncode != 0:
        raise RuntimeError(f"{' '.join(command[3:])}: status {child.returncode}\n{said[-2000:]}")
    return Ran(seconds, used.ru_utime + used.ru_stime, peak_kib, printed)


def _watch(pid: int) -> int:
    """Wait until a process ends; return the most memory that it or one of its children took.

    It is looked at on the way: what the kernel keeps for the end counts the parent's memory too.
    """
    peak_kib = 0
    ended = os.pidfd_open(pid)
    try:
        waiting = select.poll()
        waiting.register(ended, select.POLLIN)
        while not waiting.poll(LOOK_MS):
            peak_kib = max(peak_kib, *(peak_of(one) for one in (pid, *children_of(pid))))
    finally:
        os.close(ended)
    return peak_kib


def size_of(path: Path) -> int:
    """Return the octets of a file, or of all files of a directory."""
    if path.is_file():
        return path.stat().st_size
    return sum(one.stat().st_size for one in path.rglob("*") if one.is_file())
