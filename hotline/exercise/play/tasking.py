"""What people are told to do by themselves: in words that say all of it, at their own node."""

from __future__ import annotations

import textwrap
from typing import Any

from hotline.api.exercise_shapes import ExerciseRequest
from hotline.exercise.play.scene import Scene
from hotline.exercise.scenario.shape import DIRECTOR, Inject
from hotline.model.text import printable
from hotline.wire.records import MAX_REMARK

ROOM = 100
"""Characters of an entry that are left for the inject's id and the number of the part."""


async def tell_crew(scene: Scene, inject: Inject, centre: str, text: str, *, again: bool) -> None:
    """Have a centre's node enter a task, and show it to its crew; in parts where it is long.

    With ``again`` what the node has entered already is not entered twice. Raises what the node
    does.
    """
    client = scene.client(centre)
    known = {one.text for one in (await client.exercise()).tasks} if again else set()
    for part in parts_of(inject.id, text):
        if part not in known:
            request = ExerciseRequest(
                event="task", by=DIRECTOR, name=scene.scenario.name, text=part
            )
            await client.tell_exercise(request)


def parts_of(name: str, text: str) -> list[str]:
    """Return a task of inject ``name`` as entries of a log: one line each, no longer than one."""
    line = printable(" ".join(text.split()))
    parts = textwrap.wrap(line, MAX_REMARK - ROOM, break_on_hyphens=False)
    if len(parts) < 2:
        return [f"inject {name}: {line}"]
    return [
        f"inject {name}, part {number} of {len(parts)}: {part}"
        for number, part in enumerate(parts, 1)
    ]


def to_send(inject: Inject) -> str:
    """Return what a crew is to send, every field of it; relative times count from its sending."""
    document = dict(inject.document or {})
    kind = document.pop("kind", "message")
    precedence = f", {inject.precedence.name}" if inject.precedence is not None else ""
    to = f" to {inject.recipient}" if inject.recipient else ""
    return _told(inject, f"send: {kind}{to}{precedence}", document)


def to_answer(inject: Inject, about: str) -> str:
    """Return how a crew is to answer the message that people call ``about``."""
    answer = inject.answer.value if inject.answer is not None else "as it should be"
    fields = dict(inject.document or {})
    if inject.reason:
        fields = {"reason": inject.reason, **fields}
    return _told(inject, f"answer {about}: {answer}", fields)


def _told(inject: Inject, order: str, fields: dict[str, Any]) -> str:
    why = inject.description or inject.title
    said = f"{order}. {'; '.join(f'{name} {_spelled(fields[name])}' for name in fields)}"
    flaw = ". It is wrong on purpose: your node is to refuse it" if inject.flawed else ""
    return f"{f'{why.rstrip(chr(46))}: ' if why else ''}{said.rstrip('. ')}{flaw}"


def _spelled(value: Any) -> str:
    """Return a value in one line, with all that is in it."""
    if isinstance(value, dict):
        return f"({', '.join(f'{name} {_spelled(inner)}' for name, inner in value.items())})"
    if isinstance(value, list | tuple):
        return ", ".join(map(_spelled, value))
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no"}.get(value, "none") if value is not None else "none"
    return str(value)
