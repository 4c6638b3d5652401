"""What all tests share: how hypothesis searches, and the loud word about a missing engine."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

from tests.docker.engine import why_no_engine

NO_ENGINE = pytest.StashKey[str]()

# No deadlines, as other work shares the cores; where CI searches must not depend on the day.
settings.register_profile(
    "hotline",
    deadline=None,
    max_examples=1000 if "HOTLINE_TEST_LONG" in os.environ else 60,
    derandomize=os.environ.get("CI") == "true",
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("hotline")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Look once for a Docker engine, and begin what only waits; only when a test needs it."""
    _begin_plays(session)
    if any(item.get_closest_marker("docker") for item in session.items):
        reason = why_no_engine()
        if reason is not None:
            session.config.stash[NO_ENGINE] = reason


def _begin_plays(session: pytest.Session) -> None:
    """Play the scenarios that tests want, beside all tests that come before these."""
    wanted = {
        name
        for item in session.items
        if isinstance(item, pytest.Function) and hasattr(item, "callspec")
        for name in item.callspec.params.get("plays", ())
    }
    if wanted and not session.config.option.collectonly:
        from tests.exercise.shipped_plays import PLAYS, ShippedPlays

        plays = session.config.stash[PLAYS] = ShippedPlays(wanted)
        session.config.add_cleanup(plays.close)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Fail a Docker test without an engine where one is promised; skip it elsewhere."""
    reason = item.config.stash.get(NO_ENGINE, None)
    if reason is None or item.get_closest_marker("docker") is None:
        return
    if os.environ.get("CI") == "true" or "HOTLINE_REQUIRE_DOCKER" in os.environ:
        pytest.fail(f"{reason}: `make set-up` as root on Debian provides it", pytrace=False)
    pytest.skip(reason)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly at the end that the pair in containers was not tested."""
    reason = terminalreporter.config.stash.get(NO_ENGINE, None)
    if reason is None:
        return
    terminalreporter.section("THE DOCKER TESTS DID NOT RUN", sep="!", red=True, bold=True)
    terminalreporter.line(f"Nobody has seen the pair work in containers here: {reason}.", red=True)
    terminalreporter.line("As root on Debian `make set-up` provides it; then `make docker-test`.")
