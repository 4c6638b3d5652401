"""Mosquitto: QoS 2 both ways, sessions that outlive a connection.

The client acknowledges a message before the application has committed it, as aiomqtt has no other
way: less than the other peers do.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from pathlib import Path

import aiomqtt

from benchmarks.peers.application import Receiver, Sender
from benchmarks.peers.service import HOST, main, serve_receiver, serve_sender, tls

IN_FLIGHT = 8192


def _client(directory: Path, name: str, port: int) -> aiomqtt.Client:
    client = aiomqtt.Client(
        HOST,
        port,
        identifier=name,
        clean_session=False,
        tls_context=tls(directory, name),
        max_inflight_messages=IN_FLIGHT,
        timeout=60.0,
        # Without it each of the four steps of QoS 2 waits for a delayed acknowledgement of TCP.
        socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
    )
    client.pending_calls_threshold = IN_FLIGHT  # it warns of more, and 1024 are meant
    return client


async def receiver(directory: Path, port: int, *options: str) -> None:
    """Take what comes, and answer it."""
    tasks = set()
    async with _client(directory, "receiver", port) as client:

        async def publish(receipts: list[bytes]) -> None:
            await asyncio.gather(*(client.publish("receipts", one, qos=2) for one in receipts))

        def answer(receipts: list[bytes], _: list[None]) -> None:
            task = asyncio.ensure_future(publish(receipts))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

        taking = Receiver(directory, answer, *options)
        await client.subscribe("messages", qos=2)
        serving = asyncio.ensure_future(serve_receiver(port))
        taker = asyncio.ensure_future(_take(client, lambda octets: taking.take(octets, None)))
        await asyncio.wait((serving, taker), return_when=asyncio.FIRST_COMPLETED)
        taker.cancel()


async def sender(directory: Path, port: int, *options: str) -> None:
    """Publish, and take the receipts."""
    async with _client(directory, "sender", port) as client:

        async def carry(octets: bytes) -> None:
            await client.publish("messages", octets, qos=2)

        sending = Sender(directory, carry, *options)
        await client.subscribe("receipts", qos=2)
        serving = asyncio.ensure_future(serve_sender(sending.send))
        taker = asyncio.ensure_future(_take(client, sending.took))
        await asyncio.wait((serving, taker), return_when=asyncio.FIRST_COMPLETED)
        taker.cancel()


async def _take(client: aiomqtt.Client, took: Callable[[bytes], None]) -> None:
    async for message in client.messages:
        assert isinstance(message.payload, bytes)
        took(message.payload)


if __name__ == "__main__":
    main({"receiver": receiver, "sender": sender})
