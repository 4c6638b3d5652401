"""Composing at the console, in Chromium and by plain forms, against real nodes."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pyotp
import pytest
from playwright.async_api import Page, Route, expect

from hotline.api import access_shapes
from hotline.api.schema import MessageView
from tests.centres import say
from tests.console.consoles import PASSWORD, Console, Pair
from tests.console.visitors import Visitor, flawless, visitor

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.usefixtures("closed")]

KEPT = re.compile("Saved at the node|browser had kept|Сохранено на узле|נשמר בצומת")
DRAFT = re.compile(r"/compose/[0-9]+$")
BOX = "34.10 32.60\n341000N 0332400E\n33.60 33.40\n36SVC 63104 17316"
HOSTILE = "\u202egnihton\u202c <script>alert(1)</script> \x07 " + "\N{GRINNING FACE}" * 500


async def begun(page: Page, template: str = "patrol") -> int:
    """Begin a draft from a template; return its number."""
    await page.goto("/compose")
    await page.click(f'button[name="template"][value="{template}"]')
    await page.wait_for_url(DRAFT)
    await expect(page.locator("#meaning > *").first).to_be_visible()
    return int(page.url.rpartition("/")[2])


async def filled(page: Page, title: str = "Patrol south of Cyprus") -> None:
    """Type a whole notice."""
    await page.fill("#f-title", title)
    await page.fill("#f-v0_points", BOX)
    await page.click('[data-set="v0_start"][data-minutes="60"]')
    await page.click('[data-set="v0_end"][data-minutes="60"]')


async def kept(page: Page) -> None:
    """Wait until the node has what was typed."""
    await expect(page.locator("#keeping.good")).to_have_text(KEPT)


async def sent(console: Console, title: str) -> list[MessageView]:
    """Return what has been sent with this title."""
    page = await console.client.messages(direction="out")
    return [one for one in page.messages if (one.message or {}).get("title") == title]


async def form_at_node(console: Console, number: int) -> dict[str, Any]:
    """Return what the node has of a draft."""
    form: dict[str, Any] = (await console.client.draft(number)).document["form"]
    return form


async def test_notice_is_composed_read_and_signed_once(pair: Pair) -> None:
    """What is typed is understood at once, shown whole, and two presses sign one message."""
    page = await pair.iaf.page("Cohen")
    number = await begun(page)
    await page.fill("#f-v0_points", "34.10 32.60\n34,32")
    await expect(page.locator("[data-lines] .bad mark")).to_have_text(",")
    await expect(page.locator("#f-v0_points")).to_have_attribute("aria-invalid", "true")
    await filled(page, "Once")
    await expect(page.locator("[data-lines] .good")).to_have_count(4)
    await expect(page.locator("#warning.enough .count")).to_have_text(re.compile(r"^(59|1\sh)"))
    for tag in ("en", "ru", "he"):
        rendition = page.locator(f'[data-language="{tag}"] pre')
        assert "341000N 0332400E" in (await rendition.text_content() or "")
    await flawless(page)
    await page.click('button[value="review"]')
    await page.wait_for_url(f"**/compose/{number}/send")
    assert "Once" in await page.inner_text("main")
    assert not await sent(pair.iaf, "Once")
    await flawless(page)
    twice = """async () => {
      const body = () => { const data = new FormData(document.getElementById("send"));
        data.set("do", "send"); return new URLSearchParams(data); };
      const how = () => ({ method: "POST", body: body(), redirect: "manual" });
      const press = () => fetch(location.href, how());
      return (await Promise.all([press(), press()])).map((one) => one.type);
    }"""
    assert await page.evaluate(twice) == ["opaqueredirect", "opaqueredirect"]
    await page.click('button[value="send"]')
    await page.wait_for_url("**/notice/**")
    (message,) = await sent(pair.iaf, "Once")
    assert message.id in page.url
    assert message.composed_by == "Cohen"


async def test_conflict_and_short_warning_are_told_while_typing(pair: Pair) -> None:
    """Before anything is sent its author sees whom it meets, and that the warning is short."""
    await say(pair.iaf.centre, "iaf/01-patrol.json")
    page = await pair.hmeimim.page("Sokolov")
    await begun(page, "strike")
    await page.fill("#f-title", "Range")
    await page.fill("#f-v0_points", "33.85 33.0")
    await page.click('[data-set="v0_start"][data-minutes="5"]')
    await page.click('[data-set="v0_end"][data-minutes="120"]')
    met = page.locator(".relations .conflict", has_text="IAF-0101")
    await expect(met).to_have_count(1)
    await expect(page.locator("#warning.short .verdict")).to_have_text("TOO SHORT")
    await page.click('button[value="review"]')
    await page.wait_for_url("**/send")
    await expect(page.locator(".confirm")).to_contain_text("conflicts with what the peer")


async def test_drawing_writes_positions_and_keys_move_them(pair: Pair) -> None:
    """Clicks on the map are positions in the field; every one is moved and removed by keyboard."""
    page = await pair.iaf.page("Cohen", viewport={"width": 1280, "height": 900})
    await begun(page)
    await page.click('[data-draw="v0"]')
    box = await page.locator("#map").bounding_box()
    assert box is not None
    for x, y in ((0.3, 0.3), (0.6, 0.3), (0.6, 0.6)):
        await page.locator("#map").click(position={"x": box["width"] * x, "y": box["height"] * y})
    await expect(page.locator("[data-lines] .good")).to_have_count(3)
    lines = (await page.input_value("#f-v0_points")).split("\n")
    await page.keyboard.press("Escape")
    await page.focus('[data-edit="down-0"]')
    await page.keyboard.press("Enter")
    await expect(page.locator("#f-v0_points")).to_have_value(
        "\n".join([lines[1], lines[0], lines[2]])
    )
    await page.focus('[data-edit="remove-2"]')
    await page.keyboard.press("Space")
    await expect(page.locator("#f-v0_points")).to_have_value("\n".join([lines[1], lines[0]]))


async def test_reload_and_cut_line_lose_nothing(pair: Pair) -> None:
    """What is typed and not yet at the node is there after a reload, and goes there by itself."""
    page = await pair.iaf.page("Cohen")
    number = await begun(page)
    await page.fill("#f-title", "Typed and reloaded at once")
    await page.reload()
    await expect(page.locator("#f-title")).to_have_value("Typed and reloaded at once")
    await kept(page)
    await page.context.set_offline(True)
    await page.fill("#f-remarks", "typed while the line was cut")
    await expect(page.locator("#keeping.here")).to_be_visible()
    await page.context.set_offline(False)
    await kept(page)
    form = await form_at_node(pair.iaf, number)
    assert form["title"] == "Typed and reloaded at once"
    assert form["remarks"] == "typed while the line was cut"


async def test_what_is_typed_before_the_script_has_come_is_kept(pair: Pair) -> None:
    """An officer may be quicker than the page: text, choices and marks are at the node soon."""
    page = await pair.iaf.page("Cohen")
    number = await begun(page)
    come = asyncio.Event()

    async def late(route: Route) -> None:
        await come.wait()
        await route.continue_()

    await page.route(re.compile("compose_keep"), late)
    await page.goto(f"/compose/{number}", wait_until="commit")
    await page.fill("#f-title", "Quick")
    await page.select_option("#f-activity", "tanker")
    await page.check('[name="precedence"][value="FLASH"]')
    come.set()
    await kept(page)
    form = await form_at_node(pair.iaf, number)
    assert (form["title"], form["activity"], form["precedence"]) == ("Quick", "tanker", "FLASH")


async def test_more_areas_keep_what_was_typed(pair: Pair) -> None:
    """Adding an area and removing one keeps the rest, and a reload in between loses nothing."""
    page = await pair.iaf.page("Cohen")
    await begun(page)
    await page.fill("#f-v0_points", BOX)
    await page.click('button[value="add-volume"]')
    await expect(page.locator("#v1")).to_be_visible()
    await page.fill("#f-v1_points", "35 33")
    await page.reload()
    await expect(page.locator("#f-v1_points")).to_have_value("35 33")
    await page.click('button[value="drop-volume-0"]')
    await expect(page.locator("#v1")).to_have_count(0)
    await expect(page.locator("#f-v0_points")).to_have_value("35 33")


async def test_ended_session_keeps_the_text_and_goes_on(pair: Pair) -> None:
    """When a session ends the page says so and keeps the text; a login in another tab saves it."""
    officer = "Amir"
    page = await pair.iaf.page(officer)
    number = await begun(page)
    await page.fill("#f-title", "Before")
    await kept(page)
    amir = await visitor(pair.iaf, officer)
    await amir.post("/logout")
    await page.fill("#f-title", "After the session")
    await expect(page.locator("#keeping.ended")).to_contain_text("Log in")
    assert (await form_at_node(pair.iaf, number))["title"] == "Before"
    other = await page.context.new_page()
    await other.goto("/login")
    await other.fill("#officer", officer)
    await other.fill("#password", PASSWORD)
    # The code of this half minute is used up; the next one is good already.
    totp = pyotp.TOTP(pair.iaf.secrets[officer])
    await other.fill("#code", totp.at(pair.iaf.centre.clock.wall_us() // 1_000_000 + 30))
    await other.click("button.main")
    await other.wait_for_url("**/picture**")
    await page.bring_to_front()
    await kept(page)
    assert (await form_at_node(pair.iaf, number))["title"] == "After the session"


async def test_two_officers_at_one_draft_choose_between_two_texts(pair: Pair) -> None:
    """Whoever was slower sees both texts and chooses; nothing is overwritten by itself."""
    page = await pair.iaf.page("Cohen")
    number = await begun(page)
    await page.fill("#f-title", "Cohen's")
    await kept(page)
    draft = await pair.iaf.client.draft(number)
    form = draft.document["form"] | {"title": "Levi's"}
    await page.context.set_offline(True)
    await page.fill("#f-title", "Cohen's own")
    update = access_shapes.DraftUpdate(
        officer="Levi", version=draft.version, document={"form": form}, kind="notice"
    )
    await pair.iaf.client.update_draft(number, update)
    await page.context.set_offline(False)
    clash = page.locator("#clash")
    await expect(clash).to_contain_text("Levi")
    await expect(clash.locator("td")).to_have_text(["Cohen's own", "Levi's"])
    await page.click('[data-keep="mine"]')
    await kept(page)
    assert (await form_at_node(pair.iaf, number))["title"] == "Cohen's own"
    # One who has typed nothing meanwhile is shown the newest text.
    draft = await pair.iaf.client.draft(number)
    update = access_shapes.DraftUpdate(
        officer="Levi", version=draft.version, document={"form": form}, kind="notice"
    )
    await pair.iaf.client.update_draft(number, update)
    await expect(page.locator("#f-title")).to_have_value("Levi's")
    await expect(page.locator("#keeping")).to_contain_text("Levi")


def hidden(text: str) -> dict[str, str]:
    """Return the hidden fields of a draft's page."""
    found = re.findall(r'<input type="hidden" name="([a-z0-9_]+)" value="([^"]*)">', text)
    return {name: value for name, value in found if name != "csrf"}


async def begun_plainly(levi: Visitor, template: str) -> tuple[str, dict[str, str]]:
    """Begin a draft by plain forms; return its address and its hidden fields."""
    answer = await levi.post("/compose", template=template)
    assert answer.status == 200
    return answer.url.partition("//")[2].partition("/")[2].join(["/", ""]), hidden(answer.text)


async def test_plain_forms_compose_check_and_send(pair: Pair) -> None:
    """Without a script positions are typed, checked and sent, and mistakes are named."""
    levi = await visitor(pair.iaf, "Levi")
    path, fields = await begun_plainly(levi, "patrol")
    typed = fields | {
        "precedence": "ROUTINE",
        "title": "ללא סקריפט",
        "activity": "patrol",
        "v0_shape": "polygon",
        "v0_points": "34.1 32.6\nnowhere",
        "v0_lower": "180",
        "v0_lower_unit": "fl",
        "v0_upper": "280",
        "v0_upper_unit": "fl",
        "v0_start": "+2h",
        "v0_end": "+3h",
    }
    refused = await levi.post(path, typed, do="review")
    assert refused.status == 400
    assert "<mark>nowhere</mark>" in refused.text
    assert 'lang="he"' in refused.text
    version = hidden(refused.text)["version"]
    reviewed = await levi.post(path, typed | {"v0_points": BOX, "version": version}, do="review")
    assert reviewed.url.endswith("/send")
    assert "341000N 0332400E" in reviewed.text
    stale = await levi.post(f"{path}/send", version=version, do="send")
    assert stale.status == 409
    assert "draft.changed" in stale.text
    done = await levi.post(f"{path}/send", version=hidden(reviewed.text)["version"], do="send")
    assert "/notice/" in done.url
    assert len(await sent(pair.iaf, "ללא סקריפט")) == 1
    again = await levi.post(f"{path}/send", version=hidden(reviewed.text)["version"], do="send")
    assert again.url == done.url
    assert (await levi.get(path)).url == done.url


async def test_plain_conflict_shows_both_texts(pair: Pair) -> None:
    """A form made from an older version is not kept over the newer one, and shows both."""
    levi = await visitor(pair.iaf, "Levi")
    path, fields = await begun_plainly(levi, "service")
    first = await levi.post(path, fields | {"text": "first", "precedence": "ROUTINE"})
    assert first.status == 200
    clash = await levi.post(path, fields | {"text": "second", "precedence": "ROUTINE"})
    assert clash.status == 409
    assert "first" in clash.text
    assert "second" in clash.text
    mine = fields | {"text": "second", "version": hidden(clash.text)["version"]}
    assert "second" in (await levi.post(path, mine)).text


async def test_revision_begins_with_what_stands_and_shows_what_it_changes(pair: Pair) -> None:
    """A revision of an own notice begins as that reads now; its last page lists the changes."""
    cohen = await visitor(pair.iaf, "Cohen")
    (view,) = await sent(pair.iaf, "Once")
    page = await cohen.page()
    await page.goto("/compose")
    row = page.locator(f"#{view.reference}")
    await row.locator('button[value="revision"]').click()
    await page.wait_for_url(DRAFT)
    assert await page.input_value("#f-title") == "Once"
    await page.fill("#f-v0_upper", "300")
    await page.fill("#f-reason", "Traffic above")
    await page.click('button[value="review"]')
    await page.wait_for_url("**/send")
    await expect(page.locator(".changes tbody tr")).to_have_count(1)
    await expect(page.locator(".changes del")).to_have_text("280")
    await expect(page.locator(".changes ins")).to_have_text("300")
    await page.click('button[value="send"]')
    await page.wait_for_url("**/notice/**")
    started = await cohen.post("/compose", about=str(view.reference), kind="activation")
    assert DRAFT.search(started.url)
    over = await cohen.post("/compose", about="IAF-9999", kind="revision")
    assert "compose.not-open" in over.text


@pytest.mark.parametrize(
    ("officer", "theme", "width"), [("Levi", "light", 390), ("Cohen", "dim", 768)]
)
async def test_hostile_text_is_harmless_everywhere(
    pair: Pair, officer: str, theme: str, width: int
) -> None:
    """Steering characters, markup and 10 000 characters are kept, shown as they are and refused."""
    page = await pair.iaf.page(officer)
    await page.set_viewport_size({"width": width, "height": 900})
    cookie = {"name": "hotline-theme", "value": theme, "url": pair.iaf.url}
    await page.context.add_cookies([cookie])  # type: ignore[list-item]
    number = await begun(page)
    asked = []
    page.on("dialog", lambda dialog: asked.append(dialog))
    await page.fill("#f-title", HOSTILE[:120].replace("\x07", ""))
    await page.fill("#f-remarks", HOSTILE * 10 + "x" * 10_000)
    await expect(page.locator('[data-wrong="title"] .mistake')).to_be_visible()
    await kept(page)
    await flawless(page)
    await page.goto("/compose")
    listed = page.locator(f'a[href="/compose/{number}"]')
    assert "\u202e" not in (await listed.inner_text())
    await flawless(page)
    assert not asked


async def test_others_do_not_compose(pair: Pair) -> None:
    """An auditor has no page to compose on, and a forged form changes nothing."""
    noa = await visitor(pair.iaf, "Noa")
    assert (await noa.get("/compose")).status == 403
    levi = await visitor(pair.iaf, "Levi")
    before = len((await pair.iaf.client.drafts()).drafts)
    forged = await levi.post("/compose", csrf="0" * 64, template="patrol")
    assert forged.status == 403
    assert len((await pair.iaf.client.drafts()).drafts) == before


async def test_a_line_check_is_asked_for_not_composed(pair: Pair) -> None:
    """The node itself composes it: what it could refuse alone is not offered, the way to it is."""
    levi = await visitor(pair.iaf, "Levi")
    page = await levi.get("/compose")
    assert 'value="line-check"' not in page.text
    assert "/watch#lines" in page.links()
    assert (await levi.post("/compose", template="line-check")).status in (400, 404, 409)


async def test_draft_is_thrown_away(pair: Pair) -> None:
    """A draft that is thrown away is gone, and its page says so."""
    levi = await visitor(pair.iaf, "Levi")
    path, _ = await begun_plainly(levi, "service")
    assert (await levi.post(f"{path}/delete")).status == 200
    gone = await levi.get(path)
    assert gone.status == 404
    assert "טיוטה" in gone.text


async def test_bad_requests_of_a_script_are_refused(pair: Pair) -> None:
    """What scripts send is read strictly, and a line of coordinates is read as the form does."""
    levi = await visitor(pair.iaf, "Levi")
    page = await levi.page()
    await page.goto("/compose")
    post = """async ([address, body]) => {
      const headers = { "Hotline-Form": document.querySelector('meta[name="csrf"]').content };
      const answer = await fetch(address, { method: "POST", headers, body });
      return [answer.status, await answer.json()];
    }"""
    for body in ("", "[]", '{"form": []}', '{"form": {"title": 1}}', "[" * 5000):
        status, told = await page.evaluate(post, ["/compose/check", body])
        assert (status, told["code"]) == (400, "compose.bad-request")
    status, told = await page.evaluate(post, ["/compose/check", '{"form": {"kind": "reply"}}'])
    assert (status, told["code"]) == (400, "compose.unknown-kind")
    status, told = await page.evaluate(post, ["/compose/read", '{"text": "34.1 32.6\\n34N 33N"}'])
    assert status == 200
    assert told["traffic"].startswith("EXERCISE")
    good, bad = told["lines"]
    assert good["seconds"] == "340600N 0323600E"
    assert (bad["before"], bad["wrong"]) == ("34N ", "33N")
