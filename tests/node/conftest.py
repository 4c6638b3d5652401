"""The node under attack, shared by the tests of what a peer may do to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

import pytest
import uvloop

from tests.node.hub import Hub, open_hub

LOOPS: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "asyncio": asyncio.new_event_loop,
    "uvloop": uvloop.new_event_loop,
}


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Test the port and its TLS on both event loops that a node may have; the rest on one."""
    del config
    return LOOPS if item.path.name == "test_gate.py" else {"uvloop": LOOPS["uvloop"]}


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Hub]:
    """Run a node with an honest and a hostile peer; the honest line must come out unharmed."""
    async with open_hub(tmp_path) as opened:
        yield opened
        await opened.unharmed()
