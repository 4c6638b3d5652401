"""The sending process: a real node, with so many messages in flight inside it.

A message counts from before its rules are checked until the peer's receipt for it is verified
and durable here, which wakes the one who sent it.
"""

from __future__ import annotations

import asyncio
import math
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import uvloop

from benchmarks.pair import NOTICE, RECEIVER
from benchmarks.shapes import Case, Result
from benchmarks.system import line_octets
from hotline.journal.journal import JOURNAL_FILE
from hotline.journal.schema import connect
from hotline.model import rules
from hotline.model.kinds import Kind, Precedence
from hotline.model.messages import Notice
from hotline.model.reading import read_message
from hotline.model.times import SECOND_US, format_time, parse_time
from hotline.model.volume import Polygon, Position
from hotline.node.centre import Centre
from hotline.node.config import read_config
from hotline.node.daemon import configure_logs, keyring_of, spare_the_loop

STEP_S = 0.01
REMARKS = (
    "Two fighters, one patrol pattern, then back by the same way. No weapons release is planned. "
    "Both keep clear of the tanker's corridor."
)
"""With these the sample notice makes a body of about 640 bytes."""
AREAS, PERIODS = 1000, 200
"""How many outlines and periods the notices have, so that no two of a thousand are alike."""


class Load:
    """Sends one notice after another, each with a reference of its own."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre
        self._line = centre.lines[RECEIVER]
        self._journal = centre.config.data / JOURNAL_FILE
        self._notices = notices(centre.clock.wall_us())
        self._sent = 0
        self._awaited = True

    async def line_up(self) -> None:
        """Return once messages may flow."""
        while not self._line.up:
            await asyncio.sleep(STEP_S)

    async def settled(self) -> None:
        """Return once the peer has cosigned our whole log: until then octets of it may follow."""
        while self._line.witnessed < self._line.stored.own.size:
            await asyncio.sleep(STEP_S)

    async def run(self, case: Case) -> Result:
        """Send the messages of a case, so many of them at once."""
        latencies: list[float] = []
        numbers = _numbers(case)
        way = self._through_desk if case.through == "desk" else self._through_journal
        self._awaited = case.awaited
        if case.awaited:
            await self.settled()
        groups, octets = self._groups(), line_octets()
        cpu, begun = time.process_time(), time.perf_counter()
        async with asyncio.TaskGroup() as tasks:
            for _ in range(min(case.in_flight, case.messages)):
                tasks.create_task(_work(numbers, way, latencies))
        seconds, cpu_s = time.perf_counter() - begun, time.process_time() - cpu
        if case.awaited:
            await self.settled()
        groups_now, octets_now = self._groups(), line_octets()
        latencies.sort()
        return Result(
            messages=len(latencies),
            seconds=seconds,
            p50_ms=latencies[len(latencies) // 2] * 1e3,
            p99_ms=latencies[len(latencies) * 99 // 100] * 1e3,
            cpu_s=cpu_s,
            octets_out=octets_now[0] - octets[0],
            octets_in=octets_now[1] - octets[1],
            groups=groups_now[0] - groups[0],
            receipts=groups_now[1] - groups[1],
            entries=self._line.stored.own.size,
            body_octets=groups_now[2],
        )

    async def _through_journal(self) -> None:
        """Check, encode, sign and enter a notice: what a feed of new notices costs."""
        notice = self._next(f"LOAD-{self._sent:07}")
        line, desk = self._line, self._centre.desk
        payload = rules.compose(notice)
        draft = desk.draft(line, Kind.NOTICE, payload, notice, Precedence.ROUTINE)
        composed = await desk.enter(line, Precedence.ROUTINE, draft, notice)
        if self._awaited:
            await line.receipt_of(composed.stream, composed.seq)

    async def _through_desk(self) -> None:
        """Send as an officer does: numbered by the desk, which first looks up what was said."""
        composed = await self._centre.desk.send(
            RECEIVER, self._next(""), Precedence.ROUTINE, "bench"
        )
        await self._line.receipt_of(composed.stream, composed.seq)

    def _next(self, reference: str) -> Notice:
        self._sent += 1
        notice = self._notices[self._sent % len(self._notices)]
        return msgspec.structs.replace(notice, reference=reference)

    def _groups(self) -> tuple[int, int, int]:
        """Return groups signed, receipts taken, and the octets of the newest body."""
        with closing(connect(self._journal, writable=False)) as connection:
            row = connection.execute(
                "SELECT (SELECT count(*) FROM envelope WHERE direction = 0),"
                " (SELECT count(DISTINCT record_idx) FROM receipt_taken),"
                " (SELECT length FROM message ORDER BY log DESC, idx DESC LIMIT 1)"
            ).fetchone()
        return row[0], row[1], row[2] or 0


def notices(now_us: int) -> list[Notice]:
    """Make notices of the sample: each somewhere else, their times on marks of five minutes."""
    draft = read_message(NOTICE.read_bytes(), now_us)
    assert isinstance(draft.message, Notice)
    sample = msgspec.structs.replace(draft.message, remarks=REMARKS)
    return [_moved(sample, number) for number in range(AREAS)]


def _moved(notice: Notice, number: int) -> Notice:
    (volume,) = notice.volumes
    assert volume.outline_polygon is not None
    east, later_us = number / 1000, number % PERIODS * 300 * SECOND_US
    vertices = tuple(
        Position(vertex.lat, round(vertex.lon + east, 6))
        for vertex in volume.outline_polygon.vertices
    )
    moved = msgspec.structs.replace(
        volume,
        outline_polygon=Polygon(vertices),
        time_start=format_time(parse_time(volume.time_start) + later_us),
        time_end=format_time(parse_time(volume.time_end) + later_us),
    )
    return msgspec.structs.replace(notice, volumes=(moved,))


def _numbers(case: Case) -> Iterator[int]:
    until = time.perf_counter() + (math.inf if case.seconds is None else case.seconds)
    for number in range(case.messages):
        if time.perf_counter() >= until:
            return
        yield number


async def _work(
    numbers: Iterator[int], way: Callable[[], Awaitable[None]], latencies: list[float]
) -> None:
    for _ in numbers:
        begun = time.perf_counter()
        await way()
        latencies.append(time.perf_counter() - begun)


async def serve(config_path: Path, group_limit: int) -> None:
    """Run the node, and each case that standard input asks for, until that ends."""
    config = read_config(config_path)
    configure_logs(config.log, sys.stderr)
    centre = Centre(config, keyring_of(config), group_limit=group_limit)
    await centre.start()
    load = Load(centre)
    await load.line_up()
    spare_the_loop()
    print("{}", flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        case = msgspec.json.decode(line, type=Case)
        if not case.messages:
            await load.line_up()
            print("{}", flush=True)
            continue
        print(msgspec.json.encode(await load.run(case)).decode(), flush=True)
    await centre.stop()


if __name__ == "__main__":
    # The parent decides when this process ends, by closing its standard input.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(Path(sys.argv[1]), int(sys.argv[2])))
