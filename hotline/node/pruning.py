"""Taking an archived epoch out of a stopped node's journal; see ``hotline.journal.prune``."""

from __future__ import annotations

import sqlite3

import msgspec

from hotline.audit.keep.archive import Segment
from hotline.journal.journal import Journal
from hotline.journal.prune import Unsettled, prune
from hotline.node.clock import Clock
from hotline.node.config import NodeConfig
from hotline.node.keyring import Keyring
from hotline.node.opening import open_journal


def prune_node(
    config: NodeConfig,
    keyring: Keyring,
    segment: Segment,
    officer: str,
    *,
    leave_unsettled: bool = False,
) -> tuple[bool, Unsettled]:
    """Take a verified segment's epoch out of a stopped node's journal, and give the space back.

    Returns whether the file has become smaller, which needs as much room as what is left and can
    wait, and what was left unsettled as ``leave_unsettled`` allows. Raises JournalError
    (``journal.in-use``: the node is running), and as ``prune`` does.
    """
    clock = Clock()
    journal = open_journal(config, keyring, clock)
    try:
        ends = msgspec.structs.replace(segment.ends, officer=officer)
        results, _, _ = journal.transact(
            [
                lambda open_: prune(
                    open_,
                    segment.peer,
                    segment.epoch,
                    ends,
                    clock.wall_us(),
                    leave_unsettled=leave_unsettled,
                )
            ],
            {},
            clock.wall_us,
        )
        if isinstance(results[0], Exception):
            raise results[0]
        return _compact(journal), results[0]
    finally:
        journal.close()


def _compact(journal: Journal) -> bool:
    try:
        journal.execute("VACUUM")
        journal.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    except sqlite3.Error:
        return False
    return True
