"""What lies on a crew's desk, each message with a name that it has in every run."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from hotline.api.client import Client
from hotline.api.schema import AlarmView, MessageView
from hotline.model.times import SECOND_US, format_time, time_or_none

MOST = 1000
"""Messages that are looked at each way, the newest."""


OVERLAP_US = 2 * SECOND_US
"""So much of what was seen before is seen again."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The desk at one moment, oldest first; of a glance only what came last, and alarms."""

    incoming: list[MessageView]
    outgoing: list[MessageView]
    alarms: list[AlarmView]
    down: frozenset[str]


class Desk:
    """Asks the node, and names what it finds: nothing from before ``since_us`` of its clock."""

    def __init__(self, client: Client, since_us: int = 0) -> None:
        self._client = client
        self._since_us = since_us
        self._newest_us = 0
        self._ordinals: dict[str, int] = {}
        self._counted: dict[tuple[str, str], int] = defaultdict(int)

    async def look(self) -> Seen:
        """Return what lies there now. Raises what the client raises."""
        since = format_time(self._since_us) if self._since_us else None
        incoming = (await self._client.messages(direction="in", since=since, limit=MOST)).messages
        outgoing = (await self._client.messages(direction="out", since=since, limit=MOST)).messages
        alarms = (await self._client.alarms()).alarms
        lines = (await self._client.status()).lines
        found = sorted(incoming, key=lambda view: view.entry)
        self._count(found)
        self._newest_us = _entered_us(found)
        return Seen(
            found,
            sorted(outgoing, key=lambda view: view.entry),
            alarms,
            frozenset(line.peer for line in lines if not line.up),
        )

    async def glance(self) -> Seen:
        """Return only what came since the last look, and the alarms: a flood is looked at often.

        Raises what the client raises.
        """
        since = format_time(max(self._since_us, self._newest_us - OVERLAP_US))
        page = await self._client.messages(direction="in", since=since, limit=MOST)
        found = sorted(page.messages, key=lambda view: view.entry)
        self._count(found)
        self._newest_us = max(self._newest_us, _entered_us(found))
        return Seen(found, [], (await self._client.alarms()).alarms, frozenset())

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


def _entered_us(views: list[MessageView]) -> int:
    """Return when the newest of some messages was entered, by the node's clock; 0 for none."""
    return max((time_or_none(view.entered_at) or 0 for view in views), default=0)
