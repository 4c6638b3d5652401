"""What the fault proxy does to a line, measured: medians of round trips, rates over a while."""

from __future__ import annotations

import asyncio
import ssl
import statistics
from pathlib import Path

import pytest

from hotline.exercise.faults.conditions import WHOLE, Conditions, Way
from hotline.exercise.faults.lane import MAX_ROOM, RETRANSMISSION_S, SEGMENT
from hotline.exercise.ground.site import Roles, make_sites
from hotline.model.kinds import Status
from tests.exercise.faults.lines import PATIENCE_S, Near, both, far, near, only

pytestmark = pytest.mark.alone

TOLERANCE_S = 0.05
"""What a round trip may take longer than it should; what is measured is several times that."""


async def median(here: Near, times: int = 5) -> float:
    """Return the median of round trips, in seconds."""
    return statistics.median([await here.says(b"ping") for _ in range(times)])


async def test_a_delay_befalls_both_ways_and_goes_again() -> None:
    """A round trip takes twice the delay more, and nothing more once it is over."""
    async with far() as there, near(there.proxy) as here:
        before = await median(here)
        there.proxy.become(both(Conditions(delay_s=0.15)))
        assert await median(here) == pytest.approx(before + 0.3, abs=TOLERANCE_S)
        there.proxy.become(WHOLE)
        assert await median(here) == pytest.approx(before, abs=TOLERANCE_S)


async def test_a_delay_of_one_way_is_of_that_way() -> None:
    """What only one centre's sending suffers adds once to a round trip."""
    async with far() as there, near(there.proxy) as here:
        there.proxy.become(only(Way.BACK, Conditions(delay_s=0.2)))
        assert await median(here) == pytest.approx(0.2, abs=TOLERANCE_S)


async def test_a_long_line_carries_much_at_once() -> None:
    """A delay is none of a limit: a megabyte arrives one delay later, not one delay a packet."""
    async with far() as there, near(there.proxy) as here:
        await here.says(b"x")
        there.proxy.become(only(Way.FORTH, Conditions(delay_s=0.3)))
        took = await here.says(b"a" * 1_000_000)
        assert 0.3 <= took < 1.5
        assert MAX_ROOM > 1_000_000


async def test_jitter_spreads_what_a_delay_takes_and_keeps_the_order() -> None:
    """Packets come between nothing and all of it later, never one before another."""
    text = bytes(range(97, 123)) * 500
    async with far(seed=7) as there, near(there.proxy) as here:
        there.proxy.become(only(Way.FORTH, Conditions(jitter_s=0.2)))
        trips = [await here.says(b"ping") for _ in range(12)]
        assert max(trips) <= 0.2 + TOLERANCE_S
        assert statistics.pstdev(trips) > 0.02
        await here.says(text)
        assert bytes(there.heard).endswith(text)


async def test_a_lost_packet_comes_after_the_wait_before_it_is_sent_again() -> None:
    """At half lost, about half of the round trips take the wait, some of them twice and more."""
    async with far(seed=3) as there, near(there.proxy) as here:
        there.proxy.become(only(Way.FORTH, Conditions(loss_percent=50.0)))
        trips = [await here.says(b"ping") for _ in range(12)]
        late = [trip for trip in trips if trip > RETRANSMISSION_S - 0.01]
        assert 2 <= len(late) <= 10
        assert min(late) == pytest.approx(RETRANSMISSION_S, abs=TOLERANCE_S)


async def fate(seed: int) -> list[bool]:
    """Return which of twelve packets were lost."""
    async with far(seed=seed) as there, near(there.proxy) as here:
        there.proxy.become(only(Way.FORTH, Conditions(loss_percent=30.0)))
        return [await here.says(b"ping") > RETRANSMISSION_S / 2 for _ in range(12)]


async def test_the_same_seed_loses_the_same_packets() -> None:
    """What is random is decided by the seed and the order of packets, not by the clock."""
    first, again = await asyncio.gather(fate(5), fate(5))
    assert first == again
    assert any(first)


@pytest.mark.parametrize("bits_per_s", [400_000.0, 4_000_000.0])
async def test_a_limited_line_carries_what_it_is_limited_to(bits_per_s: float) -> None:
    """The rate over a second and more is within a fifth of the limit."""
    async with far() as there, near(there.proxy) as here:
        await here.says(b"x")
        there.proxy.become(only(Way.FORTH, Conditions(bits_per_s=bits_per_s)))
        size = int(bits_per_s / 8 * 1.2)
        took = await here.says(b"a" * size)
        assert size * 8 / took == pytest.approx(bits_per_s, rel=0.2)


async def test_a_limit_is_of_the_line_and_not_of_each_connection() -> None:
    """Two connections share what there is."""
    async with far() as there, near(there.proxy) as one, near(there.proxy) as other:
        await one.says(b"x")
        await other.says(b"x")
        there.proxy.become(only(Way.FORTH, Conditions(bits_per_s=800_000.0)))
        size = 50_000
        took = max(await asyncio.gather(one.says(b"a" * size), other.says(b"b" * size)))
        assert 2 * size * 8 / took == pytest.approx(800_000.0, rel=0.2)


async def test_who_gives_more_than_the_line_takes_has_to_wait() -> None:
    """Back-pressure is real: the giver's own buffer fills, not the proxy's memory."""
    async with far() as there, near(there.proxy) as here:
        await here.says(b"x")
        there.proxy.become(only(Way.FORTH, Conditions(bits_per_s=300.0)))
        here.writer.write(bytes(20_000_000))
        for _ in range(200):
            await asyncio.sleep(0)
        assert here.writer.transport.get_write_buffer_size() > 10_000_000
        assert there.proxy.state().forth.waiting < 200_000
        here.writer.transport.abort()


async def test_faults_of_one_line_come_together() -> None:
    """A delay and a limit at once: the rate of the one, later by the other."""
    async with far() as there, near(there.proxy) as here:
        await here.says(b"x")
        there.proxy.become(only(Way.FORTH, Conditions(delay_s=0.3, bits_per_s=800_000.0)))
        took = await here.says(b"a" * 50_000)
        assert took == pytest.approx(0.8, rel=0.2)


async def test_a_spoilt_packet_is_one_that_tls_refuses(tmp_path: Path) -> None:
    """One bit that is changed on the wire ends the association: no wrong byte is ever delivered."""
    now_us = 1_800_000_000_000_000
    letters = dict.fromkeys(("iaf", "hmeimim"), b"")
    make_sites(tmp_path, letters, Roles("iaf", "hmeimim", Status.EXERCISE), now_us)
    serving, asking = (
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER),
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
    )
    keys = tmp_path / "hmeimim" / "keys"
    serving.load_cert_chain(keys / "node.crt", keys / "node.key")
    asking.check_hostname, asking.verify_mode = False, ssl.CERT_NONE
    heard: asyncio.Queue[bytes | None] = asyncio.Queue()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(100):
                heard.put_nowait(data)
        except ssl.SSLError:
            heard.put_nowait(None)
        writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=serving)
    async with far() as there:
        there.proxy._target = server.sockets[0].getsockname()[:2]
        _, writer = await asyncio.open_connection("127.0.0.1", there.proxy.port, ssl=asking)
        writer.write(b"right")
        assert await asyncio.wait_for(heard.get(), PATIENCE_S) == b"right"
        there.proxy.spoil(Way.FORTH)
        writer.write(b"wrong" * SEGMENT)
        while (said := await asyncio.wait_for(heard.get(), PATIENCE_S)) is not None:
            assert not said.replace(b"wrong", b"").strip(b"wrong")
        writer.transport.abort()
    server.close()
