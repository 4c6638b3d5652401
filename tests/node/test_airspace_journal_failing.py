"""A journal that fails while what stands on a line is loaded: that begins again once it works."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from hotline.journal.journal import Journal
from hotline.node.airspace import line_airspace
from tests.centres import eventually, lone_centre


def fail(_: Journal) -> None:
    """Fail as a disk does."""
    raise sqlite3.OperationalError("disk I/O error")


async def test_what_stands_is_loaded_once_the_journal_works_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A journal that fails during the loading does not leave the line without its picture."""
    monkeypatch.setattr(line_airspace, "LOAD_AGAIN_S", 0.01)
    async with lone_centre(tmp_path) as centre:
        (line,) = centre.lines.values()
        airspace = line.airspace
        await eventually(lambda: not airspace.loading, "the airspace is not loaded at first")
        centre.journal.burden = fail
        airspace.failed()
        await eventually(lambda: centre.journal_error is not None, "the journal has not failed")
        assert airspace.loading
        centre.journal.burden = None
        await eventually(lambda: not airspace.loading, "the airspace is never loaded")
