"""A small exercise that two real nodes played: journals collected, record and scenario beside."""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

from hotline.api import schema
from hotline.audit.keep.backup import back_up
from hotline.exercise.record import events
from hotline.exercise.record.reading import read_record
from hotline.exercise.record.writing import RecordWriter
from hotline.exercise.report.collected import Collected
from hotline.exercise.report.making import Sources
from hotline.exercise.report.moments import text_of
from hotline.exercise.report.noted import Play
from hotline.exercise.scenario.reading import keep, scenario_of_bytes
from hotline.exercise.scenario.shape import Scenario
from hotline.journal.duty import enter
from hotline.node.centre import Centre
from hotline.node.place import read_place
from hotline.wire.records import Played
from tests.centres import client_of, eventually, example, line_up, now_us, running, sites

NAME = "first-try"
FACTOR = 60.0
CENTRES = ("iaf", "hmeimim")
READ_BACK = {
    "position": {"lat": 34.0, "lng": 33.0},
    "time_start": "+60m",
    "time_end": "+90m",
    "altitude_lower": "FL100",
    "altitude_upper": "FL200",
}
PATROL, STRIKE = example("iaf/01-patrol.json"), example("iaf/07-strike.json")
SOURCE = f"""name: {NAME}
title: A notice, its answer, and a node that ends
summary: Two crews exchange their first notices; one node ends in the middle of it.
objectives: [Read and answer every notice in time, Go on after the line was down]
centres: [iaf, hmeimim]
duration: 10 min
time-factor: {FACTOR:g}
seed: 7
crews:
  iaf: {{kind: human, officers: [Levi]}}
  hmeimim: {{officers: [sim. Orlov]}}
injects:
  - id: patrol
    at: 0 s
    title: Patrol south of Cyprus
    from: iaf
    send: {json.dumps(PATROL)}
    outcome: hmeimim accepts with a correct read-back
    expect:
      - receipt: {{within: 10 s}}
      - reply: {{one-of: [accept], within: 5 min}}
  - id: strike
    at: 30 s
    title: Strike with little warning
    from: iaf
    send: {json.dumps(STRIKE)}
    expect:
      - reply: {{one-of: [accept], within: 1 s}}
  - id: gone
    at: 60 s
    title: The node of hmeimim ends and begins again
    fault: {{node-restart: {{centre: hmeimim}}}}
  - id: never
    at: 9 min
    title: Never told
    to: iaf
    tell: Nobody hears of this.
""".encode()


@dataclass
class Director:
    """Writes the record as the director does; its clock is the machine's."""

    writer: RecordWriter
    started_us: int | None = None

    def note(self, event: events.Event) -> str:
        """Add an entry; return the hash of its line."""
        if isinstance(event, events.Startex):
            self.started_us = now_us()
        started_us = self.started_us
        t = None if started_us is None else (now_us() - started_us) / 1e6 * FACTOR
        return self.writer.append(event, t).sha256


def scenario() -> Scenario:
    """Return what is played."""
    return scenario_of_bytes(SOURCE, "lesson.yaml")


async def tell(
    centre: Centre,
    event: Literal["startex", "endex"],
    *,
    record: bytes = b"",
    by: str = "director",
) -> None:
    """Enter what happens in the exercise in a node's own log."""
    said = Played(event, NAME, by, "", record, None, "")
    await centre.writer.do(lambda journal: enter(journal, "exercise", said, now_us()))


async def play(
    directory: Path, *, ends: bool = True, untold: tuple[str, ...] = (), by_hand: str = ""
) -> Path:
    """Play it into ``directory``, as the director leaves one; return it.

    Without ``ends`` the director was ended before ENDEX, and somebody has collected the journals.
    Nodes of the centres ``untold`` do not hear of ENDEX; at that of ``by_hand`` Levi says before
    that play is over.
    """
    directory.mkdir(parents=True, exist_ok=True)
    director = Director(RecordWriter.create(directory, now_us))
    director.note(
        events.Opened(
            name=NAME,
            scenario=sha256(SOURCE).hexdigest(),
            seed=7,
            time_factor=FACTOR,
            ground="own",
            version="0",
        )
    )
    iaf_site, hmeimim_site = sites(directory)
    hmeimim_site.configure("iaf", port=0)
    hmeimim = hmeimim_site.node()
    await hmeimim.start()
    port = hmeimim.port or 0
    hmeimim_site.configure("iaf", port=port)
    iaf_site.configure("hmeimim", port=port)
    async with running(iaf_site.node()) as iaf:
        await line_up(iaf, hmeimim)
        director.note(events.Startex(nodes=(), starts=text_of(now_us())))
        for centre in (iaf, hmeimim):
            await tell(centre, "startex")
        async with client_of(iaf, hmeimim) as (there, here):
            await _send(director, there, "patrol", "iaf/01-patrol.json")
            await _answer(here, "IAF-0101", "accept", read_back_signed=True)
            director.note(events.Judged(expectation="patrol.2", verdict="pass"))
            await _send(director, there, "strike", "iaf/07-strike.json")
            wrong = {**READ_BACK, "position": {"lat": 30.0, "lng": 30.0}}
            await _answer(here, "IAF-0104", "stand-by", read_back=wrong)
            director.note(
                events.CrewActed(
                    centre="hmeimim",
                    officer="sim. Orlov",
                    what="read back",
                    mistake="wrong-position",
                )
            )
            await iaf.bell.ring("line.clock-offset", "hmeimim", "", "the clocks are 6 s apart")
            (alarm,) = (await there.alarms()).alarms
            await there.acknowledge(alarm.id, "Levi")
        director.note(
            events.FaultBegan(
                inject="gone", kind="node-restart", centre="hmeimim", amount=0.0, means="process"
            )
        )
        await hmeimim.stop()
        await eventually(lambda: not next(iter(iaf.lines.values())).up)
        async with running(hmeimim_site.node()) as again:
            await line_up(iaf, again)
            director.note(events.FaultEnded(inject="gone", kind="node-restart"))
            director.note(events.Commented(by="Evaluator", text="Calm work.", inject="gone"))
            if ends:
                digest = bytes.fromhex(director.note(events.Endex(why="all-done", by="director")))
                for centre in (iaf, again):
                    name = centre.config.centre
                    if name == by_hand:
                        await tell(centre, "endex", by="Levi")
                    if name not in untold:
                        await tell(centre, "endex", record=digest)
            for site in (iaf_site, hmeimim_site):
                collect(directory, site.directory / "node.toml", site.centre)
    director.writer.close()
    keep(scenario(), directory)
    return directory


def collect(directory: Path, config: Path, centre: str) -> None:
    """Back a node's journal up, as the ground does at ENDEX."""
    from hotline.node.keeping import surroundings_of

    into = directory / "collected" / centre
    into.parent.mkdir(exist_ok=True)
    back_up(read_place(config).journal, surroundings_of(config), into, taken_us=now_us())


def sources_of(directory: Path) -> Sources:
    """Return what the report is made from."""
    return Sources(
        Play(read_record(directory)),
        scenario(),
        (collected_of(directory, "iaf"), collected_of(directory, "hmeimim")),
    )


def collected_of(directory: Path, centre: str) -> Collected:
    """Return where a centre's collected journal lies."""
    from hotline.cli.asking import letters_of

    config = directory / "collected" / centre / "node.toml"
    place = read_place(config)
    return Collected(
        centre,
        config.parent,
        place.journal,
        place.card,
        place.peers,
        place.witnesses,
        letters_of(config),
        complete=False,
    )


async def _send(director: Director, client: Any, inject: str, name: str) -> None:
    document = example(name)
    director.note(events.InjectDue(inject=inject, reference=document["reference"]))
    sent = await client.send(schema.SendRequest(document=document, officer="director", wait_s=20.0))
    director.note(
        events.InjectDelivered(
            inject=inject, message=sent.id, reference=document["reference"], originator="iaf"
        )
    )


async def _answer(client: Any, reference: str, answer: str, **read_back: Any) -> None:
    await client.read(reference, "sim. Orlov")
    request = schema.ReplyRequest(answer=answer, officer="sim. Orlov", wait_s=20.0, **read_back)
    await client.reply(reference, request)
