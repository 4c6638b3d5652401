"""Logs, entries, proofs and checkpoints in the shapes of the API, from a journal's rows.

Every function runs in a reader's thread, inside of one transaction, so that all it says is of one
moment.
"""

from __future__ import annotations

import sqlite3
from base64 import b64encode
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any, Final

from hotline.api import audit_shapes as shapes
from hotline.api import views
from hotline.api.audit_names import find_log, log_name
from hotline.audit.checkpoints import cosigned, newest_given
from hotline.audit.entries import Entry, Log, MessageEntry, logs_of, read_entries
from hotline.audit.evidence.held import checkpoint_of
from hotline.audit.evidence.prove import prove
from hotline.audit.export.values import said_in, time_or_none, time_text, told_in
from hotline.audit.search.decoding import flags_in, precedence_name
from hotline.errors import HotlineError, UsageError
from hotline.journal.banner import banners_by_log
from hotline.journal.queries import find_message
from hotline.model.times import SECOND_US
from hotline.trust.card import Card
from hotline.trust.checkpoint import Checkpoint
from hotline.trust.cosignature import WitnessKey, split_cosignature
from hotline.trust.merkle import leaf_hash, tree_root
from hotline.trust.names import status_and_centre_of
from hotline.trust.notes import Note, NoteSignature
from hotline.trust.proof import Proof
from hotline.wire.body import decode_body
from hotline.wire.envelope import decode_envelope

COSIGNATURES_READ: Final = 500
"""The newest cosignatures of a log in which its witnesses are looked for."""


# --- Logs -------------------------------------------------------------------------------------


def log_page(connection: sqlite3.Connection, centre: str) -> shapes.LogPage:
    """Return every log; ``centre`` is whose journal this is."""
    logs = logs_of(connection)
    return shapes.LogPage(logs=[log_view(connection, log, logs, centre) for log in logs])


def log_view(
    connection: sqlite3.Connection, log: Log, logs: list[Log], centre: str
) -> shapes.LogView:
    """Return one log; ``logs`` are all of its journal."""
    newest = _newest(connection, log)
    witnesses = _witnesses(connection, log)
    sizes = {one.name: one.size for one in witnesses}
    if log.peer is None:
        seen = max([*sizes.values(), _anchored(connection, log, logs)])
    else:
        seen = sizes.get(log.peer if log.own else centre, 0)
    seen = min(seen, log.size)
    first_us = _entered_us(connection, log, seen) if log.own and seen < log.size else None
    checkpoint = None if newest is None else _parsed(newest[1])
    return shapes.LogView(
        name=log_name(log),
        origin=log.origin,
        centre=(status_and_centre_of(log.origin) or ("", ""))[1],
        own=log.own,
        peer=log.peer,
        epoch=log.epoch,
        size=log.size,
        signed=None if checkpoint is None else checkpoint.size,
        root=None if checkpoint is None else checkpoint.root.hex(),
        checkpoint=None
        if newest is None
        else cosigned(connection, log.id, *newest).decode("utf-8", "replace"),
        cosigned=seen,
        unwitnessed=log.size - seen,
        oldest_unwitnessed_at=time_or_none(first_us),
        witnesses=witnesses,
    )


def _newest(connection: sqlite3.Connection, log: Log) -> tuple[int, bytes] | None:
    if log.own:
        return newest_given(connection, log)
    return (_parsed(log.note).size, log.note) if log.note else None


def _witnesses(connection: sqlite3.Connection, log: Log) -> list[shapes.LogWitness]:
    """Return who has cosigned a log how far; looks at the newest cosignatures only."""
    found: dict[str, shapes.LogWitness] = {}
    for size, witness, line in connection.execute(
        "SELECT size, witness, line FROM cosignature WHERE log = ? ORDER BY size DESC LIMIT ?",
        (log.id, COSIGNATURES_READ),
    ):
        if witness not in found:
            found[witness] = shapes.LogWitness(name=witness, size=size, at=_cosigned_at(line))
    return sorted(found.values(), key=lambda one: one.name)


def _anchored(connection: sqlite3.Connection, log: Log, logs: list[Log]) -> int:
    """Return how much of the node's log an anchor covers that a peer has cosigned."""
    covered = 0
    for line in logs:
        if not line.own or line.peer is None:
            continue
        seen = connection.execute(
            "SELECT max(size) FROM cosignature WHERE log = ? AND witness = ?", (line.id, line.peer)
        ).fetchone()[0]
        row = connection.execute(
            "SELECT payload FROM record WHERE log = ? AND kind = 'anchor' AND idx < ?"
            " ORDER BY idx DESC LIMIT 1",
            (line.id, seen or 0),
        ).fetchone()
        if row is not None:
            checkpoint = _parsed(checkpoint_of(row[0]))
            if checkpoint.origin == log.origin:
                covered = max(covered, checkpoint.size)
    return covered


def _entered_us(connection: sqlite3.Connection, log: Log, index: int) -> int | None:
    entry = next(read_entries(connection, log.id, index, index + 1), None)
    return None if entry is None else entry.time_us


# --- Entries ----------------------------------------------------------------------------------


def entry_detail(
    connection: sqlite3.Connection, name: str, index: int, seen: views.Viewpoint, centre: str
) -> shapes.EntryDetail:
    """Return one entry of one of our logs in full. Raises UsageError."""
    log, entry = _entry(connection, name, index)
    traffic = banners_by_log(connection).get(log.id, seen.traffic) if seen.traffic else ""
    raw = (entry.body if isinstance(entry, MessageEntry) else entry.payload) or b""
    leaf = entry.leaf()
    signed, message = None, None
    if isinstance(entry, MessageEntry):
        signed = _signed(connection, entry)
        stored = find_message(connection, entry.id.hex())
        (message,) = views.message_views(connection, [stored], seen)
    return shapes.EntryDetail(
        log=log_name(log),
        size=log.size,
        view=views.entry_view(log, centre, entry),
        fields=_fields(entry),
        said=said_in(entry.body) if isinstance(entry, MessageEntry) else told_in(entry.payload),
        leaf=b64encode(leaf).decode(),
        leaf_hash=leaf_hash(leaf).hex(),
        raw=b64encode(raw).decode(),
        raw_sha256=sha256(raw).hexdigest(),
        signed=signed,
        message=message,
        previous=index - 1 if index else None,
        next=index + 1 if index + 1 < log.size else None,
        traffic=traffic,
    )


def _entry(connection: sqlite3.Connection, name: str, index: int) -> tuple[Log, Entry]:
    log = find_log(logs_of(connection), name)
    if not log.own:
        raise UsageError(
            "audit.mirror",
            f"{log_name(log)} mirrors a peer's log: it has the hash of each entry and no entry",
            "ask the peer for its export, and reconcile with it",
        )
    found = next(read_entries(connection, log.id, index, index + 1), None)
    if found is None or index >= log.size:
        raise UsageError(
            "audit.no-such-entry",
            f"{log_name(log)} has no entry {index}",
            f"it has those from 0 to {log.size - 1}" if log.size else "it is empty",
        )
    return log, found


def _fields(entry: Entry) -> dict[str, Any]:
    """Return what an entry's leaf binds, and what is kept beside it."""
    if not isinstance(entry, MessageEntry):
        return {
            "kind": entry.kind,
            "time": time_text(entry.time_us),
            "salt": entry.salt.hex(),
            "payload_bytes": len(entry.payload),
        }
    fields: dict[str, Any] = {
        "direction": entry.direction,
        "precedence": precedence_name(entry.stream),
        "seq": entry.seq,
        "id": entry.id.hex(),
        "created": time_text(entry.created_us),
        "time": time_text(entry.time_us),
        "reference": entry.reference,
        "about": entry.about.hex() if entry.about is not None else None,
        "flags": flags_in(entry.flags),
    }
    try:
        body = decode_body(entry.body or b"")
    except HotlineError:
        return fields
    return fields | {
        "sender": body.sender,
        "recipient": body.recipient,
        "epoch": body.epoch,
        "previous": body.previous.hex(),
        "status": body.status,
        "kind": body.kind,
    }


def _signed(connection: sqlite3.Connection, entry: MessageEntry) -> shapes.SignedView | None:
    row = connection.execute(
        "SELECT bytes, first_seq FROM envelope WHERE id = ?", (entry.envelope,)
    ).fetchone()
    if row is None:
        return None
    envelope = decode_envelope(row[0])
    return shapes.SignedView(
        signatures=[b64encode(one).decode() for one in envelope.signatures],
        size=len(envelope.bodies),
        index=entry.seq - row[1],
        root=tree_root([leaf_hash(body) for body in envelope.bodies]).hex(),
    )


# --- Proofs and checkpoints -------------------------------------------------------------------


def proof_view(
    connection: sqlite3.Connection,
    peers: Mapping[str, Card],
    witnesses: Mapping[str, WitnessKey],
    name: str,
    index: int,
) -> shapes.ProofView:
    """Return the proof of an entry. Raises UsageError, JournalError."""
    log, _ = _entry(connection, name, index)
    found = prove(connection, peers, witnesses, str(index), log.origin, newest=True)
    proof = Proof.parse(found.proof)
    note = Note.parse(proof.note)
    checkpoint = Checkpoint.parse(note.text)
    return shapes.ProofView(
        log=log_name(log),
        origin=found.origin,
        entry=index,
        kind=found.kind,
        leaf=b64encode(found.leaf).decode(),
        leaf_hash=leaf_hash(found.leaf).hex(),
        path=[node.hex() for node in proof.path],
        size=found.size,
        root=checkpoint.root.hex(),
        checkpoint=proof.note.decode(),
        cosigned_by=sorted({one.name for one in note.signatures} - {found.origin}),
        proof=found.proof,
        traffic=banners_by_log(connection).get(log.id, ""),
    )


def checkpoint_page(
    connection: sqlite3.Connection, name: str, centre: str, before: int | None, limit: int
) -> shapes.CheckpointPage:
    """Return checkpoints of a log that are kept, of fewer than ``before`` entries."""
    logs = logs_of(connection)
    log = find_log(logs, name)
    found: list[shapes.CheckpointView] = []
    more = False
    for size, note in _kept(connection, log, before):
        if found and found[-1].size == size:
            continue
        if len(found) == limit:
            more = True
            break
        found.append(
            shapes.CheckpointView(
                size=size,
                root=_parsed(note).root.hex(),
                note=note.decode("utf-8", "replace"),
                cosignatures=_cosignatures(connection, log, size),
            )
        )
    return shapes.CheckpointPage(
        log=log_view(connection, log, logs, centre),
        checkpoints=found,
        before=found[-1].size if more else None,
        more=more,
        traffic=banners_by_log(connection).get(log.id, ""),
    )


def _kept(
    connection: sqlite3.Connection, log: Log, before: int | None
) -> Iterator[tuple[int, bytes]]:
    """Yield size and note of a log's checkpoints, largest first."""
    newest = _newest(connection, log)
    if newest is not None and (before is None or newest[0] < before):
        yield newest
    if log.peer is None:
        return
    if log.own:
        for size, note in connection.execute(
            "SELECT size, note FROM receipt_given WHERE log = ?1 AND (?2 IS NULL OR size < ?2)"
            " ORDER BY size DESC",
            (log.id, before),
        ):
            yield int(size), bytes(note)
        return
    for (payload,) in connection.execute(
        "SELECT payload FROM record WHERE log = ? AND kind = 'receipt' ORDER BY idx DESC",
        (log.other,),
    ):
        note = checkpoint_of(payload)
        size = _parsed(note).size
        if before is None or size < before:
            yield size, note


def _cosignatures(
    connection: sqlite3.Connection, log: Log, size: int
) -> list[shapes.CosignatureView]:
    return [
        shapes.CosignatureView(witness=witness, at=_cosigned_at(line), line=line.rstrip("\n"))
        for witness, line in connection.execute(
            "SELECT witness, line FROM cosignature WHERE log = ? AND size = ? ORDER BY witness",
            (log.id, size),
        )
    ]


def _cosigned_at(line: str) -> str | None:
    """Return when a witness says that it cosigned; None where the line does not say."""
    try:
        seconds, _ = split_cosignature(NoteSignature.parse(line.removesuffix("\n")).signature)
    except HotlineError:
        return None
    return time_text(seconds * SECOND_US)


def _parsed(note: bytes) -> Checkpoint:
    return Checkpoint.parse(Note.parse(note).text)
