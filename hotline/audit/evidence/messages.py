"""Steps 5, 6 and 7: each message is signed, belongs here, and is entered in both logs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from hotline.audit.evidence.exchange import Entry, Said
from hotline.audit.evidence.form import (
    Evidence,
    GroupPart,
    MessagePart,
    from_base64,
    malformed,
)
from hotline.audit.evidence.logs import CheckedLog
from hotline.audit.evidence.steps import ENTRIES, SIGNATURES, TOGETHER, at
from hotline.errors import HotlineError, TrustError
from hotline.model.messages import Message, decode_payload
from hotline.trust.card import Card
from hotline.trust.merkle import leaf_hash, verify_inclusion
from hotline.wire.body import Body, decode_body, message_id
from hotline.wire.codec import unpack
from hotline.wire.envelope import GROUP_CONTEXT, MAX_GROUP
from hotline.wire.leaf import RECEIVED, SENT, MessageLeaf

MAX_PROOFS = 2
"""Proofs of one entry: under the checkpoint that is the receipt, and under a cosigned one."""


def check_messages(
    evidence: Evidence, cards: Mapping[str, Card], logs: Mapping[str, CheckedLog]
) -> tuple[Said, ...]:
    """Check all messages of a file; ``cards`` and ``logs`` are by centre. Raises ``Refused``."""
    signed: list[tuple[MessagePart, bytes, Body]] = []
    for number, part in enumerate(evidence.messages, 1):
        with at(SIGNATURES, f"message {number}"):
            signed.append((part, *_signed(part, evidence, cards)))
    order = [(body.created_us, id_) for _, id_, body in signed]
    with at(SIGNATURES):
        if any(one >= other for one, other in pairwise(order)):
            raise malformed("its messages are not in the order of their signing, each once")
    said = tuple(
        _entered(f"message {number}", part, id_, body, logs)
        for number, (part, id_, body) in enumerate(signed, 1)
    )
    with at(TOGETHER):
        _belong_together(said)
    return said


def read_message(body: Body) -> Message | None:
    """Return what a body says; None where its payload cannot be read."""
    try:
        return decode_payload(body.kind, unpack(body.payload))
    except HotlineError:
        return None


def _signed(part: MessagePart, evidence: Evidence, cards: Mapping[str, Card]) -> tuple[bytes, Body]:
    """Step 5: the bytes are the id's, and the sender signed them for this line."""
    data = from_base64(part.body, "its body")
    id_ = message_id(data)
    if id_.hex() != part.id:
        raise TrustError("evidence.wrong-id", "its id is not the SHA-256 of its bytes")
    body = decode_body(data)
    if {body.sender, body.recipient} != set(cards):
        raise TrustError(
            "evidence.other-centres", "it is not from one of the two centres to the other"
        )
    if (body.status, body.epoch) != (evidence.status, evidence.epoch):
        raise TrustError("evidence.other-line", "it is of another status or epoch")
    _check_group(part.group, data, cards[body.sender])
    return id_, body


def _check_group(group: GroupPart, body: bytes, card: Card) -> None:
    """Check that a body lies under the root that its sender's signing key signed."""
    if group.size > MAX_GROUP or not group.signatures:
        raise malformed("a group has no signature, or too many messages")
    root = from_base64(group.root, "the root of its group")
    path = [from_base64(node, "a hash of its group") for node in group.path]
    verify_inclusion(group.index, group.size, leaf_hash(body), path, root)
    card.signing.verify(from_base64(group.signatures[0], "a signature"), GROUP_CONTEXT + root)


def _entered(
    where: str, part: MessagePart, id_: bytes, body: Body, logs: Mapping[str, CheckedLog]
) -> Said:
    """Step 7: each proof is of the leaf that this message has in that log."""
    with at(ENTRIES, where):
        sent = _entry(part.sent, logs[body.sender], SENT, id_, body)
        received = _entry(part.received, logs[body.recipient], RECEIVED, id_, body)
        if sent is not None and sent.time_us != body.created_us:
            raise _other_entry("is of another time than its body")
    return Said(id_, body, read_message(body), sent, received)


def _entry(
    proofs: Sequence[str], log: CheckedLog, kind: str, id_: bytes, body: Body
) -> Entry | None:
    """Return the entry that one or two proofs show."""
    if len(proofs) > MAX_PROOFS:
        raise malformed("an entry has more than two proofs")
    found: Entry | None = None
    for text in proofs:
        entry, leaf = log.entry(text)
        if not isinstance(leaf, MessageLeaf) or (leaf.kind, leaf.message_id) != (kind, id_):
            raise _other_entry("is of another message, or of another kind")
        if (leaf.stream, leaf.seq) != (body.precedence, body.seq):
            raise _other_entry("is of another place in its stream")
        if found is not None and entry != found:
            raise _other_entry("has two proofs that differ")
        found = entry
    return found


def _other_entry(what: str) -> TrustError:
    return TrustError("evidence.other-entry", f"its entry in a log {what}")


def _belong_together(messages: Sequence[Said]) -> None:
    """Step 6: one message or one reference, and the replies to them."""
    ids = {said.id for said in messages}
    roots = [said for said in messages if said.answers not in ids]
    references = {said.reference for said in roots}
    if len(roots) != 1 and (len(references) != 1 or "" in references):
        raise TrustError(
            "evidence.not-together", "it has messages that neither share a reference nor answer one"
        )
