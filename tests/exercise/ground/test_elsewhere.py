"""Nodes that somebody else runs, reached by their sockets, also through a command's stdin."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from hotline.api.client import Client
from hotline.errors import ExerciseError, UsageError
from hotline.exercise.ground.bridge import Bridge
from hotline.exercise.ground.elsewhere import Elsewhere
from hotline.exercise.ground.own import OwnPair
from hotline.exercise.scenario.shape import FaultKind
from hotline.node.place import read_place
from tests.exercise.ground.pairs import advise, fault, line_is, scenario

pytestmark = pytest.mark.pair


async def test_nodes_elsewhere_are_played_on_and_left_running(tmp_path: Path) -> None:
    """Their own faults can be had, line faults through the proxy between them, power not."""
    async with OwnPair(tmp_path / "pair", scenario()) as pair:
        await line_is(pair, up=True)
        sockets = {centre: site.socket for centre, site in pair.sites.items()}
        journals = {"iaf": pair.sites["iaf"].directory, "hmeimim": pair.sites["hmeimim"].config}
        proxy = pair.sites["iaf"].socket.parent / "proxy.sock"
        async with Elsewhere(sockets, journals=journals, proxy=proxy) as ground:
            cut, drift = fault(FaultKind.CUT), fault(FaultKind.CLOCK, 2.0, "iaf")
            assert await ground.begin(cut) == "fault proxy"
            await line_is(ground, up=False)
            await ground.begin(drift)
            why = ground.why_not(fault(FaultKind.KILL, centre="iaf"))
            assert why is not None
            assert "not started here" in why
            found = await ground.collect(tmp_path / "collected")
            assert read_place(found["hmeimim"] / "node.toml").journal.is_file()
        # Whole again, and still there.
        await line_is(pair, up=True)
        assert (await pair.clients["iaf"].faults()).faults == []
        async with Elsewhere(sockets) as ground:
            why = ground.why_not(cut)
            assert why is not None
            assert "fault proxy" in why
            assert (await advise(ground.clients["iaf"])).receipt is not None
            with pytest.raises(ExerciseError) as caught:
                await ground.collect(tmp_path / "nothing")
            assert caught.value.code == "exercise.no-journal"
            assert not (tmp_path / "nothing").exists()
        with pytest.raises(ExerciseError) as caught:
            await Elsewhere({"hmeimim": sockets["iaf"]}).__aenter__()
        assert caught.value.code == "exercise.wrong-node"


async def test_a_node_that_is_not_there_is_named(tmp_path: Path) -> None:
    """With its centre, and what to do."""
    with pytest.raises(ExerciseError) as caught:
        await Elsewhere({"iaf": tmp_path / "api.sock"}).__aenter__()
    assert caught.value.code == "exercise.node-unreachable"
    assert "the node of iaf" in caught.value.message
    assert caught.value.hint


async def test_a_node_s_api_is_reached_through_a_command(tmp_path: Path) -> None:
    """As with `docker exec`: questions, a stream, and an end that leaves no process behind."""
    async with OwnPair(tmp_path / "pair", scenario()) as pair:
        inside = str(pair.sites["iaf"].socket)
        bridge = Bridge(tmp_path / "b.sock", (sys.executable, "-m", "hotline.api.stdio", inside))
        await bridge.open()
        await bridge.open()
        async with Client(bridge.socket) as client:
            assert (await client.status()).centre == "iaf"
            opened = await asyncio.wait_for(anext(client.events()), 20)
            assert opened[0] == "open"
            found = await asyncio.gather(*(client.messages() for _ in range(3)))
            assert len(found) == 3
            await bridge.shut()
            with pytest.raises(UsageError) as caught:
                await client.status()
            assert caught.value.code == "api.no-node"


async def test_a_command_that_leads_nowhere_ends_the_connection(tmp_path: Path) -> None:
    """The client is told that the node broke off, in its own time and not in 30 s."""
    bridge = Bridge(tmp_path / "b.sock", (sys.executable, "-c", "pass"))
    await bridge.open()
    async with Client(bridge.socket) as client:
        with pytest.raises(UsageError) as caught:
            await client.status()
        assert caught.value.code == "api.no-answer"
    await bridge.shut()


def test_stdin_and_stdout_are_the_connection(tmp_path: Path) -> None:
    """All that is given arrives, then the end; all that comes back is printed."""
    path = tmp_path / "s.sock"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()
        command = [sys.executable, "-m", "hotline.api.stdio", str(path)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as carried:
            assert carried.stdin is not None
            assert carried.stdout is not None
            node, _ = listening.accept()
            with node:
                carried.stdin.write(b"question" * 20_000)
                carried.stdin.close()
                heard = b""
                while data := node.recv(65536):
                    heard += data
                node.sendall(b"answer")
            assert heard == b"question" * 20_000
            assert carried.stdout.read() == b"answer"
            assert carried.wait(20) == 0


@pytest.mark.parametrize(("words", "status"), [((), 2), (("nowhere.sock",), 1)])
def test_where_nothing_listens_it_says_so(
    tmp_path: Path, words: tuple[str, ...], status: int
) -> None:
    """One line on stderr, nothing on stdout."""
    done = subprocess.run(
        [sys.executable, "-m", "hotline.api.stdio", *words],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
        stdin=subprocess.DEVNULL, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == status
    assert done.stdout == b""
    assert done.stderr.startswith(b"hotline: error: ")
    assert done.stderr.count(b"\n") == 1
