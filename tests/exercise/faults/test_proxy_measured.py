"""What the fault proxy does to a line, measured: the quickest round trips, rates over a while."""

from __future__ import annotations

import asyncio
import ssl
import statistics
from collections.abc import Awaitable, Callable
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
TRIES = 5


async def least(measured: Callable[[], Awaitable[float]], below_s: float) -> float:
    """Return how many seconds something takes, which must be less than so many.

    A busy machine only adds, and not every time, so the least of a few tries is what counts.
    """
    took_s = await measured()
    for _ in range(TRIES - 1):
        if took_s < below_s:
            break
        took_s = min(took_s, await measured())
    assert took_s < below_s
    return took_s


async def trip(here: Near, below_s: float = 10.0) -> float:
    """Return how many seconds a round trip takes."""
    return await least(lambda: here.says(b"ping"), below_s)


async def test_a_delay_befalls_both_ways_and_goes_again() -> None:
    """A round trip takes twice the delay more, and nothing more once it is over."""
    async with far() as there, near(there.proxy) as here:
        before = await trip(here)
        there.proxy.become(both(Conditions(delay_s=0.15)))
        assert await trip(here, before + 0.3 + TOLERANCE_S) >= 0.3
        there.proxy.become(WHOLE)
        await trip(here, before + TOLERANCE_S)


async def test_a_delay_of_one_way_is_of_that_way() -> None:
    """What only one centre's sending suffers adds once to a round trip."""
    async with far() as there, near(there.proxy) as here:
        before = await trip(here)
        there.proxy.become(only(Way.BACK, Conditions(delay_s=0.2)))
        assert await trip(here, before + 0.2 + TOLERANCE_S) >= 0.2


async def test_a_long_line_carries_much_at_once() -> None:
    """A delay is none of a limit: a megabyte arrives one delay later, not one delay a packet."""
    async with far() as there, near(there.proxy) as here:
        await here.says(b"x")
        there.proxy.become(only(Way.FORTH, Conditions(delay_s=0.3)))
        assert await least(lambda: here.says(b"a" * 1_000_000), 1.5) >= 0.3
        assert MAX_ROOM > 1_000_000


async def test_jitter_spreads_what_a_delay_takes_and_keeps_the_order() -> None:
    """Packets come between nothing and all of it later, never one before another."""
    text = bytes(range(97, 123)) * 500
    async with far(seed=7) as there, near(there.proxy) as here:
        there.proxy.become(only(Way.FORTH, Conditions(jitter_s=0.2)))
        trips = [await here.says(b"ping") for _ in range(12)]
        # A busy machine makes some of them longer, hardly every fourth.
        assert sorted(trips)[len(trips) * 3 // 4] <= 0.2 + TOLERANCE_S
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
        took_s = await least(lambda: here.says(b"a" * size), 1.2 / 0.8)
        assert size * 8 / took_s < bits_per_s * 1.2


async def test_a_limit_is_of_the_line_and_not_of_each_connection() -> None:
    """Two connections share what there is."""
    async with far() as there, near(there.proxy) as one, near(there.proxy) as other:
        await one.says(b"x")
        await other.says(b"x")
        there.proxy.become(only(Way.FORTH, Conditions(bits_per_s=800_000.0)))
        size = 50_000

        async def at_once() -> float:
            return max(await asyncio.gather(one.says(b"a" * size), other.says(b"b" * size)))

        assert 2 * size * 8 / await least(at_once, 1.0 / 0.8) < 800_000.0 * 1.2


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
        assert await least(lambda: here.says(b"a" * 50_000), 0.8 / 0.8) > 0.8 / 1.2


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
