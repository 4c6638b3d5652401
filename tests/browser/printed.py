"""A printed page as its PDF tells it: Chromium tags each piece with what it is and on which page.

Only what Chromium writes is read, whose tags stand uncompressed in the file (ISO 32000-1, 14.7).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

HEADINGS = frozenset({"H1", "H2", "H3"})


def printed(page: Page) -> bytes:
    """Return the page on paper, tagged."""
    return page.pdf(prefer_css_page_size=True, tagged=True)


def pages(pdf: bytes) -> int:
    """Return how many pages there are."""
    return len(re.findall(rb"/Type /Page\b", pdf))


def pieces(pdf: bytes) -> list[tuple[str, int, int]]:
    """Return every piece in reading order: its tag, which element it is of, and its page.

    What lies in a heading has the heading's tag and element. A page is named by its PDF object.
    """
    objects = {
        int(number): body
        for number, body in re.findall(rb"(\d+) 0 obj\n(.*?)\nendobj", pdf, re.DOTALL)
    }
    (document,) = (n for n, body in objects.items() if b"/S /Document" in body)
    return list(_walk(objects, document, "", 0))


def _walk(
    objects: dict[int, bytes], number: int, heading: str, of: int
) -> Iterator[tuple[str, int, int]]:
    body = objects[number]
    tag = re.search(rb"/S /(\w+)", body)
    if tag is None:
        return
    name = heading or tag[1].decode()
    of = of if heading else number
    page = re.search(rb"/Pg (\d+) 0 R", body)
    inside = re.search(rb"/K (\[.*\]|<<.*?>>|\d+ 0 R|\d+)", body, re.DOTALL)
    for child, other, _ in re.findall(
        rb"(\d+) 0 R|<<[^>]*?/Pg (\d+) 0 R[^>]*>>|(\d+)", inside[1] if inside else b""
    ):
        if child:
            yield from _walk(objects, int(child), name if name in HEADINGS else "", of)
        elif other:
            yield name, of, int(other)
        elif page is not None:
            yield name, of, int(page[1])


def forsaken(pdf: bytes) -> list[int]:
    """Return the headings (their elements) whose text begins on another page than they stand on."""
    found = pieces(pdf)
    return [
        of
        for (tag, of, page), (_, next_of, next_page) in pairwise(found)
        if tag in HEADINGS and next_of != of and next_page != page
    ]
