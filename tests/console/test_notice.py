"""One message at the console, against real nodes: what it shows, and the next steps of our own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio
from playwright.async_api import expect

from hotline.api import schema
from hotline.model.kinds import Precedence
from hotline.model.messages import Advisory, Message, Notice
from hotline.model.volume import Position
from tests.centres import PATIENCE_S
from tests.console.consoles import Console, Pair
from tests.console.visitors import Answer, Visitor, flawless, visitor
from tests.node.skies import blurt, box, notice, patrol, revision, send

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.usefixtures("closed")]
HOSTILE = "\u202egnp.exe\u2066 <img src=x onerror=alert(1)> \x07\x1b[31m" + "\U0001f480" * 2000


@dataclass(frozen=True, slots=True)
class Told(Pair):
    """Both consoles, with a notice of iaf that was revised once, and one that it meets."""

    first: str
    second: str
    theirs: str


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pair(pair: Pair) -> AsyncIterator[Told]:
    """Run both centres for all of this file."""
    iaf, hmeimim = pair.iaf, pair.hmeimim
    first = await send(iaf.centre, patrol("IAF-0001", volumes=(box(33.6, 32.6),)))
    later = patrol("IAF-0001", title="Patrol, later", volumes=(box(33.7, 32.7),))
    second = await send(
        iaf.centre,
        revision("IAF-0001", 1, *later.volumes),
        Precedence.IMMEDIATE,
    )
    theirs = await send(hmeimim.centre, notice("HMEIMIM-0001", box(33.9, 32.9)))
    yield Told(iaf, hmeimim, first.hex(), second.hex(), theirs.hex())


async def opened(console: Console, officer: str, id_: str) -> tuple[Visitor, Answer]:
    """Return an officer who has opened a message, and its page."""
    who = await visitor(console, officer)
    answer = await who.post(f"/notice/{id_}/read")
    assert answer.status == 200
    return who, answer


async def test_an_unread_message_shows_its_head_alone(pair: Told) -> None:
    """Until somebody opens it by name the words are not shown, and looking records nothing."""
    id_ = (await send(pair.iaf.centre, patrol("IAF-0002", volumes=(box(30, 30),)))).hex()
    who = await visitor(pair.hmeimim, "Petrov")
    head = await who.get(f"/notice/{id_}")
    assert "Открыть" in head.text
    assert "Petrov" in head.text
    assert "No weapons release" not in head.text
    assert (await pair.hmeimim.client.message(id_)).readings == []
    whole = await who.post(f"/notice/{id_}/read")
    assert "No weapons release" in whole.text
    await who.post(f"/notice/{id_}/read")
    second = await visitor(pair.hmeimim, "Sokolov")
    assert "Record that" in (await second.get(f"/notice/{id_}")).text
    await second.post(f"/notice/{id_}/read")
    readers = [one.officer for one in (await pair.hmeimim.client.message(id_)).readings]
    assert readers == ["Petrov", "Sokolov"]
    assert "Record that" not in (await second.get(f"/notice/{id_}")).text


async def test_a_reference_leads_to_the_message(pair: Told) -> None:
    """A short name is good for reaching a message, whose address is its whole id."""
    who = await visitor(pair.iaf, "Cohen")
    assert (await who.get(f"/notice/{pair.second[:12]}")).url.endswith(pair.second)
    missing = await who.get("/notice/IAF-9999")
    assert missing.status == 404
    assert "There is no such message" in missing.text
    for odd in ("%00", "%E2%80%AE", "x" * 3000, "..%2f..%2fetc"):
        assert (await who.get(f"/notice/{odd}")).status in (400, 404)


async def test_revisions_are_marked_field_by_field(pair: Told) -> None:
    """What a revision has changed says what was and what is now, in words and by marks."""
    who, _ = await opened(pair.hmeimim, "Sokolov", pair.second)
    page = await who.page()
    await page.goto(f"/notice/{pair.second}")
    rows = page.locator(".changes > div")
    texts = [" ".join(text.split()) for text in await rows.all_inner_texts()]
    joined = "\n".join(texts)
    assert "Precedence was ROUTINE now IMMEDIATE" in joined
    assert any(text.startswith("Remarks was Two fighters") for text in texts)
    assert any(text.startswith("Area was") for text in texts)
    assert not any(text.startswith("Levels") for text in texts)
    assert await page.locator(".changes del").count() == await rows.count()
    await flawless(page)
    await opened(pair.hmeimim, "Sokolov", pair.first)
    await page.goto(f"/notice/{pair.first}")
    newest = page.locator("#standing [role=alert] a")
    await expect(newest).to_have_attribute("href", f"/notice/{pair.second}")
    assert await page.locator("a[href$='/reply']").count() == 0


async def test_the_map_shows_what_the_words_say(pair: Told) -> None:
    """Its own area, the one before, the notice that it meets, and where they meet."""
    who, answer = await opened(pair.hmeimim, "Sokolov", pair.second)
    assert f"/notice/{pair.theirs}" in answer.links()
    assert "CONFLICT with" in answer.text
    page = await who.page()
    await page.goto(f"/notice/{pair.second}")
    areas = page.locator("#map path.map-area")
    await expect(areas).to_have_count(3)
    await expect(page.locator("#map path.map-conflict").first).to_be_attached()
    assert await page.locator("#undrawn").is_hidden()


async def test_stamps_have_names_and_both_clocks(pair: Told) -> None:
    """Received, read and answered say who and when, by which clock, on both sides."""
    id_ = (await send(pair.iaf.centre, notice("IAF-0003", box(29, 29)))).hex()
    sender = await visitor(pair.iaf, "Cohen")
    before = await sender.get(f"/notice/{id_}")
    assert "nobody yet" in before.text
    who, _ = await opened(pair.hmeimim, "Sokolov", id_)
    asked = schema.ReplyRequest(
        answer="accept", officer="Sokolov", read_back_signed=True, wait_s=PATIENCE_S
    )
    await pair.hmeimim.client.reply(id_, asked)
    for reader, other in ((who, "iaf"), (sender, "hmeimim")):
        page = await reader.page()
        await page.goto(f"/notice/{id_}")
        stamps = page.locator(".stamps")
        await expect(stamps).to_contain_text("ACCEPT")
        await expect(stamps).to_contain_text("Sokolov")
        await expect(stamps).to_contain_text(f"Clock of {other}")
        row = stamps.locator("tr", has_text="Answered")
        assert await row.locator("time").count() == 2
        await page.close()


async def test_our_own_notice_shows_our_own_check_as_ours(pair: Told) -> None:
    """It says what this node finds by the receipt, and that the peer's node tells us nothing."""
    soon = notice("IAF-0021", box(31, 31, begins_s=660))
    id_ = (await send(pair.iaf.centre, soon)).hex()
    there = (await pair.hmeimim.client.message(id_)).message.flags
    who = await visitor(pair.iaf, "Cohen")
    shown = []
    for name in (id_, pair.second):
        page = (await who.get(f"/notice/{name}")).text
        flags = page.partition('id="flags-head"')[2].partition("</section>")[0]
        assert "does not tell us" in flags
        assert "Checked again by this node" in flags
        assert "✓" not in flags
        shown.append(flags)
    # What the other node has flagged too, though it tells nothing of it.
    (short,) = [flag.text for flag in there if flag.code == "notice.short-warning"]
    assert "notice.short-warning" in shown[0]
    checked = (await pair.iaf.client.message(id_, checked=True)).checked
    assert checked is not None
    assert [one.text.partition(";")[2] for one in checked] == [short.partition(";")[2]]
    none = (await pair.iaf.client.message(pair.second, checked=True)).checked == []
    assert ("Our own check finds nothing to flag" in shown[1]) is none


async def test_steps_of_our_own_notice_are_confirmed_and_signed_once(pair: Told) -> None:
    """Begun, then over: each is shown before it is signed, and a stale page signs nothing."""
    id_ = (await send(pair.iaf.centre, notice("IAF-0004", box(28, 28, begins_s=60)))).hex()
    who = await visitor(pair.iaf, "Cohen")
    page = await who.page()
    await page.goto(f"/notice/{id_}")
    await page.click("a[href$='/step/activation']")
    await page.press("#at", "Enter")
    await page.wait_for_url("**/confirm")
    assert (await pair.iaf.client.message(id_)).message.life == "planned"
    stale = await page.content()
    await flawless(page)
    await page.click("button.main")
    await page.wait_for_url(f"**/notice/{id_}**")
    assert (await pair.iaf.client.message(id_)).message.life == "activated"
    shown = Answer(200, stale, "", {})
    fields = {name: shown.hidden(name) for name in ("as_of", "at", "reason")}
    twice = await who.post(f"/notice/{id_}/step/activation/send", fields)
    assert twice.status == 400
    assert "This step is not open" in twice.text
    ended = await who.post(f"/notice/{id_}/step/end/send", fields)
    assert "has changed since this page was made" in ended.text
    assert (await pair.iaf.client.message(id_)).message.life == "activated"
    forged = await who.post(f"/notice/{id_}/step/end/send", fields, csrf="no")
    assert forged.status == 403
    wrong = await who.post(f"/notice/{id_}/step/end/confirm", fields, at="25:99")
    assert wrong.status == 422
    assert 'value="25:99"' in wrong.text
    peer = await visitor(pair.hmeimim, "Petrov")
    assert (await peer.get(f"/notice/{id_}/step/end")).status == 400


async def test_a_page_that_is_open_hears_of_the_answer(pair: Told) -> None:
    """The sender sees the answer without a reload, and what he has opened stays open."""
    id_ = (await send(pair.iaf.centre, notice("IAF-0005", box(27, 27)))).hex()
    who = await visitor(pair.iaf, "Cohen")
    page = await who.page()
    await page.goto(f"/notice/{id_}")
    await page.locator(".thread summary").first.click()
    asked = schema.ReplyRequest(answer="reject", officer="Petrov", reason="Closed.")
    await pair.hmeimim.client.reply(id_, asked)
    await expect(page.locator(".stamps")).to_contain_text("REJECT")
    await expect(page.locator(f"#t-{id_[:16]}")).to_have_attribute("open", "")
    await page.click(".thread li.in button")
    await expect(page.locator(".thread")).to_contain_text("Closed.")


async def test_hostile_words_are_harmless_everywhere(pair: Told) -> None:
    """In page, title, map, download and their languages nothing is hidden, run or turned round."""
    hostile = Notice("IAF-0006", HOSTILE, HOSTILE, (box(26, 26),), "x" * 10_000, HOSTILE, HOSTILE)
    id_ = (await blurt(pair.iaf.centre, hostile)).hex()
    who, whole = await opened(pair.hmeimim, "Petrov", id_)
    fetched = [
        whole,
        *[
            await who.get(f"/notice/{id_}/{part}")
            for part in ("standing", "map.json", "text?language=he", "reply", "reply/answer")
        ],
    ]
    for answer in fetched:
        assert answer.status == 200
        for hidden in ("\u202e", "\u2066", "\x07", "\x1b"):
            assert hidden not in answer.text, answer.url
        if answer.headers["content-type"].startswith("text/html"):
            assert "<img src=x" not in answer.text, answer.url
    name = fetched[3].headers["content-disposition"]
    assert "EXERCISE" in name
    assert name.isascii()
    assert fetched[3].text.startswith("EXERCISE")
    page = await who.page()
    for width in (1280, 390):
        await page.set_viewport_size({"width": width, "height": 800})
        await page.goto(f"/notice/{id_}")
        assert "\\u202e" in await page.inner_text("h1")
        assert "\u202e" not in await page.title()
        await flawless(page)


async def test_odd_payloads_are_shown_all_the_same(pair: Told) -> None:
    """A notice without areas, with impossible times or places, has a page and a map."""
    odd = box(time_start="whenever", time_end="", altitude_lower=None)
    nowhere = box(95, 200)
    messages: tuple[Message, ...] = (
        Notice("IAF-0007"),
        Notice("IAF-0008", "T", "none", (odd, nowhere)),
        Advisory("Look out", position=Position(200, 500)),
        Advisory("Look out", "Two", position=Position(34, 34)),
    )
    for number, message in enumerate(messages):
        id_ = (await blurt(pair.iaf.centre, message)).hex()
        who, answer = await opened(pair.hmeimim, "Sokolov", id_)
        assert answer.status == 200, number
        assert (await who.get(f"/notice/{id_}/map.json")).status == 200
        assert (await who.get(f"/notice/{id_}/reply")).status == 200


@pytest.mark.parametrize(
    ("officer", "theme", "width"),
    [("Levi", "dim", 390), ("Levi", "light", 1280), ("Amir", "dark", 768)],
)
async def test_axe_finds_nothing(pair: Told, officer: str, theme: str, width: int) -> None:
    """On a notice of ours and of the peer's, and on a step, in each theme."""
    who, _ = await opened(pair.iaf, officer, pair.theirs)
    cookie = {"name": "hotline-theme", "value": theme, "url": pair.iaf.url}
    await who.context.add_cookies([cookie])  # type: ignore[list-item]
    page = await who.page()
    await page.set_viewport_size({"width": width, "height": 800})
    theirs, ours = pair.theirs, pair.second
    for path in (ours, theirs, f"{theirs}/reply", f"{ours}/step/contingency"):
        await page.goto(f"/notice/{path}")
        await flawless(page)


async def test_evidence_and_text_can_be_taken_away(pair: Told) -> None:
    """Evidence of the exchange comes as a file; a director of play gets none."""
    who = await visitor(pair.iaf, "Cohen")
    answer = await who.get(f"/notice/{pair.second}/evidence")
    assert answer.status == 200
    assert "attachment" in answer.headers["content-disposition"]
    director = await visitor(pair.iaf, "Dana")
    assert (await director.get(f"/notice/{pair.second}/evidence")).status == 403
    assert (await director.get(f"/notice/{pair.second}")).status == 200
