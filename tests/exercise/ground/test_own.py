"""A pair of an exercise's own: made, entered again, collected, and nobody else's touched."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hotline.audit.verification.journal import verify_journal
from hotline.errors import ConfigError, ExerciseError, UsageError
from hotline.exercise.ground.claim import locked
from hotline.exercise.ground.own import MARKER, OwnPair, letters_of
from hotline.exercise.ground.processes import running_as
from hotline.exercise.scenario.shape import FaultKind
from hotline.node.keyring import load_cards
from hotline.node.place import read_place
from tests.exercise.ground.pairs import advise, fault, letter, line_is, scenario

pytestmark = pytest.mark.pair


def pid_of(directory: Path, name: str) -> int:
    """Return the process id that a pair has left in its directory."""
    return int((directory / name).read_text())


def cards(directory: Path) -> set[str]:
    """Return the fingerprints of both centres' keys."""
    return {load_cards(directory / centre / "keys")[0].fingerprint for centre in ("iaf", "hmeimim")}


async def test_a_pair_is_made_played_on_collected_and_ended(tmp_path: Path) -> None:
    """Keys, letter and journals are its own; what is collected verifies; no process stays."""
    here = tmp_path / "exercise"
    async with OwnPair(here, scenario()) as pair:
        assert set(pair.clients) == {"iaf", "hmeimim"}
        await line_is(pair, up=True)
        sent = await advise(pair.clients["iaf"])
        assert sent.receipt is not None
        left = [pid_of(here, name) for name in ("iaf/node.pid", "hmeimim/node.pid", "proxy.pid")]
        collected = await pair.collect(here / "collected")
        with pytest.raises(UsageError):
            await pair.collect(here / "collected")
    for centre, path in collected.items():
        place = read_place(path / "node.toml")
        report = verify_journal(place.journal, place.card, place.peers)
        assert report.ok, report.failures
        assert not [file for file in path.rglob("*") if file.suffix == ".key"]
        assert path == here / "collected" / centre
    for pid in left:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    assert (here / "iaf" / "letter.toml").read_text("utf-8") == letter()


async def test_a_pair_is_entered_again_with_its_keys_and_journals(tmp_path: Path) -> None:
    """A second exercise in the same directory goes on where the first one ended."""
    async with OwnPair(tmp_path, scenario()) as pair:
        await line_is(pair, up=True)
        sent = await advise(pair.clients["iaf"])
    before = cards(tmp_path)
    async with OwnPair(tmp_path, scenario()) as pair:
        await line_is(pair, up=True)
        assert (await pair.clients["hmeimim"].message(sent.id)).message.id == sent.id
    assert cards(tmp_path) == before


DIRECTOR = """
import asyncio, sys
from pathlib import Path
from hotline.exercise.ground.own import OwnPair
from hotline.exercise.scenario.shape import FaultKind
from tests.exercise.ground.pairs import fault, line_is, scenario

async def direct():
    async with OwnPair(Path(sys.argv[1]), scenario()) as pair:
        await line_is(pair, up=True)
        await pair.begin(fault(FaultKind.CUT))
        await pair.begin(fault(FaultKind.SLOW_DISK, 0.1, "iaf"))
        print("ready", flush=True)
        await asyncio.Event().wait()

asyncio.run(direct())
"""


async def test_a_director_that_is_killed_leaves_a_pair_for_the_next(tmp_path: Path) -> None:
    """Nodes that run are taken over, one that is gone is started, what was broken is whole."""
    here = tmp_path / "exercise"
    with subprocess.Popen(
        [sys.executable, "-c", DIRECTOR, str(here)], stdout=subprocess.PIPE, text=True
    ) as director:
        assert director.stdout is not None
        assert director.stdout.readline() == "ready\n"
        director.kill()
    running = pid_of(here, "hmeimim/node.pid")
    proxy = pid_of(here, "proxy.pid")
    os.kill(pid_of(here, "iaf/node.pid"), signal.SIGKILL)
    async with OwnPair(here, scenario()) as pair:
        assert pid_of(here, "hmeimim/node.pid") == running
        assert pid_of(here, "proxy.pid") == proxy
        await line_is(pair, up=True)
        for client in pair.clients.values():
            assert (await client.faults()).faults == []
        assert (await advise(pair.clients["iaf"])).receipt is not None
    for name in ("iaf/node.pid", "hmeimim/node.pid", "proxy.pid"):
        assert not (here / name).exists()


async def test_a_node_that_was_left_running_knows_what_is_broken_no_more(tmp_path: Path) -> None:
    """Leaving undoes faults of nodes and of the line before anything is ended."""
    async with OwnPair(tmp_path, scenario()) as pair:
        await pair.begin(fault(FaultKind.CLOCK, 3.0, "iaf"))
        (lasting,) = (await pair.clients["iaf"].faults()).faults
        assert (lasting.kind, lasting.amount, lasting.by) == ("clock-offset", 3.0, "director")
        await pair.begin(fault(FaultKind.DELAY, 0.2))
        await pair._breaker.mend()
        assert (await pair.clients["iaf"].faults()).faults == []
        assert pair._breaker.lasting == ()


async def test_another_letter_for_one_centre_keeps_the_pair_apart(tmp_path: Path) -> None:
    """Both nodes answer, whatever they then think of each other's letter."""
    other = letter(receipt_alarm_s="11")
    async with OwnPair(tmp_path, scenario(letters={"hmeimim": other})) as pair:
        found = {(await client.status()).lines[0].letter for client in pair.clients.values()}
        assert len(found) == 2


async def test_what_was_not_made_for_an_exercise_is_left_alone(tmp_path: Path) -> None:
    """A directory of a centre that is there already is never taken, not even an empty one."""
    (tmp_path / "iaf").mkdir()
    (tmp_path / "iaf" / "thesis.txt").write_text("irreplaceable")
    with pytest.raises(ExerciseError) as caught:
        await OwnPair(tmp_path, scenario()).__aenter__()
    assert caught.value.code == "exercise.not-ours"
    assert (tmp_path / "iaf" / "thesis.txt").read_text() == "irreplaceable"
    assert not (tmp_path / "hmeimim").exists()


async def test_two_exercises_do_not_share_a_directory(tmp_path: Path) -> None:
    """The second is refused while the first one runs, and nothing of the first is touched."""
    with locked(tmp_path / MARKER), pytest.raises(ExerciseError) as caught:
        await OwnPair(tmp_path, scenario()).__aenter__()
    assert caught.value.code == "exercise.running"


async def test_what_was_cut_short_in_the_making_is_made_anew(tmp_path: Path) -> None:
    """Keys without a node.toml have spoken for nobody yet."""
    (tmp_path / MARKER).touch()
    (tmp_path / "iaf" / "keys").mkdir(parents=True)
    (tmp_path / "iaf" / "keys" / ".incomplete").touch()
    async with OwnPair(tmp_path, scenario()) as pair:
        await line_is(pair, up=True)


async def test_a_node_that_cannot_start_is_named_with_what_it_said(tmp_path: Path) -> None:
    """The other node and the proxy are ended again."""
    async with OwnPair(tmp_path, scenario()):
        pass
    (tmp_path / "iaf" / "keys" / "signing.key").write_text("nonsense")
    (tmp_path / "iaf" / "keys" / "signing.key").chmod(0o600)
    with pytest.raises(ExerciseError) as caught:
        await OwnPair(tmp_path, scenario()).__aenter__()
    assert caught.value.code == "exercise.node-ended"
    assert "the node of iaf" in caught.value.message
    assert str(tmp_path / "iaf" / "node.log") in caught.value.hint
    assert not running_as(tmp_path / "hmeimim" / "node.pid", tmp_path / "hmeimim" / "node.toml")
    assert not (tmp_path / "proxy.pid").exists()


def test_letters_that_cannot_be_played_are_refused() -> None:
    """None at all, of other centres, of actual traffic, or no letter in the first place."""
    with pytest.raises(ExerciseError) as caught:
        letters_of(scenario(letter=None))
    assert caught.value.code == "exercise.no-letter"
    with pytest.raises(ExerciseError) as caught:
        letters_of(scenario(centres=("iaf", "ramla")))
    assert caught.value.code == "exercise.letter-of-others"
    with pytest.raises(ExerciseError) as caught:
        letters_of(scenario(letter=letter(status='"actual"')))
    assert caught.value.code == "exercise.actual-letter"
    with pytest.raises(ConfigError):
        letters_of(scenario(letter="no letter"))
