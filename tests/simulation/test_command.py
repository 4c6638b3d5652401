"""The command: one seed is one history, and a power failure is met wherever it comes."""

from __future__ import annotations

import io

from tests.simulation.command import simulate
from tests.simulation.progress import Progress, progress_line


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


def test_power_may_fail_at_any_write() -> None:
    """Cut at each write and fsync of a history in turn, both nodes lose nothing that they told."""
    done = simulate("--every-write", "1", "--jobs", "1")
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 2
    assert all(int(line.split(" each of ")[1].split()[0]) > 100 for line in lines), done.stdout


def test_it_says_how_far_it_is() -> None:
    """Whoever waits for a million histories is told how many are played and what the rest takes."""
    assert progress_line(1000, 10_000, 50.0) == "1000 of 10000 histories, 20.0/s, 7 min 30 s left"
    assert progress_line(10, 1_000_000, 1.0).endswith("27 h 46 min left")
    assert progress_line(7, 7, 0.5) == "7 of 7 histories, 14.0/s"
    told = io.StringIO()
    progress = Progress(100, told)
    progress.note(50)
    progress.note(100)
    (line,) = told.getvalue().splitlines()
    assert line.startswith("100 of 100 histories")
