"""Answering at the console, against real nodes: whatever goes wrong leaves the record right."""

# ruff: noqa: RUF001 - Russian words are what a Russian officer is shown

from __future__ import annotations

import asyncio
from itertools import count
from urllib.parse import urlencode

import pytest
from playwright.async_api import expect

from hotline.api import schema
from hotline.model.kinds import Precedence
from hotline.model.phrases import refuses
from tests.centres import eventually, example
from tests.console.consoles import PASSWORD, Console, Pair
from tests.console.visitors import Answer, Visitor, flawless, visitor
from tests.node.skies import box, notice, revision, send

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.usefixtures("closed")]

_numbers = count(1)


async def told(pair: Pair) -> str:
    """Have iaf give a notice; return its id."""
    reference = f"IAF-{next(_numbers):04}"
    return (await send(pair.iaf.centre, notice(reference, box()))).hex()


async def opened(pair: Pair, officer: str = "Petrov") -> tuple[Visitor, str]:
    """Return an officer of hmeimim who has opened a new notice, and its id."""
    id_ = await told(pair)
    who = await visitor(pair.hmeimim, officer)
    answer = await who.post(f"/notice/{id_}/read")
    assert answer.status == 200
    return who, id_


def as_signed(**more: str) -> dict[str, object]:
    """Return the fields of a decision whose read-back is confirmed, group by group."""
    return {"confirm": ["area", "times", "levels"], **more}


async def shown(who: Visitor, id_: str, **more: str) -> Answer:
    """Return the page that shows what will be signed."""
    return await who.post(f"/notice/{id_}/reply/confirm", as_signed(**more))


async def sign(who: Visitor, id_: str, confirmation: Answer) -> Answer:
    """Press the button of the page that shows what will be signed."""
    fields = {name: confirmation.hidden(name) for name in ("as_of", "document")}
    return await who.post(f"/notice/{id_}/reply/send", fields)


async def replies(console: Console, id_: str) -> list[schema.MessageView]:
    """Return the replies to a message that a centre has."""
    thread = await console.client.message(id_)
    return [one for one in thread.thread if one.about == id_]


async def test_a_notice_is_read_back_and_accepted_in_a_browser(pair: Pair) -> None:
    """Three pages lead to one signed reply, and no key in a field sends it on the way."""
    id_ = await told(pair)
    who = await visitor(pair.hmeimim, "Petrov")
    page = await who.page()
    await page.goto(f"/notice/{id_}")
    await page.click("form[action$='/read'] button")
    await page.click("a[href$='/reply']")
    start = (await pair.hmeimim.client.message(id_)).message.starts_at or ""
    await page.fill("#area", "36N 30E")
    await page.fill("#start", start[11:16])
    await page.fill("#end", f"{start[:10]} 23:59")
    await page.fill("#lower", "FL180")
    await page.fill("#upper", "FL280")
    await page.press("#upper", "Enter")
    await expect(page.locator("#area-heard.wrong .signed")).to_contain_text("NM")
    await expect(page.locator(".heard.right")).to_have_count(3)
    await flawless(page)
    await page.fill("#area", "33.8 32.9")
    await page.check("[name=confirm][value=times]")
    await page.press("#area", "Enter")
    await page.wait_for_url("**/reply/answer?**")
    await page.check("[name=answer][value=accept]")
    await page.press("[name=answer][value=accept]", "Enter")
    await page.wait_for_url("**/reply/confirm")
    assert await replies(pair.hmeimim, id_) == []
    assert await page.locator("main input:not([type=hidden]), main textarea").count() == 0
    await flawless(page)
    await page.click("button.main")
    await page.wait_for_url(f"**/notice/{id_}#answered")
    (reply,) = await replies(pair.hmeimim, id_)
    assert reply.composed_by == "Petrov"
    assert reply.message is not None
    assert reply.message["answer"] == "accept"
    assert reply.message["read_back"]["position"] == {"lat": 33.8, "lng": 32.9}
    await eventually_replied(pair.iaf, id_)


async def eventually_replied(console: Console, id_: str) -> None:
    """Return once the centre that gave a notice has an answer to it."""
    while (await console.client.message(id_)).message.answer is None:
        await asyncio.sleep(0.02)


async def test_a_counter_proposal_is_drawn_on_the_map(pair: Pair) -> None:
    """Presses on the map are corners of the volume that is signed; both sides see it."""
    _, id_ = await opened(pair)
    who = await visitor(pair.hmeimim, "Petrov")
    page = await who.page()
    query = urlencode(as_signed(), doseq=True)
    await page.goto(f"/notice/{id_}/reply/answer?{query}")
    await page.check("[name=answer][value=counter]")
    drawing = page.locator("#sketch-map.leaflet-container")
    await expect(drawing).to_be_visible()
    await page.locator("#sketch-map .map-area").first.wait_for(state="attached")
    await page.click("[data-sketch=clear]")
    await expect(page.locator("#p0_points")).to_have_value("")
    for x, y in ((300, 60), (420, 60), (360, 200)):
        await drawing.click(position={"x": x, "y": y})
    points = await page.input_value("#p0_points")
    assert len(points.splitlines()) == 3
    await flawless(page)
    await page.click("form[data-keep] button.main")
    await page.wait_for_url("**/reply/confirm")
    await page.click("button.main")
    await page.wait_for_url("**#answered")
    (reply,) = await replies(pair.hmeimim, id_)
    assert reply.message is not None
    (volume,) = reply.message["proposal"]
    lat, lng = (float(part) for part in points.splitlines()[0].split())
    assert volume["outline_polygon"]["vertices"][0] == {"lat": lat, "lng": lng}


async def test_nothing_is_accepted_that_was_not_read_back(pair: Pair) -> None:
    """Without a read-back only a stand-by or a reason why not can be sent."""
    who, id_ = await opened(pair)
    bare = await who.get(f"/notice/{id_}/reply/answer")
    assert bare.text.count("disabled") == 2
    refused = await who.post(f"/notice/{id_}/reply/confirm", answer="accept")
    assert refused.status == 422
    assert "Сначала повторите" in refused.text
    unfounded = await who.post(f"/notice/{id_}/reply/confirm", answer="reject", reason=" ")
    assert unfounded.status == 422
    assert "Укажите причину" in unfounded.text
    waiting = await who.post(f"/notice/{id_}/reply/confirm", answer="stand-by")
    assert (await sign(who, id_, waiting)).status == 200
    (reply,) = await replies(pair.hmeimim, id_)
    assert reply.message is not None
    assert reply.message["answer"] == "stand-by"


async def test_two_officers_answer_at_once(pair: Pair) -> None:
    """One reply is signed; the other officer is told in his language who has answered what."""
    petrov, id_ = await opened(pair)
    sokolov = await visitor(pair.hmeimim, "Sokolov")
    pages = await asyncio.gather(
        shown(petrov, id_, answer="accept"), shown(sokolov, id_, answer="reject", reason="No.")
    )
    done = await asyncio.gather(
        *(sign(who, id_, page) for who, page in zip((petrov, sokolov), pages, strict=True))
    )
    assert sorted(one.status for one in done) == [200, 409]
    (reply,) = await replies(pair.hmeimim, id_)
    late = next(one for one in done if one.status == 409)
    assert "reply.answered-meanwhile" in late.text
    assert (reply.composed_by or "") in late.text
    if late is done[0]:
        assert "Тем временем ответил другой офицер" in late.text
    else:
        assert "Another officer has answered" in late.text
    # Having seen that, the second one may say something else all the same.
    other = sokolov if late is done[1] else petrov
    assert (await sign(other, id_, late)).status == 200
    assert len(await replies(pair.hmeimim, id_)) == 2


async def test_a_form_sent_twice_signs_one_reply(pair: Pair) -> None:
    """A second press of the same button, or a reload of the post, signs nothing."""
    who, id_ = await opened(pair)
    page = await shown(who, id_, answer="accept")
    first, second = await asyncio.gather(sign(who, id_, page), sign(who, id_, page))
    assert sorted((first.status, second.status)) == [200, 409]
    assert (await sign(who, id_, page)).status == 409
    assert len(await replies(pair.hmeimim, id_)) == 1


async def test_a_superseded_revision_is_not_answered(pair: Pair) -> None:
    """What was revised while somebody read it back is not signed, and the newest is named."""
    who, id_ = await opened(pair)
    page = await shown(who, id_, answer="accept")
    reference = (await pair.hmeimim.client.message(id_)).message.reference or ""
    newer = await send(pair.iaf.centre, revision(reference, 1, box(begins_s=7200)))
    refused = await sign(who, id_, page)
    assert refused.status == 409
    assert "отвечали не на последнюю редакцию" in refused.text
    assert f"/notice/{newer.hex()}" in refused.links()
    for path in ("reply", "reply/answer"):
        assert (await who.get(f"/notice/{id_}/{path}")).status == 409
    assert await replies(pair.hmeimim, id_) == []
    banner = await who.get(f"/notice/{id_}/reply/standing?as_of={id_}")
    assert f"/notice/{newer.hex()}" in banner.links()


async def test_the_node_refuses_what_came_between_look_and_signature(pair: Pair) -> None:
    """The node itself holds a reply to what its officer has seen, whoever asks."""
    _, id_ = await opened(pair)
    asked = schema.ReplyRequest(answer="stand-by", officer="Petrov", as_of=id_)
    await pair.hmeimim.client.reply(id_, asked)
    with pytest.raises(Exception, match="answered in the meantime"):
        await pair.hmeimim.client.reply(id_, asked)
    last = (await pair.hmeimim.client.message(id_)).thread[-1].id
    again = schema.ReplyRequest(answer="stand-by", officer="Petrov", as_of=last)
    assert (await pair.hmeimim.client.reply(id_, again)).peer == "iaf"


async def test_a_forged_form_signs_nothing(pair: Pair) -> None:
    """Without the session's own token, or with a document that is none, nothing is done."""
    who, id_ = await opened(pair)
    page = await shown(who, id_, answer="accept")
    fields = {name: page.hidden(name) for name in ("as_of", "document")}
    forged = await who.post(f"/notice/{id_}/reply/send", fields, csrf="0" * 64)
    assert forged.status == 403
    assert "не со страницы вашего сеанса" in forged.text
    for wrong in ("", "{", "[]", '{"answer": 5}', '{"answer": "accept", "as_of": 1}'):
        bent = await who.post(f"/notice/{id_}/reply/send", fields | {"document": wrong})
        assert bent.status in (400, 403), wrong
    # The officer is the session's, whoever a form names; and nothing is accepted unread.
    other = '{"answer": "accept", "officer": "Orlov"}'
    bent = await who.post(f"/notice/{id_}/reply/send", fields | {"document": other})
    assert bent.status == 400
    blind = await who.post(f"/notice/{id_}/reply/send", fields | {"as_of": ""})
    assert blind.status == 403
    assert await replies(pair.hmeimim, id_) == []
    auditor = await visitor(pair.hmeimim, "Belova")
    assert (await auditor.get(f"/notice/{id_}/reply")).status == 403


async def test_what_was_typed_outlives_the_session(pair: Pair) -> None:
    """A session that ends while somebody answers loses nothing: after the login all is back."""
    sokolov = await visitor(pair.hmeimim, "Sokolov")
    id_ = await told(pair)
    await sokolov.post(f"/notice/{id_}/read")
    page = await sokolov.page()
    query = urlencode(as_signed(), doseq=True)
    await page.goto(f"/notice/{id_}/reply/answer?{query}")
    await page.check("[name=answer][value=reject]")
    await page.fill("#reason", "The range is closed.")
    await pair.hmeimim.client.on_behalf_of(await sokolov.token()).end_session()
    await page.click("form[data-keep] button.main")
    await page.wait_for_url("**/login?to=**")
    assert await replies(pair.hmeimim, id_) == []
    await page.fill("#officer", "Sokolov")
    await page.fill("#password", PASSWORD)
    await page.fill("#code", await pair.hmeimim.fresh_code("Sokolov"))
    await page.click("button.main")
    await page.wait_for_url("**/reply/answer?**")
    await expect(page.locator("#reason")).to_have_value("The range is closed.")
    await expect(page.locator("[name=answer][value=reject]")).to_be_checked()
    await expect(page.locator("#restored")).to_be_visible()
    await page.click("form[data-keep] button.main")
    await page.wait_for_url("**/reply/confirm")
    await page.click("button.main")
    await page.wait_for_url("**#answered")
    (reply,) = await replies(pair.hmeimim, id_)
    assert reply.message is not None
    assert reply.message["reason"] == "The range is closed."
    await page.wait_for_function(
        "!Object.keys(sessionStorage).some((key) => key.includes(' answer '))"
    )


async def test_an_advisory_is_answered_without_a_read_back(pair: Pair) -> None:
    """A warning has nothing to read back: its answer is the first page."""
    document = example("iaf/14-advisory.json")
    sent = await pair.iaf.client.send(
        schema.SendRequest(document=document, officer="Levi", wait_s=10)
    )
    who = await visitor(pair.hmeimim, "Petrov")
    await who.post(f"/notice/{sent.id}/read")
    answer = await who.get(f"/notice/{sent.id}/reply")
    assert answer.url.endswith("/reply/answer")
    page = await who.post(f"/notice/{sent.id}/reply/confirm", answer="accept")
    assert (await sign(who, sent.id, page)).status == 200
    (reply,) = await replies(pair.hmeimim, sent.id)
    assert reply.precedence == Precedence.FLASH.name


async def test_phrases_of_the_letter_are_said_in_a_reply(pair: Pair) -> None:
    """Each is offered in three languages; one that says why stands for the reason of a refusal."""
    who, id_ = await opened(pair)
    page = await who.page()
    await page.goto(f"/notice/{id_}/reply/answer")
    book = (await pair.hmeimim.client.letters()).letters[0].phrases
    phrase = next(one for one in book if one.group == "answer" and refuses(one.number))
    await page.click(".phrases summary")
    choice = page.locator(f".phrases li:has([value='{phrase.number}'])")
    for text in (phrase.en, phrase.ru, phrase.he):
        await expect(choice).to_contain_text(text)
    await page.check("[name=answer][value=reject]")
    await choice.locator("input").check()
    await page.click("main form button.main")
    await page.wait_for_url("**/reply/confirm")
    said = await page.inner_text("pre.rendering")
    assert said.startswith("EXERCISE")
    assert str(phrase.number) in said
    await page.click("main form button.main")
    await page.wait_for_url(f"**/notice/{id_}#answered")
    (reply,) = await replies(pair.hmeimim, id_)
    assert reply.message is not None
    assert reply.message["phrases"] == [phrase.number]
    forged = await shown(who, id_, answer="reject", phrase="999999")
    assert forged.status == 422


async def test_a_reply_is_kept_to_the_rules_beside_its_fields(pair: Pair) -> None:
    """Marks that reverse writing, too many words and crossing edges are named where they stand."""
    who, id_ = await opened(pair)
    hostile = await shown(who, id_, answer="reject", reason="all \u202eclear")
    assert hostile.status == 422
    assert 'id="reason-flaw"' in hostile.text
    long = await shown(who, id_, answer="reject", reason="x" * 10_000)
    assert long.status == 422
    crossing = await shown(
        who,
        id_,
        answer="counter",
        p0_shape="polygon",
        p0_points="33 33\n34 34\n33 34\n34 33",
        p0_lower="FL100",
        p0_upper="FL200",
        p0_start="+1h",
        p0_end="+2h",
    )
    assert crossing.status == 422
    assert 'id="p0_points-flaw"' in crossing.text
    assert "33 33\n34 34" in crossing.text
    assert await replies(pair.hmeimim, id_) == []


async def test_the_reading_page_hears_of_a_colleague(pair: Pair) -> None:
    """A page that is open while somebody else answers says so by itself."""
    petrov, id_ = await opened(pair)
    page = await petrov.page()
    await page.goto(f"/notice/{id_}/reply")
    sokolov = await visitor(pair.hmeimim, "Sokolov")
    confirmation = await shown(sokolov, id_, answer="stand-by")
    assert (await sign(sokolov, id_, confirmation)).status == 200
    await expect(page.locator("section[data-live] .problem")).to_contain_text("Sokolov")


async def test_replies_of_both_sides_are_counted(pair: Pair) -> None:
    """Every reply of this file has arrived at the other side, and none more."""
    here = (await pair.hmeimim.client.messages(direction="out", kind="reply")).messages
    line = pair.hmeimim.centre.line("iaf")
    await eventually(lambda: not any(line.backlog), "all has gone")
    there = (await pair.iaf.client.messages(direction="in", kind="reply")).messages
    assert {one.id for one in here} == {one.id for one in there}
