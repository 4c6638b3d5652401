"""A plausible afternoon at both centres, said through their APIs, for pages that show something.

Everything is invented; the messages are the samples of ``examples/``, whose times count from now.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hotline.api import exercise_shapes, schema
from hotline.api.client import Client
from tests.centres import PATIENCE_S, example
from tests.console.severable import Consoles

NAME = "Autumn Tide"
TASKS = (
    "Announce the patrol of the evening, not later than 20 minutes before it begins.",
    "אשרו בטלפון את קבלת ההתרעה האחרונה.",
    "Agree with the other centre on who moves where the areas meet.",
)


@dataclass(frozen=True, slots=True)
class Afternoon:
    """What may be looked at, by id, as iaf and hmeimim know it."""

    own: str
    met: str
    strike: str
    theirs: str
    advisory: str


async def afternoon(both: Consoles) -> Afternoon:
    """Play it: notices of both sides, a conflict, answers, changes of state and what goes wrong."""
    iaf, hmeimim = both.iaf.client, both.hmeimim.client
    await _begin(iaf, hmeimim)
    own = await _say(iaf, "iaf/01-patrol.json", "Cohen")
    theirs = await _say(hmeimim, "hmeimim/02-patrol.json", "Petrov")
    for name in ("04-tanker", "06-uas", "08-sar", "10-recce", "12-strike"):
        await _say(hmeimim, f"hmeimim/{name}.json", "Petrov")
    for name in ("03-tanker", "07-strike", "09-transport", "11-training", "13-balloon"):
        await _say(iaf, f"iaf/{name}.json", "Cohen")
    met = await _send(hmeimim, _met(), "Petrov")
    await _answered(iaf, hmeimim, met.reference or "")
    await _say(iaf, "iaf/17-activation.json", "Cohen")
    strike = await _say(iaf, "iaf/15-strike-revision.json", "Cohen")
    for name in ("16-withdrawal", "20-nonconformance"):
        await _say(hmeimim, f"hmeimim/{name}.json", "Petrov")
    await _say(iaf, "iaf/21-contingency.json", "Cohen")
    advisory = await _say(hmeimim, "hmeimim/18-advisory.json", "Petrov")
    return Afternoon(own.id, met.id, strike.id, theirs.id, advisory.id)


async def while_cut(both: Consoles) -> str:
    """Say what waits while the line is cut; return the id of iaf's message that does."""
    sent = await _send(
        both.iaf.client, example("iaf/14-advisory.json"), "Cohen", wait_s=0.0, precedence="FLASH"
    )
    late = _met() | {"reference": "HMEIMIM-0212", "title": "Вечернее патрулирование"}
    await _send(both.hmeimim.client, late, "Petrov", wait_s=0.0)
    await both.iaf.client.speak(sent.id, "Cohen")
    return sent.id


async def _begin(iaf: Client, hmeimim: Client) -> None:
    for client, officer, director in ((iaf, "Cohen", "Dana"), (hmeimim, "Petrov", "Orlov")):
        await client.take_step(exercise_shapes.WatchRequest(step="taken", officer=officer))
        await client.tell_exercise(
            exercise_shapes.ExerciseRequest(event="startex", by=director, name=NAME)
        )
    for task in TASKS:
        await iaf.tell_exercise(
            exercise_shapes.ExerciseRequest(event="task", by="Dana", name=NAME, text=task)
        )


def _met() -> dict[str, Any]:
    """Return a notice of hmeimim that meets the patrol of iaf."""
    document = example("iaf/01-patrol.json")
    (volume,) = document["volumes"]
    corners = [(33.95, 33.1), (33.95, 33.9), (33.5, 33.9), (33.5, 33.1)]
    outline = {"vertices": [{"lat": lat, "lng": lng} for lat, lng in corners]}
    return document | {
        "reference": "HMEIMIM-0211",
        "precedence": "PRIORITY",
        "title": "Патрулирование западнее Латакии",
        "volumes": [volume | {"outline_polygon": outline, "time_start": "+1h"}],
        "remarks": "Пара истребителей. / A pair of fighters.",
    }


async def _answered(iaf: Client, hmeimim: Client, met: str) -> None:
    (volume,) = example("iaf/01-patrol.json")["volumes"]
    for name in ("IAF-0101", "IAF-0104", "IAF-0102"):
        await hmeimim.read(name, "Petrov")
    for client, name, officer, answer, more in (
        (hmeimim, "IAF-0102", "Petrov", "accept", {}),
        (hmeimim, "IAF-0104", "Petrov", "stand-by", {"reason": "Уточняю."}),
        (
            hmeimim,
            "IAF-0101",
            "Petrov",
            "counter",
            {"proposal": [volume | {"altitude_upper": "FL240"}]},
        ),
        (iaf, "HMEIMIM-0201", "Cohen", "accept", {}),
        (iaf, "HMEIMIM-0202", "Cohen", "reject", {"reason": "The area is in use until 18:00Z."}),
    ):
        if client is iaf:
            await client.read(name, officer)
        await client.reply(
            name,
            schema.ReplyRequest(
                answer=answer, officer=officer, read_back_signed=True, wait_s=PATIENCE_S, **more
            ),
        )
    await iaf.read(met, "Levi")


async def _say(client: Client, name: str, officer: str) -> schema.Sent:
    return await _send(client, example(name), officer)


async def _send(
    client: Client,
    document: dict[str, Any],
    officer: str,
    *,
    wait_s: float = PATIENCE_S,
    precedence: str | None = None,
) -> schema.Sent:
    return await client.send(
        schema.SendRequest(document=document, officer=officer, wait_s=wait_s, precedence=precedence)
    )
