"""One centre's logs as they grow, read through its API until play is over."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from hotline.api.client import Client
from hotline.api.schema import EntryView, Status
from hotline.errors import HotlineError
from hotline.exercise.judging.course import SECOND_US
from hotline.model.times import format_time

POLL_S = 1.0
"""At least so often a log is read, in real seconds; an event of the node has it read at once."""
LEAST_S = 0.05
"""A flood is read in pages, not entry by entry."""
PAGE = 500
SLACK_US = 2 * SECOND_US


class Follower:
    """Hands every entry of a centre's logs to ``saw``, in the order of each log.

    A node that is away is asked again until it is back: what it entered meanwhile is read then.
    """

    def __init__(
        self,
        centre: str,
        client: Client,
        saw: Callable[[str, EntryView], None],
        wall_us: Callable[[], int],
    ) -> None:
        self.centre = centre
        self.status: Status | None = None
        """The node at a glance, as it was told last."""
        self.gone: HotlineError | None = None
        """Why the node cannot be asked; None while it answers."""
        self.seen_us = 0
        """The moment, by the director's clock, until which everything was read."""
        self.changed: Callable[[Follower], None] = lambda _: None
        """Told when the node goes, or is back."""
        self._client = client
        self._saw = saw
        self._wall_us = wall_us
        self._after = ""
        self._since: str | None = None
        self._wake = asyncio.Event()

    def begin(self, since_us: int) -> None:
        """Read from a moment on, by the node's own clock."""
        self._after = "0"
        self._since = format_time(max(since_us - SLACK_US, 0))

    async def look(self) -> None:
        """Read the state of each line as it stood at the beginning: its newest entry about that."""
        page = await self._client.log(kind="association", limit=20)
        for entry in reversed(page.entries):
            self._saw(self.centre, entry)

    async def follow(self) -> None:
        """Read on until cancelled."""
        listening = asyncio.create_task(self._listen())
        try:
            while True:
                self._wake.clear()
                await self.drain()
                # Not `wait_for`: that swallows a cancellation which comes with the result.
                with suppress(TimeoutError):
                    async with asyncio.timeout(POLL_S):
                        await self._wake.wait()
                await asyncio.sleep(LEAST_S)
        finally:
            listening.cancel()
            with suppress(asyncio.CancelledError):
                await listening

    async def drain(self) -> None:
        """Read all that is there now, and the node's state; a node that is away is no error."""
        try:
            while True:
                now_us = self._wall_us()
                page = await self._client.log(after=self._after, since=self._since, limit=PAGE)
                for entry in page.entries:
                    self._saw(self.centre, entry)
                self._after = page.after or self._after
                if not page.more:
                    break
            self.status = await self._client.status()
            self.seen_us = now_us
            self._is_gone(None)
        except HotlineError as error:
            self._is_gone(error)

    async def _listen(self) -> None:
        while True:
            with suppress(HotlineError):
                async for _ in self._client.events():
                    self._wake.set()
            await asyncio.sleep(POLL_S)

    def _is_gone(self, error: HotlineError | None) -> None:
        was, self.gone = self.gone, error
        if (was is None) is not (error is None):
            self.changed(self)


async def log_sizes(client: Client, peer: str) -> dict[str, int]:
    """Return the number of entries of the node's logs by origin. Raises what the client raises."""
    sizes: dict[str, int] = {}
    for log in ("node", peer):
        page = await client.log(log=log, limit=1)
        for entry in page.entries:
            sizes[entry.log] = max(sizes.get(entry.log, 0), entry.entry + 1)
    return sizes
