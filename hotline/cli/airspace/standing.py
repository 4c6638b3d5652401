"""What stands at a node, with the words that said so: what a bridge keeps on others' maps."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from hotline.api.airspace_shapes import ActivityView
from hotline.api.client import Client
from hotline.api.routes import MAX_LIMIT
from hotline.api.schema import MessageView
from hotline.cli.airspace.sources import OUTSIDE, outside_of
from hotline.cli.asking import answering
from hotline.errors import UsageError
from hotline.model.lifecycle import IN_FORCE
from hotline.model.volume import Volume4D

Said = Callable[[str], None]
Name = tuple[str, str, str]
"""What tells a notice from all others: line, side, and the reference, or what stands for it."""


@dataclass(frozen=True, slots=True)
class Stands:
    """A notice that is planned or flies: the message with its content, and where it is in its life.

    ``name`` tells it from every other one of its centre; it is the reference, unless it stands
    beside another notice of that reference. ``outside`` is where it was last said to be instead;
    ``alone`` is whether nothing but the message itself may say so.
    """

    view: MessageView
    state: str
    name: str
    outside: tuple[Volume4D, ...] = ()
    alone: bool = False


class Standing:
    """Looks at a node again and again; ``say`` is told, once, of what it does not get to see."""

    def __init__(self, peers: Iterable[str], say: Said) -> None:
        self._peers = [*peers]
        self._say = say
        self._known: dict[Name, Stands] = {}
        self._said_more = False

    async def look(self, client: Client) -> list[Stands]:
        """Return all that stands now. Raises HotlineError."""
        found: dict[Name, Stands] = {}
        whole = True
        async with answering(client):
            for peer in self._peers:
                page = await client.airspace(line=peer, limit=MAX_LIMIT)
                whole = whole and page.whole and not page.more
                for activity in page.activities:
                    stands = await self._stands(client, activity)
                    found[activity.line, activity.direction, stands.name] = stands
                if page.more and not self._said_more:
                    self._said_more = True
                    text = f"{page.count} notices stand on the line with {peer}, and"
                    self._say(f"{text} {MAX_LIMIT} of them are shown [bridge.many-notices]")
            if not whole:
                found |= await self._still(client, found.keys())
        self._known = found
        return [*found.values()]

    async def _stands(self, client: Client, activity: ActivityView) -> Stands:
        """Return a notice with its words, which are asked for when they are new."""
        beside = f" ({activity.id[:8]})" if activity.beside else ""
        name = f"{activity.reference}{beside}"
        known = self._known.get((activity.line, activity.direction, name))
        if known is not None and known.view.id == activity.id and activity.state not in OUTSIDE:
            return Stands(known.view, activity.state, name, alone=activity.beside)
        thread = await client.message(activity.id)
        outside = () if activity.beside else outside_of(thread, activity.state, activity.direction)
        return Stands(thread.message, activity.state, name, outside, activity.beside)

    async def _still(self, client: Client, seen: Iterable[Name]) -> dict[Name, Stands]:
        """Return what was there and has not ended, though the picture has it not, or not yet."""
        still: dict[Name, Stands] = {}
        for name in self._known.keys() - set(seen):
            stands = self._known[name]
            try:
                life = (await client.message(stands.view.id)).message.life
            except UsageError:  # it belongs to an epoch that this node holds no more
                continue
            if life in IN_FORCE:
                still[name] = stands
        return still
