"""The falsifications on the wire: frames that a peer, or whoever holds some of its keys, makes up.

Each makes one frame for `hmeimim`, as from `iaf`, on a line that is up; the other end closes with
a code, keeps the frame as evidence, and takes nothing from it.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from hotline.trust.checkpoint import Checkpoint
from hotline.trust.cosignature import cosign
from hotline.trust.merkle import EMPTY_ROOT, leaf_hash
from hotline.wire import frames as fr
from hotline.wire.envelope import decode_envelope, encode_envelope
from tests.line.pair import KEYS, ROUTINE, LinePair, Log

Make = Callable[[LinePair], fr.Frame]


def message(**changes: object) -> Make:
    """Make the frame of a well-signed message, whose body says something that is not so."""

    def make(pair: LinePair) -> fr.Frame:
        return fr.EnvelopeFrame(
            ROUTINE, 1, pair.iaf.seal([pair.iaf.body(ROUTINE, b"one", **changes)])
        )

    return make


def unsigned(pair: LinePair) -> fr.Frame:
    """Sign a message with a key that is not the sender's."""
    body = pair.iaf.body(ROUTINE, b"one")
    return fr.EnvelopeFrame(ROUTINE, 1, pair.iaf.seal([body], KEYS["hmeimim"].signing))


def altered(pair: LinePair) -> fr.Frame:
    """Change a bit of a message that was signed."""
    envelope = bytearray(pair.iaf.seal([pair.iaf.body(ROUTINE, b"one")]))
    envelope[-1] ^= 1
    return fr.EnvelopeFrame(ROUTINE, 1, bytes(envelope))


def transplanted(pair: LinePair) -> fr.Frame:
    """Put the signature of one group over another."""
    other = decode_envelope(pair.iaf.seal([pair.iaf.body(ROUTINE, b"two")]))
    body = pair.iaf.body(ROUTINE, b"one")
    return fr.EnvelopeFrame(ROUTINE, 1, encode_envelope(other.signatures, [body]))


def receipt(change: Callable[[fr.Receipt], fr.Receipt]) -> Make:
    """Make a receipt for two messages, and change it."""

    def make(pair: LinePair) -> fr.Frame:
        pair.iaf.receipts = False
        pair.hmeimim.say(ROUTINE, b"one", b"two")
        pair.run()
        return change(pair.iaf.receipt())

    return make


def with_(**changes: object) -> Callable[[fr.Receipt], fr.Receipt]:
    """Make the change of some fields of a receipt."""
    return lambda whole: msgspec.structs.replace(whole, **changes)


def at_another_time(whole: fr.Receipt) -> fr.Receipt:
    """Say that the messages were durable a minute earlier than the leaf does."""
    (item,) = whole.items
    earlier = msgspec.structs.replace(item, time_us=item.time_us - 60_000_000)
    return msgspec.structs.replace(whole, items=(earlier,))


def signed_by(centre: str, origin: str) -> Callable[[fr.Receipt], fr.Receipt]:
    """Replace a receipt's checkpoint by one of other leaves, under a name and a key."""

    def change(whole: fr.Receipt) -> fr.Receipt:
        log = Log(origin, KEYS[centre].log)
        log.hashes = [leaf_hash(b"x"), leaf_hash(b"y")]
        return msgspec.structs.replace(whole, checkpoint=log.note())

    return change


def another_tree(whole: fr.Receipt) -> fr.Receipt:
    """Replace a receipt's checkpoint by one of another tree of that size, signed all the same."""
    return signed_by("iaf", "hotline/exercise/iaf/hmeimim/1")(whole)


def cosignature(by: str, size: int) -> Make:
    """Make a cosignature of hmeimim's log by a centre, said to be of ``size`` entries."""

    def make(pair: LinePair) -> fr.Frame:
        text = Checkpoint(pair.hmeimim.terms.own_origin, 0, EMPTY_ROOT).text()
        line = cosign(text, KEYS[by].witness, 1).decode()
        return fr.Cosignature(size, EMPTY_ROOT, line)

    return make


WIRE: dict[str, tuple[Make, str]] = {
    "a message under another key": (unsigned, "trust.bad-signature"),
    "a message with a bit changed": (altered, "trust.bad-signature"),
    "a message with another's signature": (transplanted, "trust.bad-signature"),
    "a message of another sender": (message(sender="other"), "line.wrong-sender"),
    "a message to another recipient": (message(recipient="other"), "line.wrong-recipient"),
    "an exercise message shown as an actual one": (message(status="actual"), "line.wrong-status"),
    "a message of another epoch": (message(epoch=2), "line.wrong-epoch"),
    "a message of another precedence": (message(precedence=0), "line.wrong-stream"),
    "a message under another number": (
        message(seq=2, previous=b"p" * 32),
        "line.wrong-sequence",
    ),
    "a receipt of another time": (receipt(at_another_time), "line.forged-leaf"),
    "a receipt for what was never sent": (
        receipt(with_(items=(fr.ReceiptItem(0, 1, 1, 0, 1),))),
        "line.receipt-not-sent",
    ),
    "a receipt that names a message twice": (
        receipt(lambda whole: msgspec.structs.replace(whole, items=whole.items * 2)),
        "line.receipt-order",
    ),
    "a receipt of other leaves": (receipt(with_(leaf_hashes=bytes(64))), "line.forged-leaf"),
    "a receipt with a leaf too many": (
        receipt(
            lambda whole: msgspec.structs.replace(whole, leaf_hashes=whole.leaf_hashes + bytes(32))
        ),
        "line.receipt-count",
    ),
    "a receipt that begins elsewhere": (receipt(with_(old_size=1)), "line.receipt-gap"),
    "a receipt over another tree": (receipt(another_tree), "line.inconsistent-root"),
    "a receipt of another log": (
        receipt(signed_by("hmeimim", "hotline/exercise/hmeimim/iaf/1")),
        "trust.unsigned-note",
    ),
    "our own cosignature sent back": (cosignature("hmeimim", 0), "trust.wrong-witness"),
    "a cosignature sent for another size": (cosignature("iaf", 1), "trust.bad-signature"),
}
"""Each falsification on the wire with the code that the other end closes with."""
