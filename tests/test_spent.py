"""What `make test` tells of processor time."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from tests.spent import charge, say_spent, seconds_so_far


class Reporter:
    """Keeps what is told."""

    def __init__(self, config: Any) -> None:
        self.config = config
        self.told: list[str] = []

    def section(self, title: str) -> None:
        """Take a heading."""
        self.told.append(title)

    def write_line(self, line: str) -> None:
        """Take a line."""
        self.told.append(line)


def told(*spent: dict[str, float]) -> list[str]:
    """Return what is told once this was spent."""
    config: Any = SimpleNamespace(stash=pytest.Stash())
    for one in spent:
        charge(config, one)
    reporter: Any = Reporter(config)
    say_spent(reporter)
    return list(reporter.told)


def test_what_all_workers_spent_is_told_the_most_first() -> None:
    """Seconds of a file are added up, whichever worker and test they come from."""
    heading, first, second = told({"a.py": 20.0, "b.py": 30.0}, {"a.py": 25.0})
    assert heading == "75 s of processor time; most of it in"
    assert first.split() == ["45.0", "s", "a.py"]
    assert second.split() == ["30.0", "s", "b.py"]


def test_a_short_run_tells_nothing() -> None:
    """Whoever runs one file wants to see its tests."""
    assert told({"a.py": 1.0}) == []
    assert told() == []


def test_children_count_once_they_are_waited_for() -> None:
    """What a process takes that a test starts is part of what the test takes."""
    before = seconds_so_far()
    subprocess.run([sys.executable, "-c", "sum(range(4_000_000))"], check=True)
    assert seconds_so_far() - before > 0.02
