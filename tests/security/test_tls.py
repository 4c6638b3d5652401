"""The TLS ports of a real node and a real console, scanned from outside by OpenSSL's own client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web_protocol

from hotline.console.serving import serving, setting_of, tls_context
from hotline.model.kinds import Status
from hotline.node.config import read_config
from hotline.node.console_keys import make_console_certificate
from hotline.node.gate import PATH
from hotline.node.keyring import init_keys
from tests.centres import now_us, sites
from tests.node.hub import HOST, Hub, open_hub
from tests.security.scanning import GROUPS, OLD, SUITES, Look, look, offered

TAKEN_SUITES = list(SUITES[:3])
"""All that OpenSSL offers by default: the two CCM suites are for small devices."""
DOCUMENT = Path(__file__).parents[2] / "docs" / "topics" / "hardening.md"
REQUEST = f"GET {PATH} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\n".encode()


Shown = tuple[Path, Path]


class Parsed:
    """How many bytes of new connections have come to the HTTP parser, which is before all others.

    The honest peer's line goes on meanwhile.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.bytes = 0
        new: set[web_protocol.RequestHandler] = set()
        made = web_protocol.RequestHandler.connection_made
        received = web_protocol.RequestHandler.data_received

        def noted(handler: web_protocol.RequestHandler, transport: asyncio.BaseTransport) -> None:
            new.add(handler)
            made(handler, transport)

        def counted(handler: web_protocol.RequestHandler, data: bytes) -> None:
            self.bytes += len(data) if handler in new else 0
            received(handler, data)

        monkeypatch.setattr(web_protocol.RequestHandler, "connection_made", noted)
        monkeypatch.setattr(web_protocol.RequestHandler, "data_received", counted)


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Hub]:
    """Run a node with an honest peer, whose line must come out unharmed, and a hostile one."""
    async with open_hub(tmp_path) as opened:
        yield opened
        await opened.unharmed()


@pytest.fixture
async def console(tmp_path: Path) -> AsyncIterator[int]:
    """Serve the console of a node that does not run, which does not matter to TLS."""
    site, _ = sites(tmp_path)
    made = make_console_certificate(site.keys, None, [HOST], now_us(), 30)
    config = read_config(site.configure("hmeimim", port=1, extra="[console]\n"))
    context = tls_context(made.certificate, made.key)
    async with serving(setting_of(config), context, HOST, 0) as port:
        yield port


@pytest.fixture
def shown(hub: Hub, tmp_path: Path) -> Shown:
    """Return the certificate and key of a peer that is enrolled."""
    del hub
    return keys_of("mallory", tmp_path) / "node.crt", keys_of("mallory", tmp_path) / "node.key"


def keys_of(centre: str, directory: Path) -> Path:
    """Return where the keys of a centre lie that `open_hub` has made in a directory."""
    return directory / centre / "keys"


async def test_the_line_speaks_tls_1_3_alone(hub: Hub, shown: Shown) -> None:
    """No older version is agreed, whatever certificate is shown; the refusals are recorded."""
    for version in OLD:
        assert (await look(hub.centre.port, version, certificate=shown)).version == ""
    await hub.refused("trust.tls-too-old")
    assert (await look(hub.centre.port, certificate=shown)).version == "TLSv1.3"


async def test_the_line_offers_these_suites_and_groups(hub: Hub, shown: Shown) -> None:
    """What is offered is what docs/topics/hardening.md says."""
    document = DOCUMENT.read_text()
    suites = await offered(hub.centre.port, "-ciphersuites", SUITES, shown)
    groups = await offered(hub.centre.port, "-groups", GROUPS, shown)
    assert suites == TAKEN_SUITES
    assert groups == list(GROUPS)
    assert all(f"`{name}`" in document for name in (*suites, *groups))


async def test_nothing_is_parsed_of_who_shows_no_certificate(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not a byte of a stranger's request comes to a parser, not even in its handshake's flight.

    A key shared out of band, which TLS would take instead of a certificate, is not taken either.
    """
    parsed = Parsed(monkeypatch)
    asks = await look(hub.centre.port, said=REQUEST)
    assert asks.asks_for_a_certificate
    assert "HTTP/1.1" not in asks.said
    await hub.refused("trust.no-certificate")
    await look(hub.centre.port, "-psk", "1a2b3c4d", said=REQUEST)
    assert parsed.bytes == 0


async def test_nothing_is_parsed_of_who_is_not_enrolled(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A certificate of an authority that nobody enrolled is no better than none."""
    parsed = Parsed(monkeypatch)
    other = tmp_path / "other"
    init_keys(other, "mallory", Status.EXERCISE, now_us=now_us())
    await look(hub.centre.port, certificate=(other / "node.crt", other / "node.key"), said=REQUEST)
    await hub.refused("trust.unknown-authority")
    assert parsed.bytes == 0


async def test_the_count_of_parsed_bytes_counts(
    hub: Hub, shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What an enrolled peer asks is parsed, so that the counts above mean something."""
    parsed = Parsed(monkeypatch)
    await look(hub.centre.port, certificate=shown, said=b"GET / HTTP/1.1\r\n\r\n")
    assert parsed.bytes > 0


async def test_neither_renegotiation_nor_resumption_on_the_line(hub: Hub, shown: Shown) -> None:
    """A session is agreed once: there are no tickets, and so no early data, and no compression."""
    _hold_to_one_handshake(await look(hub.centre.port, certificate=shown, said=b"R\n"))


async def test_the_console_s_port(console: int) -> None:
    """The console's port is as strict, but asks browsers for no certificate."""
    for version in OLD:
        assert (await look(console, version)).version == ""
    plain = await look(console)
    assert plain.version == "TLSv1.3"
    assert not plain.asks_for_a_certificate
    assert await offered(console, "-ciphersuites", SUITES, None) == TAKEN_SUITES
    _hold_to_one_handshake(await look(console, said=b"R\n"))


def _hold_to_one_handshake(seen: Look) -> None:
    assert seen.version == "TLSv1.3"
    assert "RENEGOTIATING" in seen.said, "the client was told to ask for it"
    assert "can_renegotiate:wrong ssl version" in seen.said
    assert "Secure Renegotiation IS NOT supported" in seen.said
    assert seen.tickets == 0
    assert "Compression: NONE" in seen.said
    assert "Early data was not sent" in seen.said


async def test_new_keys_at_will_do_not_hold_the_node_up(hub: Hub, shown: Shown) -> None:
    """A peer that asks for new keys again and again is served, and the others beside it."""
    asked = b"K\n" * 200 + b"Q\n"
    seen = await look(hub.centre.port, certificate=shown, said=asked)
    assert seen.version == "TLSv1.3"
    await asyncio.wait_for(hub.unharmed(), 30)
