"""Debian's Chromium, as tests start it: headless, without its own window, for our pages alone."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

CHROMIUM: Final = Path("/usr/bin/chromium")

_KEPT_OFF: Final = (
    "AimEnabled,AvoidCorsURLLoaderRestartOnRedirect,AvoidUnnecessaryBeforeUnloadCheckSync,"
    "DestroyProfileOnBrowserClose,HttpsFirstBalancedModeAutoEnable,HttpsUpgrades,LensOverlay,"
    "MediaRouter,NetworkTimeServiceQuerying,OptimizationHints,PaintHolding,PreconnectToSearch,"
    "ThirdPartyStoragePartitioning"
)
"""What playwright turns off by the same switch, of which only the last one counts."""
_OF_ITS_WINDOW: Final = (
    "InitialWebUI,PreloadTopChromeWebUI,WebUIHomeButton,WebUILocationBar,WebUIOmniboxAimPopup,"
    "WebUIOmniboxFullPopup,WebUIOmniboxPopup,WebUIReloadButton,WebUISplitTabsButton,WebUIToolbar"
)
"""Buttons that nobody presses: each is a page in a process of its own, beside each page of ours."""
_APART: Final = "IsolateOrigins,SpareRendererForSitePerProcess,site-per-process"
"""A process for each page of one visitor, and one in reserve: none is to be kept from another."""


def chromium_arguments() -> list[str]:
    """Return what Chromium is started with: half the processor time that it would take without."""
    arguments = [
        f"--disable-features={_KEPT_OFF},{_OF_ITS_WINDOW},{_APART}",
        "--disable-site-isolation-trials",
        "--renderer-process-limit=1",
    ]
    # As root Chromium runs only without its sandbox; nothing but our own pages is opened.
    return ["--no-sandbox", *arguments] if os.geteuid() == 0 else arguments
