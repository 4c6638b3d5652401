"""What the map of a notice shows: its areas, those before it, those proposed, those that it meets.

The shapes are drawn as the API draws the airspace's, with the same bounds of effort.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from hotline.api import schema
from hotline.api.drawn import Pen
from hotline.console.pages import notice_history as history
from hotline.console.visit import Visit
from hotline.errors import HotlineError
from hotline.model.kinds import Answer, Relation
from hotline.model.messages import (
    Advisory,
    Conflict,
    Contingency,
    Nonconformance,
    Notice,
    Revision,
)
from hotline.model.times import time_or_none
from hotline.model.volume import Position, Volume4D

MOST_OTHERS: Final = 8
"""Notices drawn beside the one that is shown: the gravest relations come first."""

WAIT_S: Final = 2.0
"""How long an outline that takes long to draw is waited for; its bounds are shown after that."""

Shown = dict[str, Any]


async def drawn(visit: Visit, thread: schema.Thread) -> Shown:
    """Return ``items`` and ``conflicts`` as ``map.js`` draws them; each item has its volumes."""
    others = await _others(visit, thread.message)
    return await asyncio.to_thread(_drawn, visit, thread, others)


async def _others(
    visit: Visit, view: schema.MessageView
) -> list[tuple[schema.RelationView, schema.MessageView]]:
    """Return the notices that this one meets, or may meet, as they are now."""
    found = []
    for relation in view.relations[:MOST_OTHERS]:
        id_ = relation.other_id if view.direction == "out" else relation.own_id
        if relation.relation == Relation.CLEAR or not id_:
            continue
        try:
            found.append((relation, (await visit.client.message(id_)).message))
        except HotlineError:
            continue  # what cannot be looked up is in the list of relations, in words
    return found


def _drawn(
    visit: Visit,
    thread: schema.Thread,
    others: Sequence[tuple[schema.RelationView, schema.MessageView]],
) -> Shown:
    pen, view = Pen(WAIT_S), thread.message
    volumes = volumes_of(view)
    items = [_item(visit, pen, view, volumes, view.life or "planned")]
    before = _before(thread)
    if before is not None:
        label = visit.words.plain("notice.before")
        items.append(_item(visit, pen, before, volumes_of(before), "expired", label))
    for answered in history.answers_to(thread, view.id)[:3]:
        if answered.reply.answer == Answer.COUNTER:
            label = visit.words.plain("notice.proposed")
            items.append(
                _item(visit, pen, answered.view, answered.reply.proposal, "planned", label)
            )
    meeting = []
    for relation, other in others:
        theirs = volumes_of(other)
        items.append(_item(visit, pen, other, theirs, other.life or "planned"))
        if relation.relation == Relation.CONFLICT:
            period = time_or_none(relation.from_ or ""), time_or_none(relation.until or "")
            area = pen.meeting(volumes, theirs, *period)
            if area is not None:
                meeting.append(_geometry(area))
    return {"items": items, "conflicts": meeting}


def volumes_of(view: schema.MessageView) -> tuple[Volume4D, ...]:
    """Return the areas that a message gives; none for one that gives none."""
    message = history.message_of(view)
    if isinstance(message, Notice | Revision | Nonconformance | Contingency):
        return message.volumes
    return ()


def position_of(view: schema.MessageView) -> Position | None:
    """Return the one position that a warning or a conflict names, where it lies on the globe."""
    message = history.message_of(view)
    if not isinstance(message, Advisory | Conflict) or message.position is None:
        return None
    place = message.position
    return place if abs(place.lat) <= 90 and abs(place.lon) <= 180 else None


def _before(thread: schema.Thread) -> schema.MessageView | None:
    view = thread.message
    earlier = [
        one
        for one in thread.thread
        if one.kind in history.CONTENT
        and one.reference == view.reference
        and one.direction == view.direction
        and one.entry < view.entry
    ]
    return max(earlier, key=lambda one: one.entry, default=None)


def _item(
    visit: Visit,
    pen: Pen,
    view: schema.MessageView,
    volumes: Sequence[Volume4D],
    state: str,
    what: str = "",
) -> Shown:
    own = view.direction == "out"
    shapes = pen.volumes(visit.setting.centre if own else view.peer, volumes, ())
    levels = history.levels_text(volumes[0], visit.words.language) if volumes else ""
    areas = [_geometry(one.geometry) for one in shapes if one.geometry is not None]
    place = position_of(view)
    if place is not None:
        areas.append({"type": "Point", "coordinates": [place.lon, place.lat]})
    return {
        "id": f"{view.id}{what and '-' + what}",
        "owner": "own" if own else "peer",
        "state": state,
        "label": [part for part in ((view.reference or "")[:40], what or levels) if part],
        "areas": areas,
        "undrawn": sum(bool(one.undrawn) for one in shapes),
    }


def _geometry(area: schema.Outline) -> Shown:
    return {"type": "MultiPolygon", "coordinates": area.coordinates}
