"""What proves a play afterwards: both records verified and compared, evidence files written.

The files are checked as anybody would who has nothing else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.text import Text

from hotline.audit.evidence.check import check
from hotline.audit.evidence.gather import gather
from hotline.audit.evidence.moment import moment
from hotline.audit.evidence.steps import Refused
from hotline.audit.evidence.story import tell
from hotline.audit.reconcile.findings import Reconciliation
from hotline.audit.verification.findings import Report
from hotline.cli.demo.stage import Stage
from hotline.cli.demo.story import Story
from hotline.cli.demo.timeline_shown import folded
from hotline.cli.log.reconcile import reconcile_paths
from hotline.cli.log.reconciled import sentence as verdict
from hotline.cli.log.verify import sentence, verify_node
from hotline.exercise.ground.site import Site
from hotline.node.place import read_place


@dataclass(frozen=True, slots=True)
class Evidence:
    """One file: which notice it is about, what it tells, the warning times in words."""

    reference: str
    path: Path
    holds: bool
    headline: str
    warnings: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Proof:
    """Both records by themselves and together, and the evidence files."""

    verified: dict[str, Report]
    compared: Reconciliation
    evidence: tuple[Evidence, ...]

    @property
    def holds(self) -> bool:
        """Whether all of it holds."""
        return (
            all(report.ok for report in self.verified.values())
            and self.compared.agree
            and all(one.holds for one in self.evidence)
        )

    @property
    def differences(self) -> int:
        """How many differences there are between the two records."""
        return len(self.compared.differences) + self.compared.differences_left_out


async def prove(scene: Stage, references: Sequence[str]) -> Proof:
    """Verify and compare the records; write evidence about notices into the demo's directory."""
    sites = scene.sites
    verified = {
        centre: await asyncio.to_thread(verify_node, site.config) for centre, site in sites.items()
    }
    # Each has been verified just now.
    compared = await asyncio.to_thread(
        reconcile_paths, *(site.config for site in sites.values()), verify=False
    )
    evidence = [
        await asyncio.to_thread(_evidence, scene.directory, list(sites.values()), reference)
        for reference in references
    ]
    return Proof(verified, compared, tuple(evidence))


def _evidence(directory: Path, sites: list[Site], reference: str) -> Evidence:
    """Write and check one file, from the record of the notice's receiver: either side would do."""
    site = next((s for s in sites if not reference.startswith(s.centre.upper() + "-")), sites[0])
    place = read_place(site.config)
    path = directory / f"{reference}.evidence.json"
    with moment(place.journal) as connection:
        data = gather(connection, place.card, place.peers, place.witnesses, reference)
    path.write_bytes(data)
    try:
        exchange = check(data, [s.card for s in sites])
    except Refused as refused:
        return Evidence(reference, path, False, refused.message, ())
    told = tell(exchange)
    return Evidence(
        reference,
        path,
        True,
        told.headline,
        tuple((dict(one.rows)["of"], one.amount) for one in told.warned),
    )


def print_proof(story: Story, proof: Proof) -> None:
    """Print what holds."""
    story.heading("The record")
    for centre, report in proof.verified.items():
        story.say(centre, sentence(report), "green" if report.ok else "bold red")
    agree = proof.compared.agree
    story.say("both", verdict(proof.compared), "green" if agree else "bold red")
    for one in proof.evidence:
        story.heading(f"Evidence of {one.reference}, which anybody can check")
        style = "green" if one.holds else "bold red"
        story.text(f"  {one.path}: {'holds' if one.holds else 'does NOT hold'}", style)
        story.text(f"  {one.headline}")
        for title, amount in one.warnings:
            folded(story, Text("  WARNING TIME  ", "bold"), f"{amount}: {title}")


def as_object(proof: Proof) -> dict[str, Any]:
    """Return it as JSON has it."""
    return {
        "verified": {centre: report.ok for centre, report in proof.verified.items()},
        "agree": proof.compared.agree,
        "differences": proof.differences,
        "evidence": [
            {
                "reference": one.reference,
                "file": str(one.path),
                "holds": one.holds,
                "tells": one.headline,
                "warnings": [{"of": title, "warning": amount} for title, amount in one.warnings],
            }
            for one in proof.evidence
        ],
    }
