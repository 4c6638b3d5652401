"""Small screens, fingers and paper: what a page shows there, and what it may not lose."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext, FloatRect, Page, ViewportSize, expect

from hotline.api.schema import SendRequest
from hotline.model.languages.language import Language
from tests.centres import example
from tests.console.consoles import Console, consoles
from tests.console.severable import read_in
from tests.console.visitors import flawless

pytestmark = pytest.mark.asyncio(loop_scope="module")
ALARMS = ("first", "second", "gravest")
PAPER = ViewportSize(width=703, height=1032)
"""A sheet of A4 less the margins, in pixels of CSS."""
MARK = "EXERCISE"
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
}
WHOLE_LABELS = """many => {
  const map = document.getElementById("map").getBoundingClientRect();
  const labels = [...document.querySelectorAll(".map-label > div")]
    .map((one) => one.getBoundingClientRect());
  return labels.length === many && labels.every((one) =>
    one.left >= map.left - 1 && one.right <= map.right + 1
    && one.top >= map.top - 1 && one.bottom <= map.bottom + 1);
}"""
"""Whether there are so many labels, and all within the map."""
PRINTED = """() => {
  const all = (selector) => [...document.querySelectorAll(selector)]
    .filter((one) => one.getClientRects().length > 0);
  const told = (list) => list.map((one) => one.outerHTML.slice(0, 80));
  const sheet = document.querySelector("main").getBoundingClientRect();
  const beyond = (one) => {
    const { left, right } = one.getBoundingClientRect();
    return left < sheet.left - 1 || right > sheet.right + 1;
  };
  const side = document.querySelector(".banner.end");
  const { left, right } = side.getBoundingClientRect();
  const styles = [document.body, document.documentElement].map((one) => getComputedStyle(one));
  return {
    marks: all(".banner strong").map((one) => one.textContent),
    side: getComputedStyle(side).position,
    menus: told(all("nav, .who, button, .button, .skip, #muted")),
    colours: [styles[0].color, styles[1].backgroundColor],
    wide: told(all("main table, main dl, main pre, main section").filter(beyond)),
    under: left < sheet.right - 1 && right > sheet.left + 1,
  };
}"""
"""What is to be seen on paper of a page, and what lies beside it."""
PLACES = (
    *("/picture", "/inbox", "/inbox?who=all", "/notice/{notice}", "/compose", "/watch"),
    *("/watch/relief", "/watch/alarms", "/log", "/logs", "/exercise", "/voice", "/password"),
)


@dataclass
class Desk:
    """A console with alarms and notices, and the id of one notice."""

    console: Console
    notice: str


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    """Run both centres; have notices at all edges of the map, and three alarms that ring."""
    async with consoles(tmp_path_factory.mktemp("screens")) as (iaf, _):
        (volume,) = example("iaf/01-patrol.json")["volumes"]
        ids = []
        corners = ((37.0, 29.8), (37.0, 38.0), (31.2, 29.8), (31.2, 38.0))
        for number, (lat, lng) in enumerate(corners, start=1):
            circle = {"center": {"lat": lat, "lng": lng}, "radius": {"value": 9000, "units": "M"}}
            outline = {"outline_polygon": None, "outline_circle": circle}
            levels = {"altitude_lower": "12500 ft", "altitude_upper": "27500 ft"}
            document = example("iaf/01-patrol.json") | {
                "reference": f"IAF-CORNER-{number}",
                "volumes": [{k: v for k, v in (volume | outline | levels).items() if v}],
            }
            sent = await iaf.client.send(SendRequest(document=document, officer="Cohen"))
            ids.append(sent.id)
        for subject in ALARMS:
            await iaf.centre.bell.ring("line.down", "hmeimim", subject, f"{subject} was odd")
        yield Desk(iaf, ids[0])


async def opened(desk: Desk, path: str, width: int, height: int, language: str = "en") -> Page:
    """Return a page of an officer, at a size and in a language."""
    page = await desk.console.page("Cohen")
    await read_in(page, language)
    await page.set_viewport_size({"width": width, "height": height})
    await page.goto(path)
    if path == "/picture":
        await page.wait_for_selector("#picture[data-ready]")
    return page


async def box(page: Page, selector: str) -> FloatRect:
    """Return where an element is."""
    found = await page.locator(selector).bounding_box()
    assert found is not None, selector
    return found


# --- Room ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (768, 1024), (390, 844)])
async def test_the_map_has_more_than_half_of_the_window(
    desk: Desk, width: int, height: int
) -> None:
    """Also while alarms ring, and the sound is off."""
    page = await opened(desk, "/picture", width, height)
    await expect(page.locator("#muted")).to_be_visible()
    await expect(page.locator(".ringing-list")).to_be_visible()
    found = await box(page, "#map")
    assert found["height"] >= 0.55 * height
    if width > 1000:
        assert found["y"] + found["height"] <= height, "all of it is in sight"


@pytest.mark.parametrize("width", [1280, 768, 390])
async def test_labels_end_at_the_maps_edge(desk: Desk, width: int) -> None:
    """No label of an area that is seen is cut, in the language whose words are longest."""
    page = await opened(desk, "/picture", width, 900, "ru")
    await page.wait_for_function(WHOLE_LABELS, arg=4)


async def test_alarms_take_one_line_that_opens(desk: Desk) -> None:
    """The gravest is named and the others counted; they stay open when the strip is renewed."""
    page = await opened(desk, "/inbox", 1280, 800)
    ringing = page.locator(".ringing-list")
    assert (await box(page, ".ringing-list"))["height"] < 40
    await expect(ringing.locator("summary")).to_have_text("and 2 more")
    await ringing.locator("summary").click()
    await expect(ringing.locator("li.alarm")).to_have_count(2)
    async with page.expect_response("**/strip"):
        await desk.console.centre.bell.ring("line.down", "hmeimim", "another", "it rings")
    await expect(ringing.locator("summary")).to_have_text("and 3 more")
    await expect(ringing.locator("li.alarm").first).to_be_visible()


@pytest.mark.parametrize("language", ["en", "ru", "he"])
async def test_a_telephone_has_a_head_of_a_few_lines(desk: Desk, language: str) -> None:
    """The mark, the line's state and its last contact stay; all figures are one touch away."""
    page = await opened(desk, "/watch", 390, 844, language)
    assert (await box(page, "header"))["height"] < 844 / 4
    for selector in (".banner >> nth=0", "#strip .line .state", "#strip .line .contact dd"):
        await expect(page.locator(selector)).to_be_visible()
    current = await box(page, "header nav a[aria-current]")
    assert 0 <= current["x"] <= 390 - current["width"], "the page that is open is in sight"
    await expect(page.locator("#clock")).to_be_hidden()
    await page.click("#figures")
    await expect(page.locator("#clock")).to_be_visible()
    await page.reload()
    await expect(page.locator("#clock")).to_be_visible()
    await flawless(page)
    await page.click("#figures")
    await expect(page.locator("#clock")).to_be_hidden()


# --- Fingers --------------------------------------------------------------------------------------


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def finger(desk: Desk) -> AsyncIterator[Page]:
    """Return a page on a telephone."""
    context: BrowserContext = await desk.console.context("Levi", **PHONE)
    yield await context.new_page()


async def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Draw a finger over the screen."""
    session = await page.context.new_cdp_session(page)
    steps = 8
    for step in range(steps + 1):
        x, y = (a + (b - a) * step / steps for a, b in zip(start, end, strict=True))
        kind = "touchStart" if step == 0 else "touchMove"
        await session.send(
            "Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]}
        )
    await session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    await session.detach()


async def test_the_slider_follows_a_finger(finger: Page) -> None:
    """A touch sets the time, a drag moves it; the slider stays where it is meanwhile."""
    await finger.goto("/picture")
    await finger.wait_for_selector("#picture[data-ready]")
    before = await box(finger, "#slider")
    middle = before["y"] + before["height"] / 2
    await finger.touchscreen.tap(before["x"] + 0.7 * before["width"], middle)
    await finger.wait_for_url("**at=**")
    assert int(await finger.input_value("#slider")) > 600
    assert await box(finger, "#slider") == before
    ends = (before["x"] + share * before["width"] for share in (0.7, 0.35))
    start, end = ((x, middle) for x in ends)
    await drag(finger, start, end)
    moved = "Number(document.getElementById('slider').value) < 400"
    await finger.wait_for_function(moved)


async def test_an_area_is_drawn_by_touch(finger: Page) -> None:
    """Each touch is a corner, a corner is dragged; the map stays still under the finger."""
    await finger.goto("/compose")
    await finger.tap('button[name="template"][value="patrol"]')
    button = finger.locator('[data-draw="v0"]')
    await button.tap(timeout=60_000)  # disabled until the map is there
    await expect(button).to_have_attribute("aria-pressed", "true")
    place = await box(finger, "#map")
    positions = finger.locator("#f-v0_points")
    for number, (x, y) in enumerate(((0.3, 0.3), (0.7, 0.3), (0.7, 0.7), (0.3, 0.7)), start=1):
        at = (place["x"] + x * place["width"], place["y"] + y * place["height"])
        await touched(finger, at, number)
    north, east, south, west = (await positions.input_value()).split("\n")
    assert north.split()[0] == east.split()[0]
    assert south.split()[0] == west.split()[0]
    assert north.split()[1] == west.split()[1]
    corner = await box(finger, ".map-corner >> nth=0")
    middle = (corner["x"] + corner["width"] / 2, corner["y"] + corner["height"] / 2)
    await drag(finger, middle, (middle[0] + 30, middle[1] + 40))
    await expect(positions).not_to_have_value("\n".join((north, east, south, west)))
    assert (await positions.input_value()).split("\n")[1:] == [east, south, west]
    await expect(finger.locator("#keeping.good")).to_be_visible()
    assert await box(finger, "#map") == place


async def touched(page: Page, at: tuple[float, float], number: int) -> None:
    """Touch until there are so many positions: on a busy machine a touch can last too long."""
    for _ in range(5):
        await page.touchscreen.tap(*at)
        try:
            await page.wait_for_function(
                "many => document.getElementById('f-v0_points').value.split('\\n')"
                ".filter(Boolean).length === many",
                arg=number,
                timeout=3000,
            )
        except TimeoutError:
            continue
        return
    raise AssertionError(f"{number} touches are not {number} positions")


# --- Paper ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "he"])
async def test_every_page_can_be_printed(desk: Desk, language: str) -> None:
    """Black on white with the mark on each sheet, without menus and buttons, nothing cut."""
    page = await opened(desk, "/inbox", **PAPER, language=language)
    await page.emulate_media(media="print")
    for path in PLACES:
        await page.goto(path.format(notice=desk.notice))
        found = await page.evaluate(PRINTED)
        assert all(mark.startswith(MARK) for mark in found["marks"]), path
        assert len(found["marks"]) == 2, path
        assert found["side"] == "fixed", "what is fixed is on each sheet"
        assert found["menus"] == [], path
        assert found["colours"] == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"], path
        assert found["wide"] == [], path
        assert not found["under"], path


async def test_nothing_lies_beside_the_sheet(desk: Desk) -> None:
    """In no language is a short page printed on two sheets, one of them beside the other."""
    for language in Language:
        page = await opened(desk, "/password", 1280, 800, language.value)
        printed = await page.pdf(format="A4")
        assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1, language
