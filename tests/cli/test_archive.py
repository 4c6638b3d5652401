"""``hotline log archive``: two real nodes agree on a new epoch, and one archives the old."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.audit.test_tiles import check
from tests.cli.command import Pair, hotline, hotline_json
from tests.cli.test_backup import PATROL, TANKER, THEIRS, drill, start

__all__ = ["drill"]


@pytest.fixture
def renewed(drill: Pair) -> Pair:
    """Give a pair that has talked in epoch 1 and is in epoch 2."""
    drill.iaf.json("send", PATROL, "--officer", "levy")
    drill.hmeimim.json("send", THEIRS, "--officer", "orlov")
    drill.iaf.hotline("show", "HMEIMIM-0201", "--officer", "levy")
    for node in (drill.iaf, drill.hmeimim):
        assert node.stop() == 0
        letter = node.site.directory / "letter.toml"
        letter.write_text(letter.read_text("utf-8").replace("epoch = 1 ", "epoch = 2 "), "utf-8")
    start(drill)
    drill.iaf.json("send", TANKER, "--officer", "levy")
    return drill


def test_a_closed_epoch_is_archived_taken_out_and_still_proved(
    renewed: Pair, tmp_path: Path
) -> None:
    """Archived while the node runs, pruned when it is stopped; both records hold and agree.

    What is no closed epoch of a line is refused by name before.
    """
    segment = tmp_path / "segment"
    for peer, epoch, code in (
        ("hmeimim", "2", "archive.epoch-in-force"),
        ("hmeimim", "7", "archive.no-such-epoch"),
        ("nobody", "1", "archive.no-such-epoch"),
    ):
        refused = ("log", "archive", peer, segment, "--epoch", epoch)
        renewed.iaf.fails(code, *refused, exit_code=2)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "file").write_text("x")
    refused = ("log", "archive", "hmeimim", tmp_path / "other", "--epoch", "1")
    renewed.iaf.fails("archive.not-a-segment", *refused, exit_code=2)

    words = ("log", "archive", "hmeimim", segment, "--epoch", "1", "--officer", "levy")
    made = renewed.iaf.json(*words)
    assert made["pruned"] is False
    renewed.iaf.fails("journal.in-use", *words, "--prune", "--yes", exit_code=1)
    assert renewed.iaf.json("log", "verify")["archived"] == []

    assert renewed.iaf.stop() == 0
    renewed.iaf.fails("archive.not-confirmed", *words, "--prune", exit_code=2)
    words = (*words, "--unsettled")
    out = renewed.iaf.hotline(*words, "--prune", "--yes")
    assert "taken out of the journal" in out.stdout
    assert "taken off the desk unsettled: " in out.stderr
    renewed.iaf.fails("archive.taken-out", *words, "--prune", "--yes", exit_code=2)

    ends = {
        "origin": made["log"]["origin"],
        "size": made["log"]["size"],
        "root": made["log"]["root"],
    }
    live = renewed.iaf.json("log", "verify")
    assert (live["ok"], live["archived"], live["segment"]) == (True, [ends], None)
    config = segment / "node.toml"
    alone = hotline_json("--config", config, "log", "verify")
    assert (alone["ok"], alone["segment"]) == (True, ends["origin"])
    assert [
        {key: one[key] for key in ("origin", "size", "root")} for one in alone["checkpoints"]
    ] == [ends]
    said = renewed.iaf.hotline("log", "verify").stdout
    assert "archived: verify the segment" in said
    assert "the archived segment holds" in hotline("--config", config, "log", "verify").stdout
    assert '"notice"' in hotline("--config", config, "log", "show", "--json").stdout

    hotline("--config", config, "log", "evidence", "IAF-0101", "-o", tmp_path / "evidence")
    assert "evidence: holds" in hotline("verify", tmp_path / "evidence").stdout
    hotline(
        *("--config", config, "log", "export", "--format", "tlog-tiles"),
        *("--log", "hmeimim", tmp_path / "tiles"),
    )
    check(tmp_path / "tiles")

    start(renewed)
    renewed.hmeimim.json("send", PATROL.parents[1] / "hmeimim/04-tanker.json", "--officer", "orlov")
    assert renewed.iaf.json("log", "verify")["ok"] is True
    assert renewed.iaf.json("log", "backup", tmp_path / "after", "--verify")["verified"] is True
