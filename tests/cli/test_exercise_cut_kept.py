"""A director that is gone while the line is cut, with real processes: nothing gets through."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from hotline.api.schema import EntryView, MessageView
from hotline.api.stopped import StoppedNode
from hotline.exercise.record import events
from hotline.exercise.record.reading import read_record
from hotline.journal.journal import JOURNAL_FILE
from hotline.model.times import parse_time
from tests.cli.command import PATIENCE_S
from tests.cli.test_exercise_run import begin, until_delivered

pytestmark = pytest.mark.pair

CUT_S = 8.0
SCENARIO = f"""\
name: cut-kept
title: A cut that outlasts its director
summary: What waits for the end of a cut.
objectives: [Nothing slips through]
centres: [iaf, hmeimim]
duration: 2 min
letter: {{timers: {{heartbeat_s: 0.5, receive_s: 2}}}}
injects:
  - {{id: "1", at: 0 s, title: The line is cut, fault: {{cut: {{for: {CUT_S:g} s}}}}}}
  - id: "2"
    after: {{inject: "1", by: 1 s}}
    title: It waits
    from: iaf
    send: {{kind: advisory, precedence: FLASH, subject: drone, text: Exercise cut-kept.}}
    expect: [{{receipt: {{within: 60 s}}}}]
"""


async def found_at(directory: Path, centre: str) -> tuple[list[EntryView], list[MessageView]]:
    """Return what a journal says of the line, and the advisories that came."""
    journal = directory / "collected" / centre / "data" / JOURNAL_FILE
    async with StoppedNode(journal, 0, {}) as node:
        page = await node.log(kind="association", limit=100)
        came = await node.messages(direction="in", kind="advisory")
        return page.entries, came.messages


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGTERM])
async def test_a_cut_lasts_on_while_its_director_is_gone(
    tmp_path: Path, sign: signal.Signals
) -> None:
    """However it ended: the next one takes the cut over, and lifts it when its time is over."""
    path, directory = tmp_path / "cut.yaml", tmp_path / "x"
    path.write_text(SCENARIO)
    with begin(path, "--directory", directory) as director:
        until_delivered(directory, 2, director)
        director.send_signal(sign)
        director.communicate(timeout=PATIENCE_S)
    with begin("--resume", directory) as director:
        assert director.communicate(timeout=PATIENCE_S)
    assert director.returncode == 0
    record = read_record(directory)
    ((began, _),) = record.every(events.FaultBegan)
    ((ended, _),) = record.every(events.FaultEnded)
    assert began.t is not None
    assert ended.t is not None
    assert CUT_S <= ended.t - began.t < CUT_S + 2
    for centre in ("iaf", "hmeimim"):
        entries, came = await found_at(directory, centre)
        within = [one for one in entries if began.at_us < parse_time(one.at) < ended.at_us]
        assert [one.what["state"] for one in within if one.what["state"] == "up"] == []
        assert all(parse_time(view.entered_at) >= ended.at_us for view in came)
        assert len(came) == (centre == "hmeimim")
