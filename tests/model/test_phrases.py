"""The phrase book: numbers that mean the same in three languages."""

# ruff: noqa: RUF001 - letters of three scripts are what this is about

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from hotline.errors import ConfigError
from hotline.model.filling import empty_slots, phrase_text, slot_texts
from hotline.model.kinds import Precedence
from hotline.model.languages.language import Language
from hotline.model.letter import Letter, LetterDifference, differences, read_letter
from hotline.model.messages import (
    Advisory,
    LineCheck,
    Message,
    Notice,
    Reply,
    Service,
    Withdrawal,
    decode_own_form,
    encode_payload,
    kind_of,
)
from hotline.model.phrases import (
    GROUPS,
    MAX_PHRASES,
    SLOTS,
    Phrase,
    by_number,
    filled,
    phrase_problems,
    phrases_toml,
    slots_of,
    standard_phrases,
    unknown_phrases,
)
from hotline.model.problem import LetterRefused
from hotline.model.reading import Draft, read_message
from hotline.model.rules import problems
from hotline.model.title import title_of
from hotline.model.volume import Position
from tests.model.samples import FL180, NOW_US, read_back, reply, volume
from tests.model.test_letter import letter
from tools import list_phrases

ROOT = Path(__file__).parents[2]
BOOK = standard_phrases()
THREE = ("en", "ru", "he")
ALL = 'languages = ["en", "ru", "he"]\n'
HEBREW = re.compile(r"[\u05d0-\u05ea]")

by_phrase = pytest.mark.parametrize("phrase", BOOK, ids=lambda phrase: str(phrase.number))


def test_the_standard_book_keeps_its_own_rules() -> None:
    """At least 60 phrases in every group that it fills, in order, small enough for any letter."""
    assert len(BOOK) >= 60
    assert list(phrase_problems(BOOK, THREE)) == []
    assert [phrase.number for phrase in BOOK] == sorted(phrase.number for phrase in BOOK)
    assert {phrase.group for phrase in BOOK} == set(GROUPS) - {"agreed"}
    assert len(phrases_toml(BOOK).encode()) < 30 * 1024


@pytest.mark.parametrize("language", Language)
def test_no_two_phrases_say_the_same(language: Language) -> None:
    """Each number means something of its own, in every language."""
    texts = [phrase.text(language) for phrase in BOOK]
    assert len(set(texts)) == len(texts)


@by_phrase
def test_a_phrase_says_the_same_in_three_languages(phrase: Phrase) -> None:
    """The same slots, a whole sentence, and no letters of another script."""
    for language, script in (
        (Language.EN, "a-zA-Z"),
        (Language.RU, "а-яёА-ЯЁ"),
        (Language.HE, "א-ת"),
    ):
        text = phrase.text(language)
        assert sorted(slots_of(text)) == sorted(slots_of(phrase.en))
        assert text[-1] in ".?"
        letters = "".join(filter(str.isalpha, filled(text, dict.fromkeys(SLOTS, "")))).replace(
            "UTC", ""
        )
        assert re.fullmatch(f"[{script}]+", letters)


@by_phrase
def test_hebrew_words_stand_before_whatever_is_filled_in(phrase: Phrase) -> None:
    """So numbers and Latin letters are runs of their own, and the line begins from the right."""
    for before in re.split(r"\{[a-z]+\}", phrase.he)[:-1]:
        assert HEBREW.search(before)
    assert HEBREW.match(phrase.he)


def test_the_sample_letter_has_the_standard_book() -> None:
    """What is copied from the examples can be said at once."""
    assert read_letter((ROOT / "examples/letter.toml").read_bytes()).phrases == BOOK


def test_a_book_survives_its_own_form() -> None:
    """What is printed for a letter is read from it, quotation marks and all."""
    odd = Phrase(799, "agreed", 'Say "again" \\ now.', "Ещё раз.", "")
    again = read_letter(letter(phrases_toml((*BOOK, odd))))
    assert again.phrases == (*BOOK, odd)


def test_a_letter_needs_no_phrases() -> None:
    """Letters from before there were any are what they were."""
    assert read_letter(letter()).phrases == ()


def test_a_text_that_a_letter_lacks_is_english() -> None:
    """A letter in two languages is shown in the third as far as it goes."""
    assert Phrase(201, "answer", "Roger.", "Принял.").text(Language.HE) == "Roger."


def table(**changes: object) -> str:
    """Return a phrase's table with changes."""
    fields = {"number": 201, "group": "answer", "en": "Roger.", "ru": "Принял.", "he": "קיבלתי."}
    return "[[phrase]]\n" + "".join(
        f"{key} = {msgspec.json.encode(value).decode()}\n"
        for key, value in (fields | changes).items()
    )


@pytest.mark.parametrize(
    ("more", "code", "field"),
    [
        (table() + table(en="Two"), "model.letter-phrase-number", "phrase[1].number"),
        (table(number=301), "model.letter-phrase-group", "phrase[0].group"),
        (table(number=99), "model.letter-phrase-group", "phrase[0].group"),
        (table(number=1201), "model.letter-phrase-group", "phrase[0].group"),
        (table(number=-799), "model.letter-phrase-group", "phrase[0].group"),
        (table(group="chat"), "model.letter-phrase-group", "phrase[0].group"),
        (table(en=" "), "model.letter-phrase-text", "phrase[0].en"),
        (table(ru=""), "model.letter-phrase-text", "phrase[0].ru"),
        (table(he="א" * 301), "model.letter-phrase-text", "phrase[0].he"),
        (table(he="\u202eא"), "model.letter-unsafe", "phrase[0].he"),
        (table(ru="Да.\nНет."), "model.letter-unsafe", "phrase[0].ru"),
        (table(ru="Принял {level}."), "model.letter-phrase-slots", "phrase[0].ru"),
        (table(en="At {hour}."), "model.letter-phrase-slots", "phrase[0].en"),
        (table(en="At {time!r}."), "model.letter-phrase-slots", "phrase[0].en"),
        (table(en="At {"), "model.letter-phrase-slots", "phrase[0].en"),
        (table() * (MAX_PHRASES + 1), "model.letter-phrases", "phrase"),
    ],
)
def test_every_rule_of_a_phrase_refuses(more: str, code: str, field: str) -> None:
    """What would be misheard is not agreed on."""
    with pytest.raises(LetterRefused) as caught:
        read_letter(letter(ALL + more))
    assert (code, field) in [(found.code, found.field) for found in caught.value.problems]


def test_an_unknown_key_of_a_phrase_is_refused() -> None:
    """A misspelt language would be a text that nobody reads."""
    with pytest.raises(ConfigError) as caught:
        read_letter(letter(table(hbo="x")))
    assert caught.value.code == "model.letter-wrong-key"


def test_only_the_languages_of_the_letter_are_required() -> None:
    """Tags of regions count as their language; languages of others have no text here."""
    read_letter(letter('languages = ["ru-RU", "fr"]\n' + table(he="")))
    read_letter(letter(table(ru="", he="")))
    with pytest.raises(LetterRefused):
        read_letter(letter('languages = ["he-IL"]\n' + table(he="")))


def test_letters_differ_phrase_by_phrase() -> None:
    """Another text is named by its number; a phrase that one side added moves no other."""
    ours = read_letter(letter(table() + table(number=203)))
    theirs = read_letter(letter(table(number=203, en="No.")))
    found = {difference.key: difference for difference in differences(ours, theirs)}
    assert found["phrase.203.en"] == LetterDifference("phrase.203.en", "Roger.", "No.")
    assert found["phrase.201.ru"] == LetterDifference("phrase.201.ru", "Принял.", "")
    assert "phrase.203.ru" not in found


def test_numbers_that_the_letter_lacks_are_named() -> None:
    """Each with its place, for the one who has to mend it."""
    (problem,) = unknown_phrases((201, 798), by_number(BOOK))
    assert (problem.code, problem.field) == ("model.unknown-phrase", "phrases[1]")
    assert "798" in problem.text


# --- Slots ---------------------------------------------------------------------------------

WARNING = Advisory("", "Il-20", Position(34, 33), FL180, 195.5, 480.0, "Levy")
COUNTER = reply(
    read_back=None,
    proposal=(volume(), volume(time_end="2026-03-01T14:00:00Z"), volume(time_start="soon")),
)


@pytest.mark.parametrize(
    ("message", "fields"),
    [
        (
            WARNING,
            {
                "subject": "Il-20",
                "position": "340000N 0330000E",
                "level": "FL180",
                "track": "195.5",
                "speed": "480",
                "officer": "Levy",
            },
        ),
        (Advisory(), {}),
        (
            reply(),
            {
                "reference": "IAF-0001",
                "position": "334500N 0331500E",
                "level": "FL180 to FL240",
                "time": "2026-03-01 11:00:00 UTC",
                "until": "2026-03-01 13:00:00 UTC",
                "minutes": "120",
                "officer": "Lt. Example",
            },
        ),
        (
            COUNTER,
            {
                "reference": "IAF-0001",
                "level": "FL180 to FL240",
                "time": "2026-03-01 11:00:00 UTC",
                "until": "2026-03-01 14:00:00 UTC",
                "minutes": "180",
                "officer": "Lt. Example",
            },
        ),
        (Reply(proposal=(volume(), volume(altitude_upper=None))), {"time", "until", "minutes"}),
        (Reply(proposal=(volume(altitude_upper=None),)), {"time", "until", "minutes"}),
        (Reply(read_back=read_back(position=None, time_start="")), {"level", "until"}),
        (Reply(read_back=read_back(time_end="later")), {"level", "time", "position"}),
        (Service(officer="Levy\x1b"), {"officer": r"Levy\x1b"}),
        (LineCheck("Fox"), {}),
        (Notice("IAF-0001"), {"reference": "IAF-0001"}),
        (Withdrawal("IAF-0001", officer="Levy"), {"reference": "IAF-0001", "officer": "Levy"}),
    ],
)
def test_slots_are_filled_from_signed_fields(
    message: Message, fields: dict[str, str] | set[str]
) -> None:
    """What a message says of itself, and nothing that it does not say."""
    found = slot_texts(message, Language.EN)
    assert (found if isinstance(fields, dict) else set(found)) == fields
    assert set(found) <= set(SLOTS)


def test_every_slot_can_be_filled() -> None:
    """No slot is promised that no message fills."""
    assert {*slot_texts(WARNING, Language.EN), *slot_texts(reply(), Language.EN)} == set(SLOTS)


def test_a_phrase_is_said_in_each_language() -> None:
    """Words are translated; positions, levels and numbers are not."""
    phrase = by_number(BOOK)[302]
    assert [phrase_text(phrase, WARNING, language) for language in Language] == [
        "Unknown aircraft, position 340000N 0330000E, level FL180.",
        "Неизвестный борт, место 340000N 0330000E, высота FL180.",
        "כלי טיס לא מזוהה, מיקום 340000N 0330000E, גובה FL180.",
    ]
    assert phrase_text(phrase, Service()) == "Unknown aircraft, position ..., level ...."


def test_what_is_filled_in_is_no_slot() -> None:
    """A subject that looks like a slot is a subject."""
    said = phrase_text(by_number(BOOK)[301], Advisory(subject="{position}", altitude=FL180))
    assert said == "Traffic: {position}. Position ..., level FL180."


# --- Messages ------------------------------------------------------------------------------


def test_messages_without_phrases_are_the_bytes_that_they_were() -> None:
    """What was signed before there were phrases is still read, and written, the same."""
    old = bytes.fromhex("82a474657874a15aa77375626a656374a3496c32")
    assert encode_payload(Advisory("Z", "Il2")) == old
    assert decode_own_form("advisory", old) == Advisory("Z", "Il2")


@pytest.mark.parametrize(
    "message",
    [
        Advisory(phrases=(301, 317)),
        Service(phrases=(505,)),
        LineCheck(phrases=(501,)),
        reply(answer="reject", read_back=None, phrases=(210,)),
        reply(answer="reject", read_back=None, phrases=(201, 701)),
    ],
)
def test_a_phrase_is_enough(message: Message) -> None:
    """No text has to be made up where a number says it all, through payload and file alike."""
    assert problems(message) == []
    assert decode_own_form(kind_of(message), encode_payload(message)) == message
    draft = Draft(Precedence.ROUTINE, message)
    shown = {"kind": draft.kind, "precedence": draft.precedence.name}
    file = msgspec.json.encode(shown | msgspec.to_builtins(message))
    assert read_message(file, NOW_US) == draft


def test_phrases_are_read_from_a_file() -> None:
    """As a list of numbers, beside the other fields."""
    data = b'{"kind": "advisory", "subject": "Il-20", "phrases": [301, 307]}'
    message = read_message(data, NOW_US).message
    assert message == Advisory(subject="Il-20", phrases=(301, 307))


@pytest.mark.parametrize(
    ("numbers", "codes"),
    [
        ((301, 301), ["model.phrase-number"]),
        ((99,), ["model.phrase-number"]),
        ((1000, -5), ["model.phrase-number"] * 2),
        (tuple(range(301, 312)), ["model.too-many-phrases"]),
    ],
)
def test_numbers_have_rules(numbers: tuple[int, ...], codes: list[str]) -> None:
    """Whatever the letter: a number is said once, and can be that of a phrase."""
    assert [problem.code for problem in problems(Service(phrases=numbers))] == codes


def test_titles_name_phrases() -> None:
    """A list of messages says what there is to open, and is not flooded."""
    assert title_of(Service(phrases=(505,))) == "phrase 505"
    assert title_of(Advisory(phrases=(301, 317))) == "phrases 301, 317"
    assert title_of(LineCheck(phrases=(501,))) == "phrase 501"
    assert title_of(Service()) == ""
    assert len(title_of(Service(phrases=tuple(range(10**5))))) < 100


def test_titles_say_the_words_where_the_letter_is_at_hand() -> None:
    """An officer reads what is said, not its number; what the letter lacks stays a number."""
    book = by_number(standard_phrases())
    said = Advisory(phrases=(317, 307, 799))
    assert title_of(said, book) == "317 Warning is over. 307 Turn away immediately. 799"
    assert title_of(Service(phrases=(799,)), book) == "phrase 799"


def test_what_is_left_blank_is_known_before_it_is_said() -> None:
    """A slot without a field is named; a field that is there fills it."""
    book = by_number(standard_phrases())
    bare = Advisory(phrases=(311,))
    assert empty_slots(book[311], bare) == ["position", "level"]
    there = msgspec.structs.replace(bare, position=Position(34.0, 33.0))
    assert empty_slots(book[311], there) == ["level"]


# --- The page ------------------------------------------------------------------------------


def test_the_page_has_the_standard_book() -> None:
    """`python tools/list_phrases.py` mends it."""
    assert list_phrases.PAGE.read_text("utf-8") == list_phrases.page()


def test_the_page_names_every_slot_and_group() -> None:
    """Whoever writes a phrase finds what it may hold."""
    page = list_phrases.PAGE.read_text("utf-8")
    assert set(re.findall(r"`\{([a-z]+)\}`", page)) == set(SLOTS)
    for group, hundred in GROUPS.items():
        assert re.search(rf"{hundred}\s`{group}`", page)


def test_the_phrase_of_the_page_is_that_of_the_book() -> None:
    """The first thing that a reader copies is a phrase that holds."""
    (sample,) = re.findall(r"```toml\n(.*?)```", list_phrases.PAGE.read_text("utf-8"), re.DOTALL)
    found: Letter = read_letter(letter(ALL + sample))
    assert found.phrases == (by_number(BOOK)[303],)
