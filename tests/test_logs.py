"""What a peer says must not steer the terminal on which an operator reads the node's log."""

from __future__ import annotations

import io
import logging
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


@pytest.mark.parametrize("style", ["console", "json"])
def test_every_line_of_an_exercise_says_so(style: str) -> None:
    """The node's own and what its libraries say; a line of an actual node bears no mark."""
    for banner in ("EXERCISE 100% West", ""):
        stream = io.StringIO()
        configure_logs(LogConfig(format=style, level="info"), stream, banner)
        structlog.get_logger().info("line_up", line="iaf")
        logging.getLogger("aiohttp").warning("slow")
        lines = stream.getvalue().splitlines()
        assert len(lines) == 2
        assert all(("EXERCISE 100% West" in line) == bool(banner) for line in lines)
