"""``send --released-by``: two officers where the letter has two release what is sent."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.centres import client_of, eventually, running, sites
from tests.cli.command import EXAMPLES, fails, hotline

PATROL = EXAMPLES / "hmeimim/02-patrol.json"


async def test_second_officer_is_named_and_is_somebody_else(tmp_path: Path) -> None:
    """One alone, or twice the same, is refused; with the second it goes, and the log names both."""
    _, site = sites(tmp_path)
    config = site.configure("iaf", port=0)
    letter = site.letter.read_text("utf-8")
    site.letter.write_text(f"two_person_release = true\n{letter}", "utf-8")
    send = ("--config", config, "send", PATROL, "--officer", "Petrov")

    def one_after_the_other() -> str:
        fails("node.second-officer", *send, exit_code=4)
        fails("node.second-officer", *send, "--released-by", "petrov", exit_code=4)
        hotline(*send, "--released-by", "Orlov", "--no-wait")
        return hotline("--config", config, "log", "show", "--kind", "draft").stdout

    async with running(site.node()) as centre, client_of(centre):
        (line,) = centre.lines.values()
        await eventually(lambda: not line.airspace.loading)
        shown = await asyncio.to_thread(one_after_the_other)
    assert "Petrov" in shown
    assert "Orlov" in shown
