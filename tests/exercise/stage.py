"""Where the shipped scenarios are played beside the tests, and where tests find the outcome.

Tests may run in several processes: what these share is a directory.
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Iterable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import pytest

ENDS_WITHIN_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Played:
    """What became of a scenario, in its directory: the director's ``result`` as plain values.

    ``reported`` is the exit code of ``hotline exercise report``, which verifies both journals
    first, and ``said`` what it printed.
    """

    directory: Path
    result: dict[str, Any]
    reported: int
    said: str


class Plays:
    """Where tests find what became of each scenario, in whichever process they run.

    Whoever plays holds a lock on ``<name>.lock`` until ``<name>.json`` is there, or until its own
    end, so that waiting for the lock is all that a test has to do.
    """

    def __init__(self, base: str | Path) -> None:
        self.base = Path(base)

    def want(self, names: Iterable[str]) -> None:
        """Say what is to be played; all who collected the same tests say the same."""
        said = self.base / f"wanted.{os.getpid()}"
        said.write_text(json.dumps(sorted(names)))
        said.rename(self.base / "wanted")

    def wanted(self) -> list[str]:
        """Return what is to be played: nothing, as long as nobody wants anything."""
        with suppress(FileNotFoundError):
            return list(json.loads((self.base / "wanted").read_bytes()))
        return []

    def of(self, name: str) -> Played:
        """Return what became of a scenario, once it is over."""
        with (self.base / f"{name}.lock").open("rb") as held:
            fcntl.flock(held, fcntl.LOCK_SH)
        try:
            given = json.loads((self.base / f"{name}.json").read_bytes())
        except FileNotFoundError:
            errors = (self.base / "stderr.txt").read_text("utf-8", errors="replace")
            raise AssertionError(f"{name} was not played to its end: {errors[-2000:]}") from None
        return Played(self.base / name, **given)


class Stage:
    """The process that plays; a run of tests has one, however many workers it has."""

    def __init__(self) -> None:
        self._folder = TemporaryDirectory(prefix="hotline-plays-")
        self.plays = Plays(self._folder.name)
        self._process: subprocess.Popen[bytes] | None = None

    def begin(self) -> None:
        """Begin what is wanted, if anything is and unless it has begun."""
        names = self.plays.wanted()
        if not names or self._process is not None:
            return
        base = self.plays.base
        with ExitStack() as stack:
            locks = [stack.enter_context((base / f"{name}.lock").open("wb")) for name in names]
            for lock in locks:
                fcntl.flock(lock, fcntl.LOCK_EX)
            errors = stack.enter_context((base / "stderr.txt").open("wb"))
            held = [f"{name}={lock.fileno()}" for name, lock in zip(names, locks, strict=True)]
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.exercise.shipped_plays", base, *held],
                cwd=Path(__file__).parents[2],
                env={k: v for k, v in os.environ.items() if not k.startswith("COVERAGE_")},
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                pass_fds=[lock.fileno() for lock in locks],
            )

    def close(self) -> None:
        """End what still plays, and forget all of it."""
        if self._process is not None:
            assert self._process.stdin is not None
            with suppress(BrokenPipeError):
                self._process.stdin.close()
            try:
                self._process.wait(ENDS_WITHIN_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._folder.cleanup()


PLAYS = pytest.StashKey[Plays]()
"""Where the process that runs tests keeps where they find what was played."""
STAGE = pytest.StashKey[Stage]()
"""Where the process that has the terminal keeps what plays, until after the last test."""
