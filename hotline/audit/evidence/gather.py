"""From a record to an evidence file: one exchange, with every proof that this record can give.

Works on either side, on a running node's journal and on a stopped one's. The same record state
gives the same bytes. What is made is checked like any other file before it is given away.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from itertools import chain

import msgspec

from hotline.audit.entries import Log, logs_of
from hotline.audit.evidence.check import check, examine
from hotline.audit.evidence.form import (
    MAX_FILE,
    MAX_MESSAGES,
    MAX_RECORDS,
    Evidence,
    Gap,
    GroupPart,
    LogPart,
    MessagePart,
    RecordPart,
    encode,
    in_base64,
)
from hotline.audit.evidence.held import HeldLog
from hotline.errors import HotlineError, JournalError, KeysError, RemoteError, UsageError
from hotline.journal.banner import exercise_of
from hotline.journal.queries import StoredMessage, find_message, thread
from hotline.journal.remarks import REMARKED
from hotline.model.letter_rules import is_exercise_name
from hotline.trust.card import Card
from hotline.trust.cosignature import WitnessKey
from hotline.trust.merkle import batch_inclusion_paths, leaf_hash, tree_root
from hotline.wire.codec import unpack
from hotline.wire.envelope import decode_envelope
from hotline.wire.leaf import own_leaf, received_leaf, sent_leaf


def gather(
    connection: sqlite3.Connection,
    card: Card,
    peers: Mapping[str, Card],
    witnesses: Mapping[str, WitnessKey],
    name: str,
    *,
    alone: bool = False,
) -> bytes:
    """Return the evidence file about a message (its id's first digits, or a reference).

    With ``alone`` it holds that message and nothing that belongs to it. The caller has begun a
    transaction, so that all is of one moment. Raises UsageError for a name that fits nothing or
    too much, KeysError without the peer's card, JournalError for a record that does not hold.
    """
    found = find_message(connection, name)
    peer = peers.get(found.peer)
    if peer is None:
        raise KeysError(
            "keys.not-enrolled",
            f"no card of {found.peer} is pinned, and nothing it signed could be checked",
            f"enrol the card of {found.peer} with `hotline keys enrol`",
        )
    messages = [found] if alone else whole_exchange(connection, found)
    try:
        data = _Gathering(connection, card, peer, witnesses, messages).file()
        if len(data) > MAX_FILE:
            raise _too_large(f"a file of {len(data)} bytes")
        check(data, (card, peer))
    except RemoteError as error:
        raise does_not_hold(error.message) from error
    return data


def does_not_hold(what: str) -> JournalError:
    """Return the error for a record from which nothing true could be made."""
    return JournalError(
        "evidence.record-does-not-hold",
        f"what this record holds of the exchange does not hold: {what}",
        "run `hotline log verify` for everything that does not hold",
    )


def whole_exchange(connection: sqlite3.Connection, found: StoredMessage) -> list[StoredMessage]:
    """Return all that belongs to a message; for a reply without reference, to what it answers."""
    if found.reference is None and found.about is not None:
        try:
            asked = find_message(connection, found.about.hex())
        except UsageError:
            asked = found
        if asked.log == found.log:
            found = asked
    whole = [one for one in thread(connection, found) if one.log == found.log]
    if len(whole) > MAX_MESSAGES:
        raise _too_large(f"{len(whole)} messages")
    return whole


def _too_large(what: str) -> UsageError:
    return UsageError(
        "evidence.too-large",
        f"{what} belong together, more than one file may hold",
        "give --alone and the id of the one message that counts",
    )


class _Gathering:
    """The making of one file."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        card: Card,
        peer: Card,
        witnesses: Mapping[str, WitnessKey],
        messages: Sequence[StoredMessage],
    ) -> None:
        self._connection = connection
        self._card, self._peer = card, peer
        self._messages = sorted(messages, key=lambda one: (one.created_us, one.id))
        self._outside = witnesses
        logs = {log.id: log for log in logs_of(connection)}
        own = logs.get(messages[0].log)
        mirror = logs.get(own.other or 0) if own is not None else None
        # A body is cut out of its envelope, and is none where that is not there.
        if (
            own is None
            or mirror is None
            or not all(isinstance(one.body, bytes) for one in messages)
        ):
            raise does_not_hold("a table lacks rows")
        self._own = self._held(own, peer)
        self._mirror = self._held(mirror, card)
        self._epoch = own.epoch or 0

    def _held(self, log: Log, witness: Card) -> HeldLog:
        keys = {witness.centre: witness.note_keys()[-1], **self._outside}
        return HeldLog(self._connection, log, witness.centre, keys)

    def file(self) -> bytes:
        """Return the file."""
        theirs = self._sent_by_peer()
        messages = tuple(self._message(one, theirs.get(one.id)) for one in self._messages)
        records = self._records()
        for held in (self._own, self._mirror):
            newest = held.newest()
            if newest is not None:
                held.use(*newest)
        first, second = sorted((self._card, self._peer), key=lambda card: card.centre)
        held_by = {self._card.centre: self._own, self._peer.centre: self._mirror}
        seen = b"".join(note for held in held_by.values() for note in held.used.values()).decode()
        evidence = Evidence(
            type="hotline-evidence",
            version=1,
            centre=self._card.centre,
            peer=self._peer.centre,
            status=self._card.status.value,
            epoch=self._epoch,
            cards=(first.note.decode(), second.note.decode()),
            witnesses=tuple(
                key.vkey() for name, key in sorted(self._outside.items()) if f"\n— {name} " in seen
            ),
            logs=tuple(_log_part(held_by[card.centre]) for card in (first, second)),
            messages=messages,
            records=records,
            not_proven=(),
            exercise=self._exercise(),
        )
        gaps = tuple(
            Gap(gap.code, None if gap.message is None else gap.message.hex())
            for gap in examine(evidence).unproven
        )
        return encode(msgspec.structs.replace(evidence, not_proven=gaps))

    def _exercise(self) -> str:
        """Return how this record names the exercise that this epoch was; empty for none."""
        name = exercise_of(self._connection, self._own.log.origin)
        return name if is_exercise_name(name) else ""

    def _sent_by_peer(self) -> dict[bytes, int]:
        """Return where the peer's messages lie in the peer's log: their leaves can be rebuilt."""
        leaves = {
            leaf_hash(sent_leaf(one.stream, one.seq, one.id, one.created_us)): one.id
            for one in self._messages
            if one.direction == "in"
        }
        return {leaves[node]: at for node, at in self._mirror.find(set(leaves)).items()}

    def _message(self, one: StoredMessage, in_peers_log: int | None) -> MessagePart:
        sent = sent_leaf(one.stream, one.seq, one.id, one.created_us)
        if one.direction == "out":
            sent_proofs = self._proofs(self._own, one.index, sent, one.index)
            received_proofs: tuple[str, ...] = ()
            if one.receipt_index is not None and one.receipted_us is not None:
                leaf = received_leaf(one.stream, one.seq, one.id, one.receipted_us)
                received_proofs = self._proofs(
                    self._mirror, one.receipt_index, leaf, one.index, receipt=True
                )
        else:
            sent_proofs = self._proofs(self._mirror, in_peers_log, sent, one.index)
            leaf = received_leaf(one.stream, one.seq, one.id, one.time_us)
            received_proofs = self._proofs(self._own, one.index, leaf, one.index, receipt=True)
        return MessagePart(
            id=one.id.hex(),
            body=in_base64(one.body),
            group=self._group(one),
            sent=sent_proofs,
            received=received_proofs,
        )

    def _proofs(
        self, held: HeldLog, index: int | None, leaf: bytes, near: int, *, receipt: bool = False
    ) -> tuple[str, ...]:
        """Return the proofs of an entry: under the receipt, if it is one, and a cosigned one."""
        chosen = None if index is None else held.choose(index, near)
        if index is None or chosen is None:
            return ()
        sizes = dict([chosen])
        if receipt:
            sizes |= [next(held.covering(index, near))]
        return tuple(held.prove(index, leaf, one) for one in sorted(sizes.items()))

    def _group(self, one: StoredMessage) -> GroupPart:
        (envelope,) = self._connection.execute(
            "SELECT e.bytes FROM envelope e JOIN message m ON m.envelope = e.id"
            " WHERE m.log = ? AND m.idx = ?",
            (one.log, one.index),
        ).fetchone()
        group = decode_envelope(envelope)
        hashes = [leaf_hash(body) for body in group.bodies]
        if one.body not in group.bodies:
            raise does_not_hold("a message is not where it should be in its envelope")
        index = group.bodies.index(one.body)
        return GroupPart(
            signatures=tuple(map(in_base64, group.signatures)),
            root=in_base64(tree_root(hashes)),
            size=len(hashes),
            index=index,
            path=tuple(map(in_base64, batch_inclusion_paths(hashes)[index])),
        )

    # --- Records ------------------------------------------------------------------------------

    def _records(self) -> tuple[RecordPart, ...]:
        """Return remarks, readings, receipts taken and the clocks nearest to each, by entry."""
        entries: dict[int, tuple[str, int, bytes, bytes]] = {}
        for one in self._messages:
            found = (self._remark(one), self._readings(one), self._receipt(one), self._clocks(one))
            for entry in chain(*found):
                entries[entry[0]] = entry[1:]
        if len(entries) > MAX_RECORDS:
            raise _too_large(f"{len(entries)} remarks, readings, receipts and clocks")
        return tuple(self._record(index, *entries[index]) for index in sorted(entries))

    def _record(
        self, index: int, kind: str, time_us: int, salt: bytes, payload: bytes
    ) -> RecordPart:
        leaf = own_leaf(kind, sha256(payload).digest(), time_us, salt)
        proofs = self._proofs(self._own, index, leaf, index)
        return RecordPart(in_base64(payload), proofs[0] if proofs else None)

    def _rows(self, where: str, *values: object) -> Iterable[tuple[int, str, int, bytes, bytes]]:
        return self._connection.execute(
            f"SELECT idx, kind, time_us, salt, payload FROM record WHERE log = ? AND {where}",
            (self._own.log.id, *values),
        )

    def _remark(self, one: StoredMessage) -> list[tuple[int, str, int, bytes, bytes]]:
        if one.direction == "out" or one.flags is None:
            return []
        for row in self._rows("idx > ? AND kind = ? ORDER BY idx", one.index, REMARKED):
            if _message_of(row[4]) == one.id:
                return [row]
        return []

    def _readings(self, one: StoredMessage) -> list[tuple[int, str, int, bytes, bytes]]:
        (wanted,) = self._connection.execute(
            "SELECT count(*) FROM reading WHERE message = ?", (one.id,)
        ).fetchone()
        found: list[tuple[int, str, int, bytes, bytes]] = []
        if one.direction == "out" or not wanted:
            return found
        for row in self._rows("idx > ? AND kind = 'read' ORDER BY idx", one.index):
            if _message_of(row[4]) == one.id:
                found.append(row)
            if len(found) == wanted:
                break
        return found

    def _receipt(self, one: StoredMessage) -> list[tuple[int, str, int, bytes, bytes]]:
        if one.receipt_index is None:
            return []
        return list(
            self._rows(
                "idx = (SELECT record_idx FROM receipt_taken WHERE log = ?1 AND stream = ?2"
                " AND first_seq <= ?3 ORDER BY first_seq DESC LIMIT 1)",
                one.stream,
                one.seq,
            )
        )

    def _clocks(self, one: StoredMessage) -> list[tuple[int, str, int, bytes, bytes]]:
        clock = "kind = 'clock' AND idx"
        before = self._rows(f"{clock} < ? ORDER BY idx DESC LIMIT 1", one.index)
        after = self._rows(f"{clock} > ? ORDER BY idx LIMIT 1", one.index)
        return [*before, *after]


def _log_part(held: HeldLog) -> LogPart:
    return LogPart(
        origin=held.log.origin,
        checkpoints=tuple(held.used[size].decode() for size in sorted(held.used)),
        consistency=tuple(tuple(map(in_base64, path)) for path in held.joined()),
    )


def _message_of(payload: bytes) -> bytes | None:
    """Return the id in the payload of a ``read`` or ``remarked`` entry; None where it has none."""
    try:
        what = unpack(payload)
    except HotlineError:
        return None
    found = what.get("message") if isinstance(what, dict) else None
    return found if isinstance(found, bytes) else None
