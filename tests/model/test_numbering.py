"""How centres number their notices, and how grave alarms are."""

from __future__ import annotations

import pytest

from hotline.model.alarm_priority import AlarmPriority, priority_of
from hotline.model.numbering import number_of, numbered


@pytest.mark.parametrize("number", [0, 7, 9999, 10_000, 10**39])
def test_a_number_comes_back_out_of_its_reference(number: int) -> None:
    """Four figures at least, and as many as it takes."""
    reference = numbered("iaf", number)
    assert len(reference) >= len("IAF-0000")
    assert number_of("iaf", reference) == number


@pytest.mark.parametrize(
    "reference",
    ["", "IAF", "IAF-", "0007", "iaf-0007", "HMEIMIM-0007", "IAF-7a", "IAF-٣", "IAF-" + "9" * 41],
)
def test_what_a_peer_may_write_is_no_number_of_ours(reference: str) -> None:
    """Another centre's, another script's, and more figures than anybody counts to."""
    assert number_of("iaf", reference) is None


@pytest.mark.parametrize(
    ("code", "priority"),
    [
        ("journal.failed", AlarmPriority.HIGH),
        ("witness.late", AlarmPriority.LOW),
        ("line.misbehaved", AlarmPriority.MEDIUM),
        ("of.a-later-version", AlarmPriority.MEDIUM),
    ],
)
def test_what_is_not_known_can_wait_no_longer_than_most(code: str, priority: AlarmPriority) -> None:
    """An alarm that this program has no place for is neither shouted nor put off."""
    assert priority_of(code) is priority
