"""What really happened, read from both journals: what one sent against what the other has.

Nothing is taken from the nodes' own account of themselves, nor from what the story printed.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from hotline.journal.queries import StoredMessage, messages, records
from hotline.journal.schema import connect
from hotline.wire.codec import unpack

EVERYTHING = 1_000_000


@dataclass(frozen=True, slots=True)
class Side:
    """One journal: what it sent, what it received in the order of its log, when its line was up.

    ``up`` and ``down`` are the moments of these changes, in microseconds since 1970.
    """

    sent: tuple[StoredMessage, ...]
    received: tuple[StoredMessage, ...]
    up: tuple[int, ...]
    down: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Findings:
    """The two journals compared. Latencies are from signing to the receipt verified here.

    ``resent`` were given to the line before it was cut, and came through only after it was
    restored. ``caught`` are all that waited for the restored line; ``caught_ms`` is from the
    moment that the line was up again to the last of their receipts.
    """

    sent: int
    receipts: int
    replies: int
    resent: int
    lost: int
    duplicated: int
    reordered: int
    invented: int
    caught: int
    receipt_p50_ms: float
    receipt_p99_ms: float
    caught_ms: float


def read_side(journal: Path) -> Side:
    """Read one journal; its node may be running."""
    with closing(connect(journal, writable=False)) as connection:
        sent = messages(connection, direction="out", limit=EVERYTHING)
        received = messages(connection, direction="in", limit=EVERYTHING)
        up, down = _changes(connection)
    by_entry = sorted(received, key=lambda message: (message.log, message.index))
    return Side(tuple(sent), tuple(by_entry), tuple(up), tuple(down))


def compare_sides(first: Side, second: Side, cut_us: int) -> Findings:
    """Compare two journals; ``cut_us`` is when the cable went dead, 0 when it never did."""
    ways = ((first, second), (second, first))
    lost = duplicated = reordered = invented = resent = 0
    usual: list[float] = []
    caught: list[StoredMessage] = []
    for sender, receiver in ways:
        ids = Counter(message.id for message in receiver.received)
        sent_ids = {message.id for message in sender.sent}
        lost += sum(id_ not in ids for id_ in sent_ids)
        invented += sum(id_ not in sent_ids for id_ in ids)
        duplicated += sum(count - 1 for count in ids.values())
        reordered += _out_of_order(receiver.received)
        received_us = {message.id: message.time_us for message in receiver.received}
        for message in sender.sent:
            taken_us = message.receipt_taken_us
            back_us = _next(sender.up, cut_us) if cut_us else None
            if back_us is not None and cut_us <= message.created_us < back_us:
                caught.append(message)
                gone_us = _next(sender.down, cut_us)
                handed_over = gone_us is not None and message.created_us < gone_us
                resent += handed_over and received_us.get(message.id, 0) >= back_us
            elif taken_us is not None:
                usual.append((taken_us - message.created_us) / 1000)
    everything = [*first.sent, *second.sent]
    return Findings(
        sent=len(everything),
        receipts=sum(message.receipt_taken_us is not None for message in everything),
        replies=sum(message.kind == "reply" for message in everything),
        resent=resent,
        lost=lost,
        duplicated=duplicated,
        reordered=reordered,
        invented=invented,
        caught=len(caught),
        receipt_p50_ms=quantile(usual, 0.50),
        receipt_p99_ms=quantile(usual, 0.99),
        caught_ms=_delivery_ms(caught, (*first.up, *second.up), cut_us),
    )


def quantile(values: Iterable[float], share: float) -> float:
    """Return the smallest value that at least ``share`` of all do not exceed; 0 of none."""
    ordered = sorted(values)
    if not ordered:
        return 0.0
    rank = max(0, -(-len(ordered) * round(share * 1000) // 1000) - 1)
    return round(ordered[rank], 3)


def _changes(connection: sqlite3.Connection) -> tuple[list[int], list[int]]:
    up: list[int] = []
    down: list[int] = []
    for record in records(connection, kinds=("association",), limit=EVERYTHING):
        what = unpack(record.payload)
        if isinstance(what, dict):
            (up if what.get("state") == "up" else down).append(record.time_us)
    return sorted(up), sorted(down)


def _next(moments: Iterable[int], after_us: int) -> int | None:
    return min((moment for moment in moments if moment >= after_us), default=None)


def _out_of_order(received: Iterable[StoredMessage]) -> int:
    """Count messages that came after a later one of their own stream."""
    last: Counter[tuple[int, int]] = Counter()
    count = 0
    for message in received:
        stream = (message.log, message.stream)
        count += message.seq <= last[stream]
        last[stream] = max(last[stream], message.seq)
    return count


def _delivery_ms(caught: list[StoredMessage], up: tuple[int, ...], cut_us: int) -> float:
    taken = [m.receipt_taken_us for m in caught if m.receipt_taken_us is not None]
    back_us = _next(up, cut_us)
    if not taken or back_us is None:
        return 0.0
    return round(max(0, max(taken) - back_us) / 1000, 3)
