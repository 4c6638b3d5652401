"""A simulated officer at the telephone: reads out, writes down, confirms."""

from __future__ import annotations

import asyncio
import re

from hotline.api.schema import MessageView
from hotline.errors import HotlineError
from hotline.exercise.crew.seat import Seat, is_passing
from hotline.exercise.crew.telephone import Telephone

AGAIN_S = 0.5
"""Real seconds before a node that is away is asked again."""
MOST_CALLS = 20
_LEVEL = re.compile(r"^(G[0-9]*|P) (.*?)([1-8])", re.MULTILINE)


class Calling:
    """Calls of one crew; ``telephone`` is None where nobody simulated can be called."""

    def __init__(self, seat: Seat, telephone: Telephone | None) -> None:
        self._seat = seat
        self._telephone = telephone

    async def read_out(self, view: MessageView, mistake: str = "") -> None:
        """Read a message of ours out, unless the other side has confirmed it before."""
        seat = self._seat
        calls = (await seat.client.voice(name=view.id, limit=MOST_CALLS)).calls
        if any(call.state == "confirmed" for call in calls):
            return
        spoken = await seat.client.speak(view.id, seat.officer)
        await seat.acted(f"reads {spoken.subject} out over the telephone", view.id, mistake)
        text = f"{spoken.text}CHECK {' '.join(spoken.words)}\n"
        answer = None
        if self._telephone is not None:
            answer = await self._telephone.read_out(spoken.peer, text)
        if answer is None:
            await seat.acted(
                f"nobody simulated is at {spoken.peer}: a person has to call there, read out "
                "what `hotline voice show` prints, and confirm it",
                view.id,
            )
            return
        confirmed = await seat.client.confirm(view.id, answer, seat.officer)
        await seat.acted(f"hears the answer: {confirmed.state}", view.id)

    async def hear(self, text: str) -> str:
        """Write down what is read out, and return the words of the answer.

        An error of the crew is that it mishears a level; the check words show it, and it is read
        again.
        """
        seat = self._seat
        key = text.partition("\nB ")[2].partition("\n")[0]
        await seat.clock.sleep(seat.reaction_s("FLASH", "call", key))
        if seat.dice.happens(seat.crew.error_rate, "call", key):
            wrong = _LEVEL.sub(_misheard, text, count=1)
            if wrong != text:
                await self._take(wrong)
                await seat.acted(f"writes down another level of {key}", "", "wrong-level")
                await seat.clock.sleep(seat.reaction_s("FLASH", "call again", key))
        answer = await self._take(text)
        await seat.acted(f"writes down {key} from the telephone")
        return answer

    async def _take(self, text: str) -> str:
        """Have the node keep what was heard; the caller waits until it can."""
        while True:
            try:
                taken = await self._seat.client.take_down(text, self._seat.officer)
            except HotlineError as error:
                if not is_passing(error):
                    raise
                await asyncio.sleep(AGAIN_S)
            else:
                return " ".join(taken.call.answer)


def _misheard(found: re.Match[str]) -> str:
    return f"{found[1]} {found[2]}{int(found[3]) + 1}"
