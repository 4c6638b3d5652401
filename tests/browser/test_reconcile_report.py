"""The report of a reconciliation as a reader meets it: opened in a real browser."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hotline.audit.reconcile.html import render
from tests.audit import reconciliations as samples
from tests.browser.opening import misplaced, open_all, opened, poor_contrast, wide

if TYPE_CHECKING:
    from playwright.sync_api import Browser

REPORTS = {
    "agreeing": samples.agreeing,
    "differing": samples.differing,
    "empty": samples.empty,
    "hostile": samples.hostile,
    "many": samples.many,
}


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize("width", [375, 768, 1280])
def test_a_report_opens_quietly_and_fits_the_screen(
    browser: Browser, tmp_path: Path, name: str, width: int
) -> None:
    """No request, no error, no scrolling sideways, on a telephone as on a desk, all parts open."""
    with opened(browser, tmp_path, render(REPORTS[name]()), width) as (page, unwanted):
        open_all(page)
        assert wide(page) == width
        assert unwanted == []


@pytest.mark.parametrize("name", ["agreeing", "differing", "hostile", "many"])
@pytest.mark.parametrize("width", [375, 1280])
def test_no_labels_of_the_picture_overlap(
    browser: Browser, tmp_path: Path, name: str, width: int
) -> None:
    """As the browser measures its own letters, not as they were estimated."""
    with opened(browser, tmp_path, render(REPORTS[name]()), width) as (page, _):
        assert misplaced(page) == []


def test_what_is_hostile_does_nothing(browser: Browser, tmp_path: Path) -> None:
    """No script of a record runs, its style does not apply, and the title is ours."""
    with opened(browser, tmp_path, render(samples.hostile())) as (page, unwanted):
        assert page.title().startswith("ACTUAL: The records differ")
        assert page.evaluate("document.images.length") == 0
        assert page.evaluate("document.scripts.length") == 1
        assert unwanted == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_told_from_its_ground(browser: Browser, tmp_path: Path, scheme: str) -> None:
    """Every text has a contrast of 4.5 to 1 with what is behind it (WCAG 2.2, 1.4.3)."""
    with opened(browser, tmp_path, render(samples.differing()), color_scheme=scheme) as (page, _):
        looked, poor = poor_contrast(page)
        assert looked > 100
        assert poor == []


def test_the_reader_finds_a_message_and_only_what_differs(browser: Browser, tmp_path: Path) -> None:
    """Looking for a reference leaves its messages; the box leaves those with a difference."""
    with opened(browser, tmp_path, render(samples.differing())) as (page, _):
        rows = page.locator(".page tbody tr:visible")
        assert rows.count() == 11
        page.get_by_label("only what differs").check()
        assert rows.count() == 4
        page.get_by_label("Find").fill("IAF-0005")
        assert rows.count() == 1
        assert page.get_by_role("status").text_content() == "1 found"
        page.get_by_label("Find").fill("no such thing")
        assert rows.count() == 0
        page.get_by_label("Find").fill("")
        page.get_by_label("only what differs").uncheck()
        assert rows.count() == 11


def test_a_link_from_a_message_leads_to_its_difference(browser: Browser, tmp_path: Path) -> None:
    """The number in the table is a link to the entries of both sides."""
    with opened(browser, tmp_path, render(samples.differing())) as (page, _):
        page.get_by_role("link", name="difference 4").click()
        assert page.url.endswith("#difference-4")
        assert page.locator("#difference-4").is_visible()


def test_the_report_is_read_without_script(browser: Browser, tmp_path: Path) -> None:
    """Verdict, differences and timeline are there; tools that would do nothing are not."""
    with opened(browser, tmp_path, render(samples.differing()), java_script_enabled=False) as (
        page,
        _,
    ):
        assert page.get_by_text("The records differ in 5 things").first.is_visible()
        assert page.locator(".page svg").first.is_visible()
        assert not page.locator("#tools").is_visible()


def test_the_picture_has_a_name_and_the_same_as_a_table(browser: Browser, tmp_path: Path) -> None:
    """Who cannot see the picture hears what it is, and finds all of it in the table beside."""
    with opened(browser, tmp_path, render(samples.agreeing())) as (page, _):
        assert page.get_by_role("img", name="Messages between iaf and hmeimim").count() == 1
        assert page.locator(".page tbody tr").count() == len(samples.morning())


def test_it_prints_on_paper_with_the_status_on_every_page(browser: Browser, tmp_path: Path) -> None:
    """A4, with the proof of a difference written out even where its part lies closed."""
    with opened(browser, tmp_path, render(samples.differing())) as (page, _):
        assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF-")
        page.emulate_media(media="print")
        assert page.locator("#difference-5 pre").first.is_visible()
        assert not page.locator("#tools").is_visible()
        assert page.evaluate("getComputedStyle(document.body).page") == "exercise"
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == (
            "rgb(255, 255, 255)"
        )
