"""What ``send``, ``reply`` and their options do when something comes between."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from hotline.api.client import Client
from hotline.api.schema import Thread
from hotline.cli import asking
from hotline.cli.demo.ground import make_sites
from hotline.cli.watch import says_nothing
from hotline.exercise.ground.site import write_configs
from tests.cli.command import EXAMPLES, Pair, fails, hotline

ADVISORY = EXAMPLES / "iaf/14-advisory.json"


def test_a_wait_is_a_number() -> None:
    """NaN compares with nothing, so it would wait for ever or not at all."""
    said = fails("cli.usage", "send", ADVISORY, "--wait", "nan", exit_code=2)
    assert "is not a number of seconds" in said
    fails("cli.usage", "send", ADVISORY, "--wait", "inf", exit_code=2)


def test_an_officer_has_a_name() -> None:
    """A name that is given and empty is a script's mistake, not a wish for the login name."""
    for name in ("", "  "):
        said = fails("cli.usage", "send", ADVISORY, "--officer", name, exit_code=2)
        assert "--officer says no name" in said


def test_precedences_are_listed_in_capitals() -> None:
    """As the documents and the files write them."""
    assert "FLASH|IMMEDIATE|PRIORITY|ROUTINE" in hotline("send", "--help").stdout
    said = fails("cli.usage", "send", ADVISORY, "--precedence", "soon", exit_code=2)
    assert "'FLASH', 'IMMEDIATE', 'PRIORITY', 'ROUTINE'" in said


def test_a_receipt_of_nothing_is_no_event() -> None:
    """A checkpoint that was only cosigned concerns nobody's message."""
    assert says_nothing("receipt", {"line": "iaf", "count": 0})
    assert not says_nothing("receipt", {"line": "iaf", "count": 1})
    assert not says_nothing("line", {"line": "iaf", "up": True})


@pytest.mark.pair
def test_ctrl_c_while_waiting_says_what_is_kept(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is signed goes out whatever the officer does: id and reference are told, exit code 6."""

    async def interrupted(self: Client, name: str) -> Thread:
        raise KeyboardInterrupt

    monkeypatch.setattr(Client, "message", interrupted)
    one = pair.iaf.hotline("send", EXAMPLES / "iaf/01-patrol.json", exit_code=6)
    assert one.stdout.startswith("IAF-0101  to hmeimim, ROUTINE no. ")
    assert "\n  id  " in one.stdout
    assert "will be delivered when the line is up [cli.not-acknowledged]" in one.stderr
    two = pair.iaf.hotline("send", ADVISORY, ADVISORY, "--json", exit_code=6)
    assert two.stdout.count('"id"') == 2
    assert "all 2 messages are signed and kept" in two.stderr


@pytest.mark.pair
def test_what_went_wrong_later_hides_nothing_that_is_kept(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first file is signed, the second one never handed over: both are told."""
    send = Client.send
    asked: list[object] = []

    async def once(self: Client, request: Any) -> Any:
        asked.append(request)
        if len(asked) == 2:
            raise KeyboardInterrupt
        return await send(self, request)

    monkeypatch.setattr(Client, "send", once)
    result = pair.iaf.hotline("send", ADVISORY, ADVISORY, exit_code=1)
    assert "it waits here for the line" in result.stdout
    assert "interrupted [cli.interrupted]" in result.stderr


def test_a_node_that_says_nothing_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stopped process holds its socket open; the sentence says what it is, and what to do."""
    sites = make_sites(tmp_path, (EXAMPLES / "letter.toml").read_bytes())
    write_configs(sites, 7400, 7400)
    patient = asking.answering
    monkeypatch.setattr(asking, "answering", lambda client, *_: patient(client, 0.05))
    config, path = sites["iaf"].config, sites["iaf"].socket
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()
        for words in (["status"], ["inbox"], ["show", "IAF-0101"], ["doctor"]):
            said = fails("api.no-answer", "--config", config, *words, exit_code=1)
            assert "does not answer: nothing came within 0.05 s" in said
            assert "look at its log" in said
