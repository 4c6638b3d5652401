"""AS2: each message a signed MIME document posted over HTTPS, the signed MDN in the response.

pyas2lib builds, signs, parses and verifies; aiohttp carries, over connections that are kept. AS2's
signatures are CMS with RSA of 2048 bits, made over the content and its digest; the MDN repeats the
digest. Kept on both sides is what the Ed25519 application keeps: the message, and its receipt.
"""

from __future__ import annotations

import asyncio
import itertools
from pathlib import Path

import aiohttp
from aiohttp import web
from pyas2lib.as2 import Mdn, Message, Organization, Partner

from benchmarks.peers.application import Row, Store, number_and_body
from benchmarks.peers.service import HOST, main, serve_receiver, serve_sender, tls

CONNECTIONS = 64
TYPE = "application/octet-stream"
Waiter = asyncio.Future[None]


def _parties(directory: Path, own: str, peer: str) -> tuple[Organization, Partner]:
    key = (directory / f"{own}.as2.key").read_bytes()
    own_certificate = Organization(as2_name=own, sign_key=key, sign_key_pass="", domain="localhost")
    partner = Partner(
        as2_name=peer,
        verify_cert=(directory / f"{peer}.as2.pem").read_bytes(),
        validate_certs=False,
        sign=True,
        digest_alg="sha256",
        mdn_mode="SYNC",
        mdn_digest_alg="sha256",
    )
    return own_certificate, partner


def _durable(waiters: list[Waiter]) -> None:
    for waiter in waiters:
        if not waiter.done():
            waiter.set_result(None)


def _raw(headers: dict[str, str], body: bytes) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return lines.encode() + b"\r\n" + body


async def receiver(directory: Path, _: int, *options: str) -> None:
    """Serve HTTPS on a port of the system's choice."""
    own, peer = _parties(directory, "receiver", "sender")
    store: Store[Waiter] = Store(directory / "receiver.sqlite", _durable)
    numbers = itertools.count(1)

    async def take(request: web.Request) -> web.Response:
        body = await request.read()
        message = Message()
        status, problem, mdn = message.parse(
            _raw(dict(request.headers), body), lambda _: own, lambda _: peer
        )
        if status != "processed":
            raise RuntimeError(f"the receiver found {problem}")
        kept = asyncio.get_running_loop().create_future()
        store.enter(Row(next(numbers), body, mdn.content), kept)
        await kept
        return web.Response(body=mdn.content, headers=dict(mdn.headers))

    application = web.Application()
    application.router.add_post("/", take)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, HOST, 0, ssl_context=tls(directory, "receiver", server=True))
    await site.start()
    await serve_receiver(runner.addresses[0][1])


async def sender(directory: Path, port: int, *options: str) -> None:
    """Post, and verify the MDN that comes back."""
    own, peer = _parties(directory, "sender", "receiver")
    store: Store[Waiter] = Store(directory / "sender.sqlite", _durable)
    numbers = itertools.count(1)
    connector = aiohttp.TCPConnector(
        limit=CONNECTIONS, ssl=tls(directory, "sender"), keepalive_timeout=600
    )
    async with aiohttp.ClientSession(connector=connector) as session:

        async def keep(row: Row) -> None:
            kept = asyncio.get_running_loop().create_future()
            store.enter(row, kept)
            await kept

        async def send() -> None:
            number = next(numbers)
            message = Message(own, peer)
            message.build(number_and_body(number), content_type=TYPE)
            if "kept-first" in options:
                await keep(Row(number, message.content, b""))
            headers = dict(message.headers)
            url = f"https://{HOST}:{port}/"
            async with session.post(url, data=message.content, headers=headers) as response:
                answer = _raw(dict(response.headers), await response.read())
            status, problem = Mdn().parse(answer, lambda *_: message)
            if status != "processed":
                raise RuntimeError(f"the sender found {status}: {problem}")
            await keep(Row(number, message.content, answer))

        await serve_sender(send)


if __name__ == "__main__":
    main({"receiver": receiver, "sender": sender})
