"""The telephone's page: while the line is cut one console reads out, the other one writes down."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from hotline.api.schema import SendRequest
from hotline.console.language import catalogue
from hotline.console.pages.voice import mistakes_in
from hotline.exercise.ground.processes import holds_within
from hotline.model.languages.language import Language
from tests.centres import PATIENCE_S, example
from tests.console.severable import Consoles, read_in, severable_consoles
from tests.console.visitors import flawless, visitor

pytestmark = pytest.mark.asyncio(loop_scope="module")
REFERENCE = "IAF-0101"
TYPED = "A EXERCISE FROM IAF TO HMEIMIM\nhello\nC PRECEDENCE LOUD\nC FLASH"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cut(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Consoles]:
    """Run both consoles, and cut the line between them before a notice is signed."""
    async with severable_consoles(tmp_path_factory.mktemp("voice")) as both:
        await both.cut()
        document = example("iaf/01-patrol.json")
        await both.iaf.client.send(SendRequest(document=document, officer="Cohen", wait_s=0.0))
        yield both


async def at(page: Page, path: str) -> Page:
    """Open a page, and hold that it can be used by everybody."""
    await page.goto(path)
    await flawless(page)
    return page


async def read_out(page: Page) -> tuple[list[str], list[str], list[str]]:
    """Return what an officer reads off a sheet: lines, the word of each, the words of all."""
    lines, words = [], []
    for row in await page.locator(".sheet tbody tr:not(.traffic)").all():
        label = await row.locator("th").inner_text()
        lines.append(f"{label} {await row.locator('.text').inner_text()}")
        words.append(await row.locator(".word").inner_text())
    return lines, words, await page.locator(".check bdi").all_inner_texts()


async def test_an_officer_is_led_there_when_the_line_is_down(cut: Consoles) -> None:
    """From the strip above every page, and from the line on the watch's page."""
    page = await cut.iaf.page("Cohen")
    await page.goto("/inbox")
    await page.click("#strip .down a[href='/voice']")
    await expect(page.locator("h1")).to_have_text("By telephone")
    await page.goto("/watch")
    await page.click("#lines a[href='/voice']")
    await expect(page.locator(".calls li")).to_contain_text(REFERENCE)
    await expect(page.locator("main")).to_contain_text("the line is DOWN")


async def test_a_notice_goes_by_telephone_with_mistakes_mended(cut: Consoles) -> None:
    """Misheard lines are found by both sides; then the words agree, and both records have it."""
    cohen, petrov = await cut.iaf.page("Cohen"), await cut.hmeimim.page("Petrov")
    await at(cohen, "/voice")
    await cohen.click(".calls button.main")
    await at(cohen, cohen.url)
    lines, words, check = await read_out(cohen)
    assert f"B NOTICE {REFERENCE}" in lines
    assert len(check) == 4
    assert await cohen.locator(".sheet .traffic").count() == 2, "EXERCISE is read first and last"

    # A line that is none is told with its number, in the listener's language; nothing is entered.
    broken = [line.replace("PRECEDENCE ROUTINE", "PRECEDENCE ROTTEN") for line in lines]
    await at(petrov, "/voice/hear")
    await petrov.fill("#text", "\n".join(broken).lower())
    await petrov.click("main form button.main")
    await expect(petrov.locator(".wrong li")).to_contain_text("Не читается: строка 3 пункт C")  # noqa: RUF001
    assert await petrov.input_value("#text") == "\n".join(broken).lower()

    # Another level is a text as good as any, but has other words.
    other = [line.replace("FL280", "FL270") for line in lines]
    await petrov.fill("#text", "\n".join([*other, f"CHECK {' '.join(check)}"]))
    await petrov.click("main form button.main")
    await expect(petrov.locator("#verdict-head")).to_contain_text("слова НЕ СОВПАДАЮТ")  # noqa: RUF001
    assert await petrov.locator(".check").count() == 0, "nobody answers what was misheard"
    misheard = await petrov.locator(".sheet .word").all_inner_texts()

    # Who insists on an answer is found out at the other side, item by item.
    await cohen.check("[name=which][value=items]")
    await cohen.fill("#words", " ".join(misheard))
    await cohen.click("main form button.main")
    await expect(cohen.locator(".answers .problem strong")).to_have_text("G1")
    await expect(cohen.locator(".sheet tr.other th")).to_have_text("G1")

    await petrov.click("text=Исправить и записать снова")
    mended = (await petrov.input_value("#text")).replace("FL270", "FL280")
    await petrov.fill("#text", f"{mended.strip()}\nCHECK {' '.join(check)}")
    await petrov.click("main form button.main")
    await expect(petrov.locator("#verdict-head")).to_contain_text("совпадают")
    answer = await petrov.locator(".check bdi").all_inner_texts()
    assert len(answer) == 4
    assert answer != check
    for language, said in (("en", "Levels"), ("ru", "Высоты"), ("he", "גבהים")):
        await at(petrov, f"{petrov.url.partition('?')[0]}?language={language}")
        await expect(petrov.locator(".rendering")).to_contain_text(said)

    await cohen.check("[name=which][value=answer]")
    await cohen.fill("#words", " ".join(check))
    await cohen.click("main form button.main")
    await expect(cohen.locator(".answers li").first).to_contain_text("words that you have read")
    await cohen.check("[name=which][value=answer]")
    await cohen.fill("#words", " ".join(word[:4] for word in answer).upper())
    await cohen.click("main form button.main")
    await expect(cohen.locator(".answers li.done")).to_contain_text("confirmed")
    assert [one.state for one in (await cut.iaf.client.voice()).calls] == [
        *("confirmed", "differs", "differs", "spoken")
    ]
    assert [one.state for one in (await cut.hmeimim.client.voice()).calls] == ["heard", "heard"]
    assert words == [one.word for one in (await cut.hmeimim.client.voice()).calls[0].items]


async def test_what_cannot_be_done_is_said_beside_the_form(cut: Consoles) -> None:
    """Words that are none, a name of nothing, another's message, another centre's call."""
    page = await cut.iaf.page("Cohen")
    await page.goto("/voice")
    await page.fill("#name", "IAF-9999")
    await page.click(".one-line button")
    await expect(page.locator("#problem")).to_contain_text("node.no-such-message")
    assert await page.input_value("#name") == "IAF-9999"
    await page.fill("#name", REFERENCE)
    await page.click(".one-line button")
    await page.fill("#words", "wibble wobble")
    await page.click("main form button.main")
    await expect(page.locator("#problem")).to_contain_text("not among the check words")
    assert await page.input_value("#words") == "wibble wobble"
    lines, _, _ = await read_out(page)
    await page.goto("/voice/hear")
    await page.fill("#text", "\n".join(lines))
    await page.click("main form button.main")
    await expect(page.locator("#problem")).to_contain_text("voice.for-another")
    answer = await page.goto("/voice/of/IAF-9999")
    assert answer is not None
    assert answer.status in (404, 409)
    for path in ("/voice/heard/hmeimim/999", "/voice/hear?again=hmeimim:999"):
        answer = await page.goto(path)
        assert answer is not None
        assert 400 <= answer.status < 500, path
    assert "voice.not-recorded" in await page.inner_text("main")


async def test_what_is_typed_outlasts_a_reload(cut: Consoles) -> None:
    """It is in this browser until the node has it."""
    page = await cut.hmeimim.page("Sokolov")
    await page.goto("/voice/hear")
    await page.fill("#text", "A EXERCISE FROM IAF")
    await page.reload()
    await expect(page.locator("#text")).to_have_value("A EXERCISE FROM IAF")
    await expect(page.locator("#kept")).to_contain_text("had kept")


async def test_who_has_no_desk_only_reads(cut: Consoles) -> None:
    """An auditor sees the calls and their lines, and no form; one that is forged does nothing."""
    noa = await visitor(cut.iaf, "Noa")
    before = (await cut.iaf.client.voice()).calls
    page = await noa.get("/voice")
    assert "/voice/speak" not in page.text
    assert (await noa.get("/voice/hear")).status == 403
    for path in ("/voice/speak", f"/voice/of/{REFERENCE}/confirm", "/voice/hear"):
        refused = await noa.post(path, {"name": REFERENCE, "text": "A", "words": "x"})
        assert refused.status == 403, path
    assert (await cut.iaf.client.voice()).calls == before


@pytest.mark.parametrize(
    ("language", "theme", "width"), [("en", "dark", 1280), ("ru", "dim", 768), ("he", "light", 390)]
)
async def test_it_fits_in_every_language(
    cut: Consoles, language: str, theme: str, width: int
) -> None:
    """Nothing is wider than the screen, and axe finds nothing."""
    page = await cut.iaf.page("Cohen")
    await read_in(page, language)
    cookie: Any = {"name": "hotline-theme", "value": theme, "url": cut.iaf.url}
    await page.context.add_cookies([cookie])
    await page.set_viewport_size({"width": width, "height": 844})
    for path in ("/voice", f"/voice/of/{REFERENCE}", "/voice/hear"):
        await at(page, path)


async def test_the_signed_message_is_found_when_it_comes(cut: Consoles) -> None:
    """Once the line is back the page of what was heard leads to what was signed."""
    page = await cut.hmeimim.page("Petrov")
    await page.goto("/voice")
    await page.locator(".history a.target").first.click()
    await expect(page.locator("main")).to_contain_text("придёт само")
    cut.relay.mend()  # who dials tries again the later, the longer it was in vain

    async def arrived() -> bool:
        await page.reload()
        return await page.locator("main a[href^='/notice/']").count() == 1

    assert await holds_within(arrived, 3 * PATIENCE_S)
    await page.click("main a[href^='/notice/']")
    await expect(page.locator("main")).to_contain_text(REFERENCE)


# --- Without a browser ----------------------------------------------------------------------------


async def test_mistakes_are_told_with_line_and_item() -> None:
    """Each in words of the officer's language, with what the layout says of it."""
    found = mistakes_in(TYPED, Language.RU)
    assert [(one.word, one.line, one.item) for one in found][:2] == [
        ("voice.heard_no_item", "2", ""),
        ("voice.heard_item", "3", "C"),
    ]
    assert found[1].meaning == "срочность"
    assert {one.word for one in found} <= catalogue().keys()
    for text in ("", "\0", "A" * 30_000, "\n" * 3000):
        assert mistakes_in(text, Language.HE), repr(text[:9])
