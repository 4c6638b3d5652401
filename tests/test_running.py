"""How `make test` runs the tests: on all cores and alone, and loud about what is missing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools import run_tests

ROOT = Path(__file__).parent.parent
NOTHING = "--collect-only", "-q"


@pytest.mark.parametrize(
    ("statuses", "arguments", "expected"),
    [
        ((0, 0), [], 0),
        ((1, 0), [], 1),
        ((0, 1), [], 1),
        ((5, 0), ["-k", "alone"], 0),
        ((0, 5), ["-k", "together"], 0),
        ((5, 1), ["-k", "alone"], 1),
        ((5, 5), ["-k", "nothing"], 5),
        ((1,), ["-x"], 1),
        ((2,), [], 2),
        ((4,), ["--unknown"], 4),
    ],
)
def test_both_halves_run_and_count(
    monkeypatch: pytest.MonkeyPatch, statuses: tuple[int, ...], arguments: list[str], expected: int
) -> None:
    """A failure of either is one of the whole; no tests at all are one too; what stops, stops."""
    run, left = [], list(statuses)

    def recorded(*words: str) -> int:
        run.append(words)
        return left.pop(0)

    monkeypatch.setattr(run_tests, "run", recorded)
    assert run_tests.main(arguments) == expected
    assert not left
    assert [words[0 if index else 1] for index, words in enumerate(run)] == [
        "--alone=without",
        "--alone=only",
    ][: len(run)]
    assert all(set(arguments) <= set(words) for words in run)


def pytest_says(*arguments: str, path: str | None = None) -> str:
    """Return what a run of pytest prints, with nothing promised to it."""
    kept = {k: v for k, v in os.environ.items() if k not in ("CI", "HOTLINE_REQUIRE_DOCKER")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
        cwd=ROOT,
        env=kept if path is None else kept | {"PATH": path},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_workers_hand_on_what_is_missing(tmp_path: Path) -> None:
    """Every skip is listed, and the end of the run says loudly that nobody saw containers."""
    said = pytest_says("-n", "1", "tests/docker/test_pair.py", path=str(tmp_path))
    assert "THE DOCKER TESTS DID NOT RUN" in said
    assert "no Docker engine answers" in said.partition("short test summary")[2]


def test_each_test_is_in_one_half() -> None:
    """What is run together and what is run alone are all there is."""
    room = "tests/exercise/faults"
    halves = [pytest_says(*NOTHING, f"--alone={half}", room) for half in ("without", "only")]
    names = [{line for line in half.splitlines() if "::" in line} for half in halves]
    everything = {line for line in pytest_says(*NOTHING, room).splitlines() if "::" in line}
    assert all(names)
    assert not names[0] & names[1]
    assert names[0] | names[1] == everything
