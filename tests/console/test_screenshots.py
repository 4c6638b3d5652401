from __future__ import annotations

from hotline.console.pages import PAGES
from tests.console.consoles import OFFICERS
from tests.console.screenshots import NO_PAGES, SHOTS


def test_every_page_is_in_the_album() -> None:
    """A new page is given a screenshot, or is named as something that is no page."""
    routes = {one.path for one in PAGES if one.method == "GET"}
    pages = {one for one in routes - NO_PAGES if not one.endswith((".json", ".csv", ".txt"))}
    shown = {one.page for one in SHOTS} - {"/login", ""}
    assert pages == shown
    assert routes >= NO_PAGES
    assert len({one.name for one in SHOTS}) == len(SHOTS)
    assert {one.officer for one in SHOTS} <= {"", *OFFICERS["iaf"]}
