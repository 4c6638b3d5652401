"""Every shipped scenario played at once, in a process beside the tests: they mostly wait.

``python -m tests.exercise.shipped_plays DIRECTORY NAME...`` plays them and prints a line of JSON
for each that is over. It ends in order, with all its nodes, when its input is closed: with whoever
started it, however that one ended.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Iterable
from concurrent.futures import Future
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import msgspec
import pytest

from hotline.exercise.ground.own import OwnPair
from hotline.exercise.play.director import Director
from hotline.exercise.scenario.reading import shipped
from hotline.exercise.scenario.shape import Scenario

FASTER: Final = {"routine-day": 200.0}
"""Played faster than anybody else can: in a day people have an hour for what takes a minute."""

AGAIN: Final = "-again"
"""After the name of what is played a second time, by the same seed."""

STARTED_AT_ONCE: Final = 2
"""Pairs of nodes that are made at the same time: that is work, and all else is waiting."""
PATIENCE_S: Final = 420.0
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


class ShippedPlays:
    """The process that plays, as the tests see it."""

    def __init__(self, wanted: Iterable[str]) -> None:
        names = sorted(wanted, key=_takes_s, reverse=True)
        self._folder = TemporaryDirectory(prefix="hotline-plays-")
        self._base = Path(self._folder.name)
        self._futures: dict[str, Future[Played]] = {name: Future() for name in names}
        self._errors = self._base / "stderr.txt"
        with self._errors.open("wb") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", __name__, self._folder.name, *names],
                cwd=Path(__file__).parents[2],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        self._reader = threading.Thread(target=self._read, name="shipped plays", daemon=True)
        self._reader.start()

    def of(self, name: str) -> Played:
        """Return what became of a scenario, once it is over."""
        return self._futures[name].result(PATIENCE_S)

    def close(self) -> None:
        """End what still plays, and forget all of it."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join()
        self._folder.cleanup()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                given = json.loads(line)
                name = given.pop("name")
                self._futures[name].set_result(Played(self._base / name, **given))
        for name, future in self._futures.items():
            if not future.done():
                said = self._errors.read_text("utf-8", errors="replace")[-2000:]
                future.set_exception(AssertionError(f"{name} was not played to its end: {said}"))


PLAYS = pytest.StashKey[ShippedPlays]()
"""Where a test session keeps it, from before its first test until after its last one."""


def scenario_of(name: str) -> Scenario:
    """Return what is played by a name, as fast as it says that it can be."""
    scenario = shipped(name.removesuffix(AGAIN))
    factor = FASTER.get(scenario.name, scenario.highest_factor)
    return msgspec.structs.replace(scenario, time_factor=factor)


def _takes_s(name: str) -> float:
    """Return how many real seconds a scenario takes at most, so that the longest begins first."""
    scenario = scenario_of(name)
    return scenario.duration_s / scenario.time_factor


async def play(name: str, base: Path, starting: asyncio.Semaphore) -> None:
    """Play a scenario on a pair of its own, and say what became of it."""
    scenario = scenario_of(name)
    directory = base / name
    async with AsyncExitStack() as stack:
        ground = OwnPair(directory, scenario)
        async with starting:
            await stack.enter_async_context(ground)
        result = await Director(scenario, ground, directory).run()
    report = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "hotline", "exercise", "report", directory,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await report.communicate()
    told = {
        "name": name,
        "result": msgspec.to_builtins(result),
        "reported": report.returncode,
        "said": said.decode(),
    }
    print(json.dumps(told), flush=True)


async def play_all(base: Path, names: list[str]) -> None:
    """Play all of them at once; one that fails stops no other one."""
    starting = asyncio.Semaphore(STARTED_AT_ONCE)
    playing = asyncio.gather(
        *(play(name, base, starting) for name in names), return_exceptions=True
    )
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    unwanted = asyncio.create_task(reader.read())
    await asyncio.wait([playing, unwanted], return_when=asyncio.FIRST_COMPLETED)
    if not playing.done():
        playing.cancel()
        with suppress(asyncio.CancelledError):
            await playing
        return
    unwanted.cancel()
    for name, ended in zip(names, playing.result(), strict=True):
        if isinstance(ended, BaseException):
            print(f"{name}: {ended!r}", file=sys.stderr)


if __name__ == "__main__":
    asyncio.run(play_all(Path(sys.argv[1]), sys.argv[2:]))
