"""How figures and times are written in each language."""

from __future__ import annotations

from pathlib import Path

import pytest

from hotline.console.language import Words
from hotline.console.versioned import STATIC
from hotline.model.languages.language import Language
from tests.console.consoles import chromium

LOCAL = """([source, time]) => {
  const page = document.createElement("p");
  page.innerHTML = `<time datetime="${time}"></time>`;
  const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  return import(address).then(({ local }) => { local(page); return page.textContent; });
}"""


@pytest.mark.parametrize(
    ("language", "written"),
    [(Language.EN, "33%"), (Language.RU, "33\N{NO-BREAK SPACE}%"), (Language.HE, "33%")],
)
def test_a_share_is_written_one_way_in_a_language(language: Language, written: str) -> None:
    """In whole per cent, with the space that Russian has before the sign, which is never broken."""
    assert Words(language).percent(1 / 3) == written


def test_shares_are_written_by_nothing_else() -> None:
    """No page and no template writes the sign behind a figure by itself."""
    console = Path(STATIC).parent
    for file in (*console.glob("pages/*.py"), *console.glob("templates/**/*.html")):
        text = file.read_text(encoding="utf-8")
        assert ":.0%}" not in text, file.name
        assert "%%" not in text, file.name
        assert "}} %<" not in text, file.name


@pytest.mark.parametrize(
    ("zone", "time", "shown"),
    [
        ("Asia/Jerusalem", "2026-01-10T22:30:00Z", " (00:30 +1)"),
        ("Asia/Jerusalem", "2026-01-10T21:30:00Z", " (23:30)"),
        ("America/New_York", "2026-03-01T02:00:00Z", " (21:00 \u22121)"),
        ("Pacific/Auckland", "2026-12-31T12:00:00Z", " (01:00 +1)"),
    ],
)
async def test_a_local_time_of_another_day_is_marked(zone: str, time: str, shown: str) -> None:
    """Beside UTC stands the local time, with +1 or \u22121 on the day after or before."""
    source = (STATIC / "times.js").read_text(encoding="utf-8")
    async with chromium() as browser:
        page = await (await browser.new_context(timezone_id=zone)).new_page()
        assert await page.evaluate(LOCAL, [source, time]) == shown
