"""What a peer sends: frames, envelopes, bodies, leaves, payloads, notes, proofs and certificates.

Beside the contract, what is accepted means the same when it is encoded and read again, and what has
one spelling is encoded to the same bytes.
"""

from __future__ import annotations

from typing import Final

from hotline.model.kinds import Kind, Status
from hotline.model.messages import decode_own_form, decode_payload
from hotline.node.tls import identify
from hotline.node.witness.submission import (
    claimed_origin,
    cosignature_in,
    decode_size,
    decode_submission,
)
from hotline.trust.card import read_card
from hotline.trust.certificates import (
    certified_names,
    check_ca,
    check_issued,
    check_node_certificate,
    validity,
)
from hotline.trust.checkpoint import Checkpoint, open_checkpoint, open_lone_checkpoint
from hotline.trust.cosignature import WitnessKey, split_cosignature, verify_cosignature
from hotline.trust.keys import PublicKey
from hotline.trust.merkle import Frontier, leaf_hash, verify_consistency, verify_inclusion
from hotline.trust.notes import Note, NoteKey, NoteSignature, decode_base64
from hotline.trust.proof import Proof
from hotline.wire.body import decode_body, encode_body
from hotline.wire.codec import pack, unpack
from hotline.wire.envelope import body_spans, decode_envelope, encode_envelope
from hotline.wire.frames import decode_frame, encode_frame
from hotline.wire.leaf import decode_leaf
from hotline.wire.undecoded import fields_of, stand_in
from tests.line.pair import LinePair
from tests.security.fuzzing.target import Target, chosen, text
from tests.trust.samples import NOW_US, centre

CENTRE: Final = centre("iaf")
CARD: Final = read_card(CENTRE.card)
WITNESS: Final = WitnessKey("hotline/exercise/iaf/witness", CENTRE.witness.public_key)
LOG: Final = NoteKey("hotline/exercise/iaf/log", CENTRE.log.public_key)
KINDS: Final = (*(kind.value for kind in Kind), "unheard-of")
ID: Final = bytes(range(32))


def frame(data: bytes) -> None:
    """Read a frame of a peer."""
    found = decode_frame(data)
    assert decode_frame(encode_frame(found)) == found


def body(data: bytes) -> None:
    """Read a body, and what is made of its payload."""
    found = decode_body(data)
    assert decode_body(encode_body(found)) == found
    known = found.kind if found.kind in KINDS else KINDS[-1]
    payload(bytes([KINDS.index(known)]) + found.payload)


def envelope(data: bytes) -> None:
    """Read an envelope, and where in it its bodies lie."""
    found = decode_envelope(data)
    assert encode_envelope(found.signatures, found.bodies) == data
    assert [data[at : at + length] for at, length in body_spans(data)] == list(found.bodies)


def object_(data: bytes) -> None:
    """Read a MessagePack object of any shape."""
    found = unpack(data)
    assert unpack(pack(found)) == found


def payload(data: bytes) -> None:
    """Read a payload of any kind, and what stands for one that cannot be decoded."""
    kind, rest = chosen(KINDS, data)
    fields_of(rest, {"reference", "title"})
    stand_in(kind, rest, ID, NOW_US)
    decode_own_form(kind, rest)
    decode_payload(kind, unpack(rest))


def association(data: bytes) -> None:
    """Read frames of a peer on a line that is being made, and on one that is up.

    The first byte says which of the two; frames follow, each behind its length in two bytes.
    """
    up, rest = chosen((True, False), data)
    pair = LinePair()
    if up:
        pair.associated()
    else:
        pair.connect()
    while len(rest) > 2:
        length = int.from_bytes(rest[:2], "big")
        pair.hmeimim.link.receive_frame(rest[2 : 2 + length], pair.clock())
        rest = rest[2 + length :]
    pair.hmeimim.link.events()
    pair.hmeimim.link.frames_to_send()


def note(data: bytes) -> None:
    """Read a signed note and its signature lines."""
    found = Note.parse(data)
    assert found.encode() == data
    for signature in found.signatures:
        assert NoteSignature.parse(signature.line().removesuffix("\n")) == signature
    found.verified_by((LOG, WITNESS))


def checkpoint(data: bytes) -> None:
    """Read a checkpoint, by itself and under a signature."""
    reading, rest = chosen((0, 1, 2), data)
    if reading == 0:
        assert Checkpoint.parse(text(rest)).text() == text(rest)
    elif reading == 1:
        open_lone_checkpoint(rest, LOG)
    else:
        open_checkpoint(rest, LOG.name, CENTRE.log.public_key)


def proof(data: bytes) -> None:
    """Read a proof as a file holds it, and paths as the wire does."""
    reading, rest = chosen((0, 1, 2, 3), data)
    nodes = [rest[at : at + 32] for at in range(8, len(rest), 32)]
    index, size = int.from_bytes(rest[:4], "big"), int.from_bytes(rest[4:8], "big")
    match reading:
        case 0:
            found = Proof.parse(text(rest))
            found.verify(b"leaf", Checkpoint("hotline/exercise/iaf/log", 1, leaf_hash(b"leaf")))
        case 1:
            verify_inclusion(index, size, ID, nodes, ID)
        case 2:
            verify_consistency(index, ID, size, ID, nodes)
        case 3:
            assert Frontier.decode(rest).encode() == rest


def key(data: bytes) -> None:
    """Read a public key, and a key's line."""
    reading, rest = chosen((0, 1, 2, 3), data)
    match reading:
        case 0:
            PublicKey(rest[:32]).verify(rest[32:96], rest[96:])
        case 1:
            NoteKey.from_vkey(text(rest))
        case 2:
            WitnessKey.from_vkey(text(rest))
        case 3:
            decode_base64(text(rest))


def cosignature(data: bytes) -> None:
    """Read what a witness adds under a checkpoint."""
    reading, rest = chosen((0, 1), data)
    if reading:
        split_cosignature(rest)
    else:
        verify_cosignature("o\n1\nAA==\n", rest, WITNESS.name, CENTRE.witness.public_key)


def submission(data: bytes) -> None:
    """Read a request to cosign, and the answers to one."""
    reading, rest = chosen((0, 1, 2), data)
    match reading:
        case 0:
            claimed_origin(decode_submission(rest)[2])
        case 1:
            decode_size(rest)
        case 2:
            given, _, answer = rest.partition(b"\0")
            cosignature_in(answer, given, WITNESS)


def card(data: bytes) -> None:
    """Read a centre's card."""
    read_card(data)


def certificate(data: bytes) -> None:
    """Read a certificate of a node or of its authority."""
    reading, rest = chosen((0, 1, 2, 3, 4, 5), data)
    match reading:
        case 0:
            validity(rest)
        case 1:
            certified_names(rest)
        case 2:
            check_ca(rest, "iaf", Status.EXERCISE)
        case 3:
            check_issued(rest, CARD.ca_der, "iaf", Status.EXERCISE)
        case 4:
            check_node_certificate(CENTRE.node_der, rest, "iaf", Status.EXERCISE, NOW_US)
        case 5:
            identify(rest, {"iaf": CARD}, Status.EXERCISE, NOW_US)


def leaf(data: bytes) -> None:
    """Read a leaf of a log."""
    decode_leaf(data)


TARGETS: Final = (
    Target("frame", ("wire.frames:decode_frame",), frame),
    Target("body", ("wire.body:decode_body",), body),
    Target("envelope", ("wire.envelope:decode_envelope", "wire.envelope:body_spans"), envelope),
    Target("leaf", ("wire.leaf:decode_leaf",), leaf),
    Target("object", ("wire.codec:unpack",), object_),
    Target(
        "payload",
        (
            "model.messages:decode_payload",
            "model.messages:decode_own_form",
            "wire.undecoded:fields_of",
        ),
        payload,
    ),
    Target("association", ("line.association:Association.receive_frame",), association),
    Target(
        "note",
        ("trust.notes:Note.parse", "trust.notes:NoteSignature.parse"),
        note,
        words=("— ", "\n\n", "\n"),
    ),
    Target("checkpoint", ("trust.checkpoint:Checkpoint.parse",), checkpoint),
    Target("proof", ("trust.proof:Proof.parse", "trust.merkle:Frontier.decode"), proof),
    Target("key", ("trust.notes:NoteKey.from_vkey", "trust.notes:decode_base64"), key),
    Target("cosignature", ("trust.cosignature:split_cosignature",), cosignature),
    Target(
        "submission",
        (
            "node.witness.submission:decode_submission",
            "node.witness.submission:decode_size",
            "node.witness.submission:claimed_origin",
            "node.witness.submission:cosignature_in",
        ),
        submission,
        words=("old ", "\n\n"),
    ),
    Target("card", ("trust.card:read_card",), card, words=("centre", "status", "[keys]", "-----")),
    Target("certificate", ("node.tls:identify", "trust.certificates:check_issued"), certificate),
)
"""The targets that a peer reaches, or whoever stands at the port."""
