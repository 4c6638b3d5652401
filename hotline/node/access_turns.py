"""Whose password is looked at next: few at a time, since each takes much memory and time.

Strangers wait in a short line of their own, one of each name at a time and few from one place.
Whoever comes by a device that is known has another, so that no flood of strangers keeps him out.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from hotline.errors import UsageError

MOST_WAITING: Final = 8
"""So many wait in one line; a further one is told to come again."""
MOST_FROM_A_PLACE: Final = 2
"""So many of them from one address, where that tells places apart."""
EACH_S: Final = 0.5
"""About how long one takes, for whoever is told when to come again."""


class Turns:
    """Two lines, strangers and who is known; everything here belongs to the event loop."""

    def __init__(self) -> None:
        self._going = {known: asyncio.Semaphore(1) for known in (False, True)}
        self._waiting: Counter[object] = Counter()
        self._names: dict[tuple[bool, str], asyncio.Lock] = {}

    @asynccontextmanager
    async def of(self, name: str, place: str, *, known: bool) -> AsyncIterator[None]:
        """Wait for a turn, and have it. Raises UsageError (``access.busy``).

        ``name`` is a `hotline.model.access.name_key`; ``place`` is empty where it tells nothing.
        """
        line, source, key = ("line", known), ("place", place), (known, name)
        if self._waiting[line] >= MOST_WAITING or (
            place and not known and self._waiting[source] >= MOST_FROM_A_PLACE
        ):
            raise self._busy(self._waiting[line])
        places = [line, source, ("name", *key)]
        self._waiting.update(places)
        one_of_a_name = self._names.setdefault(key, asyncio.Lock())
        try:
            async with one_of_a_name, self._going[known]:
                yield
        finally:
            self._waiting.subtract(places)
            if not self._waiting["name", *key]:
                del self._names[key]
            for one in places:
                if not self._waiting[one]:
                    del self._waiting[one]

    @staticmethod
    def _busy(waiting: int) -> UsageError:
        wait_s = 1 + round(waiting * EACH_S)
        return UsageError(
            "access.busy",
            f"too many log in at once; nothing was looked at, and it may go again in {wait_s} s",
            f"wait {wait_s} s, then send it once more",
        )
