"""The tables of words: complete in three languages, in the right script, with the right endings."""

# ruff: noqa: RUF001 - letters of three scripts are what this is about

from __future__ import annotations

import ast
import re
from enum import Enum
from pathlib import Path

import pytest

import hotline
from hotline.model.kinds import Activity, Answer, Kind, Precedence, Reference, Relation
from hotline.model.languages.flags import FLAGS, flag_lines
from hotline.model.languages.language import Language, Term, language_of
from hotline.model.languages.terms import COUNTED, TERMS, counted, number_text, said, say

SOURCE = Path(hotline.__file__).parent
FLAGGED_BY = ("rules", "volume_rules", "outline", "lifecycle", "messages", "readback")
"""Files of the model whose problems become flags on a received message."""
NEVER_FLAGS = {"model.payload-too-large"}
BUT_FOR = re.compile(r"\{\w+\}|UTC|WGS 84|NM")
SCRIPTS = {"en": "a-zA-Z", "ru": "а-яёА-ЯЁ", "he": "א-ת"}


def slots(text: str) -> set[str]:
    """Return the names of the places of a term."""
    return set(re.findall(r"\{(\w+)\}", text))


@pytest.mark.parametrize("key", [*TERMS, *FLAGS])
def test_every_term_is_there_in_three_languages(key: str) -> None:
    """Each in its own script, with the same things filled in."""
    term = TERMS.get(key) or FLAGS[key]
    for language in Language:
        text = term.text(language)
        letters = "".join(filter(str.isalpha, BUT_FOR.sub("", text)))
        assert re.fullmatch(f"[{SCRIPTS[language]}]*", letters), text
        # English and Russian put nothing before some names that Hebrew has a word for.
        assert text or key.startswith("title.")
        assert slots(text) >= slots(term.en)


@pytest.mark.parametrize(
    ("group", "words"),
    [
        ("kind", Kind),
        ("answer", Answer),
        ("activity", Activity),
        ("relation", Relation),
        ("reference", Reference),
        ("precedence", Precedence.__members__),
    ],
)
def test_every_word_of_the_vocabularies_is_translated(
    group: str, words: type[Enum] | dict[str, Precedence]
) -> None:
    """A kind or an activity without a word would be shown in English to all."""
    for word in words:
        for language in Language:
            assert said(group, str(word), language)


@pytest.mark.parametrize("group", ["kind", "answer", "activity", "relation", "precedence"])
@pytest.mark.parametrize("language", Language)
def test_no_two_words_of_a_vocabulary_are_the_same(group: str, language: Language) -> None:
    """And none begins like another one with a negation before it: noise swallows a no."""
    words = [term.text(language) for key, term in TERMS.items() if key.startswith(f"{group}.")]
    assert len(set(words)) == len(words)
    for no in ("НЕ ", "לא ", "NOT "):
        assert not {f"{no}{word}" for word in words} & set(words)


def codes_of(paths: list[Path]) -> set[str]:
    """Return the codes of the model that stand as literals in these files."""
    return {
        node.value
        for path in paths
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.fullmatch(
            r"(model|notice|airspace|exercise|voice|wire|reply)\.[a-z0-9-]+", node.value
        )
    }


def test_every_flag_of_the_rules_is_translated() -> None:
    """Whatever is wrong with a received message is said in the officer's own language."""
    paths = [SOURCE / "model" / f"{name}.py" for name in FLAGGED_BY]
    paths.append(SOURCE / "airspace" / "contradictions.py")
    codes = codes_of(paths) - NEVER_FLAGS
    assert len(codes) > 40
    assert codes <= set(FLAGS)


def test_no_flag_is_translated_that_nobody_raises() -> None:
    """A code that was renamed takes its words along."""
    paths = [path for path in SOURCE.rglob("*.py") if path.name != "flags.py"]
    assert set(FLAGS) <= codes_of(paths)


def test_flags_name_their_field_and_code() -> None:
    """So that two officers find the same flag in two languages."""
    flag = ("model.time-order", "is before time_start", "volumes[0].time_end")
    assert [flag_lines(*flag, language) for language in Language] == [
        ["volumes[0].time_end: is before time_start [model.time-order]"],
        ["volumes[0].time_end: окончание раньше начала [model.time-order]"],
        ["הסיום לפני ההתחלה, שדה volumes[0].time_end, קוד model.time-order"],
    ]


def test_flags_keep_their_values() -> None:
    """A number in the English sentence is shown in every language."""
    flag = ("notice.short-warning", "warning time 60 s", "")
    assert [flag_lines(*flag, language) for language in Language] == [
        ["warning time 60 s [notice.short-warning]"],
        ["мало времени до начала [notice.short-warning]", "warning time 60 s"],
        ["זמן התרעה קצר, קוד notice.short-warning", "warning time 60 s"],
    ]


def test_a_flag_without_words_keeps_its_sentence() -> None:
    """English is better than nothing; what steers a terminal is written out."""
    for language in Language:
        (line,) = flag_lines("new.code", "it is \x1b strange 1", "", language)
        assert r"it is \x1b strange 1" in line


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0 футов"),
        (1, "1 фут"),
        (2, "2 фута"),
        (4, "4 фута"),
        (5, "5 футов"),
        (11, "11 футов"),
        (12, "12 футов"),
        (21, "21 фут"),
        (22, "22 фута"),
        (111, "111 футов"),
        (2500, "2500 футов"),
        (-3, "-3 фута"),
        (2.5, "2.5 фута"),
        (float("nan"), "nan фута"),
        (float("inf"), "inf фута"),
    ],
)
def test_russian_nouns_agree_with_their_numbers(number: float, text: str) -> None:
    """One foot, two feet, five feet: three forms."""
    assert counted(number, "foot", Language.RU) == text


def test_english_and_hebrew_nouns_have_two_forms() -> None:
    """One corner, two corners."""
    assert [counted(n, "corner", Language.EN) for n in (1, 2, 0)] == [
        "1 corner",
        "2 corners",
        "0 corners",
    ]
    assert [counted(n, "corner", Language.HE) for n in (1, 2)] == ["1 קודקוד", "2 קודקודים"]
    assert all(noun.after(1.5, language) for noun in COUNTED.values() for language in Language)


def test_a_negative_number_is_a_word_in_hebrew() -> None:
    """A minus would be shown on the far side of the number, and be lost there."""
    assert number_text(-20.5, Language.HE) == "מינוס 20.5"
    assert number_text(-20.5, Language.RU) == "-20.5"
    assert number_text(float("-inf"), Language.HE) == "מינוס inf"


def test_languages_know_their_tags_and_directions() -> None:
    """Tags of regions are those of their language; Hebrew alone runs from right to left."""
    assert [language_of(tag) for tag in ("en", "ru-RU", "HE-il", "fr", "")] == [
        Language.EN,
        Language.RU,
        Language.HE,
        None,
        None,
    ]
    assert [language.direction for language in Language] == ["ltr", "ltr", "rtl"]


def test_a_term_that_is_not_there_is_a_mistake() -> None:
    """A key is the program's own: nothing of a peer's is looked up without being asked for."""
    with pytest.raises(KeyError):
        say("kind.parade", Language.RU)
    assert said("kind", "parade", Language.RU) is None
    assert Term("a", "б", "ג").text(Language.HE) == "ג"
