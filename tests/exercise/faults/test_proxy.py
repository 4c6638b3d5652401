"""The fault proxy: what passes, when, and what both ends notice. Times are the loop's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from hotline.exercise.faults.conditions import DEAD, WHOLE, Conditions, LineConditions, Way
from hotline.exercise.faults.proxy import Proxy
from hotline.exercise.ground.processes import holds_within
from hotline.exercise.ground.site import free_port

PATIENCE_S = 20.0


@dataclass
class Far:
    """A server that answers in capitals, and what it heard; a proxy in front of it."""

    proxy: Proxy
    heard: bytearray
    accepted: list[asyncio.StreamWriter]


@asynccontextmanager
async def far(seed: int = 0) -> AsyncIterator[Far]:
    """Run both."""
    heard = bytearray()
    accepted: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted.append(writer)
        try:
            while data := await reader.read(65536):
                heard.extend(data)
                writer.write(data.upper())
                await writer.drain()
            writer.close()
        except OSError:
            writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    proxy = Proxy(server.sockets[0].getsockname()[:2], seed=seed)
    await proxy.open()
    try:
        yield Far(proxy, heard, accepted)
    finally:
        await proxy.shut()
        server.close()
        for writer in accepted:
            writer.transport.abort()


async def eventually(holds: object) -> None:
    """Return as soon as a function returns something true."""
    assert callable(holds)

    async def looked() -> bool:
        return bool(holds())

    assert await holds_within(looked, PATIENCE_S)


async def ended(reader: asyncio.StreamReader) -> bool:
    """Return whether a connection has ended, in order or not."""
    try:
        return not await asyncio.wait_for(reader.read(100), PATIENCE_S)
    except ConnectionResetError:
        return True


def one_way(way: Way, conditions: Conditions) -> LineConditions:
    """Return a line that is bad on one way only."""
    return LineConditions(**{way.value: conditions})


# What passes


async def test_bytes_pass_both_ways_and_an_end_is_an_end() -> None:
    """A whole line adds nothing, and carries an orderly end over."""
    async with far() as there:
        reader, writer = await asyncio.open_connection("127.0.0.1", there.proxy.port)
        writer.write(b"abc")
        assert await asyncio.wait_for(reader.readexactly(3), PATIENCE_S) == b"ABC"
        writer.write_eof()
        assert await asyncio.wait_for(reader.read(), PATIENCE_S) == b""
        writer.close()
        await eventually(lambda: there.proxy.state().connections == 0)
        state = there.proxy.state()
        assert (state.forth.passed, state.back.passed) == (3, 3)
        assert (state.forth.waiting, state.back.waiting) == (0, 0)


async def test_a_dead_line_holds_what_comes_and_gives_it_when_it_is_mended() -> None:
    """Nobody is told of a cut; what was on its way arrives, once and in order, as in TCP."""
    async with far() as there:
        reader, writer = await asyncio.open_connection("127.0.0.1", there.proxy.port)
        writer.write(b"one ")
        assert await asyncio.wait_for(reader.readexactly(4), PATIENCE_S) == b"ONE "
        there.proxy.become(DEAD)
        writer.write(b"two ")
        await eventually(lambda: there.proxy.state().forth.waiting == 4)
        assert there.heard == b"one "
        there.proxy.become(WHOLE)
        writer.write(b"three")
        assert await asyncio.wait_for(reader.readexactly(9), PATIENCE_S) == b"TWO THREE"
        writer.close()


@pytest.mark.parametrize("way", list(Way))
async def test_a_one_way_cut_stops_one_way_only(way: Way) -> None:
    """The other way still passes, so that one end hears and is not heard."""
    async with far() as there:
        reader, writer = await asyncio.open_connection("127.0.0.1", there.proxy.port)
        writer.write(b"a")
        await asyncio.wait_for(reader.readexactly(1), PATIENCE_S)
        there.proxy.become(one_way(way, Conditions(held=True)))
        writer.write(b"b")
        there.accepted[0].write(b"c")
        if way is Way.FORTH:
            assert await asyncio.wait_for(reader.readexactly(1), PATIENCE_S) == b"c"
            assert there.heard == b"a"
        else:
            await eventually(lambda: there.heard == b"ab")
            await eventually(lambda: there.proxy.state().back.waiting == 2)
        there.proxy.become(WHOLE)
        await eventually(lambda: there.heard == b"ab")
        writer.close()


async def test_who_gives_up_on_a_dead_line_never_arrives() -> None:
    """A connection that was begun and ended during a cut is none at the far end, ever."""
    async with far() as there:
        there.proxy.become(DEAD)
        _, gone = await asyncio.open_connection("127.0.0.1", there.proxy.port)
        gone.write(b"hello?")
        gone.close()
        reader, writer = await asyncio.open_connection("127.0.0.1", there.proxy.port)
        writer.write(b"still here")
        await eventually(lambda: there.proxy.state().connections == 1)
        assert not there.accepted
        there.proxy.become(WHOLE)
        assert await asyncio.wait_for(reader.readexactly(10), PATIENCE_S) == b"STILL HERE"
        assert len(there.accepted) == 1
        writer.close()


async def test_a_shut_line_ends_and_refuses_and_opens_again_on_its_port() -> None:
    """What ``shut`` breaks off, both ends are told of at once."""
    async with far() as there:
        port = there.proxy.port
        reader, cut_off = await asyncio.open_connection("127.0.0.1", port)
        await eventually(lambda: there.accepted)
        await there.proxy.shut()
        assert await ended(reader)
        cut_off.close()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)
        await there.proxy.open()
        assert there.proxy.port == port
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"back")
        assert await asyncio.wait_for(reader.readexactly(4), PATIENCE_S) == b"BACK"
        writer.close()


async def test_a_reset_ends_connections_and_takes_new_ones() -> None:
    """Both ends see it; the line itself is whole."""
    async with far() as there:
        reader, cut_off = await asyncio.open_connection("127.0.0.1", there.proxy.port)
        await eventually(lambda: there.accepted)
        there.proxy.reset()
        assert await ended(reader)
        cut_off.close()
        reader, writer = await asyncio.open_connection("127.0.0.1", there.proxy.port)
        writer.write(b"x")
        assert await asyncio.wait_for(reader.readexactly(1), PATIENCE_S) == b"X"
        writer.close()


async def test_where_nobody_listens_nobody_is_kept_waiting() -> None:
    """A proxy to a node that is down ends the connection, as the node's own machine would."""
    proxy = Proxy(("127.0.0.1", free_port()))
    await proxy.open()
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    assert await ended(reader)
    writer.close()
    await proxy.shut()
    await proxy.shut()
