"""Calls over a telephone: the handlers."""

from __future__ import annotations

from aiohttp import web

from hotline.api import schema
from hotline.api.requests import limit_of, officer_of, read_body
from hotline.api.views import message_views, viewpoint_of
from hotline.api.voice_shapes import ConfirmRequest, HearRequest, SpeakRequest, VoiceTaken
from hotline.api.voice_views import call_view, page_of
from hotline.node.centre import Centre


async def speak(centre: Centre, request: web.Request) -> schema.Shape:
    """Enter that a message is read out; return its lines."""
    asked = await read_body(request, SpeakRequest)
    return call_view(await centre.voice.speak(asked.name, officer_of(asked.officer)))


async def take_down(centre: Centre, request: web.Request) -> schema.Shape:
    """Enter what was heard; return what it says, and whether the words agree."""
    asked = await read_body(request, HearRequest)
    taken = await centre.voice.hear(asked.peer, asked.text, officer_of(asked.officer))
    arrived = None
    if taken.arrived is not None:
        found = taken.arrived
        seen = viewpoint_of(centre)
        (arrived,) = await centre.reader.run(lambda journal: message_views(journal, [found], seen))
    return VoiceTaken(
        call=call_view(taken.call),
        agrees=taken.agrees,
        arrived=arrived,
        otherwise=list(taken.otherwise),
        not_read_out=str(taken.losses),
    )


async def confirm(centre: Centre, request: web.Request) -> schema.Shape:
    """Enter what the other side answered with; return whether it is right."""
    asked = await read_body(request, ConfirmRequest)
    call = await centre.voice.confirm(
        asked.name, asked.words, officer_of(asked.officer), by_item=asked.by_item
    )
    return call_view(call, await centre.voice.calls(call.peer))


async def listed(centre: Centre, request: web.Request) -> schema.Shape:
    """Return what is entered of calls."""
    peer = request.query.get("peer")
    if peer is not None:
        centre.line(peer)
    found = await centre.voice.calls(peer)
    return page_of(found, request.query.get("name"), limit_of(request))
