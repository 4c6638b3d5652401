"""What an enrolled peer can do wrong once TLS has let it in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from typing import Any

import msgspec
import pytest

from hotline.errors import FencedError
from hotline.journal.queries import messages
from hotline.line import OutgoingState, RateLimit, ResumeState
from hotline.model.kinds import Precedence
from hotline.model.messages import Service
from hotline.node.desk import stored_flags
from hotline.node.recent import RECENT_BYTES
from hotline.trust.checkpoint import Checkpoint, sign_checkpoint
from hotline.wire.body import encode_body, message_id
from hotline.wire.frames import (
    MAX_FRAME,
    EnvelopeFrame,
    Heartbeat,
    Hello,
    Receipt,
    Rejection,
    Resend,
    Shutdown,
    encode_frame,
)
from tests.centres import eventually
from tests.node.hub import ROUTINE, Hostile, Hub, Link

OTHER = bytes([1]) * 32
HEARTBEAT = encode_frame(Heartbeat(1, 0, 0))


async def received(hub: Hub) -> list[Any]:
    """Return what the hub's journal has of the hostile peer's messages."""
    return await hub.centre.reader.run(partial(messages, direction="in", peer="mallory"))


FAULTS: dict[str, tuple[str, Callable[[Hostile], bytes]]] = {
    "malformed": ("wire.malformed", lambda _: b"\xc1"),
    "empty": ("wire.malformed", lambda _: b""),
    "truncated": ("wire.malformed", lambda _: HEARTBEAT[:-1]),
    "trailing": ("wire.malformed", lambda _: HEARTBEAT + b"\xc0"),
    "unknown type": ("wire.bad-field", lambda _: b"\x91\x63"),
    "a map": ("wire.bad-field", lambda _: b"\x82\xa1a\x01\xa1a\x02"),
    "signature": ("trust.bad-signature", lambda h: h.frame(h.body(), signature=bytes(64))),
    "sender": ("line.wrong-sender", lambda h: h.frame(h.body(sender="iaf"))),
    "recipient": ("line.wrong-recipient", lambda h: h.frame(h.body(recipient="iaf"))),
    "status": ("line.wrong-status", lambda h: h.frame(h.body(status="actual"))),
    "epoch": ("line.wrong-epoch", lambda h: h.frame(h.body(epoch=2))),
    "stream": ("line.wrong-stream", lambda h: h.frame(h.body(precedence=0))),
    "sequence": ("line.wrong-sequence", lambda h: h.frame(h.body(1), h.body(3, OTHER))),
    "chain": ("line.broken-chain", lambda h: h.frame(h.body(1), h.body(2, OTHER))),
    "receipt": (
        "line.inconsistent-root",
        lambda h: encode_frame(
            Receipt(
                sign_checkpoint(Checkpoint(h.terms.own_origin, 1, bytes(32)), h.keyring.log),
                0,
                OTHER,
                (),
            )
        ),
    ),
    "resend": ("line.resend-not-sent", lambda _: encode_frame(Resend(ROUTINE, 1, 9))),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_faulty_frame(hub: Hub, fault: str) -> None:
    """A frame that breaks a rule ends the association: with its code, and a record of it."""
    code, make = FAULTS[fault]
    async with hub.hostile.associated() as link:
        await link.socket.send_bytes(make(hub.hostile))
        heard = await link.hear_all()
    assert code in [frame.code for frame in heard if isinstance(frame, Shutdown)]
    assert "frame" in await hub.refused(code)
    await eventually(lambda: "line.peer-misbehaved" in hub.alarms())
    assert await received(hub) == []


@pytest.mark.parametrize("size", [MAX_FRAME + 1, 4 * MAX_FRAME])
async def test_oversized_message(hub: Hub, size: int) -> None:
    """A message above the limit is not even collected."""
    async with hub.hostile.associated() as link:
        await link.socket.send_bytes(bytes(size))
        await link.hear_all()
    await hub.refused("line.bad-websocket")


async def test_largest_message(hub: Hub) -> None:
    """A message of just a frame's limit is for the protocol to judge."""
    async with hub.hostile.associated() as link:
        await link.socket.send_bytes(bytes(MAX_FRAME))
        await link.hear_all()
    await hub.refused("wire.bad-field")


async def test_text_message(hub: Hub) -> None:
    """Text where frames belong ends the association."""
    async with hub.hostile.associated() as link:
        await link.socket.send_str("hello?")
        heard = await link.hear_all()
    assert "line.text-message" in [frame.code for frame in heard if isinstance(frame, Shutdown)]
    assert (await hub.refused("line.text-message"))["frame"] == b"hello?"


async def test_websocket_ping(hub: Hub) -> None:
    """A PING would pass by the rate limit; it ends the association."""
    async with hub.hostile.associated() as link:
        await link.socket.ping()
        await link.hear_all()
    await hub.refused("line.websocket-ping")
    await hub.unharmed()


async def test_rejection_names_the_message(hub: Hub) -> None:
    """What cannot be authenticated is rejected by its id, so that its sender knows."""
    body = hub.hostile.body()
    async with hub.hostile.associated() as link:
        await link.socket.send_bytes(hub.hostile.frame(body, signature=bytes(64)))
        (rejection,) = await link.hear_until(Rejection)
    assert rejection.code == "trust.bad-signature"
    assert rejection.message_id == message_id(encode_body(body))
    await hub.refused("trust.bad-signature")


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("line.wrong-centre", {"centre": "iaf"}),
        ("line.wrong-status", {"status": "actual"}),
        ("line.wrong-epoch", {"epoch": 2}),
        ("line.no-common-version", {"versions": (7,)}),
        ("trust.malformed-note", {"checkpoint": b"nonsense"}),
        ("trust.malformed-note", {"mirror_checkpoint": b"nonsense"}),
    ],
)
async def test_false_hello(hub: Hub, code: str, changes: dict[str, Any]) -> None:
    """A HELLO that is not of this line, or shows a forgery, gets no association."""
    async with hub.hostile.dialled() as link:
        hello = msgspec.structs.replace(hello_of(hub.hostile), **changes)
        await link.socket.send_bytes(encode_frame(hello))
        heard = await link.hear_all()
    assert code in [frame.code for frame in heard if isinstance(frame, Shutdown)]
    await hub.refused(code)
    assert not hub.centre.lines["mallory"].up


def hello_of(hostile: Hostile, **changes: Any) -> Hello:
    """Return the HELLO of a peer that holds nothing yet."""
    terms = hostile.terms
    return Hello(
        **{
            "versions": (1,),
            "centre": "mallory",
            "status": terms.status,
            "epoch": 1,
            "letter_hash": terms.letter_hash,
            "next_expected": (1, 1, 1, 1),
            "checkpoint": b"",
            "mirror_size": 0,
            "mirror_checkpoint": b"",
            "sent_us": hostile.clock.wall_us(),
            **changes,
        }
    )


@pytest.mark.parametrize("claim", [{"mirror_size": 10**6}, {"next_expected": (9, 1, 1, 1)}])
async def test_claim_without_proof(hub: Hub, claim: dict[str, Any]) -> None:
    """A claim to hold more than we do, without our signature, holds that line and no other."""
    async with hub.hostile.dialled() as link:
        await link.socket.send_bytes(encode_frame(hello_of(hub.hostile, **claim)))
        (shutdown,) = await link.hear_until(Shutdown)
    assert shutdown.code == "line.rolled-back"
    await eventually(lambda: "line.rolled-back" in hub.alarms())
    with pytest.raises(FencedError) as caught:
        await hub.centre.desk.send("mallory", Service(text="x"), Precedence.ROUTINE, "levy")
    assert caught.value.code == "line.rolled-back"
    # Once the peer says what is true, the line is as good as ever.
    async with hub.hostile.associated():
        await eventually(lambda: hub.centre.lines["mallory"].held is None)


async def test_replayed_envelope(hub: Hub) -> None:
    """An envelope that comes again is answered with the stored receipt and entered once."""
    body = hub.hostile.body()
    frame = hub.hostile.frame(body)
    sent = OutgoingState(0, 1, (message_id(encode_body(body)),))
    state = ResumeState(outgoing=(OutgoingState(),) * 3 + (sent,))
    async with hub.hostile.associated(state) as link:
        await link.socket.send_bytes(frame)
        await hear_receipts(link, 1)
        await link.socket.send_bytes(frame)
        await hear_receipts(link, 2)
    # On another connection, one receipt comes by itself and the other for the repetition.
    async with hub.hostile.associated(state) as again:
        await again.socket.send_bytes(frame)
        await hear_receipts(again, 2)
    assert len({*receipts(link), *receipts(again)}) == 1
    assert len(await received(hub)) == 1


def receipts(link: Link) -> list[bytes]:
    """Return, byte for byte, the receipts for messages that have come."""
    heard = zip(link.raw, link.heard, strict=True)
    return [raw for raw, frame in heard if isinstance(frame, Receipt) and frame.items]


async def hear_receipts(link: Link, count: int) -> None:
    """Listen until that many receipts for messages have come."""
    while len(receipts(link)) < count:
        assert await link.hear()


async def test_equivocation(hub: Hub) -> None:
    """Two messages under one number: both are kept, the second is rejected, an alarm rings."""
    hostile = hub.hostile
    async with hostile.associated() as link:
        await link.socket.send_bytes(hostile.frame(hostile.body()))
        await hear_receipts(link, 1)
        await link.socket.send_bytes(hostile.frame(hostile.body(created_us=1)))
        (rejection,) = await link.hear_until(Rejection)
    assert rejection.code == "line.equivocation"
    await eventually(lambda: "line.equivocation" in hub.alarms())
    assert len(await hub.records("equivocation")) == 1
    assert len(await received(hub)) == 1


async def test_contradictions_cannot_fill_the_disk(hub: Hub) -> None:
    """Of endless contradictions some are kept, and then the peer is not listened to."""
    hostile = hub.hostile
    async with hostile.associated() as link:
        await link.socket.send_bytes(hostile.frame(hostile.body()))
        await hear_receipts(link, 1)
        for number in range(1, 30):
            await link.socket.send_bytes(hostile.frame(hostile.body(created_us=number)))
        heard = await link.hear_all()
    assert "line.equivocation" in [frame.code for frame in heard if isinstance(frame, Shutdown)]
    assert len(await hub.records("equivocation")) <= 12


async def test_rejections_cannot_fill_the_disk(hub: Hub) -> None:
    """A flood of rejections makes few entries and few alarms."""
    async with hub.hostile.associated() as link:
        await hub.centre.desk.send("mallory", Service(text="x"), Precedence.ROUTINE, "levy")
        while not any(str(frame).startswith("ENVELOPE") for frame in link.heard):
            assert await link.hear()
        for number in range(100):
            rejection = Rejection(ROUTINE, 1, number.to_bytes(32), "test.no", "no")
            await link.socket.send_bytes(encode_frame(rejection))
        await link.socket.send_bytes(b"\xc1")
        await link.hear_all()
    await hub.refused("wire.malformed")
    assert 1 <= len(await hub.records("rejection")) <= 10


async def test_unreadable_payload_is_delivered(hub: Hub) -> None:
    """A well-signed message whose payload has a key twice is delivered, receipted and flagged."""
    payload = b"\x82\xa4text\xa1a\xa4text\xa1b"
    async with hub.hostile.associated() as link:
        await link.socket.send_bytes(hub.hostile.frame(hub.hostile.body(payload=payload)))
        await hear_receipts(link, 1)
    (stored,) = await received(hub)
    assert [flag.code for flag in stored_flags(stored)] == ["wire.duplicate-key"]


async def test_flood(hub: Hub) -> None:
    """Who sends above the agreed rate is cut off."""
    line = hub.centre.lines["mallory"]
    line.terms = replace(line.terms, rate=RateLimit(frames_per_s=50, bytes_per_s=10**6))
    async with hub.hostile.associated() as link:
        for _ in range(400):
            await link.socket.send_bytes(HEARTBEAT)
        heard = await link.hear_all()
    assert "line.rate-exceeded" in [frame.code for frame in heard if isinstance(frame, Shutdown)]
    await hub.refused("line.rate-exceeded")


async def test_peer_that_never_reads(hub: Hub) -> None:
    """A peer that reads nothing costs bounded memory, and cannot keep its next connection out."""
    line = hub.centre.lines["mallory"]
    text = Service(text="x" * 4000)
    async with hub.hostile.associated() as link:
        # From here on nothing is read.
        transport = link.socket._conn.transport
        transport.pause_reading()
        sent = await asyncio.gather(
            *(
                hub.centre.desk.send("mallory", text, Precedence.ROUTINE, "levy")
                for _ in range(4000)
            )
        )
        assert line.recent.octets <= RECENT_BYTES
        connection = line.connection
        assert connection is not None
        assert connection.session is not None
        assert connection.session.association._queue.size < 4 * 1024 * 1024
        flash = await hub.centre.desk.send("mallory", text, Precedence.FLASH, "levy")
        await hub.unharmed()
        # The same peer, having been restarted: it takes over, and gets everything.
        async with hub.hostile.associated() as again:
            assert connection.session.association.closed
            (first, *_) = await again.hear_until(EnvelopeFrame)
            assert (first.stream, first.first_seq) == (flash.stream, 1)
            (_, second, *_) = await again.hear_until(EnvelopeFrame, 2)
            assert (second.stream, second.first_seq) == (ROUTINE, 1)
        transport.resume_reading()
    assert sent[-1].seq == 4000


async def test_a_hundred_connections_of_one_peer(hub: Hub) -> None:
    """However many connections a peer opens, one association is left, and it is the newest."""
    async with AsyncExitStack() as stack:
        links = [await stack.enter_async_context(hub.hostile.dialled()) for _ in range(100)]
        for link in links[:-1]:
            await link.hear_all()
        await links[-1].associate(ResumeState())
        assert hub.centre.lines["mallory"].up
