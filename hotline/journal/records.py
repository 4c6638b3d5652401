"""Entries that are not messages: receipts taken, refusals, readings, alarms, anchors.

Their leaves carry 16 random bytes, so that the peer, which mirrors the hashes, cannot guess them.
"""

from __future__ import annotations

import os
from hashlib import sha256
from typing import TYPE_CHECKING

from hotline.errors import UsageError
from hotline.journal.log import LogTree
from hotline.journal.state import LineState
from hotline.trust.merkle import leaf_hash
from hotline.wire.codec import pack
from hotline.wire.leaf import own_leaf

if TYPE_CHECKING:
    from hotline.journal.journal import Journal


def append_record(
    journal: Journal, log: LineState | LogTree, kind: str, payload: bytes, now_us: int
) -> int:
    """Enter one record of ``kind`` with its encoded payload in a log; return its index."""
    salt = os.urandom(16)
    index = log.append(leaf_hash(own_leaf(kind, sha256(payload).digest(), now_us, salt)))
    log_id = log.log if isinstance(log, LineState) else log.id
    journal.execute(
        "INSERT INTO record VALUES (?, ?, ?, ?, ?, ?)",
        (log_id, index, kind, now_us, salt, payload),
    )
    return index


def anchor(journal: Journal, line: LineState, now_us: int) -> int:
    """Enter the node log's newest checkpoint in a line's log, so that the peer witnesses it too.

    The node's log is never empty: it says at least that this line was opened. Raises FencedError.
    """
    journal.seal_node_log()
    return append_record(
        journal, line, "anchor", pack({"checkpoint": journal.node_log.note}), now_us
    )


def read_message(
    journal: Journal, line: LineState, id_: bytes, officer: str, now_us: int
) -> int | None:
    """Record that ``officer`` opened a message; None when that was recorded before."""
    known = journal.execute(
        "SELECT 1 FROM reading WHERE message = ? AND officer = ?", (id_, officer)
    ).fetchone()
    if known:
        return None
    index = append_record(journal, line, "read", pack({"message": id_, "officer": officer}), now_us)
    journal.execute("INSERT INTO reading VALUES (?, ?, ?)", (id_, officer, now_us))
    return index


def raise_alarm(
    journal: Journal, code: str, peer: str, subject: str, text: str, now_us: int
) -> int | None:
    """Latch an alarm and return its id; None while the same one stands, its cause not cleared.

    One whose cause comes back before anybody acknowledged it is raised again, not once more: it
    must not look cleared, nor vanish with the acknowledgement while its cause is there.
    """
    standing = journal.execute(
        "SELECT id, cleared_us FROM alarm WHERE code = ? AND peer = ? AND subject = ?"
        " AND (acknowledged_us IS NULL OR cleared_us IS NULL)",
        (code, peer, subject),
    ).fetchone()
    if standing is None:
        id_ = journal.execute(
            "INSERT INTO alarm(code, peer, subject, text, raised_us) VALUES (?, ?, ?, ?, ?)",
            (code, peer, subject, text, now_us),
        ).lastrowid
    elif standing[1] is None:
        return None
    else:
        id_ = standing[0]
        journal.execute(
            "UPDATE alarm SET text = ?, raised_us = ?, cleared_us = NULL WHERE id = ?",
            (text, now_us, id_),
        )
    payload = {"alarm": id_, "code": code, "peer": peer, "subject": subject, "text": text}
    append_record(journal, journal.node_log, "alarm-raised", pack(payload), now_us)
    return id_


def clear_alarms(journal: Journal, code: str, peer: str, subject: str, now_us: int) -> list[int]:
    """Record that a cause is gone; the alarm stays latched until it is acknowledged."""
    ids = [
        row[0]
        for row in journal.execute(
            "SELECT id FROM alarm WHERE code = ? AND peer = ? AND subject = ?"
            " AND cleared_us IS NULL",
            (code, peer, subject),
        )
    ]
    for id_ in ids:
        append_record(journal, journal.node_log, "alarm-cleared", pack({"alarm": id_}), now_us)
        journal.execute("UPDATE alarm SET cleared_us = ? WHERE id = ?", (now_us, id_))
    return ids


def acknowledge_alarm(journal: Journal, id_: int, officer: str, now_us: int) -> None:
    """Record who took notice of an alarm. Raises UsageError for an unknown or settled one."""
    row = journal.execute("SELECT acknowledged_by FROM alarm WHERE id = ?", (id_,)).fetchone()
    if row is None:
        raise UsageError(
            "alarm.unknown", f"there is no alarm {id_}", "see `hotline status` for the open ones"
        )
    if row[0] is not None:
        raise UsageError(
            "alarm.already-acknowledged",
            f"alarm {id_} was acknowledged by {row[0]}",
            "nothing is left to do",
        )
    append_record(
        journal,
        journal.node_log,
        "alarm-acknowledged",
        pack({"alarm": id_, "officer": officer}),
        now_us,
    )
    journal.execute(
        "UPDATE alarm SET acknowledged_us = ?, acknowledged_by = ? WHERE id = ?",
        (now_us, officer, id_),
    )
