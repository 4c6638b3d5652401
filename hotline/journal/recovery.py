"""The way out of the fence: new logs, agreed by both sides, beside the old ones.

A node that was rolled back has signed more than it remembers, so it must never continue those
logs. Both centres agree on a letter with the next epoch; the fenced node then opens new logs
under new names, and says in the first entry of its own log what became of the old ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hotline.errors import ConfigError, UsageError
from hotline.journal.access import end_all_sessions
from hotline.journal.opening import enter_opened
from hotline.journal.records import append_record
from hotline.journal.state import OUT, load_or_create_log
from hotline.trust.names import node_log_origin
from hotline.wire.codec import pack

if TYPE_CHECKING:
    from hotline.journal.journal import Journal


@dataclass(frozen=True, slots=True)
class Recovered:
    """What a recovery did: the fence that it lifted, and the messages that were never receipted.

    ``undelivered`` holds (peer, reference or id) of messages of closed epochs; whether the peer
    has them is not known here, so they have to be said again or compared by voice.
    """

    fence: str
    node_log: str
    undelivered: tuple[tuple[str, str], ...]


def recover(journal: Journal, officer: str, now_us: int) -> Recovered:
    """Open new logs after a rollback; to be run in a transaction, by a node that is stopped.

    Raises UsageError when the node is not fenced, ConfigError while a letter still names an
    epoch whose log has entries.
    """
    fence = journal.signer.fence
    if fence is None:
        raise UsageError(
            "journal.not-fenced", "this node is not fenced", "nothing has to be recovered"
        )
    stale = [line for line in journal.lines.values() if line.own.size or line.mirror.size]
    if stale:
        line = stale[0]
        raise ConfigError(
            "journal.epoch-not-renewed",
            f"the letter with {line.peer} still names epoch {line.epoch}, whose log is in use",
            f"agree with {line.peer} on a letter with epoch {line.epoch + 1}, put it in place on"
            " both sides, then run `hotline recover` again",
        )
    closed = [
        {"origin": origin, "size": size}
        for origin, size in journal.execute(
            "SELECT origin, size FROM log WHERE own AND size > 0 ORDER BY id"
        )
    ]
    generation = int(journal.meta("generation") or "1") + 1
    origin = node_log_origin(journal.status, journal.centre, generation)
    journal.node_log = load_or_create_log(journal.connection, origin, own=True)
    journal.set_meta("generation", str(generation))
    what = {"officer": officer, "fence": fence, "closed": closed}
    append_record(journal, journal.node_log, "recovered", pack(what), now_us)
    enter_opened(journal, now_us)
    end_all_sessions(journal, "recovered", now_us)
    journal.execute("DELETE FROM meta WHERE key = 'fence'")
    journal.signer.fence = None
    return Recovered(fence, origin, undelivered(journal))


def undelivered(journal: Journal) -> tuple[tuple[str, str], ...]:
    """Return (peer, reference or id) of unreceipted messages of epochs that are closed."""
    current = [line.log for line in journal.lines.values()]
    rows = journal.execute(
        "SELECT l.peer, coalesce(m.reference, substr(hex(m.id), 1, 12)) FROM stream s"
        " JOIN line l ON l.log = s.log JOIN envelope e ON e.log = s.log"
        " AND e.direction = s.direction AND e.stream = s.stream AND e.first_seq > s.receipted"
        " JOIN message m ON m.log = e.log AND m.idx >= e.first_idx"
        " AND m.idx < e.first_idx + e.count"
        f" WHERE s.direction = ? AND s.log NOT IN ({','.join('?' * len(current))})"
        " ORDER BY m.time_us",
        (OUT, *current),
    )
    return tuple((peer, name) for peer, name in rows)
