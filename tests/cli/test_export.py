"""``hotline log export``: what the files say, and that the same record gives the same bytes."""

from __future__ import annotations

import csv
import io
import json
import os
import shlex
import shutil
import sqlite3
import subprocess
import sys
from base64 import b64decode
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from hotline.journal.journal import JOURNAL_FILE
from hotline.model.text import unsafe_character
from hotline.trust.card import read_card
from hotline.trust.checkpoint import Checkpoint, open_checkpoint
from hotline.trust.merkle import Frontier, leaf_hash
from hotline.wire.leaf import MessageLeaf, decode_leaf
from tests.audit.played import FORMULA, STEERING, Played
from tests.cli.command import fails, hotline, hotline_json

Grown = tuple[dict[str, bytes], Played, str]
FILES = ("jsonl", "csv", "parquet", "sqlite")


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """Make a record that holds one of everything, hostile things too; its node has ended."""
    made = Played(tmp_path_factory.mktemp("played"))
    made.begin()
    return made


def export(played: Played, form: str, out: Path, *words: str) -> dict[str, Any]:
    """Export iaf's record; return the report."""
    done = hotline_json("--config", played.config, "log", "export", "--format", form, out, *words)
    assert isinstance(done, dict)
    return done


def lines_of(path: Path) -> list[dict[str, Any]]:
    """Return the objects of a file of JSON Lines."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_json_lines_prove_every_log(played: Played, tmp_path: Path) -> None:
    """From the file alone: leaves hash to the signed root, and payloads to their leaves."""
    done = export(played, "jsonl", tmp_path / "out")
    header, *entries, end = lines_of(tmp_path / "out")
    assert (header["type"], header["version"], header["centre"]) == ("hotline-export", 1, "iaf")
    assert header["filter"] == {}
    assert (
        end
        == {"type": "end", "entries": len(entries)}
        == {"type": "end", "entries": done["entries"]}
    )
    card = read_card(header["cards"][0].encode())
    assert read_card(header["cards"][1].encode()).centre == "hmeimim"
    for number, log in enumerate(header["logs"]):
        own = [entry for entry in entries if entry["log"] == number]
        assert [entry["entry"] for entry in own] == list(range(log["size"]))
        frontier = Frontier()
        for entry in own:
            leaf = b64decode(entry["leaf"])
            frontier.append(leaf_hash(leaf))
            named = decode_leaf(leaf)
            if isinstance(named, MessageLeaf):
                body = b64decode(entry["body"])
                assert named.message_id == sha256(body).digest() == bytes.fromhex(entry["id"])
            else:
                assert named.payload_hash == sha256(b64decode(entry["payload"])).digest()
        assert frontier.root().hex() == log["root"]
        checkpoint = open_checkpoint(log["checkpoint"].encode(), log["origin"], card.log)
        assert checkpoint == Checkpoint(log["origin"], log["size"], frontier.root())


def test_a_filter_is_stated_and_kept_to(played: Played, tmp_path: Path) -> None:
    """A part of a record cannot pass for the whole."""
    export(played, "jsonl", tmp_path / "out", "--kind", "notice", "--centre", "iaf")
    header, *entries, end = lines_of(tmp_path / "out")
    assert header["filter"] == {"kind": ["notice"], "centre": ["iaf"]}
    assert [entry["reference"] for entry in entries] == ["IAF-0101", "IAF-0102", "IAF-0104"]
    assert end["entries"] == 3


def test_nothing_in_text_forms_steers_anything(played: Played, tmp_path: Path) -> None:
    """Control characters and reversals of order are written out in every file of text."""
    for form in ("jsonl", "csv"):
        export(played, form, tmp_path / form)
        text = (tmp_path / form).read_text("utf-8")
        assert unsafe_character(text.replace("\r\n", "\n"), lines=True) is None
        assert "exe.txt" in text
    base = sqlite3.connect(_database(played, tmp_path))
    texts = base.execute(
        "SELECT coalesce(title, '') || coalesce(text, '') || label FROM messages"
        " UNION ALL SELECT text || label FROM records UNION ALL SELECT text FROM alarms"
    ).fetchall()
    assert all(unsafe_character(text, lines=True) is None for (text,) in texts)
    base.close()


def test_no_cell_of_csv_is_a_formula(played: Played, tmp_path: Path) -> None:
    """What begins like a formula gets an apostrophe; numbers and times stay what they are."""
    export(played, "csv", tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        for name, value in row.items():
            if value.startswith(("=", "+", "-", "@", "\t")):
                assert name == "warning_s"
                float(value)
    assert {row["officer"] for row in rows if row["kind"] == "service"} == {"'@SUM(1)", ""}
    about = json.loads((tmp_path / "out.csv.about.json").read_text("utf-8"))
    assert about["rows"] == len(rows)
    assert about["columns"] == list(rows[0])
    assert [log["origin"] for log in about["logs"]] == [
        "hotline/exercise/iaf/node/1",
        "hotline/exercise/iaf/hmeimim/1",
    ]


def test_csv_says_how_things_stood(played: Played, tmp_path: Path) -> None:
    """A notice's row has its receipt, its warning time, its answer and its place on the map."""
    export(played, "csv", tmp_path / "out.csv", "--reference", "IAF-0101", "--kind", "notice")
    (row,) = csv.DictReader(io.StringIO((tmp_path / "out.csv").read_text("utf-8")))
    assert (row["said_by"], row["recipient"], row["answer"]) == ("iaf", "hmeimim", "accept")
    assert row["answered_by"] == "orlov"
    assert row["geometry"].startswith("POLYGON ((")
    assert row["durable"].endswith("Z")
    assert float(row["warning_s"]) > 0


def test_parquet_has_types(played: Played, tmp_path: Path) -> None:
    """Times are timestamps in UTC, ids are bytes, and the file says from which checkpoint it is."""
    parquet = pytest.importorskip("pyarrow.parquet")
    done = export(played, "parquet", tmp_path / "out.parquet")
    file = parquet.ParquetFile(tmp_path / "out.parquet")
    assert file.metadata.num_rows == done["entries"]
    schema = file.schema_arrow
    assert str(schema.field("time").type) == "timestamp[us, tz=UTC]"
    assert str(schema.field("id").type) == "binary"
    assert str(schema.field("kind").type).startswith("dictionary<values=string")
    stated = json.loads(file.metadata.metadata[b"hotline-export"])
    assert [log["size"] for log in stated["logs"]] == [log["size"] for log in done["logs"]]
    rows = file.read().to_pylist()
    assert {len(row["id"]) for row in rows if row["type"] == "message"} == {32}


def test_without_pyarrow_parquet_says_how_to_get_it(
    played: Played, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is an optional part; nothing else needs it, and no file is begun."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    said = fails(
        "export.no-parquet",
        *("--config", played.config, "log", "export", "--format", "parquet", tmp_path / "out"),
        exit_code=2,
    )
    assert "`.venv/bin/pip install '.[parquet]'`" in said
    assert list(tmp_path.iterdir()) == []


def _database(played: Played, directory: Path) -> Path:
    path = directory / "record.sqlite"
    if not path.exists():
        export(played, "sqlite", path)
    return path


def test_the_database_is_whole_and_read_only(played: Played, tmp_path: Path) -> None:
    """Keys lead somewhere, counts are those of the record, nobody writes to it by accident."""
    path = _database(played, tmp_path)
    assert path.stat().st_mode & 0o777 == 0o400
    base = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
    assert base.execute("PRAGMA foreign_key_check").fetchall() == []
    assert base.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    one = {
        name: base.execute(sql).fetchone()[0]
        for name, sql in {
            "entries": "SELECT (SELECT count(*) FROM messages) + (SELECT count(*) FROM records)",
            "sizes": "SELECT sum(size) FROM checkpoints",
            "line": "SELECT count(*) FROM timeline",
            "receipts": "SELECT count(*) FROM receipts WHERE record IS NOT NULL",
            "sent": "SELECT count(*) FROM messages WHERE direction = 'out' AND durable_at > ''",
            "officers": "SELECT count(*) FROM messages"
            " WHERE direction = 'out' AND kind <> 'conflict'",
            "answers": "SELECT count(*) FROM messages a JOIN messages b ON a.about = b.message",
            "found": "SELECT count(*) FROM messages_fts WHERE messages_fts MATCH 'tanker'",
            "alarm": "SELECT acknowledged_by FROM alarms WHERE code = 'test.alarm'",
            "first": "SELECT min(warning_s) FROM warning_times",
            "places": "SELECT count(*) FROM volumes WHERE south < north AND wkt LIKE 'POLYGON%'",
        }.items()
    }
    base.close()
    assert one["entries"] == one["sizes"] == one["line"]
    assert one["receipts"] == one["sent"]
    assert one["officers"] == 5
    assert one["answers"] == 3
    assert (one["found"], one["alarm"]) == (1, "levy")
    assert one["first"] > 0
    assert one["places"] >= 4


@pytest.mark.parametrize("form", FILES)
def test_the_same_record_gives_the_same_bytes(played: Played, tmp_path: Path, form: str) -> None:
    """In another process, with another order of hashes, under another name of the directory."""
    export(played, form, tmp_path / "out")
    (tmp_path / "again").mkdir()
    command = [sys.executable, "-m", "hotline", "--config", str(played.config), "log", "export"]
    for seed in ("1", "2"):
        subprocess.run(
            [*command, "--format", form, "--force", str(tmp_path / "again" / "out")],
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": "Asia/Tokyo"},
            check=True,
            capture_output=True,
        )
        for file in (tmp_path / "again").iterdir():
            assert file.read_bytes() == (tmp_path / file.name).read_bytes()


@pytest.fixture(scope="module")
def grown(
    tmp_path_factory: pytest.TempPathFactory,
) -> Grown:
    """Export at one checkpoint, have the record go on, and return how to make the same again."""
    directory = tmp_path_factory.mktemp("grown")
    made = Played(directory)
    made.begin()
    base = sqlite3.connect(made.iaf.directory / "data" / JOURNAL_FILE)
    # The one before the newest: nobody cosigns it any more, so its note is what it will be.
    (_, size) = [
        row[0] for row in base.execute("SELECT size FROM receipt_given ORDER BY size DESC LIMIT 2")
    ]
    base.close()
    done = export(made, "csv", directory / "whole.csv")
    (node,) = (log["size"] for log in done["logs"] if "/node/" in log["origin"])
    words = f"--at node={node} --at hmeimim={size}"
    before = {}
    for form in FILES:
        done = export(made, form, directory / f"out.{form}", *words.split())
        before |= {file.name: file.read_bytes() for file in directory.glob(f"out.{form}*")}
    made.go_on()
    again = f"--at hotline/exercise/iaf/node/1={node} --at hotline/exercise/iaf/hmeimim/1={size}"
    assert done["again"] == again, "whole names: another epoch may begin"
    return before, made, again


@pytest.mark.parametrize("form", FILES)
def test_an_export_is_made_again_when_the_log_has_grown(
    grown: Grown, tmp_path: Path, form: str
) -> None:
    """Later receipts, readings and answers change nothing before the checkpoint."""
    before, played, words = grown
    newer = {
        log["newer"]
        for log in export(played, form, tmp_path / f"out.{form}", *words.split())["logs"]
    }
    assert min(newer) > 0
    for file in tmp_path.glob(f"out.{form}*"):
        assert file.read_bytes() == before[file.name], file.name


def test_readings_and_answers_are_those_of_the_checkpoint(grown: Grown, tmp_path: Path) -> None:
    """What happened later is there in a later export, and only there."""
    before, played, _ = grown
    export(played, "csv", tmp_path / "now.csv")

    def answers(text: str) -> set[tuple[str, str]]:
        rows = csv.DictReader(io.StringIO(text))
        return {
            (row["answer"], row["answered_by"])
            for row in rows
            if row["reference"] == "IAF-0101" and row["kind"] == "notice"
        }

    assert answers(before["out.csv"].decode()) == {("accept", "orlov")}
    assert answers((tmp_path / "now.csv").read_text("utf-8")) == {("reject", "petrov")}


def test_a_filtered_export_says_how_to_make_it_again(played: Played, tmp_path: Path) -> None:
    """With its filters, and times that mean the same tomorrow."""
    box = {"type": "Polygon", "coordinates": [[[30, 30], [40, 30], [40, 40], [30, 40], [30, 30]]]}
    (tmp_path / "the sea.geojson").write_text(json.dumps(box))
    words = ("--kind", "notice", "--kind", "reply", "--operator", "Levy", "--since", "-2h")
    area = ("--area", str(tmp_path / "the sea.geojson"), "--line", "hmeimim")
    done = export(played, "jsonl", tmp_path / "out", *words, *area)
    assert done["entries"] == 3
    assert "--since -2h" not in done["again"]
    export(played, "jsonl", tmp_path / "again", *shlex.split(done["again"]))
    assert (tmp_path / "again").read_bytes() == (tmp_path / "out").read_bytes()
    tiles = export(played, "tlog-tiles", tmp_path / "tiles")
    export(played, "tlog-tiles", tmp_path / "more", *shlex.split(tiles["again"]))
    checkpoints = {(tmp_path / name / "checkpoint").read_bytes() for name in ("tiles", "more")}
    assert len(checkpoints) == 1


def test_tiles_are_made_with_the_same_command(played: Played, tmp_path: Path) -> None:
    """The form for tools of transparency logs: one log, the only line's unless it is named."""
    done = export(played, "tlog-tiles", tmp_path / "tiles")
    assert done["logs"][0]["origin"] == "hotline/exercise/iaf/hmeimim/1"
    assert {file.name for file in (tmp_path / "tiles").iterdir()} == {
        "checkpoint",
        "log.vkey",
        "tile",
    }
    export(played, "tlog-tiles", tmp_path / "node", "--log", "node")
    said = (tmp_path / "node" / "checkpoint").read_text("utf-8")
    assert said.startswith("hotline/exercise/iaf/node/1\n")


@pytest.mark.parametrize(
    ("words", "code", "exit_code"),
    [
        (("--format", "tlog-tiles", "--kind", "notice", "OUT"), "cli.usage", 2),
        (("--format", "jsonl", "--at", "7", "OUT"), "export.ambiguous-at", 2),
        (("--format", "jsonl", "--at", "hmeimim=999999", "OUT"), "export.no-checkpoint-at", 2),
        (("--format", "jsonl", "--at", "x=", "OUT"), "export.bad-at", 2),
        (("--format", "jsonl", "--log", "nobody", "OUT"), "node.unknown-log", 2),
        (("--format", "jsonl", "OUT/in/nothing"), "export.no-parent", 2),
        (("--format", "jsonl", "."), "files.not-a-file", 2),
        (("--format", "sqlite", "-"), "cli.usage", 2),
        (("--format", "jsonl", "--area", "no-such.geojson", "OUT"), "cli.unreadable-file", 2),
        (("--format", "xml", "OUT"), "cli.usage", 2),
    ],
)
def test_what_cannot_be_exported_is_a_mistake_with_a_mend(
    played: Played, tmp_path: Path, words: tuple[str, ...], code: str, exit_code: int
) -> None:
    """One error, one hint, and no file."""
    named = [word.replace("OUT", str(tmp_path / "out")) for word in words]
    said = fails(code, "--config", played.config, "log", "export", *named, exit_code=exit_code)
    assert "hotline: hint: " in said
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten_unasked(played: Played, tmp_path: Path) -> None:
    """A file that is there stays, unless it is to be replaced."""
    (tmp_path / "out").write_text("mine")
    words = ("--config", played.config, "log", "export", "--format", "jsonl", tmp_path / "out")
    fails("export.file-exists", *words, exit_code=2)
    assert (tmp_path / "out").read_text() == "mine"
    hotline(*words, "--force")
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "out").read_text("utf-8").startswith('{"type":"hotline-export"')


FALSIFICATIONS = (
    "UPDATE message SET time_us = time_us + 1800000000 WHERE direction = 1",
    "UPDATE message SET time_us = time_us + 1800000000 WHERE direction = 0",
    "UPDATE message SET kind = 'advisory' WHERE kind = 'notice'",
    "UPDATE message SET reference = 'X-9' WHERE reference = 'IAF-0101'",
    "UPDATE message SET about = zeroblob(32) WHERE about IS NOT NULL",
    "UPDATE message SET created_us = created_us + 1 WHERE direction = 1",
    "UPDATE message SET flags = NULL WHERE flags IS NOT NULL",
    "UPDATE message SET flags = '[]' WHERE flags IS NULL AND direction = 1",
    "UPDATE message SET flags = replace(flags, 'model.', 'other.') WHERE flags IS NOT NULL",
    "UPDATE message SET seq = seq + 100",
    "UPDATE envelope SET bytes = zeroblob(length(bytes))",
    "DELETE FROM message WHERE idx = (SELECT min(idx) FROM message)",
    "UPDATE record SET payload = zeroblob(3) WHERE kind = 'receipt'",
    "UPDATE record SET time_us = time_us + 1 WHERE kind = 'receipt'",
)
"""What somebody with SQL and a copy of the journal can do to it."""


@pytest.mark.parametrize("statement", FALSIFICATIONS)
def test_a_falsified_record_is_exported_in_no_form(
    played: Played, tmp_path: Path, statement: str
) -> None:
    """No file bears a signed root over entries that nobody signed, with a filter neither."""
    shutil.copytree(played.iaf.directory, tmp_path / "iaf")
    base = sqlite3.connect(tmp_path / "iaf" / "data" / JOURNAL_FILE)
    with base:
        for (trigger,) in base.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            base.execute(f"DROP TRIGGER {trigger}")
        assert base.execute(statement).rowcount > 0
    base.close()
    command = ("--config", tmp_path / "iaf" / "node.toml", "log", "export", "--format")
    for form in FILES:
        said = fails("export.tree-differs", *command, form, tmp_path / "out", exit_code=5)
        assert "hotline log verify" in said
    words = (tmp_path / "out", "--kind", "alarm-raised")
    fails("export.tree-differs", *command, "csv", *words, exit_code=5)
    assert hotline(*command, "jsonl", "-", exit_code=5).stdout == ""
    assert [file.name for file in tmp_path.iterdir()] == ["iaf"]


def test_a_stream_is_the_file(played: Played, tmp_path: Path) -> None:
    """`-` is stdout, for what other programs read; stderr alone has the notes."""
    export(played, "jsonl", tmp_path / "out")
    result = hotline("--config", played.config, "log", "export", "--format", "jsonl", "-")
    assert result.stdout_bytes == (tmp_path / "out").read_bytes()


def test_hostile_payloads_are_in_every_form(played: Played, tmp_path: Path) -> None:
    """Deliver first, flag always: what was said is there, however strange, with its flags."""
    export(played, "jsonl", tmp_path / "out")
    entries = lines_of(tmp_path / "out")[1:-1]
    said = [entry["said"] for entry in entries if entry.get("direction") == "in"]
    assert {"text": FORMULA, "operator": "@SUM(1)"} in said
    assert {"text": STEERING} in said
    assert None in said  # not even MessagePack; its bytes are in the body
    assert {"text": "STOP", "n": 2**64 - 1, "b": "ff"} in said
    flagged = [entry for entry in entries if entry.get("flags")]
    assert len(flagged) >= 5
    assert all({"code", "text"} <= set(flag) for entry in flagged for flag in entry["flags"])
