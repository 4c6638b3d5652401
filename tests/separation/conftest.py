"""The two pairs that the tests here share: starting four nodes once is enough."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hotline.model.kinds import Status
from tests.separation.worlds import World, worlds


@pytest.fixture(autouse=True)
def _nobody_in_particular(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test depends on who runs it, or on what is set in their shell."""
    for variable in ("HOTLINE_CONFIG", "HOTLINE_OFFICER", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture(scope="package")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[Status, World]]:
    """Run a pair in an exercise and a pair for actual traffic."""
    with worlds(tmp_path_factory.mktemp("worlds")) as made:
        yield made


@pytest.fixture
def exercise(both: dict[Status, World]) -> World:
    """Return the pair in an exercise."""
    return both[Status.EXERCISE]


@pytest.fixture
def actual(both: dict[Status, World]) -> World:
    """Return the pair for actual traffic."""
    return both[Status.ACTUAL]
