"""Real faults between two real nodes, each once and shortly; `make faults` tries them for long.

All of them take root: on a machine without it they are skipped, and the end of the run says so.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.missing import FAULTS_OF_A_PAIR, note_missing
from tests.pair.faults.catalogue import CATALOGUE
from tests.pair.faults.trial import FULL, QUICK, Trial, trial
from tests.pair.namespaces import why_no_network

LONG = "HOTLINE_TEST_LONG" in os.environ
IN_BRIEF = frozenset(
    {
        "loss-20",
        "delay",
        "reordering",
        "forgery",
        "partition-from-iaf",
        "partition-from-hmeimim",
        "kill-iaf",
        "kill-hmeimim",
        "freeze-hmeimim",
        "disk-full-hmeimim",
        "sync-fails",
        "write-fails",
        "clock-300",
        "certificates",
        "flood",
        "drip",
        "deaf",
    }
)
"""What `make test` tries: of faults that differ in degree or side only, the harder one."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pair(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Trial]:
    """Give one pair of nodes, which all faults befall one after the other."""
    if reason := why_no_network():
        _skip(request, reason)
    async with trial(tmp_path_factory.mktemp("faults"), FULL if LONG else QUICK) as made:
        yield made


def _skip(request: pytest.FixtureRequest, reason: str) -> None:
    note_missing(request.config, "pair faults", reason)
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason}: {FAULTS_OF_A_PAIR.mend}", pytrace=False)
    pytest.skip(reason)


@pytest.mark.pair
@pytest.mark.alone
@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.long
@pytest.mark.parametrize("name", [name for name in CATALOGUE if LONG or name in IN_BRIEF])
async def test_fault(pair: Trial, request: pytest.FixtureRequest, name: str) -> None:
    """Nothing is lost, doubled or out of order; all is receipted soon; both records agree."""
    entry = CATALOGUE[name]
    if reason := entry.needs():
        _skip(request, reason)
    outcome = await entry.run(pair)
    assert outcome.sent
