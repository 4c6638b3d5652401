"""Exports that were falsified: none is taken for the record it says it is."""

from __future__ import annotations

import asyncio
import json
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from hotline.audit.export.values import json_text
from hotline.audit.reconcile.engine import reconcile
from hotline.audit.reconcile.export_record import ExportRecord
from hotline.audit.reconcile.journal_record import JournalRecord
from hotline.errors import HotlineError
from hotline.node.keyring import load_cards
from tests.audit.attacks.exports import EXPORTS
from tests.audit.attacks.incident import Stage, perform
from tests.cli.command import hotline


@pytest.fixture(scope="module")
def incident(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """Give the directories of both centres after the incident; nobody changes these."""
    return asyncio.run(perform(tmp_path_factory.mktemp("incident")))


@pytest.fixture(scope="module")
def export(incident: Stage) -> Path:
    """Give the export of hmeimim's record; nobody changes it."""
    path = incident.directory / "hmeimim.jsonl"
    config = incident.hmeimim.directory / "node.toml"
    hotline("--config", config, "log", "export", "--format", "jsonl", path)
    return path


def codes(incident: Stage, export: Path) -> set[str]:
    """Return the codes that a reconciliation with the record of iaf ends with, or names."""
    card, pins = load_cards(incident.iaf.keys)
    try:
        with ExitStack() as stack:
            theirs = stack.enter_context(closing(ExportRecord("export", export)))
            ours = JournalRecord("iaf", incident.iaf.journal, card, pins)
            stack.enter_context(closing(ours))
            return {difference.code for difference in reconcile(ours, theirs).differences}
    except HotlineError as error:
        return {error.code}


def test_the_honest_export_agrees(incident: Stage, export: Path) -> None:
    """Before anything is falsified the export is as good as the record."""
    assert codes(incident, export) == set()


def written(lines: list[dict[str, Any]], target: Path) -> Path:
    """Write lines as an export spells them."""
    target.write_text("".join(json_text(line) + "\n" for line in lines))
    return target


def altered(value: Any) -> Any:
    """Return another value of the same type, as near as can be."""
    match value:
        case int():
            return value + 1
        case str():
            return value[:-1] + ("A" if value[-1:] != "A" else "B")
        case None:
            return "x"
        case list():
            return value[:-1] or ["x"]
        case _:
            return value | {"forged": 1}


def test_no_field_can_be_altered(incident: Stage, export: Path, tmp_path: Path) -> None:
    """Of every kind of line every field is tried: none says anything that nobody holds against it.

    Remarks of the desk, well-formed and on a message received, are the one exception.
    """
    lines = [json.loads(line) for line in export.read_bytes().splitlines()]
    tried = set()
    for number, line in enumerate(lines):
        for name, value in line.items():
            place = (line["type"], line.get("kind"), name)
            if place in tried:
                continue
            tried.add(place)
            forged = [*lines[:number], line | {name: altered(value)}, *lines[number + 1 :]]
            assert codes(incident, written(forged, tmp_path / "forged.jsonl")), place
    assert len(tried) > 100, "the export has every kind of line"


@pytest.mark.parametrize("name", EXPORTS)
def test_a_falsified_export_is_refused(
    incident: Stage, export: Path, tmp_path: Path, name: str
) -> None:
    """Each falsification of an export is refused with its code."""
    edit, code = EXPORTS[name]
    lines = [json.loads(line) for line in export.read_bytes().splitlines()]
    edit(lines)
    assert code in codes(incident, written(lines, tmp_path / "forged.jsonl"))
