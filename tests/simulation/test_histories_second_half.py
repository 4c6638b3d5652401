"""The second half of the ten thousand histories: a file of its own, so that two workers share."""

from __future__ import annotations

import pytest

from tests.simulation.command import HISTORIES, play_half, said


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_no_history_breaks_an_invariant(capsys: pytest.CaptureFixture[str]) -> None:
    """What holds in the first half holds in as many histories of other seeds."""
    found = play_half(HISTORIES // 2 + 1)
    with capsys.disabled():
        print(said(found))
