"""A line that is cut, in every way that a line can be: nothing lost, doubled or out of order."""

from __future__ import annotations

import asyncio
import os
import random
import socket
import sqlite3
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from hotline.audit.verification.journal import Report, verify_journal
from hotline.errors import JournalError
from hotline.journal.outgoing import Draft
from hotline.journal.queries import StoredAlarm, messages
from hotline.journal.schema import connect
from hotline.model.kinds import Precedence, Status
from hotline.model.messages import Service, encode_payload
from hotline.node.centre import Centre
from hotline.node.keyring import load_public
from hotline.trust.certificates import TLS_KEY_ENTROPY, build_node_certificate, make_tls_key
from tests.centres import Site, eventually, line_up, now_us, receipted, running, sites
from tests.pair.relay import HOST, Relay, relay_to

ROUTINE, FLASH = Precedence.ROUTINE, Precedence.FLASH


@asynccontextmanager
async def relayed(directory: Path) -> AsyncIterator[tuple[Centre, Centre, Relay]]:
    """Run iaf and hmeimim with a relay between them, and the line up."""
    iaf_site, hmeimim_site = sites(directory)
    hmeimim_site.configure("iaf", port=0)
    async with running(hmeimim_site.node()) as hmeimim, relay_to(hmeimim.port or 0) as relay:
        iaf_site.configure("hmeimim", port=relay.port)
        async with running(iaf_site.node()) as iaf:
            await line_up(iaf, hmeimim)
            yield iaf, hmeimim, relay


def draft(text: str) -> Draft:
    """Return a message that needs no officer."""
    return Draft("service", encode_payload(Service(text=text)))


async def send(centre: Centre, text: str, precedence: Precedence = ROUTINE) -> int:
    """Send a message; return its sequence number once it is durable."""
    sent = await centre.desk.send("", Service(text=text), precedence, "levy")
    return sent.seq


async def arrived(centre: Centre, limit: int = 10_000) -> dict[int, list[int]]:
    """Return, by stream, the sequence numbers of services received, in order of entry."""
    found = await centre.reader.run(
        partial(messages, direction="in", kinds=("service",), limit=limit)
    )
    streams: dict[int, list[int]] = {}
    for message in sorted(found, key=lambda m: m.index):
        streams.setdefault(message.stream, []).append(message.seq)
    return streams


def down(*centres: Centre) -> bool:
    """Whether all these centres have noticed that the line is down."""
    return not any(line.up for centre in centres for line in centre.lines.values())


async def test_cut_at_any_byte(tmp_path: Path) -> None:
    """A line cut again and again in the middle of traffic loses, doubles and reorders nothing."""
    chance = random.Random(4)
    async with relayed(tmp_path) as (iaf, hmeimim, relay):
        total = dict.fromkeys((iaf.config.centre, hmeimim.config.centre), 0)
        for _ in range(12):
            relay.budget = chance.randrange(50, 20_000)
            for centre in (iaf, hmeimim):
                count = chance.randrange(1, 40)
                await asyncio.gather(
                    *(
                        send(centre, "x" * 300, Precedence(chance.randrange(4)))
                        for _ in range(count)
                    )
                )
                total[centre.config.centre] += count
            relay.mend()
            await line_up(iaf, hmeimim)
        for sender, receiver in ((iaf, hmeimim), (hmeimim, iaf)):
            (line,) = sender.lines.values()
            await eventually(lambda line=line: not any(line.backlog), "a message has no receipt")
            streams = await arrived(receiver)
            assert sum(map(len, streams.values())) == total[sender.config.centre]
            for seqs in streams.values():
                assert seqs == list(range(1, len(seqs) + 1))


@pytest.mark.alone
async def test_flash_overtakes_a_backlog(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With 100 000 ROUTINE messages waiting, FLASH is receipted within one second."""
    async with relayed(tmp_path) as (iaf, hmeimim, relay):
        relay.cut()
        await eventually(partial(down, iaf, hmeimim))
        (line,) = iaf.lines.values()
        for _ in range(20):
            done = [iaf.writer.compose("hmeimim", ROUTINE, draft("x")) for _ in range(5000)]
            await asyncio.gather(*done)
        assert line.backlog[ROUTINE] == 100_000
        relay.mend()
        await line_up(iaf, hmeimim)
        await eventually(lambda: line.receipted[ROUTINE] > 1000, "the backlog does not move")
        took = []
        for _ in range(10):
            begun = time.monotonic()
            await receipted(iaf, FLASH, await send(iaf, "now", FLASH))
            took.append(time.monotonic() - begun)
            await eventually(partial(_moved, line, line.receipted[ROUTINE]))
        waiting = line.backlog[ROUTINE]
        assert waiting > 10_000
        with capsys.disabled():
            print(f"\nFLASH over {waiting} ROUTINE: {max(took) * 1e3:.0f} ms at most")
        # A busy machine may hold up one or two; behind the backlog each would take many seconds.
        assert sorted(took)[-3] < 1


def _moved(line: object, before: int) -> bool:
    return line.receipted[ROUTINE] > before  # type: ignore[attr-defined, no-any-return]


async def test_dead_addresses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Addresses that refuse, or take the connection and say nothing, only cost their time."""
    monkeypatch.setattr("hotline.node.dialling.DIAL_S", 0.3)
    iaf_site, hmeimim_site = sites(tmp_path)
    hmeimim_site.configure("iaf", port=0)
    with socket.create_server((HOST, 0)) as mute, socket.create_server((HOST, 0)) as gone:
        dead = [mute.getsockname()[1], gone.getsockname()[1]]
        gone.close()
        async with running(hmeimim_site.node()) as hmeimim:
            path = iaf_site.configure("hmeimim", port=0)
            addresses = ", ".join(f'"{HOST}:{port}"' for port in (*dead, hmeimim.port))
            path.write_text(path.read_text().replace(f'"{HOST}:0"', addresses))
            async with running(iaf_site.node()) as iaf:
                await line_up(iaf, hmeimim)
                await receipted(iaf, ROUTINE, await send(iaf, "hello"))


class Disk:
    """A disk that is full while the test says so, whatever the journal does to begin anew."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.full = False
        monkeypatch.setattr("hotline.journal.journal.connect", self._connect)

    def _connect(self, path: Path, *, writable: bool) -> sqlite3.Connection:
        connection = connect(path, writable=writable)
        if self.full:
            connection.execute("PRAGMA max_page_count = 1")
        return connection

    async def fill(self, centre: Centre) -> None:
        """Let no page be added to a centre's journal from now on."""
        self.full = True
        await centre.writer.do(lambda journal: journal.execute("PRAGMA max_page_count = 1"))


@pytest.mark.parametrize("full_side", ["listener", "dialler"])
async def test_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, full_side: str) -> None:
    """A full disk: nothing is receipted, an alarm stands; with room again all goes on by itself."""
    disk = Disk(monkeypatch)
    async with relayed(tmp_path) as (iaf, hmeimim, _):
        sender, receiver = (iaf, hmeimim) if full_side == "listener" else (hmeimim, iaf)
        await receipted(sender, ROUTINE, await send(sender, "before"))
        await disk.fill(receiver)
        (line,) = sender.lines.values()
        await asyncio.gather(*(send(sender, "x" * 4000) for _ in range(400)))
        await eventually(lambda: receiver.journal_error is not None, "the disk is not full")
        assert receiver.journal_error is not None
        assert receiver.journal_error.code == "journal.full"
        await eventually(lambda: "journal.failed" in codes(receiver))
        with pytest.raises(JournalError):
            await send(receiver, "y" * 4000)
        # It associates with nobody while it can record nothing.
        await eventually(partial(down, sender, receiver))
        assert any(line.backlog)
        disk.full = False
        await eventually(lambda: not any(line.backlog), "it does not recover")
        assert (await arrived(receiver))[ROUTINE] == list(range(1, 402))
        await eventually(lambda: receiver.journal_error is None)
        # The alarm was entered afterwards; its cause is gone, and it stays until acknowledged.
        await eventually(lambda: all(a.id and a.cleared_us for a in failures(receiver)))
        assert failures(receiver)
        await receipted(receiver, ROUTINE, await send(receiver, "after"))
        for centre in (sender, receiver):
            assert verified(centre).failures == []


def codes(centre: Centre) -> set[str]:
    """Return the codes of a centre's standing alarms."""
    return {alarm.code for alarm in centre.bell.standing}


def failures(centre: Centre) -> list[StoredAlarm]:
    """Return the alarms about the journal."""
    return [alarm for alarm in centre.bell.standing if alarm.code == "journal.failed"]


def verified(centre: Centre) -> Report:
    """Verify a running centre's journal."""
    keyring = centre.keyring
    return verify_journal(centre.journal.path, keyring.card, dict(keyring.peers))


def renew(site: Site) -> bytes:
    """Have a centre's own authority certify a new TLS key; return the certificate (DER)."""
    keys = site.keys
    ca_key = load_pem_private_key((keys / "ca.key").read_bytes(), None)
    node_key = make_tls_key(os.urandom(TLS_KEY_ENTROPY))
    assert isinstance(ca_key, EllipticCurvePrivateKey)
    ca_der = ssl.PEM_cert_to_DER_cert((keys / "ca.crt").read_text())
    public = node_key.public_key()
    status = Status.EXERCISE
    der = build_node_certificate(site.centre, status, public, ca_der, ca_key, now_us(), 30)
    pem = node_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (keys / "node.key").write_bytes(pem)
    (keys / "node.crt").write_text(ssl.DER_cert_to_PEM_cert(der))
    return der


async def test_renewed_certificates(tmp_path: Path) -> None:
    """A certificate is renewed by its own authority: restart, and no peer has to enrol anything."""
    iaf_site, hmeimim_site = sites(tmp_path)
    hmeimim_site.configure("iaf", port=0)
    for _ in range(2):
        async with running(hmeimim_site.node()) as hmeimim:
            iaf_site.configure("hmeimim", port=hmeimim.port or 0)
            async with running(iaf_site.node()) as iaf:
                await line_up(iaf, hmeimim)
                await receipted(iaf, ROUTINE, await send(iaf, "hello"))
        for site in (iaf_site, hmeimim_site):
            renewed = renew(site)
            assert load_public(site.keys).node_certificate_der == renewed
