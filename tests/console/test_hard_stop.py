"""A node that is killed while somebody composes, and comes back: nothing typed is lost."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pyotp
import pytest
from playwright.async_api import BrowserContext, Error, Page, expect

from hotline.api import access_shapes
from hotline.api.client import Client
from hotline.errors import HotlineError
from hotline.exercise.ground.processes import holds_within
from hotline.exercise.ground.site import free_port
from hotline.node.config import read_config
from tests.centres import sites
from tests.console.consoles import PASSWORD, chromium

OFFICER = "Petrov"
PATIENCE_S = 60.0
expect.set_options(timeout=PATIENCE_S * 1000)

BEFORE, MEANWHILE, LATER = "typed before", "typed while it was dead", "typed before it died again"


@dataclass
class Killable:
    """A node with its console, by `hotline run`, which can be killed and started again."""

    config: Path
    port: int
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The address of its console."""
        return f"https://127.0.0.1:{self.port}"

    @property
    def socket(self) -> Path:
        """Where its API is."""
        return read_config(self.config).socket

    async def start(self) -> None:
        """Start it, and return when it answers."""
        command = [sys.executable, "-m", "hotline", "--config", str(self.config), "run"]
        self.processes.append(subprocess.Popen(command, stderr=subprocess.DEVNULL))
        assert await holds_within(self.answers, PATIENCE_S)

    async def answers(self) -> bool:
        """Say whether the API answers."""
        try:
            async with Client(self.socket) as client:
                await client.status()
        except HotlineError:
            return False
        return True

    def kill(self) -> None:
        """End the node as a power failure does; its console ends with it."""
        self.processes[-1].send_signal(signal.SIGKILL)
        self.processes[-1].wait()

    async def title(self, draft: int) -> str:
        """Return the title that the node has of a draft."""
        async with Client(self.socket) as client:
            return str((await client.draft(draft)).document["form"]["title"])


@asynccontextmanager
async def killable(directory: Path) -> AsyncIterator[Killable]:
    """Run a node with a console; end it whatever happens."""
    site, _ = sites(directory)
    config = site.configure("hmeimim", port=free_port())
    made = Killable(config, free_port())
    console = f'[console]\nlisten = "127.0.0.1:{made.port}"\n'
    config.write_text(config.read_text() + console)
    try:
        await made.start()
        yield made
    finally:
        made.processes[-1].send_signal(signal.SIGTERM)
        made.processes[-1].wait()


async def logged_in(node: Killable, context: BrowserContext) -> Page:
    """Add an officer, and return his page once he has logged in."""
    asked = access_shapes.OfficerRequest(
        name=OFFICER, roles=["officer"], language="en", password=PASSWORD, by="set-up"
    )
    async with Client(node.socket) as client:
        secret = (await client.add_officer(asked)).secret
    page = await context.new_page()
    await opened(page, f"{node.url}/login")
    await page.fill("#officer", OFFICER)
    await page.fill("#password", PASSWORD)
    await page.fill("#code", pyotp.TOTP(secret).now())
    await page.click("button.main")
    await page.wait_for_url("**/picture**")
    return page


async def opened(page: Page, url: str) -> None:
    """Open a page of a console that may not answer yet."""

    async def answered() -> bool:
        try:
            await page.goto(url)
        except Error:
            return False
        return True

    assert await holds_within(answered, PATIENCE_S)


@pytest.mark.pair
async def test_nothing_typed_is_lost_by_a_node_that_is_killed(tmp_path: Path) -> None:
    """What the node had, what was typed while it was dead, and what a closed page had alone."""
    async with killable(tmp_path) as node, chromium() as browser:
        context = await browser.new_context(ignore_https_errors=True)
        context.set_default_timeout(PATIENCE_S * 1000)
        page = await logged_in(node, context)
        await page.goto(f"{node.url}/compose")
        await page.click('button[name="template"][value="patrol"]')
        await page.fill("#f-title", BEFORE)
        await expect(page.locator("#keeping.good")).to_contain_text("Saved at the node")
        address = page.url
        draft = int(address.rpartition("/")[2])

        node.kill()
        await page.fill("#f-title", MEANWHILE)
        await expect(page.locator("#keeping.here")).to_be_visible()
        await node.start()
        assert await node.title(draft) in (BEFORE, MEANWHILE)
        await expect(page.locator("#keeping.good")).to_be_visible()
        await expect(page.locator("#f-title")).to_have_value(MEANWHILE)
        assert await node.title(draft) == MEANWHILE

        node.kill()
        await page.fill("#f-title", LATER)
        await page.close()
        await node.start()
        assert await node.title(draft) == MEANWHILE
        page = await context.new_page()
        await opened(page, address)
        await expect(page.locator("#keeping.good")).to_be_visible()
        await expect(page.locator("#f-title")).to_have_value(LATER)
        assert await node.title(draft) == LATER
