"""The audit's benchmarks work, and what they measure is an honest record."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.audit import FORMATS, GROUPINGS, Written
from benchmarks.commands import Ran, hotline
from benchmarks.history import REFERENCE, History
from benchmarks.machine import verifications_per_s
from benchmarks.pair import RECEIVER, SENDER
from benchmarks.report import COSTS, costs_table, figures_document, figures_table
from benchmarks.shapes import Cost, Figure
from hotline.audit.verification.journal import verify_journal
from hotline.node.place import read_place
from tests.benchmarks.test_smoke import bench


@pytest.mark.parametrize("group_limit", [64, 1])
def test_a_written_history_is_an_honest_record_of_both_sides(
    tmp_path: Path, group_limit: int
) -> None:
    """Both verify, agree, and can be gone on with; each signature covers no more than it may."""
    with History(tmp_path, group_limit) as history:
        *_, reached = history.grow(200)
    with History(tmp_path, group_limit) as history:
        assert history.entries == reached
        *_, reached = history.grow(300)
        assert 300 <= reached <= 305
        assert history.seconds > 0
        said = history.said
    for centre, config in history.configs.items():
        place = read_place(config)
        report = verify_journal(place.journal, place.card, place.peers)
        assert report.failures == [], centre
        assert report.messages == 2 * said
        assert report.signatures >= (2 * said if group_limit == 1 else 2)
    agreed = hotline(None, "log", "reconcile", tmp_path / SENDER, tmp_path / RECEIVER)
    assert agreed.peak_kib > 0
    shown = hotline(history.configs[SENDER], "log", "show", "--reference", REFERENCE.format(said))
    assert REFERENCE.format(said).encode() in shown.output


@pytest.mark.pair
def test_every_figure_of_the_audit_is_measured_and_printed(tmp_path: Path) -> None:
    """Verification both ways, proofs, evidence, searches, every export, backup, reconciliation."""
    found, table = bench(
        tmp_path / "found.json", "audit", "--entries", "400", "--repetitions", "1",
        "--directory", str(tmp_path / "work"),
    )  # fmt: skip
    figures = {figure["name"]: figure for figure in found["audit"]}
    expected = {f"export, {form}" for form in FORMATS}
    for grouping in GROUPINGS:
        expected |= {
            f"verify, {grouping}, {what}" for what in ("all cores", "one core", "100 new entries")
        }
    expected |= {"inclusion proof", "check of an evidence file", "backup"}
    expected |= {"evidence of a notice and its reply", "reconcile, both records"}
    assert expected <= figures.keys()
    assert all(
        figure["seconds"]["median"] > 0 for name, figure in figures.items() if name[0] != "r"
    )
    assert all(name in table for name in figures)
    assert found["entries"] == 400
    assert list((tmp_path / "work").iterdir()) == []


@pytest.mark.pair
def test_the_cost_of_growth_is_measured_at_every_size(tmp_path: Path) -> None:
    """One history grows through all sizes; the table is ready for the documentation."""
    found, table = bench(
        tmp_path / "found.json", "growth", "--entries", "600", "300", "--groups", "64",
        "--directory", str(tmp_path / "work"),
    )  # fmt: skip
    assert [cost["entries"] for cost in found["costs"]] == [300, 600]
    small, large = found["costs"]
    assert 0 < small["octets"] < large["octets"]
    assert 0 < small["export_octets"] < large["export_octets"]
    for cost in found["costs"]:
        assert all(value > 0 for value in cost.values())
    assert table.count("\n| ") == 3
    assert list((tmp_path / "work").iterdir()) == []


def test_a_command_that_fails_says_what_it_said(tmp_path: Path) -> None:
    """A benchmark does not measure how fast something fails."""
    with pytest.raises(RuntimeError, match=r"status 1.*cannot-read|status [1-9]") as raised:
        hotline(tmp_path / "node.toml", "log", "verify")
    assert "hotline: error:" in str(raised.value)


def test_a_rate_leaves_out_the_start_and_is_not_told_of_next_to_nothing(tmp_path: Path) -> None:
    """Half a second of work after half a second of start is what counts, in entries and octets."""
    record = Written(tmp_path, 1000, 0.5)
    rate = record.rate("verify", "entries/s", 1000, Ran(1.0, 1.0, 2048, b""), 5_000_000)
    assert (rate.per_s, rate.seconds, rate.peak_mib, rate.mb_per_s) == (2000, 1.0, 2, 10)
    assert record.rate("verify", "entries/s", 1000, Ran(0.6, 1.0, 2048, b"")).per_s is None


def test_signatures_are_shown_as_a_share_of_the_raw_rate() -> None:
    """The raw rate is of the same run; where nothing was counted a second, the column is empty."""
    found = figures_document(
        [
            [
                Figure("raw Ed25519 verification, all cores", 1000.0, "signatures/s"),
                Figure("verify: signatures", 700.0 + more, "signatures/s", 2.5, 80.0),
                Figure("search", None, "entries/s", 0.000_25),
            ]
            for more in (0, 50, 100)
        ]
    )
    table = figures_table(found)
    assert "75% of raw" in table
    assert "700-800" in table
    assert "250 us" in table


def test_costs_are_a_table_for_the_documentation() -> None:
    """Sizes, rates and durations each in a unit that can be read."""
    cost = Cost(
        entries=1_000_000, group_limit=64, octets=760_000_000, append_per_s=25_000, open_s=0.0042,
        verify_s=40.0, verify_peak_mib=210, verify_new_s=0.8, proof_s=0.0003, find_s=25e-6,
        search_s=120.0, export_s=60.0, export_octets=1_400_000_000,
    )  # fmt: skip
    head, rule, row = costs_table([cost]).splitlines()
    assert head.count("|") == rule.count("|") == row.count("|") == len(COSTS) + 1
    for text in ("760.0 MB", "760 B", "4.20 ms", "40.0 s, 25,000/s", "25.0 us", "120 s", "1.40 GB"):
        assert text in row


def test_the_machine_verifies_signatures_on_every_core() -> None:
    """The raw rate is one that no machine of today falls short of, and none exceeds."""
    assert 100 < verifications_per_s() < 100_000_000
