"""Every target is fuzzed for a moment in each run, with coverage; `make fuzz` does it for long.

How many inputs are tried does not depend on how fast the machine is: the seed and the count are
fixed, and the time is only a bound.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.security.fuzzing.target import Target

ROOT: Final = Path(__file__).parents[2]
RUNS: Final = 1500
SECONDS: Final = 3


def test_atheris_is_there() -> None:
    """The fuzzer is one of the locked development dependencies; nothing is skipped without it."""
    try:
        import atheris
    except ImportError:
        pytest.fail("NOTHING IS FUZZED HERE: atheris is missing; it is in requirements-dev.lock")
    assert atheris.Fuzz


def test_nothing_is_raised_but_errors_of_ours() -> None:
    """No target raises anything else, hangs, or takes much memory, whatever atheris makes up."""
    done = _fuzzed("--runs", str(RUNS), "--seconds", str(SECONDS))
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()[1:]
    assert len(lines) > 40
    assert all(line.endswith(" ok") and int(line.split()[1]) > 0 for line in lines), done.stdout


def test_a_target_that_breaks_its_contract_is_caught(tmp_path: Path) -> None:
    """The machinery bites: a fault behind two comparisons is found, and its bytes written down."""
    script = tmp_path / "broken.py"
    script.write_text(_BROKEN.format(root=str(ROOT), crashes=str(tmp_path / "crashes")))
    done = subprocess.run(
        (sys.executable, str(script)), capture_output=True, text=True, timeout=120, check=False
    )
    assert done.stdout.split() == ["found", "True"], done.stdout + done.stderr
    (crash,) = (tmp_path / "crashes").iterdir()
    assert crash.read_bytes()[:4] == b"FUZZ"


def test_a_target_takes_any_bytes() -> None:
    """What is refused with an error of ours keeps the contract, and nothing else does."""
    broken = Target("broken", (), lambda data: data[1])
    with pytest.raises(IndexError):
        broken.run(b"")


def _fuzzed(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        (sys.executable, "-m", "tests.security.fuzzing.running", *arguments),
        cwd=ROOT,
        # Two measurements of coverage in one process would each slow the other down.
        env={name: value for name, value in os.environ.items() if "COVERAGE" not in name},
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )


_BROKEN: Final = """
import sys
from pathlib import Path

sys.path.insert(0, {root!r})
import atheris
from tests.security.fuzzing import running
from tests.security.fuzzing.target import Target


@atheris.instrument_func
def broken(data):
    if data[:2] == b"FU":
        if data[2:4] == b"ZZ":
            raise KeyError(data)


running.CRASHES = Path({crashes!r})
ran = running.run(Target("broken", (), broken), Path("none"), seconds=60, runs=-1)
print("found", ran.crash is not None)
"""
