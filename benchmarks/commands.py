"""`hotline` as an auditor runs it: one process a command, with what it took from start to end."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

from benchmarks.pair import ROOT


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
    with (
        TemporaryFile() as errors,
        subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors
        ) as child,
    ):
        assert child.stdout is not None
        output = child.stdout.read()
        # Unlike Popen.wait this tells what the process and its children have used.
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - begun
        errors.seek(0)
        said = errors.read().decode(errors="replace")
    if child.returncode != 0:
        raise RuntimeError(f"{' '.join(command[3:])}: status {child.returncode}\n{said[-2000:]}")
    return Ran(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss, output)


def size_of(path: Path) -> int:
    """Return the octets of a file, or of all files of a directory."""
    if path.is_file():
        return path.stat().st_size
    return sum(one.stat().st_size for one in path.rglob("*") if one.is_file())
