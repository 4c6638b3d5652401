"""The live stream: server-sent events, from the moment of ``open`` on.

A listener that does not keep up is cut off, and asks again: what it missed is in the journal.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Final

import msgspec
from aiohttp import web

from hotline.api.routes import EVENTS
from hotline.audit.export.values import time_text
from hotline.node.centre import Centre

HEARTBEAT_S: Final = 10.0
"""A comment is sent when nothing has happened for so long, so that a dead reader is found out."""


async def live(centre: Centre, request: web.Request) -> web.StreamResponse:
    """Send events until the reader goes away, falls behind, or the node stops."""
    response = web.StreamResponse(
        headers={"Content-Type": EVENTS, "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    )
    events = centre.events()
    coming = asyncio.ensure_future(anext(events, None))
    # One turn of the loop, in which the listener is entered: nothing after `open` is missed.
    await asyncio.sleep(0)
    try:
        await response.prepare(request)
        first: dict[str, object] = {
            "centre": centre.config.centre,
            "traffic": centre.config.banner,
            "now": time_text(centre.clock.wall_us()),
        }
        await response.write(_encode("open", first))
        while True:
            done, _ = await asyncio.wait([coming], timeout=HEARTBEAT_S)
            if not done:
                await response.write(b": nothing new\n\n")
                continue
            event = coming.result()
            if event is None:
                break
            coming = asyncio.ensure_future(anext(events, None))
            await response.write(_encode(*event))
    except ConnectionError:
        pass  # the reader went away, which is how a stream ends
    finally:
        coming.cancel()
        with suppress(asyncio.CancelledError):
            await coming
        await events.aclose()
    return response


def _encode(name: str, what: dict[str, object]) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (name.encode(), msgspec.json.encode(what))
