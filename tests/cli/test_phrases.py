"""Phrases on the command line: listed, said by number, shown in the officer's own language."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from hotline.model.letter import read_letter
from hotline.model.phrases import GROUPS, standard_phrases
from tests.cli.command import EXAMPLES, Pair, fails, hotline, hotline_json

LETTER = EXAMPLES / "letter.toml"


def test_the_standard_book_is_listed_in_three_languages() -> None:
    """Whoever agrees on a letter sees what can be said, by group and number."""
    lines = hotline("letter", "phrases").stdout.splitlines()
    assert lines[:4] == [
        "     request",
        "101  Request your intentions.",
        "     Сообщите ваши намерения.",
        "     מסרו את כוונותיכם.",
    ]
    assert sum(line[:3].isdigit() for line in lines) == len(standard_phrases())


def test_one_language_and_one_group_can_be_asked_for() -> None:
    """A card for the desk: the warnings, in Russian."""
    lines = hotline("letter", "phrases", LETTER, "--language", "ru", "--group", "warning").stdout
    assert "307  Немедленно отверните." in lines.splitlines()
    assert "Turn away" not in lines
    assert "101" not in lines


def test_phrases_as_json() -> None:
    """Scripts get every text by its key."""
    found = hotline_json("letter", "phrases", LETTER)["phrases"]
    assert found[0] == {
        "number": 101,
        "group": "request",
        "en": "Request your intentions.",
        "ru": "Сообщите ваши намерения.",
        "he": "מסרו את כוונותיכם.",
    }
    assert {phrase["group"] for phrase in found} <= set(GROUPS)


def test_the_book_can_be_added_to_a_letter(tmp_path: Path) -> None:
    """What --toml prints is what a letter takes, whole or by groups."""
    bare = LETTER.read_text("utf-8").partition("[[phrase]]")[0]
    book = hotline("letter", "phrases", "--toml").stdout
    assert read_letter((bare + book).encode()).phrases == standard_phrases()
    answers = hotline("letter", "phrases", "--toml", "--group", "answer").stdout
    assert {phrase["group"] for phrase in tomllib.loads(answers)["phrase"]} == {"answer"}
    path = tmp_path / "letter.toml"
    path.write_text(bare + answers, "utf-8")
    listed = hotline("letter", "phrases", "-", typed=path.read_bytes()).stdout
    assert listed.splitlines()[1] == "201  Roger."


def test_a_letter_without_phrases_says_so(tmp_path: Path) -> None:
    """An empty list looks like a mistake."""
    path = tmp_path / "letter.toml"
    path.write_text(LETTER.read_text("utf-8").partition("[[phrase]]")[0], "utf-8")
    assert hotline("letter", "phrases", path).stdout == "no phrases\n"
    assert hotline_json("letter", "phrases", path) == {"phrases": []}


def test_what_does_not_go_together_is_refused(tmp_path: Path) -> None:
    """A form at a time; a file that is there; files or numbers."""
    fails("cli.usage", "letter", "phrases", "--toml", "--json", exit_code=2)
    fails("cli.usage", "letter", "phrases", "--toml", "--language", "ru", exit_code=2)
    fails("config.no-letter", "letter", "phrases", tmp_path / "none.toml", exit_code=1)
    said = fails("cli.usage", "send", exit_code=2)
    assert "either files or --phrase" in said
    advisory = EXAMPLES / "iaf/14-advisory.json"
    fails("cli.usage", "send", advisory, "--phrase", "301", exit_code=2)


@pytest.mark.pair
def test_an_officer_says_a_number_and_the_other_one_reads_his_language(pair: Pair) -> None:
    """A warning goes out as an advisory at once, and is answered by number."""
    words = ("--phrase", "317", "--phrase", "307", "--officer", "levy")
    (sent,) = pair.iaf.json("send", *words)["messages"]
    assert (sent["kind"], sent["precedence"]) == ("advisory", "FLASH")
    text = pair.hmeimim.hotline("show", sent["id"], "--peek", "--language", "ru").stdout
    assert "    ПРЕДУПРЕЖДЕНИЕ\n    Срочность     МОЛНИЯ\n" in text
    assert "    Фразы         317 Отбой предупреждения.\n" in text
    assert "                  307 Немедленно отверните.\n" in text
    pair.hmeimim.hotline("reply", sent["id"], "reject", "--phrase", "216", "--officer", "orlov")
    thread = pair.iaf.json("show", sent["id"], "--language", "he")["thread"]
    assert [view["kind"] for view in thread] == ["advisory", "reply"]
    assert "216 כלי הטיס אינו מוכר לנו." in thread[1]["rendering"]
    assert thread[1]["message"]["phrases"] == [216]


@pytest.mark.pair
def test_a_phrase_reaches_the_officer_in_words_and_its_blanks_do_not_go_unnoticed(
    pair: Pair,
) -> None:
    """Desk and message say the letter's words; who sends it is told which slots are empty."""
    blank = "311 leaves {position} and {level} empty"
    checked = pair.iaf.hotline("send", "--check", "--phrase", "311", exit_code=1)
    assert blank in checked.stdout
    said = pair.iaf.hotline("send", "--phrase", "311", "--officer", "levy")
    assert f"{blank}; sent all the same [model.phrase-blank]" in said.stderr
    words = "311 Live firing, position ..., up to ...."
    assert words in pair.hmeimim.hotline("inbox").stdout
    id_ = pair.hmeimim.json("inbox")["messages"][0]["id"]
    assert f"    Phrases     {words}" in pair.hmeimim.hotline("show", id_, "--peek").stdout
    answer = pair.hmeimim.hotline("reply", id_, "reject", "--reason", "no", "--phrase", "311")
    assert blank in answer.stderr


@pytest.mark.pair
def test_what_is_no_warning_is_a_service_message(pair: Pair) -> None:
    """Words about the line itself alarm nobody."""
    (sent,) = pair.iaf.json("send", "--phrase", "508", "--officer", "levy")["messages"]
    assert (sent["kind"], sent["title"]) == ("service", "508 Officer on watch: levy.")
    shown = pair.hmeimim.hotline("show", sent["id"], "--peek", "--language", "he").stdout
    assert "508 קצין תורן: levy." in shown
    pair.iaf.fails("model.unknown-phrase", "send", "--phrase", "798", exit_code=1)


@pytest.mark.pair
def test_flags_are_shown_in_the_language_that_is_asked_for(pair: Pair, tmp_path: Path) -> None:
    """The heading stays; what is remarkable is said in the officer's words, once."""
    patrol = json.loads((EXAMPLES / "iaf/01-patrol.json").read_bytes())
    patrol["volumes"][0]["time_start"] = "+1m"
    patrol.pop("reference", None)
    path = tmp_path / "late.json"
    path.write_text(json.dumps(patrol))
    (sent,) = pair.iaf.json("send", path, "--officer", "levy")["messages"]
    text = pair.hmeimim.hotline("show", sent["id"], "--peek", "--language", "ru").stdout
    assert text.count("[notice.short-warning]") == 1
    assert "Замечание     мало времени до начала [notice.short-warning]" in text
    assert "Подлинный текст" in text


@pytest.mark.pair
def test_without_its_letter_a_message_is_shown_by_number(pair: Pair) -> None:
    """A letter that was moved away keeps nobody from reading; stderr says what is missing."""
    (sent,) = pair.iaf.json("send", "--phrase", "505", "--officer", "levy")["messages"]
    letter = pair.hmeimim.site.directory / "letter.toml"
    moved = letter.rename(letter.with_suffix(".moved"))
    try:
        found = pair.hmeimim.hotline("show", sent["id"], "--peek", "--language", "ru")
    finally:
        moved.rename(letter)
    assert "    Фразы         505\n" in found.stdout
    assert "phrases are shown by number" in found.stderr
