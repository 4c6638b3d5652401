"""Pictures and tables of exercises where much happens: nothing is covered, cut off or forsaken."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from hotline.exercise.report.comparing import compare
from hotline.exercise.report.document import Report
from hotline.exercise.report.html import render, render_trends
from tests.browser.opening import misplaced, open_all, opened, wide
from tests.browser.printed import forsaken, pages, pieces, printed
from tests.exercise.report import crowded
from tests.exercise.report import documents as samples

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PAPER = 687
"""CSS pixels between the margins of A4: 182 mm, rounded down."""
REPORTS = {
    "day": samples.report,
    "watch": lambda: samples.report(8 * 3600.0, 500),
    "faults": crowded.faulty,
    "flood": crowded.flooded,
}

# Pairs of signs of the picture of the whole exercise that share more than a pixel.
COVERED = """() => {
  const signs = "path.tail, path.inject, path.mark, path.alarm";
  const boxes = Array.from(document.querySelectorAll(
    "svg[aria-labelledby^=overview] :is(" + signs + ")"), (one) =>
    [one.getAttribute("class"), one.getBBox()]);
  const found = [];
  boxes.forEach(([name, a], n) => {
    for (const [other, b] of boxes.slice(n + 1)) {
      const wide = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
      const high = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
      if (wide > 1 && high > 1) found.push([name, other]);
    }
  });
  return { signs: boxes.length, found };
}"""

# Names of faults that lie partly on a bar, their own or another's.
ON_A_BAR = """() => {
  const overview = document.querySelector("svg[aria-labelledby^=overview]");
  const bars = Array.from(overview.querySelectorAll("rect.fault"), (one) => one.getBBox());
  const names = Array.from(overview.querySelectorAll("text.fault-name"));
  return { names: names.length, found: names.filter((one) => {
    const name = one.getBBox();
    return bars.some((bar) => {
      const apart = bar.x + bar.width <= name.x || name.x + name.width <= bar.x
        || bar.y + bar.height <= name.y + 2 || name.y + name.height - 2 <= bar.y;
      const within = bar.x <= name.x && name.x + name.width <= bar.x + bar.width;
      return !apart && !within;
    });
  }).map((one) => one.textContent) };
}"""

# Words of both lanes that a line across goes through.
STRUCK = """() => {
  const found = [];
  let lines = 0;
  for (const svg of document.querySelectorAll("svg[aria-labelledby^=episode]")) {
    const words = Array.from(svg.querySelectorAll("text"),
      (one) => [one.textContent, one.getBBox()]);
    for (const line of svg.querySelectorAll("path.grid")) {
      const { x, y, width } = line.getBBox();
      lines += 1;
      for (const [text, box] of words) {
        const through = box.y + 3 < y && y < box.y + box.height - 3;
        if (through && x < box.x + box.width && box.x < x + width) found.push(text);
      }
    }
  }
  return { lines, found };
}"""

# Tables that are wider than their place.
TOO_WIDE = """() => Array.from(document.querySelectorAll(".scroll:has(> table)"))
  .filter((one) => one.scrollWidth > one.clientWidth + 1)
  .map((one) => one.getAttribute("aria-label"))"""


def trends(count: int = 2) -> str:
    """Return a page of so many exercises of one scenario, each with other times."""
    found = []
    for number in range(count):
        one = samples.report(messages=number + 1)
        reactions = [
            msgspec.structs.replace(
                row, read_scenario=samples.spread(2.0 + 3000.0 * (number % 3) / (place + 1))
            )
            for place, row in enumerate(one.reactions)
        ]
        proof = msgspec.structs.replace(one.proof, record=f"{number:064x}")
        began = one.exercise.starts.replace("2026-03-01", f"2026-03-{number + 1:02d}")
        exercise = msgspec.structs.replace(one.exercise, starts=began)
        found.append(
            msgspec.structs.replace(one, exercise=exercise, proof=proof, reactions=reactions)
        )
    return render_trends(compare(found))


def page_of(name: str) -> str:
    """Return a page by its name."""
    return trends() if name == "trends" else render(REPORTS[name]())


@pytest.mark.parametrize("name", REPORTS)
def test_no_words_of_a_picture_are_covered_or_cut(
    browser: Browser, tmp_path: Path, name: str
) -> None:
    """As the browser measures its own letters, not as they were estimated."""
    with opened(browser, tmp_path, page_of(name)) as (page, _):
        assert misplaced(page) == []


@pytest.mark.parametrize("name", ["faults", "flood"])
def test_signs_of_one_time_stand_above_each_other(
    browser: Browser, tmp_path: Path, name: str
) -> None:
    """However many messages, verdicts and alarms a minute has: each is seen, or counted."""
    with opened(browser, tmp_path, page_of(name)) as (page, _):
        covered = page.evaluate(COVERED)
        assert covered["signs"] > 20
        assert covered["found"] == []
        counted = page.locator(
            "svg[aria-labelledby^=overview] text", has_text="+"
        ).all_text_contents()
        if name == "flood":
            left_out = sum(int(one) for one in counted if one.startswith("+"))
            drawn = covered["signs"] + left_out
            whole = crowded.flooded()
            verdicts = sum(len(row.verdicts) for row in whole.msel)
            assert drawn == len(whole.messages) + len(whole.alarms) + len(whole.msel) + verdicts


def test_a_fault_s_name_lies_on_no_other_fault(browser: Browser, tmp_path: Path) -> None:
    """All are named, though many begin within a minute."""
    with opened(browser, tmp_path, page_of("faults")) as (page, _):
        named = page.evaluate(ON_A_BAR)
        assert named["names"] == len(crowded.FAULTS)
        assert named["found"] == []


@pytest.mark.parametrize("name", ["day", "faults", "flood"])
def test_no_line_goes_through_words(browser: Browser, tmp_path: Path, name: str) -> None:
    """Lines across stop where the words of their row are."""
    with opened(browser, tmp_path, page_of(name)) as (page, _):
        struck = page.evaluate(STRUCK)
        assert struck["lines"] > 10
        assert struck["found"] == []


@pytest.mark.parametrize("name", [*REPORTS, "trends"])
def test_tables_fit_every_screen_and_the_paper(browser: Browser, tmp_path: Path, name: str) -> None:
    """None is wider than a telephone, a tablet, a desk, or A4; and so the page is not."""
    with opened(browser, tmp_path, page_of(name)) as (page, unwanted):
        open_all(page)
        for width in (390, 768, 1280, PAPER):
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(media="print" if width == PAPER else "screen")
            assert page.evaluate(TOO_WIDE) == [], width
            assert wide(page) == width
        assert unwanted == []


def test_a_picture_that_is_too_wide_says_so(browser: Browser, tmp_path: Path) -> None:
    """In words and by a shadow at its edge on a telephone; never where all of it is seen."""
    said = "getComputedStyle(document.querySelector('.scroll:has(> svg)'), '::before').content"
    over = "[...document.querySelectorAll('.scroll')].some((it) => it.scrollWidth > it.clientWidth)"
    for width, hint in ((390, True), (1280, False)):
        with opened(browser, tmp_path, page_of("day"), width) as (page, _):
            assert ("move it sideways" in page.evaluate(said)) is hint
            assert page.evaluate(over) is hint


@pytest.mark.parametrize("name", [*REPORTS, "trends"])
def test_no_heading_is_alone_on_its_page(browser: Browser, tmp_path: Path, name: str) -> None:
    """What a heading is of begins on the heading's page, on paper too."""
    with opened(browser, tmp_path, page_of(name)) as (page, _):
        pdf = printed(page)
        assert len(pieces(pdf)) > 50
        assert forsaken(pdf) == []


def test_the_pictures_use_the_paper(browser: Browser, tmp_path: Path) -> None:
    """The overview shares its page with the first piece, and other pages hold two pieces each."""
    whole: Report = crowded.flooded()
    with opened(browser, tmp_path, render(whole)) as (page, _):
        pictures = page.locator("svg[aria-labelledby^=episode]").count()
        pdf = printed(page)
        on = [number for tag, _, number in pieces(pdf) if tag == "Figure"]
        assert pictures > 6
        assert len(set(on)) <= 3 + pictures / 2
        assert pages(pdf) > len(set(on))


@pytest.mark.parametrize("count", [2, 8, 20])
def test_values_of_trends_do_not_cover_each_other(
    browser: Browser, tmp_path: Path, count: int
) -> None:
    """Few exercises or many, with times that differ widely."""
    with opened(browser, tmp_path, trends(count)) as (page, unwanted):
        assert page.get_by_role("img").count() > 4
        assert misplaced(page) == []
        assert unwanted == []
