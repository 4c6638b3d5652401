"""What send says on stderr about a message that is signed: what can still be done about it."""

from __future__ import annotations

import pytest

from hotline.api.schema import Flag
from hotline.cli.send import warn_of
from tests.cli.samples import related


@pytest.mark.parametrize(
    ("kind", "offered", "refused"),
    [
        ("notice", ("withdraw",), ()),
        ("revision", ("withdraw",), ()),
        ("activation", ("revision",), ("withdraw",)),
        ("nonconformance", ("revision", "activation", "end"), ("withdraw",)),
        ("contingency", ("contingency", "end"), ("withdraw", "revise", "revision")),
    ],
)
def test_a_conflict_is_told_with_what_may_still_be_sent(
    kind: str,
    offered: tuple[str, ...],
    refused: tuple[str, ...],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What flies cannot be withdrawn, and what is out of control cannot be revised."""
    warn_of("IAF-0101", [], [related("conflict")], kind)
    said = capsys.readouterr().err
    assert all(word in said for word in offered)
    assert not any(word in said for word in refused)


def test_a_conflict_that_is_resolved_is_no_warning(capsys: pytest.CaptureFixture[str]) -> None:
    """It is told as what has become better."""
    flag = Flag(code="airspace.resolved", text="resolved: IAF-0101 and HM-1, which was a conflict")
    warn_of("IAF-0101", [flag], [])
    said = capsys.readouterr().err
    assert said.startswith("hotline: note: IAF-0101: resolved: IAF-0101 and HM-1")
    assert "warning" not in said


def test_a_field_is_set_off_from_what_is_said_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    """The name of the field is no word of the sentence."""
    flag = Flag(code="notice.activation-late", text="activated 21 s after its start", field="at")
    warn_of("IAF-0401", [flag], [])
    assert "IAF-0401, at: activated 21 s after its start; sent" in capsys.readouterr().err
