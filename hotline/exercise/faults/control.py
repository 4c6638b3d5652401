"""How a proxy in another process is told what to be: a Unix socket, one question a connection.

A question is one line of JSON, so is the answer. ``become``, ``reset``, ``spoil`` and ``state`` are
all that can be asked, and the answer is always the state afterwards, or an error.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec

from hotline.errors import ExerciseError
from hotline.exercise.faults.conditions import LineConditions, Way
from hotline.exercise.faults.proxy import ProxyState
from hotline.exercise.scenario.shape import Fault

MAX_LINE = 16 * 1024
ANSWER_S = 10.0


class Become(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", tag="become"):
    """Be so from now on."""

    line: LineConditions


class Reset(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", tag="reset"):
    """Break all connections off."""


class Spoil(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", tag="spoil"):
    """Change a bit in each of the next packets on a way."""

    way: Way
    packets: int = 1


class State(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", tag="state"):
    """Only say how it does."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """The state, or what was wrong with the question."""

    state: ProxyState | None = None
    error: str = ""


Question = Become | Reset | Spoil | State


def read_question(line: bytes) -> Question:
    """Return what a line asks. Raises ExerciseError (``exercise.proxy-question``)."""
    try:
        question: Question = msgspec.json.decode(line, type=Question)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ExerciseError(
            "exercise.proxy-question",
            f"this cannot be asked of a fault proxy: {error}",
            "docs/spec/faults.md has every question",
        ) from None
    return question


def read_answer(line: bytes) -> Answer:
    """Return what a proxy has answered. Raises ExerciseError (``exercise.proxy-answer``)."""
    try:
        return msgspec.json.decode(line, type=Answer)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ExerciseError(
            "exercise.proxy-answer",
            f"what answers on the control socket is no fault proxy: {error}",
            "name the socket that `hotline exercise proxy` was started with",
        ) from None


class ProxyControl:
    """Asks the proxy behind ``socket``; as means for faults of the line it can do them all."""

    def __init__(self, socket: Path) -> None:
        self.socket = socket

    def why_not(self, _fault: Fault) -> str | None:
        """Return None: a proxy can do everything."""
        return None

    async def become(self, conditions: LineConditions) -> str:
        """Make the line so; return by what means. Raises ExerciseError."""
        await self._ask(Become(line=conditions))
        return "fault proxy"

    async def is_so(self, conditions: LineConditions) -> bool:
        """Return whether the line is so now. Raises ExerciseError."""
        return (await self.state()).conditions == conditions

    async def reset(self) -> ProxyState:
        """Break all connections off. Raises ExerciseError."""
        return await self._ask(Reset())

    async def spoil(self, way: Way, packets: int = 1) -> ProxyState:
        """Have the next packets on a way changed. Raises ExerciseError."""
        return await self._ask(Spoil(way=way, packets=packets))

    async def state(self) -> ProxyState:
        """Return how it does. Raises ExerciseError."""
        return await self._ask(State())

    async def _ask(self, question: Question) -> ProxyState:
        try:
            async with asyncio.timeout(ANSWER_S):
                line = await self._exchange(msgspec.json.encode(question))
        except (OSError, ValueError) as error:
            raise ExerciseError(
                "exercise.no-proxy",
                f"no fault proxy answers on {self.socket} ({error or type(error).__name__})",
                "see whether it runs; it says why it ended on its own stderr",
            ) from None
        answer = read_answer(line)
        if answer.state is None:
            raise ExerciseError(
                "exercise.proxy-refuses",
                f"the fault proxy refuses: {answer.error}",
                "give it what docs/spec/faults.md allows",
            )
        return answer.state

    async def _exchange(self, question: bytes) -> bytes:
        reader, writer = await asyncio.open_unix_connection(str(self.socket), limit=MAX_LINE)
        try:
            writer.write(question + b"\n")
            return await reader.readline()
        finally:
            writer.close()
