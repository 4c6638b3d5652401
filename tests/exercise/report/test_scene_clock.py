"""The scenario's clock in the pictures: it stands while nobody plays, and never runs backwards."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.exercise.report import document as d
from hotline.exercise.report.moments import us_of
from hotline.exercise.report.pictures.clock import SceneClock
from hotline.exercise.report.pictures.overview import overview
from hotline.exercise.report.pictures.shapes import Box, Label
from tests.exercise.report import documents as samples
from tests.exercise.report.documents import at, blank

FACTOR = 10.0


def played(*stood: tuple[str, str, float, float], seconds: float = 100.0) -> d.Report:
    """Return what was played at ten times the speed; it stood from each moment to the other."""
    moments = [blank(d.Moment, kind="startex", at=at(0), t=0.0, text="STARTEX")]
    lost = 0.0
    for begins, ends, since, until in stood:
        t = (since - lost) * FACTOR
        moments.append(blank(d.Moment, kind=begins, at=at(since), t=t, text=begins))
        lost += until - since
        moments.append(blank(d.Moment, kind=ends, at=at(until), t=t, text=ends))
    end = (seconds - lost) * FACTOR
    moments.append(blank(d.Moment, kind="endex", at=at(seconds), t=end, text="ENDEX"))
    whole = samples.report(seconds, 1)
    exercise = msgspec.structs.replace(whole.exercise, time_factor=FACTOR)
    bare = {name: [] for name in ("msel", "mock", "alarms", "voice", "watch", "faults", "line")}
    return msgspec.structs.replace(whole, **bare, exercise=exercise, moments=moments)


GONE = (d.GONE, "director-restarted")
PAUSED = ("paused", "resumed")


def test_the_clock_stood_while_nobody_directed() -> None:
    """What the nodes entered meanwhile has the time at which it stood, on every side of it."""
    clock = SceneClock(played((*GONE, 20.0, 50.0)))
    shown = {second: clock.shown(us_of(at(second))) for second in (10, 20, 35, 50, 60, 100, 130)}
    assert shown == {
        10: "T+00:01:40", 20: "T+00:03:20", 35: "T+00:03:20", 50: "T+00:03:20",
        60: "T+00:05:00", 100: "T+00:11:40", 130: "T+00:11:40",
    }  # fmt: skip
    assert clock.us(300.0) == us_of(at(60))
    assert clock.us(100.0) == us_of(at(10))


def test_both_are_shaded_and_named_in_the_picture_of_the_whole() -> None:
    """A pause in which the director was gone is one pause."""
    picture = overview(played((*PAUSED, 10.0, 30.0), (*GONE, 60.0, 80.0)))
    shaded = [one for one in picture.shapes if isinstance(one, Box) and one.look == "pause"]
    assert len(shaded) == 2
    assert shaded[0].width == pytest.approx(shaded[1].width)
    words = [one.text for one in picture.shapes if isinstance(one, Label)]
    assert {"paused", "director gone"} <= set(words)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(1, 9)), max_size=6), st.integers(0, 1000))
def test_every_second_of_the_scenario_has_its_place(
    waits: list[tuple[bool, int]], tenths: int
) -> None:
    """The clock shows at that moment what was asked for, and less before it."""
    stood, second = [], 0.0
    for stands, length in waits:
        if stands:
            stood.append((*PAUSED, second, second + length))
        second += length
    report = played(*stood)
    clock = SceneClock(report)
    most = report.moments[-1].t or 0.0
    t = min(tenths / 10 * FACTOR, most)
    us = clock.us(t)
    assert clock.t(us) == pytest.approx(t, abs=1e-3)
    assert t == 0 or clock.t(us - 1000) < t
    shown = [clock.t(us_of(at(second / 2))) for second in range(210)]
    assert shown == sorted(shown)
