"""A pair of centres beside the test: an API on loopback TCP, for testers that know no Unix socket.

The centres run in a thread with a loop of its own, so that whoever asks may block.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Final

import pyotp
from aiohttp import web

from hotline.api.access_shapes import LoginRequest, OfficerRequest
from hotline.api.routes import MAX_TARGET
from hotline.api.server import application
from hotline.model.access import Role
from tests.centres import PATIENCE_S, centre_pair, client_of, say

OFFICER: Final = "levy"
PASSWORD: Final = "correct horse battery staple"
SAID: Final = ("hmeimim/02-patrol.json", "hmeimim/04-tanker.json")
"""What the peer has said before anybody asks."""


@dataclass(frozen=True)
class Served:
    """Where iaf answers, the token of an officer with every role, and messages of the journal."""

    url: str
    token: str
    messages: tuple[str, ...]


@contextmanager
def served_pair(directory: Path) -> Iterator[Served]:
    """Run iaf and hmeimim with the line between them up, and serve the API of iaf."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever)
    thread.start()
    stack = AsyncExitStack()
    try:
        serving = asyncio.run_coroutine_threadsafe(_serve(directory, stack), loop)
        try:
            yield serving.result(PATIENCE_S)
        finally:
            asyncio.run_coroutine_threadsafe(stack.aclose(), loop).result(PATIENCE_S)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(PATIENCE_S)
        loop.close()


async def _serve(directory: Path, stack: AsyncExitStack) -> Served:
    iaf, hmeimim = await stack.enter_async_context(centre_pair(directory))
    said = [(await say(hmeimim, name)).hex() for name in SAID]
    client = await stack.enter_async_context(client_of(iaf))
    added = await client.add_officer(
        OfficerRequest(name=OFFICER, roles=list(Role), password=PASSWORD, by="root")
    )
    session = await client.log_in(
        LoginRequest(officer=OFFICER, password=PASSWORD, code=pyotp.TOTP(added.secret).now())
    )
    runner = web.AppRunner(
        application(iaf), access_log=None, handle_signals=False, max_line_size=MAX_TARGET
    )
    stack.push_async_callback(runner.cleanup)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0]
    return Served(f"http://{host}:{port}", session.token, tuple(said))
