"""NATS JetStream: two streams in files, one each way, explicit acknowledgement after the commit.

The sender waits for the server's acknowledgement of each publication as well as for the receipt.
Receipts go through a stream too: they must arrive although the sender is away.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import nats
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import ConsumerConfig, StorageType

from benchmarks.peers.application import Receiver, Sender
from benchmarks.peers.service import HOST, main, serve_receiver, serve_sender, tls

PENDING = 8192
"""Messages that the server hands out before the first is acknowledged; 1000 would hold it back."""
PATIENCE_S = 60.0


async def _connect(directory: Path, name: str, port: int) -> Client:
    return await nats.connect(
        f"tls://{HOST}:{port}",
        tls=tls(directory, name),
        tls_hostname="localhost",
        tls_handshake_first=True,
        pending_size=64 * 1024 * 1024,
    )


async def receiver(directory: Path, port: int, *options: str) -> None:
    """Make both streams, and take what comes."""
    stream = (await _connect(directory, "receiver", port)).jetstream(timeout=PATIENCE_S)
    for name in ("messages", "receipts"):
        await stream.add_stream(name=name, subjects=[name], storage=StorageType.FILE)
    tasks = set()

    async def publish(receipts: list[bytes], arrived: list[Msg]) -> None:
        await asyncio.gather(*(stream.publish("receipts", octets) for octets in receipts))
        for message in arrived:
            await message.ack()

    def answer(receipts: list[bytes], arrived: list[Msg]) -> None:
        task = asyncio.ensure_future(publish(receipts, arrived))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    taking = Receiver(directory, answer, *options)

    async def take(message: Msg) -> None:
        taking.take(message.data, message)

    await stream.subscribe(
        "messages",
        durable="receiver",
        cb=take,
        manual_ack=True,
        config=ConsumerConfig(max_ack_pending=PENDING),
    )
    await serve_receiver(port)


async def sender(directory: Path, port: int, *options: str) -> None:
    """Publish, and take the receipts."""
    stream = (await _connect(directory, "sender", port)).jetstream(timeout=PATIENCE_S)

    async def carry(octets: bytes) -> None:
        await stream.publish("messages", octets)

    sending = Sender(directory, carry, *options)

    async def take(message: Msg) -> None:
        sending.took(message.data)
        await message.ack()

    await stream.subscribe(
        "receipts",
        durable="sender",
        cb=take,
        manual_ack=True,
        config=ConsumerConfig(max_ack_pending=PENDING),
    )
    await serve_sender(sending.send)


if __name__ == "__main__":
    main({"receiver": receiver, "sender": sender})
