from __future__ import annotations

import re
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.errors import UsageError
from hotline.trust.words import WORDS, lines_of, parse_words, words_of

SPELLING_ALPHABET = """
alfa alpha bravo charlie delta echo foxtrot golf hotel india juliett kilo lima mike november oscar
papa quebec romeo sierra tango uniform victor whiskey xray yankee zulu zero one two three four five
six seven eight nine ten
"""


def sound(word: str) -> str:
    """Return a word's consonants as an ear takes them on a poor line, voiced as unvoiced."""
    for written, heard in (
        ("ph", "f"),
        ("sch", "sk"),
        ("ch", "J"),
        ("sh", "J"),
        ("ck", "k"),
        ("qu", "kw"),
        ("wh", "w"),
    ):
        word = word.replace(written, heard)
    word = re.sub("c(?=[eiy])", "s", word)
    word = re.sub("dge|g(?=[eiy])|j", "J", word)
    word = word.translate(str.maketrans("czqdbvgm", "kskTpfkn"))
    first, rest = ("A", word[1:]) if word[0] in "aeiou" else (word[0].upper(), word[1:])
    return re.sub(r"(.)\1+", r"\1", first + re.sub("[aeiouyhw]", "", rest))


def distance(one: str, other: str) -> int:
    """Return how many letters have to be changed, added or dropped."""
    row = list(range(len(other) + 1))
    for count, left in enumerate(one, 1):
        previous, row = row, [count]
        for place, right in enumerate(other):
            row.append(
                min(previous[place] + (left != right), previous[place + 1] + 1, row[place] + 1)
            )
    return row[-1]


def test_the_list() -> None:
    """There is one plain word for each byte, in order, and none of the spelling alphabet."""
    assert len(WORDS) == len(set(WORDS)) == 256
    assert list(WORDS) == sorted(WORDS)
    assert all(re.fullmatch("[a-z]{4,9}", word) for word in WORDS)
    assert not set(WORDS) & set(SPELLING_ALPHABET.split())


def test_words_are_told_apart_by_four_letters() -> None:
    """The first four letters are enough to know a word."""
    assert len({word[:4] for word in WORDS}) == 256


def test_words_are_told_apart_by_ear() -> None:
    """No two words have the same consonants, however badly the line tells voices apart."""
    sounds = {sound(word): word for word in WORDS}
    assert len(sounds) == 256


def test_words_are_told_apart_by_eye() -> None:
    """No word becomes another by two slips of the pen."""
    close = [pair for pair in combinations(WORDS, 2) if distance(*pair) < 3]
    assert not close


def test_ear_and_eye_can_hear_and_see() -> None:
    """The two measures do call similar words similar."""
    assert sound("cattle") == sound("kettle")
    assert sound("bucket") == sound("pocket")
    assert distance("honey", "money") == 1
    assert distance("kitten", "sitting") == 3


@given(st.binary(min_size=32, max_size=32), st.sampled_from([" ", "-", "\n", ", ", "  _ "]))
def test_words_come_back(fingerprint: bytes, separator: str) -> None:
    """Words typed in any case and with any separators are those of the fingerprint."""
    words = words_of(fingerprint)
    assert len(words) == 16
    assert parse_words(separator.join(words).upper()) == words
    assert parse_words("\n".join(lines_of(words))) == words
    assert bytes(WORDS.index(word) for word in words) == fingerprint[:16]


def test_lines() -> None:
    """Words are read out in lines of four."""
    assert lines_of(words_of(bytes(range(16)))) == (
        "almond alphabet amber anchor",
        "antelope aquarium armchair artist",
        "autumn avenue bacon badger",
        "bamboo barrel beaver beehive",
    )


def test_no_words() -> None:
    """Nothing typed is no words."""
    assert parse_words(" -- ") == ()


def test_unknown_word() -> None:
    """A word that is not on the list is named."""
    with pytest.raises(UsageError, match="'badgre'") as caught:
        parse_words("bacon badgre")
    assert caught.value.code == "trust.unknown-word"
