"""What lies on a crew's desk, each message with a name that it has in every run."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from hotline.api.client import Client
from hotline.api.schema import AlarmView, MessageView

MOST = 1000
"""Messages that are looked at each way, the newest."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The desk at one moment. ``incoming`` and ``outgoing`` are oldest first."""

    incoming: list[MessageView]
    outgoing: list[MessageView]
    alarms: list[AlarmView]
    down: frozenset[str]


class Desk:
    """Asks the node, and names what it finds."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._ordinals: dict[str, int] = {}
        self._counted: dict[tuple[str, str], int] = defaultdict(int)

    async def look(self) -> Seen:
        """Return what lies there now. Raises what the client raises."""
        incoming = (await self._client.messages(direction="in", limit=MOST)).messages
        outgoing = (await self._client.messages(direction="out", limit=MOST)).messages
        alarms = (await self._client.alarms()).alarms
        lines = (await self._client.status()).lines
        found = sorted(incoming, key=lambda view: view.entry)
        self._count(found)
        return Seen(
            found,
            sorted(outgoing, key=lambda view: view.entry),
            alarms,
            frozenset(line.peer for line in lines if not line.up),
        )

    def key_of(self, view: MessageView) -> str:
        """Return a message's name in every run of a scenario with the same seed.

        About a notice: kind, reference, number. Else its kind and precedence, and which one of
        these it is.
        """
        if view.reference and view.kind != "reply":
            number = (view.message or {}).get("number", 0)
            return f"{view.kind}/{view.reference}/{number}"
        if view.id not in self._ordinals:
            self._count([view])
        return f"{view.kind}/{view.precedence}/{self._ordinals[view.id]}"

    def _count(self, views: list[MessageView]) -> None:
        # Within a stream messages keep their order, whatever the timing: `seq` counts them.
        for view in sorted(views, key=lambda one: (one.precedence, one.seq)):
            if view.id not in self._ordinals:
                self._counted[view.kind, view.precedence] += 1
                self._ordinals[view.id] = self._counted[view.kind, view.precedence]
