"""Programs that are not ours, by which tests have checked what ours writes."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

GOPATH = Path("/usr/share/gocode")
"""Where Debian keeps Go's libraries, its trees and notes among them."""


def needs(*programs: str) -> pytest.MarkDecorator:
    """Skip a test, by a loud word, where one of these or Go's tree library is missing.

    Where `CI` is set nothing is skipped: set-up has promised them, and the test fails.
    """
    missing = [program for program in programs if shutil.which(program) is None]
    if not (GOPATH / "src/golang.org/x/mod/sumdb/tlog").is_dir():
        missing.append("golang.org/x/mod")
    return pytest.mark.skipif(
        bool(missing) and os.environ.get("CI") != "true",
        reason=f"NOBODY HAS CHECKED THIS WITH OTHER PROGRAMS: {', '.join(missing)} missing; "
        "`make set-up` as root on Debian installs them",
    )
