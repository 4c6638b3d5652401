"""Ten thousand histories of two nodes, with faults from everywhere: the first half of them."""

from __future__ import annotations

import pytest

from tests.simulation.command import play_half, said


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_no_history_breaks_an_invariant(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing receipted is lost, nothing shown twice, all is delivered, and both records agree."""
    found = play_half(1)
    with capsys.disabled():
        print(said(found))
