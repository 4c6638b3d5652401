"""A node certificate that ends, and one that the centre's own authority renews meanwhile."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

from hotline.errors import KeysError
from hotline.journal.queries import records
from hotline.model.kinds import Precedence, Status
from hotline.model.messages import Service
from hotline.node import keyfiles
from hotline.node.centre import Centre
from hotline.node.keyring import init_keys, load_keyring, load_public
from hotline.node.renewal import Renewal, renew_certificate
from hotline.trust.certificates import validity
from hotline.wire.codec import unpack
from tests.centres import Site, eventually, line_up, now_us, receipted, running, sites
from tests.pair.relay import Relay, relay_to

DAY_US = 86_400_000_000
SHORT_US = 2_000_000
ROUTINE = Precedence.ROUTINE


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """Return the keys of a centre whose authority holds for 100 days."""
    init_keys(tmp_path / "keys", "iaf", Status.EXERCISE, now_us=now_us(), days=100)
    return tmp_path / "keys"


async def say(centre: Centre) -> None:
    """Send a message and wait for its receipt."""
    (line,) = centre.lines.values()
    sent = await centre.desk.send(line.peer, Service(text="hello", operator="t"), ROUTINE, "t")
    await receipted(centre, sent.stream, sent.seq)


@asynccontextmanager
async def relayed(
    directory: Path, life_us: int = DAY_US
) -> AsyncIterator[tuple[Site, Site, Centre, Centre, Relay]]:
    """Run both nodes on the keys that they have, with a relay between them, and the line up."""
    iaf_site, hmeimim_site = sites(directory)
    for site in (iaf_site, hmeimim_site):
        # A day is the shortest life that one is made with: of a shorter one, a part is over.
        renew_certificate(site.keys, None, now_us() - DAY_US + life_us, 1)
    hmeimim_site.configure("iaf", port=0)
    async with running(hmeimim_site.node()) as hmeimim, relay_to(hmeimim.port or 0) as relay:
        iaf_site.configure("hmeimim", port=relay.port)
        async with running(iaf_site.node()) as iaf:
            await line_up(iaf, hmeimim)
            yield iaf_site, hmeimim_site, iaf, hmeimim, relay


async def test_expires_under_a_live_line(tmp_path: Path) -> None:
    """A line that is up outlives its certificate; broken, it comes back once that is renewed."""
    async with relayed(tmp_path, SHORT_US) as (iaf_site, hmeimim_site, iaf, hmeimim, relay):
        (line,) = iaf.lines.values()
        both = ((iaf, iaf_site), (hmeimim, hmeimim_site))
        for centre, _ in both:
            await eventually(partial(rings, centre, "node.keys-expiring"))
        end_us = max(centre.keyring.expires_us for centre, _ in both)
        await eventually(lambda: now_us() > end_us + 1_000_000)
        await say(iaf)
        await say(hmeimim)

        relay.cut()
        relay.mend()
        await eventually(lambda: "expired" in line.last_error, line.last_error)
        renew_certificate(hmeimim_site.keys, None, now_us(), 90)
        await eventually(lambda: "expired: run `hotline keys renew`" in line.last_error)
        waiting = await iaf.desk.send("hmeimim", Service(text="waits", operator="t"), ROUTINE, "t")
        for centre, site in both:
            renew_certificate(site.keys, None, now_us(), 90)
            await eventually(lambda centre=centre: centre.keyring.expires_us > end_us)
            await eventually(lambda centre=centre: not rings(centre, "node.keys-expiring"))
        await receipted(iaf, waiting.stream, waiting.seq)
        await say(hmeimim)
        found = await iaf.reader.run(partial(records, kinds=("node",), limit=100))
        states = [unpack(one.payload)["state"] for one in found]
        assert states.count("certificate renewed") == 1


def rings(centre: Centre, code: str) -> bool:
    """Whether an alarm has its cause still."""
    return any(alarm.code == code and not alarm.cleared_us for alarm in centre.bell.standing)


async def test_renewed_in_time(tmp_path: Path) -> None:
    """A certificate that is renewed under a line disturbs it not, and is shown from the next on."""
    async with relayed(tmp_path) as (_, hmeimim_site, iaf, hmeimim, relay):
        (line,) = iaf.lines.values()
        before = line.connection
        renew_certificate(hmeimim_site.keys, None, now_us(), 90)
        renewed = load_public(hmeimim_site.keys).node_certificate_der
        await eventually(lambda: hmeimim.keyring.node_certificate_der == renewed)
        await say(iaf)
        assert line.connection is before
        relay.cut()
        relay.mend()
        await eventually(lambda: line.connection not in (None, before) and line.up)
        assert line.connection is not None
        shown = line.connection._socket.get_extra_info("ssl_object").getpeercert(True)
        assert shown == renewed


def test_no_longer_than_the_authority(keys: Path) -> None:
    """A certificate ends with its authority at the latest, and its maker is told."""
    short = renew_certificate(keys, None, now_us(), 30)
    assert not short.shortened
    assert load_keyring(keys).expires_us == short.expires_us
    long = renew_certificate(keys, None, now_us(), 365)
    assert long.shortened
    assert long.expires_us <= validity(load_public(keys).card.ca_der).not_after_us
    with pytest.raises(KeysError) as caught:
        renew_certificate(keys, None, now_us() + 100 * DAY_US, 30)
    assert caught.value.code == "keys.expired"


def test_expired_certificate_has_a_mend(keys: Path) -> None:
    """A node with an expired certificate is told to renew it, one whose authority ended is not."""
    renew_certificate(keys, None, now_us(), 30)
    keyring = load_keyring(keys)
    keyring.require_valid(now_us())
    for days, code in ((50, "keys.certificate-expired"), (120, "keys.expired")):
        with pytest.raises(KeysError) as caught:
            keyring.require_valid(now_us() + days * DAY_US)
        assert caught.value.code == code


def test_authority_kept_elsewhere(keys: Path, tmp_path: Path) -> None:
    """The authority's key may lie elsewhere; without it, or with another's, nothing is changed."""
    before = load_keyring(keys).node_certificate_der
    init_keys(tmp_path / "other", "iaf", Status.EXERCISE, now_us=now_us())
    elsewhere = tmp_path / "medium.key"
    (keys / "ca.key").rename(elsewhere)
    for authority, code in (
        (None, "keys.no-authority"),
        (tmp_path / "other" / "ca.key", "keys.do-not-match"),
        (tmp_path / "other" / "signing.key", "keys.do-not-match"),
    ):
        with pytest.raises(KeysError) as caught:
            renew_certificate(keys, None, now_us(), 30, authority=authority)
        assert caught.value.code == code
        assert load_keyring(keys).node_certificate_der == before
    renew_certificate(keys, None, now_us(), 30, authority=elsewhere)
    assert load_keyring(keys).node_certificate_der != before


def test_under_a_passphrase(tmp_path: Path) -> None:
    """A key that was under a passphrase is under it again."""
    words = b"a passphrase of some length"
    keys = tmp_path / "keys"
    init_keys(keys, "iaf", Status.EXERCISE, now_us=now_us(), passphrase=words)
    renew_certificate(keys, words, now_us(), 30)
    assert b"ENCRYPTED" in (keys / "node.key").read_bytes()
    load_keyring(keys, words)


def test_half_a_renewal_is_none(keys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Interrupted between its two files, a renewal is not taken over; done again, it is."""
    keyring = load_keyring(keys)
    renewal = Renewal(keyring)
    assert renewal.renewed(keyring) is None

    def interrupted(path: Path, data: bytes) -> None:
        raise KeysError("keys.unwritable", f"{path}, {len(data)}")

    with monkeypatch.context() as patched:
        patched.setattr(keyfiles, "write_public", interrupted)
        with pytest.raises(KeysError):
            renew_certificate(keys, None, now_us(), 30)
    assert renewal.renewed(keyring) is None
    renew_certificate(keys, None, now_us(), 30)
    renewed = renewal.renewed(keyring)
    assert renewed is not None
    assert renewed.node_certificate_der == load_public(keys).node_certificate_der
    assert renewal.renewed(renewed) is None


def test_other_keys_are_no_renewal(keys: Path, tmp_path: Path) -> None:
    """New keys in the place of a running node's are not taken over: they take a restart."""
    keyring = load_keyring(keys)
    renewal = Renewal(keyring)
    init_keys(tmp_path / "new", "iaf", Status.EXERCISE, now_us=now_us())
    shutil.rmtree(keys)
    assert renewal.renewed(keyring) is None
    (tmp_path / "new").rename(keys)
    assert renewal.renewed(keyring) is None
