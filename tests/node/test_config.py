"""node.toml: what is wrong with it is said by key, with a code and a mend."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.errors import ConfigError
from hotline.node.config import CONFIG_VARIABLE, find_config, read_config, read_file
from tests.centres import EXAMPLES
from tests.node.hub import letter_between

LETTER = (EXAMPLES / "letter.toml").read_text("utf-8")
GOOD = """
centre = "hmeimim"
status = "exercise"
[listen]
host = "127.0.0.1"
port = 7400
[[line]]
peer = "iaf"
letter = "letter.toml"
"""
DIALS = """
centre = "iaf"
status = "exercise"
[[line]]
peer = "hmeimim"
letter = "letter.toml"
addresses = ["127.0.0.1:7400", "[::1]:7401", "host.example:7402"]
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where a node.toml goes, with a letter beside it."""
    (tmp_path / "letter.toml").write_text(LETTER)
    return tmp_path / "node.toml"


def code_of(path: Path, text: str) -> str:
    """Return the code with which a configuration is refused; it has a hint."""
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        read_config(path)
    assert caught.value.hint
    return caught.value.code


def test_paths_and_addresses(path: Path) -> None:
    """Paths are relative to the file, addresses are split, IPv6 loses its brackets."""
    path.write_text(DIALS)
    config = read_config(path)
    assert config.data == path.parent / "data"
    assert config.socket == path.parent / "api.sock"
    (line,) = config.lines
    assert line.addresses == (("127.0.0.1", 7400), ("::1", 7401), ("host.example", 7402))
    assert line.dials("iaf")
    assert not line.dials("hmeimim")


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("config.not-toml", "centre = "),
        ("config.not-toml", "a = " + "[" * 5000),
        ("config.wrong-key", GOOD + "colour = 'red'\n"),
        ("config.wrong-key", GOOD.replace("port = 7400", "port = 7400\nbacklog = 5")),
        ("config.wrong-key", "surprise = 1\n" + GOOD),
        ("config.wrong-key", GOOD.replace("7400", "'7400'")),
        ("config.wrong-key", GOOD.replace("7400", "70000")),
        ("config.wrong-key", GOOD.replace("7400", "-1")),
        ("config.wrong-key", GOOD.replace('"exercise"', '"rehearsal"')),
        ("config.wrong-key", GOOD.replace('centre = "hmeimim"', "")),
        ("config.bad-centre", GOOD.replace('"hmeimim"', '"Hmeimim!"')),
        ("config.lines", 'centre = "iaf"\nstatus = "test"\nline = []'),
        ("config.lines", GOOD + '[[line]]\npeer = "iaf"\nletter = "letter.toml"\n'),
        ("config.no-letter", GOOD.replace("letter.toml", "nowhere.toml")),
        ("config.no-letter", GOOD.replace("letter.toml", "let\\u0000ter.toml")),
        ("config.letter-of-another-line", GOOD.replace('"iaf"', '"raf"')),
        ("config.letter-of-another-status", GOOD.replace('"exercise"', '"actual"')),
        ("config.nowhere-to-dial", DIALS.partition("addresses")[0]),
        (
            "config.nowhere-to-listen",
            'centre = "hmeimim"\nstatus = "exercise"\n[[line]]\npeer="iaf"\nletter="letter.toml"',
        ),
        ("config.bad-address", DIALS.replace("127.0.0.1:7400", "127.0.0.1")),
        ("config.bad-address", DIALS.replace("127.0.0.1:7400", "127.0.0.1:70000")),
        ("config.bad-address", DIALS.replace("127.0.0.1:7400", ":7400")),
    ],
)
def test_refused(path: Path, code: str, text: str) -> None:
    """Each mistake has its code, and a hint that says the mend."""
    assert code_of(path, text) == code


def test_a_letter_of_others(path: Path) -> None:
    """A letter between two other centres is refused as not ours."""
    (path.parent / "letter.toml").write_text(letter_between("raf", "luftwaffe", dials="raf"))
    assert code_of(path, GOOD) == "model.letter-not-ours"


def test_a_letter_with_an_unknown_key(path: Path) -> None:
    """A letter with a key that nobody knows is refused too."""
    (path.parent / "letter.toml").write_text("colour = 'red'\n" + LETTER)
    assert code_of(path, GOOD) == "model.letter-wrong-key"


def test_unreadable(path: Path) -> None:
    """A directory in the file's place is no configuration."""
    path.mkdir()
    with pytest.raises(ConfigError) as caught:
        read_config(path)
    assert caught.value.code == "config.unreadable"


def test_found_by_name_variable_and_place(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is the one given, then the one of the variable, then the one here."""
    monkeypatch.delenv(CONFIG_VARIABLE, raising=False)
    monkeypatch.chdir(path.parent)
    with pytest.raises(ConfigError) as caught:
        find_config(None)
    assert caught.value.code == "config.not-found"
    path.write_text(GOOD)
    assert find_config(None) == Path("node.toml")
    monkeypatch.setenv(CONFIG_VARIABLE, str(path))
    assert find_config(None) == path
    with pytest.raises(ConfigError):
        find_config(path.parent / "other.toml")


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: (GOOD + text).encode()))
def test_any_bytes(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    """Any bytes are a configuration or are refused, and never anything else."""
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_bytes(data)
    try:
        read_file(path)
    except ConfigError as error:
        assert error.hint
