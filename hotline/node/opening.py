"""Opening a node's journal with its keys, for the node itself and for what is done while it rests.

Only one process at a time can have it open.
"""

from __future__ import annotations

from hotline.journal.journal import MAX_GROUP, Journal
from hotline.journal.signer import Signer
from hotline.node.clock import Clock
from hotline.node.config import NodeConfig
from hotline.node.keyring import Keyring


def open_journal(
    config: NodeConfig, keyring: Keyring, clock: Clock, *, group_limit: int = MAX_GROUP
) -> Journal:
    """Open the journal that a configuration names, to be written; the caller closes it.

    Raises JournalError (``journal.in-use``: another process has it open), ConfigError when the
    letters do not fit what is in it, KeysError when the keys are of another status.
    """
    signer = Signer(
        status=config.status, signing=keyring.signing, log=keyring.log, witness=keyring.witness
    )
    return Journal(
        config.data,
        centre=config.centre,
        status=config.status,
        lines={line.peer: line.letter.epoch for line in config.lines},
        exercises={line.peer: line.letter.exercise for line in config.lines},
        signer=signer,
        group_limit=group_limit,
        clock_us=clock.wall_us,
    )
