"""What officers do beside talking: they announce, revise, withdraw, answer and read.

A notice has both nodes judge it, hold it against every other, and tell each other of conflicts;
an answer ends a deadline. So the whole of the desk, and the picture of the airspace, live through
the same faults as the line below them.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from hotline.errors import HotlineError
from hotline.model.kinds import Answer, Precedence
from hotline.model.messages import Message, Notice, Reply, Revision, Withdrawal
from hotline.model.numbering import numbered
from hotline.model.times import SECOND_US, format_time
from hotline.model.volume import Altitude, Polygon, Position, Volume4D

if TYPE_CHECKING:
    from tests.simulation.node import SimulatedNode

ACTS = ("announce", "announce", "revise", "withdraw", "answer", "answer", "read")


class Officers:
    """The officers of one centre; what they have announced and been told outlives its node."""

    def __init__(self, node: SimulatedNode, chance: random.Random) -> None:
        self._node = node
        self._chance = chance
        # References of our notices; ids of what lies on the desk.
        self._acts = self._numbers = 0
        self._announced: list[str] = []
        self._shown: list[str] = []

    def shown(self, id_: str, kind: str) -> None:
        """Take note of a message that has come."""
        if kind in ("notice", "revision"):
            self._shown.append(id_)

    def act(self, precedence: Precedence) -> None:
        """Do one of these things, as far as there is something to do it with."""
        node, chance = self._node, self._chance
        act = chance.choice(ACTS)
        if not node.up:
            return
        work: Callable[[], Awaitable[object]] | None = None
        if act == "announce":
            self._numbers += 1
            reference = numbered(node.name, self._numbers)
            notice = Notice(reference, "Patrol", "patrol", (self._volume(),))
            work = self._saying(notice, precedence)
        elif act in ("revise", "withdraw") and self._announced:
            reference = chance.choice(self._announced)
            step: Message = Withdrawal(reference, "it is not flown")
            if act == "revise":
                step = Revision(reference, 0, "Patrol", "patrol", (self._volume(),))
            work = self._saying(step, precedence)
        elif act == "answer" and self._shown:
            answer = chance.choice((Answer.REJECT, Answer.STAND_BY))
            reply = Reply(chance.choice(self._shown), answer=answer, reason="ours", officer="levy")
            work = self._saying(reply, precedence)
        elif act == "read" and self._shown:
            work = self._reading(chance.choice(self._shown))
        if work is not None:
            node.pending += 1
            node.run(self._trying(act, work))

    def _saying(self, message: Message, precedence: Precedence) -> Callable[[], Awaitable[object]]:
        node = self._node
        self._acts += 1
        name = f"{node.name} act {self._acts}"

        async def say() -> None:
            assert node.centre is not None
            composed = await node.centre.desk.send("", message, precedence, "")
            node.told[name] = (composed.stream, composed.seq)
            node.history.judge.told(node, composed)
            if isinstance(message, Notice):
                self._announced.append(message.reference)

        return say

    def _reading(self, id_: str) -> Callable[[], Awaitable[object]]:
        async def read() -> None:
            assert self._node.centre is not None
            await self._node.centre.desk.read(id_, "levy")

        return read

    async def _trying(self, act: str, work: Callable[[], Awaitable[object]]) -> None:
        counts = self._node.history.counts
        life = self._node.life
        try:
            await work()
        except HotlineError as error:
            counts[f"not done: {error.code}"] += 1
        else:
            counts[f"officers: {act}"] += 1
        if self._node.life is life:
            self._node.pending -= 1

    def _volume(self) -> Volume4D:
        """Return a square with sides of half a degree, mostly in the way of the others."""
        chance = self._chance
        south, west = 33.6 + chance.randrange(4) * 0.25, 32.6 + chance.randrange(4) * 0.25
        corners = ((0.0, 0.0), (0.0, 0.5), (0.5, 0.5), (0.5, 0.0))
        start_us = self._node.clock.wall_us() // SECOND_US * SECOND_US + 3600 * SECOND_US
        return Volume4D(
            outline_polygon=Polygon(
                tuple(Position(south + up, west + right) for up, right in corners)
            ),
            altitude_lower=Altitude(180.0, "fl", "standard"),
            altitude_upper=Altitude(280.0, "fl", "standard"),
            time_start=format_time(start_us),
            time_end=format_time(start_us + 3600 * SECOND_US),
        )
