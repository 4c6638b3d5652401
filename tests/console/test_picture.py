"""The picture in a real browser: map and list say the same, at any moment, by all ways of input."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from hotline.audit.reconcile.plain import shown
from hotline.console.language import Words
from hotline.console.pages.picture import moment_asked
from hotline.console.pages.picture_rows import levels_in
from hotline.errors import UsageError
from hotline.model.kinds import Precedence
from hotline.model.languages.language import Language
from hotline.model.messages import Activation, Contingency, End, Nonconformance
from hotline.model.times import format_time
from hotline.model.volume import Circle, Corridor, Position, Volume4D
from tests.centres import now_us
from tests.console.consoles import Console, Pair, consoles
from tests.node.skies import blurt, box, notice, send

pytestmark = pytest.mark.asyncio(loop_scope="module")
HOSTILE = "\u202egnp <img src=x onerror=alert(1)> \x07" + "x" * 300
ODD = 'HMEIMIM-0003 "\u2067<b>'
OWN = "hmeimim:iaf:IAF-0001"


def circle(lat: float, lon: float, *, begins_s: float, lasts_s: float = 3600) -> Volume4D:
    """Return a circle of 15 km with the sample's levels."""
    plain = box(begins_s=begins_s, lasts_s=lasts_s)
    around = Circle(Position(lat, lon), 15_000.0)
    return msgspec.structs.replace(plain, outline_polygon=None, outline_circle=around)


def corridor(*points: tuple[float, float], begins_s: float) -> Volume4D:
    """Return a corridor of 18 km."""
    line = Corridor(tuple(Position(*point) for point in points), 18_000.0)
    plain = box(begins_s=begins_s, lasts_s=9000)
    return msgspec.structs.replace(plain, outline_polygon=None, corridor=line)


@dataclass(frozen=True, slots=True)
class Sky(Pair):
    """Both consoles, and the moment at which everything had been said."""

    before: str


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sky(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Sky]:
    """Run both centres with activities of every state, a conflict, and one without an area."""
    async with consoles(tmp_path_factory.mktemp("picture")) as (iaf, hmeimim):
        ours, theirs = iaf.centre, hmeimim.centre
        before = format_time(now_us() - 1)
        await send(ours, notice("IAF-0001", box(33.2, 33.9, size=0.9, begins_s=1200)))
        await send(theirs, notice("HMEIMIM-0001", box(33.6, 34.2, size=0.9, begins_s=1500)))
        await send(ours, notice("IAF-0002", circle(33.0, 35.6, begins_s=60)))
        await send(ours, Activation("IAF-0002", at=format_time(now_us())))
        await send(theirs, notice("HMEIMIM-0002", circle(34.6, 36.9, begins_s=600)))
        outside = (circle(34.9, 37.3, begins_s=0),)
        await send(
            theirs, Nonconformance("HMEIMIM-0002", at=format_time(now_us()), volumes=outside)
        )
        await send(
            ours,
            notice("IAF-0003", corridor((32.2, 32.5), (33.0, 33.0), (33.4, 32.4), begins_s=300)),
            Precedence.PRIORITY,
        )
        await send(ours, Contingency("IAF-0003", at=format_time(now_us()), reason="engine"))
        await send(ours, notice("IAF-0004", box(31.5, 34.2, size=0.4, begins_s=36_000)))
        nowhere = Volume4D(time_start=box().time_start, time_end=box().time_end)
        await blurt(theirs, notice(ODD, nowhere, title=HOSTILE))
        yield Sky(iaf, hmeimim, before)


@pytest_asyncio.fixture(loop_scope="module", autouse=True)
async def closed(sky: Sky) -> AsyncIterator[None]:
    """Close the pages of each test."""
    yield
    await sky.close_pages()


async def opened(console: Console, officer: str, address: str = "/picture") -> Page:
    """Return the page, once its script has begun."""
    page = await console.page(officer)
    await page.set_viewport_size({"width": 1280, "height": 1000})
    await page.goto(address)
    await page.wait_for_selector("#picture[data-ready]")
    return page


async def listed(page: Page) -> dict[str, list[str]]:
    """Return the references in each part of the list."""
    found: dict[str, list[str]] = await page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll('[data-group]')].map((one) =>
        [one.dataset.group, [...one.querySelectorAll('.pick bdi')].map((it) => it.textContent)]))"""
    )
    return found


def row(page: Page, key: str) -> Any:
    """Return the row of an activity."""
    return page.locator(f'.activity[data-key="{key}"]')


# --- What it says ---------------------------------------------------------------------------------


async def test_the_map_says_by_class_what_the_list_says_in_words(sky: Sky) -> None:
    """Each drawn activity has an area of its owner and state, the conflict is hatched."""
    page = await opened(sky.iaf, "Cohen")
    assert await listed(page) == {
        "now": ["HMEIMIM-0002", "IAF-0002", "IAF-0003"],
        "soon": ["IAF-0001", "HMEIMIM-0001", shown(ODD, 60)],
        "later": ["IAF-0004"],
    }
    for classes, count in {
        ".map-area": 6,
        ".map-area.own.planned": 2,
        ".map-area.own.activated.now": 1,
        ".map-area.peer.nonconforming": 1,
        ".map-fill-nonconforming-peer": 1,
        ".map-area.own.contingent": 1,
        ".map-fill-contingent-own": 1,
        ".map-conflict": 2,
    }.items():
        await expect(page.locator(f"#map {classes}")).to_have_count(count)
    ours = await row(page, OWN).inner_text()
    assert "Conflict with HMEIMIM-0001" in ours
    assert "ROUTINE" in ours
    assert "FL180 – FL280" in ours  # noqa: RUF001
    assert re.search(r"begins in\s+1\d:\d\d", ours)
    await page.wait_for_selector("#map .map-label > div")
    labels = await page.locator("#map .map-label").all_inner_texts()
    assert any("IAF-0001" in one and "FL180" in one and "min" in one for one in labels)
    assert await page.locator(".meeting.possible").count() > 0


async def test_what_has_no_area_is_said_in_words_and_text_of_others_is_only_text(sky: Sky) -> None:
    """Why it is not on the map; markup and characters that turn text round are shown as such."""
    page = await opened(sky.iaf, "Cohen")
    there = page.locator(".activity", has_text="HMEIMIM-0003").last
    await there.locator(".pick").click()
    await expect(there).to_have_class(re.compile("chosen"))
    text = await there.inner_text()
    assert "Not all of it is on the map: it has no outline" in text
    assert "all levels" in text
    assert "<img src=x" in text
    assert not {"\u202e", "\u2067"} & set(text)
    assert await page.locator(".activity img").count() == 0


async def test_the_land_is_where_it_is(sky: Sky) -> None:
    """The outlines are decoded right: Cyprus is land, the sea south of it is not."""
    page = await opened(sky.iaf, "Cohen")
    inside = await page.evaluate(
        """async () => {
        const { land } = await import("/static/land.js");
        const { coordinates } = await land();
        const within = (lng, lat) => coordinates.some(([ring]) => ring.reduce((odd, [x, y], i) => {
          const [a, b] = ring[(i + 1) % ring.length];
          return (y > lat) !== (b > lat) && lng < x + (lat - y) / (b - y) * (a - x) ? !odd : odd;
        }, false));
        return [within(33.2, 35.0), within(33.2, 34.0), within(37.6, 55.7), within(-150, 0)];
        }"""
    )
    assert inside == [True, False, True, False]


# --- Choosing, moving, time -----------------------------------------------------------------------


async def test_choosing_on_either_side_shows_on_both_and_stays_in_the_address(sky: Sky) -> None:
    """A row marks its area, an area its row; who opens the address sees the same."""
    page = await opened(sky.iaf, "Cohen")
    await row(page, OWN).locator(".pick").click()
    await expect(page.locator("#map .map-area.selected.own.planned")).to_have_count(1)
    await page.locator("#map .map-area.activated").click()
    await expect(row(page, "hmeimim:iaf:IAF-0002")).to_have_class(re.compile("chosen"))
    await expect(row(page, OWN)).not_to_have_class(re.compile("chosen"))
    await page.wait_for_url("**sel=hmeimim%3Aiaf%3AIAF-0002**")
    await page.locator(".leaflet-control-zoom-in").click()
    await page.wait_for_url(re.compile(r"zoom=.*centre="))
    await page.goto(page.url)
    await page.wait_for_selector("#picture[data-ready]")
    await expect(page.locator(".activity.chosen .pick bdi")).to_have_text("IAF-0002")
    await page.keyboard.press("Escape")
    await page.locator(".chosen .pick").focus()
    await page.keyboard.press("Escape")
    await expect(page.locator(".activity.chosen")).to_have_count(0)


async def test_everything_is_reached_by_keyboard(sky: Sky) -> None:
    """Arrow keys go through the list, move the map and the slider; Tab enters the list once."""
    page = await opened(sky.iaf, "Cohen")
    await page.locator(".activity .pick").first.focus()
    await page.keyboard.press("ArrowDown")
    await expect(page.locator(".activity.chosen .pick")).to_be_focused()
    await expect(page.locator(".activity.chosen .pick bdi")).to_have_text("IAF-0002")
    await page.keyboard.press("End")
    await expect(page.locator(".activity.chosen .pick bdi")).to_have_text("IAF-0004")
    assert await page.locator('.activity .pick[tabindex="0"]').count() == 1
    await page.focus("#map")
    before = page.url
    await page.keyboard.press("ArrowRight")
    await page.wait_for_function("(before) => location.href !== before", arg=before)
    await page.focus("#slider")
    await page.keyboard.press("ArrowRight")
    await page.wait_for_url("**at=**")


async def test_time_moves_the_picture(sky: Sky) -> None:
    """Ahead by the plans; back to what was known then, which is nothing; and to now again."""
    page = await opened(sky.iaf, "Cohen", "/picture")
    later = datetime.now(UTC) + timedelta(hours=10, minutes=30)
    await page.fill("#at", f"{later:%Y-%m-%d %H:%M}")
    await page.keyboard.press("Enter")
    await expect(page.locator("#sort")).to_have_text("As announced until now")
    assert "IAF-0004" in (await listed(page))["now"]
    await expect(page.locator("#map .map-area.planned.now")).to_have_count(1)
    await page.wait_for_url("**at=**")
    await page.click('[data-step="-60"]')
    await expect(page.locator('[data-group="soon"] .pick bdi')).to_have_text("IAF-0004")
    await page.goto(f"/picture?at={sky.before}")
    await page.wait_for_selector("#picture[data-ready]")
    assert await listed(page) == {"now": [], "soon": [], "later": []}
    await expect(page.locator("#sort")).to_have_text("As it stood then")
    await page.click("#now")
    await expect(page.locator(".activity")).to_have_count(7)
    await expect(page.locator("#sort")).to_have_text("Now, live")


async def test_play_goes_on_until_it_is_stopped(sky: Sky) -> None:
    """The moment moves by itself; the button says what pressing it does."""
    page = await opened(sky.iaf, "Cohen")
    await page.click("#play")
    await page.wait_for_url("**at=**")
    first = await page.locator("#moment time").inner_text()
    await expect(page.locator("#moment time")).not_to_have_text(first)
    await page.click("#play")
    await expect(page.locator("#play")).to_have_attribute("aria-pressed", "false")


async def test_a_time_that_cannot_be_read_is_said_beside_the_field(sky: Sky) -> None:
    """In the officer's language, with and without a script; what was typed stays."""
    page = await opened(sky.hmeimim, "Petrov")
    await page.fill("#at", "вчера")
    await page.keyboard.press("Enter")
    await expect(page.locator("#flaw")).to_contain_text("Такое время прочитать нельзя.")
    assert await page.input_value("#at") == "вчера"
    answer = await page.goto("/picture?at=yesterday")
    assert answer is not None
    assert answer.status == 400
    await expect(page.locator("#problem")).to_contain_text("console.bad-moment")
    assert await page.input_value("#at") == "yesterday"


async def test_the_list_needs_no_script(sky: Sky) -> None:
    """Times, counts and steps are links and text; the chosen one is marked."""
    await sky.iaf.context("Dana", java_script_enabled=False)
    page = await sky.iaf.page("Dana")
    await page.goto(f"/picture?sel={OWN}")
    assert await page.locator(".activity").count() == 7
    await expect(page.locator('.pick[aria-current="true"] bdi')).to_have_text("IAF-0001")
    assert re.search(r"begins in\s+1\d:\d\d", await row(page, OWN).inner_text())
    await page.click('[data-step="60"]')
    assert "at=" in page.url
    await expect(page.locator('[data-group="now"] h2')).to_contain_text("In use at this moment")
    assert "IAF-0001" in (await page.locator('[data-group="now"]').inner_text())


# --- Live -----------------------------------------------------------------------------------------


async def test_what_happens_is_shown_and_nothing_else_is_touched(sky: Sky) -> None:
    """A new notice comes, its state changes, it ends; rows of others stay the same elements."""
    page = await opened(sky.iaf, "Cohen")
    await page.evaluate(
        "(key) => { row(key).mark = 1; function row(k) { return document"
        '.querySelector(`.activity[data-key="${k}"]`); } }',
        OWN,
    )
    await send(sky.hmeimim.centre, notice("HMEIMIM-0009", circle(36.0, 31.0, begins_s=900)))
    new = row(page, "hmeimim:hmeimim:HMEIMIM-0009")
    await expect(new).to_have_count(1)
    await expect(page.locator("#map .map-area")).to_have_count(7)
    await send(sky.hmeimim.centre, Activation("HMEIMIM-0009", at=format_time(now_us())))
    await expect(new).to_have_class(re.compile("activated"))
    await expect(page.locator("#map .map-area.peer.activated")).to_have_count(1)
    kept = f"document.querySelector('.activity[data-key=\"{OWN}\"]').mark"
    assert await page.evaluate(kept) == 1
    await send(sky.hmeimim.centre, End("HMEIMIM-0009", at=format_time(now_us())))
    await expect(new).to_have_count(0)
    await expect(page.locator("#map .map-area")).to_have_count(6)


async def test_only_what_is_new_is_sent(sky: Sky) -> None:
    """The script says what it has; a forged or garbled question is refused."""
    page = await opened(sky.iaf, "Cohen")
    csrf = await page.locator('meta[name="csrf"]').get_attribute("content") or ""
    request, headers = page.context.request, {"Hotline-Form": csrf, "Sec-Fetch-Dest": "empty"}
    whole = await (await request.get("/picture/data")).json()
    known = {one["id"]: one["version"] for one in whole["rows"]}
    known[OWN] = "other"
    answer = await request.post("/picture/data", data={"known": known}, headers=headers)
    rows = {one["id"]: one for one in (await answer.json())["rows"]}
    assert {key for key, one in rows.items() if "areas" in one} == {OWN}
    for question in ("{", '{"known": 1}', '{"other": ""}', "[" * 5000):
        refused = await request.post("/picture/data", data=question, headers=headers)
        assert (refused.status, (await refused.json())["code"]) == (400, "console.bad-question")
    forged = await request.post("/picture/data", data={}, headers={"Sec-Fetch-Dest": "empty"})
    assert forged.status == 403


# --- Drawing on the map ---------------------------------------------------------------------------

SKETCHING = """async (kind) => {
  const { activities, drawing, drawMap } = await import("/static/map.js");
  const element = document.createElement("div");
  Object.assign(element, { id: "sketch", className: "map", tabIndex: 0 });
  document.getElementById("main").replaceChildren(element);
  const map = await drawMap(element, { bounds: [[32, 33], [36, 37]] });
  const square = [[[33.5, 33], [36.5, 33], [36.5, 35], [33.5, 35], [33.5, 33]]];
  activities(map).set([{ id: "x", owner: "peer", state: "planned", label: ["X"],
    areas: [{ type: "Polygon", coordinates: square }] }]);
  window.drawn = [];
  const onChange = (shape) => window.drawn.push(shape);
  window.sketch = drawing(map, { kind, widthM: 9000, onChange });
}"""


async def sketching(console: Console, kind: str) -> Page:
    """Return a page that draws upon an activity."""
    page = await opened(console, "Cohen")
    await page.evaluate(SKETCHING, kind)
    return page


async def test_shapes_are_drawn_with_a_mouse(sky: Sky) -> None:
    """On top of what is there already; the last corner can be taken back."""
    page = await sketching(sky.iaf, "polygon")
    for x, y in ((560, 250), (640, 250), (640, 330), (500, 300)):
        await page.click("#sketch", position={"x": x, "y": y})
    await page.evaluate("window.sketch.undo()")
    shape = (await page.evaluate("window.drawn")).pop()
    assert shape["kind"] == "polygon"
    (first, second, third) = shape["points"]
    assert first[0] == pytest.approx(second[0], abs=0.05)
    assert first[0] > third[0] + 0.1
    assert second[1] == pytest.approx(third[1], abs=0.05)
    assert second[1] > first[1] + 0.1
    await expect(page.locator("#sketch .map-corner")).to_have_count(3)
    page = await sketching(sky.iaf, "circle")
    for x in (560, 640):
        await page.click("#sketch", position={"x": x, "y": 250})
    shape = (await page.evaluate("window.drawn")).pop()
    assert shape["radiusM"] > 10_000
    assert shape["radiusM"] % 100 == 0


async def test_shapes_are_drawn_without_a_mouse(sky: Sky) -> None:
    """Arrow keys move the map under the cross, Enter takes the place, Backspace gives it back."""
    page = await sketching(sky.iaf, "corridor")
    await page.focus("#sketch")
    await page.keyboard.press("Enter")
    await page.evaluate("window.sketch.set({ kind: 'corridor', points: [[33, 34]], widthM: 9000 })")
    await page.keyboard.press("Enter")
    await page.keyboard.press("Enter")
    await page.keyboard.press("Backspace")
    shape = (await page.evaluate("window.drawn")).pop()
    assert (shape["points"][0], len(shape["points"]), shape["widthM"]) == ([33, 34], 2, 9000)
    await expect(page.locator("#sketch .map-sketch-band")).to_have_count(1)
    await page.evaluate("window.sketch.stop()")
    await expect(page.locator("#sketch .map-corner")).to_have_count(0)


# --- For everybody --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("officer", "theme", "width"),
    [("Cohen", "dark", 1280), ("Levi", "dim", 768), ("Levi", "light", 390)],
)
async def test_nobody_is_kept_out(sky: Sky, officer: str, theme: str, width: int) -> None:
    """No violation that axe finds, nothing wider than the window, nothing from elsewhere."""
    context = await sky.iaf.context(officer)
    cookie: Any = {"name": "hotline-theme", "value": theme, "url": sky.iaf.url}
    await context.add_cookies([cookie])
    page = await sky.iaf.page(officer)
    hosts, said = set(), []
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    page.on("console", lambda message: said.append(message.text))
    await page.set_viewport_size({"width": width, "height": 900})
    await page.goto("/picture")
    await page.wait_for_selector("#picture[data-ready]")
    await row(page, OWN).locator(".pick").click()
    assert hosts == {sky.iaf.url.removeprefix("https://")}
    assert said == []
    beyond = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert await page.evaluate(beyond) == 0
    found = await Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


# --- Without a browser ----------------------------------------------------------------------------


async def test_moments_are_typed_in_several_ways() -> None:
    """A clock time is the nearest one; without a zone it is UTC; anything else is refused."""
    assert moment_asked("") is None
    assert moment_asked("2026-03-01 14:30") == "2026-03-01T14:30:00Z"
    assert moment_asked("2026-03-01T14:30:05z") == "2026-03-01T14:30:05Z"
    assert moment_asked("2026-03-01T14:30:00+02:00") == "2026-03-01T12:30:00Z"
    now = datetime.now(UTC)
    for minutes in (-600, -5, 5, 600):
        then = now + timedelta(minutes=minutes)
        assert moment_asked(f"{then:%H:%M}") == f"{then:%Y-%m-%dT%H:%M}:00Z"
    for text in ("25:00", "2026-02-30 10:00", "yesterday", "1400 tomorrow", "9" * 5000, "\x00"):
        with pytest.raises(UsageError, match="bad-moment"):
            moment_asked(text)


async def test_levels_are_told_in_the_officers_language() -> None:
    """What the node says in words is translated, what is a level stays."""
    words = Words(Language.RU)
    assert levels_in("FL180 to FL280", words) == "FL180 – FL280"  # noqa: RUF001
    assert levels_in("all levels", words) == "все высоты"
    assert levels_in("2500 ft above mean sea level", words) == "2500 ft над уровнем моря"
    assert levels_in("ground to FL100", words) == "земля – FL100"  # noqa: RUF001
    sea = "6000 m above mean sea level to FL200"
    assert levels_in(sea, words, brief=True) == "6000 m MSL – FL200"  # noqa: RUF001
    hebrew = Words(Language.HE)
    assert levels_in("FL180 to FL280", hebrew) == "FL180 – FL280"  # noqa: RUF001
    assert levels_in("ground to 900 m above ground", hebrew, brief=True).endswith(
        "\N{LEFT-TO-RIGHT ISOLATE}900 m AGL\N{POP DIRECTIONAL ISOLATE}"
    )
