"""How fast a notice is compared with all that is current: 100 to 100 000 volumes.

Two skies. *Spread*: areas of 5 to 100 km, 30 to 120 minutes long, anywhere in 1 500 by 1 500 km
and within 24 hours. *Dense*: the same within 500 by 500 km and 6 hours. All that is current is the
peer's, and the new notice ours, so nothing is left out of the comparison. A third each are circles,
polygons and corridors, one a notice. What is measured is all that is done on arrival: the outline
is placed, candidates are found, what is near is measured.
"""

from __future__ import annotations

import random
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from statistics import mean, median

import msgspec
from msgspec.structs import replace

from hotline.airspace.activity import plan
from hotline.airspace.budget import Budget
from hotline.airspace.engine import Engine
from hotline.airspace.terms import DEFAULT_TERMS
from hotline.model.kinds import Precedence
from hotline.model.messages import Notice
from hotline.model.times import SECOND_US, format_time
from hotline.model.volume import Altitude, Circle, Corridor, Polygon, Position, Volume4D

VOLUMES = (100, 1_000, 10_000, 100_000)
OWN, PEER = "hmeimim", "iaf"
DAY_US = 1_772_323_200 * SECOND_US
"""When the sky begins: 2026-03-01."""
KM = 1 / 111.195
"""Degrees of latitude in a kilometre."""
SAMPLE = 500
"""Activities whose memory is measured."""


class Sky(msgspec.Struct, frozen=True):
    """In what space and time activities are spread."""

    name: str
    side_km: float
    hours: float


SKIES = (Sky("spread", 1_500, 24), Sky("dense", 500, 6))


class Compared(msgspec.Struct, frozen=True):
    """Notices compared with so many current volumes. Times in milliseconds of one notice."""

    sky: str
    volumes: int
    p50_ms: float
    p99_ms: float
    cpu_p99_ms: float
    """Of processor time: what it takes where nothing else runs."""
    compared: float
    """Volumes that had to be compared exactly, a notice."""
    related: float
    """Conflicts and proximities found, a notice."""
    octets: int
    """Memory that one volume held takes, without relations."""


def figures(counts: Sequence[int], notices: int, say: Callable[[str], None]) -> Iterator[Compared]:
    """Measure each sky with each number of volumes, by so many new notices."""
    for sky in SKIES:
        for count in counts:
            say(f"airspace: {sky.name}, {count:,} volumes")
            yield _compared(sky, count, notices)


def table(found: Sequence[Compared]) -> str:
    """Lay out what ``figures`` yielded."""
    head = f"{'sky':8}{'volumes':>9}{'p50 ms':>9}{'p99 ms':>9}{'CPU p99 ms':>12}"
    head += f"{'compared':>10}{'related':>9}{'octets/volume':>15}"
    return "\n".join([head, *map(_row, found)])


def _row(one: Compared) -> str:
    row = f"{one.sky:8}{one.volumes:9,}{one.p50_ms:9.2f}{one.p99_ms:9.2f}{one.cpu_p99_ms:12.2f}"
    return row + f"{one.compared:10.1f}{one.related:9.1f}{one.octets:15,}"


def _compared(sky: Sky, count: int, notices: int) -> Compared:
    chosen = random.Random(count)
    engine = Engine(OWN, {PEER: DEFAULT_TERMS})
    for number in range(count):
        engine.put(plan(PEER, notice_in(chosen, sky, number), Precedence.ROUTINE))
    times, cpu_times, compared, related = [], [], [], []
    for number in range(notices):
        notice, budget = notice_in(chosen, sky, number), Budget()
        begun, cpu_begun = time.perf_counter(), time.thread_time()
        planned = plan(OWN, notice, Precedence.ROUTINE)
        outcome = engine.put(planned, budget)
        cpu_times.append(time.thread_time() - cpu_begun)
        times.append(time.perf_counter() - begun)
        compared.append(budget.spent)
        related.append(len(outcome.changes))
        engine.remove(planned.key)
    return Compared(
        sky=sky.name,
        volumes=count,
        p50_ms=median(times) * 1000,
        p99_ms=_p99(times) * 1000,
        cpu_p99_ms=_p99(cpu_times) * 1000,
        compared=mean(compared),
        related=mean(related),
        octets=_octets(chosen, sky) + engine.octets // count,
    )


def _p99(times: Sequence[float]) -> float:
    return sorted(times)[len(times) * 99 // 100]


def _octets(chosen: random.Random, sky: Sky) -> int:
    """Return the memory of one activity of one volume, with its notice let go."""
    tracemalloc.start()
    begun, _ = tracemalloc.get_traced_memory()
    held = [
        plan(PEER, notice_in(chosen, sky, number), Precedence.ROUTINE) for number in range(SAMPLE)
    ]
    ended, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return (ended - begun) // len(held)


def notice_in(chosen: random.Random, sky: Sky, number: int) -> Notice:
    return Notice(reference=f"B-{number}", volumes=(_volume(chosen, sky),))


def _volume(chosen: random.Random, sky: Sky) -> Volume4D:
    side = sky.side_km * KM
    center = Position(28 + chosen.uniform(0, side), 28 + chosen.uniform(0, side / 0.8))
    size_km = chosen.uniform(5, 100)
    start_us = DAY_US + chosen.randrange(int(sky.hours * 3600)) * SECOND_US
    level = chosen.randrange(0, 400, 10)
    volume = Volume4D(
        altitude_lower=Altitude(float(level), "fl", "standard"),
        altitude_upper=Altitude(float(level + chosen.randrange(10, 100, 10)), "fl", "standard"),
        time_start=format_time(start_us),
        time_end=format_time(start_us + chosen.randrange(1800, 7200) * SECOND_US),
    )
    corners = [
        Position(center.lat + north * size_km / 2 * KM, center.lon + east * size_km / 2 * KM / 0.8)
        for north, east in ((1.0, -0.7), (0.8, 0.9), (-0.9, 1.0), (-1.0, -0.8), (-0.1, -1.0))
    ]
    match chosen.randrange(3):
        case 0:
            return replace(volume, outline_circle=Circle(center, size_km * 500))
        case 1:
            return replace(volume, outline_polygon=Polygon(tuple(corners)))
        case _:
            return replace(volume, corridor=Corridor(tuple(corners[:3]), size_km * 100))
