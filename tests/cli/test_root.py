from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

import hotline
from hotline.cli import root as module
from hotline.cli.exits import Exit, exit_of
from hotline.cli.root import COMMANDS, SECTIONS, decide, report, root, warn
from hotline.errors import (
    ConfigError,
    FencedError,
    HotlineError,
    JournalError,
    KeysError,
    LineError,
    ModelError,
    TrustError,
    UsageError,
)
from hotline.model.problem import Problem, RulesBroken
from tests.audit.played import Played
from tests.cli.command import EXAMPLES, fails
from tests.cli.command import hotline as run


@pytest.fixture
def raising(monkeypatch: pytest.MonkeyPatch) -> list[BaseException]:
    """Replace every command by one that raises what the test puts into this list."""
    errors: list[BaseException] = []

    @click.command()
    def command() -> None:
        raise errors[0]

    monkeypatch.setattr(root, "get_command", lambda *_: command)
    return errors


def test_help_lists_every_command_under_its_heading() -> None:
    """A newcomer finds all commands on one page, grouped by what they are for."""
    text = run("--help").stdout
    for heading, commands in SECTIONS.items():
        assert f"{heading}:" in text
        for name in commands:
            assert f"\n  {name} " in text


@pytest.mark.parametrize("group", ["", "airspace", "voice", "log", "keys", "letter"])
def test_no_sentence_of_the_help_is_cut(group: str) -> None:
    """What a command does is folded on a narrow terminal, and stays a sentence."""
    listed = run(*group.split(), "--help").stdout.partition("Commands:")[2]
    assert "..." not in listed
    assert "…" not in listed


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_loads_and_has_help(name: str) -> None:
    """The table of commands names things that exist, each with a first line that ends."""
    text = run(name, "--help").stdout
    assert text.startswith("Usage: ")
    command = root.get_command(click.Context(root), name)
    assert command is not None
    assert (command.help or "").splitlines()[0].endswith(".")


def test_version() -> None:
    """The version is the package's."""
    assert run("--version").stdout == f"hotline {hotline.__version__}\n"


@pytest.mark.parametrize(
    "words", [["nonsense"], ["send"], ["inbox", "--nonsense"], ["reply", "X", "perhaps"]]
)
def test_a_wrong_command_line_is_a_usage_error(words: list[str]) -> None:
    """Whatever click refuses has our two lines, exit code 2, and says where the help is."""
    assert "--help` says how" in fails("cli.usage", *words, exit_code=2)


def test_an_error_is_two_lines(raising: list[BaseException]) -> None:
    """A HotlineError shows its sentence, code and hint, and nothing on stdout."""
    raising.append(JournalError("journal.full", "the disk is full", "make room"))
    result = run("status", exit_code=1)
    assert result.stdout == ""
    assert result.stderr == (
        "hotline: error: the disk is full [journal.full]\nhotline: hint: make room\n"
    )


@pytest.mark.parametrize(
    ("error", "code", "exit_code"),
    [
        (click.ClickException("It broke."), "cli.failed", 1),
        (click.Abort(), "cli.interrupted", 1),
        (KeyboardInterrupt(), "cli.interrupted", 1),
        (PermissionError(13, "Permission denied", "x.json"), "cli.system", 4),
        (OSError(28, "No space left on device"), "cli.system", 1),
    ],
)
def test_other_errors_have_the_same_form(
    raising: list[BaseException], error: BaseException, code: str, exit_code: int
) -> None:
    """What the system or click raises reads like an error of ours, never like a traceback."""
    raising.append(error)
    fails(code, "status", exit_code=exit_code)


def test_a_reader_that_has_seen_enough_is_no_error(
    raising: list[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`hotline ... | head` ends quietly."""
    closed: list[int] = []
    monkeypatch.setattr(module, "_give_up_stdout", lambda: closed.append(1))
    raising.append(BrokenPipeError())
    assert run("status").stderr == ""
    assert closed == [1]


@pytest.mark.parametrize("words", [["--help"], ["letter", "check", "examples/letter.toml"]])
def test_a_reader_that_has_gone_is_no_error_in_life(words: list[str]) -> None:
    """What click and what rich writes into a closed pipe ends with 0 and without a word."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "hotline", *words],
            stdout=writing,
            stderr=subprocess.PIPE,
            cwd=EXAMPLES.parent,
            check=False,
        )
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_verdict_outlives_the_reader(
    raising: list[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`hotline log verify | head -1` still exits with 5 when the record does not hold."""
    monkeypatch.setattr(module, "_give_up_stdout", lambda: None)
    told = decide(click.Context(root), Exit.UNVERIFIED)
    assert root.verdict is told is Exit.UNVERIFIED
    raising.append(BrokenPipeError())
    assert run("status").exit_code == 0, "a new command begins without a verdict"


def test_every_broken_rule_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """A file that breaks several rules is mended in one go."""
    problems = [Problem(f"model.rule-{n}", f"field{n}", "is wrong", f"mend {n}") for n in range(12)]
    report(RulesBroken(problems))
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "hotline: error: field0: is wrong [model.rule-0]"
    assert lines[1] == "hotline: hint: mend 0"
    assert len(lines) == 2 * module.MAX_PROBLEMS + 1
    assert lines[-1] == "hotline: hint: 2 more rules are broken"


def test_an_error_without_a_hint_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Where nothing can be done, nothing is suggested."""
    report(HotlineError("a.b", "it is so"))
    warn("look out", "there")
    assert capsys.readouterr().err == (
        "hotline: error: it is so [a.b]\nhotline: warning: look out\nhotline: hint: there\n"
    )


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (FencedError("journal.fenced", ""), Exit.NOT_ALLOWED),
        (KeysError("keys.readable-by-others", ""), Exit.NOT_ALLOWED),
        (UsageError("api.not-allowed", ""), Exit.NOT_ALLOWED),
        (ConfigError("config.letter-of-another-status", ""), Exit.NOT_ALLOWED),
        (KeysError("keys.different-words", ""), Exit.UNVERIFIED),
        (TrustError("trust.bad-signature", ""), Exit.UNVERIFIED),
        (UsageError("node.no-such-message", ""), Exit.USAGE),
        (UsageError("api.no-node", ""), Exit.FAILED),
        (UsageError("api.no-answer", ""), Exit.FAILED),
        (UsageError("journal.not-fenced", ""), Exit.FAILED),
        (ModelError("model.bad-time", ""), Exit.FAILED),
        (LineError("line.any", ""), Exit.FAILED),
        (HotlineError("a.b", ""), Exit.FAILED),
    ],
)
def test_exit_codes(error: HotlineError, code: Exit) -> None:
    """Each kind of failure has the exit code that scripts are promised."""
    assert exit_of(error) is code


def test_config_is_found_beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """--config wins over HOTLINE_CONFIG, that over node.toml here; a missing one is named."""
    monkeypatch.chdir(tmp_path)
    assert "no configuration at node.toml" in fails("config.not-found", "status", exit_code=1)
    monkeypatch.setenv("HOTLINE_CONFIG", "elsewhere.toml")
    assert "elsewhere.toml" in fails("config.not-found", "status", exit_code=1)
    assert "given.toml" in fails(
        "config.not-found", "--config", "given.toml", "status", exit_code=1
    )
    monkeypatch.delenv("HOTLINE_CONFIG")
    (tmp_path / "node.toml").write_text('centre = "iaf"\nstatus = "test"\nline = []\n')
    assert "api.sock" in fails("api.no-node", "status", exit_code=1)


@pytest.mark.parametrize("words", [[], ["log"], ["keys"], ["letter"]])
def test_a_group_without_a_command_shows_its_help(words: list[str]) -> None:
    """Whoever asks for nothing is told what there is, on stdout, and has made no mistake."""
    result = run(*words)
    assert result.stdout == run(*words, "--help").stdout
    assert result.stderr == ""


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """Make a record with text of every kind."""
    made = Played(tmp_path_factory.mktemp("played"))
    made.begin()
    return made


ENCODINGS: dict[str, dict[str, str]] = {
    "latin-1": {"PYTHONIOENCODING": "latin-1"},
    "POSIX": {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
}


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(
    "words", ["inbox --all", "log show", "log show --json", "log verify", "send @", "verify @"]
)
def test_no_encoding_of_the_terminal_ends_a_command(
    played: Played, tmp_path: Path, encoding: str, words: str
) -> None:
    """What it lacks is written out; JSON is UTF-8 everywhere."""
    named = tmp_path / "א….json"
    done = subprocess.run(
        [sys.executable, "-m", "hotline", "--config", played.config]
        + [word.replace("@", str(named)) for word in words.split()],
        env=os.environ | ENCODINGS[encoding],
        capture_output=True,
    )
    assert done.returncode == (2 if "@" in words else 0), done.stderr
    assert b"Traceback" not in done.stderr
    assert b"Error" not in done.stderr
    if "--json" in words:
        assert json.loads(done.stdout.decode("utf-8"))["entries"]


def test_a_missing_option_is_one_line_too() -> None:
    """What click spreads over lines and tabs is a sentence."""
    said = fails("cli.usage", "log", "export", "out", exit_code=2)
    assert len(said.splitlines()) == 2
    assert "\t" not in said
    assert "'--format'. choose from: jsonl" in said.lower()
