"""The live stream: what happens after `open` arrives, in order, and ends with the node."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp

from hotline.api import live
from hotline.api.schema import SendRequest
from tests.api.conftest import Lone, Pair
from tests.centres import PATIENCE_S, eventually, example

Event = tuple[str, dict[str, Any]]


async def coming(events: AsyncIterator[Event]) -> Event:
    """Return the next event."""
    return await asyncio.wait_for(anext(events), PATIENCE_S)


async def until(events: AsyncIterator[Event], name: str) -> dict[str, Any]:
    """Return the next event of that name."""
    while True:
        found, what = await coming(events)
        if found == name:
            return what


async def test_a_message_and_its_receipt_are_told(pair: Pair) -> None:
    """The receiver hears of the message, the sender of the receipt."""
    here, there = pair.a.events(), pair.b.events()
    assert (await coming(here))[0] == "open"
    assert (await coming(there))[1]["centre"] == "hmeimim"
    sent = await pair.a.send(SendRequest(document=example("iaf/01-patrol.json"), wait_s=PATIENCE_S))
    assert await until(there, "message") == {
        "line": "iaf",
        "direction": "in",
        "id": sent.id,
        "kind": "notice",
        "precedence": "ROUTINE",
    }
    own = await until(here, "message")
    assert (own["direction"], own["id"], own["line"]) == ("out", sent.id, "hmeimim")
    while not (receipt := await until(here, "receipt"))["count"]:
        pass  # a checkpoint that was only cosigned
    assert (receipt["line"], receipt["count"]) == ("hmeimim", 1)
    assert receipt["which"] == [[sent.precedence, sent.seq, 1]]


async def test_alarms_are_told(lone: Lone) -> None:
    """Both that one rings and that somebody took notice."""
    events = lone.client.events()
    await coming(events)
    await lone.centre.bell.ring("test.alarm", "iaf", "", "something")
    assert (await until(events, "alarm"))["code"] == "test.alarm"
    (alarm,) = (await lone.client.alarms()).alarms
    await lone.client.acknowledge(alarm.id, "ivanov")
    assert await until(events, "alarm-acknowledged") == {"alarm": alarm.id, "officer": "ivanov"}


async def test_a_cut_and_its_mending_are_told(pair: Pair) -> None:
    """The line goes down and comes up again."""
    events = pair.b.events()
    await coming(events)
    connection = pair.iaf.line("").connection
    assert connection is not None
    await connection.close("line.test", "a test cuts the line")
    assert not (await until(events, "line"))["up"]
    assert (await until(events, "line"))["up"]


async def test_silence_is_broken_by_a_comment(lone: Lone, monkeypatch: Any) -> None:
    """A reader can tell a quiet node from one that is gone."""
    monkeypatch.setattr(live, "HEARTBEAT_S", 0.01)
    connector = aiohttp.UnixConnector(str(lone.centre.config.socket))
    async with (
        aiohttp.ClientSession("http://node", connector=connector) as session,
        session.get("/v1/events") as response,
    ):
        assert response.content_type == "text/event-stream"
        assert await response.content.readline() == b"event: open\n"
        async with asyncio.timeout(PATIENCE_S):
            while await response.content.readline() != b": nothing new\n":
                pass


async def test_a_reader_that_goes_away_is_forgotten(lone: Lone) -> None:
    """No listener is left behind in the node."""
    events = lone.client.events()
    await coming(events)
    await events.aclose()  # type: ignore[attr-defined]
    await lone.centre.bell.ring("test.alarm", "", "", "something")
    await eventually(lambda: not lone.centre._listeners, "the listener is still there")


async def test_the_stream_ends_with_the_node(lone: Lone) -> None:
    """A reader sees an end, not an error."""
    events = lone.client.events()
    await coming(events)
    await lone.centre.stop()
    async with asyncio.timeout(PATIENCE_S):
        assert [event async for event in events] == []


async def test_a_reader_that_does_not_keep_up_is_cut_off(lone: Lone, monkeypatch: Any) -> None:
    """Its stream ends; the node's memory stays bounded."""
    events = lone.client.events()
    await coming(events)
    for number in range(1500):
        lone.centre.publish("line", {"number": number})
    async with asyncio.timeout(PATIENCE_S):
        numbers = [what["number"] async for _, what in events]
    assert numbers == list(range(len(numbers)))
    assert len(numbers) < 1500
