"""Who released a message of ours, as the node's own log has it.

A message names who composed it. Who released it is entered before it is signed, with the number of
its draft, and that the draft became this message right after.
"""

from __future__ import annotations

from typing import Any, Final

from hotline.api import schema
from hotline.console.visit import Visit
from hotline.errors import HotlineError
from hotline.model.kinds import Kind
from hotline.model.times import SECOND_US, format_time, parse_time

RELEASED: Final = frozenset({Kind.NOTICE.value, Kind.REVISION.value, Kind.ADVISORY.value})
"""Kinds that a letter may have a second officer release."""
AROUND_S: Final = 60
"""Seconds before and after a message within which the node enters what it has to do with it."""
MOST: Final = 200
"""Entries about drafts that are looked through, of those two minutes."""


async def released_by(visit: Visit, view: schema.MessageView) -> str:
    """Return the officer who released a message; empty where nobody else did, or none is found."""
    if view.direction != "out" or view.kind not in RELEASED:
        return ""
    entered_us = parse_time(view.entered_at)
    try:
        page = await visit.client.log(
            log="node",
            kind="draft",
            since=format_time(entered_us - AROUND_S * SECOND_US),
            until=format_time(entered_us + AROUND_S * SECOND_US),
            limit=MOST,
        )
    except HotlineError as error:
        if error.code.startswith("api."):
            raise
        return ""
    steps = [entry.what for entry in page.entries]
    draft = next((one.get("draft") for one in steps if _sent(one) == view.id), None)
    for one in steps:
        if draft is not None and one.get("step") == "released" and one.get("draft") == draft:
            return _name(one, "officer") if _name(one, "offered_by") else ""
    return ""


def _sent(step: dict[str, Any]) -> str:
    return _name(step, "message") if step.get("step") == "sent" else ""


def _name(step: dict[str, Any], key: str) -> str:
    value = step.get(key)
    return value if isinstance(value, str) else ""
