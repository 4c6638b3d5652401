"""Real world, no play: both nodes are told at once, and how long it took is entered."""

from __future__ import annotations

import asyncio
import time

from hotline.errors import HotlineError
from hotline.exercise.judging.course import SECOND_US
from hotline.exercise.play.scene import Scene
from hotline.exercise.record.events import PlayStopped, RealWorld

ANSWER_S = 10.0
"""How long a node may take to say that play has stopped there."""


async def stop_both(
    scene: Scene, by: str, text: str, told: frozenset[str], called_us: int
) -> PlayStopped:
    """Enter that play is over, tell both nodes at once, and enter when each had stopped.

    ``told`` are the centres that said it themselves, ``called_us`` is when it was called. A node
    that cannot be reached is named; the other one tells it over the line, if there is one.
    """
    began_s = time.monotonic() - max(scene.wall_us() - called_us, 0) / SECOND_US
    scene.record(RealWorld(by=by, text=text))
    scene.say("real-world", f"REAL WORLD, NO PLAY: called by {by}{f': {text}' if text else ''}")

    async def stop(centre: str) -> float | None:
        try:
            async with asyncio.timeout(ANSWER_S):
                if centre not in told:
                    await scene.clients[centre].real_world(by, text)
        except (HotlineError, TimeoutError) as error:
            scene.say("trouble", f"{centre} cannot be told: {error}")
            return None
        return round(time.monotonic() - began_s, 6)

    centres = list(scene.clients)
    after = await asyncio.gather(*map(stop, centres))
    stopped = PlayStopped(
        after_s={
            name: seconds
            for name, seconds in zip(centres, after, strict=True)
            if seconds is not None
        },
        unreached=tuple(
            name for name, seconds in zip(centres, after, strict=True) if seconds is None
        ),
    )
    scene.record(stopped)
    seconds = max(stopped.after_s.values(), default=0.0)
    scene.say(
        "real-world", f"play has stopped at {', '.join(stopped.after_s)} after {seconds:.2f} s"
    )
    return stopped
