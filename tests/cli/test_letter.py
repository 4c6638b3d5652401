from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from hotline.trust.words import words_of
from tests.cli.command import EXAMPLES, fails, hotline, hotline_json

LETTER = EXAMPLES / "letter.toml"
DIGEST = sha256(LETTER.read_bytes()).digest()


def test_a_letter_is_summed_up_with_its_hash_as_words() -> None:
    """Both officers see the same summary and the same sixteen words."""
    text = hotline("letter", "check", LETTER).stdout
    assert DIGEST.hex() in text
    assert text.split()[-16:] == list(words_of(DIGEST))
    for said in ("iaf and hmeimim", "exercise", "en, ru, he", "strike 30 min", "FLASH 10 min"):
        assert said in text
    assert "sea level 10 to 40 m above WGS 84" in text
    assert "250000 km², 30 days ahead, activated within 5 min, ended within 10 min" in text


def test_a_letter_as_json() -> None:
    """Scripts get the hash, the words and every key."""
    found = hotline_json("letter", "check", LETTER)
    assert found["sha256"] == DIGEST.hex()
    assert found["words"] == list(words_of(DIGEST))
    assert found["letter"]["centres"] == ["iaf", "hmeimim"]


def test_a_letter_from_stdin() -> None:
    """As a file, so that what came by a pipe can be checked before it is kept."""
    result = hotline("letter", "check", "-", typed=LETTER.read_bytes())
    assert DIGEST.hex() in result.stdout


def test_one_byte_changes_the_words(tmp_path: Path) -> None:
    """The smallest difference, even in a comment, is heard."""
    other = tmp_path / "letter.toml"
    other.write_bytes(LETTER.read_bytes() + b"#\n")
    assert hotline_json("letter", "check", other)["words"] != list(words_of(DIGEST))


@pytest.mark.parametrize(
    ("text", "code"),
    [("x = [", "model.letter-unreadable"), ('title = "x"\n', "model.letter-wrong-key")],
)
def test_what_is_no_letter_is_refused(tmp_path: Path, text: str, code: str) -> None:
    """A file that cannot be used is refused with the letter's own codes."""
    path = tmp_path / "letter.toml"
    path.write_text(text)
    fails(code, "letter", "check", path, exit_code=1)


def test_every_broken_rule_of_a_letter_is_listed(tmp_path: Path) -> None:
    """Two rules broken are two errors."""
    path = tmp_path / "letter.toml"
    text = LETTER.read_text().replace('edition = "1.0"', 'edition = " "')
    path.write_text(text.replace("receive_s = 12", "receive_s = 1"))
    said = fails("model.letter-empty", "letter", "check", path, exit_code=1)
    assert "[model.letter-timers]" in said


def test_a_letter_that_is_not_there(tmp_path: Path) -> None:
    """A missing file is named."""
    path = tmp_path / "no.toml"
    assert str(path) in fails("config.no-letter", "letter", "check", path, exit_code=1)
