"""An empty sky at STARTEX: what stands from earlier play on nodes that stay is ended first.

Otherwise crews would answer, and expectations be judged by, what another exercise has left.
"""

from __future__ import annotations

from hotline.api.client import Client
from hotline.api.exercise_shapes import WatchRequest
from hotline.api.schema import SendRequest
from hotline.errors import HotlineError
from hotline.exercise.crew.seat import SIMULATED
from hotline.exercise.play.scene import Scene
from hotline.exercise.record.events import Cleared
from hotline.exercise.scenario.shape import DIRECTOR
from hotline.model.kinds import Kind
from hotline.model.lifecycle import RUNNING

RECEIPT_S = 20.0
"""How long the other side may take to receipt that something is over."""
MOST = 1000
"""Activities that are asked for at once."""
_OUT = "out"


async def clear(scene: Scene) -> None:
    """End what stands at both nodes, each its own; enter and tell what was done.

    Notices are withdrawn or ended, alarms acknowledged as the director, and a simulated officer
    of an earlier play leaves the watch. What a node refuses is told, and stays. Raises HotlineError
    for a node that cannot be asked.
    """
    for centre, client in scene.clients.items():
        ended = await _end_notices(scene, centre, client)
        left = await leave_watch(client)
        if ended or left:
            scene.record(Cleared(centre=centre, ended=tuple(ended), watch=left))
            said = [f"ended {', '.join(ended)}"] if ended else []
            said += [f"{left} leaves the watch"] if left else []
            scene.say("director", f"{centre}: from earlier play, {'; '.join(said)}")
    # Once nothing stands any more: what rang for it rings no more, and is not to ring again.
    for centre, client in scene.clients.items():
        codes = await _acknowledge(client)
        if codes:
            scene.record(Cleared(centre=centre, alarms=tuple(codes)))
            scene.say("director", f"{centre}: from earlier play, acknowledged {', '.join(codes)}")


async def leave_watch(client: Client) -> str:
    """Have a simulated officer leave the watch of a node; return who did, empty for nobody.

    People keep theirs. Raises HotlineError where the node cannot be asked, or refuses.
    """
    on_duty = (await client.watch()).on_duty
    if not on_duty.startswith(SIMULATED):
        return ""
    why = "play is over"
    await client.take_step(WatchRequest(step="released", officer=on_duty, text=why))
    return on_duty


async def _end_notices(scene: Scene, centre: str, client: Client) -> list[str]:
    """Withdraw or end each notice of a node's own; return the references."""
    done: list[str] = []
    tried: set[str] = set()
    while True:
        view = await client.airspace(limit=MOST)
        own = [one for one in view.activities if one.direction == _OUT]
        left = [one for one in own if one.reference not in tried]
        if not left:
            return done
        for one in left:
            tried.add(one.reference)
            kind = Kind.END if one.state in RUNNING else Kind.WITHDRAWAL
            request = SendRequest(
                document={"kind": kind.value, "reference": one.reference},
                peer=scene.other(centre),
                officer=DIRECTOR,
                wait_s=RECEIPT_S,
            )
            try:
                await client.send(request)
            except HotlineError as error:
                said = f"{one.reference} of {centre} stands from earlier play, and cannot be ended"
                scene.say("trouble", f"{said}: {error.message} [{error.code}]")
            else:
                done.append(one.reference)


async def _acknowledge(client: Client) -> list[str]:
    """Acknowledge all alarms as the director; return their codes."""
    codes = []
    for alarm in (await client.alarms()).alarms:
        if alarm.id and alarm.acknowledged_at is None:
            await client.acknowledge(alarm.id, DIRECTOR)
            codes.append(alarm.code)
    return codes
