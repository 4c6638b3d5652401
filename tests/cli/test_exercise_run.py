from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from hotline.api.stopped import StoppedNode
from hotline.exercise.ground.processes import PID_FILE
from hotline.exercise.record import events
from hotline.exercise.record.reading import read_record
from hotline.journal.journal import JOURNAL_FILE
from tests.cli.command import PATIENCE_S, fails, hotline, hotline_json

SHORT = """\
name: short-one
title: A short one
summary: For a test.
objectives: [Deliver each inject once]
centres: [iaf, hmeimim]
duration: 2 min
letter: {minimum_warning_s: {default: 60}}
crews:
  iaf: {officers: [sim. Levi], reaction: {FLASH: 1 s}, spread: 0.1}
  hmeimim: {officers: [sim. Orlov], reaction: {FLASH: 1 s}, spread: 0.1}
injects:
"""
INJECT = """\
  - id: "{n}"
    at: {at} s
    title: Advisory
    from: {sender}
    send: {{kind: advisory, subject: drone, text: "Exercise short-one. The same words."}}
    expect: [{{receipt: {{within: 60 s}}}}]
"""
EXTRA = """\
id: x1
at: 0 s
from: iaf
send: {kind: advisory, text: Exercise.}
expect: [{read: {within: 1 min}}]
"""
COUNT = 8
CENTRES = ("iaf", "hmeimim")


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    """Return a scenario with the same words again and again, from both sides."""
    path = tmp_path / "short.yaml"
    injects = (
        INJECT.format(n=n, at=n, sender=("iaf", "hmeimim")[n % 2]) for n in range(1, COUNT + 1)
    )
    path.write_text(SHORT + "".join(injects))
    return path


def begin(*words: str | Path) -> subprocess.Popen[str]:
    """Start a director of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "hotline", "exercise", "run", *map(str, words), "--headless"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def until_delivered(directory: Path, count: int, director: subprocess.Popen[str]) -> None:
    """Return when so many injects are delivered."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        assert time.monotonic() < deadline, "nothing was delivered"
        assert director.poll() is None, director.communicate()
        if (directory / "record.jsonl").is_file():
            data = (directory / "record.jsonl").read_bytes()
            if data.count(b'"inject-delivered"') >= count:
                return
        time.sleep(0.02)


async def advisories(directory: Path, centre: str, direction: str) -> list[str]:
    """Return the ids of the advisories in a journal as it was collected."""
    journal = directory / "collected" / centre / "data" / JOURNAL_FILE
    async with StoppedNode(journal, 0, {}) as node:
        page = await node.messages(direction=direction, kind="advisory", limit=100)
    return sorted(view.id for view in page.messages)


@pytest.mark.pair
def test_a_director_that_is_killed_twice_delivers_everything_once(
    tmp_path: Path, scenario: Path
) -> None:
    """Both journals have each message once; the report finds that the record is theirs."""
    directory = tmp_path / "exercise"
    anew = [scenario, "--directory", directory]
    for words, count in ((anew, 2), (["--resume", directory], 4)):
        director = begin(*words)
        until_delivered(directory, count, director)
        # A second director is told of the first, and touches nothing.
        for other in (anew, ["--resume", directory]):
            said = fails("record.in-use", "exercise", "run", *other, exit_code=1)
            assert f"hotline exercise board {directory}" in said
            assert "goes on" not in said
        director.send_signal(signal.SIGKILL)
        director.communicate()
        nodes = [int((directory / centre / PID_FILE).read_text()) for centre in CENTRES]
        said = fails("record.there", "exercise", "run", *anew, exit_code=1)
        assert f"hotline exercise run --resume {directory}`" in said
        said = fails("exercise.no-director", "exercise", "board", directory, exit_code=1)
        assert f"hotline exercise run --resume {directory}`" in said
        # The nodes go on, whatever was asked.
        assert [int((directory / centre / PID_FILE).read_text()) for centre in CENTRES] == nodes
        assert all(Path(f"/proc/{pid}").exists() for pid in nodes)
    with (directory / "record.jsonl").open("ab") as file:
        file.write(b'{"n":1000,"at":"20')
    director = begin("--resume", directory)
    out, err = director.communicate(timeout=PATIENCE_S)
    assert director.returncode == 0, err
    assert f"{COUNT} passed" in out
    assert "a torn line are cut off" in err
    record = read_record(directory)
    delivered = [one for _, one in record.every(events.InjectDelivered)]
    assert len({one.message for one in delivered}) == len(delivered) == COUNT
    assert len(list(record.every(events.DirectorRestarted))) == 2
    for centre in ("iaf", "hmeimim"):
        for direction in ("in", "out"):
            own = direction == "out"
            sent = {one.message for one in delivered if (one.originator == centre) is own}
            assert asyncio.run(advisories(directory, centre, direction)) == sorted(sent)
    assert hotline_json("exercise", "report", directory)
    fails("exercise.over", "exercise", "run", "--resume", directory, exit_code=1)


@pytest.mark.pair
def test_a_shipped_scenario_is_played_and_told_as_json(tmp_path: Path) -> None:
    """The first lesson, as fast as it bears: simulated crews pass it."""
    directory = tmp_path / "lesson"
    found = hotline_json(
        "exercise", "run", "first-lesson", "--factor", "20", "--directory", directory
    )
    assert found["traffic"] == "EXERCISE first-lesson"
    assert (found["ended"], found["good"]) == ("all-done", True)
    assert {one["verdict"] for one in found["expectations"]} == {"pass"}
    assert all(one["by"] for one in found["expectations"])
    assert (directory / "scenario.yaml").is_file()
    hotline("exercise", "comment", directory, "well read", "--inject", "1", "--officer", "Umpire")
    assert json.loads((directory / "record.jsonl").read_text().splitlines()[-1])["by"] == "Umpire"


@pytest.mark.pair
def test_the_board_and_the_commands_of_an_exercise_that_is_played(
    tmp_path: Path, scenario: Path
) -> None:
    """From another terminal: look, pause, skip, add, comment, end; exit code 1 for what expired."""
    directory = tmp_path / "exercise"
    director = begin(scenario, "--directory", directory, "--human", "hmeimim", "--human", "iaf")
    try:
        until_delivered(directory, 1, director)
        steer = ("--officer", "Umpire")
        said = hotline("exercise", "pause", directory, "--text", "coffee", *steer).stderr
        assert said.splitlines() == ["EXERCISE short-one", "paused"]
        assert directory.stat().st_mode & 0o777 == 0o700
        for name in ("record.jsonl", "scenario.yaml"):
            assert (directory / name).stat().st_mode & 0o777 == 0o600
        board: Any = hotline_json("exercise", "board", directory)
        assert (board["state"], board["traffic"]) == ("paused", "EXERCISE short-one")
        assert {one["crew"] for one in board["centres"]} == {"human"}
        assert {one["seat"] for one in board["centres"]} == {
            f"hotline --config {directory / centre / 'node.toml'}" for centre in CENTRES
        }
        shown = hotline("exercise", "board", directory, "--once").stdout
        assert "EXERCISE short-one" in shown
        assert "PAUSED" in shown
        assert max(map(len, shown.splitlines())) <= 160
        hotline("exercise", "skip", directory, str(COUNT), *steer)
        fails("exercise.inject-settled", "exercise", "skip", directory, "1", *steer, exit_code=1)
        added = hotline("exercise", "inject", directory, "-", *steer, typed=EXTRA).stdout
        assert added == "x1\n"
        fails("exercise.no-inject", "exercise", "inject", directory, "words", *steer, exit_code=2)
        hotline("exercise", "comment", directory, "bold", "--inject", "x1", *steer)
        hotline("exercise", "resume", directory, *steer)
        until_delivered(directory, 3, director)
        hotline("exercise", "end", directory, *steer)
        out, err = director.communicate(timeout=PATIENCE_S)
    finally:
        director.kill()
    assert director.returncode == 1, err
    assert "note: the crew of iaf works in terminals of its own" in err
    assert "hotline duty take --officer NAME" in err
    assert str(directory / "iaf" / "node.toml") in err
    assert "x1.1  expired" in out
    said = fails("exercise.over", "exercise", "end", directory, *steer, exit_code=1)
    assert f"hotline exercise report {directory}" in said
    assert "--resume" not in said


@pytest.mark.pair
def test_an_officer_calls_the_real_world_at_his_own_node(tmp_path: Path, scenario: Path) -> None:
    """Without knowing where the exercise is kept."""
    directory = tmp_path / "exercise"
    director = begin(scenario, "--directory", directory)
    try:
        until_delivered(directory, 1, director)
        config = directory / "hmeimim" / "node.toml"
        words = ("exercise", "real-world", "--text", "fire", "--officer", "Orlov")
        hotline("--config", config, *words)
        director.communicate(timeout=PATIENCE_S)
    finally:
        director.kill()
    record = read_record(directory)
    ((_, called),) = record.every(events.RealWorld)
    assert called.by == "Orlov at hmeimim"
    assert called.text.endswith("fire")
    ((_, stopped),) = record.every(events.PlayStopped)
    assert set(stopped.after_s) == {"iaf", "hmeimim"}


def test_what_is_named_wrongly_is_said(tmp_path: Path, scenario: Path) -> None:
    """Two lines, and an exit code; nothing is begun."""
    run = ("exercise", "run")
    fails("cli.usage", *run, exit_code=2)
    fails("cli.usage", *run, "first-lesson", "--resume", tmp_path, exit_code=2)
    said = fails("exercise.no-director", "exercise", "board", tmp_path / "nothing", exit_code=1)
    assert "no exercise is kept in" in said
    fails("cli.usage", *run, "--resume", tmp_path, "--factor", "2", exit_code=2)
    fails("cli.usage", *run, "first-lesson", "--factor", "61", exit_code=2)
    fails("exercise.too-fast", *run, "line-cut-flash", "--factor", "9", exit_code=1)
    fails("cli.usage", *run, "first-lesson", "--proxy", "x", exit_code=2)
    fails("scenario.not-shipped", *run, "nothing-such", exit_code=1)
    fails("scenario.unreadable", *run, tmp_path / "none.yaml", exit_code=1)
    fails("record.missing", *run, "--resume", tmp_path, exit_code=1)
    fails("exercise.unknown-centre", *run, scenario, "--human", "nowhere", exit_code=1)
    fails("exercise.bad-option", *run, scenario, "--node", "iaf", exit_code=2)
    fails("exercise.no-director", "exercise", "board", tmp_path, exit_code=1)
    nobody = ("--node", f"iaf={tmp_path}/a.sock", "--node", f"hmeimim={tmp_path}/b.sock")
    place = tmp_path / "place"
    said = fails(
        "exercise.node-unreachable", *run, scenario, *nobody, "--directory", place,
        "--headless", exit_code=1,
    )  # fmt: skip
    assert "iaf" in said
    assert not place.exists()
