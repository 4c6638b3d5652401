"""A real browser for the pages: Debian's Chromium, headless, with no way to any network."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.chromium import CHROMIUM, chromium_arguments
from tests.missing import note_missing

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NO_BROWSER = "there is no /usr/bin/chromium"


@pytest.fixture(scope="module")
def browser(request: pytest.FixtureRequest) -> Iterator[Browser]:
    """Start one browser for a module; its event loop would stand in the way of all later tests.

    Without Chromium the test fails where `make set-up` could have installed it, or where it is
    promised; elsewhere it is skipped, and the end of the run says so loudly.
    """
    if not CHROMIUM.exists():
        note_missing(request.config, "browser", NO_BROWSER)
        could = os.geteuid() == 0 and shutil.which("apt-get") is not None
        if could or os.environ.get("CI") == "true" or "HOTLINE_REQUIRE_BROWSER" in os.environ:
            pytest.fail(f"{NO_BROWSER}: `make set-up` as root on Debian installs it", pytrace=False)
        pytest.skip(NO_BROWSER)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=chromium_arguments())
        yield running
        running.close()
