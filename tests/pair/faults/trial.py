"""The one way in which every fault is tried: load, fault, recovery, and what must hold then."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from hotline.api.client import Client
from hotline.api.schema import SendRequest
from hotline.cli.log.reconcile import reconcile_paths
from hotline.model.kinds import Precedence
from tests.centres import sites
from tests.pair.faults.machine import UNREACHABLE, Machine
from tests.pair.faults.waiting import become
from tests.pair.namespaces import Network

LOOK_S = 0.25
AGAIN_S = 0.2
"""How long an officer waits whose node did not take a message."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How hard and how long a fault is tried.

    ``pause_s`` lies between two messages of one officer; each centre has one for each precedence.
    ``hold_s`` is how long a fault lasts at least, ``outage_s`` how long one that stops everything,
    ``freeze_s`` how long a process stands still, ``repeats`` how often what is over at once
    happens, ``peer_s`` how long a peer means no good. The letter has the line tested every
    ``heartbeat_s``, and ended after ``receive_s``.
    """

    name: str
    pause_s: float
    lead_s: float
    hold_s: float
    outage_s: float
    freeze_s: float
    repeats: int
    peer_s: float
    heartbeat_s: int = 5
    receive_s: int = 12


QUICK = Pace(
    "quick",
    pause_s=0.25,
    lead_s=0.5,
    hold_s=2.5,
    outage_s=5.0,
    freeze_s=5.0,
    repeats=2,
    peer_s=2.0,
    heartbeat_s=1,
    receive_s=3,
)
FULL = Pace(
    "full",
    pause_s=0.1,
    lead_s=2.0,
    hold_s=10.0,
    outage_s=20.0,
    freeze_s=15.0,
    repeats=4,
    peer_s=15.0,
)
LONG = Pace(
    "long",
    pause_s=0.1,
    lead_s=2.0,
    hold_s=30.0,
    outage_s=60.0,
    freeze_s=60.0,
    repeats=9,
    peer_s=60.0,
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one trial. ``sent`` are messages that a node told its officer it had kept."""

    sent: int
    lost: int
    duplicated: int
    disordered: int
    recovered_s: float


@dataclass(slots=True)
class Load:
    """Officers of both centres who send without end, and what their nodes told them."""

    told: dict[str, dict[Precedence, list[str]]] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)

    @asynccontextmanager
    async def on(self, machines: tuple[Machine, ...], pace: Pace) -> AsyncIterator[None]:
        """Have them send while the context is open."""
        async with AsyncExitStack() as stack:
            work = []
            for machine in machines:
                client = await stack.enter_async_context(machine.client)
                streams = self.told.setdefault(machine.centre, {each: [] for each in Precedence})
                work += [
                    asyncio.create_task(self._send(client, machine, each, streams[each], pace))
                    for each in Precedence
                ]
            try:
                yield
            finally:
                for task in work:
                    task.cancel()
                ended = await asyncio.gather(*work, return_exceptions=True)
            for error in ended:
                if isinstance(error, Exception):
                    raise error

    async def _send(
        self, client: Client, machine: Machine, each: Precedence, told: list[str], pace: Pace
    ) -> None:
        number = 0
        while True:
            number += 1
            subject = f"{machine.centre} {each.name} {number}"
            document = {"kind": "advisory", "precedence": each.name, "subject": subject}
            document["text"] = f"Exercise. {subject} of this load."
            try:
                async with asyncio.timeout(10):
                    told.append(
                        (await client.send(SendRequest(document=document, peer=machine.peer))).id
                    )
            except (*UNREACHABLE, TimeoutError) as error:
                self.refused[getattr(error, "code", type(error).__name__)] += 1
                await asyncio.sleep(AGAIN_S)
            await asyncio.sleep(pace.pause_s)

    @property
    def count(self) -> int:
        """Messages that a node said it had kept."""
        return sum(len(ids) for streams in self.told.values() for ids in streams.values())


class Trial:
    """Two running nodes on one network, and the faults that befall them one after the other."""

    def __init__(self, directory: Path, network: Network, pace: Pace) -> None:
        self.network, self.pace = network, pace
        iaf, hmeimim = sites(directory)
        for site in (iaf, hmeimim):
            letter = site.letter.read_text("utf-8")
            for key, seconds in (("heartbeat_s", pace.heartbeat_s), ("receive_s", pace.receive_s)):
                letter = re.sub(rf"^{key} = \d+", f"{key} = {seconds}", letter, flags=re.MULTILINE)
            site.letter.write_text(letter, "utf-8")
        self.iaf = Machine(iaf, network.left, network.right, "hmeimim")
        self.hmeimim = Machine(hmeimim, network.right, network.left, "iaf")
        self.both = (self.iaf, self.hmeimim)
        self.load = Load()
        # File systems that are mounted for this trial; they go with it.
        self.mounted: list[Path] = []
        # How many peers that mean no good hmeimim has been given lines with.
        self.mallories = 0

    async def ready(self) -> None:
        """Start what does not run; return once both nodes say that the line is up."""
        for machine in self.both:
            if not machine.runs:
                machine.start()

        async def up() -> bool:
            return all([await machine.up() for machine in self.both])

        await become(up, "the line does not come up")

    async def run(self, fault: Callable[[Trial], Awaitable[None]]) -> Outcome:
        """Put both under load, let the fault happen, and see what is left of everything.

        ``fault`` returns when it is over. Fails where what must hold does not.
        """
        await self.ready()
        self.load = Load()
        async with self.load.on(self.both, self.pace):
            await asyncio.sleep(self.pace.lead_s)
            async with self._receipts_hold():
                await fault(self)
        begun = time.monotonic()
        await become(self._receipted, "a message has no receipt")
        recovered_s = time.monotonic() - begun
        return await self._judge(recovered_s)

    @asynccontextmanager
    async def _receipts_hold(self) -> AsyncIterator[None]:
        """See all along that whatever has a receipt lies in the journal of who gave it."""

        async def look() -> None:
            while True:
                for sender, receiver in (self.both, self.both[::-1]):
                    receipted = sender.receipted()
                    kept = receiver.taken()
                    for stream, seq in receipted.items():
                        assert seq <= kept.get(stream, 0), f"a receipt for nothing: {stream} {seq}"
                await asyncio.sleep(LOOK_S)

        looking = asyncio.create_task(look())
        try:
            yield
        finally:
            looking.cancel()
            with suppress(asyncio.CancelledError):
                await looking

    async def _receipted(self) -> bool:
        if not all([await machine.up() for machine in self.both]):
            return False
        return all(machine.backlog == 0 for machine in self.both)

    async def _judge(self, recovered_s: float) -> Outcome:
        """Compare what was told with what is shown, and both records with each other."""
        lost = duplicated = disordered = 0
        for sender, receiver in (self.both, self.both[::-1]):
            shown = await self._all_shown(sender, receiver)
            duplicated += sum(count - 1 for count in shown.values())
            place = {held.id: held.seq for held in receiver.messages(1)}
            for ids in self.load.told[sender.centre].values():
                lost += sum(id_ not in shown for id_ in ids)
                numbers = [place[id_] for id_ in ids if id_ in place]
                disordered += sum(a >= b for a, b in pairwise(numbers))
        found = await asyncio.to_thread(reconcile_paths, self.iaf.config, self.hmeimim.config)
        assert found.agree, [str(difference) for difference in found.differences]
        outcome = Outcome(self.load.count, lost, duplicated, disordered, recovered_s)
        assert (lost, duplicated, disordered) == (0, 0, 0), outcome
        assert outcome.sent, self.load.refused
        return outcome

    async def _all_shown(self, sender: Machine, receiver: Machine) -> Counter[str]:
        """Return how often each message is shown, once both journals hold the same and all is.

        What an officer sent last, and broke off, is perhaps still on its way.
        """
        shown: Counter[str] = Counter()

        async def same() -> bool:
            nonlocal shown
            kept, received = sender.messages(0), receiver.messages(1)
            async with receiver.client as client:
                shown = Counter(await receiver.inbox(client))
            return kept == received and set(shown) == {held.id for held in received}

        await become(same, f"{receiver.centre} does not show all that {sender.centre} has kept")
        return shown


@asynccontextmanager
async def trial(directory: Path, pace: Pace, seed: int = 0) -> AsyncIterator[Trial]:
    """Make both machines and their network; leave no process and no namespace behind."""
    directory.mkdir(parents=True, exist_ok=True)
    with Network(seed) as network:
        made = Trial(directory, network, pace)
        try:
            yield made
        finally:
            for machine in made.both:
                with suppress(AssertionError, subprocess.TimeoutExpired):
                    machine.end()
            for path in made.mounted:
                subprocess.run(["umount", "-l", str(path)], check=False)


def remove(directory: Path) -> None:
    """Remove what a trial that passed has left."""
    shutil.rmtree(directory, ignore_errors=True)
