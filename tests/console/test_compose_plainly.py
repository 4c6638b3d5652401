"""What a draft says while it is written: what is missing, how long, whose it is, which revision."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import expect

from hotline.console.language import Words
from hotline.console.pages.compose_form import kept, made_of
from hotline.console.pages.compose_meaning import shown_flaw
from hotline.console.pages.compose_start import TEMPLATES, form_from
from hotline.model.languages.language import Language
from tests.console.consoles import Console, consoles
from tests.console.test_compose import BOX, KEPT, begun, filled
from tests.console.visitors import flawless, visitor

pytestmark = pytest.mark.asyncio(loop_scope="module")
Pair = tuple[Console, Console]
NOW_US = 1_772_370_000_000_000


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pair(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Pair]:
    """Run both centres for all of this file."""
    async with consoles(tmp_path_factory.mktemp("plainly")) as made:
        yield made


async def test_a_fresh_draft_misses_things_and_has_no_mistake(pair: Pair) -> None:
    """Nothing is red before somebody types; asked to be read over, what is missing is."""
    page = await pair[0].page("Cohen")
    await begun(page)
    await expect(page.locator(".missing")).to_have_count(4)
    await expect(page.locator(".mistake")).to_have_count(0)
    await expect(page.locator("[aria-invalid=true]")).to_have_count(0)
    await expect(page.locator("#meaning h3")).to_have_text(["○ Still missing"])
    await flawless(page)
    await page.fill("#f-v0_points", "somewhere")
    await expect(page.locator("#wrong-v0_points .mistake")).to_be_visible()
    await expect(page.locator("#wrong-title .missing")).to_be_visible()
    await page.fill("#f-v0_points", BOX)
    await page.click('button[value="review"]')
    await expect(page.locator("#wrong-title .mistake")).to_be_visible()
    await expect(page.locator("#f-title")).to_have_attribute("aria-invalid", "true")
    await page.close()


@pytest.mark.parametrize("language", list(Language))
async def test_what_is_missing_is_said_in_plain_words(language: Language) -> None:
    """No field of a fresh draft names what only a file has."""
    for template in TEMPLATES:
        form = kept(form_from(template, "hmeimim"), NOW_US)
        for flaw in made_of(form, NOW_US).flaws:
            shown = shown_flaw(flaw, Words(language), form)
            assert shown.missing
            assert not re.search("outline_polygon|zone|units|T10:00", shown.text + shown.hint)
            assert "outline_" not in shown_flaw(flaw, Words(language)).hint


async def test_warning_time_has_its_units(pair: Pair) -> None:
    """A span is no time of day: minutes and seconds are named."""
    page = await pair[0].page("Cohen")
    await begun(page)
    await filled(page, "With units")
    await expect(page.locator("#warning .count")).to_have_text(
        re.compile(r"^(?:1\sh\s)?\d+\smin\s\d+\ss$")
    )
    await expect(page.locator("#warning .verdict")).to_have_text("enough")
    await page.close()


async def test_saving_has_no_tick_before_it_is_saved(pair: Pair) -> None:
    """The tick stands for what the node has; what is on its way has none."""
    page = await pair[0].page("Cohen")
    await begun(page)
    await page.context.set_offline(True)
    await page.fill("#f-title", "On its way")
    tick = "getComputedStyle(document.getElementById('keeping'), '::before').content"
    assert await page.inner_text("#keeping") == "Saving …"
    assert await page.evaluate(tick) == "none"
    await page.context.set_offline(False)
    await expect(page.locator("#keeping.good")).to_have_text(KEPT)
    assert "✓" in await page.evaluate(tick)
    await page.close()


async def test_another_officers_draft_says_whose_it_is(pair: Pair) -> None:
    """Whoever opens a draft that somebody else began is told so; its author is not."""
    cohen, levi = await visitor(pair[0], "Cohen"), await visitor(pair[0], "Levi")
    path = (await cohen.post("/compose", template="patrol")).url.partition(pair[0].url)[2]
    assert 'class="some author"' not in (await cohen.get(path)).text
    page = (await levi.get(path)).text
    assert re.search(r'class="some author".*Cohen', page)


async def test_preview_of_a_revision_has_its_number(pair: Pair) -> None:
    """What is shown before it is signed has the number that it is signed with."""
    page = await pair[0].page("Cohen")
    await begun(page)
    await filled(page, "Numbered")
    await page.click('button[value="review"]')
    await page.wait_for_url("**/send")
    await page.click('button[value="send"]')
    await page.wait_for_url("**/notice/**")
    await page.click("button[form=revise]")
    await page.wait_for_url(re.compile(r"/compose/\d+$"))
    await page.fill("#f-reason", "Later")
    await page.fill("#f-v0_upper", "300")
    await page.click('button[value="review"]')
    await page.wait_for_url("**/send")
    text = await page.locator(".rendition pre").first.inner_text()
    assert "REVISION 1 OF" in text
    await page.close()
