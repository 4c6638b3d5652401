"""What happens to an exercise when something of it ends that nobody meant to end."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from hotline.exercise.ground.processes import PID_FILE
from hotline.exercise.record import events
from hotline.exercise.record.reading import read_record
from tests.cli.command import PATIENCE_S, fails, hotline, hotline_json
from tests.cli.test_exercise_run import COUNT, SHORT, begin, scenario, until_delivered

__all__ = ["scenario"]

LONG = """\
  - id: "1"
    at: 0 s
    from: hmeimim
    title: Advisory
    send: {kind: advisory, subject: drone, text: "Exercise short-one. First."}
  - id: "2"
    at: 3 s
    from: iaf
    title: Advisory
    send: {kind: advisory, subject: drone, text: "Exercise short-one. Second."}
    expect: [{receipt: {within: 60 s}}]
"""


def ended(director: subprocess.Popen[str]) -> tuple[str, str]:
    """Return what a director has said, once it has ended."""
    try:
        return director.communicate(timeout=PATIENCE_S)
    finally:
        director.kill()


@pytest.mark.pair
@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGHUP])
def test_a_director_that_is_asked_to_end_parts_in_order(
    tmp_path: Path, scenario: Path, sign: signal.Signals
) -> None:
    """As by Ctrl-C, also when asked twice at once: its nodes end, and it says how to go on."""
    directory = tmp_path / "exercise"
    director = begin(scenario, "--directory", directory)
    until_delivered(directory, 2, director)
    director.send_signal(sign)
    director.send_signal(sign)
    _, err = ended(director)
    assert director.returncode == 1
    assert f"hotline exercise run --resume {directory}` goes on" in err
    assert "[cli.interrupted]" in err
    assert "Traceback" not in err
    for centre in ("iaf", "hmeimim"):
        assert not (directory / centre / PID_FILE).exists()
    if sign == signal.SIGTERM:
        out, err = ended(begin("--resume", directory))
        assert f"{COUNT} passed" in out, err


@pytest.mark.pair
def test_a_node_that_dies_in_mid_exercise_is_named_and_started_for_the_end(tmp_path: Path) -> None:
    """What it was to send is void; its journal holds ENDEX all the same, and a report is made."""
    path, directory = tmp_path / "long.yaml", tmp_path / "exercise"
    path.write_text((SHORT + LONG).replace("duration: 2 min", "duration: 4 s"))
    director = begin(path, "--directory", directory)
    until_delivered(directory, 1, director)
    os.kill(int((directory / "iaf" / PID_FILE).read_text()), signal.SIGKILL)
    out, err = ended(director)
    assert director.returncode == 0, err
    assert "the node of iaf is gone: no node answers on" in err
    assert "start it with" in err
    assert "starting the node of iaf, which had gone by itself" in err
    assert "1 void" in out
    report: Any = hotline_json("exercise", "report", directory)
    assert report["counts"]["void"] == 1


@pytest.mark.pair
def test_nodes_whose_director_is_lost_are_told_of_endex_by_their_officers(
    tmp_path: Path, scenario: Path
) -> None:
    """One by one, by their node.toml; a director that goes on then finds that it is over."""
    directory = tmp_path / "exercise"
    director = begin(scenario, "--directory", directory)
    until_delivered(directory, 1, director)
    director.kill()
    director.communicate()
    for centre in ("iaf", "hmeimim"):
        config = directory / centre / "node.toml"
        said = hotline("--config", config, "exercise", "end", "--officer", "Levi").stderr
        assert "ENDEX of EXERCISE short-one at this node" in said
        fails("exercise.not-possible", "--config", config, "exercise", "end", exit_code=2)
    out, err = ended(begin("--resume", directory))
    ((_, endex),) = read_record(directory).every(events.Endex)
    assert (endex.why, endex.by.partition(" at ")[0]) == ("ended", "Levi"), (out, err)
