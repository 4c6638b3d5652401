"""What a machine lacks: a test that needs it fails where it is promised, and is loud elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.missing import REASONS, needs_no_more

WHY = "only root may enter it here"


@pytest.fixture
def noted(pytestconfig: pytest.Config) -> Iterator[pytest.Config]:
    """Forget afterwards what these tests say is missing."""
    before = pytestconfig.stash.setdefault(REASONS, {}).copy()
    yield pytestconfig
    pytestconfig.stash[REASONS] = before


def test_nothing_is_said_where_nothing_is_missing(noted: pytest.Config) -> None:
    """The test goes on."""
    needs_no_more(noted, None)
    assert "faults" not in noted.stash.get(REASONS, {})


@pytest.mark.parametrize("promise", [("CI", "true"), ("HOTLINE_REQUIRE_DOCKER", "1")])
def test_a_promised_engine_without_what_a_fault_takes_fails(
    noted: pytest.Config, monkeypatch: pytest.MonkeyPatch, promise: tuple[str, str]
) -> None:
    """A green run would say that the fault had been tried."""
    for name in ("CI", "HOTLINE_REQUIRE_DOCKER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(*promise)
    with pytest.raises(pytest.fail.Exception, match=WHY):
        needs_no_more(noted, WHY)


def test_elsewhere_the_test_is_left_out_and_the_end_of_the_run_says_so(
    noted: pytest.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the reason that the ground gives."""
    for name in ("CI", "HOTLINE_REQUIRE_DOCKER"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(pytest.skip.Exception, match=WHY):
        needs_no_more(noted, WHY)
    assert noted.stash[REASONS]["faults"] == WHY
