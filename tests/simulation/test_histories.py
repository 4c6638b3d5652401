"""Ten thousand histories of two nodes, with faults from everywhere, and every invariant in all."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.simulation.playing import usable_cores

ROOT = Path(__file__).parents[2]
HISTORIES = 100_000 if "HOTLINE_TEST_LONG" in os.environ else 10_000
INJECTED = (
    "backlog on a slow network",
    "broken connection",
    "broken peer",
    "clock step",
    "crashes at a write",
    "cut",
    "disk errors",
    "disk full",
    "frame repeated",
    "frame swallowed",
    "kill",
    "older disk",
    "one-way cut",
    "peer: alter",
    "peer: equivocates",
    "peer: forks its log",
    "peer: lie",
    "peer: renumber",
    "peer: replay",
    "power failure",
    "power failure at a write",
    "slow disk",
    "slow network",
    "stop and start",
)


def simulate(*arguments: str, hash_seed: str = "random") -> subprocess.CompletedProcess[str]:
    """Run the simulation as a developer does, in processes that nothing measures."""
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    environment.pop("COVERAGE_PROCESS_START", None)
    # It takes minutes of all cores: whatever runs beside it goes first.
    command = ["nice", "-n", "5", sys.executable, "-m", "tests.simulation", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_no_history_breaks_an_invariant(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing receipted is lost, nothing shown twice, all is delivered, and both records agree."""
    jobs = usable_cores()
    done = simulate("--seeds", str(HISTORIES), "--jobs", str(jobs), "--json")
    assert done.stdout, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout)
    with capsys.disabled():
        print(
            f"\n{found['histories']} histories, {found['messages']} messages, {found['steps']} "
            f"steps, {found['cpu_s']:.0f} s of a processor, "
            f"{sum(found['faults'][kind] for kind in INJECTED)} faults"
        )
    assert found["violations"] == []
    assert found["histories"] == HISTORIES
    assert not [kind for kind in INJECTED if not found["faults"].get(kind)]


def test_a_seed_replays_exactly() -> None:
    """One number gives one history, in whatever process, to the byte."""
    for seed in ("3", "11", "17"):
        one, other = (simulate("--seed", seed, hash_seed=hash_) for hash_ in ("1", "2"))
        assert one.returncode == 0, one.stdout + one.stderr
        assert "trace" in one.stdout
        assert one.stdout == other.stdout


def test_two_seeds_are_two_histories() -> None:
    """The seed, and nothing else, decides."""
    one, other = (simulate("--seed", seed).stdout.splitlines()[0] for seed in ("3", "4"))
    assert one.split()[-1] != other.split()[-1]
