"""The telephone between two simulated crews, in memory: what is read out is heard at once.

Where nobody simulated sits at the other side, nobody picks up: the caller says so, and a person
reads the text out.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

Listener = Callable[[str], Awaitable[str]]
"""Takes what is read out, ends when it is written down, and returns the words of the answer."""


class Telephone:
    """One telephone line; a centre that is listening has a crew at it."""

    def __init__(self) -> None:
        self._listeners: dict[str, Listener] = {}

    def listen(self, centre: str, listener: Listener) -> None:
        """Let a crew pick up the calls for its centre."""
        self._listeners[centre] = listener

    def hang_up(self, centre: str) -> None:
        """Let nobody pick up at a centre any more."""
        self._listeners.pop(centre, None)

    async def read_out(self, centre: str, text: str) -> str | None:
        """Return the answer of a centre to a text that is read out; None where nobody is there."""
        listener = self._listeners.get(centre)
        return None if listener is None else await listener(text)
