"""What a crew is told reaches it at its own node: all of it, and once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from hotline.exercise.play.tasking import parts_of, to_answer, to_send
from hotline.exercise.record import events
from hotline.exercise.scenario.shape import Act, Crew, CrewKind, Inject
from hotline.model.kinds import Answer, Precedence
from hotline.wire.records import MAX_REMARK
from tests.exercise.play.stage import Stage, advisory, send, stage
from tests.exercise.play.test_restart import killed_at

QUICK = dict.fromkeys(("FLASH", "IMMEDIATE", "PRIORITY", "ROUTINE"), 0.1)
SIMULATED = {"iaf": Crew(kind=CrewKind.SIMULATED, officers=("Levi", "Cohen"), reaction_s=QUICK)}


def told(name: str, text: str, at_s: float = 0.0) -> Inject:
    """Return an inject by which the crew of iaf is told something."""
    return Inject(id=name, at_s=at_s, act=Act.TELL, recipient="iaf", text=text)


async def tasks_entered(scene: Stage, centre: str = "iaf") -> list[str]:
    """Return every task in a node's own log, the oldest first."""
    page = await scene.ground.clients[centre].log(kind=["exercise"], limit=100)
    found = [one.what for one in page.entries if one.what["event"] == "task"]
    return [str(what["text"]) for what in reversed(found)]


async def test_each_crew_is_told_at_its_own_node(tmp_path: Path) -> None:
    """Tasks, a relief and a call that people are to make, under the exercise's name."""
    injects = (
        told("1", "Announce a patrol.\nSoon."),
        Inject(id="2", at_s=0, act=Act.RELIEVE, originator="hmeimim", officer="Katz"),
        send("3", 0.1),
        Inject(
            id="4", at_s=0, after="3", act=Act.VOICE, originator="iaf", recipient="hmeimim",
            about="3", from_crew=True,
        ),
    )  # fmt: skip
    async with stage(tmp_path, *injects) as scene:
        await scene.played()
        assert await tasks_entered(scene) == [
            "inject 1: Announce a patrol. Soon.",
            "inject 4: read IAF-0101 out over the telephone",
        ]
        assert await tasks_entered(scene, "hmeimim") == ["inject 2: Katz is to relieve the watch"]


@pytest.mark.parametrize("kind", [events.InjectDue, events.InjectDelivered])
async def test_a_task_is_told_once_wherever_the_director_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: type
) -> None:
    """A director that goes on looks at the node for what it has told."""
    async with stage(tmp_path, told("1", "look"), told("2", "look", 0.1)) as scene:
        await killed_at(scene, monkeypatch, kind, 2)
        await scene.played(resume=True)
        assert await tasks_entered(scene) == ["inject 1: look", "inject 2: look"]


@pytest.mark.parametrize("act", [Act.TELL, Act.RELIEVE])
async def test_what_a_simulated_crew_was_asked_for_is_done_after_a_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, act: Act
) -> None:
    """The inject was delivered, the crew had not finished: it finishes, and does nothing twice."""
    if act is Act.TELL:
        asked = Inject(
            id="2", at_s=0, after="1", act=act, recipient="iaf", text="withdraw IAF-0101"
        )
    else:
        asked = Inject(id="2", at_s=0, after="1", act=act, originator="iaf")
    async with stage(tmp_path, send("1"), asked, crews=SIMULATED) as scene:
        await killed_at(scene, monkeypatch, events.CrewFinished)
        await scene.played(resume=True)
        assert [one.inject for one in scene.noted(events.CrewFinished)] == ["2"]
        assert len(await scene.sent("iaf", "withdrawal")) == (act is Act.TELL)
        view = await scene.ground.clients["iaf"].watch()
        steps = [one.step for one in view.steps]
        relieved = int(act is Act.RELIEVE)
        assert (steps.count("assumed"), steps.count("reviewed")) == (relieved, relieved)


def test_all_that_is_to_be_sent_is_said() -> None:
    """Every field of a message or an answer, and that what is wrong is wrong on purpose."""
    inject = msgspec.structs.replace(
        advisory("1", text="Keep clear."), precedence=Precedence.FLASH, flawed=True, title="A drone"
    )
    assert to_send(inject) == (
        "A drone: send: advisory to hmeimim, FLASH. subject drone; text Keep clear. It is wrong"
        " on purpose: your node is to refuse it"
    )
    given: dict[str, Any] = {"read_back": {"levels": ["FL100", None], "is_open": True}}
    reply = Inject(id="2", at_s=0, act=Act.REPLY, answer=Answer.REJECT, reason="No", document=given)
    assert to_answer(reply, "IAF-1") == (
        "answer IAF-1: reject. reason No; read_back (levels FL100, none, is_open yes)"
    )


def test_a_long_task_takes_several_entries() -> None:
    """None of its words is lost, and each part says which one it is."""
    words = [f"word{number}" for number in range(600)]
    parts = parts_of("1", " ".join(words))
    assert len(parts) > 1
    assert all(len(part) <= MAX_REMARK for part in parts)
    assert parts[0].startswith(f"inject 1, part 1 of {len(parts)}: word0 ")
    assert " ".join(part.partition(": ")[2] for part in parts).split() == words
