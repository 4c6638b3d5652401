"""Frames: what one WebSocket message between two nodes can be.

Each frame is one MessagePack array whose first element is the frame's type. ``str(frame)`` is
one readable line for logs, without keys, payloads or hashes in full.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from hotline.errors import UsageError, WireError
from hotline.wire.envelope import MAX_ENVELOPE
from hotline.wire.shapes import (
    STREAMS,
    CentreId,
    Count,
    Epoch,
    ErrorCode,
    Hash,
    Seq,
    Shape,
    Stream,
    Text,
    TimeUs,
    Word,
    decode_shape,
)

MAX_FRAME = 1024 * 1024
"""Bytes in one frame; checked before anything is decoded."""
PROTOCOL_VERSION = 1
MAX_RECEIPT_HASHES = 16_384
"""Leaf hashes in one receipt frame; a longer gap is closed by several."""
MAX_RECEIPT_ITEMS = 1_024
MAX_NOTE = 16 * 1024
"""Bytes in a signed note: a checkpoint with room for sixteen large signatures."""

HASH_SIZE = 32
Note = Annotated[bytes, Meta(max_length=MAX_NOTE)]
LeafHashes = Annotated[bytes, Meta(max_length=MAX_RECEIPT_HASHES * HASH_SIZE)]


class Hello(Shape, frozen=True, tag=1):
    """Who I am, what I hold of yours and what I say of mine; sent once, before anything else.

    ``next_expected`` is per stream the sequence number that I wait for from you;
    ``checkpoint`` my own log's newest signed note (empty while the log is); ``mirror_size`` how
    many of your log's leaf hashes I hold; ``mirror_checkpoint`` the newest note of your log that
    I cosigned, by which you notice that you were rolled back; ``sent_us`` my clock.
    """

    versions: Annotated[
        tuple[Annotated[int, Meta(ge=1, le=2**16)], ...], Meta(min_length=1, max_length=16)
    ]
    centre: CentreId
    status: Word
    epoch: Epoch
    letter_hash: Hash
    next_expected: Annotated[tuple[Seq, ...], Meta(min_length=STREAMS, max_length=STREAMS)]
    checkpoint: Note
    mirror_size: Count
    mirror_checkpoint: Note
    sent_us: TimeUs

    def __str__(self) -> str:
        expected = " ".join(map(str, self.next_expected))
        return (
            f"HELLO {self.centre} {self.status} epoch {self.epoch} "
            f"letter {self.letter_hash.hex()[:8]} expects {expected} mirrors {self.mirror_size}"
        )


class Startup(Shape, frozen=True, tag=2):
    """I have checked your HELLO: let us associate."""

    def __str__(self) -> str:
        return "STARTUP"


class Shutdown(Shape, frozen=True, tag=3):
    """The association ends, for the reason in ``code``; the connection may live on."""

    code: ErrorCode
    text: Text

    def __str__(self) -> str:
        return f"SHUTDOWN {self.code}: {self.text}"


class EnvelopeFrame(Shape, frozen=True, tag=4):
    """A group of messages of ``stream``, the first of which is ``first_seq``."""

    stream: Stream
    first_seq: Seq
    envelope: Annotated[bytes, Meta(max_length=MAX_ENVELOPE)]

    def __str__(self) -> str:
        return f"ENVELOPE {self.stream}/{self.first_seq} of {len(self.envelope)} bytes"


class ReceiptItem(Shape, frozen=True):
    """``count`` messages of ``stream`` from ``first_seq``, leaves from ``first_index`` on.

    Their leaves are adjacent in the log and share ``time_us``, when they were durable.
    """

    stream: Stream
    first_seq: Seq
    count: Annotated[int, Meta(ge=1, le=MAX_RECEIPT_HASHES)]
    first_index: Count
    time_us: TimeUs


class Receipt(Shape, frozen=True, tag=5):
    """What my log has gained since ``old_size``, signed, and which of your messages are in it.

    ``checkpoint`` is the signed note for the new size, ``leaf_hashes`` the hash of every leaf
    from ``old_size`` up to it, 32 bytes each. Without items it only keeps your mirror up.
    """

    checkpoint: Note
    old_size: Count
    leaf_hashes: LeafHashes
    items: Annotated[tuple[ReceiptItem, ...], Meta(max_length=MAX_RECEIPT_ITEMS)]

    def __str__(self) -> str:
        items = " ".join(
            f"{item.stream}/{item.first_seq}+{item.count}@{item.first_index}" for item in self.items
        )
        hashes = len(self.leaf_hashes) // HASH_SIZE
        return f"RECEIPT {self.old_size}+{hashes} for {items or 'nothing'}"


class Rejection(Shape, frozen=True, tag=6):
    """A message that I could not authenticate and did not take (OLDI's logical rejection).

    ``message_id`` is that of the group's first body, as it came; 32 zero bytes when there was
    none.
    """

    stream: Stream
    seq: Seq
    message_id: Hash
    code: ErrorCode
    text: Text

    def __str__(self) -> str:
        return f"REJECTION {self.stream}/{self.seq} {self.code}: {self.text}"


class Cosignature(Shape, frozen=True, tag=7):
    """My witness signature, one line of a signed note, over your checkpoint of that size."""

    size: Count
    root: Hash
    line: Annotated[str, Meta(max_length=4096)]

    def __str__(self) -> str:
        return f"COSIGNATURE {self.size} {self.root.hex()[:8]}"


class Heartbeat(Shape, frozen=True, tag=8):
    """My clock now; your last heartbeat's clock (0 if none came) and how long I held it."""

    sent_us: TimeUs
    echo_us: TimeUs
    held_us: Count

    def __str__(self) -> str:
        return f"HEARTBEAT {self.sent_us} echo {self.echo_us} held {self.held_us}"


class Resend(Shape, frozen=True, tag=9):
    """Send ``stream`` again from ``first`` on; I have seen that ``first`` to ``last`` are missing.

    The closed range says how much is missing; the sender goes back to ``first`` and resends
    everything from there, in order.
    """

    stream: Stream
    first: Seq
    last: Seq

    def __str__(self) -> str:
        return f"RESEND {self.stream}/{self.first}-{self.last}"


Frame = (
    Hello
    | Startup
    | Shutdown
    | EnvelopeFrame
    | Receipt
    | Rejection
    | Cosignature
    | Heartbeat
    | Resend
)

_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[Frame] = msgspec.msgpack.Decoder(Frame)


def encode_frame(frame: Frame) -> bytes:
    """Encode a frame of our own; raises ``UsageError`` ``wire.bad-frame`` if it is too large.

    Field ranges are not checked again here: ``hotline.line`` makes frames from checked values.
    """
    data = _encoder.encode(frame)
    if len(data) > MAX_FRAME:
        raise UsageError(
            "wire.bad-frame",
            f"a frame of {len(data)} bytes, at most {MAX_FRAME} fit",
            "send leaf hashes and groups in smaller parts",
        )
    return data


def decode_frame(data: bytes) -> Frame:
    """Decode one frame, or raise :class:`~hotline.errors.WireError`.

    The size is checked first (``wire.frame-too-large``); then shape and ranges
    (``wire.malformed``, ``wire.bad-field``); then what spans fields.
    """
    if len(data) > MAX_FRAME:
        raise WireError(
            "wire.frame-too-large", f"a frame of {len(data)} bytes, at most {MAX_FRAME} allowed"
        )
    frame = decode_shape(_decoder, data, "frame")
    if isinstance(frame, Receipt) and len(frame.leaf_hashes) % HASH_SIZE:
        raise WireError("wire.bad-field", "receipt: leaf hashes are not 32 bytes each")
    if isinstance(frame, Resend) and frame.last < frame.first:
        raise WireError("wire.bad-field", "resend: the range ends before it begins")
    return frame
