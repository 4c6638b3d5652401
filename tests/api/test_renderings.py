"""Phrases and languages through the API: what one officer says by number, the other one reads."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from hotline.api.renderings import render_view
from hotline.api.schema import ReplyRequest, SendRequest
from hotline.errors import HotlineError
from hotline.model.languages.language import Language
from hotline.model.phrases import by_number, standard_phrases
from tests.api.conftest import Pair, ask
from tests.centres import PATIENCE_S, client_of, line_up, running, sites
from tests.cli.samples import view

WARNING = {
    "kind": "advisory",
    "subject": "Il-20",
    "position": {"lat": 34.0, "lng": 33.0},
    "phrases": [301, 307],
}
BOOKS = {"hmeimim": by_number(standard_phrases())}


def without_phrases(letter: Path, *numbers: int) -> None:
    """Take phrases out of a letter, as another edition of it would."""
    text = letter.read_text("utf-8")
    for number in numbers:
        text, count = re.subn(rf"\[\[phrase\]\]\nnumber = {number}\n(?:\w.*\n)+\n?", "", text)
        assert count == 1
    letter.write_text(text, "utf-8")


async def test_what_is_said_by_number_is_read_in_another_language(pair: Pair) -> None:
    """The sender needs no word of the receiver's language, nor the other way round."""
    request = SendRequest(document=WARNING, officer="levy", wait_s=PATIENCE_S)
    sent = await pair.a.send(request)
    assert sent.precedence == "FLASH"
    shown = await ask(pair.hmeimim, "GET", f"/v1/messages/{sent.id}?language=ru")
    assert shown.status == 200
    message = shown.body["message"]
    assert message["message"]["phrases"] == [301, 307]
    assert message["title"] == "Il-20"
    assert message["flags"] == []
    lines = message["rendering"].split("\n")
    assert lines[:3] == ["EXERCISE", "ПРЕДУПРЕЖДЕНИЕ Il-20", "Срочность     МОЛНИЯ"]
    assert "301 Внимание, борт: Il-20. Место 340000N 0330000E, высота ...." in message["rendering"]
    assert "307 Немедленно отверните." in message["rendering"]
    assert [inner["rendering"] for inner in shown.body["thread"]] == [message["rendering"]]
    plain = (await pair.b.message(sent.id)).message
    assert plain.rendering is None
    assert "\n            307 Turn away immediately.\n" in plain.text


async def test_a_rejection_by_number_needs_no_words(pair: Pair) -> None:
    """The reason is one that both have agreed on beforehand."""
    sent = await pair.a.send(SendRequest(document=WARNING, officer="levy", wait_s=PATIENCE_S))
    answer = ReplyRequest(answer="reject", officer="orlov", phrases=[216], wait_s=PATIENCE_S)
    replied = await pair.b.reply(sent.id, answer)
    found = await pair.a.message(replied.id)
    assert found.message.message is not None
    assert found.message.message["phrases"] == [216]
    assert found.message.flags == []


async def test_a_phrase_that_the_letter_lacks_is_refused(pair: Pair) -> None:
    """Nobody sends a number that stands for nothing."""
    with pytest.raises(HotlineError) as caught:
        await pair.a.send(SendRequest(document={"kind": "service", "phrases": [505, 798]}))
    assert caught.value.code == "model.unknown-phrase"
    assert "phrases[1]" in caught.value.message
    assert "798" in caught.value.message


async def test_a_phrase_that_our_letter_lacks_is_delivered_and_flagged(tmp_path: Path) -> None:
    """Where the letters differ, the number is shown, and so is that it has no text here."""
    iaf_site, hmeimim_site = sites(tmp_path)
    without_phrases(hmeimim_site.letter, 506)
    hmeimim_site.configure("iaf", port=0)
    async with running(hmeimim_site.node()) as hmeimim:
        iaf_site.configure("hmeimim", port=hmeimim.port or 0)
        async with running(iaf_site.node()) as iaf, client_of(iaf, hmeimim) as (a, b):
            await line_up(iaf, hmeimim)
            document = {"kind": "service", "phrases": [505, 506]}
            sent = await a.send(SendRequest(document=document, wait_s=PATIENCE_S))
            shown = await ask(hmeimim, "GET", f"/v1/messages/{sent.id}?language=he")
            assert (await b.message(sent.id)).message.state == "unread"
    message = shown.body["message"]
    assert [(flag["code"], flag["field"]) for flag in message["flags"]] == [
        ("model.unknown-phrase", "phrases[1]")
    ]
    assert "505 קו הנתונים מנותק. עברו לקו הקולי." in message["rendering"]
    assert "506 ביטוי שאינו בהסכם" in message["rendering"]


async def test_a_language_that_nobody_speaks_here_is_refused(pair: Pair) -> None:
    """With a code, and the ones that there are."""
    found = await ask(pair.iaf, "GET", "/v1/messages/abcdef?language=fr")
    assert (found.status, found.body["code"]) == (400, "api.bad-language")
    assert "en, ru, he" in found.body["hint"]


def test_what_cannot_be_read_is_shown_as_its_text_says() -> None:
    """An unreadable payload, or one of another version, has no rendering of its own."""
    unread = render_view(view(message=None, text="NOTICE\nit is broken"), Language.RU, BOOKS)
    assert unread.rendering == "NOTICE\nit is broken"
    other = view(kind="parade", message={"a": 1}, text="PARADE")
    assert render_view(other, Language.RU, BOOKS).rendering == "PARADE"


def test_a_line_whose_letter_is_not_at_hand_is_rendered_by_number() -> None:
    """What was signed is shown, even without the texts and with a strange precedence."""
    said = view(kind="service", message={"phrases": [505]}, precedence="9")
    rendering = render_view(said, Language.HE, {}).rendering
    assert rendering is not None
    assert rendering.split("\n")[:2] == ["הודעת שירות", "ביטויים      505"]
    with_book = render_view(msgspec.structs.replace(said, peer="hmeimim"), Language.HE, BOOKS)
    assert "505 קו הנתונים מנותק" in (with_book.rendering or "")
