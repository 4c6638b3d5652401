"""What each file of tests takes of the processor, told at the end of a long run.

A file is charged with what its worker spends on it, and with what the processes spend that the
worker has started and waited for: a Chromium whose parent has gone before it counts for nobody.
"""

from __future__ import annotations

import resource
from collections import Counter
from typing import Final

import pytest

TOLD: Final = 15
"""Files that are named."""
LONG_S: Final = 60.0
"""A run that took less tells nothing."""

SPENT = pytest.StashKey[Counter[str]]()
"""Seconds of processor time by file, of this process or handed on by its workers."""


def seconds_so_far() -> float:
    """Return the seconds that this process has spent, with those of its ended children."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def charge(config: pytest.Config, spent: dict[str, float]) -> None:
    """Add seconds to what files have taken."""
    config.stash.setdefault(SPENT, Counter()).update(spent)


def say_spent(reporter: pytest.TerminalReporter) -> None:
    """Name the files that took most, and what all took together."""
    spent = reporter.config.stash.get(SPENT, Counter())
    if spent.total() < LONG_S:
        return
    reporter.section(f"{spent.total():.0f} s of processor time; most of it in")
    for name, seconds in spent.most_common(TOLD):
        reporter.write_line(f"{seconds:7.1f} s  {name}")
