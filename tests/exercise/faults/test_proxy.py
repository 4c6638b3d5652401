"""The fault proxy: what passes, what is held, and what both ends notice."""

from __future__ import annotations

import asyncio
import socket
import struct

import pytest

from hotline.exercise.faults.conditions import DEAD, WHOLE, Conditions, Way
from hotline.exercise.faults.lane import ROOM
from hotline.exercise.faults.proxy import MAX_CONNECTIONS, Proxy
from hotline.exercise.ground.site import free_port
from tests.exercise.faults.lines import PATIENCE_S, ended, eventually, far, near, only


async def test_bytes_pass_both_ways_and_an_end_is_an_end() -> None:
    """A whole line adds nothing, and carries an orderly end over."""
    async with far() as there, near(there.proxy) as here:
        await here.says(b"abc")
        here.writer.write_eof()
        assert await asyncio.wait_for(here.reader.read(), PATIENCE_S) == b""
        await eventually(lambda: there.proxy.state().connections == 0)
        state = there.proxy.state()
        assert (state.forth.passed, state.back.passed) == (3, 3)
        assert (state.forth.waiting, state.back.waiting) == (0, 0)


async def test_a_dead_line_holds_what_comes_and_gives_it_when_it_is_mended() -> None:
    """Nobody is told of a cut; what was on its way arrives, once and in order, as in TCP."""
    async with far() as there, near(there.proxy) as here:
        await here.says(b"one ")
        there.proxy.become(DEAD)
        here.writer.write(b"two ")
        await eventually(lambda: there.proxy.state().forth.waiting == 4)
        assert there.heard == b"one "
        there.proxy.become(WHOLE)
        here.writer.write(b"three")
        answer = await asyncio.wait_for(here.reader.readexactly(9), PATIENCE_S)
        assert answer == b"TWO THREE"


@pytest.mark.parametrize("way", list(Way))
async def test_a_one_way_cut_stops_one_way_only(way: Way) -> None:
    """The other way still passes, so that one end hears and is not heard."""
    async with far() as there, near(there.proxy) as here:
        await here.says(b"a")
        there.proxy.become(only(way, Conditions(held=True)))
        here.writer.write(b"b")
        there.accepted[0].write(b"c")
        if way is Way.FORTH:
            assert await asyncio.wait_for(here.reader.readexactly(1), PATIENCE_S) == b"c"
            assert there.heard == b"a"
        else:
            await eventually(lambda: there.heard == b"ab")
            await eventually(lambda: there.proxy.state().back.waiting == 2)
        there.proxy.become(WHOLE)
        await eventually(lambda: there.heard == b"ab")


async def test_who_gives_up_on_a_dead_line_never_arrives() -> None:
    """A connection that was begun and ended during a cut is none at the far end, ever."""
    async with far() as there:
        there.proxy.become(DEAD)
        async with near(there.proxy) as gone:
            gone.writer.write(b"hello?")
        async with near(there.proxy) as here:
            here.writer.write(b"still here")
            await eventually(lambda: there.proxy.state().connections == 1)
            assert not there.accepted
            there.proxy.become(WHOLE)
            answer = await asyncio.wait_for(here.reader.readexactly(10), PATIENCE_S)
            assert answer == b"STILL HERE"
            assert len(there.accepted) == 1


async def test_a_dead_line_holds_no_more_than_it_has_room_for() -> None:
    """Whoever sends into a cut has to wait, and memory stays bounded."""
    async with far() as there, near(there.proxy) as here:
        await here.says(b"a")
        there.proxy.become(DEAD)
        for _ in range(200):
            here.writer.write(bytes(65536))
        await eventually(lambda: there.proxy.state().forth.waiting >= ROOM)
        # Whatever else could have come in has had its turn of the loop by now.
        for _ in range(50):
            await asyncio.sleep(0)
        assert there.proxy.state().forth.waiting <= 2 * ROOM
        assert here.writer.transport.get_write_buffer_size() > 0
        here.writer.transport.abort()


async def test_a_shut_line_ends_and_refuses_and_opens_again_on_its_port() -> None:
    """What ``shut`` breaks off, both ends are told of at once."""
    async with far() as there:
        port = there.proxy.port
        async with near(there.proxy) as here:
            await eventually(lambda: there.accepted)
            await there.proxy.shut()
            assert await ended(here.reader)
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)
        await there.proxy.open()
        assert there.proxy.port == port
        async with near(there.proxy) as here:
            await here.says(b"back")


async def test_a_reset_ends_connections_and_takes_new_ones() -> None:
    """Both ends see it; the line itself is whole."""
    async with far() as there:
        async with near(there.proxy) as here:
            await eventually(lambda: there.accepted)
            there.proxy.reset()
            assert await ended(here.reader)
        async with near(there.proxy) as here:
            await here.says(b"x")


async def test_a_connection_that_the_far_end_breaks_off_is_broken_off() -> None:
    """A reset is carried over as one, not as an orderly end."""
    async with far() as there, near(there.proxy) as here:
        await here.says(b"x")
        linger = struct.pack("ii", 1, 0)
        far_socket = there.accepted[0].get_extra_info("socket")
        far_socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        there.accepted[0].transport.abort()
        with pytest.raises(ConnectionResetError):
            await asyncio.wait_for(here.reader.read(100), PATIENCE_S)
        await eventually(lambda: there.proxy.state().connections == 0)


async def test_where_nobody_listens_nobody_is_kept_waiting() -> None:
    """A proxy to a node that is down ends the connection, as the node's own machine would."""
    proxy = Proxy(("127.0.0.1", free_port()))
    await proxy.open()
    async with near(proxy) as here:
        assert await ended(here.reader)
    await proxy.shut()
    await proxy.shut()


async def test_connections_without_end_are_refused() -> None:
    """A flood of connections takes no more than the proxy has set aside."""
    async with far() as there:
        there.proxy.become(DEAD)
        opened = [
            await asyncio.open_connection("127.0.0.1", there.proxy.port)
            for _ in range(MAX_CONNECTIONS + 5)
        ]
        await eventually(lambda: there.proxy.state().connections == MAX_CONNECTIONS)
        assert await ended(opened[-1][0])
        for _, writer in opened:
            writer.transport.abort()
