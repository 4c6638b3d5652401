"""The names that keys, logs and certificates bear; every one of them contains the status.

A name is part of what is signed (a checkpoint begins with its log's, a certificate holds its
node's), so an exercise's record cannot be shown as an actual one.
"""

from __future__ import annotations

from hotline.model.kinds import Status
from hotline.model.letter_rules import CENTRE_ID as CENTRE_ID  # here with all other names

TLS_SUFFIX = "hotline.internal"
"""The domain of the names in node certificates; ``internal`` is reserved for private use."""


def line_log_origin(status: Status, centre: str, peer: str, epoch: int) -> str:
    """Return the origin of the log that ``centre`` keeps of its line to ``peer``."""
    return f"hotline/{status}/{centre}/{peer}/{epoch}"


def node_log_origin(status: Status, centre: str, generation: int) -> str:
    """Return the origin of the log of the node's own affairs."""
    return f"hotline/{status}/{centre}/node/{generation}"


def key_name(status: Status, centre: str, role: str) -> str:
    """Return the name under which a key signs where no log's origin names it."""
    return f"hotline/{status}/{centre}/{role}"


def tls_name(status: Status, centre: str) -> str:
    """Return the DNS name in the node certificate of ``centre``."""
    return f"{centre}.{status}.{TLS_SUFFIX}"


def status_and_centre_of(name: str) -> tuple[str, str] | None:
    """Return the status and centre that a key's name or a log's origin declares.

    ``None`` for a name that is not ours. The status is not checked to be one that exists.
    """
    parts = name.split("/")
    return (parts[1], parts[2]) if len(parts) >= 4 and parts[0] == "hotline" else None
