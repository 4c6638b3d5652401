"""The exported SQLite file in the real Datasette: pages, facets, search, labels."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.audit.played import Played
from tests.cli.command import hotline

pytest.importorskip("datasette")

# Datasette's own warnings are not ours, so it has a process of its own.
ASK = """
import asyncio, json, sys
from datasette.app import Datasette

async def main(file, metadata, paths):
    site = Datasette([], immutables=[file], metadata=json.load(open(metadata)))
    await site.invoke_startup()
    answers = [await site.client.get(path) for path in paths]
    print(json.dumps([[answer.status_code, answer.text] for answer in answers]))

asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Export a record with one of everything, hostile things too."""
    directory = tmp_path_factory.mktemp("datasette")
    made = Played(directory)
    made.begin()
    out = directory / "record.sqlite"
    hotline("--config", made.config, "log", "export", "--format", "sqlite", out)
    return out


def ask(file: Path, *paths: str) -> list[Any]:
    """Return what Datasette answers, decoded where it is JSON; every page must be there."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", ASK, str(file), f"{file}.metadata.json", *paths],
        capture_output=True,
        check=True,
        timeout=120,
    )
    found = []
    for path, (status, text) in zip(paths, json.loads(done.stdout), strict=True):
        assert status == 200, (path, text[:500])
        found.append(json.loads(text) if ".json" in path else text)
    return found


def test_every_table_and_view_has_a_page(file: Path) -> None:
    """Each opens, with its title and what it is; the front page says where the record ends."""
    described = json.loads(Path(f"{file}.metadata.json").read_text("utf-8"))
    tables = described["databases"]["record"]["tables"]
    pages = ask(file, "/record", *(f"/record/{name}" for name in tables))
    assert "Record of iaf (EXERCISE)" in pages[0]
    assert "hotline/exercise/iaf/hmeimim/1 up to the checkpoint over" in pages[0]
    for (name, told), page in zip(tables.items(), pages[1:], strict=True):
        assert told["title"] in page, name
        assert f'href="/record/{name}"' in pages[0], name


def test_facets_search_labels_and_orders_work(file: Path) -> None:
    """What the metadata promises is what the pages do."""
    messages, found, records, receipts, warnings = ask(
        file,
        "/record/messages.json?_shape=objects&_labels=on",
        "/record/messages.json?_shape=objects&_search=tanker",
        "/record/records.json?_shape=objects&_search=alarm",
        "/record/receipts.json?_shape=objects&_labels=on",
        "/record/warning_times.json?_shape=objects",
    )
    facets = messages["facet_results"]
    assert {one["value"]: one["count"] for one in facets["kind"]["results"]}["notice"] >= 3
    assert set(facets) == {"sender", "precedence", "kind", "answer", "activity"}
    times = [row["entered_at"] for row in messages["rows"]]
    assert times == sorted(times)
    reply = next(row for row in messages["rows"] if row["kind"] == "reply")
    assert reply["about"]["label"] == "notice IAF-0101 Patrol south of Cyprus"
    assert reply["checkpoint"]["label"] == "hotline/exercise/iaf/hmeimim/1"
    assert [row["reference"] for row in found["rows"]] == ["IAF-0102"]
    alarms = {"alarm-raised", "alarm-cleared", "alarm-acknowledged"}
    assert {row["kind"] for row in records["rows"]} == alarms
    assert receipts["rows"][0]["record"]["label"].startswith("receipt for ROUTINE 1, entry ")
    lengths = [row["warning_s"] for row in warnings["rows"]]
    assert lengths == sorted(lengths)
    assert len(lengths) >= 3


def test_no_text_of_the_peer_becomes_part_of_a_page(file: Path) -> None:
    """Hostile titles are shown as text, escape sequences written out."""
    (page,) = ask(file, "/record/messages?kind=service")
    assert "\x1b" not in page
    assert "\u202e" not in page
    assert "exe.txt" in page
