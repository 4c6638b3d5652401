"""`make bench` works: not how fast it is, which is nobody's promise."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.report import LIMITS, growth_table, spread
from benchmarks.shapes import Growth, Machine
from benchmarks.shares import COMMIT, shares_of

ROOT = Path(__file__).parent.parent.parent


def bench(output: Path, *options: str) -> tuple[dict[str, Any], str]:
    """Run the command that `make bench` runs; return its JSON file and its table."""
    command = [sys.executable, "-m", "benchmarks", "--output", str(output), *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return json.loads(output.read_text()), done.stdout


@pytest.mark.pair
def test_every_way_is_measured_and_printed(tmp_path: Path) -> None:
    """Grouped and not, from one to 1024 in flight, through journal and desk: nothing is missing."""
    found, table = bench(tmp_path / "found.json", "line", "--messages", "200", "--repetitions", "1")
    assert {(case["groups"], case["through"], case["in_flight"]) for case in found["cases"]} == {
        (groups, *way)
        for groups in ("as formed", "held to one")
        for way in (("journal", 1), ("journal", 64), ("journal", 1024), ("desk", 1), ("desk", 64))
    }
    for case in found["cases"]:
        for name in ("per_s", "p50_ms", "p99_ms", "sender_cpu_us", "octets_out", "octets_in"):
            assert 0 < case[name]["min"] <= case[name]["median"] <= case[name]["max"]
        assert case["p50_ms"]["median"] <= case["p99_ms"]["median"]
        assert case["octets_out"]["median"] > found["body_octets"]
        assert case["messages_a_group"]["median"] >= 1
        if case["groups"] == "held to one" or case["in_flight"] == 1:
            assert case["messages_a_group"]["median"] == 1
    assert 600 <= found["body_octets"] <= 680
    assert found["machine"].keys() == {*LIMITS, "floor_ms"}
    assert table.count("held to one") == 5


@pytest.mark.pair
def test_a_journal_grows_and_is_opened_again(tmp_path: Path) -> None:
    """Memory of both sides is sampled on the way, and both journals are opened at the end."""
    found, table = bench(tmp_path / "found.json", "line", "--entries", "600")
    entries = [at["entries"] for at in found["growth"]]
    assert entries == sorted(entries)
    assert entries[-1] >= 600
    assert all(at["sender_peak_kib"] >= at["sender_kib"] > 0 for at in found["growth"])
    assert {len(seconds) for seconds in found["opening_s"].values()} == {3}
    assert "Opening the journal of hmeimim" in table


def test_samples_are_counted_by_what_was_being_done() -> None:
    """The innermost frame that is known decides; a commit is told from a statement; idling is not.

    The stacks are as py-spy writes them.
    """
    own = "Journal.transact (/x/hotline/journal/journal.py:214)"
    execute = "Journal.execute (/x/hotline/journal/journal.py:133)"
    assert shares_of(
        [
            f"main (a.py:1);{own};{execute} 3",
            f"main (a.py:1);{own};compose (/x/hotline/journal/outgoing.py:1);{execute} 4",
            "main (a.py:1);_worker (/lib/concurrent/futures/thread.py:81) 100",
            "main (a.py:1);check (/x/hotline/model/rules.py:9);match (/lib/re.py:1) 5",
        ]
    ) == {
        COMMIT: 3,
        "SQLite: statements": 4,
        "rules of messages, their payloads": 5,
    }


def test_a_figure_is_a_median_with_its_range() -> None:
    """One slow repetition moves the range and not the figure."""
    assert spread([3.0, 1.0, 100.0]) == {"median": 3.0, "min": 1.0, "max": 100.0}


def test_the_floor_counts_what_a_lone_message_needs() -> None:
    """Two signatures, two verifications, three commits one after the other."""
    assert Machine(10, 100, 1, 50, 1000).floor_ms == pytest.approx(3.22)


def test_memory_is_shown_in_mib() -> None:
    """Linux counts in KiB, people do not."""
    table = growth_table([Growth(10, 1.0, 102_400, 51_200, 204_800, 53_248)], {"iaf": [0.0042]})
    assert "100 ( 200)" in table
    assert "50 (  52)" in table
    assert "iaf: 4.2 ms" in table
