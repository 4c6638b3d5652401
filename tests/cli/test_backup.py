"""``hotline log backup`` of running nodes, and the restore drill of docs/howto/retention.md."""

from __future__ import annotations

import json
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from hotline.cli.demo.ground import make_sites
from hotline.exercise.ground.site import free_port, write_configs
from tests.cli.command import EXAMPLES, PATIENCE_S, Node, Pair, fails, hotline, hotline_json

PATROL = EXAMPLES / "iaf/01-patrol.json"
TANKER = EXAMPLES / "iaf/03-tanker.json"
THEIRS = EXAMPLES / "hmeimim/02-patrol.json"


@pytest.fixture
def drill(tmp_path: Path) -> Iterator[Pair]:
    """Run both centres as processes of this test alone, which may stop them and lose their data."""
    sites = make_sites(tmp_path, (EXAMPLES / "letter.toml").read_bytes())
    port = free_port()
    write_configs(sites, port, port)
    made = Pair(Node(sites["iaf"]), Node(sites["hmeimim"]))
    try:
        start(made)
        yield made
    finally:
        for node in (made.iaf, made.hmeimim):
            if node.process is not None and node.process.poll() is None:
                node.stop()


def start(pair: Pair) -> None:
    """Start whichever does not run, and wait until the line is up."""
    for node in (pair.hmeimim, pair.iaf):
        if node.process is None or node.process.poll() is not None:
            node.start()
    for node in (pair.iaf, pair.hmeimim):
        node.wait_for_line(up=True)


def lose_and_restore(node: Node, backup: Path) -> None:
    """Lose the data directory, and put the backup's journal in its place, as the drill says."""
    data = node.site.directory / "data"
    shutil.rmtree(data)
    data.mkdir(mode=0o700)
    shutil.copy(backup / "data" / "journal.sqlite", data)


def until_fenced(node: Node) -> None:
    """Return once the node says that the peer's proof has fenced it."""
    end = time.monotonic() + PATIENCE_S
    while (said := node.status()) is None or said.fenced is None:
        assert time.monotonic() < end, "the node was not fenced"
        time.sleep(0.05)


def test_a_running_node_is_backed_up_and_the_backup_read_by_every_command(
    pair: Pair, tmp_path: Path
) -> None:
    """The copy verifies, shows its entries, and says where its checkpoints are."""
    pair.iaf.json("send", PATROL, "--officer", "levy")
    kept = tmp_path / "kept"
    made = pair.iaf.json("log", "backup", kept, "--verify")
    assert made["verified"] is True
    assert made["directory"] == str(kept)
    config = kept / "node.toml"
    report = hotline_json("--config", config, "log", "verify")
    assert report["ok"] is True
    sizes = {log["origin"]: log["entries"] for log in made["logs"] if log["own"]}
    assert {one["origin"]: one["size"] for one in report["checkpoints"]} == sizes
    shown = hotline("--config", config, "log", "show", "--json")
    assert '"notice"' in shown.stdout
    assert "note: no node runs here" in shown.stderr
    said = json.loads((kept / "backup.json").read_text("utf-8"))
    assert {log["origin"]: log["entries"] for log in said["logs"] if log["own"]} == sizes
    out = pair.iaf.hotline("log", "backup", tmp_path / "other")
    assert "backed up: " in out.stdout
    assert "log verify" in out.stderr


def test_a_backup_is_never_run(pair: Pair, tmp_path: Path) -> None:
    """Neither run nor recover begins a second node under one name, and both say what to do."""
    pair.iaf.hotline("log", "backup", tmp_path / "kept")
    config = tmp_path / "kept" / "node.toml"
    for command in ("run", "recover"):
        said = fails("backup.not-a-node", "--config", config, command, exit_code=1)
        assert "hint: to restore a node" in said
    for command in ("status", "doctor"):
        said = fails("backup.not-a-node", "--config", config, command, exit_code=1)
        assert "hint: no node runs here; read it with" in said
    shown = hotline_json("--config", config, "keys", "show")
    assert [(item["what"], item["centre"]) for item in shown["items"] if item["words"]] == [
        ("own card", "iaf"),
        ("pinned card", "hmeimim"),
    ]
    assert "no private keys are here" in hotline("--config", config, "keys", "show").stderr
    names = {path.name for path in (tmp_path / "kept" / "keys").rglob("*") if path.is_file()}
    assert names == {"centre.card", "ca.crt", "node.crt", "hmeimim.card"}
    for path in (tmp_path / "kept").rglob("*"):
        assert not path.is_file() or b"PRIVATE KEY" not in path.read_bytes()


def test_a_directory_in_use_is_not_overwritten(pair: Pair, tmp_path: Path) -> None:
    """What lies there may be the only other backup."""
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "older").write_text("x")
    pair.iaf.fails("files.directory-in-use", "log", "backup", tmp_path / "kept", exit_code=2)
    pair.iaf.fails("files.no-parent", "log", "backup", tmp_path / "no" / "kept", exit_code=2)


def test_a_record_that_does_not_hold_is_not_kept_with_verify(pair: Pair, tmp_path: Path) -> None:
    """What was falsified deep in the record is found by --verify only, with exit code 5."""
    pair.iaf.json("send", TANKER, "--officer", "levy")
    pair.iaf.hotline("log", "backup", tmp_path / "bent")
    journal = tmp_path / "bent" / "data" / "journal.sqlite"
    with closing(sqlite3.connect(journal)) as connection, connection:
        connection.execute("UPDATE message SET created_us = created_us - 1 WHERE direction = 0")
    config = tmp_path / "bent" / "node.toml"
    hotline("--config", config, "log", "backup", tmp_path / "quick")
    again = ("log", "backup", tmp_path / "kept", "--verify")
    said = fails("backup.does-not-hold", "--config", config, *again, exit_code=5)
    assert "step " in said
    assert not (tmp_path / "kept").exists()


def test_the_drill_where_nothing_newer_was_signed(drill: Pair, tmp_path: Path) -> None:
    """A node whose backup is its last word goes on as if nothing had happened."""
    drill.iaf.json("send", PATROL, "--officer", "levy")
    assert drill.iaf.stop() == 0
    drill.iaf.hotline("log", "backup", tmp_path / "kept", "--verify")
    lose_and_restore(drill.iaf, tmp_path / "kept")
    start(drill)
    drill.iaf.json("send", TANKER, "--officer", "levy")
    assert drill.iaf.json("log", "verify")["ok"] is True
    assert drill.iaf.status().fenced is None  # type: ignore[union-attr]


def test_the_drill_where_the_peer_holds_newer_signatures(drill: Pair, tmp_path: Path) -> None:
    """The node is fenced by what the peer holds, and recovered into a new epoch."""
    drill.iaf.json("send", PATROL, "--officer", "levy")
    drill.iaf.hotline("log", "backup", tmp_path / "kept")
    drill.iaf.json("send", TANKER, "--officer", "levy")
    # What it answers with is a receipt: a signature over all that its log holds by then.
    drill.hmeimim.json("send", THEIRS, "--officer", "orlov")
    assert drill.iaf.stop() == 0
    lose_and_restore(drill.iaf, tmp_path / "kept")
    drill.iaf.start()
    until_fenced(drill.iaf)
    drill.iaf.fails("journal.fenced", "send", PATROL, "--officer", "levy", exit_code=4)

    # The way out is agreed by voice: a letter with the next epoch, on both sides.
    for node in (drill.iaf, drill.hmeimim):
        assert node.stop() == 0
        letter = node.site.directory / "letter.toml"
        text = letter.read_text("utf-8")
        assert "epoch = 1 " in text
        letter.write_text(text.replace("epoch = 1 ", "epoch = 2 "), "utf-8")
    said = drill.iaf.hotline("recover", "--officer", "levy", "--json")
    assert json.loads(said.stdout)["node_log"].endswith("/node/2")
    # What the peer said meanwhile is gone here; the command says so, and the peer's export has it.
    assert "is not here any more" in said.stderr
    export = tmp_path / "hmeimim.jsonl"
    drill.hmeimim.hotline("log", "export", "--format", "jsonl", export)
    compared = hotline("log", "reconcile", drill.iaf.site.directory, export, exit_code=5)
    assert "HMEIMIM-0201" in compared.stdout
    start(drill)
    # Of what was lost with the disk the peer has the other half: it is said again.
    drill.iaf.json("send", TANKER, "--officer", "levy")
    assert drill.iaf.json("log", "verify")["ok"] is True
    drill.iaf.hotline("log", "backup", tmp_path / "after", "--verify")
