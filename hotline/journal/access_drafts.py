"""Messages that are being written: kept at once, so that nothing typed is lost, and never signed.

What is typed is not entered in any log: it may never be said. That a draft was begun, offered,
returned, released or thrown away is.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple

from hotline.errors import UsageError
from hotline.journal.access_schema import has_table
from hotline.journal.records import append_record
from hotline.wire.access_records import (
    DRAFT,
    DraftBegun,
    DraftDeleted,
    DraftOffered,
    DraftReleased,
    DraftReturned,
    DraftSent,
    DraftUnsent,
)
from hotline.wire.records import Record, encode_record

if TYPE_CHECKING:
    from hotline.journal.journal import Journal

MAX_DRAFTS: Final = 1000
"""Drafts that are kept at one time."""

CUT_OFF: Final = "the node stopped while it was released: look whether it was sent"
"""Why a draft came back that was being signed when the node ended."""


class Written(NamedTuple):
    """What somebody typed: the message as JSON, and what it shall be."""

    document: bytes
    precedence: str
    peer: str
    kind: str
    about: str

    @property
    def digest(self) -> bytes:
        """The SHA-256 of the document, as records name it."""
        return sha256(self.document).digest()


@dataclass(frozen=True, slots=True)
class StoredDraft:
    """One draft; times are microseconds since 1970, None for what has not happened."""

    id: int
    author: str
    document: bytes
    precedence: str
    peer: str
    kind: str
    about: str
    version: int
    updated_us: int
    updated_by: str
    offered_us: int | None
    offered_by: str
    returned_us: int | None
    returned_by: str
    returned_reason: str
    releasing_us: int | None


_DRAFT: Final = (
    "SELECT id, author, document, precedence, peer, kind, about, version, updated_us, updated_by,"
    " offered_us, offered_by, returned_us, returned_by, returned_reason, releasing_us FROM draft"
)


def drafts(connection: sqlite3.Connection) -> list[StoredDraft]:
    """Return all drafts, what was changed last first."""
    if not has_table(connection, "draft"):
        return []
    rows = connection.execute(f"{_DRAFT} ORDER BY updated_us DESC, id DESC")
    return [StoredDraft(*row) for row in rows]


def require_version(known: StoredDraft, version: int) -> StoredDraft:
    """Return a draft that stands under ``version``. Raises UsageError (``draft.changed``)."""
    if known.version != version:
        raise _changed(known, version)
    return known


def find_draft(connection: sqlite3.Connection, id_: int) -> StoredDraft:
    """Return one draft. Raises UsageError (``draft.unknown``)."""
    row = connection.execute(f"{_DRAFT} WHERE id = ?", (id_,)).fetchone()
    if row is None:
        raise UsageError(
            "draft.unknown",
            f"there is no draft {id_}",
            "it was sent or thrown away: look at what was sent last",
        )
    return StoredDraft(*row)


def add_draft(journal: Journal, written: Written, officer: str, now_us: int) -> StoredDraft:
    """Keep a new draft. Raises UsageError (``draft.too-many``)."""
    (count,) = journal.execute("SELECT count(*) FROM draft").fetchone()
    if count >= MAX_DRAFTS:
        raise UsageError(
            "draft.too-many",
            f"{MAX_DRAFTS} drafts are kept already",
            "throw those away that nobody needs any more",
        )
    id_ = journal.execute(
        "INSERT INTO draft(author, document, precedence, peer, kind, about, version, updated_us,"
        " updated_by, offered_by, returned_by, returned_reason)"
        " VALUES (?, ?, ?, ?, ?, ?, 1, ?, ?, '', '', '')",
        (officer, *written, now_us, officer),
    ).lastrowid
    draft = find_draft(journal.connection, id_ or 0)
    _enter(journal, DraftBegun(draft.id, officer), now_us)
    return draft


def update_draft(
    journal: Journal, id_: int, version: int, written: Written, officer: str, now_us: int
) -> StoredDraft:
    """Replace a draft, and take back its offer. Raises UsageError (``draft.changed``, ...)."""
    _as_known(journal, id_, version)
    journal.execute(
        "UPDATE draft SET document = ?, precedence = ?, peer = ?, kind = ?, about = ?,"
        " version = version + 1, updated_us = ?, updated_by = ?, offered_us = NULL,"
        " offered_by = '' WHERE id = ?",
        (*written, now_us, officer, id_),
    )
    return find_draft(journal.connection, id_)


def delete_draft(journal: Journal, id_: int, officer: str, now_us: int) -> None:
    """Throw a draft away. Raises UsageError (``draft.unknown``, ``draft.releasing``)."""
    _at_rest(find_draft(journal.connection, id_))
    _enter(journal, DraftDeleted(id_, officer), now_us)
    journal.execute("DELETE FROM draft WHERE id = ?", (id_,))


def offer_draft(journal: Journal, id_: int, version: int, officer: str, now_us: int) -> StoredDraft:
    """Offer a draft to a second officer, as it stands under ``version``."""
    known = _as_known(journal, id_, version)
    _enter(journal, DraftOffered(id_, officer, sha256(known.document).digest()), now_us)
    journal.execute(
        "UPDATE draft SET offered_us = ?, offered_by = ?, returned_us = NULL, returned_by = '',"
        " returned_reason = '', version = version + 1 WHERE id = ?",
        (now_us, officer, id_),
    )
    return find_draft(journal.connection, id_)


def return_draft(journal: Journal, id_: int, officer: str, reason: str, now_us: int) -> StoredDraft:
    """Give an offered draft back. Raises UsageError (``draft.not-offered``)."""
    known = _at_rest(find_draft(journal.connection, id_))
    if known.offered_us is None:
        raise UsageError(
            "draft.not-offered",
            f"draft {id_} is not offered to anybody",
            "its author may have taken it back: look at it again",
        )
    _enter(journal, DraftReturned(id_, officer, reason), now_us)
    _come_back(journal, id_, officer, reason, now_us)
    return find_draft(journal.connection, id_)


# --- Releasing ------------------------------------------------------------------------------------


def begin_release(
    journal: Journal, read: StoredDraft, officer: str, peer: str, now_us: int
) -> StoredDraft:
    """Enter that a draft is released, before it is signed; nobody else can touch it then.

    ``read`` is the draft from which the message was made that will be signed: what is kept has to
    be the very same, or the record would name another document. Raises UsageError
    (``draft.changed``, ``draft.unknown``, ``draft.releasing``).
    """
    known = _as_known(journal, read.id, read.version)
    if known != read:
        raise _changed(known, read.version)
    digest = sha256(read.document).digest()
    _enter(journal, DraftReleased(read.id, officer, read.offered_by, digest, peer), now_us)
    journal.execute("UPDATE draft SET releasing_us = ? WHERE id = ?", (now_us, read.id))
    return known


def end_release(journal: Journal, id_: int, message: bytes, now_us: int) -> None:
    """Enter that what was released is signed; the draft is gone."""
    _enter(journal, DraftSent(id_, message), now_us)
    journal.execute("DELETE FROM draft WHERE id = ?", (id_,))


def fail_release(journal: Journal, id_: int, code: str, now_us: int) -> None:
    """Enter that what was released could not be signed; the draft is as it was."""
    _enter(journal, DraftUnsent(id_, code), now_us)
    journal.execute("UPDATE draft SET releasing_us = NULL WHERE id = ?", (id_,))


def give_back_cut_off(journal: Journal, now_us: int) -> list[int]:
    """Give those back that were being signed when the node ended; return their numbers.

    Whether they were sent is for somebody to look at, so none is released twice by itself.
    """
    ids = [row[0] for row in journal.execute("SELECT id FROM draft WHERE releasing_us IS NOT NULL")]
    for id_ in ids:
        _enter(journal, DraftUnsent(id_, "draft.cut-off"), now_us)
        _come_back(journal, id_, "", CUT_OFF, now_us)
    return ids


def _come_back(journal: Journal, id_: int, by: str, reason: str, now_us: int) -> None:
    journal.execute(
        "UPDATE draft SET returned_us = ?, returned_by = ?, returned_reason = ?,"
        " offered_us = NULL, offered_by = '', releasing_us = NULL, version = version + 1"
        " WHERE id = ?",
        (now_us, by, reason, id_),
    )


def _as_known(journal: Journal, id_: int, version: int) -> StoredDraft:
    return require_version(_at_rest(find_draft(journal.connection, id_)), version)


def _changed(known: StoredDraft, version: int) -> UsageError:
    return UsageError(
        "draft.changed",
        f"draft {known.id} stands at version {known.version}, changed by {known.updated_by},"
        f" and not at version {version}",
        "look at what it says now, and do it again",
    )


def _at_rest(known: StoredDraft) -> StoredDraft:
    if known.releasing_us is not None:
        raise UsageError(
            "draft.releasing",
            f"draft {known.id} is being signed",
            "look at what was sent before you do anything else",
        )
    return known


def _enter(journal: Journal, said: Record, now_us: int) -> None:
    append_record(journal, journal.node_log, DRAFT, encode_record(said), now_us)
