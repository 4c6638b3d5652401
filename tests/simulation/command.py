"""Running the simulation as a developer does, in a process of its own that nothing measures."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
HISTORIES = 100_000 if "HOTLINE_TEST_LONG" in os.environ else 10_000
INJECTED = (
    "backlog on a slow network",
    "broken connection",
    "broken peer",
    "clock step",
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
"""Each kind of fault that thousands of histories must meet."""
FOLLOWED = (
    "crashes at a write",
    "frames late",
    "frames repeated",
    "frames stalled",
    "frames swallowed",
    "unsynced writes kept",
    "unsynced writes lost",
    "unsynced writes torn",
)
"""What must have come of them: that a fault is injected does not say that anything met it."""


def simulate(*arguments: str, hash_seed: str = "random") -> subprocess.CompletedProcess[str]:
    """Run ``python -m tests.simulation``; whatever runs beside it goes first."""
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    environment.pop("COVERAGE_PROCESS_START", None)
    command = ["nice", "-n", "5", sys.executable, "-m", "tests.simulation", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def play_half(first: int) -> dict[str, Any]:
    """Play half of the suite's histories from seed ``first`` on; assert that all is well."""
    number = HISTORIES // 2
    done = simulate("--first", str(first), "--seeds", str(number), "--jobs", "1", "--json")
    assert done.stdout, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["violations"] == []
    assert found["histories"] == number
    assert not [kind for kind in INJECTED if not found["faults"].get(kind)]
    assert not [kind for kind in FOLLOWED if not found["followed"].get(kind)]
    return found


def said(found: dict[str, Any]) -> str:
    """Say in a line what a half of the histories came to."""
    return (
        f"\n{found['histories']} histories, {found['messages']} messages, {found['steps']} steps "
        f"in {found['cpu_s']:.0f} s of a processor ({found['steps'] / found['cpu_s']:.0f} steps/s)"
        f", {sum(found['faults'].values())} faults"
    )
