"""A second officer at the console, and a node that stops while somebody writes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

from playwright.async_api import expect

from hotline.api.client import Client
from hotline.api.server import open_api
from hotline.console.serving import serving, tls_context
from tests.centres import running, sites
from tests.console.consoles import _certificate, chromium, console_of
from tests.console.test_compose import begun, filled, form_at_node, kept, sent
from tests.console.visitors import flawless, visitor
from tests.node.skies import clocked_pair


def two_persons(letter: str) -> str:
    """Return a letter by which a second officer releases."""
    return f"two_person_release = true\n{letter}"


async def test_second_officer_reads_returns_and_releases(tmp_path: Path) -> None:
    """What one officer offers another one reads to its end, returns with a reason, or releases."""
    async with AsyncExitStack() as stack:
        browser = await stack.enter_async_context(chromium())
        amend: dict[str, Callable[[str], str]] = {"iaf": two_persons, "hmeimim": two_persons}
        iaf, _ = await stack.enter_async_context(clocked_pair(tmp_path, amend=amend))
        console = await stack.enter_async_context(console_of(iaf, tmp_path, browser))
        page = await console.page("Cohen")
        number = await begun(page)
        await filled(page, "By two")
        await page.click('button[value="review"]')
        await page.wait_for_url("**/send")
        await expect(page.locator('button[value="send"]')).to_have_count(0)
        await page.click('button[value="offer"]')
        await page.wait_for_url("**/compose")
        await page.goto(f"/compose/{number}/release")
        await expect(page.locator('button[value="release"]')).to_have_count(0)
        cohen = await visitor(console, "Cohen")
        draft = await console.client.draft(number)
        own = await cohen.post(
            f"/compose/{number}/release", do="release", version=str(draft.version)
        )
        assert own.status == 403
        assert "node.second-officer" in own.text

        second = await console.page("Amir")
        await second.goto("/compose")
        await second.click(f'a[href="/compose/{number}/release"]')
        await flawless(second)
        buttons = second.locator("main button")
        assert await buttons.last.get_attribute("value") == "release"
        await second.fill("#reason", "Start later")
        await second.click('button[value="return"]')
        await second.wait_for_url("**/compose")
        assert not await sent(console, "By two")

        await page.goto("/compose")
        await expect(page.locator(".returned")).to_contain_text("Start later")
        await page.goto(f"/compose/{number}")
        await expect(page.locator("#f-title")).to_have_value("By two")
        await page.click('[data-set="v0_start"][data-minutes="60"]')
        await page.click('button[value="review"]')
        await page.wait_for_url("**/send")
        await page.click('button[value="offer"]')
        await page.wait_for_url("**/compose")

        amir = await visitor(console, "Amir")
        draft = await console.client.draft(number)
        stale = await amir.post(
            f"/compose/{number}/release", do="release", version=str(draft.version - 1)
        )
        assert stale.status == 409
        await second.goto(f"/compose/{number}/release")
        await second.click('button[value="release"]')
        await second.wait_for_url("**/notice/**")
        (message,) = await sent(console, "By two")
        assert message.composed_by == "Cohen"
        released = second.locator(".said-here dt:text-is('Released by') + dd")
        await expect(released).to_have_text("Amir")
        pressed = await asyncio.gather(
            *(amir.post(f"/compose/{number}/release", do="release", version="1") for _ in range(2))
        )
        assert {answer.url for answer in pressed} == {second.url}
        assert len(await sent(console, "By two")) == 1


async def test_stopped_node_loses_nothing(tmp_path: Path) -> None:
    """What is typed while the node is away is kept, and is at the node once it runs again."""
    hmeimim = sites(tmp_path)[1]
    hmeimim.configure("iaf", port=0)
    async with AsyncExitStack() as stack:
        browser = await stack.enter_async_context(chromium())
        first = await stack.enter_async_context(running(hmeimim.node()))
        api = await stack.enter_async_context(AsyncExitStack())
        console = await api.enter_async_context(console_of(first, tmp_path, browser))
        # A console of its own process outlives its node.
        context = tls_context(*_certificate(tmp_path / "hmeimim"))
        port = await stack.enter_async_context(serving(console.setting, context, "127.0.0.1", 0))
        console.url = f"https://127.0.0.1:{port}"
        page = await console.page("Sokolov")
        number = await begun(page)
        await page.fill("#f-title", "Before the node stopped")
        await kept(page)
        await api.aclose()
        await first.stop()
        await page.fill("#f-title", "While it was away")
        await expect(page.locator("#keeping.here")).to_be_visible(timeout=20_000)
        second = await stack.enter_async_context(running(hmeimim.node()))
        socket = await stack.enter_async_context(open_api(second))
        console.client = await stack.enter_async_context(Client(socket))
        await expect(page.locator("#keeping.good")).to_be_visible(timeout=20_000)
        assert (await form_at_node(console, number))["title"] == "While it was away"
        await page.reload()
        await expect(page.locator("#f-title")).to_have_value("While it was away")
