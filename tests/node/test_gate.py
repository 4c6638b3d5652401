"""Who is let in at the line's port, and that whoever is not leaves a record and no harm."""

from __future__ import annotations

import asyncio
import shutil
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from hotline.model.kinds import Status
from hotline.node import gate
from hotline.node.gate import MAX_PENDING, PATH
from hotline.node.keyring import init_keys
from hotline.trust.certificates import build_node_certificate
from tests.centres import eventually, line_up, now_us
from tests.node.hub import HOST, Hub

DAY_US = 86_400_000_000


def context_of(directory: Path | None) -> ssl.SSLContext:
    """Return a context that shows the certificate of a key directory, and trusts anybody."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if directory is not None:
        context.load_cert_chain(directory / "node.crt", directory / "node.key")
    return context


async def knock(hub: Hub, context: ssl.SSLContext) -> bytes:
    """Ask for the WebSocket over TLS; return what comes back until the end."""
    try:
        reader, writer = await asyncio.open_connection(HOST, hub.centre.port, ssl=context)
    except (OSError, ssl.SSLError):
        return b""
    try:
        writer.write(f"GET {PATH} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        return await reader.read(4096)
    except (OSError, ssl.SSLError):
        return b""
    finally:
        writer.transport.abort()


def reissue(hub: Hub, directory: Path, centre: str, *, ago_days: int, days: int) -> Path:
    """Have the hostile centre's authority issue another node certificate."""
    shutil.copytree(hub.hostile.site.keys, directory)
    ca_key = load_pem_private_key((directory / "ca.key").read_bytes(), None)
    node_key = load_pem_private_key((directory / "node.key").read_bytes(), None)
    der = build_node_certificate(
        centre,
        Status.EXERCISE,
        node_key.public_key(),  # type: ignore[arg-type]
        ssl.PEM_cert_to_DER_cert((directory / "ca.crt").read_text()),
        ca_key,  # type: ignore[arg-type]
        now_us() - ago_days * DAY_US,
        days,
    )
    (directory / "node.crt").write_text(ssl.DER_cert_to_PEM_cert(der))
    return directory


def none(hub: Hub, tmp_path: Path) -> ssl.SSLContext:
    """Show no certificate."""
    return context_of(None)


def old_tls(hub: Hub, tmp_path: Path) -> ssl.SSLContext:
    """Offer TLS 1.2, with a good certificate."""
    context = context_of(hub.hostile.site.keys)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context


def stranger(hub: Hub, tmp_path: Path) -> ssl.SSLContext:
    """Show a certificate for an enrolled centre, of an authority that nobody enrolled."""
    init_keys(tmp_path / "other", "mallory", Status.EXERCISE, now_us=now_us())
    return context_of(tmp_path / "other")


def other_status(hub: Hub, tmp_path: Path) -> ssl.SSLContext:
    """Show the same centre's certificate for test traffic."""
    init_keys(tmp_path / "other", "mallory", Status.TEST, now_us=now_us())
    return context_of(tmp_path / "other")


def another_centre(hub: Hub, tmp_path: Path) -> ssl.SSLContext:
    """Show a certificate for iaf, which mallory's enrolled authority has issued."""
    return context_of(reissue(hub, tmp_path / "other", "iaf", ago_days=0, days=30))


def expired(hub: Hub, tmp_path: Path) -> ssl.SSLContext:
    """Show a certificate of the right authority that ran out yesterday."""
    return context_of(reissue(hub, tmp_path / "other", "mallory", ago_days=31, days=30))


@pytest.mark.parametrize(
    ("show", "code"),
    [
        (none, "trust.no-certificate"),
        (old_tls, "trust.tls-too-old"),
        (stranger, "trust.unknown-authority"),
        (other_status, "trust.unknown-authority"),
        (another_centre, "trust.certificate-wrong-centre"),
        (expired, "trust.certificate-expired"),
    ],
)
async def test_not_identified(
    hub: Hub, tmp_path: Path, show: Callable[[Hub, Path], ssl.SSLContext], code: str
) -> None:
    """Who does not prove to be an enrolled peer gets not a byte of HTTP, and is recorded."""
    assert await knock(hub, show(hub, tmp_path / "new")) == b""
    what = await hub.refused(code)
    assert what["remote"] == HOST
    assert not hub.centre.lines["mallory"].up


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (b"GET /hotline/v1 HTTP/1.1\r\nHost: x\r\n\r\n", "node.plain-http"),
        (b"\x00\x01\x02 nonsense " * 20, "node.handshake-failed"),
    ],
)
async def test_no_tls_at_all(hub: Hub, said: bytes, code: str) -> None:
    """Plain HTTP and noise end at TLS."""
    reader, writer = await asyncio.open_connection(HOST, hub.centre.port)
    writer.write(said)
    assert b"HTTP" not in await reader.read()
    writer.close()
    await hub.refused(code)


@pytest.mark.parametrize("path", [PATH, "/", "/hotline/v2", "/" + "x" * 500])
async def test_no_websocket(hub: Hub, path: str) -> None:
    """An enrolled peer that asks for anything but the WebSocket is told so, and recorded."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(
            f"https://{HOST}:{hub.centre.port}{path}",
            ssl=hub.hostile.context(),
            server_hostname="hmeimim.exercise.hotline.internal",
        ) as response,
    ):
        assert response.status == 426
        assert (await response.text()).strip() == "node.not-a-line"
    await hub.refused("node.not-a-line")


async def test_slow_handshake(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """A handshake that trickles in is ended in time."""
    monkeypatch.setattr(gate, "HANDSHAKE_S", 0.2)
    reader, writer = await asyncio.open_connection(HOST, hub.centre.port)
    writer.write(b"\x16\x03")
    assert await reader.read() == b""
    writer.close()
    await hub.refused("node.handshake-timeout")


async def test_silence_after_the_handshake(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is identified and then asks for nothing is let go in time."""
    monkeypatch.setattr(gate, "HANDSHAKE_S", 0.2)
    context = context_of(hub.hostile.site.keys)
    reader, writer = await asyncio.open_connection(HOST, hub.centre.port, ssl=context)
    with suppress(OSError):
        assert await reader.read() == b""
    writer.transport.abort()
    await hub.refused("node.handshake-timeout")


async def test_many_silent_connections(hub: Hub) -> None:
    """A hundred connections that never finish their handshake keep no peer from reconnecting."""
    silent = [socket.create_connection((HOST, hub.centre.port)) for _ in range(MAX_PENDING + 36)]
    try:
        await hub.refused("node.too-many-handshakes")
        line = hub.honest.lines["hmeimim"]
        connection = hub.centre.lines["iaf"].connection
        assert connection is not None
        await connection.close("test.cut", "the test cuts the line")
        await eventually(lambda: line.changed_us != hub.honest_up_since and line.up)
        await line_up(hub.honest)
        hub.honest_up_since = line.changed_us
    finally:
        for each in silent:
            each.close()


async def test_a_stranger_s_handshakes_make_way_before_a_peer_s(hub: Hub) -> None:
    """Of the address that holds the most, the oldest is cut; whoever needs one keeps it."""
    port = hub.centre._gate
    assert port is not None
    ends = [socket.socketpair() for _ in range(4)]
    try:
        waiting = {here: gate._Waiting("192.0.2.9") for here, _ in ends}
        first, *others = waiting
        waiting[first] = gate._Waiting("192.0.2.1")
        port._pending.update(waiting)
        port._make_way()
        port._make_way()
        assert [port._pending[one].made_way for one in (first, *others)] == [
            False,
            True,
            True,
            False,
        ]
    finally:
        for here, there in ends:
            port._pending.pop(here, None)
            here.close()
            there.close()


async def test_secured_and_silent_connections_of_one_address_are_few(hub: Hub) -> None:
    """An enrolled peer cannot use up the descriptors of the others."""
    context = context_of(hub.hostile.site.keys)
    links = [
        await asyncio.open_connection(HOST, hub.centre.port, ssl=context)
        for _ in range(gate.MAX_SILENT + 2)
    ]
    with suppress(OSError):
        assert await links[0][0].read() == b""
    port = hub.centre._gate
    assert port is not None
    assert len(port._silent) <= gate.MAX_SILENT
    for _, writer in links:
        writer.transport.abort()
    await hub.unharmed()


async def test_an_old_cosignature_witnesses_nothing_new(hub: Hub) -> None:
    """A cosignature that came before does not silence the alarm about what is unwitnessed."""
    line = hub.centre.lines["iaf"]
    await eventually(lambda: line.witnessed > 0)
    line.unwitnessed_since = 1.0
    line.note_witnessed(line.witnessed)
    assert line.unwitnessed_since == 1.0
    line.note_witnessed(line.witnessed + 1)
    assert line.unwitnessed_since is None
