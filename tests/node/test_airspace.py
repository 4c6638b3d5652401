"""What two notices mean for each other, told by two real nodes: at once, to both, on record."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from hotline.audit.verification.journal import verify_journal
from hotline.journal.queries import StoredMessage, StoredRecord, messages, records
from hotline.journal.relations import CONFLICT
from hotline.model.kinds import Precedence
from hotline.model.messages import Conflict, Notice
from hotline.node.centre import Centre
from hotline.node.desk import read_payload, stored_flags
from hotline.wire.records import Related, decode_record
from tests.centres import centre_pair, drafted, eventually, receipted

ROUTINE = Precedence.ROUTINE


def patrol(reference: str = "", **changes: Any) -> Notice:
    """Return the sample notice, with other fields where told."""
    message = drafted("iaf/01-patrol.json").message
    assert isinstance(message, Notice)
    return msgspec.structs.replace(message, reference=reference, **changes)


async def send(centre: Centre, message: Any, precedence: Precedence = ROUTINE) -> bytes:
    """Have a centre say something, and wait until it is durable at the peer."""
    composed = await centre.desk.send("", message, precedence, "levy")
    await receipted(centre, composed.stream, composed.seq)
    return composed.id


async def found(centre: Centre) -> list[Related]:
    """Return what a centre has entered of relations, oldest first."""
    rows: list[StoredRecord] = await centre.reader.run(
        partial(records, kinds=(CONFLICT,), limit=5000)
    )
    return [decode_record(row.payload, Related, CONFLICT) for row in reversed(rows)]


async def told(centre: Centre) -> list[Conflict]:
    """Return what the peer's node has told a centre, oldest first."""
    rows: list[StoredMessage] = await centre.reader.run(
        partial(messages, direction="in", kinds=("conflict",), limit=5000)
    )
    said = [read_payload(row) for row in reversed(rows)]
    return [one for one in said if isinstance(one, Conflict)]


async def flags(centre: Centre, id_: bytes) -> dict[str, str]:
    """Return the flags that a message was presented with, the texts by their codes."""
    rows: list[StoredMessage] = await centre.reader.run(partial(messages, limit=5000))
    (row,) = (row for row in rows if row.id == id_)
    return {flag.code: flag.text for flag in stored_flags(row)}


def rings(centre: Centre, code: str) -> bool:
    """Say whether an alarm rings whose cause is there."""
    return any(alarm.code == code and alarm.cleared_us is None for alarm in centre.bell.standing)


async def heard(centre: Centre, count: int) -> None:
    """Wait until the peer's node has told a centre of so many relations."""
    for _ in range(3000):
        if len(await told(centre)) >= count:
            return
        await asyncio.sleep(0.005)
    raise AssertionError(f"{len(await told(centre))} of {count}")


async def test_two_notices_that_meet(tmp_path: Path) -> None:
    """The receiver's is flagged, both sides ring and enter it, and the composer is told."""
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        ours = await send(iaf, patrol("IAF-0001"))
        theirs = await send(hmeimim, patrol("HMEIMIM-0001"))
        shown = await flags(iaf, theirs)
        assert "conflict with IAF-0001 from " in shown["airspace.conflict"]
        for centre in (iaf, hmeimim):
            await eventually(partial(rings, centre, "airspace.conflict"))
        await heard(hmeimim, 1)
        (said,) = await told(hmeimim)
        assert (said.reference, said.other, said.relation) == (
            "IAF-0001",
            "HMEIMIM-0001",
            "conflict",
        )
        assert said.position is not None
        (here,) = await found(iaf)
        (there,) = await found(hmeimim)
        assert (here.own, here.other, here.cause) == (ours, theirs, "notice")
        assert (there.own, there.other) == (theirs, ours)
        assert (here.relation, here.before) == ("conflict", "")
        for centre in (iaf, hmeimim):
            verified(centre)


def verified(centre: Centre) -> None:
    """Verify a centre's journal as it is now."""
    keyring = centre.keyring
    report = verify_journal(centre.journal.path, keyring.card, dict(keyring.peers))
    assert report.ok, [str(failure) for failure in report.failures]
