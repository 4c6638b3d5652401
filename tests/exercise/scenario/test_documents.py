from __future__ import annotations

import re
from pathlib import Path

import pytest

from hotline.exercise.scenario.durations import duration_said
from hotline.exercise.scenario.file_form import CREW, EXPECTED, FAULT, INJECT, SCENARIO, TRAFFIC
from hotline.exercise.scenario.reading import (
    ScenarioRefused,
    scenario_of_bytes,
    shipped,
    shipped_names,
)

DOCS = Path(__file__).parents[3] / "docs"
SPEC = (DOCS / "spec/scenario.md").read_text("utf-8")
HOWTO = (DOCS / "howto/exercises.md").read_text("utf-8")


def test_every_key_is_specified() -> None:
    """A key that nobody can look up might as well not exist."""
    tables = (SCENARIO, CREW, TRAFFIC, INJECT)
    keys = {key for table in tables for key in table.fields}
    keys |= set(EXPECTED.fields) | set(FAULT.fields)
    assert not {key for key in keys if f"`{key}`" not in SPEC}


def test_every_code_is_specified() -> None:
    """The codes that reading raises stand in the specifications, and no others."""
    for room, page in (("scenario", SPEC), ("msel", (DOCS / "spec/msel.md").read_text("utf-8"))):
        folder = Path(__file__).parents[3] / "hotline/exercise" / room
        source = "".join(path.read_text("utf-8") for path in folder.glob("*.py"))
        source += "".join(
            path.read_text("utf-8") for path in (folder.parents[1] / "cli/exercise").glob("msel.py")
        )
        raised = set(re.findall(rf'"({room}\.[a-z-]+)"', source)) - {"scenario.yaml"}
        assert raised == set(re.findall(rf"`({room}\.[a-z-]+)`", page)), room


def test_the_scenario_of_the_page_can_be_played() -> None:
    """What the page tells people to write is what the program reads."""
    (block,) = re.findall(r"```yaml\n(name: .*?)```", HOWTO, re.DOTALL)
    scenario = scenario_of_bytes(block.encode(), "harbour-patrol.yaml")
    assert scenario.name == "harbour-patrol"
    (traffic,) = re.findall(r"```yaml\n(traffic:.*?)```", HOWTO, re.DOTALL)
    assert scenario_of_bytes((block + traffic).encode(), "harbour-patrol.yaml").traffic
    wrong = block.replace("within: 5 s", "witin: 5 s", 1)
    with pytest.raises(ScenarioRefused) as caught:
        scenario_of_bytes(wrong.encode(), "harbour-patrol.yaml")
    assert f"hotline: error: {caught.value.problems[0]} [scenario.unknown-key]\n" in HOWTO


def test_the_page_lists_what_is_shipped() -> None:
    """Each scenario with its length."""
    rows = re.findall(r"^\| `([a-z-]+)` \| ([^|]+) \|", HOWTO, re.MULTILINE)
    assert rows == [(name, duration_said(shipped(name).duration_s)) for name in shipped_names()]
