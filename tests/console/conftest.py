"""What all tests of the console share."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from argon2 import PasswordHasher
from playwright.async_api import expect

from hotline.node import access_passwords
from tests.console.consoles import PATIENCE_S, Pair, consoles

expect.set_options(timeout=PATIENCE_S * 1000)


@pytest.fixture(scope="module", autouse=True)
def _quick_passwords() -> Iterator[None]:
    """Make passwords as fast to check as they are typed: nine officers, and many who log in.

    Nodes that run as processes of their own, in tests/console/test_process.py, have the real ones.
    """
    quick = PasswordHasher(time_cost=1, memory_cost=512, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(access_passwords, "_HASHER", quick)
        yield


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pair(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Pair]:
    """Run both centres with their consoles for all of a file."""
    async with consoles(tmp_path_factory.mktemp("pair")) as (iaf, hmeimim):
        yield Pair(iaf, hmeimim)


@pytest_asyncio.fixture(loop_scope="module")
async def closed(pair: Pair) -> AsyncIterator[None]:
    """Close the pages of each test of a file that uses this."""
    yield
    await pair.close_pages()
