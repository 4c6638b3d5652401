"""The report of a reconciliation as a reader meets it: opened in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hotline.audit.reconcile.findings import Reconciliation
from hotline.audit.reconcile.html import render
from tests.audit import reconciliations as samples

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

REPORTS = {
    "agreeing": samples.agreeing,
    "differing": samples.differing,
    "empty": samples.empty,
    "hostile": samples.hostile,
    "many": samples.many,
}

# Labels of every picture whose boxes share more than half a pixel, after all parts are opened.
OVERLAPS = """() => {
  document.querySelectorAll("details").forEach((one) => { one.open = true; });
  const found = [];
  for (const svg of document.querySelectorAll(".page svg")) {
    const boxes = Array.from(svg.querySelectorAll("text"),
      (one) => [one.textContent, one.getBoundingClientRect()]);
    boxes.forEach(([text, a], n) => {
      for (const [other, b] of boxes.slice(n + 1)) {
        const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        // Line boxes of neighbours touch; letters do not, up to the leading between lines.
        if (wide > 0.5 && high > 0.25 * Math.min(a.height, b.height)) found.push([text, other]);
      }
    });
  }
  return found;
}"""


@contextmanager
def opened(
    browser: Browser, directory: Path, found: Reconciliation, width: int = 1280, **settings: Any
) -> Iterator[tuple[Page, list[str]]]:
    """Open a report from its file; yield the page and what it asked for or complained of."""
    file = directory / "report.html"
    file.write_text(render(found), encoding="utf-8")
    context = browser.new_context(viewport={"width": width, "height": 900}, **settings)
    page = context.new_page()
    unwanted: list[str] = []
    page.on("console", lambda message: unwanted.append(message.text))
    page.on("pageerror", lambda error: unwanted.append(str(error)))
    page.on(
        "request",
        lambda request: (
            None if request.url in {file.as_uri(), "data:,"} else unwanted.append(request.url)
        ),
    )
    page.on("dialog", lambda dialog: unwanted.append(dialog.message))
    page.goto(file.as_uri())
    try:
        yield page, unwanted
    finally:
        context.close()


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize("width", [375, 768, 1280])
def test_a_report_opens_quietly_and_fits_the_screen(
    browser: Browser, tmp_path: Path, name: str, width: int
) -> None:
    """No request, no error, no scrolling sideways, on a telephone as on a desk, all parts open."""
    with opened(browser, tmp_path, REPORTS[name](), width) as (page, unwanted):
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert unwanted == []


@pytest.mark.parametrize("name", ["agreeing", "differing", "hostile", "many"])
@pytest.mark.parametrize("width", [375, 1280])
def test_no_labels_of_the_picture_overlap(
    browser: Browser, tmp_path: Path, name: str, width: int
) -> None:
    """As the browser measures its own letters, not as they were estimated."""
    with opened(browser, tmp_path, REPORTS[name](), width) as (page, _):
        assert page.evaluate(OVERLAPS) == []


def test_what_is_hostile_does_nothing(browser: Browser, tmp_path: Path) -> None:
    """No script of a record runs, its style does not apply, and the title is ours."""
    with opened(browser, tmp_path, samples.hostile()) as (page, unwanted):
        assert page.title().startswith("ACTUAL: The records differ")
        assert page.evaluate("document.images.length") == 0
        assert page.evaluate("document.scripts.length") == 1
        assert unwanted == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_told_from_its_ground(browser: Browser, tmp_path: Path, scheme: str) -> None:
    """Every text has a contrast of 4.5 to 1 with what is behind it (WCAG 2.2, 1.4.3)."""
    with opened(browser, tmp_path, samples.differing(), color_scheme=scheme) as (page, _):
        found = page.evaluate(
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
              document.querySelectorAll("details").forEach((one) => { one.open = true; });
              const poor = [];
              let looked = 0;
              for (const one of document.querySelectorAll("body *")) {
                const own = Array.from(one.childNodes)
                  .some((node) => node.nodeType === 3 && node.data.trim());
                if (!own || one.closest("script, title, desc")) continue;
                const style = getComputedStyle(one);
                const ink = parse(one.closest("svg") ? style.fill : style.color).slice(0, 3);
                const [a, b] = [light(ink), light(ground(one))].sort((x, y) => y - x);
                looked += 1;
                if ((a + 0.05) / (b + 0.05) < 4.5) poor.push(one.textContent.trim().slice(0, 40));
              }
              return { looked, poor };
            }"""
        )
        assert found["looked"] > 100
        assert found["poor"] == []


def test_the_reader_finds_a_message_and_only_what_differs(browser: Browser, tmp_path: Path) -> None:
    """Looking for a reference leaves its messages; the box leaves those with a difference."""
    with opened(browser, tmp_path, samples.differing()) as (page, _):
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
    with opened(browser, tmp_path, samples.differing()) as (page, _):
        page.get_by_role("link", name="difference 4").click()
        assert page.url.endswith("#difference-4")
        assert page.locator("#difference-4").is_visible()


def test_the_report_is_read_without_script(browser: Browser, tmp_path: Path) -> None:
    """Verdict, differences and timeline are there; tools that would do nothing are not."""
    with opened(browser, tmp_path, samples.differing(), java_script_enabled=False) as (page, _):
        assert page.get_by_text("The records differ in 5 things").first.is_visible()
        assert page.locator(".page svg").first.is_visible()
        assert not page.locator("#tools").is_visible()


def test_the_picture_has_a_name_and_the_same_as_a_table(browser: Browser, tmp_path: Path) -> None:
    """Who cannot see the picture hears what it is, and finds all of it in the table beside."""
    with opened(browser, tmp_path, samples.agreeing()) as (page, _):
        assert page.get_by_role("img", name="Messages between iaf and hmeimim").count() == 1
        assert page.locator(".page tbody tr").count() == len(samples.morning())


def test_it_prints_on_paper_with_the_status_on_every_page(browser: Browser, tmp_path: Path) -> None:
    """A4, with the proof of a difference written out even where its part lies closed."""
    with opened(browser, tmp_path, samples.differing()) as (page, _):
        assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF-")
        page.emulate_media(media="print")
        assert page.locator("#difference-5 pre").first.is_visible()
        assert not page.locator("#tools").is_visible()
        assert page.evaluate("getComputedStyle(document.body).page") == "exercise"
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == (
            "rgb(255, 255, 255)"
        )
