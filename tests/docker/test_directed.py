"""A whole exercise on containers that were made with its letter, up to its report."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from hotline.exercise.record import events
from hotline.exercise.record.reading import read_record
from tests.cli.command import hotline, hotline_json
from tests.docker.engine import ROOT, Project, eventually, run

pytestmark = [pytest.mark.docker, pytest.mark.timeout(1800)]

CENTRES = ("iaf", "hmeimim")
FACTOR = "8"
"""Less than first-lesson bears; half a minute."""
BREAKAGE = """name: first-lesson
title: The line is cut until the end
summary: Nothing else happens.
objectives: [Leave nothing broken]
centres: [iaf, hmeimim]
duration: 10 min
letter: none
injects:
  - {id: "1", at: 0 s, title: Cut, fault: {cut: {}}}
  - {id: "2", at: 9 min, to: iaf, tell: It is over.}
"""


@contextmanager
def directed(*words: str | Path) -> Iterator[subprocess.Popen[str]]:
    """Run a director without a board; it is gone when the context is left."""
    command = [sys.executable, "-m", "hotline", "exercise", "run", *map(str, words), "--headless"]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, start_new_session=True,
    ) as director:  # fmt: skip
        try:
            yield director
        finally:
            director.kill()


def noted(directory: Path, kind: type[events.Event]) -> list[Any]:
    """Return the entries of a kind that the record has by now."""
    if not (directory / "record.jsonl").exists():
        return []
    return [event for _, event in read_record(directory).every(kind)]


def wait_for(
    director: subprocess.Popen[str], directory: Path, kind: type[events.Event], count: int = 1
) -> None:
    """Return once the record has so many entries of a kind; the director has to live so long."""
    eventually(
        lambda: (len(noted(directory, kind)), director.poll()),
        lambda found: found[0] == count or found[1] is not None,
    )
    if director.poll() is not None:
        raise AssertionError(f"the director is gone: {director.communicate()}")


def on_line(pair: Project) -> list[bool]:
    """Return whether each centre is on the line's network."""
    networks = [pair.inspect(centre)["NetworkSettings"]["Networks"] for centre in CENTRES]
    return [f"{pair.name}_line" in found for found in networks]


def end_play(pair: Project) -> None:
    """Have both nodes told of an ENDEX that no director is there to tell them."""
    request = (
        "import asyncio\n"
        "from hotline.api.client import Client\n"
        "from hotline.api.exercise_shapes import ExerciseRequest\n"
        "async def end():\n"
        "    async with Client('/var/lib/hotline/api.sock') as client:\n"
        "        await client.tell_exercise(ExerciseRequest(event='endex', by='test'))\n"
        "asyncio.run(end())\n"
    )
    for centre in CENTRES:
        pair.execute(centre, "python", "-c", request)


def test_first_lesson_is_played_and_reported_on(
    pair: Project, played: Path, tmp_path: Path
) -> None:
    """Every expectation passes; both backups and the record make the report; nothing private."""
    directory = tmp_path / "first"
    words = ("run", played, "--docker", pair.name, "--factor", FACTOR, "--directory", directory)
    found = hotline_json("exercise", *words)
    assert found["counts"]["pass"] == len(found["expectations"]) == 9, found
    record = read_record(directory)
    assert record.opened.ground == "docker"
    # Exactly the letter that `hotline exercise letter` printed for the containers.
    (begun,) = noted(directory, events.Startex)
    assert len({node.letter for node in begun.nodes}) == 1

    collected = directory / "collected"
    assert not list(collected.rglob("*.key"))
    for path in collected.rglob("*"):
        assert path.is_dir() or b"PRIVATE KEY" not in path.read_bytes(), path
    hotline("exercise", "report", directory)
    report = json.loads((directory / "report" / "report.json").read_bytes())
    assert report["exercise"]["banner"] == "EXERCISE first-lesson"
    assert report["counts"]["pass"] == 9
    assert not report["loss"]["lost"]
    assert (directory / "report" / "EXERCISE-first-lesson.html").stat().st_size > 10_000


def test_an_officer_in_a_container_stops_play(pair: Project, played: Path, tmp_path: Path) -> None:
    """On both sides at once; the director ends, having entered by whom, and collects."""
    directory = tmp_path / "stopped"
    with directed(played, "--docker", pair.name, "--directory", directory) as director:
        wait_for(director, directory, events.Startex)
        done = pair.hotline("hmeimim", "exercise", "real-world", "--officer", "Orlov")
        assert done.returncode == 0, done.stderr
        out, err = director.communicate(timeout=60)
    assert "(real-world)" in out, out + err
    (called,) = noted(directory, events.RealWorld)
    assert called.by == "Orlov at hmeimim"
    (stopped,) = noted(directory, events.PlayStopped)
    assert set(stopped.after_s) == set(CENTRES)
    assert {path.name for path in (directory / "collected").iterdir()} == set(CENTRES)
    for centre in CENTRES:
        for alarm in pair.hotline_json(centre, "alarms")["alarms"]:
            if alarm["code"] == "exercise.real-world":
                assert "Orlov" in alarm["text"]
                pair.execute(centre, "hotline", "acknowledge", str(alarm["id"]))
        assert pair.hotline_json(centre, "status")["play"] != "running"


def test_a_director_that_is_ended_in_mid_fault_leaves_nothing_broken(
    pair: Project, tmp_path: Path
) -> None:
    """What is asked to end mends at once; what a killed one leaves is taken over by who goes on.

    Any other director mends it, even if it is refused.
    """
    scenario, directory = tmp_path / "breakage.yaml", tmp_path / "cut"
    scenario.write_text(BREAKAGE)
    with directed(scenario, "--docker", pair.name, "--directory", directory) as director:
        wait_for(director, directory, events.FaultBegan)
        assert on_line(pair) == [True, False]
        # A second director keeps its hands off what the first one has broken.
        other = ("--docker", pair.name, "--directory", tmp_path / "other", "--headless")
        refused = hotline("exercise", "run", scenario, *other, exit_code=1)
        assert "[exercise.running]" in refused.stderr
        assert on_line(pair) == [True, False]
        os.kill(director.pid, signal.SIGINT)
        _, err = director.communicate(timeout=60)
        assert "--resume" in err
    assert on_line(pair) == [True, True]
    resumed = ("--resume", directory, "--docker", pair.name)
    with directed(*resumed) as director:
        wait_for(director, directory, events.FaultBegan, 2)
        assert on_line(pair) == [True, False]
        director.kill()
    assert on_line(pair) == [True, False]
    with directed(*resumed) as director:
        wait_for(director, directory, events.DirectorRestarted, 2)
        assert on_line(pair) == [True, False]
        # What was taken over has not begun anew, and is lifted in order all the same.
        assert len(noted(directory, events.FaultBegan)) == 2
        os.kill(director.pid, signal.SIGTERM)
        _, err = director.communicate(timeout=60)
        assert "--resume" in err
    assert on_line(pair) == [True, True]
    assert [one.left for one in noted(directory, events.FaultEnded)] == [True, True]
    assert len(noted(directory, events.FaultBegan)) == 2
    with directed(*resumed) as director:
        wait_for(director, directory, events.FaultBegan, 3)
        director.kill()
    refused = hotline("exercise", "run", scenario, *other, exit_code=1)
    assert "[exercise.played-already]" in refused.stderr
    assert on_line(pair) == [True, True]
    end_play(pair)


def test_the_image_holds_no_private_key(image: dict[str, str]) -> None:
    """Keys are made in the volumes of a pair, and nowhere else."""
    found = run(
        "docker", "run", "--rm", "--network", "none", "--user", "0", "--entrypoint", "find",
        image["HOTLINE_IMAGE"], "/", "-xdev", "-name", "*.key", "-o",
        "(", "-path", "/etc/hotline/*", "-o", "-path", "/pair/*/*", ")",
    )  # fmt: skip
    assert found == ""


def test_a_pair_keeps_to_the_letter_that_it_was_made_with(pair: Project, tmp_path: Path) -> None:
    """Another one is refused by the service that makes keys, which says why; none is no other."""
    other = tmp_path / "other.toml"
    other.write_text(hotline("exercise", "letter", "flood").stdout)
    other.chmod(0o644)
    changed = Project(pair.name, {**pair.env, "HOTLINE_LETTER": str(other)})
    done = changed.try_compose("run", "--rm", "--no-deps", "-T", "keys")
    assert done.returncode == 1, done.stderr
    assert "HOTLINE_LETTER is another letter" in done.stderr
    assert "project-name" in done.stderr
    unnamed = Project(pair.name, {**pair.env, "HOTLINE_LETTER": ""})
    done = unnamed.try_compose("run", "--rm", "--no-deps", "-T", "keys")
    assert done.returncode == 0, done.stderr
