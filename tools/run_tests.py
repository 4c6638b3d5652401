"""Run the whole suite, measuring coverage: on all cores at once, then what must be alone.

    python tools/run_tests.py [ARGUMENT...]

Every argument is pytest's, for both runs: "-k receipt -x" stops at the first failure, and "-n 0"
runs one test after the other. The status is that of the first run that failed; a run without tests
is none, unless both are.

Most tests wait for processes, timers and sockets, so there is one worker more than cores. All
tests of a file go to one worker, where they share its fixtures, and files begin in the order that
tests/conftest.py gives them. Python keeps what it has compiled, whatever the shell says about that:
the tests start some hundred processes, and each would compile all of hotline anew. A worker that
crashes fails the test that it ran and is not replaced: the scheduler that keeps files together may
wait for its successor for ever.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
NO_TESTS = 5
FAILED = 1

TOGETHER = (
    "--alone=without",
    "--dist=loadfile",
    "--no-loadscope-reorder",
    "--max-worker-restart=0",
)
ALONE = ("--alone=only",)


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run(*arguments: str) -> int:
    """Run pytest and return its status; every process of it that runs tests is measured."""
    # What coverage.py's own start-up file looks for; tests/conftest.py keeps it from the nodes.
    environment = {**os.environ, "COVERAGE_PROCESS_START": str(ROOT / "pyproject.toml")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    command = (sys.executable, "-m", "pytest", *arguments)
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


def main(arguments: list[str]) -> int:
    """Run both halves; return the status for the shell."""
    # Tests interrupt processes, which inherit it when a shell has ours ignore that: behind `&`.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    together = run(f"--numprocesses={cores() + 1}", *TOGETHER, *arguments)
    stops = "-x" in arguments or "--exitfirst" in arguments
    if together not in (0, FAILED, NO_TESTS) or (together == FAILED and stops):
        return together
    alone = run(*ALONE, *arguments, "--numprocesses=0")
    if NO_TESTS in (together, alone):
        return min(together, alone)
    return together or alone


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
