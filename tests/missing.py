"""What cannot be tried on this machine, said loudly at the end by the process with the terminal."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Final

import pytest


@dataclass(frozen=True, slots=True)
class Missing:
    """What stays untried without a part of the machine: a heading, what that means, the mend."""

    heading: str
    consequence: str
    mend: str


ENGINE: Final = Missing(
    "THE DOCKER TESTS DID NOT RUN",
    "Nobody has seen the pair work in containers here",
    "As root on Debian `make set-up` provides it; then `make docker-test`.",
)
BROWSER: Final = Missing(
    "THE BROWSER TESTS DID NOT RUN",
    "No page was opened in a browser here",
    "As root on Debian `make set-up` provides it.",
)
FAULTS: Final = Missing(
    "SOME FAULTS OF CONTAINERS WERE NOT TRIED",
    "Nobody has seen here how the pair in containers bears them",
    "As root on Debian `make set-up` provides what they take; then `make docker-test` as root.",
)
RATING: Final = Missing(
    "THE UNIT FILE WAS NOT RATED",
    "Nobody has seen here how tightly systemd would hold the service",
    "systemd-analyze of systemd 250 or later does that, also where systemd does not run.",
)
FAULTS_OF_A_PAIR: Final = Missing(
    "SOME FAULTS OF NETWORK, DISK, CLOCK OR PEER WERE NOT TRIED",
    "Nobody has seen here how two real nodes bear them",
    "As root on Debian `make set-up` provides what they take; then `make faults` as root.",
)
EVERYTHING: Final = {
    "engine": ENGINE,
    "browser": BROWSER,
    "faults": FAULTS,
    "rating": RATING,
    "pair faults": FAULTS_OF_A_PAIR,
}

REASONS = pytest.StashKey[dict[str, str]]()
"""Why something is missing, by its name in EVERYTHING: plain words, as workers send them."""


def note_missing(config: pytest.Config, name: str, reason: str) -> None:
    """Remember that something is not there, and why."""
    config.stash.setdefault(REASONS, {})[name] = reason


def why_missing(config: pytest.Config, name: str) -> str | None:
    """Return why something is not there; None when it is, or when nobody has looked."""
    return config.stash.get(REASONS, {}).get(name)


def docker_promised() -> bool:
    """Whether this run has promised an engine, so that a test without it fails."""
    return os.environ.get("CI") == "true" or "HOTLINE_REQUIRE_DOCKER" in os.environ


def needs_no_more(config: pytest.Config, reason: str | None) -> None:
    """Go on where nothing is missing for a fault of containers; ``reason`` is why something is.

    Fails the test where an engine is promised; elsewhere skips it, and the run's end says so.
    """
    if reason is None:
        return
    note_missing(config, "faults", reason)
    if docker_promised():
        pytest.fail(f"{reason}: {FAULTS.mend}", pytrace=False)
    pytest.skip(reason)


def say_missing(reporter: pytest.TerminalReporter) -> None:
    """Print all that is missing, each under a heading that nobody overlooks."""
    for name, reason in reporter.config.stash.get(REASONS, {}).items():
        missing = EVERYTHING[name]
        reporter.section(missing.heading, sep="!", red=True, bold=True)
        reporter.line(f"{missing.consequence}: {reason}.", red=True)
        reporter.line(missing.mend)
