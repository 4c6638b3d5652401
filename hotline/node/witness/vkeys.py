"""What a witness has to be given before it takes a node's logs: the vkey of each (type 0x01)."""

from __future__ import annotations

from contextlib import closing

from hotline.journal.journal import JOURNAL_FILE
from hotline.journal.schema import connect, create_or_check
from hotline.node.config import NodeConfig
from hotline.trust.card import Card
from hotline.trust.names import line_log_origin, node_log_origin
from hotline.trust.notes import NoteKey


def log_vkeys(config: NodeConfig, card: Card) -> tuple[str, ...]:
    """Return the vkeys of the logs that a node writes: one a line, then that of its own affairs.

    ``card`` is the centre's own. Epochs are those of the letters, so they can be had before a new
    one begins, or the node has ever run. Raises JournalError when there is a journal that cannot
    be read, or is another centre's.
    """
    origins = [
        line_log_origin(config.status, config.centre, line.peer, line.letter.epoch)
        for line in config.lines
    ]
    origins.append(node_log_origin(config.status, config.centre, _generation(config)))
    return tuple(NoteKey(origin, card.log).vkey() for origin in origins)


def _generation(config: NodeConfig) -> int:
    """Return which of its own logs the node writes: each recovery begins another."""
    path = config.data / JOURNAL_FILE
    if not path.is_file():
        return 1
    with closing(connect(path, writable=False)) as connection:
        create_or_check(connection, {"centre": config.centre, "status": str(config.status)})
        row = connection.execute("SELECT value FROM meta WHERE key = 'generation'").fetchone()
    return int(row[0]) if row else 1
