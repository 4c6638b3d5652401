"""A report on nodes that stay: alarms of a second run are those about its own notices."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from hotline.exercise.record.reading import read_record
from hotline.exercise.report.document import Report
from hotline.exercise.report.making import Sources, make_report
from hotline.exercise.report.noted import Play
from hotline.exercise.scenario.shape import (
    Act,
    Crew,
    CrewKind,
    Expectation,
    ExpectationKind,
    Inject,
    Scenario,
)
from tests.centres import example
from tests.exercise.play.stage import Stage, send, stage
from tests.exercise.report.played import collect, collected_of

QUICK = Crew(kind=CrewKind.SIMULATED, skill=1.0, reaction_s=dict.fromkeys(
    ("FLASH", "IMMEDIATE", "PRIORITY", "ROUTINE"), 1.0))  # fmt: skip
PATROL = example("iaf/01-patrol.json")


def alarm(kind: ExpectationKind, number: int, reference: str, **more: Any) -> Expectation:
    """Return that an alarm of a conflict with a notice is expected at iaf."""
    given: dict[str, Any] = {"within_s": 30.0, "code": "airspace.conflict", "centre": "iaf"}
    return Expectation(id=f"2.{number}", kind=kind, reference=reference, **(given | more))


def conflict() -> Inject:
    """Return a notice of hmeimim's that meets the first of iaf's, and not the second."""
    raised, acknowledged = ExpectationKind.ALARM, ExpectationKind.ACKNOWLEDGED
    return Inject(
        id="2",
        at_s=10.0,
        act=Act.SEND,
        originator="hmeimim",
        recipient="iaf",
        document={**PATROL, "reference": "HMEIMIM-0101"},
        expectations=(
            alarm(raised, 1, "IAF-0101"),
            alarm(acknowledged, 2, "IAF-0101", within_s=600.0),
            alarm(raised, 3, "HMEIMIM-0101"),
            alarm(raised, 4, "IAF-0102", within_s=2.0, never=True),
            alarm(raised, 5, "IAF-0102", within_s=2.0),
        ),
    )


def elsewhere() -> Inject:
    """Return a notice of iaf's that meets nothing."""
    far = [{"lat": 31.0 + lat, "lng": 28.0 + lng} for lat, lng in ((0, 0), (0, 1), (1, 1))]
    (volume,) = PATROL["volumes"]
    volumes = [{**volume, "outline_polygon": {"vertices": far}}]
    return send("1b", document={**PATROL, "reference": "IAF-0102", "volumes": volumes})


def reported(scene: Stage, scenario: Scenario, nodes: Path) -> Report:
    """Return the report of a run, from backups of both nodes that were handed over."""
    for centre in scenario.centres:
        collect(scene.directory, nodes / centre / "node.toml", centre)
    first, second = (collected_of(scene.directory, centre) for centre in scenario.centres)
    return make_report(Sources(Play(read_record(scene.directory)), scenario, (first, second)))


async def test_an_alarm_about_a_notice_holds_in_the_report_of_a_second_run(tmp_path: Path) -> None:
    """Its notice has this run's mark behind it, there and in what is expected; no other counts."""
    crews = {"iaf": QUICK, "hmeimim": QUICK}
    async with stage(
        tmp_path, send("1"), elsewhere(), conflict(), crews=crews, time_factor=10.0
    ) as scene:
        scene.ground.kind = "elsewhere"
        again = Stage(tmp_path / "again", scene.scenario, scene.ground)
        for run in (scene, again):
            result = await run.played()
            board = {one.expectation: one.outcome.value for one in result.verdicts}
            report = await asyncio.to_thread(reported, run, run.scenario, tmp_path / "nodes")
            judged = {one.id: one for row in report.msel for one in row.verdicts}
            assert {name: one.verdict for name, one in judged.items()} == board
            found = {name: verdict for name, verdict in board.items() if name.startswith("2.")}
            assert found == {
                "2.1": "pass", "2.2": "pass", "2.3": "pass", "2.4": "pass", "2.5": "expired",
            }  # fmt: skip
            mark = read_record(run.directory).opened.mark
            assert judged["2.1"].wanted == f"alarm raised (airspace.conflict about IAF-0101-{mark})"
            assert judged["2.1"].by in [one.evidence for one in report.alarms]
