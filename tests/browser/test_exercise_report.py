"""The after-action report as a reader meets it: on a screen, on a telephone, and on paper."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hotline.exercise.report.html import render
from hotline.exercise.report.printing import print_page
from tests.browser.opening import opened, poor_contrast, wide
from tests.exercise.report import documents as samples

if TYPE_CHECKING:
    from playwright.sync_api import Browser

REPORTS = {
    "day": samples.report,
    "watch": lambda: samples.report(8 * 3600.0, 500),
    "hostile": samples.hostile,
    "empty": samples.empty,
}


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize("width", [390, 1280])
def test_a_report_opens_quietly_and_fits_the_screen(
    browser: Browser, tmp_path: Path, name: str, width: int
) -> None:
    """No request, no complaint, no scrolling sideways of the page, whatever its texts are."""
    with opened(browser, tmp_path, render(REPORTS[name]()), width) as (page, unwanted):
        assert wide(page) == width
        assert page.title().startswith("EXERCISE ")
        assert unwanted == []


def test_what_is_hostile_does_nothing(browser: Browser, tmp_path: Path) -> None:
    """No markup of a text becomes an element, and its style does not hide the page."""
    with opened(browser, tmp_path, render(samples.hostile())) as (page, unwanted):
        assert page.evaluate("document.scripts.length + document.images.length") == 0
        assert page.locator("#summary").is_visible()
        assert unwanted == []


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
    """Every text has a contrast of 4.5 to 1 with what is behind it (WCAG 2.2, 1.4.3)."""
    with opened(browser, tmp_path, render(samples.report()), color_scheme=scheme) as (page, _):
        looked, poor = poor_contrast(page)
        assert looked > 100
        assert poor == []


def test_headings_and_landmarks_tell_the_parts(browser: Browser, tmp_path: Path) -> None:
    """One first heading, no level left out, every region named, and one main part."""
    with opened(browser, tmp_path, render(samples.report())) as (page, _):
        levels = page.evaluate(
            "Array.from(document.querySelectorAll('h1,h2,h3,h4'), (one) => Number(one.tagName[1]))"
        )
        assert levels.count(1) == 1
        assert levels[0] == 1
        assert all(now <= before + 1 for before, now in pairwise(levels))
        assert page.get_by_role("main").count() == 1
        assert page.get_by_role("navigation", name="Parts of this report").count() == 1
        assert page.locator("[role=region]:not([aria-label])").count() == 0


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
