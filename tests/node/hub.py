"""A node with two lines, one to an honest centre and one to a hostile peer with real keys.

Whatever the hostile one does, `Hub.unharmed` shows that the honest line never noticed. `Hostile`
speaks the real protocol over real TLS, and can bend every frame of it.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from hotline.journal.queries import StoredRecord, records
from hotline.line import Association, Instant, ResumeState, State, Terms
from hotline.model.kinds import Precedence, Status
from hotline.model.letter import letter_hash
from hotline.model.messages import Service, encode_payload
from hotline.node.centre import Centre
from hotline.node.clock import Clock
from hotline.node.config import read_config
from hotline.node.gate import PATH
from hotline.node.keyring import Keyring, load_keyring
from hotline.node.tls import dialling_context
from hotline.trust.names import line_log_origin, tls_name
from hotline.wire.body import Body, encode_body
from hotline.wire.codec import unpack
from hotline.wire.envelope import encode_envelope, group_input
from hotline.wire.frames import EnvelopeFrame, Frame, decode_frame, encode_frame
from hotline.wire.shapes import NOTHING_BEFORE
from tests.centres import EXAMPLES, Site, eventually, line_up, receipted, running

HOST = "127.0.0.1"
STATUS = Status.EXERCISE
ROUTINE = int(Precedence.ROUTINE)


class Hostile:
    """A peer that is enrolled, and means no good."""

    host = HOST

    def __init__(self, site: Site, hub: Centre) -> None:
        self.site = site
        self.hub = hub
        self.keyring: Keyring = load_keyring(site.keys)
        self.clock = Clock()
        hub_card = self.keyring.peer("hmeimim")
        self.terms = Terms(
            centre=self.keyring.centre,
            peer="hmeimim",
            status=STATUS,
            epoch=1,
            letter_hash=letter_hash(site.letter.read_bytes()),
            own_origin=line_log_origin(STATUS, self.keyring.centre, "hmeimim", 1),
            peer_origin=line_log_origin(STATUS, "hmeimim", self.keyring.centre, 1),
            peer_signing=hub_card.signing,
            peer_log=hub_card.log,
            peer_witness=hub_card.witness,
        )

    def context(self) -> ssl.SSLContext:
        """Return the TLS context that an honest peer would use."""
        return dialling_context(self.keyring, self.keyring.peer("hmeimim"))

    @asynccontextmanager
    async def dialled(self, path: str = PATH) -> AsyncIterator[Link]:
        """Open the WebSocket, and say nothing."""
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(
                f"https://{self.host}:{self.hub.port}{path}",
                ssl=self.context(),
                server_hostname=tls_name(STATUS, "hmeimim"),
                max_msg_size=0,
                timeout=aiohttp.ClientWSTimeout(ws_close=0.2),
            ) as socket,
        ):
            yield Link(self, socket)

    @asynccontextmanager
    async def associated(self, state: ResumeState | None = None) -> AsyncIterator[Link]:
        """Behave until messages may flow."""
        async with self.dialled() as link:
            await link.associate(state or ResumeState())
            yield link

    def body(self, seq: int = 1, previous: bytes = NOTHING_BEFORE, **changes: Any) -> Body:
        """Return a proper body, but for ``changes``."""
        fields: dict[str, Any] = {
            "sender": self.keyring.centre,
            "recipient": "hmeimim",
            "epoch": 1,
            "precedence": ROUTINE,
            "seq": seq,
            "previous": previous,
            "status": STATUS,
            "kind": "service",
            "created_us": self.clock.wall_us(),
            "payload": encode_payload(Service(text="all is well")),
        }
        return Body(**{**fields, **changes})

    def frame(self, *bodies: Body, signature: bytes | None = None) -> bytes:
        """Return the frame with a group of these bodies, properly signed unless told otherwise."""
        encoded = [encode_body(body) for body in bodies]
        signed = signature or self.keyring.signing.sign(group_input(encoded))
        envelope = encode_envelope([signed], encoded)
        return encode_frame(EnvelopeFrame(ROUTINE, bodies[0].seq, envelope))


class Link:
    """One connection of the hostile peer: an association that obeys it frame by frame."""

    def __init__(self, hostile: Hostile, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.hostile = hostile
        self.socket = socket
        self.association: Association
        # What the hub sent, as bytes and decoded, oldest first.
        self.raw: list[bytes] = []
        self.heard: list[Frame] = []

    @property
    def now(self) -> Instant:
        """Return now."""
        return self.hostile.clock.now()

    async def associate(self, state: ResumeState) -> None:
        """Say what an honest peer says, until messages may flow."""
        self.association = Association(self.hostile.terms, state, dials=True, now=self.now)
        self.association.start(self.now)
        while self.association.state is not State.DATA_READY:
            await self.flush()
            assert await self.hear(), "the hub closed the connection"
            if self.association.state is State.READY:
                self.association.associate(self.now)
        await self.flush()

    async def flush(self) -> None:
        """Send what the association has to say."""
        for frame in self.association.frames_to_send():
            await self.socket.send_bytes(frame)

    async def hear(self) -> bool:
        """Take one frame; False when the hub has closed the connection."""
        message = await self.socket.receive(timeout=20)
        if message.type is not aiohttp.WSMsgType.BINARY:
            return False
        self.raw.append(message.data)
        self.heard.append(decode_frame(message.data))
        if hasattr(self, "association"):
            self.association.receive_frame(message.data, self.now)
        return True

    async def hear_until(self, type_: type, count: int = 1) -> list[Any]:
        """Listen until that many frames of a type have come; return them."""
        while len(found := [frame for frame in self.heard if type(frame) is type_]) < count:
            assert await self.hear(), f"closed, having said {[str(f) for f in self.heard]}"
        return found

    async def hear_all(self) -> list[Frame]:
        """Listen until the hub closes the connection; return all it said."""
        while await self.hear():
            pass
        return self.heard


@dataclass
class Hub:
    """The node under attack (hmeimim), the honest centre (iaf), and the attacker (mallory)."""

    centre: Centre
    honest: Centre
    hostile: Hostile

    async def records(self, kind: str) -> list[tuple[StoredRecord, dict[str, Any]]]:
        """Return the hub's records of a kind, newest first, with what they say."""
        found = await self.centre.reader.run(partial(records, kinds=(kind,), limit=1000))
        return [(record, _map(record.payload)) for record in found]

    async def refused(self, code: str) -> dict[str, Any]:
        """Return the refusal with that code, once it is durable in the hub's journal."""
        found: list[dict[str, Any]] = []
        for _ in range(400):
            found = [what for _, what in await self.records("refusal")]
            for what in found:
                if what["code"] == code:
                    return what
            await eventually_soon()
        raise AssertionError(f"no refusal {code}, but {[what['code'] for what in found]}")

    async def unharmed(self) -> None:
        """Show that the honest line works and has been up all the time."""
        (line,) = self.honest.lines.values()
        before = line.changed_us
        sent = await self.honest.desk.send(
            "", Service(text="still there"), Precedence.FLASH, "levy"
        )
        await receipted(self.honest, sent.stream, sent.seq)
        assert line.up
        assert line.changed_us == before == self.honest_up_since
        assert self.centre.fenced is None

    honest_up_since: int = 0

    def alarms(self) -> set[str]:
        """Return the codes of the hub's standing alarms."""
        return {alarm.code for alarm in self.centre.bell.standing}


async def eventually_soon() -> None:
    """Let the loop turn for a moment."""
    await eventually(_once(), "the loop does not turn")


def _once() -> Callable[[], bool]:
    turns = iter((False, True, True))
    return lambda: next(turns)


def _map(payload: bytes) -> dict[str, Any]:
    decoded = unpack(payload, max_bytes=4 * 1024 * 1024)
    assert isinstance(decoded, dict)
    return decoded


def letter_between(*centres: str, dials: str) -> str:
    """Return the sample letter for other centres."""
    text = (EXAMPLES / "letter.toml").read_text("utf-8")
    return text.replace(
        'centres = ["iaf", "hmeimim"]', f"centres = {msgspec.json.encode(centres).decode()}"
    ).replace('dials = "iaf"', f'dials = "{dials}"')


@asynccontextmanager
async def open_hub(directory: Path) -> AsyncIterator[Hub]:
    """Run hmeimim with its lines to iaf (honest, up) and mallory (hostile, not connected)."""
    hub_site, honest_site, hostile_site = (
        Site(directory, name) for name in ("hmeimim", "iaf", "mallory")
    )
    for site in (honest_site, hostile_site):
        site.enrol(hub_site)
        hub_site.enrol(site)
    hostile_site.letter.write_text(letter_between("mallory", "hmeimim", dials="mallory"))
    (hub_site.directory / "mallory.toml").write_bytes(hostile_site.letter.read_bytes())
    path = hub_site.configure("iaf", port=0)
    with path.open("a") as file:
        file.write('[[line]]\npeer = "mallory"\nletter = "mallory.toml"\n')
    async with running(Centre(read_config(path), load_keyring(hub_site.keys))) as centre:
        honest_site.configure("hmeimim", port=centre.port or 0)
        async with running(honest_site.node()) as honest:
            await line_up(honest)
            await eventually(lambda: centre.lines["iaf"].up)
            hub = Hub(centre, honest, Hostile(hostile_site, centre))
            hub.honest_up_since = honest.lines["hmeimim"].changed_us
            yield hub
