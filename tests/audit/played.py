"""Two real nodes that lived for a moment, stopped, and may go on: a record that grows."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from hotline.api.client import Client
from hotline.api.schema import ReplyRequest, SendRequest
from hotline.journal.outgoing import Draft
from hotline.model.kinds import Precedence
from hotline.node.centre import Centre
from hotline.wire.codec import pack
from tests.centres import (
    PATIENCE_S,
    client_of,
    example,
    line_up,
    receipted,
    running,
    sites,
)

FORMULA = '=HYPERLINK("http://example.invalid","x")'
"""What a spreadsheet would carry out."""
STEERING = "\x1b[2J\u202eexe.txt\u2066\x00"
"""What a terminal would carry out, and what turns the order of reading."""
HOSTILE = (
    ("service", pack({"text": FORMULA, "operator": "@SUM(1)"})),
    ("service", pack({"text": STEERING})),
    ("notice", pack({"reference": "X-1", "title": STEERING, "volumes": []})),
    ("notice", pack({"title": 5})),
    ("notice", b"\xc1"),
    ("telegram", pack({"text": "STOP", "n": 2**64 - 1, "b": b"\xff"})),
    ("notice", pack({"title": "W" * 200_000})),
    (
        "notice",
        pack(
            {
                "volumes": [
                    {"outline_circle": {"center": {"lat": 99.0, "lng": 1e300}, "radius_m": -1.0}}
                ]
            }
        ),
    ),
)
"""What hmeimim says, well signed: kind and payload. It is delivered, and flagged."""


Story = Callable[[Centre, Centre, Client, Client], Awaitable[None]]


class Played:
    """The directories of both centres, neither running."""

    def __init__(self, directory: Path) -> None:
        self.iaf, self.hmeimim = sites(directory)
        self.hmeimim.configure("iaf", port=0)

    @property
    def config(self) -> Path:
        """The node.toml of iaf."""
        return self.iaf.directory / "node.toml"

    def begin(self) -> None:
        """Say one thing of every kind, answer, read, be hostile, check the line."""
        asyncio.run(self._run(_first))

    def go_on(self) -> None:
        """Run both again, and say some more."""
        asyncio.run(self._run(_more))

    async def _run(self, story: Story) -> None:
        async with running(self.hmeimim.node()) as hmeimim:
            self.iaf.configure("hmeimim", port=hmeimim.port or 0)
            async with running(self.iaf.node()) as iaf:
                await line_up(iaf, hmeimim)
                async with client_of(iaf, hmeimim) as (a, b):
                    await story(iaf, hmeimim, a, b)


async def _send(client: Client, name: str) -> str:
    request = SendRequest(document=example(name), officer="levy", wait_s=PATIENCE_S)
    return (await client.send(request)).id


async def _first(iaf: Centre, hmeimim: Centre, a: Client, b: Client) -> None:
    for name in ("iaf/01-patrol.json", "iaf/03-tanker.json", "iaf/07-strike.json"):
        id_ = await _send(a, name)
        await b.read(id_, "orlov")
        await b.reply(
            id_,
            ReplyRequest(
                answer="accept", officer="orlov", read_back_signed=True, wait_s=PATIENCE_S
            ),
        )
    await _send(a, "iaf/14-advisory.json")
    line = hmeimim.line("")
    for kind, payload in HOSTILE:
        composed = await hmeimim.desk.enter(line, Precedence.ROUTINE, Draft(kind, payload))
        await receipted(hmeimim, composed.stream, composed.seq)
    await iaf.bell.ring("test.alarm", "hmeimim", "", f"something {STEERING}")
    (alarm,) = [alarm for alarm in (await a.alarms()).alarms if alarm.code == "test.alarm"]
    await a.acknowledge(alarm.id, "levy")
    await _checked(iaf, a)


async def _more(iaf: Centre, hmeimim: Centre, a: Client, b: Client) -> None:
    del hmeimim
    (first, *_) = (await a.log(kind="notice", after="0")).entries
    await b.read(str(first.what["id"]), "petrov")
    await b.reply(
        str(first.what["id"]),
        ReplyRequest(answer="reject", reason="no", officer="petrov", wait_s=PATIENCE_S),
    )
    await _send(a, "iaf/09-transport.json")
    await _checked(iaf, a)


async def _checked(iaf: Centre, a: Client) -> None:
    sent = await a.check_line("hmeimim")
    await receipted(iaf, int(Precedence[sent.precedence]), sent.seq)
