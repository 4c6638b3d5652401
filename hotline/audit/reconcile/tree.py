"""The tree over one side's log, as its owner's record has it, and what the owner signed of it."""

from __future__ import annotations

from hotline.audit.reconcile.loading import Loaded
from hotline.audit.reconcile.records import LineState
from hotline.errors import HotlineError
from hotline.trust.card import Card
from hotline.trust.checkpoint import Checkpoint, open_checkpoint
from hotline.trust.merkle import Frontier


class Tree:
    """The tree over a side's entries, grown to one size after the other."""

    def __init__(self, owner: Loaded, epoch: int) -> None:
        self._leaves = owner.tables.leaves(owner.name, epoch)
        self._frontier = Frontier()
        # As far as entries follow each other; beyond a gap there is no tree.
        self.end = min(owner.size(epoch), owner.sound.get(epoch, 0))

    @property
    def size(self) -> int:
        """How many entries it has been grown over."""
        return self._frontier.size

    def root_at(self, size: int) -> bytes:
        """Return the root over the first ``size`` entries; sizes may not shrink."""
        missing = size - self._frontier.size
        if missing > 0:
            self._frontier.extend(
                hashed for _, (_, hashed) in zip(range(missing), self._leaves, strict=False)
            )
        return self._frontier.root()


def signed_state(line: LineState, card: Card) -> Checkpoint | None:
    """Return the newest checkpoint in a record of its own log, where the owner signed it."""
    if not line.note:
        return None
    try:
        return open_checkpoint(line.note, line.origin, card.log)
    except HotlineError:
        return None
