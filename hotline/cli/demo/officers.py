"""The simulated officers: each opens what comes, and answers as a script has it.

They are programs and say so in their names; a real node never answers by itself. Most notices are
accepted with a read-back; the script names the exceptions.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hotline.api.client import Client
from hotline.api.schema import MessageView, ReplyRequest
from hotline.exercise.ground.site import Site
from hotline.model.answering import ANSWERED
from hotline.model.kinds import Answer

OFFICERS = {"iaf": "levy (simulated)", "hmeimim": "orlov (simulated)"}
THINKING_S = 0.4
SECOND_THOUGHT_S = 1.5


@dataclass(frozen=True, slots=True)
class Decision:
    """What an officer answers; a stand-by is followed by ``then``."""

    answer: Answer
    reason: str = ""
    levels: tuple[str, str] | None = None
    then: Decision | None = None


ACCEPT = Decision(Answer.ACCEPT)
SCRIPT = {
    "IAF-0104": Decision(Answer.STAND_BY, "Asking the range first.", then=ACCEPT),
    "IAF-0105": Decision(
        Answer.COUNTER, "Below FL200 the airway is in use.", levels=("FL200", "FL220")
    ),
    "HMEIMIM-0206": Decision(Answer.REJECT, "A civil flight crosses this area at that time."),
}
"""Answers to notices by reference; every other notice, revision and advisory is accepted."""

Told = Callable[[Site, MessageView, Decision], None]


class Officer:
    """One centre's officer. ``told`` is called with each answer given."""

    def __init__(self, site: Site, told: Told) -> None:
        self.site = site
        self.name = OFFICERS[site.centre]
        # Set once this officer misses nothing any more.
        self.ready = asyncio.Event()
        self._told = told
        self._tasks: set[asyncio.Task[None]] = set()
        self._seen: set[str] = set()

    async def work(self) -> None:
        """Look at the desk whenever something happens, until cancelled."""
        try:
            async with Client(self.site.socket) as client:
                async for name, what in client.events():
                    if name == "open":
                        self.ready.set()
                    elif name == "message" and _is_new(what, self._seen):
                        self._seen.add(what["id"])
                        task = asyncio.create_task(self._handle(client, what["id"]))
                        self._tasks.add(task)
                        task.add_done_callback(self._tasks.discard)
        finally:
            for task in self._tasks:
                task.cancel()

    async def _handle(self, client: Client, id_: str) -> None:
        view = await client.read(id_, self.name)
        if view.kind not in ANSWERED:
            return
        await asyncio.sleep(THINKING_S)
        decision = SCRIPT.get(view.reference or "", ACCEPT) if view.kind == "notice" else ACCEPT
        await self._answer(client, view, decision)
        if decision.then is not None:
            await asyncio.sleep(SECOND_THOUGHT_S)
            await self._answer(client, view, decision.then)

    async def _answer(self, client: Client, view: MessageView, decision: Decision) -> None:
        request = ReplyRequest(
            answer=decision.answer.value,
            officer=self.name,
            read_back_signed=decision.answer is Answer.ACCEPT and view.kind != "advisory",
            reason=decision.reason,
            proposal=proposal_for(view, decision),
        )
        await client.reply(view.id, request)
        self._told(self.site, view, decision)


def proposal_for(view: MessageView, decision: Decision) -> list[dict[str, Any]]:
    """Return the notice's own volumes at the levels that the officer offers instead."""
    if decision.levels is None or view.message is None:
        return []
    lower, upper = decision.levels
    return [
        {**volume, "altitude_lower": lower, "altitude_upper": upper}
        for volume in view.message["volumes"]
    ]


def answers_wanted(kind: str, reference: str | None) -> int:
    """Return how many answers the script gives to a message."""
    if kind not in ANSWERED:
        return 0
    decision = SCRIPT.get(reference or "", ACCEPT) if kind == "notice" else ACCEPT
    return 1 if decision.then is None else 2


def _is_new(what: Mapping[str, Any], seen: set[str]) -> bool:
    """Whether an event tells of a message of the peer that nobody here has looked at."""
    return what.get("direction") == "in" and what["id"] not in seen
