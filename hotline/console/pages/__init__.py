"""All pages behind the login as one table; each module has its own ``PAGE_ROUTES``."""

from __future__ import annotations

from hotline.console.page import Page
from hotline.console.pages import frame

PAGES: tuple[Page, ...] = (*frame.PAGE_ROUTES,)
