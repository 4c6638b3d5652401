"""How the timeline is cut into pictures: each holds something to look at, and nothing is lost."""

from __future__ import annotations

import msgspec
import pytest

from hotline.exercise.report.document import Report
from hotline.exercise.report.pictures.episodes import LAST_SPILL, TALLEST, Episode, episodes
from hotline.exercise.report.pictures.shapes import Box, Label
from tests.exercise.report import documents as samples

WATCH_S = 8 * 3600.0


def watch(messages: int, *, down_since: float | None = None) -> Report:
    """Return a watch that begins with messages 20 s apart, and is silent then until ENDEX."""
    line = [
        each
        for centre in ("iaf", "hmeimim")
        for each in (
            samples.line(centre, True, 0, down_since or WATCH_S),
            *([samples.line(centre, False, down_since, WATCH_S)] if down_since else []),
        )
    ]
    given = {
        "messages": [samples.message(n, 20.0 * n) for n in range(1, messages + 1)],
        "line": line,
        **{key: [] for key in ("msel", "mock", "alarms", "voice", "watch", "faults")},
    }
    return msgspec.structs.replace(samples.report(WATCH_S, 1), **given)


def words(one: Episode) -> list[str]:
    """Return everything that is written in a picture, in its order."""
    return [shape.text for shape in one.picture.shapes if isinstance(shape, Label)]


@pytest.mark.parametrize("messages", range(1, 26))
def test_endex_after_hours_of_silence_has_no_picture_of_its_own(messages: int) -> None:
    """It stands below what came last, with how long nothing was said between them."""
    found, left_out = episodes(watch(messages))
    assert left_out == 0
    assert sum(one.count for one in found) == messages
    assert all(one.count for one in found)
    last = words(found[-1])
    assert "ENDEX: time" in last
    assert any(word.startswith("… 7 h 5") for word in last)
    assert found[-1].until == "T+08:00:00"
    assert all(one.picture.height <= TALLEST * LAST_SPILL + 20 for one in found)


def test_a_line_that_was_down_at_endex_is_down_to_the_foot() -> None:
    """Nothing has ended it: there is no lane below that would say that it was up again."""
    found, _ = episodes(watch(3, down_since=600.0))
    down = [one for one in found[-1].picture.shapes if isinstance(one, Box) and one.look == "down"]
    lanes = [one for one in found[-1].picture.shapes if isinstance(one, Box) and one.look == "up"]
    assert len(down) == len(lanes) == 2
    assert {round(one.y + one.height) for one in down} == {round(found[-1].picture.height - 6)}
