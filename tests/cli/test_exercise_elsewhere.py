"""An exercise on nodes that somebody else runs: played, journals had by either way, reported on."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from hotline.api.client import Client
from hotline.api.exercise_shapes import ExerciseRequest
from hotline.exercise.ground.own import OwnPair
from hotline.exercise.scenario.reading import read_scenario
from tests.cli.command import fails, hotline, hotline_json

pytestmark = pytest.mark.pair

SCENARIO = """name: apart
title: Two rooms
summary: One warning goes from room to room.
objectives: [Tell a receipt from an answer]
centres: [iaf, hmeimim]
duration: 1 min
injects:
  - id: "1"
    at: 0 s
    title: A warning
    from: iaf
    send: {kind: advisory, subject: drone, text: Exercise apart. Keep clear.}
    expect: [receipt: {within: 20 s}]
  - {id: "2", at: 0 s, title: A task, to: iaf, tell: Keep the channel free.}
"""


@dataclass(frozen=True)
class Rooms:
    """Two nodes that run, by their directories; the scenario's file; its words for `run`."""

    nodes: dict[str, Path]
    scenario: Path
    run: tuple[str | Path, ...]


@pytest.fixture
def rooms(tmp_path: Path) -> Iterator[Rooms]:
    """Run two nodes that are made with the letter of a scenario, and are nobody's here."""
    path = tmp_path / "apart.yaml"
    path.write_text(SCENARIO)
    with running(OwnPair(tmp_path / "rooms", read_scenario(path))) as pair:
        sockets = [f"--node={centre}={site.socket}" for centre, site in pair.sites.items()]
        nodes = {centre: site.directory for centre, site in pair.sites.items()}
        yield Rooms(nodes, path, ("exercise", "run", path, *sockets, "--headless"))


@contextmanager
def running(pair: OwnPair) -> Iterator[OwnPair]:
    """Hold a pair up between two runs of an event loop: commands have one of their own."""
    with asyncio.Runner() as runner:
        runner.run(pair.__aenter__())
        try:
            yield pair
        finally:
            runner.run(pair.__aexit__(None, None, None))


def reported(directory: Path, *words: str | Path) -> None:
    """Make the report, which says that everything passed and nothing was lost."""
    found = hotline_json("exercise", "report", directory, *words)
    assert found["exercise"]["banner"] == "EXERCISE apart"
    assert found["counts"]["pass"] == 1
    assert not found["loss"]["lost"]
    assert json.loads((directory / "report" / "report.json").read_bytes()) == found


def test_journals_that_can_be_read_from_here_are_collected(rooms: Rooms, tmp_path: Path) -> None:
    """Without a private key; the report is made of them as of a pair of its own."""
    here = tmp_path / "here"
    journals = [f"--journal={centre}={path}" for centre, path in rooms.nodes.items()]
    hotline(*rooms.run, *journals, "--directory", here)
    assert not list(here.rglob("*.key"))
    reported(here)
    config = rooms.nodes["iaf"] / "node.toml"
    status = hotline("--config", config, "status").stdout
    assert "apart, over since " in status
    assert "exercise tasks" not in status


def test_a_crew_reads_at_its_own_node_what_it_is_to_do(rooms: Rooms) -> None:
    """Under the exercise's name, while it is played."""
    config = rooms.nodes["iaf"] / "node.toml"
    node = ("--config", config, "exercise", "tasks")
    assert "this crew has been told nothing" in hotline(*node).stdout

    async def tell(*what: tuple[str, str]) -> None:
        async with Client(config.with_name("api.sock")) as client:
            for event, text in what:
                request = ExerciseRequest(event=event, by="director", name="apart", text=text)
                await client.tell_exercise(request)

    asyncio.run(tell(("startex", ""), ("task", "inject 1: call the tower")))
    shown = hotline(*node).stdout
    assert shown.startswith("EXERCISE apart\n")
    assert "inject 1: call the tower" in shown
    assert "1 task: `hotline exercise tasks`" in hotline(*node[:2], "status").stdout
    (task,) = hotline_json(*node)["tasks"]
    assert (task["event"], task["by"]) == ("task", "director")
    asyncio.run(tell(("endex", "")))
    assert "call the tower" not in hotline(*node).stdout


def test_journals_that_are_handed_over_are_reported_on(rooms: Rooms, tmp_path: Path) -> None:
    """The director says that it could not collect them, and the report what it misses."""
    here = tmp_path / "here"
    said = hotline(*rooms.run, "--directory", here).stderr
    assert "journals not collected: the journal of iaf cannot be read from here" in said
    assert "hotline log backup" in said
    fails("report.journal-missing", "exercise", "report", here, exit_code=1)
    words = []
    for centre, path in rooms.nodes.items():
        backup = tmp_path / f"backup-{centre}"
        hotline("--config", path / "node.toml", "log", "backup", backup)
        assert not list(backup.rglob("*.key"))
        words.append(f"--journal={centre}={backup}")
    reported(here, *words)
