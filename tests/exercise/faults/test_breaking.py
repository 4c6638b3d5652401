"""What begins, what lasts and what ends, whatever a ground's means are."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from hotline.api.exercise_shapes import FaultPage, FaultRequest, FaultView
from hotline.errors import ExerciseError, UsageError
from hotline.exercise.faults.breaking import Breaker
from hotline.exercise.faults.conditions import DEAD, WHOLE, Conditions, LineConditions
from hotline.exercise.scenario.shape import Fault, FaultKind


class Node:
    """A client that keeps what it is asked to break."""

    def __init__(self) -> None:
        self.asked: list[FaultRequest] = []
        self.left: list[FaultView] = []

    async def break_(self, request: FaultRequest) -> FaultPage:
        """Keep the request."""
        self.asked.append(request)
        return FaultPage(faults=[])

    async def faults(self) -> FaultPage:
        """Return what an earlier director has left."""
        return FaultPage(faults=self.left)


class Line:
    """Means that keep what the line was to become, or refuse."""

    def __init__(self) -> None:
        self.was: list[LineConditions] = []
        self.refuses = False

    def why_not(self, fault: Fault) -> str | None:
        """Jitter is beyond it."""
        return "no netem" if fault.kind is FaultKind.JITTER else None

    async def become(self, conditions: LineConditions) -> str:
        """Take its time, and keep the conditions."""
        await asyncio.sleep(0)
        if self.refuses:
            raise ExerciseError("exercise.network-refuses", "no", "yes")
        self.was.append(conditions)
        return "cable"

    async def is_so(self, conditions: LineConditions) -> bool:
        """Say whether it became so last."""
        return bool(self.was) and self.was[-1] == conditions


class Power:
    """Means that keep what was switched."""

    stops_by = "switch"

    def __init__(self) -> None:
        self.did: list[str] = []

    async def kill(self, centre: str) -> str:
        """Keep it."""
        self.did.append(f"kill {centre}")
        return "axe"

    async def stop(self, centre: str) -> None:
        """Keep it."""
        self.did.append(f"stop {centre}")

    async def start(self, centre: str) -> None:
        """Keep it, after a while."""
        await asyncio.sleep(0)
        self.did.append(f"start {centre}")

    async def is_off(self, centre: str) -> bool:
        """Say whether its end was the last thing that was done to it."""
        done = [what for what in self.did if what.endswith(centre)]
        return bool(done) and not done[-1].startswith("start")


class Bench:
    """A breaker with means that only keep what they are told."""

    def __init__(self) -> None:
        self.nodes = {"iaf": Node(), "hmeimim": Node()}
        self.line, self.power = Line(), Power()
        clients = cast("Any", self.nodes)
        self.breaker = Breaker(clients, "iaf", line=self.line, power=self.power)
        self.bare = Breaker(clients, "iaf", line=None, power=None)


def of(kind: FaultKind, centre: str = "", amount: float = 0.0) -> Fault:
    """Return a fault."""
    return Fault(kind=kind, centre=centre, amount=amount)


CUT, LATE = of(FaultKind.CUT), of(FaultKind.DELAY, amount=0.5)
FULL = of(FaultKind.FULL_DISK, "iaf")


async def test_the_line_becomes_what_all_that_lasts_comes_to() -> None:
    """Each beginning and end is of all of them together."""
    bench = Bench()
    assert await bench.breaker.begin(LATE) == "cable"
    await bench.breaker.begin(CUT)
    assert bench.breaker.lasting == (LATE, CUT)
    await bench.breaker.end(CUT)
    await bench.breaker.end(CUT)
    assert [now.forth.held for now in bench.line.was] == [False, True, False]
    assert [now.forth.delay_s for now in bench.line.was] == [0.5, 0.5, 0.5]


async def test_faults_that_begin_at_once_leave_the_line_with_both() -> None:
    """Changes come one after the other, and the last is by all."""
    bench = Bench()
    await asyncio.gather(bench.breaker.begin(LATE), bench.breaker.begin(CUT))
    assert bench.line.was[-1].back == Conditions(held=True, delay_s=0.5)


async def test_a_fault_that_the_means_refuse_does_not_last() -> None:
    """Nothing is to be ended then."""
    bench = Bench()
    bench.line.refuses = True
    with pytest.raises(ExerciseError):
        await bench.breaker.begin(CUT)
    assert bench.breaker.lasting == ()


async def test_a_killed_node_is_started_at_the_end_and_a_restarted_one_by_itself() -> None:
    """A restart is over when its node answers again."""
    bench = Bench()
    killed, again = of(FaultKind.KILL, "iaf"), of(FaultKind.RESTART, "hmeimim")
    assert await bench.breaker.begin(killed) == "axe"
    await bench.breaker.end(killed)
    assert await bench.breaker.begin(again) == "switch"
    await bench.breaker.begin(again)
    await bench.breaker.end(again)
    assert bench.power.did == [
        *("kill iaf", "start iaf"),
        *("stop hmeimim", "start hmeimim", "stop hmeimim", "start hmeimim"),
    ]


async def test_a_node_breaks_itself_and_is_told_when_to_end() -> None:
    """Of two that it keeps as one, the end of the first is not that of the second."""
    bench = Bench()
    early, later = (of(FaultKind.CLOCK, "iaf", amount) for amount in (5.0, 9.0))
    assert await bench.breaker.begin(early) == "the node itself"
    await bench.breaker.begin(later)
    await bench.breaker.end(early)
    await bench.breaker.end(later)
    told = [(one.amount, one.off) for one in bench.nodes["iaf"].asked]
    assert told == [(5.0, False), (9.0, False), (0.0, True)]


async def test_all_is_mended_whatever_refuses() -> None:
    """Leaving ends what lasts; who cannot be told any more is passed over."""
    bench = Bench()
    for one in (CUT, FULL, of(FaultKind.KILL, "hmeimim")):
        await bench.breaker.begin(one)
    await bench.breaker.begin(of(FaultKind.RESTART, "iaf"))
    await bench.breaker.mend()
    assert bench.breaker.lasting == ()
    assert bench.line.was[-1] == WHOLE
    assert bench.nodes["iaf"].asked[-1].off
    # A killed node stays down: whoever leaves decides whether it is needed.
    assert "start hmeimim" not in bench.power.did
    bench.line.refuses = True
    await bench.breaker.mend()


def lasts(kind: str, amount: float) -> FaultView:
    """Return a fault as a node tells it."""
    return FaultView(kind=kind, amount=amount, by="director", since="", until=None)


SLOW, DOWN = of(FaultKind.SLOW_DISK, "iaf", 1.0), of(FaultKind.KILL, "hmeimim")


async def test_what_is_found_as_it_was_left_lasts_on_and_is_not_touched() -> None:
    """The line, a node that is gone, and what a node has broken itself; then it ends as ever."""
    bench = Bench()
    bench.line.was, bench.power.did = [DEAD], ["kill hmeimim"]
    bench.nodes["iaf"].left = [lasts("slow-disk", 1.0), lasts("full-disk", 0.0)]
    await bench.breaker.take_over([CUT, DOWN, SLOW])
    assert bench.breaker.lasting == (CUT, DOWN, SLOW)
    assert bench.line.was == [DEAD]
    (asked,) = bench.nodes["iaf"].asked
    assert (asked.kind, asked.off) == ("full-disk", True)
    for fault in (CUT, DOWN, SLOW):
        await bench.breaker.end(fault)
    assert bench.line.was == [DEAD, WHOLE]
    assert bench.power.did == ["kill hmeimim", "start hmeimim"]
    assert bench.nodes["iaf"].asked[-1].kind == "slow-disk"


async def test_what_is_not_found_as_it_was_left_does_not_last() -> None:
    """A line that is another one is made whole, a node that runs was not killed."""
    bench = Bench()
    bench.nodes["iaf"].left = [lasts("slow-disk", 2.0)]
    await bench.breaker.take_over([CUT, DOWN, SLOW])
    assert bench.breaker.lasting == ()
    assert bench.line.was == [WHOLE]
    assert bench.power.did == []
    assert [(one.kind, one.off) for one in bench.nodes["iaf"].asked] == [("slow-disk", True)]


async def test_nodes_that_end_next_are_left_with_the_line_as_it_is() -> None:
    """What waits for it is not to slip through before they have ended."""
    bench = Bench()
    await bench.breaker.begin(CUT)
    await bench.breaker.mend(line=False)
    assert bench.line.was == [DEAD]
    assert bench.breaker.lasting == ()


async def test_what_an_earlier_director_left_is_cleared() -> None:
    """Every fault that the nodes still have; a node that is down has none."""
    bench = Bench()
    left = FaultView(kind="slow-disk", amount=1.0, by="director", since="", until=None)
    bench.nodes["hmeimim"].left = [left]

    async def gone() -> FaultPage:
        raise UsageError("api.no-node", "nobody", "start it")

    cast("Any", bench.nodes["iaf"]).faults = gone
    await bench.breaker.take_over([])
    (asked,) = bench.nodes["hmeimim"].asked
    assert (asked.kind, asked.off) == ("slow-disk", True)


@pytest.mark.parametrize(
    "wrong",
    [
        of(FaultKind.JITTER, amount=0.1),
        of(FaultKind.DELAY, amount=99.0),
        of(FaultKind.ONE_WAY),
        of(FaultKind.ONE_WAY, "ramla"),
        of(FaultKind.FULL_DISK),
        of(FaultKind.KILL),
    ],
)
async def test_what_cannot_be_is_refused_before_anything_is_broken(wrong: Fault) -> None:
    """With the reason that ``why_not`` gives."""
    bench = Bench()
    why = bench.breaker.why_not(wrong)
    assert why
    with pytest.raises(ExerciseError) as caught:
        await bench.breaker.begin(wrong)
    assert why in caught.value.message
    assert (bench.line.was, bench.power.did, bench.nodes["iaf"].asked) == ([], [], [])


@pytest.mark.parametrize(
    ("kind", "does"),
    [
        (FaultKind.KILL, "it befalls"),
        (FaultKind.FULL_DISK, "it befalls"),
        (FaultKind.CORRUPT, "sends it"),
        (FaultKind.REPLAY, "sends it"),
    ],
)
def test_it_is_asked_whose_node_has_to_do_with_a_fault(kind: FaultKind, does: str) -> None:
    """What a node sends befalls the other one."""
    why = Bench().breaker.why_not(of(kind))
    assert why == f"a {kind} has to say which centre's node {does}"


async def test_a_ground_without_means_says_so() -> None:
    """And its nodes can still break themselves."""
    bench = Bench()
    assert bench.bare.why_not(CUT)
    assert bench.bare.why_not(of(FaultKind.KILL, "iaf"))
    assert bench.bare.why_not(FULL) is None
    await bench.bare.mend()
    await bench.bare.begin_again()
