"""That the simulation bites: each broken variant of the product is caught within few histories."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulation.mutants import MUTANTS, STORIES

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("mutant", sorted(MUTANTS))
def test_it_is_caught(mutant: str) -> None:
    """An invariant is violated, and the command says which and how soon."""
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    environment.pop("COVERAGE_PROCESS_START", None)
    command = [sys.executable, "-m", "tests.simulation", "--mutant", mutant]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "NOT CAUGHT" not in done.stdout


def test_there_are_enough() -> None:
    """The bar is ten, and each story that is hunted in belongs to a mutant."""
    assert len(MUTANTS) >= 10
    assert STORIES.keys() <= MUTANTS.keys()
