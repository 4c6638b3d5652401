"""What all tests share: how hypothesis searches, which run when, what is missing and what is spent.

``make test`` runs them with several workers (pytest-xdist). Then this file is read in each worker,
which collects and runs, and in their controller, which has the terminal and does neither.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests.docker.engine import why_no_engine
from tests.exercise.stage import PLAYS, STAGE, Plays, Stage
from tests.missing import REASONS, note_missing, say_missing, why_missing
from tests.spent import SPENT, charge, say_spent, seconds_so_far

if TYPE_CHECKING:
    from xdist.remote import Producer
    from xdist.scheduler import Scheduling
    from xdist.workermanage import WorkerController

# No deadlines, as other work shares the cores; where CI searches must not depend on the day.
settings.register_profile(
    "hotline",
    deadline=None,
    max_examples=1000 if "HOTLINE_TEST_LONG" in os.environ else 60,
    derandomize=os.environ.get("CI") == "true",
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("hotline")

WHOLE = ("docker", "separation")
"""Rooms whose files share what is costly to make: a room goes to one worker, not a file."""
FIRST = ("simulation", "docker", "exercise", "cli", "pair", "separation", "browser", "benchmarks")
"""Rooms whose tests start processes and wait: begun first, so that no worker is left with them."""
LAST = "test_shipped_played.py"
"""What waits for plays that began with the first test, and are long over at the end."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a run leave out what bears nothing beside it, and another one do only that."""
    parser.addoption(
        "--alone",
        choices=("with", "without", "only"),
        default="with",
        help="run tests marked `alone` with all others (default), leave them out, or only them",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Keep coverage out of the nodes that tests start: it would only make them slow."""
    if _runs_tests(config):
        os.environ.pop("COVERAGE_PROCESS_START", None)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Where only tests marked `alone` are run, do not even read the many files without any."""
    if config.getoption("alone") != "only" or collection_path.suffix != ".py":
        return None
    return True if b"mark.alone" not in collection_path.read_bytes() else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put first what waits, and leave out what another run does."""
    chosen = config.getoption("alone")
    if chosen != "with":
        kept, left_out = [], []
        for item in items:
            alone = item.get_closest_marker("alone") is not None
            (kept if alone == (chosen == "only") else left_out).append(item)
        items[:] = kept
        config.hook.pytest_deselected(items=left_out)
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> tuple[bool, int]:
    room = _room(item.nodeid)
    return item.path.name == LAST, FIRST.index(room) if room in FIRST else len(FIRST)


def _room(nodeid: str) -> str:
    """Return which room a test is in: ``tests/ROOM/...``."""
    return nodeid.split("/", 2)[1]


def pytest_collection_finish(session: pytest.Session) -> None:
    """Look once for a Docker engine, and begin what only waits; only when a test needs it."""
    _begin_plays(session)
    if any(item.get_closest_marker("docker") for item in session.items):
        reason = why_no_engine()
        if reason is not None:
            note_missing(session.config, "engine", reason)


def _begin_plays(session: pytest.Session) -> None:
    """Play the scenarios that tests want, beside all tests that come before these."""
    config = session.config
    wanted = {
        name
        for item in session.items
        if isinstance(item, pytest.Function) and hasattr(item, "callspec")
        for name in item.callspec.params.get("plays", ())
    }
    if not wanted or config.option.collectonly:
        return
    if _is_worker(config):
        plays = Plays(config.workerinput["plays"])
        plays.want(wanted)
    else:
        stage = _stage(config)
        plays = stage.plays
        plays.want(wanted)
        stage.begin()
    config.stash[PLAYS] = plays


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Charge a test's file with what it takes of the processor, fixtures included."""
    before = seconds_so_far()
    result = yield
    charge(item.config, {item.nodeid.partition("::")[0]: seconds_so_far() - before})
    return result


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Fail a Docker test without an engine where one is promised; skip it elsewhere."""
    reason = why_missing(item.config, "engine")
    if reason is None or item.get_closest_marker("docker") is None:
        return
    if os.environ.get("CI") == "true" or "HOTLINE_REQUIRE_DOCKER" in os.environ:
        pytest.fail(f"{reason}: `make set-up` as root on Debian provides it", pytrace=False)
    pytest.skip(reason)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly at the end what was not tested, and what took longest."""
    say_spent(terminalreporter)
    say_missing(terminalreporter)


# --- Between the controller and its workers -----------------------------------------------------


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling | None:
    """Give each worker a file at a time, or a room where files share what they make."""
    if config.getoption("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class ByFileOrRoom(LoadFileScheduling):
        """Keeps together the tests of a file, or of a room."""

        def _split_scope(self, nodeid: str) -> str:
            return room if (room := _room(nodeid)) in WHOLE else super()._split_scope(nodeid)

    return ByFileOrRoom(config, log)


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def _runs_tests(config: pytest.Config) -> bool:
    return _is_worker(config) or not config.getoption("tx", None)


def _stage(config: pytest.Config) -> Stage:
    """Return the one place where this run's scenarios are played, made when first asked for."""
    if STAGE not in config.stash:
        config.stash[STAGE] = Stage()
        config.add_cleanup(config.stash[STAGE].close)
    return config.stash[STAGE]


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: WorkerController) -> None:
    """Tell a worker where plays are found (in the controller)."""
    node.workerinput["plays"] = str(_stage(node.config).plays.base)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node: WorkerController, ids: Sequence[str]) -> None:
    """Begin the plays that the workers want, before any of them runs a test (in the controller)."""
    del ids
    _stage(node.config).begin()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand on what a worker found missing and spent: only the controller has a terminal."""
    if _is_worker(session.config):
        session.config.workeroutput["missing"] = session.config.stash.get(REASONS, {})
        session.config.workeroutput["spent"] = dict(session.config.stash.get(SPENT, {}))


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: WorkerController, error: object) -> None:
    """Take over what a worker hands on (in the controller); one that crashed says nothing."""
    del error
    handed = getattr(node, "workeroutput", {})
    for name, reason in handed.get("missing", {}).items():
        note_missing(node.config, name, reason)
    charge(node.config, handed.get("spent", {}))
