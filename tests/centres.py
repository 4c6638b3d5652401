"""Real centres in this process: real keys, real journals, real mutual TLS over loopback.

    async with centre_pair(tmp_path) as (iaf, hmeimim):
        async with client_of(iaf) as client:
            ...

`Site` is one centre's directory, for tests that stop and start nodes or bend their files.
"""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from hotline.api.client import Client
from hotline.api.server import open_api
from hotline.model.kinds import Precedence, Status
from hotline.model.reading import Draft, read_message
from hotline.node.centre import Centre
from hotline.node.clock import Clock
from hotline.node.config import read_config
from hotline.node.keyring import init_keys, load_keyring, pin_card
from hotline.trust.card import read_card

EXAMPLES = Path(__file__).parent.parent / "examples"
PATIENCE_S = 30.0
"""How long a test waits for what it expects; it goes on as soon as that is so."""

STEP_S = 0.005


def now_us() -> int:
    """Return the time that the machine believes in."""
    return time.time_ns() // 1000


class Site:
    """The directory of one centre of the pair: node.toml, letter, keys, and later the journal."""

    def __init__(self, directory: Path, centre: str) -> None:
        self.directory = directory / centre
        self.centre = centre
        self.keys = self.directory / "keys"
        self.letter = self.directory / "letter.toml"
        self.directory.mkdir(parents=True)
        init_keys(self.keys, centre, Status.EXERCISE, now_us=now_us())
        shutil.copy(EXAMPLES / "letter.toml", self.letter)

    def enrol(self, other: Site) -> None:
        """Pin the other's card, as after a call."""
        card = read_card((other.keys / "centre.card").read_bytes())
        pin_card(self.keys, card, now_us())

    def configure(self, peer: str, *, port: int, extra: str = "") -> Path:
        """Write node.toml: iaf dials ``port``, hmeimim listens on it (0: any that is free)."""
        path = self.directory / "node.toml"
        listen = f'[listen]\nhost = "127.0.0.1"\nport = {port}\n'
        dial = f'addresses = ["127.0.0.1:{port}"]\n'
        dials = self.centre == "iaf"
        path.write_text(
            f'centre = "{self.centre}"\nstatus = "exercise"\n{extra}\n{"" if dials else listen}'
            f'[[line]]\npeer = "{peer}"\nletter = "letter.toml"\n{dial if dials else ""}'
        )
        return path

    def node(self, *, clock: Clock | None = None) -> Centre:
        """Return the centre as its files describe it now, not started."""
        config = read_config(self.directory / "node.toml")
        return Centre(config, load_keyring(config.keys), clock=clock)


def sites(directory: Path) -> tuple[Site, Site]:
    """Make both directories, with each other's cards enrolled."""
    iaf, hmeimim = Site(directory, "iaf"), Site(directory, "hmeimim")
    iaf.enrol(hmeimim)
    hmeimim.enrol(iaf)
    return iaf, hmeimim


@asynccontextmanager
async def running(centre: Centre) -> AsyncIterator[Centre]:
    """Run a centre; stop it if the test has not."""
    try:
        await centre.start()
        yield centre
    finally:
        if not centre.stopping and hasattr(centre, "writer"):
            await centre.stop()


@asynccontextmanager
async def centre_pair(directory: Path, *, extra: str = "") -> AsyncIterator[tuple[Centre, Centre]]:
    """Run iaf and hmeimim with the line between them up; ``extra`` is more of each node.toml."""
    iaf_site, hmeimim_site = sites(directory)
    hmeimim_site.configure("iaf", port=0, extra=extra)
    async with running(hmeimim_site.node()) as hmeimim:
        iaf_site.configure("hmeimim", port=hmeimim.port or 0, extra=extra)
        async with running(iaf_site.node()) as iaf:
            await line_up(iaf, hmeimim)
            yield iaf, hmeimim


@asynccontextmanager
async def lone_centre(directory: Path, *, clock: Clock | None = None) -> AsyncIterator[Centre]:
    """Run hmeimim alone: its line is down, since nobody dials it."""
    _, site = sites(directory)
    site.configure("iaf", port=0)
    async with running(site.node(clock=clock)) as centre:
        yield centre


@asynccontextmanager
async def client_of(*centres: Centre) -> AsyncIterator[Any]:
    """Serve the APIs of these centres and yield a client of each (of one: the client itself)."""
    async with AsyncExitStack() as stack:
        clients = []
        for centre in centres:
            socket = await stack.enter_async_context(open_api(centre))
            clients.append(await stack.enter_async_context(Client(socket)))
        yield clients[0] if len(clients) == 1 else tuple(clients)


async def eventually(condition: Callable[[], object], what: str = "") -> None:
    """Return as soon as ``condition`` holds; fail when it does not within ``PATIENCE_S``."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, what or "what was expected did not come"
        await asyncio.sleep(STEP_S)


async def line_up(*centres: Centre) -> None:
    """Return once messages may flow on every line of these centres."""
    for centre in centres:
        for line in centre.lines.values():
            await eventually(lambda line=line: line.up, f"{centre.config.centre}: no line")


async def receipted(centre: Centre, stream: int, seq: int) -> None:
    """Return once the peer's receipt for a message is durable here."""
    (line,) = centre.lines.values()
    await asyncio.wait_for(line.receipt_of(stream, seq), PATIENCE_S)


def example(name: str) -> dict[str, Any]:
    """Return one of the sample messages (``iaf/01-patrol.json``) as a document."""
    document = msgspec.json.decode((EXAMPLES / name).read_bytes())
    assert isinstance(document, dict)
    return document


def drafted(name: str) -> Draft:
    """Return one of the sample messages as the desk takes it."""
    return read_message((EXAMPLES / name).read_bytes(), now_us())


async def say(centre: Centre, name: str, precedence: Precedence | None = None) -> bytes:
    """Have a centre send a sample message, wait for the receipt, and return the message's id."""
    draft = drafted(name)
    stream = draft.precedence if precedence is None else precedence
    composed = await centre.desk.send("", draft.message, stream, "tester")
    await receipted(centre, composed.stream, composed.seq)
    return composed.id
