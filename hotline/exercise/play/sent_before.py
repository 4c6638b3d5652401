"""Whether a message went out before the director was killed: looked for where it would be."""

from __future__ import annotations

from collections.abc import Set
from typing import Any

import msgspec

from hotline.api.client import Client
from hotline.api.schema import MessageView
from hotline.errors import ModelError
from hotline.exercise.judging.course import SECOND_US
from hotline.exercise.scenario.shape import Act, Inject
from hotline.model.messages import kind_of
from hotline.model.reading import read_message
from hotline.model.times import format_time

SLACK_US = 5 * SECOND_US
"""By how much the clock of a node may be behind the director's."""
OF_A_MOMENT = frozenset({"at", "time_start", "time_end", "officer", "operator"})
"""Fields that count from the moment of sending, or that the node fills in."""


async def sent_before(
    client: Client, inject: Inject, about: str, since_us: int, taken: Set[str]
) -> MessageView | None:
    """Return the message that carried an inject since a moment; None where none did.

    It is looked for in the originator's own log: a notice by its reference, all else by what it
    says and when. ``about`` is the id of the message that a reply answers, ``taken`` are the
    messages that carried other injects. Raises UsageError when the node cannot be asked.
    """
    kind = "reply" if inject.act is Act.REPLY else _kind(inject)
    since = format_time(max(since_us - SLACK_US, 0))
    page = await client.messages(direction="out", kind=kind, since=since, limit=1000)
    for view in reversed(page.messages):  # the oldest first: injects are delivered in order
        if view.id not in taken and _is(view, inject, about, since_us):
            return view
    return None


def _is(view: MessageView, inject: Inject, about: str, now_us: int) -> bool:
    said = view.message or {}
    if inject.act is Act.REPLY:
        wanted = inject.answer.value if inject.answer is not None else ""
        return said.get("to") == about and said.get("answer") == wanted
    document = inject.document or {}
    try:
        drafted = read_message(msgspec.json.encode(document), now_us).message
    except ModelError:
        return False  # one that breaks the rules on purpose: its node refused it
    meant: dict[str, Any] = msgspec.to_builtins(drafted)
    if meant.get("reference") and kind_of(drafted) == "notice":
        return bool(meant["reference"] == said.get("reference"))
    meant_without_reference = {
        **meant,
        "reference": meant.get("reference") or said.get("reference"),
    }
    return bool(_lasting(meant_without_reference) == _lasting(said))


def _lasting(value: Any) -> Any:
    """Return a message without what counts from the moment of sending, and without defaults."""
    if isinstance(value, dict):
        return {
            key: _lasting(inner)
            for key, inner in value.items()
            if key not in OF_A_MOMENT and inner not in (None, "", [], (), 0)
        }
    if isinstance(value, list | tuple):
        return [_lasting(inner) for inner in value]
    return value


def _kind(inject: Inject) -> str:
    kind = (inject.document or {}).get("kind")
    return kind if isinstance(kind, str) else "notice"
