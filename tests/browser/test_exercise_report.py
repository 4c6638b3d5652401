"""The after-action report as a reader meets it: on a screen, on a telephone, and on paper."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from hotline.exercise.report.comparing import compare
from hotline.exercise.report.html import render, render_trends
from hotline.exercise.report.printing import print_page
from tests.exercise.report import documents as samples

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

REPORTS = {
    "day": samples.report,
    "watch": lambda: samples.report(8 * 3600.0, 500),
    "hostile": samples.hostile,
    "empty": samples.empty,
}


@contextmanager
def opened(
    browser: Browser, directory: Path, html: str, width: int = 1280, **settings: Any
) -> Iterator[tuple[Page, list[str]]]:
    """Open a page from its file; yield it and what it asked for or complained of."""
    file = directory / "page.html"
    file.write_text(html, encoding="utf-8")
    context = browser.new_context(viewport={"width": width, "height": 900}, **settings)
    page = context.new_page()
    unwanted: list[str] = []
    page.on("console", lambda message: unwanted.append(message.text))
    page.on("pageerror", lambda error: unwanted.append(str(error)))
    page.on("dialog", lambda dialog: unwanted.append(dialog.message))
    page.on(
        "request",
        lambda request: (
            None if request.url in {file.as_uri(), "data:,"} else unwanted.append(request.url)
        ),
    )
    page.goto(file.as_uri())
    try:
        yield page, unwanted
    finally:
        context.close()


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize("width", [390, 1280])
def test_a_report_opens_quietly_and_fits_the_screen(
    browser: Browser, tmp_path: Path, name: str, width: int
) -> None:
    """No request, no complaint, no scrolling sideways of the page, whatever its texts are."""
    with opened(browser, tmp_path, render(REPORTS[name]()), width) as (page, unwanted):
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert page.title().startswith("EXERCISE ")
        assert unwanted == []


def test_what_is_hostile_does_nothing(browser: Browser, tmp_path: Path) -> None:
    """No markup of a text becomes an element, and its style does not hide the page."""
    with opened(browser, tmp_path, render(samples.hostile())) as (page, unwanted):
        assert page.evaluate("document.scripts.length + document.images.length") == 0
        assert page.locator("#summary").is_visible()
        assert unwanted == []


def test_words_of_a_picture_stay_inside_it(browser: Browser, tmp_path: Path) -> None:
    """As the browser measures its own letters: nothing is cut at the edge of a picture."""
    with opened(browser, tmp_path, render(samples.report())) as (page, _):
        outside = page.evaluate(
            """() => Array.from(document.querySelectorAll("figure svg text")).filter((one) => {
              const all = one.ownerSVGElement.getBoundingClientRect();
              const box = one.getBoundingClientRect();
              return box.left < all.left - 1 || box.right > all.right + 1
                || box.top < all.top - 1 || box.bottom > all.bottom + 1;
            }).map((one) => one.textContent)"""
        )
        assert outside == []


def test_every_picture_has_a_name_and_every_table_a_heading(
    browser: Browser, tmp_path: Path
) -> None:
    """Who cannot see finds a name and a description at each picture, and heads at each table."""
    with opened(browser, tmp_path, render(samples.report())) as (page, _):
        pictures = page.get_by_role("img")
        assert pictures.count() == page.locator("figure svg").count() > 3
        assert page.evaluate(
            """() => Array.from(document.querySelectorAll("figure svg")).every((one) =>
              one.querySelector("title").textContent && one.querySelector("desc").textContent)"""
        )
        assert page.locator("table:not(:has(th[scope=col]))").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_told_from_its_ground(browser: Browser, tmp_path: Path, scheme: str) -> None:
    """Every text outside of pictures has a contrast of 4.5 to 1 (WCAG 2.2, 1.4.3)."""
    with opened(browser, tmp_path, render(samples.report()), color_scheme=scheme) as (page, _):
        poor = page.evaluate(
            """() => {
              const light = (rgb) => {
                const [r, g, b] = rgb.map((v) => v / 255)
                  .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
                return 0.2126 * r + 0.7152 * g + 0.0722 * b;
              };
              const parse = (text) => text.match(/[\\d.]+/g).map(Number);
              const ground = (one) => {
                for (let at = one; at; at = at.parentElement) {
                  const colour = parse(getComputedStyle(at).backgroundColor);
                  if (colour.length === 3 || colour[3] > 0) return colour.slice(0, 3);
                }
                return [255, 255, 255];
              };
              return Array.from(document.querySelectorAll("main *")).filter((one) => {
                if (one.closest("svg")) return false;
                const own = Array.from(one.childNodes)
                  .some((node) => node.nodeType === 3 && node.data.trim());
                if (!own) return false;
                const ink = parse(getComputedStyle(one).color).slice(0, 3);
                const [a, b] = [light(ink), light(ground(one))].sort((x, y) => y - x);
                return (a + 0.05) / (b + 0.05) < 4.5;
              }).map((one) => one.textContent.trim().slice(0, 40));
            }"""
        )
        assert poor == []


def test_on_paper_every_page_is_marked_and_nothing_stays_closed(
    browser: Browser, tmp_path: Path
) -> None:
    """The head of each page has the exercise's name; parts that lie closed are printed open."""
    with opened(browser, tmp_path, render(samples.report())) as (page, _):
        heads = page.evaluate(
            """() => Array.from(document.styleSheets[0].cssRules)
              .filter((rule) => rule instanceof CSSPageRule).map((rule) => rule.cssText)"""
        )
        page.emulate_media(media="print")
        assert len(heads) == 1
        assert page.get_by_text("line.receipt-overdue").first.is_visible()
        assert not page.locator("nav").is_visible()
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == (
            "rgb(255, 255, 255)"
        )
    assert r"EXERCISE long\00002dday" not in heads[0]
    assert "EXERCISE long-day" in heads[0]


@pytest.mark.usefixtures("browser")
def test_the_page_is_printed_into_a_file(tmp_path: Path) -> None:
    """An installed browser makes a PDF of several A4 pages, without a profile of ours."""
    page, into = tmp_path / "page.html", tmp_path / "page.pdf"
    page.write_text(render(samples.report()), encoding="utf-8")
    print_page(page, into)
    data = into.read_bytes()
    assert data.startswith(b"%PDF-")
    assert data.count(b"/Type /Page\n") + data.count(b"/Type /Page ") > 5


def test_trends_fit_and_are_quiet(browser: Browser, tmp_path: Path) -> None:
    """Several exercises, one of another scenario: no request, no scrolling sideways."""
    reports = [samples.report(messages=n) for n in (3, 5)]
    apart = [
        msgspec.structs.replace(
            one, proof=msgspec.structs.replace(one.proof, record=f"{number:064x}")
        )
        for number, one in enumerate(reports)
    ]
    for width in (390, 1280):
        with opened(browser, tmp_path, render_trends(compare(apart)), width) as (page, unwanted):
            assert page.evaluate("document.documentElement.scrollWidth") == width
            assert page.get_by_role("img").count() > 4
            assert unwanted == []
