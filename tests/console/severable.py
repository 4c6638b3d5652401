"""Both consoles with a line between their nodes that can be cut, and mended."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from playwright.async_api import Page

from hotline.node.line import Line
from tests.centres import eventually, line_up, running, sites
from tests.console.consoles import Console, chromium, console_of
from tests.pair.relay import Relay, relay_to


@dataclass(frozen=True, slots=True)
class Consoles:
    """The consoles of both centres, and the relay that their line goes through."""

    iaf: Console
    hmeimim: Console
    relay: Relay

    async def cut(self) -> None:
        """Cut the line, and return once both nodes know."""
        self.relay.cut()
        for console in (self.iaf, self.hmeimim):
            for line in console.centre.lines.values():
                await eventually(partial(_down, line), "a line that does not go down")

    async def mend(self) -> None:
        """Let the line come up again, and return once it has."""
        self.relay.mend()
        await line_up(self.iaf.centre, self.hmeimim.centre)


def _down(line: Line) -> bool:
    return not line.up


@asynccontextmanager
async def severable_consoles(
    directory: Path, *, amend: Callable[[str], str] | None = None
) -> AsyncIterator[Consoles]:
    """Run both nodes and their consoles, under a letter that ``amend`` may change for both."""
    iaf_site, hmeimim_site = sites(directory)
    for site in (iaf_site, hmeimim_site):
        if amend is not None:
            site.letter.write_text(amend(site.letter.read_text("utf-8")), "utf-8")
    hmeimim_site.configure("iaf", port=0)
    async with AsyncExitStack() as stack:
        hmeimim = await stack.enter_async_context(running(hmeimim_site.node()))
        relay = await stack.enter_async_context(relay_to(hmeimim.port or 0))
        iaf_site.configure("hmeimim", port=relay.port)
        iaf = await stack.enter_async_context(running(iaf_site.node()))
        await line_up(iaf, hmeimim)
        consoles = [
            await stack.enter_async_context(console_of(one, directory)) for one in (iaf, hmeimim)
        ]
        # The browser goes first at the end, so that no console waits for it to hang up.
        browser = await stack.enter_async_context(chromium())
        for console in consoles:
            console._browser = browser
        yield Consoles(consoles[0], consoles[1], relay)


async def read_in(page: Page, language: str) -> None:
    """Have whoever sits at a page read in this language from now on."""
    await page.goto("/password")
    csrf = await page.get_attribute("meta[name=csrf]", "content")
    await page.request.post(
        "/prefer",
        form={"csrf": csrf or "", "language": language, "to": "/password"},
        headers={"Origin": page.url.removesuffix("/password")},
    )
