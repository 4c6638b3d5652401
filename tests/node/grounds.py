"""Nodes for tests about exercises: pairs of a status, lines that are cut, journals that hold."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from hotline.audit.verification.journal import verify_journal
from hotline.journal.queries import alarms, records
from hotline.model.kinds import Status
from hotline.node.centre import Centre
from hotline.node.keyring import init_keys
from hotline.wire.codec import unpack
from tests.centres import Site, eventually, line_up, now_us, running, sites
from tests.pair.relay import Relay, relay_to


@dataclass
class Cut:
    """Both centres, with the line between them cut, and the relay that mends it."""

    iaf: Centre
    hmeimim: Centre
    relay: Relay

    async def mend(self) -> None:
        """Restore the line."""
        self.relay.mend()
        await line_up(self.iaf, self.hmeimim)


@asynccontextmanager
async def cut_line(directory: Path) -> AsyncIterator[Cut]:
    """Run both centres, and cut the line between them once it was up."""
    iaf_site, hmeimim_site = sites(directory)
    hmeimim_site.configure("iaf", port=0)
    async with running(hmeimim_site.node()) as hmeimim, relay_to(hmeimim.port or 0) as relay:
        iaf_site.configure("hmeimim", port=relay.port)
        async with running(iaf_site.node()) as iaf:
            await line_up(iaf, hmeimim)
            relay.cut()
            await eventually(lambda: not iaf.line("").up and not hmeimim.line("").up)
            yield Cut(iaf, hmeimim, relay)


class ActualSite(Site):
    """The directory of a centre whose traffic is real."""

    def __init__(self, directory: Path, centre: str) -> None:
        super().__init__(directory, centre)
        self.keys = self.directory / "actual"
        init_keys(self.keys, centre, Status.ACTUAL, now_us=now_us())
        text = self.letter.read_text("utf-8")
        kept = [line for line in text.splitlines() if not line.startswith("exercise =")]
        self.letter.write_text(
            "\n".join(kept).replace('status = "exercise"', 'status = "actual"') + "\n"
        )

    def configure(self, peer: str, *, port: int, extra: str = "") -> Path:
        """Write node.toml as every site does, of this status and with these keys."""
        path = super().configure(peer, port=port, extra=f'{extra}\nkeys = "actual"')
        path.write_text(path.read_text().replace('status = "exercise"', 'status = "actual"'))
        return path


@asynccontextmanager
async def actual_pair(directory: Path) -> AsyncIterator[tuple[Centre, Centre]]:
    """Run iaf and hmeimim with real traffic between them."""
    iaf_site, hmeimim_site = ActualSite(directory, "iaf"), ActualSite(directory, "hmeimim")
    iaf_site.enrol(hmeimim_site)
    hmeimim_site.enrol(iaf_site)
    hmeimim_site.configure("iaf", port=0)
    async with running(hmeimim_site.node()) as hmeimim:
        iaf_site.configure("hmeimim", port=hmeimim.port or 0)
        async with running(iaf_site.node()) as iaf:
            await line_up(iaf, hmeimim)
            yield iaf, hmeimim


async def told(centre: Centre, kind: str) -> list[dict[str, object]]:
    """Return what a node's own log has of a kind, oldest first."""
    found = await centre.reader.run(lambda connection: records(connection, kinds=[kind], limit=999))
    found.sort(key=lambda record: record.index)  # a clock that was set has other times
    return [cast("dict[str, object]", unpack(record.payload)) for record in found]


async def rung(centre: Centre, code: str) -> bool:
    """Whether an alarm of a code was ever raised at a node."""
    found = await centre.reader.run(lambda connection: alarms(connection, standing_only=False))
    return any(alarm.code == code for alarm in found)


def verified(centres: Sequence[Centre]) -> None:
    """Fail unless the journals of stopped nodes hold."""
    for centre in centres:
        keyring = centre.keyring
        report = verify_journal(centre.journal.path, keyring.card, dict(keyring.peers))
        assert report.ok, report.failures
