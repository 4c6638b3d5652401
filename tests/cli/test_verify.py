"""``hotline log verify``: what it prints, from which checkpoint, and what it refuses."""

from __future__ import annotations

import os
import pty
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hotline.audit.verification.findings import Begin, Report
from hotline.cli.demo.ground import make_sites
from hotline.cli.log.verify import sentence
from hotline.exercise.ground.site import Site, write_configs
from hotline.journal.schema import SCHEMA, connect
from hotline.trust.checkpoint import Checkpoint, sign_checkpoint
from hotline.trust.keys import Role
from tests.audit.tampering import OWN_1, OWN_2, build, card, log_id
from tests.cli.command import EXAMPLES, fails, hotline, hotline_json, unmarked
from tests.journal.ledger import key

ENTRIES = 648
"""In the honest journal's first log."""


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Return a centre with its keys and configuration, whose node has never run."""
    sites = make_sites(tmp_path, (EXAMPLES / "letter.toml").read_bytes())
    write_configs(sites, 7400, 7400)
    site = sites["iaf"]
    site.journal.parent.mkdir()
    return site


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the file of an honest journal; nobody changes it."""
    return build(tmp_path_factory.mktemp("honest"))["iaf"]


@pytest.fixture
def record(honest: Path, tmp_path: Path) -> Path:
    """Return the node.toml of a record with that journal and public cards alone."""
    (tmp_path / "keys/peers").mkdir(parents=True)
    (tmp_path / "data").mkdir()
    (tmp_path / "keys/centre.card").write_bytes(card("iaf").note)
    (tmp_path / "keys/peers/hmeimim.card").write_bytes(card("hmeimim").note)
    shutil.copy(honest, tmp_path / "data/journal.sqlite")
    config = tmp_path / "node.toml"
    config.write_text(
        'centre = "iaf"\nstatus = "exercise"\ndata = "data"\nkeys = "keys"\n'
        '[[line]]\npeer = "hmeimim"\nletter = "letter.toml"\naddresses = ["127.0.0.1:7400"]\n'
    )
    return config


@pytest.fixture
def checkpoint(honest: Path, tmp_path: Path) -> Path:
    """Return a file with a checkpoint of the first epoch's log, as somebody keeps it."""
    with sqlite3.connect(honest) as db:
        (note,) = db.execute(
            "SELECT note FROM receipt_given WHERE log = ? AND size < 600 ORDER BY size DESC",
            (log_id(db, OWN_1),),
        ).fetchone()
    path = tmp_path / "checkpoint"
    path.write_bytes(note)
    return path


def _nothing(path: Path) -> None:
    assert not path.exists()


def _noise(path: Path) -> None:
    path.write_bytes(bytes(range(256)) * 64)


def _truncated(path: Path) -> None:
    connection = connect(path, writable=True)
    connection.executescript(SCHEMA)
    connection.close()
    path.write_bytes(path.read_bytes()[:10_000])


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (_nothing, "journal.cannot-open"),
        (_noise, "journal.corrupt"),
        (_truncated, "journal.corrupt"),
    ],
)
def test_a_journal_that_cannot_be_read_is_not_verified(
    site: Site, make: Callable[[Path], None], code: str
) -> None:
    """Missing, noise or cut short: the error as usual, and the exit code of what does not hold."""
    make(site.journal)
    assert "hotline: hint: " in fails(code, "--config", site.config, "log", "verify", exit_code=5)


def test_the_verdict_counts_one_as_one() -> None:
    """One entry is no entries."""
    assert sentence(Report(entries=1, messages=1, signatures=2)) == (
        "the record holds: 1 entry, 1 message, 2 signatures"
    )
    since = Report(begins=[Begin(OWN_1, 640, "checkpoint")], signatures=2)
    assert sentence(since) == "the record holds: nothing is new since what was trusted"


def test_the_whole_record(record: Path) -> None:
    """Each log is named with size, root, and how much of it the peer has cosigned."""
    out = unmarked(hotline("--config", record, "log", "verify").stdout)
    assert out.startswith("the record holds: ")
    assert re.search(
        rf"log +{OWN_1}\nentries +{ENTRIES}\nverified +whole\ncosigned +\d+ of {ENTRIES} by", out
    )
    assert "was not read again" not in out
    said = hotline_json("--config", record, "log", "verify", "--jobs", "1")
    assert (said["ok"], said["jobs"], said["failures"], said["forks"]) == (True, 1, [], [])
    assert said["seconds"] > 0
    assert said["entries_per_s"] == pytest.approx(said["entries"] / said["seconds"], rel=0.1)
    assert said["signatures_per_s"] == pytest.approx(said["signatures"] / said["seconds"], rel=0.1)
    assert {begin["entry"] for begin in said["from"]} == {0}
    assert said["checkpoints"][0]["cosigned"].keys() == {"hmeimim"}


def test_from_a_checkpoint(record: Path, checkpoint: Path) -> None:
    """The report says what was read, what was not, and on whose word."""
    size = int(checkpoint.read_text().split("\n")[1])
    out = hotline("--config", record, "log", "verify", "--from", checkpoint).stdout
    newest = (
        f"the {ENTRIES - size} newest entries; the first {size} by the checkpoint that was given"
    )
    assert re.search(rf"log +{OWN_1}\nentries +{ENTRIES}\nverified +{newest}\n", out)
    assert re.search(rf"log +{OWN_2}\nentries +\d+\nverified +whole\n", out)
    assert re.search(r"mirror .*\nverified +all newer entries; the first \d+ by the peer's", out)
    assert "was not read again" in out
    said = hotline_json("--config", record, "log", "verify", "--from", checkpoint)
    begins = {begin["log"]: begin for begin in said["from"]}
    assert begins[OWN_1] == {"log": OWN_1, "entry": size, "trusted": "checkpoint", "witnesses": []}
    assert begins[OWN_2]["trusted"] is None


def test_a_fork_shows_both_notes(record: Path, checkpoint: Path) -> None:
    """Two histories under one key: exit code 5, and both notes as they are to be kept."""
    size = int(checkpoint.read_text().split("\n")[1])
    kept = checkpoint.read_text()
    given = sign_checkpoint(Checkpoint(OWN_1, size, b"f" * 32), key(Role.LOG, "iaf"))
    checkpoint.write_bytes(given)
    command = ("--config", record, "log", "verify", "--from", checkpoint)
    out = hotline(*command, exit_code=5).stdout
    assert "FORK" in out
    shown = {line.strip() for line in out.splitlines()}
    assert {*kept.split("\n"), *given.decode().split("\n")} <= shown
    said = hotline_json(*command, exit_code=5)
    (fork,) = said["forks"]
    assert (fork["given"], fork["kept"]) == (given.decode(), kept)
    assert said["ok"] is False


@pytest.mark.parametrize(
    ("content", "code", "exit_code"),
    [
        (None, "cli.unreadable-file", 2),
        (b"", "verify.unreadable-checkpoint", 5),
        (b"x" * 10_000_000, "verify.unreadable-checkpoint", 5),
        (sign_checkpoint(Checkpoint(OWN_1, 9999, b"f" * 32), key(Role.LOG, "iaf")),
         "verify.checkpoint-ahead", 5),
    ],
)  # fmt: skip
def test_a_checkpoint_that_is_refused(
    record: Path, checkpoint: Path, content: bytes | None, code: str, exit_code: int
) -> None:
    """What is no checkpoint of this record is an error with a code and a mend, never a report."""
    if content is None:
        checkpoint.unlink()
    else:
        checkpoint.write_bytes(content)
    command = ("--config", record, "log", "verify", "--from", checkpoint)
    said = fails(code, *command, exit_code=exit_code)
    assert "hotline: hint: " in said
    assert str(checkpoint) in said
    good = checkpoint.with_name("good")
    good.write_bytes(sign_checkpoint(Checkpoint(OWN_2, 1, b"f" * 32), key(Role.LOG, "iaf")))
    said = fails(code, *command, "--from", good, exit_code=exit_code)
    assert str(checkpoint) in said
    assert str(good) not in said


@pytest.mark.parametrize("jobs", ["0", "-1", "many", "100000"])
def test_a_number_of_processes_that_cannot_be(record: Path, jobs: str) -> None:
    """At least one, and no thousands."""
    hotline("--config", record, "log", "verify", "--jobs", jobs, exit_code=2)


# --- On a terminal ----------------------------------------------------------------------------

WAITS = """
import signal, sys
from hotline.audit.verification import crew, findings
from hotline.cli import root
from hotline.cli.log import verify

told = verify.verify_node

def slowly(config, progress, **rest):
    def tell(done, total):
        progress(done, total)
        if "--interrupt" in sys.argv:
            signal.pause()
    return told(config, tell, **rest)

if __name__ == "__main__":
    crew.ALONE_S = 0.0
    verify.verify_node = slowly
    root.root([word for word in sys.argv[1:] if word != "--interrupt"], prog_name="hotline")
"""


@pytest.fixture
def on_terminal(record: Path, tmp_path: Path) -> Iterator[Callable[..., tuple[int, str, str]]]:
    """Give the way to verify with stderr on a terminal: exit code, stdout, what the terminal got.

    With ``interrupt`` the verification stops as soon as progress was told, until Ctrl-C.
    """
    script = tmp_path / "verify.py"
    script.write_text(WAITS)
    master, terminal = pty.openpty()

    def run(*, interrupt: bool, columns: int = 100) -> tuple[int, str, str]:
        process = subprocess.Popen(
            [
                *(sys.executable, script, "--config", record, "log", "verify", "--jobs", "2"),
                *(["--interrupt"] if interrupt else []),
            ],
            stdout=subprocess.PIPE,
            stderr=terminal,
            text=True,
            start_new_session=True,
            env=os.environ
            | {"PYTHONPATH": os.pathsep.join(sys.path), "TERM": "xterm", "COLUMNS": str(columns)},
        )
        os.close(terminal)
        got = b""
        while True:
            try:
                some = os.read(master, 65536)
            except OSError:  # nobody holds the terminal any more: every process has ended
                break
            got += some
            if interrupt and b"entries/s" in got:
                interrupt = False
                os.killpg(process.pid, signal.SIGINT)
        out, _ = process.communicate(timeout=60)
        return process.returncode, out, got.decode()

    yield run
    os.close(master)


def test_progress_on_a_terminal(on_terminal: Callable[..., tuple[int, str, str]]) -> None:
    """A person sees how far it is, how fast it goes and what is left; nothing of it stays."""
    code, out, seen = on_terminal(interrupt=False)
    assert (code, out.partition(":")[0]) == (0, "EXERCISE\nthe record holds")
    assert "verifying" in seen
    assert seen.rstrip("\n").endswith("\x1b[2K") or "\x1b[2K" in seen.splitlines()[-1]


@pytest.mark.parametrize("columns", [80, 100])
def test_ctrl_c_on_a_terminal(
    on_terminal: Callable[..., tuple[int, str, str]], columns: int
) -> None:
    """Ctrl-C ends every process, without a verdict and without a traceback."""
    code, out, seen = on_terminal(interrupt=True, columns=columns)
    assert code not in (0, 5)
    assert out == ""
    assert re.search(r"[\d,]+ entries/s +[\d,]+ signatures/s", seen)
    assert "Traceback" not in seen
