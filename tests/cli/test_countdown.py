"""The time left until a notice begins and ends, in sentences, columns and on watch."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import cast

import pytest

from hotline.api.airspace_shapes import ActivityView, AirspaceView
from hotline.api.client import Client
from hotline.cli.countdown import countdown, when
from hotline.cli.output import now_us
from hotline.cli.starts import STEPS_US, Starts, describe
from hotline.cli.watch import Event, lines
from hotline.errors import HotlineError, UsageError
from hotline.model.times import format_time
from tests.cli.samples import NOW_US, activity, seen

SOON, LATER = "2026-03-01T10:12:30.000000Z", "2026-03-01T11:30:00.000000Z"
AGO, LONG_AGO = "2026-03-01T09:57:00.000000Z", "2026-03-01T09:00:00.000000Z"
MINUTE_US = 60_000_000


@pytest.mark.parametrize(
    ("life", "starts_at", "ends_at", "sentence", "column"),
    [
        ("planned", SOON, LATER, "starts in 12 min 30 s", "in 12m"),
        (
            "activated",
            SOON,
            LATER,
            "is activated already, 12 min 30 s before its start",
            "now",
        ),
        (
            "contingent",
            SOON,
            LATER,
            "is out of control already, 12 min 30 s before its start",
            "now",
        ),
        ("activated", AGO, LATER, "began 3 min ago, ends in 1 h 30 min", "1h30m left"),
        ("contingent", AGO, None, "began 3 min ago, without an end", "no end"),
        (
            "planned",
            AGO,
            LATER,
            "should have begun 3 min ago and is not activated, ends in 1 h 30 min",
            "1h30m left",
        ),
        ("nonconforming", LONG_AGO, AGO, "should have ended 3 min ago", "3m over"),
        ("expired", LONG_AGO, AGO, "over since 2026-03-01 09:57:00.000 UTC", "over"),
        ("planned", None, LATER, "may have begun at any time, ends in 1 h 30 min", "1h30m left"),
        ("planned", None, None, "may have begun at any time, without an end", "no end"),
        ("withdrawn", SOON, LATER, None, ""),
        ("ended", LONG_AGO, AGO, None, ""),
        (None, None, None, None, ""),
    ],
)
def test_the_time_left_is_said_in_words_and_in_columns(
    life: str | None, starts_at: str | None, ends_at: str | None, sentence: str | None, column: str
) -> None:
    """By its times and its state: what should fly and does not is told apart from what does."""
    said = countdown(life, starts_at, ends_at, NOW_US)
    assert (said.plain if said is not None else None) == sentence
    assert when(life, starts_at, ends_at, NOW_US).plain == column
    assert len(column) <= 10


def test_what_begins_within_minutes_stands_out() -> None:
    """In yellow from five minutes before."""
    for minutes, style in ((4, "bold yellow"), (6, "")):
        starts = f"2026-03-01T10:{minutes:02}:00.000000Z"
        assert when("planned", starts, LATER, NOW_US).style == style


def test_watch_says_so_at_each_step_once() -> None:
    """Of what begins in 12 minutes: 10, 5 and 1 before, and at the start."""
    starts = Starts()
    starts.learn([activity(starts_at="2026-03-01T10:12:00.000000Z")], NOW_US)
    assert starts.next_us == NOW_US + 2 * MINUTE_US
    assert starts.take(NOW_US + 2 * MINUTE_US - 1) == []
    said = []
    for minute in range(13):
        said += [
            (minute, due.left_us // MINUTE_US) for due in starts.take(NOW_US + minute * MINUTE_US)
        ]
    assert said == [(2, 10), (7, 5), (11, 1), (12, 0)]
    assert starts.next_us is None


def test_watch_says_nothing_of_what_is_past_or_flies() -> None:
    """A start that is over is not told late, nor that of what is activated, or open."""
    starts = Starts()
    shown: list[ActivityView] = [
        activity(starts_at=AGO),
        activity(starts_at=SOON, state="activated"),
        activity(starts_at=None),
    ]
    starts.learn(shown, NOW_US)
    assert starts.next_us is None


def test_watch_forgets_what_stands_no_more() -> None:
    """A notice that was revised begins when its revision says."""
    starts = Starts()
    starts.learn([activity(starts_at=SOON)], NOW_US)
    starts.learn([activity(starts_at="2026-03-01T12:00:00.000000Z")], NOW_US)
    assert starts.next_us == NOW_US + 120 * MINUTE_US - STEPS_US[0]


def test_the_line_of_a_start_says_whether_it_meets_anything() -> None:
    """With a sign for the gravest, and the title safe to show."""
    starts = Starts()
    starts.learn(
        [activity(starts_at=SOON, title="Strike\x1b[2J", relations={"conflict": 1})], NOW_US
    )
    (*_, last) = due = starts.take(NOW_US + 13 * MINUTE_US)
    assert describe(due[0]).plain == "starts   IAF-0101 of iaf starts in 10 min  ! Strike\\x1b[2J"
    assert describe(last).plain.endswith("starts now  ! Strike\\x1b[2J")


class Told:
    """A node that says nothing, and of which one notice begins in a moment."""

    def __init__(self, *found: ActivityView | HotlineError) -> None:
        self.found = list(found)
        self.looks = 0

    async def airspace(self, *, limit: int) -> AirspaceView:
        """Return what stands; raises what it was given to raise."""
        self.looks += 1
        answer = self.found[0]
        if isinstance(answer, HotlineError):
            raise answer
        return seen(answer)


async def watched(node: Told, *told: Event, until: int) -> list[str]:
    """Return so many lines of a watch on a node that tells these events and then stays silent."""

    async def events() -> AsyncIterator[Event]:
        for event in told:
            yield event
        await asyncio.Event().wait()

    found: list[str] = []
    async for line in lines(cast("Client", node), events()):
        found.append(line.plain)
        if len(found) == until:
            break
    return found


async def test_watch_counts_down_though_nothing_happens() -> None:
    """A start is told when it comes, between what the node tells."""
    begins = activity(starts_at=format_time(now_us() + 100_000))
    what = {"line": "iaf", "up": True}
    found = await watched(Told(begins), ("line", what), until=2)
    assert found == ["line     with iaf is up", "starts   IAF-0101 of iaf starts now  Patrol"]


async def test_watch_goes_on_where_the_picture_cannot_be_had() -> None:
    """What happens is told all the same; the node is not asked again for each event."""
    node = Told(UsageError("api.no-answer", "it does not answer", "ask again"))
    what = {"line": "iaf", "relation": "clear"}
    texts = ("IAF-1 has gone", "IAF-2 has gone", "IAF-3 has gone")
    said: list[Event] = [("relation", {**what, "text": text}) for text in texts]
    found = await watched(node, *said, until=3)
    assert (found, node.looks) == ([f"resolved {text}" for text in texts], 1)


async def test_watch_ends_with_the_node() -> None:
    """When the stream of events ends, so do the lines."""

    async def nothing() -> AsyncIterator[Event]:
        return
        yield

    node = Told(activity(starts_at=None))
    assert [line async for line in lines(cast("Client", node), nothing())] == []
