"""What is signed as a reply, and what a proposal leads to at the centre that it is made to."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from itertools import count

import pytest
import pytest_asyncio
from playwright.async_api import expect

from hotline.console.language import Words
from hotline.console.pages.notice_words import Spoken
from hotline.console.pages.reply import without_id
from hotline.model.languages.language import Language
from tests.console.consoles import Console, consoles
from tests.console.visitors import Answer, Visitor, flawless, visitor
from tests.node.skies import box, notice, send

pytestmark = pytest.mark.asyncio(loop_scope="module")
Pair = tuple[Console, Console]
SIGNED = {"confirm": ["area", "times", "levels"]}
_numbers = count(1)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pair(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Pair]:
    """Run both centres for all of this file."""
    async with consoles(tmp_path_factory.mktemp("signing")) as made:
        yield made


async def opened(pair: Pair, officer: str) -> tuple[Visitor, str]:
    """Return an officer of hmeimim who has opened a new notice of iaf, and its id."""
    id_ = (await send(pair[0].centre, notice(f"IAF-{next(_numbers):04}", box()))).hex()
    who = await visitor(pair[1], officer)
    assert (await who.post(f"/notice/{id_}/read")).status == 200
    return who, id_


async def signing(who: Visitor, id_: str, **more: str) -> Answer:
    """Return the page that shows what will be signed, or the decision with its flaws."""
    return await who.post(f"/notice/{id_}/reply/confirm", SIGNED | more)


async def sign(who: Visitor, id_: str, page: Answer) -> Answer:
    """Press the button of that page."""
    fields = {name: page.hidden(name) for name in ("as_of", "document")}
    return await who.post(f"/notice/{id_}/reply/send", fields)


async def typed(who: Visitor, id_: str) -> dict[str, str]:
    """Return the fields of a proposal as the page begins them: those of the notice."""
    page = await (await visitor(who.console, who.officer)).page()
    await page.goto(f"/notice/{id_}/reply/answer?confirm=area&confirm=times&confirm=levels")
    fields: dict[str, str] = await page.evaluate(
        "Object.fromEntries([...document.querySelectorAll('[name^=p0_]')]"
        ".map((one) => [one.name, one.value]))"
    )
    await page.close()
    return fields


async def test_what_is_signed_begins_with_words(pair: Pair) -> None:
    """The id that a reply answers is folded below the words, and nobody has signed before."""
    who, id_ = await opened(pair, "Sokolov")
    page = (await signing(who, id_, answer="accept")).text
    assert re.search(r"Will be signed by (?:<bdi[^>]*>)?Sokolov", page)
    assert "Signed by" not in page
    (said,) = re.findall(r"<pre[^>]*>(.*?)</pre>", page, re.DOTALL)
    assert id_ not in said
    assert said.splitlines()[1].startswith("REPLY ACCEPT")
    assert id_ in page.partition('<details class="ids">')[2]


async def test_only_the_line_of_the_id_is_left_out() -> None:
    """A reason that ends with the same digits is shown: what is typed is never hidden."""
    text = "REPLY\nTo   abc\nReason  not abc"
    assert without_id(text, "abc") == "REPLY\nReason  not abc"
    assert without_id("REPLY\nReason no", "abc") == "REPLY\nReason no"


async def test_earlier_answers_are_one_remark(pair: Pair) -> None:
    """However many answers there were, it is said once that the newer one counts."""
    who, id_ = await opened(pair, "Sokolov")
    for answer in ("stand-by", "accept"):
        await sign(who, id_, await signing(who, id_, answer=answer))
    page = (await signing(who, id_, answer="stand-by")).text
    assert page.count("has answered") == 2
    assert page.count("The newer answer counts") == 1


async def test_fields_of_the_read_back_are_empty_to_look_at(pair: Pair) -> None:
    """Forms stand in hints: nothing in an empty field looks as if somebody had typed it."""
    who, id_ = await opened(pair, "Sokolov")
    page = (await who.get(f"/notice/{id_}/reply")).text
    assert "placeholder=" not in page
    assert "FL180, 2500 ft" in page


async def test_a_proposal_has_to_propose_something(pair: Pair) -> None:
    """The notice itself is no proposal; what differs is marked before it is signed."""
    who, id_ = await opened(pair, "Petrov")
    fields = await typed(who, id_)
    same = await signing(who, id_, answer="counter", **fields)
    assert same.status == 422
    assert "Это уведомление без изменений" in same.text
    other = await signing(who, id_, answer="counter", **fields | {"p0_upper": "FL330"})
    assert other.status == 200
    assert re.search(r"<del[^>]*><bdi[^>]*>.*FL", other.text)
    assert re.search(r"<ins[^>]*><bdi[^>]*>.*FL330", other.text)


async def test_a_proposal_is_where_a_revision_begins(pair: Pair) -> None:
    """The page of our notice says that the peer proposes a change, and Revise starts from it."""
    who, id_ = await opened(pair, "Sokolov")
    fields = await typed(who, id_) | {"p0_upper": "FL340", "reason": "Traffic below"}
    await sign(who, id_, await signing(who, id_, answer="counter", **fields))
    cohen = await visitor(pair[0], "Cohen")
    page = await cohen.page()
    await page.goto(f"/notice/{id_}")
    await expect(page.locator("#standing")).to_contain_text("hmeimim proposes a change")
    row = re.compile(rf'id="m-{id_[:16]}".*?</li>', re.DOTALL)
    listed = (await cohen.get("/inbox")).text
    (open_item,) = row.findall(listed)
    assert "the peer proposes a change" in open_item
    open_now = (await pair[0].client.status()).proposals
    assert open_now
    assert f'<a href="/inbox">Proposals</a></dt><dd dir="ltr">{open_now}</dd>' in listed
    assert "Nobody at this centre has read this" in await page.inner_text(".thread li.in")
    assert await page.locator(".thread li.in pre").count() == 0
    await page.click(".thread li.in button")
    await page.wait_for_url(re.compile(rf"/notice/{id_}#t-"))
    await expect(page.locator(".thread li.in pre")).to_contain_text("Traffic below")
    (reply,) = [one for one in (await pair[0].client.message(id_)).thread if one.about == id_]
    assert reply.read_by == "Cohen"
    assert "FL340" in await page.inner_text("#standing .changes ins")
    await flawless(page)
    await page.click("button[form=revise]")
    await page.wait_for_url(re.compile(r"/compose/\d+$"))
    assert await page.input_value("#f-v0_upper") == "340"
    assert await page.input_value("#f-v0_lower") == fields["p0_lower"].removeprefix("FL")
    await page.close()


@pytest.mark.parametrize(("given", "said"), [(894.96, "14 min 54 s"), (60.0, "1 min")])
async def test_a_duration_is_never_told_longer_than_it_was(given: float, said: str) -> None:
    """Pages round as the flags of the node do: whole seconds that have passed."""
    assert Spoken(Words(Language.EN)).duration(given) == said
