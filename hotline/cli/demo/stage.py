"""Two centres with their nodes up and a line between them: what every demonstration begins with.

``stage`` sets the scene and always clears it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from hotline.api.client import Client
from hotline.cli.demo.ground import CENTRES, Place, add_consoles, claimed, make_sites
from hotline.cli.demo.nodes import start, until
from hotline.cli.demo.samples import Sample, read_samples, samples_directory
from hotline.cli.demo.story import Story
from hotline.exercise.faults.proxy import Proxy
from hotline.exercise.ground.processes import NodeProcess
from hotline.exercise.ground.site import Roles, Site, free_port, write_configs
from hotline.trust.words import lines_of

RECEIPT_S = 10.0
SETTLE_S = 40.0


@dataclass(frozen=True, slots=True)
class Cast:
    """Who plays, and with what: the letter, the messages; ``roles`` None for the sample letter."""

    letter: bytes
    samples: list[Sample]
    roles: Roles | None = None


@dataclass(slots=True)
class Stage:
    """The two centres with everything that plays in them."""

    directory: Path
    sites: dict[str, Site]
    line: Proxy
    clients: dict[str, Client]
    story: Story
    samples: list[Sample]
    # Answers that the officers' script still owes.
    owed: int = 0
    officers: list[asyncio.Task[None]] = field(default_factory=list)
    # Where each centre's console may listen, and where it does.
    places: dict[str, Place] = field(default_factory=dict)
    consoles: dict[str, Place] = field(default_factory=dict)


def own_cast() -> Cast:
    """Return the sample letter and messages. Raises ConfigError when there are none."""
    folder = samples_directory()
    return Cast((folder / "letter.toml").read_bytes(), read_samples(folder, CENTRES))


@asynccontextmanager
async def stage(directory: Path, story: Story, cast: Cast) -> AsyncIterator[Stage]:
    """Make both centres and start their nodes; end the nodes whatever happens."""
    async with AsyncExitStack() as stack:
        stack.enter_context(claimed(directory))
        story.heading("Two centres, each with keys of its own")
        sites = make_sites(directory, cast.letter, cast.roles)
        for site in sites.values():
            words = lines_of(site.card.words)[0]
            story.say(site.centre, f"made its keys; the words of its card begin: {words}")
        story.say("both", "exchanged cards, compared the words by voice, pinned the other's card")
        listen_port = free_port()
        line = Proxy(("127.0.0.1", listen_port))
        nodes = [NodeProcess(site) for site in sites.values()]
        await line.open()
        stack.push_async_callback(line.shut)
        consoles: dict[str, Place] = {}
        # Without the proxy, so that the nodes can be started again by hand.
        stack.callback(_leave_configs, sites, listen_port, consoles)
        write_configs(sites, line.port, listen_port)
        # Each on an address of its own: browsers give the cookies of one to all ports of a host.
        places = {
            centre: (f"127.0.0.{number}", free_port())
            for number, centre in enumerate(sites, start=1)
        }
        add_consoles(sites, places, separate=True)
        stack.push_async_callback(_stop, nodes)
        await asyncio.gather(*(start(node) for node in nodes))
        for node in nodes:
            story.say(node.site.centre, f"node runs as process {node.pid}")
        clients = {
            centre: await stack.enter_async_context(Client(site.socket))
            for centre, site in sites.items()
        }
        made = Stage(
            directory, sites, line, clients, story, cast.samples, places=places, consoles=consoles
        )
        await line_is(made, up=True)
        story.say("both", "the line is up: mutual TLS 1.3, either side pins the other's own CA")
        try:
            yield made
        finally:
            for task in made.officers:
                task.cancel()
            await asyncio.gather(*made.officers, return_exceptions=True)


async def line_is(scene: Stage, *, up: bool) -> None:
    """Wait until both nodes say that the line is up, or that it is down."""

    async def settled() -> bool:
        found = [await client.status() for client in scene.clients.values()]
        return all(line.up is up for status in found for line in status.lines)

    await until(settled, SETTLE_S, f"the line to be {'up' if up else 'down'}")


async def queues_empty(scene: Stage) -> None:
    """Wait until nothing is without a receipt."""

    async def empty() -> bool:
        found = [await client.status() for client in scene.clients.values()]
        return not any(n for status in found for n in status.lines[0].backlog.values())

    await until(empty, SETTLE_S, "all receipts")


def _leave_configs(sites: Mapping[str, Site], port: int, consoles: Mapping[str, Place]) -> None:
    write_configs(sites, port, port)
    add_consoles(sites, consoles)


async def _stop(nodes: Iterable[NodeProcess]) -> None:
    await asyncio.gather(*(node.stop() for node in nodes))
