"""One transport connection of a line, from the first byte after TLS to the last.

A connection asks the journal where to resume, then runs a session until the association is over,
and ends whatever the peer does: in order where it plays along, cut where it does not.
"""

from __future__ import annotations

import asyncio
import os
import socket as sockets
from contextlib import suppress
from typing import TYPE_CHECKING

import structlog

from hotline.errors import HotlineError
from hotline.node.session import Session, Socket, open_session

if TYPE_CHECKING:
    from hotline.node.line import Line

GOODBYE_S = 1.0
"""How long a peer may take to read the last frames before its connection is cut."""

_log = structlog.get_logger()


class Connection:
    """One connection of a line; ``session`` is None until the journal said where to resume."""

    def __init__(self, line: Line, socket: Socket, remote: str) -> None:
        self._line = line
        self._socket = socket
        self.remote = remote
        self.session: Session | None = None
        self._ended = asyncio.Event()

    async def run(self) -> None:
        """Run until the association is over and the transport gone.

        Raises JournalError when the journal cannot say where to resume.
        """
        twin = _twin(self._socket)
        try:
            session = await open_session(self._line, self._socket, self.remote)
        except BaseException:
            await self._hang_up(twin)
            self._ended.set()
            raise
        self.session = session
        tasks = [
            asyncio.create_task(work, name=f"{self._line.peer}-{name}")
            for name, work in (
                ("receive", session.receive()),
                ("send", session.send()),
                ("time", session.keep_time()),
            )
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            session.lose()
            # The last frames say why, and what was reported is still being entered: each task
            # ends by itself now, unless the peer reads nothing.
            await asyncio.wait(tasks[1:2], timeout=GOODBYE_S)
            await self._hang_up(twin)
            await asyncio.wait(tasks, timeout=GOODBYE_S)
            for task in tasks:
                task.cancel()
            for outcome in await asyncio.gather(*tasks, return_exceptions=True):
                self._note_failure(outcome)
            await session.handle_events()
            self._ended.set()

    async def close(self, code: str, text: str) -> None:
        """End the association and the connection, saying why; wait until it is over."""
        if self.session is not None:
            self.session.end(code, text)
        else:
            with suppress(TimeoutError):
                async with asyncio.timeout(GOODBYE_S):
                    await self._socket.close()
        await self._ended.wait()

    async def _hang_up(self, twin: sockets.socket | None) -> None:
        """Close the WebSocket in order, or cut it where the peer does not play along."""
        try:
            async with asyncio.timeout(GOODBYE_S):
                await self._socket.close()
        except (TimeoutError, OSError):
            _log.info("connection_cut", line=self._line.peer, remote=self.remote)
        finally:
            if twin is not None:
                with suppress(OSError):
                    twin.shutdown(sockets.SHUT_RDWR)
                twin.close()

    def _note_failure(self, outcome: object) -> None:
        if isinstance(outcome, HotlineError | ConnectionError):
            _log.info("connection_failed", line=self._line.peer, error=str(outcome))
        elif isinstance(outcome, Exception):
            _log.error("connection_failed", line=self._line.peer, exc_info=outcome)


def _twin(socket: Socket) -> sockets.socket | None:
    """Return a second handle on the connection, by which it can be cut whatever waits in it.

    Closing in order waits for a peer that may never read again. The handle is a duplicate, so
    its number cannot have come to mean another connection meanwhile.
    """
    raw = socket.get_extra_info("socket")
    if raw is None or raw.fileno() < 0:
        return None
    return sockets.socket(fileno=os.dup(raw.fileno()))
