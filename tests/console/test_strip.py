"""The head of every page: what it says of line, alarms, drafts, and how it says it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Page, ViewportSize, expect

from hotline.api.access_shapes import DraftRequest
from tests.console.consoles import Console, consoles
from tests.console.visitors import flawless, visitor

pytestmark = pytest.mark.asyncio(loop_scope="module")
PHONE = ViewportSize(width=390, height=844)
STICKS_PX = 96
"""Of a telephone's height, what the head may hold while a page is read."""
OVER = {"en": "Over since", "ru": "Прошла в", "he": "חלפה ב"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def iaf(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Console]:
    """Run both centres, and yield one console."""
    async with consoles(tmp_path_factory.mktemp("strip")) as (iaf, _):
        yield iaf


@pytest_asyncio.fixture(loop_scope="module", autouse=True)
async def calm(iaf: Console) -> AsyncIterator[None]:
    """Leave no alarm, no draft and no page behind."""
    yield
    for alarm in (await iaf.client.status()).alarms:
        if alarm.acknowledged_at is None:
            await iaf.client.acknowledge(alarm.id, "Amir")
        await iaf.centre.bell.clear(alarm.code, alarm.peer, alarm.subject)
    for draft in (await iaf.client.drafts()).drafts:
        await iaf.client.delete_draft(draft.id, "Amir")
    await iaf.close_pages()


async def opened(iaf: Console, path: str, language: str = "en") -> Page:
    """Return a page of Cohen in a language."""
    page = await iaf.page("Cohen")
    token = next(
        one["value"]
        for one in await page.context.cookies(iaf.url)
        if one["name"] == "__Host-hotline"
    )
    await iaf.client.on_behalf_of(token).set_language(language)
    await page.goto(path)
    return page


@pytest.mark.parametrize("language", ["en", "ru", "he"])
async def test_an_alarm_whose_cause_is_gone_is_not_said_in_the_present(
    iaf: Console, language: str
) -> None:
    """It says since when it is over, and has another shape than one that stands."""
    await iaf.centre.bell.ring("line.down", "hmeimim", "", "the line with hmeimim is down")
    page = await opened(iaf, "/watch", language)
    alarm = page.locator("#strip .ringing-list > .alarm")
    await expect(alarm.locator(".bell")).to_have_text("▲")
    await expect(alarm).not_to_contain_text(OVER[language])
    await iaf.centre.bell.clear("line.down", "hmeimim", "")
    cleared = (await iaf.client.status()).alarms[0].cleared_at
    assert cleared is not None
    await expect(alarm.locator(".bell")).to_have_text("△")
    await expect(alarm).to_contain_text(OVER[language])
    await expect(alarm).to_contain_text(f"{cleared[11:16]}Z")
    card = page.locator("main li.alarm")
    await expect(card.locator(".sign")).to_have_text("△")
    await expect(card.locator(".state")).to_contain_text(f"{cleared[11:16]}Z")
    await flawless(page)


async def test_an_alarm_that_stands_is_told_before_one_that_is_over(iaf: Console) -> None:
    """Of the same priority the one whose cause is there comes first, though it is older."""
    for peer in ("older", "newer"):
        await iaf.centre.bell.ring("line.down", peer, "", f"the line with {peer} is down")
    await iaf.centre.bell.clear("line.down", "newer", "")
    page = await opened(iaf, "/inbox")
    await expect(page.locator("#strip .ringing-list > .alarm")).to_contain_text("older")


async def test_what_flashes_can_be_read_at_every_moment(iaf: Console) -> None:
    """The number of alarms stays as it is in both halves of a flash, and nothing fades."""
    await iaf.centre.bell.ring("line.down", "hmeimim", "", "the line with hmeimim is down")
    page = await opened(iaf, "/watch")
    flashing = """() => document.getAnimations().map((one) => {
      const { duration, iterations } = one.effect.getTiming();
      return [one.animationName, duration, iterations === Infinity,
        one.effect.getKeyframes().map((at) => [at.opacity ?? null, at.visibility ?? null])];
    })"""
    found = await page.evaluate(flashing)
    assert len(found) >= 3, "the badge, the shape in the strip and the one of the card"
    for name, duration, endless, frames in found:
        assert (name, endless) == ("flash", True)
        assert duration >= 1000 / 3
        assert all(frame == [None, None] for frame in frames)
    await page.emulate_media(reduced_motion="reduce")
    assert await page.evaluate(flashing) == []


async def test_a_draft_that_waits_for_release_is_told_to_everybody_at_the_desk(
    iaf: Console,
) -> None:
    """In the strip and above the inbox; an open list of drafts has it without a reload."""
    written = DraftRequest(
        officer="Levi", document={}, precedence="ROUTINE", peer="hmeimim", kind="service"
    )
    page = await opened(iaf, "/compose")
    inbox = await opened(iaf, "/inbox")
    await expect(page.locator("#strip")).not_to_contain_text("Wait for release")
    draft = await iaf.client.add_draft(written)
    await iaf.client.offer_draft(draft.id, "Levi", draft.version)
    link = page.locator(f'#drafts-now a[href="/compose/{draft.id}/release"]')
    await expect(link).to_be_visible()
    offered = page.locator("#strip .desk div", has_text="Wait for release")
    await expect(offered.locator("dd")).to_have_text("1")
    await expect(inbox.locator("#list .offered")).to_contain_text(
        "1 draft waits to be released by a second officer"
    )
    await page.locator("#drafts-now .away summary").click()
    await iaf.client.offer_draft((await iaf.client.add_draft(written)).id, "Levi", 1)
    await expect(offered.locator("dd")).to_have_text("2")
    await expect(page.locator(f"#away-{draft.id}")).to_have_attribute("open", "")
    await flawless(page)
    auditor = await visitor(iaf, "Noa")
    assert "offered" not in (await auditor.get("/inbox/list")).text


async def test_line_alarms_and_the_mark_stay_in_sight_on_a_telephone(iaf: Console) -> None:
    """However far a page is scrolled: in a bar of at most 96 pixels."""
    for number in range(6):
        await iaf.centre.bell.ring("line.down", f"peer-{number}", "", "the line is down")
    page = await opened(iaf, "/watch")
    await page.set_viewport_size(PHONE)
    await page.evaluate("scrollTo(0, document.body.scrollHeight)")
    bar = await page.evaluate("document.querySelector('header').getBoundingClientRect().bottom")
    assert 0 < bar <= STICKS_PX
    for selector in (".banner >> nth=0", "#strip .line .state", "#strip .ringing dd"):
        await expect(page.locator(selector).first).to_be_visible()
        box = await page.locator(selector).first.bounding_box()
        assert box is not None
        assert 0 <= box["y"] <= bar - box["height"] / 2, selector
    await page.evaluate("scrollTo(0, 0)")
    nav = await page.locator("header nav").bounding_box()
    assert nav is not None
    assert nav["y"] >= 0
    await flawless(page)
