"""Two centres whose notices meet: what they say, find and are told, for tests of the airspace."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from hotline.audit.verification.journal import verify_journal
from hotline.journal.queries import StoredMessage, StoredRecord, messages, records
from hotline.journal.relations import CONFLICT
from hotline.model.kinds import Precedence
from hotline.model.messages import Conflict, Message, Notice, Revision, encode_payload, kind_of
from hotline.model.times import SECOND_US, format_time
from hotline.model.volume import Polygon, Position, Volume4D
from hotline.node.centre import Centre
from hotline.node.clock import Clock
from hotline.node.desk import read_payload, stored_flags
from hotline.wire.records import Related, decode_record
from tests.centres import PATIENCE_S, drafted, line_up, now_us, receipted, running, sites

ROUTINE = Precedence.ROUTINE


class SetClock(Clock):
    """A clock that somebody sets forward."""

    def set_by(self, seconds: float) -> None:
        """Set the wall clock forward."""
        self.offset_us += round(seconds * 1e6)


@asynccontextmanager
async def clocked_pair(
    directory: Path, *, amend: dict[str, Callable[[str], str]] | None = None
) -> AsyncIterator[tuple[Centre, Centre]]:
    """Run iaf and hmeimim with clocks that can be set, under letters amended for each."""
    iaf_site, hmeimim_site = sites(directory)
    for site in (iaf_site, hmeimim_site):
        change = (amend or {}).get(site.centre)
        if change is not None:
            site.letter.write_text(change(site.letter.read_text("utf-8")), "utf-8")
    hmeimim_site.configure("iaf", port=0)
    async with running(hmeimim_site.node(clock=SetClock())) as hmeimim:
        iaf_site.configure("hmeimim", port=hmeimim.port or 0)
        async with running(iaf_site.node(clock=SetClock())) as iaf:
            await line_up(iaf, hmeimim)
            yield iaf, hmeimim


def set_clocks(*centres: Centre, seconds: float) -> None:
    """Set the clocks of centres forward."""
    for centre in centres:
        assert isinstance(centre.clock, SetClock)
        centre.clock.set_by(seconds)


def patrol(reference: str = "", **changes: Any) -> Notice:
    """Return the sample notice, with other fields where told."""
    message = drafted("iaf/01-patrol.json").message
    assert isinstance(message, Notice)
    return msgspec.structs.replace(message, reference=reference, **changes)


def box(
    south: float = 33.6,
    west: float = 32.6,
    *,
    size: float = 0.5,
    begins_s: float = 3600,
    lasts_s: float = 3600,
    **changes: Any,
) -> Volume4D:
    """Return a square of ``size`` degrees with the sample's levels, from so many seconds on."""
    (sample,) = patrol().volumes
    start_us = now_us() // SECOND_US * SECOND_US + round(begins_s * SECOND_US)
    corners = ((0, 0), (0, size), (size, size), (size, 0))
    given: dict[str, Any] = {
        "outline_polygon": Polygon(
            tuple(Position(south + up, west + right) for up, right in corners)
        ),
        "time_start": format_time(start_us),
        "time_end": format_time(start_us + round(lasts_s * SECOND_US)),
    }
    return msgspec.structs.replace(sample, **(given | changes))


def notice(reference: str, *volumes: Volume4D, title: str = "Patrol") -> Notice:
    """Return a plain notice of these volumes; of the usual one if none are given."""
    return Notice(reference, title, "patrol", volumes or (box(),))


def revision(reference: str, number: int, *volumes: Volume4D) -> Revision:
    """Return a revision to these volumes."""
    return Revision(reference, number, "Patrol", "patrol", volumes)


async def send(centre: Centre, message: Message, precedence: Precedence = ROUTINE) -> bytes:
    """Have a centre say something, and wait until it is durable at the peer."""
    composed = await centre.desk.send("", message, precedence, "levy")
    await receipted(centre, composed.stream, composed.seq)
    return composed.id


async def blurt(centre: Centre, message: Message, precedence: Precedence = ROUTINE) -> bytes:
    """Have a centre say what its own desk would refuse."""
    (line,) = centre.lines.values()
    draft = centre.desk.draft(line, kind_of(message), encode_payload(message), message, precedence)
    composed = await centre.desk.enter(line, precedence, draft)
    await receipted(centre, composed.stream, composed.seq)
    return composed.id


async def found(centre: Centre) -> list[Related]:
    """Return what a centre has entered of relations, oldest first."""
    rows: list[StoredRecord] = await centre.reader.run(
        partial(records, kinds=(CONFLICT,), limit=10_000)
    )
    return [decode_record(row.payload, Related, CONFLICT) for row in reversed(rows)]


async def told(centre: Centre) -> list[Conflict]:
    """Return what the peer's node has told a centre, oldest first."""
    rows: list[StoredMessage] = await centre.reader.run(
        partial(messages, direction="in", kinds=("conflict",), limit=10_000)
    )
    said = [read_payload(row) for row in reversed(rows)]
    return [one for one in said if isinstance(one, Conflict)]


async def flags(centre: Centre, id_: bytes) -> dict[str, str]:
    """Return the flags that a message was presented with, the texts by their codes."""
    rows: list[StoredMessage] = await centre.reader.run(partial(messages, limit=10_000))
    (row,) = (row for row in rows if row.id == id_)
    return {flag.code: flag.text for flag in stored_flags(row)}


def rings(centre: Centre, code: str) -> bool:
    """Say whether an alarm rings whose cause is there."""
    return any(alarm.code == code and alarm.cleared_us is None for alarm in centre.bell.standing)


def silent(centre: Centre, code: str) -> bool:
    """Say whether no alarm of a code rings whose cause is there."""
    return not rings(centre, code)


async def until(condition: Callable[[], Awaitable[object]], what: str = "") -> None:
    """Return as soon as what is asked of a journal holds."""
    deadline = time.monotonic() + PATIENCE_S
    while not await condition():
        assert time.monotonic() < deadline, what or "what was expected did not come"
        await asyncio.sleep(0.005)


async def heard(centre: Centre, count: int) -> list[Conflict]:
    """Return what the peer's node has told a centre, once it is so much."""

    async def enough() -> bool:
        return len(await told(centre)) >= count

    await until(enough, f"fewer than {count} were told")
    return await told(centre)


async def entered(centre: Centre, count: int) -> list[Related]:
    """Return what a centre has entered of relations, once it is so much."""

    async def enough() -> bool:
        return await centre.reader.run(_relations) >= count

    await until(enough, f"fewer than {count} were entered")
    return await found(centre)


def _relations(connection: sqlite3.Connection) -> int:
    (count,) = connection.execute(
        "SELECT count(*) FROM record WHERE kind = ?", (CONFLICT,)
    ).fetchone()
    return int(count)


def verified(*centres: Centre) -> None:
    """Verify the journals of centres as they are now."""
    for centre in centres:
        keyring = centre.keyring
        report = verify_journal(centre.journal.path, keyring.card, dict(keyring.peers))
        assert report.ok, [str(failure) for failure in report.failures]
