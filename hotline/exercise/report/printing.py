"""The page on paper: printed by a Chromium that is installed, into a PDF file.

The browser runs without a window, with a profile of its own that is thrown away, and opens our file
alone; the page's own policy lets it ask for nothing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from hotline.errors import ExerciseError

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
VARIABLE = "CHROMIUM"
"""Environment variable with the browser's path or name."""
WITHIN_S = 120.0
HEAD = b"%PDF-"


def find_browser() -> str:
    """Return the path of the browser. Raises ExerciseError (``report.no-browser``)."""
    named = os.environ.get(VARIABLE)
    for name in (named,) if named else NAMES:
        found = shutil.which(name)
        if found is not None:
            return found
    what = f"{VARIABLE} names no program: {named}" if named else "no Chromium or Chrome is here"
    raise ExerciseError(
        "report.no-browser",
        f"the report cannot be printed: {what}",
        "open the page in any browser and print it into a file: its paper form is the same",
    )


def print_page(page: Path, into: Path) -> None:
    """Print a page into a PDF file. Raises ExerciseError (``report.no-browser``, ``.not-printed``).

    The sandbox is given up only where the browser would refuse to run with it: for root.
    """
    browser = find_browser()
    with TemporaryDirectory(prefix="hotline-print-") as profile:
        arguments = [
            browser,
            "--headless=new",
            "--disable-gpu",
            "--disable-extensions",
            "--disable-background-networking",
            "--no-first-run",
            "--no-pdf-header-footer",
            f"--user-data-dir={profile}",
            f"--print-to-pdf={into.absolute()}",
            page.absolute().as_uri(),
        ]
        if os.geteuid() == 0:
            arguments.insert(1, "--no-sandbox")
        try:
            done = subprocess.run(  # noqa: S603 (the user's own browser, our own file)
                arguments, capture_output=True, timeout=WITHIN_S, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise _not_printed(str(error)) from error
    if done.returncode or not into.is_file() or not _is_pdf(into):
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise _not_printed(last[0] if last else f"exit code {done.returncode}")


def _is_pdf(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(HEAD)) == HEAD


def _not_printed(why: str) -> ExerciseError:
    return ExerciseError(
        "report.not-printed",
        f"the browser did not print the report: {why[:200]}",
        "open the page in any browser and print it into a file: its paper form is the same",
    )
