"""Pages of ours as a reader meets them: opened from a file, and measured by the browser itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

# Labels of every picture whose boxes share more than half a pixel, and labels that are cut at the
# edge of their picture.
_MISPLACED = """() => {
  const found = [];
  for (const svg of document.querySelectorAll("svg")) {
    const whole = svg.getBoundingClientRect();
    const boxes = Array.from(svg.querySelectorAll("text"),
      (one) => [one.textContent, one.getBoundingClientRect()]);
    boxes.forEach(([text, a], n) => {
      if (a.left < whole.left - 1 || a.right > whole.right + 1
        || a.top < whole.top - 1 || a.bottom > whole.bottom + 1) found.push(["cut", text]);
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

# Text with less contrast than 4.5 to 1 with what is behind it: of a picture, the last filled
# rectangle under its middle; elsewhere, the nearest ground that is painted.
_CONTRAST = """() => {
  const light = (rgb) => {
    const [r, g, b] = rgb.map((v) => v / 255)
      .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const parse = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const painted = (colour) => colour.length === 3 || (colour.length === 4 && colour[3] > 0);
  const ground = (one) => {
    const svg = one.closest("svg");
    if (svg) {
      const box = one.getBoundingClientRect();
      const [x, y] = [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
      const under = Array.from(svg.querySelectorAll("rect")).filter((rect) => {
        const its = rect.getBoundingClientRect();
        return painted(parse(getComputedStyle(rect).fill)) && its.left <= x && x <= its.right
          && its.top <= y && y <= its.bottom
          && rect.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING;
      });
      if (under.length) return parse(getComputedStyle(under.at(-1)).fill).slice(0, 3);
    }
    for (let at = one; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (painted(colour)) return colour.slice(0, 3);
    }
    return [255, 255, 255];
  };
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


def open_all(page: Page) -> None:
    """Open every part that lies closed."""
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")


def wide(page: Page) -> int:
    """Return how wide the whole page is, in CSS pixels."""
    return int(page.evaluate("document.documentElement.scrollWidth"))


def misplaced(page: Page) -> list[list[str]]:
    """Return labels of pictures that overlap, and those that are cut, all parts opened."""
    open_all(page)
    found: list[list[str]] = page.evaluate(_MISPLACED)
    return found


def poor_contrast(page: Page) -> tuple[int, list[str]]:
    """Return how many texts were looked at, and which are hard to tell from their ground."""
    open_all(page)
    found = page.evaluate(_CONTRAST)
    return found["looked"], found["poor"]
