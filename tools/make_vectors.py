"""Make tests/vectors/*.json: one case a file, most of them with exactly one thing wrong.

Everything is deterministic: keys come from fixed seeds (they protect nothing), times are fixed,
Ed25519 signatures are. `docs/spec/wire.md`, section 9, says how to read the files.

Usage: python tools/make_vectors.py
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgpack

from hotline.model.kinds import Status
from hotline.trust.checkpoint import Checkpoint, sign_checkpoint
from hotline.trust.cosignature import cosign
from hotline.trust.keys import PrivateKey, Role
from hotline.trust.merkle import Frontier, leaf_hash
from hotline.trust.names import line_log_origin
from hotline.wire import frames as fr
from hotline.wire.body import message_id
from hotline.wire.envelope import group_input
from hotline.wire.leaf import own_leaf, received_leaf, sent_leaf

DIRECTORY = Path(__file__).parent.parent / "tests" / "vectors"
STATUS, EPOCH, T_US = Status.EXERCISE, 1, 1_772_359_200_000_000
US, PEER = "iaf", "hmeimim"  # the reader of the vectors is `iaf`
ZERO = bytes(32)

Vector = dict[str, Any]


def _key(role: Role, centre: str, seed: int) -> PrivateKey:
    return PrivateKey.from_entropy(role, centre, STATUS, bytes([seed]) * 32)


SIGNING, LOG, WITNESS = (_key(role, PEER, 11 + n) for n, role in enumerate(Role))
STRANGER = _key(Role.SIGNING, PEER, 99)
STRANGE_LOG = _key(Role.LOG, PEER, 98)
PEER_ORIGIN = line_log_origin(STATUS, PEER, US, EPOCH)
OWN_ORIGIN = line_log_origin(STATUS, US, PEER, EPOCH)

# What `iaf` has under way in stream 3, and the peer's log so far: two entries, mirrored.
UNDER_WAY = [bytes([n]) * 32 for n in (1, 2, 3)]
OLD_LEAVES = [leaf_hash(own_leaf("line-up", ZERO, T_US, bytes([n]) * 16)) for n in (1, 2)]
RECEIVED = [leaf_hash(received_leaf(3, n + 1, i, T_US)) for n, i in enumerate(UNDER_WAY)]


def pack(obj: object) -> bytes:
    """Encode without any check, so that wrong things can be encoded too."""
    return bytes(msgpack.packb(obj))


def body(seq: int = 1, previous: bytes = ZERO, **changes: object) -> bytes:
    """Encode a body of the peer, with some fields replaced."""
    fields: dict[str, object] = {
        "sender": PEER,
        "recipient": US,
        "epoch": EPOCH,
        "precedence": 3,
        "seq": seq,
        "previous": previous,
        "status": str(STATUS),
        "kind": "service",
        "created_us": T_US,
        "payload": pack({"text": f"message {seq}"}),
    }
    return pack(list((fields | changes).values()))


def envelope(bodies: Sequence[bytes], key: PrivateKey = SIGNING, *more: bytes) -> bytes:
    """Sign a group."""
    return pack([1, [key.sign(group_input(bodies)), *more], list(bodies)])


def envelope_frame(sealed: bytes, stream: int = 3, first_seq: int = 1) -> bytes:
    """Encode the frame around an envelope."""
    return fr.encode_frame(fr.EnvelopeFrame(stream, first_seq, sealed))


def note(leaves: Sequence[bytes], key: PrivateKey = LOG, origin: str = PEER_ORIGIN) -> bytes:
    """Sign the checkpoint of a log of those leaf hashes."""
    frontier = Frontier()
    frontier.extend(leaves)
    return sign_checkpoint(Checkpoint(origin, frontier.size, frontier.root()), key)


def receipt(
    leaves: Sequence[bytes] = RECEIVED,
    items: Sequence[tuple[int, ...]] = ((3, 1, 3, 2, T_US),),
    *,
    old_size: int = 2,
    hashes: Sequence[bytes] | None = None,
    checkpoint: bytes | None = None,
) -> bytes:
    """Encode a receipt for the messages under way, or for something else."""
    return fr.encode_frame(
        fr.Receipt(
            note([*OLD_LEAVES, *leaves]) if checkpoint is None else checkpoint,
            old_size,
            b"".join(leaves if hashes is None else hashes),
            tuple(fr.ReceiptItem(*item) for item in items),
        )
    )


def hello(**changes: Any) -> fr.Hello:
    """Make the peer's HELLO."""
    fields: dict[str, Any] = {
        "versions": (1,),
        "centre": PEER,
        "status": str(STATUS),
        "epoch": EPOCH,
        "letter_hash": bytes(range(32)),
        "next_expected": (1, 1, 1, 4),
        "checkpoint": note(OLD_LEAVES),
        "mirror_size": 0,
        "mirror_checkpoint": b"",
        "sent_us": T_US,
    }
    return fr.Hello(**(fields | changes))


def decoder_vectors() -> Iterator[Vector]:
    """Yield what single decoders refuse, or take."""
    for name, says, data, expect in [
        ("object-map", "a map with text keys", pack({"a": [1, None, True]}), "accepted"),
        ("object-duplicate-key", "a key twice", b"\x82\xa1a\x01\xa1a\x02", "wire.duplicate-key"),
        ("object-number-key", "a key that is a number", pack({1: 2}), "wire.key-not-text"),
        ("object-trailing-byte", "a byte too many", pack({}) + b"\0", "wire.malformed"),
        ("object-truncated", "a byte missing", pack(["ab"])[:-1], "wire.malformed"),
        ("object-invalid-utf-8", "text that is not UTF-8", b"\xa1\xff", "wire.invalid-utf-8"),
        ("object-extension", "an extension type", b"\xd4\x05\x00", "wire.extension-type"),
        (
            "object-timestamp",
            "MessagePack's own timestamp extension",
            b"\xd6\xff\0\0\0\1",
            "wire.extension-type",
        ),
        ("object-nan", "a number that is none", pack(float("nan")), "wire.not-finite"),
        (
            "object-too-deep",
            "seventeen arrays in each other",
            b"\x91" * 17 + b"\0",
            "wire.too-deep",
        ),
        ("object-huge-claim", "an array of 4294967295", b"\xdd\xff\xff\xff\xff", "wire.malformed"),
    ]:
        yield _vector("object", name, says, data, expect)
    first = message_id(body())
    for name, says, data, expect in [
        ("body", "a body, the first of its stream", body(), "accepted"),
        ("body-second", "a body that follows another", body(2, first), "accepted"),
        (
            "body-composed",
            "a message that names who composed it",
            body(payload=pack({"text": "message 1", "officer": "Lt. Example"})),
            "accepted",
        ),
        ("body-unknown-kind", "a kind of a later version", body(kind="weather"), "accepted"),
        ("body-nine-elements", "no payload", pack(msgpack.unpackb(body())[:9]), "wire.bad-field"),
        ("body-as-map", "a map where the array belongs", pack({"sender": PEER}), "wire.bad-field"),
        ("body-trailing-byte", "a byte after the array", body() + b"\0", "wire.malformed"),
        ("body-sequence-zero", "a sequence that starts at 0", body(0), "wire.bad-field"),
        ("body-sequence-true", "true for 1", body(seq=True), "wire.bad-field"),
        ("body-precedence-4", "a precedence that is none", body(precedence=4), "wire.bad-field"),
        ("body-upper-case-sender", "an id in upper case", body(sender="IAF"), "wire.bad-field"),
        ("body-short-previous", "31 bytes of hash", body(previous=bytes(31)), "wire.bad-field"),
        ("body-text-payload", "text for bytes", body(payload="{}"), "wire.bad-field"),
        ("body-negative-time", "a time before 1970", body(created_us=-1), "wire.bad-field"),
        ("body-first-with-previous", "a first after another", body(1, first), "wire.bad-previous"),
        ("body-second-alone", "a second after nothing", body(2), "wire.bad-previous"),
        ("body-too-large", "256 KiB of payload", body(payload=bytes(2**18)), "wire.body-too-large"),
    ]:
        yield _vector("body", name, says, data, expect)
    sealed = envelope([body()])
    long_heads = sealed[:1] + b"\xcc\x01" + sealed[2:]
    for name, says, data, expect in [
        ("envelope", "a group of one", sealed, "accepted"),
        ("envelope-two-signatures", "a second one", envelope([body()], SIGNING, b"2"), "accepted"),
        (
            "envelope-version-2",
            "an unknown version",
            b"\x93\x02" + sealed[2:],
            "wire.unknown-version",
        ),
        ("envelope-long-form", "a version in two bytes", long_heads, "wire.envelope-not-shortest"),
        ("envelope-unsigned", "no signature", pack([1, [], [body()]]), "wire.bad-signatures"),
        ("envelope-short-signature", "63", pack([1, [bytes(63)], [b""]]), "wire.bad-signatures"),
        ("envelope-empty", "no body", pack([1, [bytes(64)], []]), "wire.empty-group"),
        (
            "envelope-513-bodies",
            "513 bodies",
            pack([1, [bytes(64)], [b""] * 513]),
            "wire.malformed",
        ),
        (
            "envelope-text-body",
            "text for bytes",
            pack([1, [bytes(64)], ["a" * 40]]),
            "wire.bad-field",
        ),
    ]:
        yield _vector("envelope", name, says, data, expect)
    leaf = received_leaf(3, 1, first, T_US)
    for name, says, data, expect in [
        ("leaf-received", "the leaf of a received message", leaf, "accepted"),
        ("leaf-sent", "the leaf of a sent message", sent_leaf(0, 9, first, T_US), "accepted"),
        ("leaf-own", "any other entry", own_leaf("relief", ZERO, T_US, bytes(16)), "accepted"),
        ("leaf-unsalted", "15 bytes of salt", own_leaf("a", ZERO, 0, bytes(15)), "wire.bad-field"),
        ("leaf-own-received", "no message", own_leaf("sent", ZERO, 0, bytes(16)), "wire.bad-field"),
        (
            "leaf-long-form",
            "a stream in two bytes",
            leaf.replace(b"received\x03", b"received\xcc\x03"),
            "wire.leaf-not-shortest",
        ),
    ]:
        yield _vector("leaf", name, says, data, expect)
    beat = fr.encode_frame(fr.Heartbeat(T_US, 0, 0))
    for name, says, data, expect in [
        ("frame-hello", "a HELLO", fr.encode_frame(hello()), "accepted"),
        ("frame-heartbeat", "a HEARTBEAT", beat, "accepted"),
        ("frame-unknown-type", "a type that is none", pack([10]), "wire.bad-field"),
        (
            "frame-extra-element",
            "an element too many",
            b"\x95" + beat[1:] + b"\0",
            "wire.bad-field",
        ),
        ("frame-not-an-array", "a number", b"\x08", "wire.bad-field"),
        ("frame-empty", "nothing", b"", "wire.malformed"),
        ("frame-too-large", "a byte over 1 MiB", bytes(2**20 + 1), "wire.frame-too-large"),
        ("frame-backward-range", "3 to 2", pack([9, 3, 3, 2]), "wire.bad-field"),
        ("frame-part-of-a-hash", "33", pack([5, b"", 0, bytes(33), []]), "wire.bad-field"),
    ]:
        yield _vector("frame", name, says, data, expect)


def line_vectors() -> Iterator[Vector]:
    """Yield frames of a peer that a line in the state of ``context`` refuses, or takes."""
    first, twin = body(), body(payload=b"another")
    second = body(2, message_id(first))
    sealed = envelope([first])
    forged = bytearray(envelope_frame(sealed))
    forged[-1] ^= 1
    for name, says, frame, expect in [
        ("group", "the next message", envelope_frame(sealed), "accepted"),
        ("group-of-two", "two", envelope_frame(envelope([first, second])), "accepted"),
        ("group-altered", "a changed byte", bytes(forged), "trust.bad-signature"),
        (
            "group-wrong-key",
            "a stranger's signature",
            envelope_frame(envelope([first], STRANGER)),
            "trust.bad-signature",
        ),
        (
            "group-bare-signature",
            "a signature over the body, without the context",
            envelope_frame(pack([1, [SIGNING.sign(first)], [first]])),
            "trust.bad-signature",
        ),
        (
            "group-wrong-order",
            "bodies in another order than was signed",
            envelope_frame(
                pack([1, [SIGNING.sign(group_input([first, second]))], [second, first]])
            ),
            "trust.bad-signature",
        ),
        ("group-wrong-sender", "another sender", _one(sender="other"), "line.wrong-sender"),
        ("group-wrong-recipient", "not for us", _one(recipient="other"), "line.wrong-recipient"),
        ("group-wrong-status", "an actual message", _one(status="actual"), "line.wrong-status"),
        ("group-wrong-epoch", "another epoch", _one(epoch=2), "line.wrong-epoch"),
        ("group-wrong-stream", "FLASH in ROUTINE", _one(precedence=0), "line.wrong-stream"),
        (
            "group-wrong-sequence",
            "a frame that says 1 around message 2",
            envelope_frame(envelope([second])),
            "line.wrong-sequence",
        ),
        (
            "group-broken-inside",
            "a second message that follows another first one",
            envelope_frame(envelope([twin, second])),
            "line.broken-chain",
        ),
        (
            "group-bad-body",
            "a body that is none",
            envelope_frame(envelope([b"\xc1"])),
            "wire.malformed",
        ),
        (
            "resend-not-sent",
            "a RESEND for what was never sent",
            fr.encode_frame(fr.Resend(3, 2, 4)),
            "line.resend-not-sent",
        ),
        (
            "rejection-not-sent",
            "a REJECTION of what was never sent",
            fr.encode_frame(fr.Rejection(0, 1, ZERO, "line.test", "")),
            "line.rejection-not-sent",
        ),
    ]:
        yield _line_vector(name, says, frame, expect)
    yield _line_vector(
        "group-broken-after",
        "a next message that does not follow the last one taken",
        envelope_frame(envelope([second]), first_seq=2),
        "line.broken-chain",
        incoming=[[1, ZERO], [1, ZERO], [1, ZERO], [2, message_id(twin)]],
    )
    yield _line_vector(
        "group-straddling",
        "a group of which one message was taken before",
        envelope_frame(envelope([first, second])),
        "line.straddling-group",
        incoming=[[1, ZERO], [1, ZERO], [1, ZERO], [2, message_id(first)]],
    )
    yield from _receipt_vectors()
    good = Checkpoint(OWN_ORIGIN, 7, bytes(range(32)))
    line = cosign(good.text(), WITNESS, 1_772_359_200).decode()
    for name, says, root, expect in [
        ("cosignature", "a cosignature over one of our checkpoints", good.root, "accepted"),
        ("cosignature-other-root", "one over another root", ZERO, "trust.bad-signature"),
    ]:
        frame = fr.encode_frame(fr.Cosignature(7, root, line))
        yield _line_vector(name, says, frame, expect)


def _receipt_vectors() -> Iterator[Vector]:
    other = [leaf_hash(b"other"), *RECEIVED[1:]]
    fork = note([leaf_hash(b"?"), *OLD_LEAVES[1:]])
    rewritten = note([leaf_hash(b"?"), *OLD_LEAVES[1:], *RECEIVED])
    own = leaf_hash(own_leaf("relief", ZERO, T_US, bytes(16)))
    apart = ((3, 1, 1, 2, T_US), (3, 2, 2, 4, T_US))
    strange = note([*OLD_LEAVES, *RECEIVED], STRANGE_LOG)
    elsewhere = note([*OLD_LEAVES, *RECEIVED], LOG, line_log_origin(STATUS, PEER, "other", EPOCH))
    two = ((3, 1, 2, 2, T_US),)
    for name, says, frame, expect in [
        ("receipt", "a receipt for three messages", receipt(), "accepted"),
        (
            "receipt-mixed",
            "one with another entry in between",
            receipt([RECEIVED[0], own, *RECEIVED[1:]], apart),
            "accepted",
        ),
        ("receipt-update", "one without items", receipt([own], ()), "accepted"),
        ("receipt-repeated", "one of which all is mirrored", receipt([], ()), "accepted"),
        (
            "receipt-wrong-key",
            "a stranger's log key",
            receipt(checkpoint=strange),
            "trust.unsigned-note",
        ),
        (
            "receipt-wrong-log",
            "a checkpoint of another line's log",
            receipt(checkpoint=elsewhere),
            "trust.unsigned-note",
        ),
        (
            "receipt-gap",
            "one that begins beyond the mirror",
            receipt(old_size=3),
            "line.receipt-gap",
        ),
        (
            "receipt-hash-missing",
            "a hash too few",
            receipt(hashes=RECEIVED[:2], items=two),
            "line.receipt-count",
        ),
        (
            "receipt-hash-extra",
            "a hash too many",
            receipt(hashes=[*RECEIVED, own]),
            "line.receipt-count",
        ),
        (
            "receipt-forged-leaf",
            "another leaf in the place of ours",
            receipt(other),
            "line.forged-leaf",
        ),
        (
            "receipt-other-time",
            "a time that the leaf does not bear",
            receipt(items=((3, 1, 3, 2, T_US + 1),)),
            "line.forged-leaf",
        ),
        (
            "receipt-skipping",
            "the first message left out",
            receipt(items=((3, 2, 2, 3, T_US),)),
            "line.receipt-order",
        ),
        (
            "receipt-beyond-log",
            "an index beyond the log",
            receipt(items=((3, 1, 3, 3, T_US),)),
            "line.receipt-order",
        ),
        (
            "receipt-old-index",
            "an index that was mirrored before",
            receipt(items=((3, 1, 3, 1, T_US),)),
            "line.receipt-order",
        ),
        (
            "receipt-not-sent",
            "a message never sent",
            receipt([*RECEIVED, own], ((3, 1, 4, 2, T_US),)),
            "line.receipt-not-sent",
        ),
        (
            "receipt-rewritten-log",
            "a signed root over another past",
            receipt(checkpoint=rewritten),
            "line.inconsistent-root",
        ),
        (
            "receipt-forked-log",
            "another root for the size that is mirrored",
            receipt([], (), checkpoint=fork),
            "line.forked-log",
        ),
    ]:
        yield _line_vector(name, says, frame, expect)


def hello_vectors() -> Iterator[Vector]:
    """Yield HELLOs that do, or do not, hold."""
    fork = note([leaf_hash(b"?"), *OLD_LEAVES[1:]])
    for name, says, frame, expect in [
        ("hello", "a HELLO that holds", hello(), "accepted"),
        ("hello-other-letter", "another letter", hello(letter_hash=ZERO), "accepted"),
        ("hello-versions", "no version in common", hello(versions=(2,)), "line.no-common-version"),
        ("hello-centre", "another centre", hello(centre="other"), "line.wrong-centre"),
        ("hello-status", "another status", hello(status="actual"), "line.wrong-status"),
        ("hello-epoch", "another epoch", hello(epoch=2), "line.wrong-epoch"),
        (
            "hello-shrunk-log",
            "a smaller log",
            hello(checkpoint=note(OLD_LEAVES[:1])),
            "line.peer-rolled-back",
        ),
        ("hello-empty-log", "a log gone", hello(checkpoint=b""), "line.peer-rolled-back"),
        ("hello-forked-log", "another root", hello(checkpoint=fork), "line.forked-log"),
    ]:
        yield _line_vector(name, says, fr.encode_frame(frame), expect, before=[])
    yield _line_vector(
        "hello-receipted-again",
        "a peer that expects what it gave a receipt for",
        fr.encode_frame(hello(next_expected=(1, 1, 1, 1))),
        "line.peer-rolled-back",
        before=[],
        outgoing=[[0, []], [0, []], [0, []], [3, []]],
    )


def _one(**changes: object) -> bytes:
    return envelope_frame(envelope([body(**changes)]))  # type: ignore[arg-type]


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


def _vector(what: str, name: str, says: str, data: bytes, expect: str) -> Vector:
    # Long runs of zero bytes are left out, so that no vector is longer than it needs to be.
    zeros = len(data) - len(data.rstrip(b"\0")) if len(data) > 2**17 else 0
    vector = {"name": name, "says": says, "what": what, "expect": expect}
    return vector | {"data": data[: len(data) - zeros].hex(), "trailing_zeros": zeros}


def _line_vector(name: str, says: str, frame: bytes, expect: str, **context: object) -> Vector:
    mirror = Frontier()
    mirror.extend(OLD_LEAVES)
    start = fr.encode_frame(fr.Startup())
    defaults: dict[str, object] = {
        "centre": US,
        "peer": PEER,
        "status": str(STATUS),
        "epoch": EPOCH,
        "letter_hash": bytes(range(32)),
        "peer_signing": SIGNING.public,
        "peer_log": LOG.public,
        "peer_witness": WITNESS.public,
        "mirror": mirror.encode(),
        "outgoing": [[0, []], [0, []], [0, []], [0, UNDER_WAY]],
        "incoming": [[1, ZERO]] * 4,
        "before": [fr.encode_frame(hello()), start],
    }
    plain = {key: _plain(value) for key, value in (defaults | context).items()}
    return _vector("line", name, says, frame, expect) | {"context": plain}


def vectors() -> dict[str, str]:
    """Return the text of every vector by the name of its file."""
    made = [*decoder_vectors(), *line_vectors(), *hello_vectors()]
    return {f"{vector['name']}.json": json.dumps(vector, indent=1) + "\n" for vector in made}


def main() -> None:
    """Write all vectors, and take away those that are no longer made."""
    DIRECTORY.mkdir(exist_ok=True)
    made = vectors()
    for old in DIRECTORY.glob("*.json"):
        if old.name not in made:
            old.unlink()
    for name, text in made.items():
        (DIRECTORY / name).write_text(text)


if __name__ == "__main__":
    main()
