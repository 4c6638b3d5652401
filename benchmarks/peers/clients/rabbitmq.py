"""RabbitMQ: durable queues, persistent messages, publisher confirms, acknowledged in batches."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage, AbstractQueue

from benchmarks.peers.application import Receiver, Sender
from benchmarks.peers.service import HOST, main, serve_receiver, serve_sender, tls

PREFETCH = 8192


async def _channels(
    directory: Path, name: str, port: int
) -> tuple[AbstractChannel, dict[str, AbstractQueue]]:
    """Return a channel to publish on, and both queues on a channel that consumes."""
    url = f"amqps://guest:guest@{HOST}:{port}/"
    connection = await aio_pika.connect(url, ssl_context=tls(directory, name))
    publishing = await connection.channel(publisher_confirms=True)
    consuming = await connection.channel(publisher_confirms=False)
    await consuming.set_qos(prefetch_count=PREFETCH)
    queues = {
        queue: await consuming.declare_queue(queue, durable=True)
        for queue in ("messages", "receipts")
    }
    return publishing, queues


def _persistent(octets: bytes) -> aio_pika.Message:
    return aio_pika.Message(octets, delivery_mode=aio_pika.DeliveryMode.PERSISTENT)


async def receiver(directory: Path, port: int, *options: str) -> None:
    """Declare both queues, and take what comes."""
    channel, queues = await _channels(directory, "receiver", port)
    publish = channel.default_exchange.publish
    last: asyncio.Future[None] | None = None

    async def reply(
        receipts: list[bytes],
        arrived: list[AbstractIncomingMessage],
        before: asyncio.Future[None] | None,
    ) -> None:
        await asyncio.gather(*(publish(_persistent(octets), "receipts") for octets in receipts))
        # One acknowledgement covers all up to its message, so they must keep their order.
        if before:
            await before
        await arrived[-1].ack(multiple=True)

    def answer(receipts: list[bytes], arrived: list[AbstractIncomingMessage]) -> None:
        nonlocal last
        last = asyncio.ensure_future(reply(receipts, arrived, last))

    taking = Receiver(directory, answer, *options)

    async def take(message: AbstractIncomingMessage) -> None:
        taking.take(message.body, message)

    await queues["messages"].consume(take)
    await serve_receiver(port)


async def sender(directory: Path, port: int, *options: str) -> None:
    """Publish, and take the receipts."""
    channel, queues = await _channels(directory, "sender", port)

    async def carry(octets: bytes) -> None:
        await channel.default_exchange.publish(_persistent(octets), "messages")

    sending = Sender(directory, carry, *options)

    async def take(message: AbstractIncomingMessage) -> None:
        sending.took(message.body)
        await message.ack()

    await queues["receipts"].consume(take)
    await serve_sender(sending.send)


if __name__ == "__main__":
    main({"receiver": receiver, "sender": sender})
