"""When the node's own log is signed and anchored in the lines: docs/spec/log.md, section 1."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import msgspec
import pytest

from hotline.errors import FencedError
from hotline.journal.queries import records
from hotline.line.terms import Instant
from hotline.node import anchoring, watch
from hotline.node.anchoring import ANCHOR_EVERY_S
from hotline.node.centre import Centre
from hotline.node.clock import Clock
from hotline.trust.checkpoint import Checkpoint
from hotline.trust.notes import Note
from hotline.wire.codec import unpack
from tests.centres import centre_pair, lone_centre
from tests.node.skies import until


class Told(Clock):
    """A clock whose monotonic time passes when it is told to, and not otherwise."""

    def __init__(self) -> None:
        self.mono = 1000.0
        super().__init__()

    def now(self) -> Instant:
        """Read both clocks."""
        return Instant(self.mono, self.wall_us())


@pytest.fixture(autouse=True)
def _by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have nothing done by the second: the tests do each duty themselves."""
    monkeypatch.setattr(watch, "EVERY_S", 3600)


async def anchored(centre: Centre) -> list[int]:
    """Return the size of the node's log in each of the anchors of the centre's lines, in order."""
    found = await centre.reader.run(partial(records, kinds=("anchor",), limit=1000))
    sizes = []
    for record in reversed(found):
        said = unpack(record.payload)
        assert isinstance(said, dict)
        sizes.append(Checkpoint.parse(Note.parse(said["checkpoint"]).text).size)
    return sizes


async def ring(centre: Centre, subject: str) -> None:
    """Raise an alarm."""
    await centre.bell.ring("node.disk-low", "", subject, "the data directory has 1 MiB left")


async def test_an_alarm_is_signed_at_once_and_at_most_one_anchor_a_minute(tmp_path: Path) -> None:
    """The first after a while within one look, those that follow together when a minute is over."""
    clock = Told()
    async with lone_centre(tmp_path, clock=clock) as centre:
        (line,) = centre.lines.values()
        await line.note_up("127.0.0.1")
        size = centre.journal.node_log.written
        assert await anchored(centre) == [size], "the line came up"
        for subject in ("a", "b"):
            await ring(centre, subject)
            await watch._anchor(centre, line)
        clock.mono += ANCHOR_EVERY_S - 1
        await watch._anchor(centre, line)
        assert await anchored(centre) == [size]
        clock.mono += 2
        await watch._anchor(centre, line)
        assert await anchored(centre) == [size, size + 2]
        assert centre.journal.node_log.note
        clock.mono += ANCHOR_EVERY_S
        await watch._anchor(centre, line)
        assert await anchored(centre) == [size, size + 2], "nothing is new"
        await ring(centre, "c")
        await watch._anchor(centre, line)
        assert await anchored(centre) == [size, size + 2, size + 3]


async def test_the_letter_s_time_for_cosigning_is_the_bound_where_it_is_shorter(
    tmp_path: Path,
) -> None:
    """A letter that wants entries witnessed within ten seconds has them anchored within ten."""
    clock = Told()
    async with lone_centre(tmp_path, clock=clock) as centre:
        (line,) = centre.lines.values()
        line.letter = msgspec.structs.replace(line.letter, max_unwitnessed_s=10)
        await line.note_up("127.0.0.1")
        await ring(centre, "a")
        clock.mono += 11
        await watch._anchor(centre, line)
        assert len(await anchored(centre)) == 2


@pytest.mark.parametrize(
    "bar",
    [
        lambda centre, line: line.hold("iaf holds more than this node"),
        lambda centre, line: centre.fence("it was rolled back"),
    ],
)
async def test_nothing_is_anchored_where_nothing_may_be_signed(
    tmp_path: Path, bar: Callable[..., Awaitable[None]]
) -> None:
    """Neither on a line that is held, nor by a node that is fenced, though alarms are entered."""
    clock = Told()
    async with lone_centre(tmp_path, clock=clock) as centre:
        (line,) = centre.lines.values()
        line.met = True
        await bar(centre, line)
        await ring(centre, "a")
        clock.mono += 2 * ANCHOR_EVERY_S
        await watch._anchor(centre, line)
        assert await anchored(centre) == []


async def test_a_line_that_nobody_has_met_yet_is_not_signed_on(tmp_path: Path) -> None:
    """Whether this record is an older copy is known only when the peer has said what it holds."""
    async with lone_centre(tmp_path) as centre:
        (line,) = centre.lines.values()
        await ring(centre, "a")
        await watch._anchor(centre, line)
        assert await anchored(centre) == []


async def test_a_failed_anchor_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The minute does not begin with what was not entered, and the line comes up all the same."""
    async with lone_centre(tmp_path) as centre:
        (line,) = centre.lines.values()
        with monkeypatch.context() as broken:
            broken.setattr(anchoring, "anchor", _refuse)
            await line.note_up("127.0.0.1")
        assert line.up
        assert await anchored(centre) == []
        await watch._anchor(centre, line)
        assert len(await anchored(centre)) == 1


def _refuse(*_: object) -> int:
    raise FencedError("journal.fenced", "this node signs nothing", "recover it")


async def test_two_idle_nodes_come_to_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even without any bound in time, anchors and cosignatures do not answer each other."""
    monkeypatch.setattr(anchoring, "ANCHOR_EVERY_S", 0.0)
    async with centre_pair(tmp_path) as pair:
        lines = [(centre, *centre.lines.values()) for centre in pair]

        async def look() -> None:
            for centre, line in lines:
                await watch._anchor(centre, line)
                await watch._witness(centre, line)

        async def at_rest() -> bool:
            await look()
            return all(
                line.witnessed == line.stored.own.written and not line.anchoring.due
                for _, line in lines
            )

        await ring(pair[0], "a")
        await until(at_rest, "they keep each other busy")
        before = [line.stored.own.written for _, line in lines]
        for _ in range(20):
            assert await at_rest()
        assert [line.stored.own.written for _, line in lines] == before


async def test_the_peers_clock_is_entered_at_each_line_check_by_its_best_measurement(
    tmp_path: Path,
) -> None:
    """Both logs have a measurement for each hour, that of the shortest round trip just then."""
    clock = Told()
    async with lone_centre(tmp_path, clock=clock) as centre:
        line = centre.line("")
        await line.peer_clock.note(1_000, 400, record=True)
        await line.peer_clock.note(9_000, 50, record=False)
        for offset_us, round_trip_us in ((2_000, 300), (3_000, 100), (4_000, 200)):
            await line.peer_clock.note(offset_us, round_trip_us, record=False)
        clock.mono += line.letter.timers.line_check_s
        await line.peer_clock.note(5_000, 900, record=False)
        await line.peer_clock.note(6_000, 10, record=False)
        # Another association: what was measured before it says nothing of it.
        await line.peer_clock.note(7_000, 800, record=True)
        found = await centre.reader.run(partial(records, kinds=("clock",)))
        said = [unpack(record.payload) for record in reversed(found)]
        assert said == [
            {"offset_us": 1_000, "round_trip_us": 400},
            {"offset_us": 9_000, "round_trip_us": 50},
            {"offset_us": 7_000, "round_trip_us": 800},
        ]
