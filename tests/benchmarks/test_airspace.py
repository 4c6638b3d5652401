"""`make bench BENCH_ARGS=airspace` works: not how fast it is, which is nobody's promise."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.benchmarks.test_smoke import bench


@pytest.mark.pair
def test_every_sky_is_measured_at_every_size(tmp_path: Path) -> None:
    """Two skies, each with all sizes that are asked for, in the file and in the table."""
    found, table = bench(
        tmp_path / "found.json", "airspace", "--volumes", "20", "200", "--notices", "20"
    )
    measured = found["airspace"]
    assert [(one["sky"], one["volumes"]) for one in measured] == [
        ("spread", 20),
        ("spread", 200),
        ("dense", 20),
        ("dense", 200),
    ]
    assert all(0 < one["p50_ms"] <= one["p99_ms"] for one in measured)
    assert all(one["octets"] > 0 for one in measured)
    assert measured[-1]["compared"] >= measured[-1]["related"] > 0
    assert table.count("dense") == 2


@pytest.mark.pair
def test_the_collector_is_measured_as_a_node_has_it_and_as_it_comes(tmp_path: Path) -> None:
    """Told what it need not look at, it looks at less."""
    found, table = bench(tmp_path / "found.json", "airspace", "--volumes", "20", "--notices", "2")
    plain, spared = found["collected"]
    assert (plain["notices"], plain["spared"], spared["spared"]) == (20, False, True)
    assert spared["objects"] < plain["objects"] / 2
    assert "as it comes" in table
