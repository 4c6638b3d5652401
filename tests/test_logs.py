"""What a peer says must not steer the terminal on which an operator reads the node's log."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
import structlog

from hotline.node.config import LogConfig
from hotline.node.daemon import configure_logs


@pytest.fixture(autouse=True)
def default_logs() -> Iterator[None]:
    """Leave the logs as they were."""
    yield
    structlog.reset_defaults()


@pytest.mark.parametrize("style", ["console", "json"])
@pytest.mark.parametrize(
    "said", ["\x1b[2J", "\x9b2J", "\u202e1", "a\nnode_started", "\x1b]0;x\x07"]
)
def test_text_of_a_peer_is_one_harmless_line(style: str, said: str) -> None:
    """Controls are written out, in every field, whatever the form of the log."""
    stream = io.StringIO()
    configure_logs(LogConfig(format=style, level="info"), stream)
    structlog.get_logger().warning("line_down", reason=said, line="iaf")
    written = stream.getvalue()
    assert said not in written
    assert written.isascii()
    assert written.count("\n") == 1
    assert written.replace("\n", "").isprintable()
