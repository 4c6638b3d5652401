"""A peer that signs two logs: whichever frame shows it, the proof is kept and the alarm stands."""

from __future__ import annotations

from typing import Any

import pytest

from hotline.errors import FencedError
from hotline.journal.forks import kept_forks
from hotline.line import ResumeState
from hotline.wire.frames import Receipt, encode_frame
from tests.centres import eventually
from tests.journal.trees import Tree, tree
from tests.node.hub import Hub, Link


@pytest.fixture
def log(hub: Hub) -> Tree:
    """Return the log that mallory shows first."""
    return tree(origin=hub.hostile.terms.own_origin, signer=hub.hostile.keyring.log)


@pytest.fixture
def lie(log: Tree) -> Tree:
    """Return the one that it shows next."""
    return tree(origin=log.origin, forked_at=3, signer=log.signer)


def update(log: Tree, old: int, size: int) -> bytes:
    """Return the frame of a checkpoint update."""
    leaves = b"".join(log.leaves[old:size])
    return encode_frame(Receipt(log.note(size), old, leaves, ()))


async def mirrored(hub: Hub, link: Link, log: Tree, size: int) -> None:
    """Have the hub mirror the first ``size`` entries."""
    await link.socket.send_bytes(update(log, 0, size))
    await eventually(lambda: hub.centre.journal.line("mallory").mirror.written == size)


def saying(log: Tree, size: int) -> ResumeState:
    """Return what a peer resumes with that says HELLO with that checkpoint."""
    return ResumeState(own_size=size, own_checkpoint=log.note(size))


async def the_fork(hub: Hub) -> tuple[int, int]:
    """Return the sizes of the one fork that the hub has kept, once it is alarmed about."""
    await eventually(lambda: "trust.fork" in hub.alarms(), f"only {hub.alarms()}")
    (fork,) = await hub.centre.reader.run(kept_forks)
    ((record, _),) = await hub.records("fork")
    assert record.origin == hub.hostile.terms.peer_origin
    first, second = fork.check()
    return first.size, second.size


async def attempt(hub: Hub, state: ResumeState) -> None:
    """Say HELLO with that state; the hub closes the connection, or tells that it holds more."""
    with pytest.raises((AssertionError, FencedError), match=r"closed the connection|holds more"):
        async with hub.hostile.associated(state):
            pass


async def test_two_updates_of_one_size(hub: Hub, log: Tree, lie: Tree) -> None:
    """On one connection, the second contradicting the first."""
    async with hub.hostile.associated() as link:
        await mirrored(hub, link, log, 9)
        await link.socket.send_bytes(update(lie, 0, 9))
        await link.hear_all()
    assert await the_fork(hub) == (9, 9)


async def test_a_hello_against_the_mirror(hub: Hub, log: Tree, lie: Tree) -> None:
    """On the next connection, of the size that the hub has mirrored."""
    async with hub.hostile.associated() as link:
        await mirrored(hub, link, log, 9)
    await attempt(hub, saying(lie, 9))
    assert await the_fork(hub) == (9, 9)


async def test_a_smaller_hello_against_the_mirror(hub: Hub, log: Tree, lie: Tree) -> None:
    """A rollback proves no fork, but one to another history does."""
    async with hub.hostile.associated() as link:
        await mirrored(hub, link, log, 9)
    await attempt(hub, saying(log, 5))
    await hub.refused("line.peer-rolled-back")
    assert await hub.records("fork") == []
    await attempt(hub, saying(lie, 5))
    assert await the_fork(hub) == (5, 9)


async def test_a_receipt_that_passes_by_its_hello(hub: Hub, log: Tree, lie: Tree) -> None:
    """The HELLO claimed what the peer's log, as it is then brought, never was."""
    async with hub.hostile.associated(saying(lie, 12)) as link:
        await link.socket.send_bytes(update(log, 0, 20))
        await link.hear_all()
    assert await the_fork(hub) == (12, 20)


async def test_saying_it_again_and_again_is_one_entry(hub: Hub, log: Tree, lie: Tree) -> None:
    """Each connection shows the same fork; the disk does not fill with it."""
    async with hub.hostile.associated() as link:
        await mirrored(hub, link, log, 9)
    for _ in range(4):
        await attempt(hub, saying(lie, 9))
    assert await the_fork(hub) == (9, 9)


async def test_forged_notes_prove_nothing(hub: Hub, log: Tree, lie: Tree) -> None:
    """A checkpoint that the peer's log key did not sign is refused, and is no fork."""
    forged: Any = tree(origin=log.origin, forked_at=3, signer=hub.honest.keyring.log)
    async with hub.hostile.associated() as link:
        await mirrored(hub, link, log, 9)
    await attempt(hub, saying(forged, 9))
    await hub.refused("trust.unsigned-note")
    assert await hub.records("fork") == []
