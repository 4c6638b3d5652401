from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hotline.cli.keys import keys
from hotline.errors import HotlineError
from hotline.model.kinds import Status
from hotline.node import keyfiles
from hotline.node.keyring import load_keyring, load_public
from hotline.trust.card import read_card
from hotline.trust.words import lines_of
from tests.trust.samples import DAY_US, NOW_US, centre

# By its path, since the package may hold the group under the same name.
module = import_module("hotline.cli.keys")


@dataclass
class Root:
    """What the root group leaves in the context."""

    config_path: Path | None = None


@dataclass
class Command:
    """Runs ``hotline keys ...`` in a directory of its own, at a time of its own."""

    directory: Path
    now_us: int = NOW_US
    config_path: Path | None = None

    def run(self, *words: str, typed: str | bytes | None = None) -> Result:
        """Run a command, which must not fail in an unforeseen way."""
        result = CliRunner().invoke(keys, words, input=typed, obj=Root(self.config_path))
        if result.exception is not None and not isinstance(
            result.exception, HotlineError | SystemExit
        ):
            raise result.exception
        return result

    def fails(self, code: str, *words: str, typed: str | bytes | None = None) -> HotlineError:
        """Run a command that fails with that code."""
        error = self.run(*words, typed=typed).exception
        assert isinstance(error, HotlineError)
        assert error.code == code
        return error

    @property
    def keys(self) -> str:
        """The directory of keys of iaf."""
        return str(self.directory / "keys")


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Return a runner in an empty directory."""
    made = Command(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(module, "_now_us", lambda: made.now_us)
    return made


@pytest.fixture
def enrolling(command: Command) -> Command:
    """Return a runner with keys of iaf and the card of hmeimim in ``peer.card``."""
    command.run("init", "--centre", "iaf", "--status", "exercise")
    (command.directory / "peer.card").write_bytes(HMEIMIM.note)
    return command


HMEIMIM = read_card(centre("hmeimim").card)
WORDS = " ".join(HMEIMIM.words)


# init


def test_init(command: Command) -> None:
    """Keys are made where they are wanted, the words are shown, and stdout stays empty."""
    result = command.run("init", "--keys", "mine", "--centre", "iaf", "--status", "test")
    assert result.exit_code == 0
    keyring = load_keyring(command.directory / "mine")
    assert (keyring.centre, keyring.status) == ("iaf", Status.TEST)
    assert result.stdout == ""
    for word in keyring.card.words:
        assert word in result.stderr
    assert "2027-03-01T10:20:00Z" in result.stderr


def test_init_takes_the_rest_from_the_configuration(command: Command) -> None:
    """Where node.toml says centre, status and directory, nothing need be repeated."""
    (command.directory / "node").mkdir()
    command.config_path = command.directory / "node" / "node.toml"
    command.config_path.write_text(
        'centre = "iaf"\nstatus = "exercise"\nkeys = "secret"\n'
        '[[line]]\npeer = "hmeimim"\nletter = "letter.toml"\n'
    )
    assert command.run("init", "--days", "3").exit_code == 0
    card = load_public(command.directory / "node" / "secret").card
    assert (card.centre, card.status) == ("iaf", Status.EXERCISE)
    assert card.expires_us == NOW_US + 3 * DAY_US
    assert command.run("card").stdout_bytes == card.note


@pytest.mark.parametrize(
    "words",
    [
        ["--status", "exercise"],
        ["--centre", "iaf"],
        ["--centre", "iaf", "--status", "drill"],
        ["--centre", "iaf", "--status", "exercise", "--days", "0"],
        ["--centre", "iaf", "--status", "test", "--ask-passphrase", "--passphrase-file", "x"],
    ],
)
def test_init_used_wrongly(command: Command, words: list[str]) -> None:
    """A command line that cannot be meant is a usage error, and nothing is made."""
    assert command.run("init", *words).exit_code == 2
    assert not list(command.directory.iterdir())


def test_init_twice(enrolling: Command) -> None:
    """Keys are not overwritten."""
    enrolling.fails("keys.exist", "init", "--centre", "iaf", "--status", "exercise")


def test_passphrase_from_a_file(command: Command) -> None:
    """The passphrase in a file protects the keys."""
    keyfiles.write_private(command.directory / "secret", b"words by chance\n")
    words = ["--centre", "iaf", "--status", "exercise", "--passphrase-file", "secret"]
    assert command.run("init", *words).exit_code == 0
    assert load_keyring(command.directory / "keys", b"words by chance").centre == "iaf"


def test_passphrase_from_a_prompt(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """The passphrase is asked twice, and not shown."""
    monkeypatch.setattr(module, "is_interactive", lambda: True)
    words = ["init", "--centre", "iaf", "--status", "exercise", "--ask-passphrase"]
    result = command.run(*words, typed="words by chance\nwords by chance\n")
    assert result.exit_code == 0
    assert "by chance" not in result.output
    assert load_keyring(command.directory / "keys", b"words by chance").centre == "iaf"


def test_a_passphrase_is_typed_on_a_terminal(command: Command) -> None:
    """Elsewhere it would be seen, and Python's own warning says nothing of the mend."""
    words = ["init", "--centre", "iaf", "--status", "exercise", "--ask-passphrase"]
    error = command.fails("keys.no-terminal", *words, typed="words by chance\n" * 2)
    assert "--passphrase-file" in error.hint
    assert not (command.directory / "keys").exists()


def test_a_passphrase_typed_otherwise(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who types two passphrases knows neither; nothing is made."""
    monkeypatch.setattr(module, "is_interactive", lambda: True)
    words = ["init", "--centre", "iaf", "--status", "exercise", "--ask-passphrase"]
    command.fails("keys.passphrases-differ", *words, typed="words by chance\nwords by choice\n")
    assert not (command.directory / "keys").exists()


def test_a_passphrase_that_others_can_read(command: Command) -> None:
    """The file is mended by its mode; no key has to be made again."""
    (command.directory / "secret").write_text("words by chance\n")
    (command.directory / "secret").chmod(0o644)
    words = ["init", "--centre", "iaf", "--status", "exercise", "--passphrase-file"]
    error = command.fails("keys.readable-by-others", *words, "secret")
    assert error.hint == "run: chmod 600 secret"
    assert "name the file" in command.fails("keys.missing", *words, "elsewhere").hint


# card


def test_card_on_stdout(enrolling: Command) -> None:
    """The card on stdout is the card, to the byte."""
    result = enrolling.run("card")
    assert read_card(result.stdout_bytes).centre == "iaf"
    assert result.stdout_bytes == (enrolling.directory / "keys" / "centre.card").read_bytes()


def test_card_to_a_file(enrolling: Command) -> None:
    """The card in a file is the card, and the words are shown to be read out."""
    result = enrolling.run("card", "-o", "iaf.card")
    card = read_card((enrolling.directory / "iaf.card").read_bytes())
    assert result.stdout == ""
    assert all(word in result.stderr for word in card.words)


# enrol


def test_enrol_with_words(enrolling: Command) -> None:
    """With the right words, typed somehow, the card is pinned."""
    result = enrolling.run("enrol", "peer.card", "--words", WORDS.upper().replace(" ", "-"))
    assert result.exit_code == 0
    assert result.stdout == ""
    for shown in ("hmeimim", "exercise", "2027-03-01T10:20:00Z", *HMEIMIM.words):
        assert shown in result.stderr
    assert load_public(Path(enrolling.keys)).peer("hmeimim") == HMEIMIM


def test_enrol_from_stdin(enrolling: Command) -> None:
    """A card can come through a pipe."""
    assert enrolling.run("enrol", "-", "--words", WORDS, typed=HMEIMIM.note).exit_code == 0
    assert load_public(Path(enrolling.keys)).peer("hmeimim") == HMEIMIM


@pytest.mark.parametrize(
    "words",
    ["", " ".join(HMEIMIM.words[:4]), " ".join(HMEIMIM.words[::-1]), WORDS + " goat"],
    ids=["none", "four", "backwards", "and one more"],
)
def test_enrol_with_other_words(enrolling: Command, words: str) -> None:
    """With other words, or not all of them, nothing is pinned."""
    enrolling.fails("keys.different-words", "enrol", "peer.card", "--words", words)
    assert not load_public(Path(enrolling.keys)).peers


def test_enrol_with_a_misspelt_word(enrolling: Command) -> None:
    """A word that is not on the list is named."""
    error = enrolling.fails("trust.unknown-word", "enrol", "peer.card", "--words", "hollow")
    assert "hollow" in error.message


def test_enrol_without_a_terminal(enrolling: Command) -> None:
    """Where nobody can be asked, the words must be given."""
    error = enrolling.fails("keys.words-needed", "enrol", "peer.card", typed="yes\n")
    assert "--words" in error.hint
    assert not load_public(Path(enrolling.keys)).peers


@pytest.mark.parametrize(
    "typed", ["yes", "YES ", lines_of(HMEIMIM.words)[0]], ids=["yes", "YES", "first line"]
)
def test_enrol_on_a_terminal(
    enrolling: Command, monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    """On a terminal, yes or the first line of words pins the card."""
    monkeypatch.setattr(module, "is_interactive", lambda: True)
    assert enrolling.run("enrol", "peer.card", typed=typed + "\n").exit_code == 0
    assert load_public(Path(enrolling.keys)).peer("hmeimim") == HMEIMIM


@pytest.mark.parametrize(
    "typed", ["", "no", lines_of(HMEIMIM.words)[1]], ids=["nothing", "no", "second line"]
)
def test_enrol_denied_on_a_terminal(
    enrolling: Command, monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    """Anything else does not."""
    monkeypatch.setattr(module, "is_interactive", lambda: True)
    enrolling.fails("keys.different-words", "enrol", "peer.card", typed=typed + "\n")
    assert not load_public(Path(enrolling.keys)).peers


def test_a_card_from_stdin_leaves_nobody_to_ask(
    enrolling: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What comes after a card on stdin is not taken for an answer."""
    monkeypatch.setattr(module, "is_interactive", lambda: True)
    enrolling.fails("keys.words-needed", "enrol", "-", typed=HMEIMIM.note)


@pytest.mark.parametrize(
    "data",
    [b"", HMEIMIM.note[:300], HMEIMIM.note[:-40], b"\xff" * 40],
    ids=["nothing", "beginning", "without its end", "no text"],
)
def test_what_is_no_card(enrolling: Command, data: bytes) -> None:
    """A wrong or a cut file is called so, with the name of the file that is wanted."""
    (enrolling.directory / "odd").write_bytes(data)
    error = enrolling.fails("trust.malformed-card", "enrol", "odd")
    assert "odd: this is not a card" in error.message
    assert "`hotline keys card`" in error.hint


def test_a_certificate_is_no_card(enrolling: Command) -> None:
    """The authority's certificate lies beside the card, and is easily taken for it."""
    error = enrolling.fails("trust.malformed-card", "enrol", f"{enrolling.keys}/ca.crt")
    assert "this is not a card" in error.message
    assert "`hotline keys card`" in enrolling.fails("keys.missing", "enrol", "nothing").hint


def test_enrol_again(enrolling: Command) -> None:
    """The same card again changes nothing and asks nothing; another needs --replace."""
    enrolling.run("enrol", "peer.card", "--words", WORDS)
    again = enrolling.run("enrol", "peer.card")
    assert again.exit_code == 0
    assert "already" in again.stderr
    changed = read_card(centre("hmeimim", days=9).card)
    (enrolling.directory / "new.card").write_bytes(changed.note)
    words = ["enrol", "new.card", "--words", " ".join(changed.words)]
    enrolling.fails("keys.changed-card", *words)
    assert enrolling.run(*words, "--replace").exit_code == 0
    assert load_public(Path(enrolling.keys)).peer("hmeimim") == changed


def test_enrol_own_card(enrolling: Command) -> None:
    """One's own card is refused."""
    enrolling.fails("keys.own-card", "enrol", str(Path(enrolling.keys) / "centre.card"))


def test_enrol_something_else(enrolling: Command) -> None:
    """A file that is no card is refused, and a missing one named."""
    enrolling.fails("trust.malformed-card", "enrol", str(Path(enrolling.keys) / "node.crt"))
    assert "nothing.card" in enrolling.fails("keys.missing", "enrol", "nothing.card").message


# show


def test_show(enrolling: Command) -> None:
    """The table shows own and pinned things with their ends, and the own words."""
    before = enrolling.run("show")
    assert "nobody is enrolled yet" in before.stdout
    enrolling.run("enrol", "peer.card", "--words", WORDS)
    result = enrolling.run("show")
    assert result.stderr == ""
    assert "nobody" not in result.stdout
    own = load_public(Path(enrolling.keys)).card
    assert all(line.split()[0] in result.stdout for line in lines_of(own.words))
    for what in ("own card", "CA certificate", "node certificate", "pinned card"):
        (row,) = [line for line in result.stdout.splitlines() if line.startswith(what)]
        assert "2027-03-01T10:20:00Z" in row
        assert " 365 " in row


def test_show_as_json(enrolling: Command) -> None:
    """The same as JSON, whose schema is stable."""
    enrolling.run("enrol", "peer.card", "--words", WORDS)
    shown = json.loads(enrolling.run("show", "--json").stdout)
    assert list(shown) == ["centre", "status", "directory", "items"]
    assert (shown["centre"], shown["status"]) == ("iaf", "exercise")
    assert [item["what"] for item in shown["items"]] == [
        "own card",
        "CA certificate",
        "node certificate",
        "pinned card",
    ]
    assert shown["items"][3] == {
        "what": "pinned card",
        "centre": "hmeimim",
        "expires": "2027-03-01T10:20:00Z",
        "days_left": 365,
        "fingerprint": HMEIMIM.fingerprint.hex(),
        "words": list(HMEIMIM.words),
    }


@pytest.mark.parametrize(("days", "word"), [(336, "in 29 days"), (366, "expired already")])
def test_show_warns(enrolling: Command, days: int, word: str) -> None:
    """What ends in less than 30 days, or has ended, is warned of on stderr."""
    enrolling.now_us += days * DAY_US
    result = enrolling.run("show")
    assert result.exit_code == 0
    assert result.stderr.count("warning:") == 3
    assert word in result.stderr


def test_show_does_not_warn_too_soon(enrolling: Command) -> None:
    """Thirty days are enough not to be warned of."""
    enrolling.now_us += 335 * DAY_US
    assert enrolling.run("show").stderr == ""


def test_show_refuses_what_others_can_read(enrolling: Command) -> None:
    """A key that others can read is found here too, before the node is started."""
    (Path(enrolling.keys) / "log.key").chmod(0o644)
    enrolling.fails("keys.readable-by-others", "show")


def test_the_way_in_the_manual(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands of certs/README.md, in their order, enrol two centres with each other."""
    monkeypatch.setattr(module, "is_interactive", lambda: True)
    manual = (Path(__file__).parents[2] / "certs" / "README.md").read_text("utf-8")
    lines = re.findall(r"^(?:iaf|hmeimim)\$ +hotline keys (.+)$", manual, re.MULTILINE)
    assert len(lines) == 7
    for line in lines:
        assert command.run(*shlex.split(line), typed="yes\n").exit_code == 0
    # "Then the other way round."
    words = ["enrol", "--keys", "certs/iaf", "hmeimim.card"]
    assert command.run(*words, typed="yes\n").exit_code == 0
    iaf, hmeimim = (load_public(Path("certs") / name) for name in ("iaf", "hmeimim"))
    assert iaf.peer("hmeimim") == hmeimim.card
    assert hmeimim.peer("iaf") == iaf.card


def test_now() -> None:
    """The time is in microseconds."""
    assert 1_700_000_000_000_000 < module._now_us() < 10_000_000_000_000_000
