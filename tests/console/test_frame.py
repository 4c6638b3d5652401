"""What every page does in a real browser: it counts, sounds, and says when it has lost its node."""

from __future__ import annotations

import asyncio
import dataclasses
import re
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from hotline.console.serving import serving, tls_context
from hotline.model.times import format_time
from tests.console.consoles import Console, consoles

pytestmark = pytest.mark.asyncio(loop_scope="module")
LOST_S = 20.0
RINGING = re.compile(r"^\(\d+\) ")
FADED = "getComputedStyle(document.querySelector('main')).filter"


class Wire:
    """The way from a console to its node: it can be cut, deadened and mended."""

    def __init__(self, path: Path, node: Path) -> None:
        self.path = path
        self.node = node
        self._flows = asyncio.Event()
        self._ends: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    async def mend(self) -> None:
        """Let everything through."""
        self._flows.set()
        if self._server is None:
            self._server = await asyncio.start_unix_server(self._join, str(self.path))

    def deaden(self) -> None:
        """Keep every connection, and let nothing through."""
        self._flows.clear()

    def cut(self) -> None:
        """End every connection, and take no other."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for end in self._ends:
            end.close()
        self._ends.clear()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_unix_connection(str(self.node))
        self._ends |= {writer, back}
        await asyncio.gather(self._pass(reader, back), self._pass(there, writer))

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                await self._flows.wait()
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()


@dataclass
class Wired:
    """A console whose way to its node can be cut."""

    console: Console
    wire: Wire


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def wired(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Wired]:
    """Serve a second console of one node, by a wire of its own."""
    directory = tmp_path_factory.mktemp("frame")
    async with AsyncExitStack() as stack:
        iaf, _ = await stack.enter_async_context(consoles(directory))
        wire = Wire(directory / "wire.sock", iaf.setting.socket)
        await wire.mend()
        stack.callback(wire.cut)
        setting = dataclasses.replace(iaf.setting, socket=wire.path)
        home = directory / "iaf"
        context = tls_context(home / "console.pem", home / "console.key")
        port = await stack.enter_async_context(serving(setting, context, "127.0.0.1", 0))
        url = f"https://127.0.0.1:{port}"
        yield Wired(dataclasses.replace(iaf, setting=setting, url=url, _contexts={}), wire)


async def opened(wired: Wired, place: str = "/watch") -> Page:
    """Return a page of an officer that has heard its node."""
    page = await wired.console.page("Cohen")
    await page.goto(place)
    await expect(page.locator("#strip .line.up")).to_be_visible()
    return page


async def beeps(page: Page) -> int:
    """Return how often a page has sounded."""
    return int(await page.evaluate("document.documentElement.dataset.beeps ?? 0"))


async def heard_again(page: Page, patience_s: float = 5.0) -> None:
    """Return once a page has sounded once more."""
    before, until = await beeps(page), time.monotonic() + patience_s
    while await beeps(page) <= before:
        assert time.monotonic() < until, "nothing is heard"
        await asyncio.sleep(0.05)


async def test_a_page_whose_node_is_gone_greys_out_and_sounds_and_comes_back(wired: Wired) -> None:
    """Within 10 s of the node's end the page is grey, says so and sounds; it mends by itself."""
    page = await opened(wired)
    await page.click("#arm")
    since = time.monotonic()
    wired.wire.cut()
    await expect(page.locator("html.lost")).to_be_attached(timeout=LOST_S * 1000)
    assert time.monotonic() - since < LOST_S
    await expect(page.get_by_role("alert").filter(has_text="lost its node")).to_be_visible()
    assert "grayscale" in await page.evaluate(FADED)
    await heard_again(page)
    assert await page.evaluate("document.documentElement.dataset.sounding") == "lost"
    assert (await page.title()).startswith("(?) ")
    await wired.wire.mend()
    await expect(page.locator("html:not(.lost)")).to_be_attached()
    assert await page.evaluate(FADED) == "none"
    await expect(page).to_have_title(re.compile(r"^EXERCISE"))
    await page.close()


async def test_a_node_that_says_nothing_is_lost_too(wired: Wired) -> None:
    """A node that keeps its connections and is silent is told as lost within 10 s."""
    page = await opened(wired)
    since = time.monotonic()
    wired.wire.deaden()
    try:
        await expect(page.locator("html.lost")).to_be_attached(timeout=LOST_S * 1000 + 1000)
        # A beat may have been under way when it fell silent.
        assert time.monotonic() - since < LOST_S + 1
    finally:
        await wired.wire.mend()
    await expect(page.locator("html:not(.lost)")).to_be_attached()
    await page.close()


async def test_alarms_are_heard_counted_and_fall_silent_when_acknowledged(wired: Wired) -> None:
    """Sound, title and icon tell of alarms until each has been acknowledged or shelved."""
    page = await opened(wired)
    calm = await page.get_attribute("link[rel=icon]", "href")
    await page.click("#arm")
    await expect(page.locator("#muted")).to_be_hidden()
    for subject in ("one", "two"):
        await wired.console.centre.bell.ring("line.peer-misbehaved", "hmeimim", subject, subject)
    await expect(page).to_have_title(re.compile(r"^\(2\) "))
    assert str(await page.get_attribute("link[rel=icon]", "href")).startswith("data:image/svg")
    await heard_again(page)
    first, second = [one.id for one in (await wired.console.client.status()).alarms]
    await wired.console.client.acknowledge(first, "Amir")
    await expect(page).to_have_title(re.compile(r"^\(1\) "))
    await heard_again(page)
    until = format_time(wired.console.centre.clock.wall_us() + 3_600_000_000)
    await wired.console.client.shelve(second, "Amir", "known", until)
    await expect(page).to_have_title(re.compile(r"^EXERCISE"))
    await expect(page.locator('html[data-sounding=""]')).to_be_attached()
    assert await page.get_attribute("link[rel=icon]", "href") == calm
    await page.close()


async def test_a_tab_that_nobody_looks_at_goes_on_sounding(wired: Wired) -> None:
    """A page behind another tab hears its alarm, and counts it."""
    hidden = await opened(wired)
    await hidden.click("#arm")
    front = await opened(wired, "/exercise")
    await front.bring_to_front()
    await wired.console.centre.bell.ring("line.peer-misbehaved", "hmeimim", "three", "three")
    await expect(hidden).to_have_title(RINGING)
    await heard_again(hidden)
    for alarm in (await wired.console.client.status()).alarms:
        if alarm.acknowledged_at is None:
            await wired.console.client.acknowledge(alarm.id, "Amir")
    await hidden.close()
    await front.close()


async def test_the_sound_goes_on_after_a_change_of_page(wired: Wired) -> None:
    """Whoever has armed the sound keeps it by following a link."""
    page = await opened(wired)
    await expect(page.locator("#muted")).to_be_visible()
    await page.click("#arm")
    await page.click("nav a[href='/exercise']")
    await page.wait_for_url("**/exercise")
    await expect(page.locator("#muted")).to_be_hidden()
    await page.close()


async def test_more_pages_than_a_browser_has_connections(wired: Wired) -> None:
    """Seven pages at once load and stay live: all of a session share one stream."""
    pages = [await opened(wired, "/exercise") for _ in range(7)]
    await wired.console.centre.bell.once("line.peer-misbehaved", "hmeimim", "four", "four")
    for page in (pages[0], pages[-1]):
        await expect(page).to_have_title(RINGING)
    for page in pages:
        await page.close()


async def test_a_session_that_ends_is_told_on_every_page(wired: Wired) -> None:
    """An open page says within seconds that its session is over, and how to go on."""
    page = await wired.console.page("Amir")
    await page.goto("/watch/statistics")
    cookie = next(one for one in await page.context.cookies() if one["name"] == "__Host-hotline")
    await wired.console.client.on_behalf_of(cookie["value"]).end_session()
    await expect(page.locator("#ended")).to_be_visible()
    await page.click("#ended a")
    await page.wait_for_url("**/login?to=/watch/statistics")
    await page.close()
