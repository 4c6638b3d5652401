"""The end of a node's run: a last checkpoint over everything, so that a stopped record is whole.

Without it the newest entries of a stopped node would bear no signature until it runs again: its
own log would end with the last line check, and an export or an evidence file could not hold them.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from hotline.journal.records import anchor, append_record
from hotline.wire.codec import pack

if TYPE_CHECKING:
    from hotline.journal.journal import Journal


def close_logs(journal: Journal, held: Collection[str], now_us: int) -> None:
    """Enter that the node stopped, and seal its logs: its own, by an anchor, then every line's.

    The peers are told at the next association, as of any other checkpoint update. ``held`` are the
    peers on whose lines nothing may be signed; a fenced node signs nothing at all.
    """
    append_record(journal, journal.node_log, "node", pack({"state": "stopped"}), now_us)
    if journal.signer.fence is not None:
        return
    for peer, line in journal.lines.items():
        if peer not in held:
            anchor(journal, line, now_us)
            line.seal_wanted = True
