"""Logs by the short names that stay good for ever, and names of files that bear their mark."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from hotline.audit.entries import Log
from hotline.errors import UsageError
from hotline.model.times import shorten

NODE: Final = "node"
MIRROR: Final = "mirror"
MAX_STEM: Final = 120
_ODD = re.compile(r"[^A-Za-z0-9]+")


def log_name(log: Log) -> str:
    """Return a log's name: ``PEER.EPOCH``, ``PEER.EPOCH.mirror`` or ``node.GENERATION``.

    No centre's id has a point in it, or is ``node`` (``docs/spec/letter.md``).
    """
    if log.peer is None:
        return f"{NODE}.{log.origin.rpartition('/')[2]}"
    return f"{log.peer}.{log.epoch}{'' if log.own else f'.{MIRROR}'}"


def find_log(logs: Sequence[Log], name: str) -> Log:
    """Return the log of this name, or the newest one of ours with this peer, or of the node.

    Raises UsageError (``node.unknown-log``).
    """
    for log in logs:
        if name in (log_name(log), log.origin):
            return log
    alike = [log for log in logs if log.own and name == (log.peer or NODE)]
    if not alike:
        raise UsageError(
            "node.unknown-log",
            f"this journal has no log {shorten(name)}",
            "give a name that GET /v1/logs lists, a peer's id, or `node`",
        )
    return max(alike, key=lambda log: (log.epoch or 0, log.id))


def file_name(traffic: str, *parts: str, suffix: str) -> str:
    """Return the name of a file to take away: the mark of what is not actual comes first.

    Of the parts only letters and digits of ASCII are kept: whatever a peer has chosen, the name is
    no path, no option and no trick.
    """
    words = (_ODD.sub("-", part).strip("-") for part in (traffic, "hotline", *parts))
    return f"{'-'.join(word for word in words if word)[:MAX_STEM]}{suffix}"
