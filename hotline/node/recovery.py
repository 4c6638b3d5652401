"""Recovering a stopped node that was rolled back; see ``hotline.journal.recovery``."""

from __future__ import annotations

from functools import partial

from hotline.journal.recovery import Recovered, recover
from hotline.node.clock import Clock
from hotline.node.config import NodeConfig
from hotline.node.keyring import Keyring
from hotline.node.opening import open_journal


def recover_node(config: NodeConfig, keyring: Keyring, officer: str) -> Recovered:
    """Open new logs for a fenced node whose letters name a new epoch.

    Raises JournalError (the node is running), UsageError (not fenced), ConfigError (old epoch).
    """
    clock = Clock()
    journal = open_journal(config, keyring, clock)
    try:
        action = partial(recover, officer=officer, now_us=clock.wall_us())
        results, _, _ = journal.transact([action], {}, clock.wall_us)
    finally:
        journal.close()
    if isinstance(results[0], Exception):
        raise results[0]
    recovered: Recovered = results[0]
    return recovered
