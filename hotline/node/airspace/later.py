"""Messages that were taken before they were compared, until it is entered what they mean.

Such a message is flagged `airspace.compared-later`, and that flag is bound with it. As soon as its
notice has been compared with all there is, a ``compared`` record says what it was found to be: the
flags that it would have had besides (docs/spec/log.md, section 2.4).
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from hotline.airspace.activity import Key, name_beside
from hotline.airspace.stumbling import Stumble, unheard
from hotline.journal.compared import LATER
from hotline.node.airspace.compared import Compared
from hotline.node.airspace.findings import Cause, Found, flags_of
from hotline.node.airspace.remarks import crowded, stumbled
from hotline.node.airspace.standing import Standing
from hotline.wire.records import ComparedLater, Flag

LATER_FLAG: Final = Flag(
    LATER, "not compared with every notice yet; what is found is told as soon as it is"
)
MOST_AT_ONCE: Final = 50
"""Messages that are settled in one transaction."""


@dataclass(slots=True, eq=False)
class _Open:
    """A message that is not settled: its notice, and what it was flagged with when it came.

    ``content`` is whether it is a notice or revision, which stands until another one comes.
    ``ended`` are the relations that it ended, found since.
    """

    centre: str
    reference: str
    content: bool
    flags: frozenset[Flag]
    ended: list[Found] = field(default_factory=list)


class Later:
    """What waits to be settled on one line; ``stumble`` is told of faults of this program."""

    def __init__(self, compared: Compared, stumble: Stumble = unheard) -> None:
        self._compared = compared
        self._stumble = stumble
        # Ordered, since the oldest of a plain dictionary takes ever longer to find.
        self._open: OrderedDict[bytes, _Open] = OrderedDict()
        # Flags of messages of an earlier run of which the reference is not known yet.
        self._unknown: dict[bytes, tuple[Flag, ...]] = {}

    def __len__(self) -> int:
        return len(self._open)

    def wait(
        self, id_: bytes, centre: str, reference: str, flags: Iterable[Flag], *, content: bool
    ) -> None:
        """Note that a message is flagged so, with all its flags."""
        self._open[id_] = _Open(centre, reference, content, frozenset(flags))

    def remarked(self, flags: Mapping[bytes, tuple[Flag, ...]]) -> None:
        """Note messages that an earlier run has flagged so and not settled."""
        self._unknown |= {id_: its for id_, its in flags.items() if id_ not in self._open}

    def said(self, id_: bytes, centre: str, reference: str, *, content: bool) -> None:
        """Note what a message is about; nothing, if it does not wait."""
        flags = self._unknown.pop(id_, None)
        if flags is not None:
            self.wait(id_, centre, reference, flags, content=content)

    def found(self, found: Iterable[Found]) -> None:
        """Note which relations a message that waits has ended."""
        for one in found:
            if one.relation.clear and one.cause.id is not None:
                waiting = self._open.get(one.cause.id)
                if waiting is not None:
                    waiting.ended.append(one)

    def settle(self, deadline: float) -> list[ComparedLater]:
        """Return what is to be entered of messages that are compared by now, the oldest first.

        Each is looked at once, until a moment of ``time.perf_counter``.
        """
        settled: list[ComparedLater] = []
        for _ in range(len(self._open)):
            id_, one = self._open.popitem(last=False)
            standing = self._standing(one, id_)
            if standing is not None and self._compared.waits(standing.key):
                self._open[id_] = one
            else:
                try:
                    settled.append(self._settled(id_, one, standing))
                except Exception as error:  # a defect of ours must not keep all others open
                    self._stumble(one.reference, error)
                    settled.append(ComparedLater(id_, True, (stumbled("message"),)))
            if len(settled) >= MOST_AT_ONCE or time.perf_counter() > deadline:
                break
        return settled

    def _standing(self, one: _Open, id_: bytes) -> Standing | None:
        """Return the notice that a message is about, or that it announced beside it."""
        for name in (name_beside(one.reference, id_), one.reference):
            standing = self._compared.current.get(Key(one.centre, name))
            if standing is not None:
                return standing
        return None

    def _settled(self, id_: bytes, one: _Open, standing: Standing | None) -> ComparedLater:
        stood = not one.content or (standing is not None and standing.id == id_)
        found = [*one.ended]
        flags: list[Flag] = []
        if standing is not None and stood:
            cause = Cause("comparison")
            relations = self._compared.relations_of(standing.key)
            found += (Found(relation, None, b"", b"", cause) for relation in relations)
            flags = flags_of(found, standing.key)
            if more := self._compared.crowded(standing.key):
                flags.append(crowded(more))
        elif found:
            flags = flags_of(found, found[0].relation.other)
        return ComparedLater(id_, stood, tuple(flag for flag in flags if flag not in one.flags))
