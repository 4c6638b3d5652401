"""What a comparison notes down while it goes on: differences and open items, both bounded.

A hostile record can differ in a million places. The first ones are listed, the others counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hotline.audit.reconcile.findings import (
    Difference,
    EntryRef,
    Open,
    Reconciliation,
    Remark,
    SideName,
)
from hotline.audit.reconcile.tables import Tables

MAX_DIFFERENCES = 1000
"""Differences that are listed."""
MAX_EACH = 100
"""Of one code, as long as others have not filled the list: many of one must not hide another."""

OTHER: Mapping[SideName, SideName] = {"a": "b", "b": "a"}


class Account:
    """Notes differences and open items; ``write`` puts them into a reconciliation."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._listed: list[Difference] = []
        self._more: list[Difference] = []
        self._counts: dict[str, int] = {}
        self._left_out = 0
        self._open: dict[tuple[SideName, str], tuple[int, EntryRef | None]] = {}
        self.remarks: list[Remark] = []

    def differ(
        self,
        code: str,
        text: str,
        refs: Mapping[SideName, EntryRef] | None = None,
        proof: Sequence[bytes] = (),
    ) -> None:
        """Note one difference, with the entries of the sides that have one."""
        refs = refs or {}
        self._tables.mark_different(
            [ref.message for ref in refs.values() if ref.message is not None]
        )
        found = Difference(code, text, refs.get("a"), refs.get("b"), tuple(proof))
        count = self._counts[code] = self._counts.get(code, 0) + 1
        if count <= MAX_EACH:
            self._listed.append(found)
        elif len(self._more) < MAX_DIFFERENCES:
            self._more.append(found)
        else:
            self._left_out += 1

    def leave_open(self, side: SideName, text: str, ref: EntryRef | None, entries: int = 1) -> None:
        """Count entries of a side that cannot be compared yet, under why; keep the first."""
        count, first = self._open.get((side, text), (0, ref))
        self._open[side, text] = (count + entries, first)

    def remark(self, code: str, text: str) -> None:
        """Note something that is no difference, once."""
        found = Remark(code, text)
        if found not in self.remarks:
            self.remarks.append(found)

    def write(self, into: Reconciliation) -> None:
        """Write everything down."""
        found = self._listed + self._more
        into.differences = found[:MAX_DIFFERENCES]
        into.differences_left_out = self._left_out + max(0, len(found) - MAX_DIFFERENCES)
        into.open = [
            Open(text, side, entries, first)
            for (side, text), (entries, first) in self._open.items()
        ]
        into.remarks = self.remarks
