"""Hebrew renderings in a real browser: whatever is filled in stands where it is read."""

from __future__ import annotations

import html
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from hotline.model.kinds import Kind, Precedence
from hotline.model.languages.language import Language
from hotline.model.rendering import rendition
from tests.model.test_renditions import BOOK, EVERY, ONE_RUN

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PLACES = """() => {
  const found = [];
  const text = document.querySelector("pre").firstChild;
  for (const match of text.data.matchAll(/\\S+/g)) {
    const range = document.createRange();
    range.setStart(text, match.index);
    range.setEnd(text, match.index + match[0].length);
    const boxes = [...range.getClientRects()].filter((box) => box.width > 0);
    const left = Math.min(...boxes.map((box) => box.left));
    const right = Math.max(...boxes.map((box) => box.right));
    found.push([match[0], boxes[0].top, left, right]);
  }
  return found;
}"""
"""Every word of the page, with the top of its line and its left and right edge."""


def words_seen(browser: Browser, text: str) -> list[tuple[str, float, float, float]]:
    """Show a rendering as the documents say, and return where each word stands."""
    page = browser.new_page(viewport={"width": 2000, "height": 900})
    try:
        direction = Language.HE.direction
        page.set_content(f'<pre dir="{direction}" lang="he">{html.escape(text)}</pre>')
        return [tuple(word) for word in page.evaluate(PLACES)]
    finally:
        page.close()


@pytest.mark.parametrize("kind", Kind)
def test_words_are_seen_in_the_order_in_which_they_are_read(browser: Browser, kind: Kind) -> None:
    """Each word lies to the left of the one before it; only a position runs the other way."""
    text = rendition(EVERY[kind], Language.HE, BOOK, precedence=Precedence.FLASH)
    words = words_seen(browser, text)
    assert [word for word, *_ in words] == text.split()
    backwards = []
    for (before, top, left, _), (after, next_top, _, next_right) in pairwise(words):
        if abs(top - next_top) < 6 and next_right > left + 1:
            backwards.append(f"{before} {after}")
    assert all(ONE_RUN.search(pair) for pair in backwards), backwards


def test_a_line_of_latin_words_would_be_noticed(browser: Browser) -> None:
    """The check can fail: two Latin words in a row run from left to right."""
    (_, _, first, _), (_, _, second, _) = words_seen(browser, "IAF UTC")
    assert first < second
