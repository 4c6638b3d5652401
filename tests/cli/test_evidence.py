"""Evidence of a real pair, from the command that writes it to the tools that are not ours."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import sqlite3
import subprocess
from base64 import b64decode, b64encode
from functools import partial
from pathlib import Path

import pytest

from hotline.audit.evidence.form import MAX_FILE
from hotline.journal.queries import find_message
from hotline.model.kinds import Precedence
from hotline.model.messages import Notice, Reply
from hotline.model.readback import read_back_of
from hotline.node.centre import Centre
from hotline.node.desk import read_payload
from hotline.node.place import read_place
from hotline.trust.card import Card, read_card
from hotline.trust.checkpoint import open_checkpoint
from hotline.trust.proof import Proof
from tests.audit.exchanges import PEER, Parley, card, notice
from tests.centres import centre_pair, eventually, receipted, say
from tests.cli.command import fails, hotline, hotline_json
from tests.other_programs import needs

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/howto/check-evidence.md"
PROGRAM = ROOT / "docs/howto/check-evidence.go"
REFERENCE = "IAF-0101"


class Ground:
    """The directories of a pair that has spoken, and a file of evidence of each side."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.config = {name: directory / name / "node.toml" for name in PEER}
        self.file = {name: directory / f"{name}.json" for name in PEER}
        self.card = {name: directory / name / "keys" / "centre.card" for name in PEER}

    def pins(self) -> list[str | Path]:
        """Return the options that pin both cards."""
        return ["--card", self.card["iaf"], "--card", self.card["hmeimim"]]


async def _answer(centre: Centre, id_: bytes) -> None:
    await centre.desk.read(id_.hex(), "Lt. Sokolova")
    found = await centre.reader.run(partial(find_message, name=id_.hex()))
    said = read_payload(found)
    assert isinstance(said, Notice)
    answer = Reply(to=id_.hex(), answer="accept", read_back=read_back_of(said))
    composed = await centre.desk.send("", answer, Precedence.PRIORITY, "Cpt. Orlov")
    await receipted(centre, composed.stream, composed.seq)


async def _speak(ground: Ground) -> None:
    """Exchange a notice and its answer; write evidence while both nodes run."""
    async with centre_pair(ground.directory) as (iaf, hmeimim):
        await say(hmeimim, "hmeimim/02-patrol.json")
        id_ = await say(iaf, "iaf/01-patrol.json")
        await _answer(hmeimim, id_)
        for name in PEER:

            def complete(name: str = name) -> bool:
                config, file = ground.config[name], ground.file[name]
                hotline("--config", config, "log", "evidence", REFERENCE, "-o", file, "--force")
                return not json.loads(file.read_bytes())["not_proven"]

            # Checkpoints over the newest entries are exchanged within a heartbeat.
            await eventually(complete, f"{name} cannot prove everything")


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    """Return a real pair that has spoken and was stopped, with what each wrote meanwhile."""
    made = Ground(tmp_path_factory.mktemp("pair"))
    asyncio.run(_speak(made))
    return made


# --- Writing ----------------------------------------------------------------------------------


@pytest.mark.parametrize("centre", PEER)
def test_running_and_stopped_nodes_prove_the_same(ground: Ground, centre: str) -> None:
    """What was written while the node ran holds, and tells what the stopped one's record tells."""
    now = ground.directory / "now.json"
    options = ("log", "evidence", REFERENCE, "-o", now, "--force")
    hotline("--config", ground.config[centre], *options)
    tellings = []
    for file in (ground.file[centre], now):
        (found,) = hotline_json("verify", file)["files"]
        # Newer checkpoints may have come since; what happened is the same.
        tellings.append(
            [
                (one["id"], one["signed"], one["received"]["at"], one["warning_s"])
                for one in found["proves"]["messages"]
            ]
        )
    assert tellings[0] == tellings[1]


def test_to_stdout_as_to_a_file(ground: Ground) -> None:
    """The same bytes, and nothing else on stdout."""
    file = ground.directory / "again.json"
    hotline("--config", ground.config["iaf"], "log", "evidence", REFERENCE, "-o", file)
    shown = hotline("--config", ground.config["iaf"], "log", "evidence", REFERENCE, "-o", "-")
    assert shown.stdout_bytes == file.read_bytes()
    assert "the record as a whole was not: `hotline log verify`" in shown.stderr


def test_a_file_is_never_overwritten(ground: Ground) -> None:
    """Neither by itself nor half: what is there stays, unless --force is given."""
    file = ground.directory / "kept.json"
    file.write_text("mine")
    command = ("--config", ground.config["iaf"], "log", "evidence", REFERENCE, "-o")
    fails("export.file-exists", *command, file, exit_code=2)
    fails("files.not-a-file", *command, ground.directory, "--force", exit_code=2)
    assert file.read_text() == "mine"
    hotline(*command, file, "--force")
    assert file.read_bytes().startswith(b"{")
    assert file.stat().st_mode & 0o777 == 0o600
    assert not [*ground.directory.glob(".kept*")]


def test_a_directory_that_is_not_there(ground: Ground) -> None:
    """An error with the path, no traceback."""
    where = ground.directory / "nowhere" / "file.json"
    command = ("--config", ground.config["iaf"], "log", "evidence", REFERENCE, "-o", where)
    assert "nowhere" in fails("export.no-parent", *command, exit_code=2)


def test_a_message_that_is_not_there(ground: Ground) -> None:
    """A name that fits nothing is a mistake, and no file is left."""
    file = ground.directory / "none.json"
    command = ("--config", ground.config["iaf"], "log", "evidence", "IAF-9999", "-o", file)
    fails("node.no-such-message", *command, exit_code=2)
    assert not file.exists()


def test_without_the_peers_card(ground: Ground, tmp_path: Path) -> None:
    """What could not be checked is not given away."""
    shutil.copytree(ground.directory / "iaf", tmp_path / "iaf")
    (tmp_path / "iaf/keys/peers/hmeimim.card").unlink()
    command = ("--config", tmp_path / "iaf/node.toml", "log", "evidence", REFERENCE, "-o", "-")
    fails("keys.not-enrolled", *command, exit_code=1)


def test_a_falsified_record_gives_no_evidence(ground: Ground, tmp_path: Path) -> None:
    """A time moved by a microsecond in the journal: the record does not hold, and that is said."""
    shutil.copytree(ground.directory / "hmeimim", tmp_path / "hmeimim")
    journal = read_place(tmp_path / "hmeimim/node.toml").journal
    with sqlite3.connect(journal) as connection:
        connection.execute("UPDATE message SET time_us = time_us - 1 WHERE direction = 1")
    connection.close()
    config = tmp_path / "hmeimim/node.toml"
    command = ("--config", config, "log", "evidence", REFERENCE, "-o", "-")
    said = fails("evidence.record-does-not-hold", *command, exit_code=5)
    prove = ("--config", config, "log", "prove", REFERENCE)
    fails("evidence.record-does-not-hold", *prove, exit_code=5)
    assert "hotline log verify" in said


# --- Checking ---------------------------------------------------------------------------------


def test_the_story(ground: Ground) -> None:
    """In plain words and in order, with the warning time first and what is not proven last."""
    told = hotline("verify", ground.file["hmeimim"], *ground.pins()).stdout
    order = [
        "hmeimim.json: holds",
        "WARNING TIME  ",
        "NOTICE IAF-0101",
        "signed ",
        "durable ",
        "receipt ",
        "read ",
        "by Lt. Sokolova at hmeimim",
        "answered ",
        "REPLY ACCEPT IAF-0101",
        "read back  AS SENT",
        "The clocks",
        "Not proven",
        "The keys are those of the cards that were given",
    ]
    place = 0
    for words in order:
        place = told.find(words, place)
        assert place >= 0, words
    # Every time says its zone.
    assert all(found.endswith("Z") for found in re.findall(r"\d{4}-\d\d-\d\dT[\d:.]+\S?", told))


def test_words_are_shown_to_be_compared(ground: Ground) -> None:
    """Without cards, all rests on the fingerprints; they are those that `keys show` prints."""
    told = hotline("verify", ground.file["iaf"]).stdout
    assert "compare the words with each centre by voice" in told
    words = " ".join(told.split("by voice")[1].split())
    for centre in PEER:
        keys = ground.directory / centre / "keys"
        shown = hotline_json("keys", "show", "--keys", keys)["items"]
        own = next(item for item in shown if item["centre"] == centre)["words"]
        assert (own if isinstance(own, str) else " ".join(own)) in words


def test_in_json(ground: Ground) -> None:
    """The same for scripts."""
    found = hotline_json("verify", ground.file["iaf"], ground.file["hmeimim"], *ground.pins())
    assert (found["ok"], found["pinned"], found["forks"], found["equivocations"]) == (
        True,
        True,
        [],
        [],
    )
    for file in found["files"]:
        first, second = file["proves"]["messages"]
        assert (first["kind"], second["kind"]) == ("notice", "reply")
        assert first["warning_s"] > 0
        assert first["answered"][0]["answer"]["answer"] == "accept"
        assert second["read_back"] == {"as_sent": True, "differences": []}
        assert first["clock_offset_s"]
        assert file["proves"]["not_proven"] == []


def test_other_keys(ground: Ground) -> None:
    """A card of other keys: exit 5, and nothing of the file is told."""
    stranger = ground.directory / "stranger.card"
    stranger.write_bytes(card("iaf").note)
    result = hotline(
        "verify",
        ground.file["iaf"],
        "--card",
        stranger,
        "--card",
        ground.card["hmeimim"],
        exit_code=5,
    )
    assert "[evidence.unknown-key]" in result.stderr
    assert "IAF-0101" not in result.stdout


def test_a_card_that_is_none(ground: Ground) -> None:
    """What is given as a card must be one."""
    said = fails("trust.malformed-note", "verify", ground.file["iaf"], "--card", PAGE, exit_code=5)
    assert str(PAGE) in said
    fails("cli.unreadable-file", "verify", ground.file["iaf"], "--card", "nothing", exit_code=2)


def test_files_that_are_none(ground: Ground, tmp_path: Path) -> None:
    """One bad file among good ones: the good are told, the bad is named, exit 5."""
    cut = tmp_path / "cut.json"
    cut.write_bytes(ground.file["iaf"].read_bytes()[:-100])
    result = hotline("verify", cut, ground.file["iaf"], exit_code=5)
    assert "cut.json: does NOT hold" in result.stdout
    assert "iaf.json: holds" in result.stdout
    assert result.stdout.splitlines()[-1] == "1 of 2 files does NOT hold"
    both = hotline("verify", ground.file["iaf"], ground.file["hmeimim"]).stdout
    assert both.splitlines()[-1] == "all 2 files hold, each by itself and all together"
    assert "all" not in hotline("verify", ground.file["iaf"]).stdout.splitlines()[-1]
    assert "[evidence.malformed]" in result.stderr
    fails("cli.unreadable-file", "verify", tmp_path / "none.json", exit_code=2)
    fails("cli.unreadable-file", "verify", tmp_path, exit_code=2)
    found = hotline_json("verify", cut, exit_code=5)
    failure = found["files"][0]["failure"]
    assert (failure["step"], failure["code"]) == (1, "evidence.malformed")


def test_a_file_without_end(tmp_path: Path) -> None:
    """A file larger than any evidence is read no further than that."""
    huge = tmp_path / "huge.json"
    with huge.open("wb") as file:
        file.truncate(MAX_FILE * 100)
    result = hotline("verify", huge, exit_code=5)
    assert "[evidence.too-large]" in result.stderr


def test_it_needs_nothing_but_the_files(ground: Ground, tmp_path: Path) -> None:
    """No configuration, no node: a file on stdin, in an empty directory, is enough."""
    result = hotline("verify", "-", typed=ground.file["iaf"].read_bytes())
    assert "-: holds" in result.stdout
    assert not [*tmp_path.iterdir()]


def test_a_fork_is_shown_with_both_notes(tmp_path: Path) -> None:
    """Two files that each hold, of one log with two histories: exit 5, and both signatures."""
    paths = []
    for title in ("North", "West"):
        parley = Parley(tmp_path / title)
        parley.say("iaf", notice(title=title))
        parley.update()
        path = tmp_path / f"{title}.json"
        path.write_bytes(parley.evidence("hmeimim"))
        parley.close()
        hotline("verify", path)
        paths.append(path)
    result = hotline("verify", *paths, exit_code=5)
    assert "FORK: hmeimim signed two histories of hotline/exercise/hmeimim/iaf/1" in result.stdout
    assert "EQUIVOCATION: iaf signed two messages as number 1 of ROUTINE" in result.stdout
    assert "[evidence.fork]" in result.stderr
    assert "[evidence.equivocation]" in result.stderr
    assert "but together they prove two histories" in result.stdout.splitlines()[-1]
    notes = re.findall(r"— hotline/exercise/hmeimim/iaf/1 \S+", result.stdout)
    assert len(set(notes)) == 2
    found = hotline_json("verify", *paths, exit_code=5)
    assert {fork["centre"] for fork in found["forks"]} == set(PEER)
    for fork in found["forks"]:
        centre = card(fork["centre"])
        roots = {
            open_checkpoint(text.encode(), fork["log"], centre.log).root
            for text in fork["checkpoints"]
        }
        assert len(roots) == 2


# --- One entry --------------------------------------------------------------------------------


def test_prove_by_entry_and_by_message(ground: Ground) -> None:
    """The same proof for a message's reference and for its number; it verifies by itself."""
    config = ground.config["hmeimim"]
    text = hotline("--config", config, "log", "prove", REFERENCE).stdout
    proof = Proof.parse(text)
    assert hotline("--config", config, "log", "prove", str(proof.index)).stdout == text
    key = card_of(ground, "hmeimim").log
    checkpoint = open_checkpoint(proof.note, "hotline/exercise/hmeimim/iaf/1", key)
    proof.verify(proof.extra, checkpoint)
    assert b"\n\xe2\x80\x94 hotline/exercise/iaf/witness " in proof.note
    found = hotline_json("--config", config, "log", "prove", str(proof.index), "--log", "iaf")
    assert found == {
        "log": "hotline/exercise/hmeimim/iaf/1",
        "entry": proof.index,
        "kind": "notice",
        "leaf": b64encode(proof.extra).decode(),
        "size": checkpoint.size,
        "proof": text,
        "traffic": "EXERCISE",
    }


def test_prove_an_entry_of_the_nodes_own_log(ground: Ground) -> None:
    """The log of the node's affairs is named `node`."""
    text = hotline("--config", ground.config["iaf"], "log", "prove", "0", "--log", "node").stdout
    assert b"hotline/exercise/iaf/node/1" in Proof.parse(text).note


def test_what_cannot_be_proved(ground: Ground) -> None:
    """No such entry, log or message."""
    command = ("--config", ground.config["iaf"], "log", "prove")
    fails("evidence.no-such-entry", *command, "99999", exit_code=2)
    fails("evidence.no-such-entry", *command, "9" * 19, exit_code=2)
    fails("node.unknown-log", *command, "0", "--log", "nobody", exit_code=2)
    fails("node.no-such-message", *command, "IAF-9999", exit_code=2)


def card_of(ground: Ground, centre: str) -> Card:
    """Return a centre's card."""
    return read_card(ground.card[centre].read_bytes())


# --- Other tools ------------------------------------------------------------------------------


def commands() -> list[str]:
    """Return every command of the page, in order."""
    blocks = re.findall(r"```console\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    assert all(line.startswith("$ ") for line in lines)
    return [line[2:] for line in lines]


needs_tools = needs("openssl", "jq", "go", "sha256sum", "od")


def follow_the_page(file: bytes, directory: Path) -> subprocess.CompletedProcess[str]:
    """Run the page's commands from top to bottom, as one shell session, and stop at an error."""
    (directory / "exchange.json").write_bytes(file)
    shutil.copy(PROGRAM, directory)
    return subprocess.run(
        ["sh", "-eu"],
        input="\n".join(commands()),
        cwd=directory,
        env={**os.environ, "GOCACHE": str(directory / "cache"), "GOFLAGS": "", "GOPROXY": "off"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where the page is followed; what Go has built is kept from one time to the next."""
    return tmp_path_factory.mktemp("page")


@needs_tools
@pytest.mark.parametrize("centre", PEER)
def test_the_page_is_true(ground: Ground, directory: Path, centre: str) -> None:
    """OpenSSL, jq, a shell and Go's trees find the same as we do, command by command."""
    done = follow_the_page(ground.file[centre].read_bytes(), directory)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("Signature Verified Successfully") == 3
    assert "body: OK" in done.stdout
    found = hotline_json("verify", ground.file[centre])["files"][0]["proves"]
    for key in found["keys"]:
        assert key["fingerprint"] in done.stdout
    first = found["messages"][0]
    assert f"{first['received']['at'][:19]}Z" in done.stdout
    proofs = json.loads(ground.file[centre].read_bytes())
    expected = sum(len(one["sent"]) + len(one["received"]) for one in proofs["messages"])
    assert done.stdout.count(" under its signature over ") == expected + len(proofs["records"])


@needs_tools
@pytest.mark.parametrize("what", ["body", "signature", "time", "root", "path", "cosignature"])
def test_the_page_finds_what_was_changed(ground: Ground, directory: Path, what: str) -> None:
    """Each check of the page can fail."""
    tree = json.loads(ground.file["iaf"].read_bytes())
    first = tree["messages"][0]
    if what == "body":
        first["body"] = flipped(first["body"])
    elif what == "signature":
        first["group"]["signatures"][0] = flipped(first["group"]["signatures"][0])
    else:
        text = first["received"][-1 if what == "cosignature" else 0]
        lines = text.split("\n")
        number = {"time": 1, "root": lines.index("") + 3, "path": 3, "cosignature": -2}[what]
        word, _, encoded = lines[number].rpartition(" ")
        lines[number] = f"{word} {flipped(encoded)}".lstrip()
        first["received"] = ["\n".join(lines) if one == text else one for one in first["received"]]
    done = follow_the_page(json.dumps(tree).encode(), directory)
    assert done.returncode != 0, done.stdout


def flipped(encoded: str) -> str:
    """Return base64 of the same bytes but the last."""
    data = bytearray(b64decode(encoded))
    data[-1] ^= 1
    return b64encode(data).decode()
