from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

import msgspec
import pytest

from hotline.api.stopped import StoppedNode
from hotline.exercise.record import events
from hotline.exercise.record.reading import Record, read_record
from hotline.exercise.scenario.reading import shipped, shipped_names
from hotline.model.times import parse_time
from tests.exercise.shipped_plays import AGAIN
from tests.exercise.stage import PLAYS, Played

pytestmark = pytest.mark.pair

EACH_ONCE = [(name,) for name in shipped_names()]
TWICE = [(name, name + AGAIN) for name in ("flood", "opponent")]
"""Mock traffic, and an opponent's mistakes: what a seed decides most of."""


def words(params: tuple[str, ...]) -> str:
    """Return how a case is called."""
    return params[0]


@pytest.fixture
def plays(request: pytest.FixtureRequest) -> list[Played]:
    """Wait for the scenarios that were begun before the first test."""
    found = request.config.stash[PLAYS]
    return [found.of(name) for name in request.param]


@pytest.mark.parametrize("plays", EACH_ONCE, indirect=True, ids=words)
def test_a_shipped_scenario_is_played_and_its_report_is_made(plays: list[Played]) -> None:
    """Simulated crews do all that is expected; both journals verify and nothing is lost."""
    (played,) = plays
    assert played.result["why"] in ("all-done", "time")
    assert not missed(played), told(played)
    passed = {one["expectation"] for one in played.result["verdicts"] if one["outcome"] == "pass"}
    injects = shipped(played.result["name"]).injects
    assert passed >= {each.id for one in injects for each in one.expectations} != set()
    assert played.reported == 0, played.said
    report = json.loads((played.directory / "report" / "report.json").read_bytes())
    assert report["counts"]["pass"] >= sum(len(one.expectations) for one in injects)
    assert not any(report["counts"][verdict] for verdict in ("fail", "expired", "open"))
    assert not any(report["loss"][what] for what in ("lost", "queued", "doubled", "reordered"))
    assert report["loss"]["sent"] == report["loss"]["received"] > 0
    assert not report["proof"]["open"]
    assert {one["centre"] for one in report["proof"]["bound"]} == {"iaf", "hmeimim"}
    assert all(one["said"] and one["counts"]["pass"] for one in report["objectives"])


@pytest.mark.parametrize("plays", TWICE, indirect=True, ids=words)
async def test_the_same_seed_makes_the_same_exercise(plays: list[Played]) -> None:
    """Injects, what was sent and what crews decided are equal, but for ids and times."""
    one, other = [read_record(played.directory) for played in plays]
    for kind in (events.InjectDue, events.InjectDelivered):
        first, second = (
            [timeless(event) for _, event in each.every(kind)] for each in (one, other)
        )
        assert len(first) > 2
        assert Counter(first) == Counter(second)
    decided = [
        Counter(timeless(event) for at, event in each.every(events.CrewActed) if at.at_us < ends_us)
        for each, ends_us in ((each, last_inject_us(each)) for each in (one, other))
    ]
    assert len(decided[0]) > 2
    assert decided[0] == decided[1]
    sent = [
        await messages(played, last_inject_us(each))
        for played, each in zip(plays, (one, other), strict=True)
    ]
    assert len(sent[0]) > 2
    assert sent[0] == sent[1]


def last_inject_us(record: Record) -> int:
    """Return when the last inject was due: ENDEX comes soon, whatever a crew is about to do."""
    return max(at.at_us for at, _ in record.every(events.InjectDue))


def missed(played: Played) -> list[Any]:
    """Return what failed or expired."""
    return [one for one in played.result["verdicts"] if one["outcome"] in ("fail", "expired")]


def told(played: Played) -> str:
    """Return what was not as expected, with what the director and the crews did."""
    record = (played.directory / "record.jsonl").read_text("utf-8").splitlines()
    return "\n".join([json.dumps(one) for one in missed(played)] + [line[:300] for line in record])


_CHANGES = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z|\b[0-9a-f]{64}\b|\b[0-9a-f]{8}\b")
"""Moments, and ids whole and short."""


def timeless(value: Any) -> str:
    """Return a value as text without what is another one in every run."""
    return _CHANGES.sub("*", msgspec.json.encode(value).decode())


async def messages(played: Played, before_us: int) -> Counter[str]:
    """Return what both centres sent before a moment, without ids and times."""
    found: Counter[str] = Counter()
    for centre in ("iaf", "hmeimim"):
        journal = played.directory / "collected" / centre / "data" / "journal.sqlite"
        async with StoppedNode(journal, 0) as node:
            page = await node.messages(direction="out", limit=1000)
        found.update(
            f"{centre}: {timeless(view.message)}"
            for view in page.messages
            if parse_time(view.created_at) < before_us
        )
    return found
