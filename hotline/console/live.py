"""The live stream of a page: the node's events as they come, and a beat while it can be asked.

A page that hears no beat for some seconds says that it has lost its node. The session is looked at
with every beat, so that a page does not outlive it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any, Final

import msgspec
from aiohttp import web

from hotline.console.visit import Visit
from hotline.errors import HotlineError

BEAT_S: Final = 3.0
AGAIN_S: Final = 1.0
MEDIA: Final = "text/event-stream"


async def live(visit: Visit) -> web.StreamResponse:
    """Relay events until the reader goes away, the session ends or the console stops."""
    response = web.StreamResponse(headers={"Content-Type": MEDIA, "Cache-Control": "no-store"})
    await response.prepare(visit.request)
    coming: asyncio.Queue[tuple[str, dict[str, Any]]] = asyncio.Queue(maxsize=1000)
    tasks = [asyncio.create_task(_listen(visit, coming)), asyncio.create_task(_beat(visit, coming))]
    try:
        while True:
            name, what = await coming.get()
            await response.write(
                b"event: %s\ndata: %s\n\n" % (name.encode(), msgspec.json.encode(what))
            )
            if name == "ended":
                break
    except ConnectionError:
        pass  # the reader went away, which is how a stream ends
    finally:
        for task in tasks:
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks, return_exceptions=True)
    return response


async def _listen(visit: Visit, coming: asyncio.Queue[tuple[str, dict[str, Any]]]) -> None:
    while True:
        events: AsyncIterator[tuple[str, dict[str, Any]]] = visit.client.events()
        with suppress(HotlineError):
            async for name, what in events:
                await coming.put((name, what))
        await asyncio.sleep(AGAIN_S)


async def _beat(visit: Visit, coming: asyncio.Queue[tuple[str, dict[str, Any]]]) -> None:
    while True:
        try:
            session = await visit.client.session()
            await coming.put(("beat", {"idle_until": session.idle_until}))
        except HotlineError as error:
            if error.code == "access.no-session":
                await coming.put(("ended", {}))
                return
            await coming.put(("lost", {"text": error.message}))
        await asyncio.sleep(BEAT_S)
