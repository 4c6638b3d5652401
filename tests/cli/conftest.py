"""The pair of node processes that a module's tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hotline.cli.demo.ground import make_sites
from hotline.exercise.ground.site import free_port, write_configs
from tests.cli.command import EXAMPLES, Node, Pair


@pytest.fixture(autouse=True)
def _nobody_in_particular(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test depends on who runs it, or on what is set in their shell."""
    for variable in ("HOTLINE_CONFIG", "HOTLINE_OFFICER", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Run both centres as processes; the line is up when a test gets them."""
    letter = (EXAMPLES / "letter.toml").read_bytes()
    sites = make_sites(tmp_path_factory.mktemp("pair"), letter)
    port = free_port()
    write_configs(sites, port, port)
    made = Pair(Node(sites["iaf"]), Node(sites["hmeimim"]))
    try:
        made.hmeimim.start()
        made.iaf.start()
        made.iaf.wait_for_line(up=True)
        made.hmeimim.wait_for_line(up=True)
        yield made
    finally:
        for node in (made.iaf, made.hmeimim):
            if node.process is not None and node.process.poll() is None:
                node.stop()
