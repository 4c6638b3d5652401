"""The reconstruction of September 2018, played for real: two processes for each of its variants."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import EXAMPLES, hotline, hotline_json

SEPTEMBER = EXAMPLES / "september-2018"
LONGEST_S = 120

CONTRADICTED = {"notice.short-warning", "airspace.direction-differs", "airspace.conflict"}
FLAGS: dict[str, dict[int, set[str]]] = {
    "short": {
        **{number: set() for number in range(1, 12)},
        3: CONTRADICTED,
        6: CONTRADICTED,
        8: {"notice.area-unknown"},
        10: {"notice.overrun", "airspace.resolved"},
    },
    "early": {1: set(), 2: set(), 3: {"airspace.proximity"}, 4: set(), 5: set()},
}
"""What the receiving node flags, by the number of the message; all of it."""
ALARMS = {
    "short": {
        "iaf": {"airspace.conflict", "notice.contingency", "notice.overrun"},
        "hmeimim": {"airspace.conflict", "notice.overrun", "notice.short-warning"},
    },
    "early": {"iaf": {"airspace.proximity"}, "hmeimim": {"airspace.proximity"}},
}


@dataclass(frozen=True)
class Played:
    """What a variant has printed, and where it has left its centres."""

    name: str
    told: dict[str, Any]
    story: str
    directory: Path

    def message(self, number: int) -> dict[str, Any]:
        """Return what is told of a message of the script."""
        (found,) = (one for one in self.told["messages"] if one["number"] == number)
        return dict(found)


@pytest.fixture(scope="module")
def variants(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Played]]:
    """Play both variants at once."""
    folders = {"short": SEPTEMBER, "early": SEPTEMBER / "early"}
    at = {name: tmp_path_factory.mktemp(name) / "demo" for name in folders}
    running = {
        name: subprocess.Popen(
            [
                *(sys.executable, "-m", "hotline", "demo", "--no-keep", "--json"),
                *("--samples", str(folder), "--directory", str(at[name])),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for name, folder in folders.items()
    }
    played = {}
    try:
        for name, process in running.items():
            out, story = process.communicate(timeout=LONGEST_S)
            assert process.returncode == 0, story
            played[name] = Played(name, json.loads(out), story, at[name])
        yield played
    finally:
        for process in running.values():
            process.kill()
            process.communicate()


@pytest.fixture(params=["short", "early"])
def played(request: pytest.FixtureRequest, variants: dict[str, Played]) -> Played:
    """Return each variant in turn."""
    return variants[request.param]


def test_exactly_what_should_be_flagged_is(played: Played) -> None:
    """Every message has its flags at the receiver, and none has another one."""
    messages = [one for one in played.told["messages"] if one["number"] is not None]
    assert {one["number"]: set(one["codes"]) for one in messages} == FLAGS[played.name]
    assert played.told["as_expected"]


def test_what_the_nodes_tell_each_other_is_not_disputed(played: Played) -> None:
    """Conflict messages are composed by the nodes, and the other node finds the same."""
    told = [one for one in played.told["messages"] if one["number"] is None]
    assert told
    assert {one["kind"] for one in told} == {"conflict"}
    assert not [one["flags"] for one in told if one["flags"]]


def test_the_right_alarms_ring(played: Played) -> None:
    """At each centre, and no others."""
    rang = {one["centre"]: {ring["code"] for ring in one["rang"]} for one in played.told["alarms"]}
    assert rang == ALARMS[played.name]


def test_the_warning_is_held_against_the_letter(variants: dict[str, Played]) -> None:
    """From durable there to the start: less than a minute of thirty, or all of it."""
    notice, revision = (variants["short"].message(number) for number in (3, 6))
    assert 50 < notice["warning_s"] < 60
    assert revision["warning_s"] < 5
    assert notice["warning_needed_s"] == revision["warning_needed_s"] == 1800
    early = variants["early"].message(3)
    assert early["warning_s"] > early["warning_needed_s"] == 1800


def test_the_words_are_held_against_the_geometry(variants: dict[str, Played]) -> None:
    """The north is announced, the west is drawn; the flag quotes the one and says the other."""
    for number in (3, 6):
        flags = variants["short"].message(number)["flags"]
        (flag,) = (one for one in flags if one["code"] == "airspace.direction-differs")
        assert flag["field"] == "title"
        assert "northern Syria" in flag["text"]
        assert "west-north-west of it" in flag["text"]


def test_both_nodes_find_the_same(variants: dict[str, Played]) -> None:
    """The conflict begins and is resolved for both; the proximity stays."""
    for name, course in (("short", ["conflict", "clear"]), ("early", ["proximity"])):
        for centre in ("iaf", "hmeimim"):
            found = [
                one["relation"]
                for one in variants[name].told["relations"]
                if one["centre"] == centre
            ]
            assert list(dict.fromkeys(found)) == course
    assert not any(one["by_right"] for one in variants["short"].told["relations"])


def test_the_evidence_tells_the_warning_time(played: Played) -> None:
    """The file lies where it is said, and holds for whoever has nothing but the file."""
    (evidence,) = played.told["evidence"]
    assert evidence["holds"]
    (file,) = hotline_json("verify", evidence["file"])["files"]
    assert file["ok"]
    shown = hotline("verify", evidence["file"]).stdout
    for warning in evidence["warnings"]:
        assert f"WARNING TIME  {warning['warning']}" in shown
    amounts = [warning["warning"] for warning in evidence["warnings"]]
    assert len(amounts) == (2 if played.name == "short" else 1)
    minutes = "" if played.name == "short" else "39 min "
    assert re.match(rf"{minutes}[45]\d s", amounts[0]), amounts


def test_both_records_hold_and_agree(played: Played) -> None:
    """What is left can be verified and compared afterwards as well, without any node."""
    assert played.told["verified"] == {"iaf": True, "hmeimim": True}
    assert played.told["differences"] == 0
    for centre in ("iaf", "hmeimim"):
        config = played.directory / centre / "node.toml"
        assert hotline_json("--config", config, "log", "verify")["ok"]
    both = (played.directory / centre for centre in ("iaf", "hmeimim"))
    assert hotline_json("log", "reconcile", *both)["agree"]


def test_the_timeline_fits_a_hundred_columns(played: Played) -> None:
    """No line of it is wider, and it names every message, flag and alarm."""
    timeline = played.story.split("\nTimeline")[1].split("\nTo look at what is left")[0]
    lines = timeline.splitlines()
    assert max(map(len, lines)) <= 100
    for message in played.told["messages"]:
        number = message["number"]
        assert number is None or any(line.startswith(f"{number:02} ") for line in lines)
        assert all(code in timeline for code in message["codes"])
    assert "is as the script expects" in timeline


def test_the_readme_tells_what_is_invented() -> None:
    """Nobody takes the example for a report."""
    text = (SEPTEMBER / "README.md").read_text("utf-8")
    assert "## What is public" in text
    assert "## What is invented" in text
    assert "asserts what happened" in text
