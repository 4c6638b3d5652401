"""Check words over what is read out: they find errors, and cannot be given by repeating."""

import pytest

from hotline.errors import UsageError
from hotline.trust.spoken import answer_words, check_words, heard_words, item_word
from hotline.trust.words import WORDS

TEXT = "A EXERCISE FROM IAF TO HMEIMIM\nB NOTICE IAF-0007\n"


def test_the_words_are_those_of_the_specification() -> None:
    """Another implementation finds the same; docs/spec/voice.md, section 4."""
    assert check_words(TEXT) == ("pony", "kingdom", "butter", "hospital")
    assert answer_words(TEXT) == ("pigeon", "hamster", "ketchup", "vanilla")
    assert item_word("B NOTICE IAF-0007") == "elevator"


def test_the_answer_is_not_what_was_just_heard() -> None:
    """Whoever repeats the check words has not shown that he holds the text."""
    assert not set(check_words(TEXT)) & set(answer_words(TEXT))


def test_one_sign_changes_the_words() -> None:
    """Of the whole, and of its item."""
    other = TEXT.replace("7", "1")
    assert check_words(other) != check_words(TEXT)
    assert answer_words(other) != answer_words(TEXT)


@pytest.mark.parametrize(
    "typed", ["Flag, SWAN - pony\nruby", "flag.swan.pony.ruby ", "flagg swan ponys ruby"]
)
def test_words_are_taken_however_they_are_typed(typed: str) -> None:
    """In any case, with any separators, misspelled behind the fourth letter."""
    assert heard_words(typed) == ("flag", "swan", "pony", "ruby")


def test_four_letters_of_every_word_are_enough() -> None:
    """No two words begin with the same four, and none is shorter."""
    assert heard_words(" ".join(word[:4] for word in WORDS)) == WORDS
    assert heard_words(" ".join(WORDS)) == WORDS


@pytest.mark.parametrize("typed", ["fla", "xylophone", "flag sw"])
def test_a_word_that_is_none_is_refused(typed: str) -> None:
    """It is named, so that it alone is asked for again."""
    with pytest.raises(UsageError) as caught:
        heard_words(typed)
    assert caught.value.code == "trust.unknown-check-word"
    assert repr(typed.split()[-1]) in caught.value.message


def test_nothing_typed_is_no_word() -> None:
    """An empty text, or one without letters, has none."""
    assert heard_words(" 12 ?") == ()
