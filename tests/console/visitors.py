"""An officer at a console, as tests ask for pages and fill in forms: with a browser's own cookies.

levi = await visitor(iaf, "Levi")
status, text = await levi.get("/inbox")
await levi.post(f"/notice/{id_}/read")
"""

from __future__ import annotations

from dataclasses import dataclass
from html import unescape
from re import findall, search
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]

from hotline.console import access
from tests.console.consoles import Console

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Page

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a console has answered at last, where it led, and the headers of that."""

    status: int
    text: str
    url: str
    headers: dict[str, str]

    def hidden(self, name: str) -> str:
        """Return the value of a hidden field of the page."""
        found = search(rf'name="{name}" value="([^"]*)"', self.text)
        assert found is not None, f"no {name} on {self.url}"
        return unescape(found[1])

    def links(self) -> list[str]:
        """Return where the page's links lead."""
        return [unescape(one) for one in findall(r'href="(/[^"]*)"', self.text)]


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who is logged in."""

    console: Console
    officer: str
    context: BrowserContext

    async def token(self) -> str:
        """Return the session's token, as the cookie holds it."""
        cookies = await self.context.cookies(self.console.url)
        return next((one["value"] for one in cookies if one["name"] == access.COOKIE), "")

    async def get(self, path: str) -> Answer:
        """Ask for a page, and go where it leads."""
        answer = await self.context.request.get(path)
        return Answer(answer.status, await answer.text(), answer.url, answer.headers)

    async def post(self, path: str, fields: dict[str, Any] | None = None, **more: str) -> Answer:
        """Post a form with the session's own token, and go where it leads."""
        given = {access.FIELD: access.csrf_of(await self.token()), **(fields or {}), **more}
        answer = await self.context.request.post(
            path,
            data=urlencode(given, doseq=True),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )
        return Answer(answer.status, await answer.text(), answer.url, answer.headers)

    async def page(self) -> Page:
        """Return a new page of the visitor's browser."""
        return await self.context.new_page()


async def visitor(console: Console, officer: str) -> Visitor:
    """Return an officer who is logged in, always in the same browser."""
    return Visitor(console, officer, await console.context(officer))


async def flawless(page: Page) -> None:
    """Fail where axe finds something on a page, or it is wider than its window."""
    found = await Axe().run(page, options={"runOnly": {"type": "tag", "values": WCAG}})
    assert found.violations_count == 0, found.generate_report()
    beyond = await page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert beyond <= 0, f"{page.url} is {beyond} px wider than its window"
