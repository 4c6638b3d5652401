"""Line, alarms and the relief of the watch in a real browser, at one console and at two."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from msgspec import structs
from playwright.async_api import Page, expect

from hotline.api import schema
from hotline.api.exercise_shapes import WatchRequest
from hotline.console.language import Words
from hotline.console.pages import alarms, relief, watch
from hotline.console.pages.alarms_shown import AlarmShown, shown, state_of
from hotline.console.visit import DESK
from hotline.model.languages.language import Language
from tests.console.consoles import PASSWORD, Console, consoles

pytestmark = pytest.mark.asyncio(loop_scope="module")
HOSTILE = "\u202egnp.exe <img src=x onerror=alert(1)> " + "x" * 300


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def iaf(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Console]:
    """Run both centres, and yield one console."""
    async with consoles(tmp_path_factory.mktemp("watch")) as (iaf, _):
        yield iaf


@pytest_asyncio.fixture(loop_scope="module", autouse=True)
async def calm(iaf: Console) -> AsyncIterator[None]:
    """Leave no alarm and no watch behind."""
    yield
    for alarm in (await iaf.client.status()).alarms:
        if alarm.acknowledged_at is None:
            await iaf.client.acknowledge(alarm.id, "Amir")
        await iaf.centre.bell.clear(alarm.code, alarm.peer, alarm.subject)
    view = await iaf.client.watch()
    if view.to_review:
        await iaf.client.take_step(WatchRequest(step="reviewed", officer=view.to_review))
    if view.on_duty:
        await iaf.client.take_step(WatchRequest(step="released", officer=view.on_duty))
    await iaf.close_pages()


def alarm(id_: int, priority: str = "medium", **more: str) -> schema.AlarmView:
    """Return an alarm of which nothing has been done."""
    given: dict[str, str | None] = {
        "cleared_at": None,
        "acknowledged_at": None,
        "acknowledged_by": None,
    }
    return schema.AlarmView(
        id=id_,
        code="line.down",
        peer="hmeimim",
        subject="",
        text="the line is down",
        raised_at=f"2026-01-01T00:00:{id_:02}.000000Z",
        priority=priority,
        **(given | more),  # type: ignore[arg-type]
    )


async def read_all(page: Page) -> None:
    """Go through each part of the brief, in order, and say the words."""
    ticks = page.locator(".brief input[type=checkbox]")
    for at in range(await ticks.count()):
        await ticks.nth(at).check()
    await page.check("input[name=said]")


async def test_alarms_are_told_apart_and_ordered() -> None:
    """What rings stands first, the gravest and the oldest of it; what is shelved stands last."""
    acknowledged = {"acknowledged_at": "2026-01-01T00:01:00.000000Z", "acknowledged_by": "Levi"}
    shelved = {"shelved_until": "2026-01-01T01:00:00.000000Z", "shelved_by": "Levi"}
    found = shown(
        [
            alarm(1, **shelved),
            alarm(2, "low", **acknowledged),
            alarm(3, "low"),
            alarm(4, "high"),
            alarm(5, "high"),
        ]
    )
    assert [(one.view.id, one.state) for one in found] == [
        (4, "ringing"),
        (5, "ringing"),
        (3, "ringing"),
        (2, "acknowledged"),
        (1, "shelved"),
    ]
    over = alarm(6, cleared_at="2026-01-01T00:02:00.000000Z", **acknowledged)
    assert state_of(over) == "over"


async def test_every_alarm_of_a_node_has_words() -> None:
    """Each code that a node rings for has its words in the catalogue."""
    words = Words(Language.EN)
    rung = re.compile(r"\.(?:ring|once)\(\s*\"([a-z]+\.[a-z-]+)\"")
    codes = {
        code
        for path in (Path(schema.__file__).parents[1] / "node").rglob("*.py")
        for code in rung.findall(path.read_text())
    }
    assert len(codes) > 15
    for code in codes:
        assert words.has(AlarmShown(structs.replace(alarm(1), code=code), "ringing").word), code


async def test_a_line_shows_what_is_agreed_and_is_checked(iaf: Console) -> None:
    """The clocks' distance stands beside the letter's maximum; a line check is sent by a press."""
    page = await iaf.page("Cohen")
    await page.goto("/watch")
    line = page.locator(".line-panel")
    await expect(line).to_contain_text("hmeimim: up")
    await expect(line).to_contain_text("allowed: 5000 ms")
    await expect(line).to_contain_text("the same on both sides")
    before = iaf.centre.line("hmeimim").stored.own.written
    await page.click("form[action='/watch/lines/hmeimim/check'] button")
    await expect(page.locator(".done")).to_contain_text("line check")
    assert iaf.centre.line("hmeimim").stored.own.written > before


async def test_each_alarm_is_acknowledged_by_name_and_never_all(iaf: Console) -> None:
    """One press acknowledges one alarm under the officer's name; the other goes on flashing."""
    for subject in ("one", "two"):
        await iaf.centre.bell.ring("line.peer-misbehaved", "hmeimim", subject, HOSTILE + subject)
    page = await iaf.page("Cohen")
    await page.goto("/watch")
    ringing = page.locator("li.alarm.ringing")
    await expect(ringing).to_have_count(2)
    assert await page.locator("main img").count() == 0
    assert "\u202e" not in await page.inner_text("main")
    await ringing.first.locator("button").click()
    await expect(page.locator("li.alarm.acknowledged")).to_contain_text("Cohen")
    await expect(page.locator("li.alarm.ringing")).to_have_count(1)
    assert [one.acknowledged_by for one in (await iaf.client.status()).alarms] == ["Cohen", None]
    assert "all" not in {word.lower() for word in await page.locator("button").all_inner_texts()}


async def test_who_acknowledges_second_is_told_so(iaf: Console) -> None:
    """A stale button says in the officer's language who was first, and changes nothing."""
    await iaf.centre.bell.ring("line.peer-misbehaved", "hmeimim", "disk", "little is left")
    page = await iaf.page("Levi")
    await page.goto("/watch")
    action = "li.alarm.ringing form[action$=acknowledge]"
    await expect(page.locator(action)).to_have_count(1)
    # The page is not renewed while somebody else is quicker.
    await page.route("**/watch/alarms/standing", lambda route: route.abort())
    (stands,) = (await iaf.client.status()).alarms
    await iaf.client.acknowledge(stands.id, "Cohen")
    await page.click(f"{action} button")
    await expect(page.locator(".problem code")).to_have_text("alarm.already-acknowledged")
    await expect(page.locator(".problem")).to_contain_text("קצין אחר")
    (stands,) = (await iaf.client.status()).alarms
    assert stands.acknowledged_by == "Cohen"
    await iaf.centre.bell.clear("line.peer-misbehaved", "hmeimim", "disk")


async def test_an_alarm_is_shelved_with_a_reason_and_heard_again(iaf: Console) -> None:
    """Shelving needs a reason and an end of 8 h at most, and keeps what was typed; it is undone."""
    await iaf.centre.bell.ring("line.peer-misbehaved", "hmeimim", "disk", "little is left")
    (stands,) = (await iaf.client.status()).alarms
    page = await iaf.page("Cohen")
    await page.goto(f"/watch/alarms/{stands.id}")
    lengths = await page.locator("#minutes option").evaluate_all("all => all.map(one => one.value)")
    assert max(map(int, lengths)) == 480
    await page.locator("#reason").evaluate("field => field.removeAttribute('required')")
    await page.select_option("#minutes", "480")
    await page.click("form[action$='/shelve'] button")
    await expect(page.locator(".problem code")).to_have_text("console.no-reason")
    assert await page.input_value("#minutes") == "480"
    await page.fill("#reason", "a new disk is on its way")
    await page.click("form[action$='/shelve'] button")
    shelved = page.locator("li.alarm.shelved")
    await expect(shelved).to_contain_text("a new disk is on its way")
    await expect(page.locator('html[data-sounding=""]')).to_be_attached()
    await shelved.locator("form[action$=unshelve] button").click()
    await expect(page.locator("li.alarm.ringing")).to_have_count(1)
    await iaf.centre.bell.clear("line.peer-misbehaved", "hmeimim", "disk")


async def test_all_alarms_are_a_page_and_a_file(iaf: Console) -> None:
    """What is over is still found, and the file bears the mark of the exercise."""
    await iaf.centre.bell.once("line.peer-misbehaved", "hmeimim", "x", "=1+1")
    page = await iaf.page("Cohen")
    await page.goto("/watch/alarms")
    await expect(page.locator("tbody tr").first).to_contain_text("=1+1")
    answer = await page.context.request.get("/watch/alarms.csv")
    text = await answer.text()
    assert "exercise" in answer.headers["content-disposition"].lower()
    assert text.splitlines()[1].endswith(iaf.setting.banner)
    assert ",=1+1" not in text


async def test_statistics_are_for_supervisors_and_auditors(iaf: Console) -> None:
    """Figures stand beside the recommendation with a verdict in words; officers do not see them."""
    for number in range(12):
        await iaf.centre.bell.once("line.peer-misbehaved", "hmeimim", str(number), "flood")
    page = await iaf.page("Amir")
    await page.goto("/watch/statistics")
    row = page.locator("tr", has_text="Most in 10 minutes")
    await expect(row).to_contain_text("above")
    await expect(page.locator("svg.bars rect.flood")).not_to_have_count(0)
    refused = await (await iaf.page("Cohen")).goto("/watch/statistics")
    assert refused is not None
    assert refused.status == 403


async def test_the_watch_is_relieved_between_two_consoles(iaf: Console) -> None:
    """Take, brief read part by part, assumption, review: each under its officer's name."""
    page, other = await iaf.page("Cohen"), await iaf.page("Levi")
    await page.goto("/watch")
    await page.click("form[data-arm] button")
    await expect(page.locator("#duty")).to_contain_text("Cohen has the watch")
    await expect(page.locator("#muted")).to_be_hidden()
    await other.goto("/watch/relief")
    await other.click("form[action='/watch/relief/brief'] button")
    go = other.locator("button.assume")
    await expect(go).to_be_disabled()
    ticks = other.locator(".brief input[type=checkbox]")
    await expect(ticks.nth(1)).to_be_disabled()
    await ticks.nth(0).check()
    await expect(ticks.nth(1)).to_be_enabled()
    await read_all(other)
    await other.fill("#verbal", "fog at the coast")
    await go.click()
    await expect(other.locator(".done")).to_be_visible()
    view = await iaf.client.watch()
    assert (view.on_duty, view.to_review) == ("Levi", "Cohen")
    await page.goto("/watch/relief")
    await page.click("form[action='/watch/relief/review'] button")
    await expect(page.locator(".done")).to_be_visible()
    view = await iaf.client.watch()
    assert [one.step for one in view.steps[:4]] == ["reviewed", "assumed", "briefed", "taken"]
    assert view.steps[1].text == "fog at the coast"


async def test_a_brief_that_is_no_longer_true_is_not_assumed_on(iaf: Console) -> None:
    """Where something happened meanwhile the page says what, and keeps what was added aloud."""
    await iaf.client.take_step(WatchRequest(step="taken", officer="Cohen"))
    page = await iaf.page("Levi")
    await page.goto("/watch/relief")
    await page.click("form[action='/watch/relief/brief'] button")
    await read_all(page)
    await page.fill("#verbal", "fog at the coast")
    await iaf.centre.bell.ring("line.peer-misbehaved", "hmeimim", "disk", "little is left")
    await page.click("button.assume")
    await expect(page.locator(".problem code").first).to_have_text("watch.brief-changed")
    await expect(page.locator(".section.changed")).to_have_count(1)
    assert (await iaf.client.watch()).on_duty == "Cohen"
    # What was added aloud is kept, through the refusal and into the new brief.
    await expect(page.locator("#kept")).to_have_value("fog at the coast")
    await page.click("form[action='/watch/relief/brief'] button")
    await expect(page.locator("#verbal")).to_have_value("fog at the coast")
    await read_all(page)
    await page.click("button.assume")
    await expect(page.locator(".done")).to_be_visible()
    view = await iaf.client.watch()
    assert (view.on_duty, view.steps[0].text) == ("Levi", "fog at the coast")
    await iaf.centre.bell.clear("line.peer-misbehaved", "hmeimim", "disk")


async def test_a_brief_is_read_without_scripts_too(iaf: Console) -> None:
    """The node's console, not only the page, refuses what was not gone through."""
    await iaf.client.take_step(WatchRequest(step="taken", officer="Cohen"))
    page = await iaf.page("Levi")
    await page.goto("/watch/relief")
    await page.click("form[action='/watch/relief/brief'] button")
    form = page.locator("#reading")
    fields = await form.evaluate("form => Object.fromEntries(new FormData(form))")
    sent = {"form": fields, "headers": {"Origin": iaf.url}}
    answer = await page.context.request.post("/watch/relief/assume", **sent)
    assert answer.status == 409
    assert "console.not-read" in await answer.text()
    assert (await iaf.client.watch()).on_duty == "Cohen"


async def test_the_watch_is_relieved_at_one_console(iaf: Console) -> None:
    """Who relieves logs in beside the officer on duty; from then on the console is his."""
    page = await (await iaf.context("Cohen")).new_page()
    await page.goto("/watch")
    await page.click("form[data-arm] button")
    await page.goto("/watch/relief")
    await page.fill("#incoming-officer", "Amir")
    await page.fill("#begin-password", "not his password")
    await page.fill("#begin-code", "000000")
    await page.click("form[action='/watch/relief/begin'] button")
    await expect(page.locator(".problem code")).to_have_text("access.refused")
    assert await page.input_value("#incoming-officer") == "Amir"
    await page.fill("#begin-password", PASSWORD)
    await page.fill("#begin-code", await iaf.fresh_code("Amir"))
    await page.click("form[action='/watch/relief/begin'] button")
    await expect(page.locator("#brief-title")).to_contain_text("Amir")
    await read_all(page)
    await page.fill("#incoming-password", PASSWORD)
    await page.fill("#incoming-code", await iaf.fresh_code("Amir"))
    await page.click("button.assume")
    await expect(page.locator(".who summary")).to_have_text("Amir")
    view = await iaf.client.watch()
    assert (view.on_duty, view.to_review) == ("Amir", "Cohen")
    names = {one["name"] for one in await page.context.cookies()}
    assert "__Host-hotline-relieving" not in names
    iaf._contexts.pop("Cohen")


async def test_who_may_step() -> None:
    """Every step of the watch is for those who have the desk."""
    for page in (*watch.PAGE_ROUTES, *alarms.PAGE_ROUTES, *relief.PAGE_ROUTES):
        if page.method == "POST":
            assert page.roles == DESK, page.path
