"""A watch from login to relief, played by hand on two consoles at once.

Two real nodes, two real consoles, two officers in headless Chromium; the line between the nodes
goes through a relay that is cut and mended. Nothing is found by a word that is shown, so that the
same is played in every language.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from hotline.api import schema
from hotline.model.times import parse_time
from tests.centres import PATIENCE_S, example
from tests.console.severable import Consoles, read_in, severable_consoles

SHOWN_S = 1.0
"""Within so much of its receipt at the node a notice is on the pages."""
OVERDUE_S = 3
NORTH = [(34.10, 33.00), (34.10, 33.60)]
SOUTH = [(33.85, 33.60), (33.85, 33.00)]
AWAY = [(34.10, 33.80), (34.10, 34.20), (33.85, 34.20), (33.85, 33.80)]
"""Where the other centre would have it: well clear of what it does itself."""
OWN = [(34.40, 32.60), (34.40, 33.30), (33.90, 33.30), (33.90, 32.60)]
DIRECTIONS = {"en": "ltr", "ru": "ltr", "he": "rtl"}

WATCHED = """() => {
  window.appeared = {};
  new MutationObserver(() => {
    for (const link of document.querySelectorAll("a[href^='/notice/']")) {
      const id = link.getAttribute("href").split("/").pop();
      window.appeared[id] ??= Date.now();
    }
  }).observe(document.getElementById("list"), { childList: true, subtree: true });
}"""
"""When a notice was first to be seen in the list, by the clock of this machine."""


@dataclass
class Played:
    """Both consoles, and the page that each officer sits at."""

    both: Consoles
    cohen: Page
    petrov: Page
    ours: str
    theirs: str

    async def go(self, page: Page, path: str) -> None:
        """Open a page; it must be in the officer's language, and run its way."""
        await page.goto(path)
        root = page.locator("html")
        language = self.theirs if page.context == self.petrov.context else self.ours
        await expect(root).to_have_attribute("lang", language)
        await expect(root).to_have_attribute("dir", DIRECTIONS[language])
        await expect(page.locator(".banner").first).to_contain_text("EXERCISE")


@pytest.mark.alone
@pytest.mark.asyncio
@pytest.mark.parametrize(("ours", "theirs"), [("en", "en"), ("he", "ru")])
async def test_a_watch_from_login_to_relief(tmp_path: Path, ours: str, theirs: str) -> None:
    """Two officers meet in the air, agree, lose the line, go on by voice, and are relieved.

    Each reads in a language; the telephone, the audit and the relief are played in English.
    """
    async with severable_consoles(tmp_path, amend=_soon_overdue) as both:
        cohen, petrov = await both.iaf.page("Cohen"), await both.hmeimim.page("Petrov")
        for page, language in ((cohen, ours), (petrov, theirs)):
            await page.set_viewport_size({"width": 1280, "height": 900})
            await read_in(page, language)
        play = Played(both, cohen, petrov, ours, theirs)
        await take_the_watch(play)
        await announced_by_hmeimim(play)
        notice = await compose(play)
        await conflict_on_both(play, notice)
        await read_back_and_propose(play, notice)
        await revise_as_proposed(play, notice)
        flash = await lose_the_line(play)
        if ours == "en":
            await go_on_by_voice(play, flash)
        await get_it_back(play, flash)
        if ours == "en":
            await audit(play, notice)
            await relieve(play)


async def take_the_watch(play: Played) -> None:
    """Both officers, who have logged in with their second factor, take the watch."""
    for page, officer in ((play.cohen, "Cohen"), (play.petrov, "Petrov")):
        await play.go(page, "/watch")
        await page.click("form[action='/watch/relief/take'] button")
        await expect(page.locator("#strip .desk")).to_contain_text(officer)


async def announced_by_hmeimim(play: Played) -> None:
    """Have hmeimim announce before what it does itself."""
    document = _patrol("HMEIMIM-0001", OWN)
    request = schema.SendRequest(document=document, officer="Petrov", wait_s=PATIENCE_S)
    await play.both.hmeimim.client.send(request)


async def compose(play: Played) -> str:
    """Cohen types half of the area and draws the other half; Petrov sees it within a second."""
    petrov = play.petrov
    picture = await petrov.context.new_page()
    await play.go(picture, "/picture")
    await picture.wait_for_selector("#picture[data-ready]")
    await play.go(petrov, "/inbox?who=all")
    for page in (petrov, picture):
        await page.evaluate(WATCHED)

    page = play.cohen
    await play.go(page, "/compose")
    await page.click("[name=template][value=patrol]")
    await page.fill("#f-title", "Patrol over the sea")
    await page.fill("#f-v0_start", f"{_soon(1):%H:%M}")
    await page.fill("#f-v0_end", f"{_soon(2):%H:%M}")
    await page.fill("#f-v0_points", _typed(NORTH))
    # It can be drawn once the map is there.
    await page.click("[data-draw=v0][aria-pressed=false]")
    await draw(page, "#map", NORTH, SOUTH)
    drawn = (await page.input_value("#f-v0_points")).splitlines()
    assert len(drawn) == 4, drawn
    # What it would mean is said before anything is signed.
    await expect(page.locator("#meaning .relations .conflict")).to_have_count(1)
    await page.click("#form [name=do][value=review]")
    await page.click("#send [name=do][value=send]")
    await page.wait_for_url("**/notice/*")
    notice = page.url.rpartition("/")[2].partition("#")[0]

    for page in (petrov, picture):
        await page.wait_for_selector(f"#list a[href='/notice/{notice}']")
        seen_ms: int = await page.evaluate("id => window.appeared[id]", notice)
        entered_us = parse_time((await play.both.hmeimim.client.message(notice)).message.entered_at)
        assert seen_ms / 1e3 - entered_us / 1e6 < SHOWN_S
    await picture.close()
    return notice


async def conflict_on_both(play: Played, notice: str) -> None:
    """Petrov opens it, which is recorded by name; the conflict stands on both sides."""
    await play.petrov.click(f"#list a[href='/notice/{notice}']")
    await play.petrov.wait_for_url(f"**/notice/{notice}")
    await expect(play.petrov.locator(".stamps")).to_contain_text("Petrov")
    for page in (play.cohen, play.petrov):
        await expect(page.locator(".relation.conflict")).to_have_count(1)
        await expect(page.locator("#map .map-conflict").first).to_be_attached()


async def read_back_and_propose(play: Played, notice: str) -> None:
    """Petrov reads back wrongly, is shown where, reads back rightly, and draws something else."""
    page = play.petrov
    await page.click(f"a[href='/notice/{notice}/reply']")
    await page.fill("#area", "3515N 03145E")
    await page.fill("#start", f"{_soon(1):%H%M}")
    await page.fill("#end", f"{_soon(2):%H%M}")
    await page.fill("#lower", "FL180")
    await page.fill("#upper", "FL260")
    await page.click("form[data-keep] button.main")
    await expect(page.locator("#problem")).to_be_visible()
    wrong = page.locator("[aria-invalid=true]")
    await expect(wrong).to_have_count(2)
    assert [await one.get_attribute("id") for one in await wrong.all()] == ["area", "upper"]
    await expect(page.locator("#upper-heard .signed")).to_contain_text("FL280")

    await page.fill("#area", "3400N 03318E")
    await page.fill("#upper", "FL280")
    await page.click("form[data-keep] button.main")
    await page.wait_for_url(f"**/notice/{notice}/reply/answer?*")
    await page.check("[name=answer][value=counter]")
    await page.fill("#reason", "Eastwards of our own area")
    await page.wait_for_selector("#sketch-map .map-corner")
    signed = await page.input_value("#p0_points")
    known = [(float(lat), float(lng)) for lat, lng in map(str.split, signed.splitlines())]
    await page.locator("#sketch-map").scroll_into_view_if_needed()
    await draw(page, "#sketch-map", known, AWAY, clear="[data-sketch=clear]")
    assert len((await page.input_value("#p0_points")).splitlines()) == len(AWAY)
    await page.click("form[data-keep] button.main")
    await expect(page.locator(".the-answer.counter")).to_be_visible()
    await page.click(f"form[action='/notice/{notice}/reply/send'] button.main")
    await page.wait_for_url(f"**/notice/{notice}#answered")


async def revise_as_proposed(play: Played, notice: str) -> None:
    """Cohen, who has had the notice open, sees the proposal and does as it says."""
    page = play.cohen
    answered = page.locator(".thread details[open] .answer")
    await expect(answered).to_have_count(1)
    await page.click(".thread details[open] form button.main")
    (reply,) = [
        one
        for one in (await play.both.iaf.client.message(notice)).thread
        if one.kind == "reply" and one.message is not None
    ]
    assert reply.message is not None
    assert reply.message["answer"] == "counter"
    (volume,) = reply.message["proposal"]
    corners = volume["outline_polygon"]["vertices"]
    await expect(page.locator(".thread details[open] pre")).to_contain_text("0334")
    await page.click("[form=revise]")
    await page.wait_for_selector("#f-v0_points")
    await page.fill("#f-v0_points", _typed([(one["lat"], one["lng"]) for one in corners]))
    await page.fill("#f-reason", "As proposed")
    await expect(page.locator("#meaning .good")).to_be_visible()
    await page.click("#form [name=do][value=review]")
    await page.click("#send [name=do][value=send]")
    await page.wait_for_url("**/notice/*")
    await expect(page.locator(".relation.conflict")).to_have_count(0)
    await expect(play.petrov.locator(".relation.conflict")).to_have_count(0)
    await expect(play.petrov.locator("#standing > .problem a[href^='/notice/']")).to_be_visible()


async def lose_the_line(play: Played) -> str:
    """Cut the line: pages say so and count what waits; the alarm is acknowledged by name."""
    await acknowledge_all(play, play.cohen, "Cohen")
    await play.both.cut()
    sent = await play.both.iaf.client.send(
        schema.SendRequest(document=example("iaf/14-advisory.json"), officer="Cohen")
    )
    for page in (play.cohen, play.petrov):
        await expect(page.locator("#strip .line.down")).to_be_visible()
    page = play.cohen
    await expect(page.locator("#strip .line .much dd")).to_have_text("1")
    await expect(page.locator("html")).to_have_attribute("data-sounding", "alarm")
    await acknowledge_all(play, page, "Cohen")
    return sent.id


async def go_on_by_voice(play: Played, flash: str) -> None:
    """Cohen reads the warning out over the telephone; it is in the record of both sides."""
    iaf, hmeimim = play.both.iaf.client, play.both.hmeimim.client
    said = await iaf.speak(flash, "Cohen")
    text = "\n".join([said.text, f"CHECK {' '.join(said.words)}"])
    taken = await hmeimim.take_down(text, "Petrov")
    assert taken.agrees
    confirmed = await iaf.confirm(flash, " ".join(taken.call.answer), "Cohen")
    assert confirmed.state == "confirmed"
    await play.go(play.cohen, f"/notice/{flash}")
    await expect(play.cohen.locator(".calls li")).to_have_count(2)


async def get_it_back(play: Played, flash: str) -> None:
    """Mend the line: what waited is delivered and shown."""
    await play.go(play.petrov, "/inbox")
    await play.both.mend()
    for page in (play.cohen, play.petrov):
        await expect(page.locator("#strip .line.up")).to_be_visible()
    await expect(play.cohen.locator("#strip .line .much")).to_have_count(0)
    row = play.petrov.locator(f"#list a[href='/notice/{flash}']")
    await expect(row).to_be_visible()
    first = play.petrov.locator("#list .row").first
    await expect(first.locator(f"a[href='/notice/{flash}']")).to_be_visible()
    await row.click()
    await play.petrov.wait_for_url(f"**/notice/{flash}")
    if play.ours == "en":
        await expect(play.petrov.locator(".calls li")).to_have_count(1)


async def audit(play: Played, notice: str) -> None:
    """Have an auditor find the exchange, open an entry and its proof, and verify all."""
    page = await play.both.iaf.page("Noa")
    reference = (await play.both.iaf.client.message(notice)).message.reference
    await play.go(page, f"/log?reference={reference}")
    entries = page.locator("table.entries tbody tr")
    assert await entries.count() >= 3, "a notice, a reply and a revision"
    await entries.last.locator("a.target").click()
    await page.click("a[href$='/proof']")
    await page.wait_for_url("**/proof")
    await expect(page.locator("main code").first).to_be_visible()
    await play.go(page, "/verify")
    await page.click("form[action='/verify'] button.main")
    await page.wait_for_url("**/job/*")
    await expect(page.locator("#job .verdict.done")).to_be_visible()
    await page.close()


async def relieve(play: Played) -> None:
    """Levi is briefed, goes through all of it, and takes over; Cohen signs off."""
    levi = await play.both.iaf.page("Levi")
    await read_in(levi, play.ours)
    await play.go(levi, "/watch/relief")
    await levi.click("form[action='/watch/relief/brief'] button")
    await levi.wait_for_selector("#brief")
    for box in await levi.locator("#reading input[type=checkbox]").all():
        await box.check()
    await levi.fill("#verbal", "The line was cut for a while; the patrol has moved east.")
    await levi.click("#reading button.assume")
    await expect(levi.locator("#strip .desk")).to_contain_text("Levi")
    await play.go(play.cohen, "/watch/relief")
    await play.cohen.click("form[action='/watch/relief/review'] button")
    view = await play.both.iaf.client.watch()
    assert (view.on_duty, view.to_review) == ("Levi", "")


async def acknowledge_all(play: Played, page: Page, officer: str) -> None:
    """Acknowledge every alarm that rings, one by one; then there is silence."""
    await play.go(page, "/watch")
    ringing = page.locator("#alarms .alarm.ringing")
    while await ringing.count():
        left = await ringing.count()
        await ringing.first.locator("form[action$='/acknowledge'] button").click()
        await page.wait_for_load_state()
        assert await ringing.count() < left
    await expect(page.locator("html")).to_have_attribute("data-sounding", "")
    for alarm in (await play.both.iaf.client.alarms(all=True)).alarms:
        assert alarm.acknowledged_by == officer, alarm


async def draw(
    page: Page,
    map_: str,
    known: list[tuple[float, float]],
    places: list[tuple[float, float]],
    *,
    clear: str = "",
) -> None:
    """Click on a map at these places, by the first two corners of the sketch that are known."""
    await page.wait_for_selector(f"{map_} .map-corner")
    corners = page.locator(f"{map_} .map-corner")
    (first, second) = [await _middle(corners.nth(one)) for one in (0, 1)]
    (lat, lng), (_, other) = known[0], known[1]
    scale = (second[0] - first[0]) / (other - lng)
    if clear:
        await page.click(clear)
        await expect(corners).to_have_count(0)
    for count, (to_lat, to_lng) in enumerate(places, 1 if clear else len(known) + 1):
        across = first[0] + (to_lng - lng) * scale
        down = first[1] + (lat - to_lat) * scale / math.cos(math.radians((lat + to_lat) / 2))
        await page.mouse.click(across, down)
        await expect(corners).to_have_count(count)


async def _middle(locator: Any) -> tuple[float, float]:
    box = await locator.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def _soon_overdue(letter: str) -> str:
    return letter.replace("receipt_alarm_s = 10 ", f"receipt_alarm_s = {OVERDUE_S} ")


def _soon(hours: int) -> datetime:
    """Return a full ten minutes, so many hours from now or a little later."""
    then = datetime.now(UTC) + timedelta(hours=hours, minutes=20)
    return then.replace(minute=then.minute // 10 * 10, second=0, microsecond=0)


def _typed(places: list[tuple[float, float]]) -> str:
    return "\n".join(f"{lat:.5f} {lng:.5f}" for lat, lng in places)


def _patrol(reference: str, places: list[tuple[float, float]]) -> dict[str, Any]:
    document = example("iaf/01-patrol.json")
    (volume,) = document["volumes"]
    vertices = [{"lat": lat, "lng": lng} for lat, lng in places]
    area = {"outline_polygon": {"vertices": vertices}, "time_start": "+1h", "time_end": "+3h"}
    return document | {"reference": reference, "volumes": [volume | area]}
