"""Every shipped scenario played at once, in a process beside the tests: they mostly wait.

``python -m tests.exercise.shipped_plays DIRECTORY NAME=LOCK...`` plays them, and writes a file of
JSON for each that is over before it lets go of that one's lock, an open file that it was started
with. It ends in order, with all its nodes, when its input is closed: with whoever started it,
however that one ended.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Final

import msgspec

from hotline.exercise.ground.own import OwnPair
from hotline.exercise.play.director import Director
from hotline.exercise.scenario.reading import shipped
from hotline.exercise.scenario.shape import Scenario

FACTORS: Final = {"routine-day": 200.0, "flood": 5.0}
"""Played faster than the scenario says, as in a day people have an hour for what takes a minute;
or slower, where crews read one after the other and all tests take the cores from them."""

AGAIN: Final = "-again"
"""After the name of what is played a second time, by the same seed."""

STARTED_AT_ONCE: Final = 2
"""Pairs of nodes that are made at the same time: that is work, and all else is waiting."""


def scenario_of(name: str) -> Scenario:
    """Return what is played by a name: mostly as fast as it says that it can be."""
    scenario = shipped(name.removesuffix(AGAIN))
    factor = FACTORS.get(scenario.name, scenario.highest_factor)
    return msgspec.structs.replace(scenario, time_factor=factor)


def _takes_s(name: str) -> float:
    """Return how many real seconds a scenario takes at most."""
    scenario = scenario_of(name)
    return scenario.duration_s / scenario.time_factor


async def play(name: str, base: Path, starting: asyncio.Semaphore) -> None:
    """Play a scenario on a pair of its own, and write down what became of it."""
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
        "result": msgspec.to_builtins(result),
        "reported": report.returncode,
        "said": said.decode(),
    }
    written = base / f"{name}.written"
    written.write_text(json.dumps(told))
    written.rename(base / f"{name}.json")


async def play_all(base: Path, locks: dict[str, int]) -> None:
    """Play all of them at once; one that fails stops no other one."""
    starting = asyncio.Semaphore(STARTED_AT_ONCE)

    async def play_one(name: str, lock: int) -> None:
        try:
            await play(name, base, starting)
        except Exception as error:
            print(f"{name}: {error!r}", file=sys.stderr, flush=True)
        finally:
            os.close(lock)

    longest_first = sorted(locks.items(), key=lambda one: _takes_s(one[0]), reverse=True)
    playing = asyncio.gather(*(play_one(name, lock) for name, lock in longest_first))
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


if __name__ == "__main__":
    given = (held.rpartition("=") for held in sys.argv[2:])
    asyncio.run(play_all(Path(sys.argv[1]), {name: int(lock) for name, _, lock in given}))
