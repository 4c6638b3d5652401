"""What a record says of those who looked into the record, and of what they took away.

It is in the node's own log: whoever reads it later can tell who had which copy, by its hash.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from msgspec import Meta

from hotline.wire.records import Record, Remark, SomeOfficer
from hotline.wire.shapes import Count

AUDITED: Final = "audited"


class Audited(Record, frozen=True):
    """``audited``: ``officer`` had the record verified, reconciled or exported, or took evidence.

    ``job`` is the job's number, 0 for evidence. ``what`` is what was asked for, in words. ``ok`` is
    whether the record held, or the records agreed. ``digest`` is the SHA-256 of the first file of
    the result, empty where there is none.
    """

    job: Count
    work: Literal["verify", "reconcile", "export", "evidence"]
    state: Literal["done", "failed", "cancelled"]
    officer: SomeOfficer
    what: Remark
    ok: bool
    digest: Annotated[bytes, Meta(max_length=32)]


AUDIT_FORMS: Final[dict[str, Any]] = {AUDITED: Audited}
"""What is entered of the audit in the node's own log, by kind."""
