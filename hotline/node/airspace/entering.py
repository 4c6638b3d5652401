"""Which relations are entered: whoever revises a notice does not decide how the log grows.

One small message can change hundreds of relations, and each record of one is some 500 octets that
are kept for good. So of one message, and in a minute, only so many that begin or change are
entered, the gravest first; how many are left out stands in a record (docs/spec/log.md, section
2.1). The end of what was entered is always entered, so that nothing in the log seems to stand for
ever.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

import msgspec

from hotline.node.airspace.findings import GRAVITY, Found, Pair, related
from hotline.wire.records import Related

MOST_OF_ONE: Final = 50
"""Relations that are entered as begun or changed by one message."""
MOST_A_MINUTE: Final = 600
"""Relations of one line that are entered so in one minute."""
MINUTE_S: Final = 60.0


class Entering:
    """Chooses what is entered of what is found on one line."""

    def __init__(self) -> None:
        self._entered: set[Pair] = set()
        self._minute_s = -MINUTE_S
        self._in_minute = 0
        # How many were entered in this minute, by the message that brought them about.
        self._by_cause: Counter[bytes] = Counter()
        self._left_out = 0

    def loaded(self, pairs: set[Pair]) -> None:
        """Take over which relations the log says to stand."""
        self._entered |= pairs

    def choose(self, found: Sequence[Found], now_s: float) -> tuple[Related, ...]:
        """Return the records to enter of what was found; ``now_s`` is of a clock that only goes on.

        The last one says how many others were left out, since it was said last.
        """
        if now_s - self._minute_s >= MINUTE_S:
            self._minute_s, self._in_minute = now_s, 0
            self._by_cause.clear()
        chosen = []
        for one in sorted(found, key=self._rank):
            if one.relation.clear:
                if one.pair in self._entered:
                    self._entered.remove(one.pair)
                    chosen.append(related(one))
            elif self._takes(one.cause.id):
                self._entered.add(one.pair)
                chosen.append(related(one))
            else:
                self._left_out += 1
        if chosen and self._left_out:
            text = f"{chosen[-1].text}; and {self._left_out} more begun or changed, not entered"
            chosen[-1] = msgspec.structs.replace(chosen[-1], text=text)
            self._left_out = 0
        return tuple(chosen)

    def _rank(self, found: Found) -> tuple[int, bool]:
        """Put the gravest first, and what the log knows of before what is new to it."""
        return GRAVITY[found.relation.kind], found.pair not in self._entered

    def _takes(self, cause: bytes | None) -> bool:
        """Count one more relation that a message brought about; say whether it is entered."""
        if self._in_minute >= MOST_A_MINUTE:
            return False
        if cause is not None:
            if self._by_cause[cause] >= MOST_OF_ONE:
                return False
            self._by_cause[cause] += 1
        self._in_minute += 1
        return True
