"""Letters of agreement through the API of a real pair."""

from __future__ import annotations

from hotline.model.letter import letter_hash, read_letter
from tests.api.conftest import Pair


async def test_letter_is_told_as_its_file_says_it(pair: Pair) -> None:
    """Whoever composes learns of the letter that its line has, by the hash of its bytes."""
    page = await pair.a.letters()
    data = (pair.iaf.config.path.parent / "letter.toml").read_bytes()
    letter = read_letter(data)
    (told,) = page.letters
    assert page.traffic == letter.banner
    assert told.peer == "hmeimim"
    assert told.hash == letter_hash(data).hex()
    assert told.two_person_release is False
    assert told.warning_s == letter.minimum_warning_s.default
    assert told.warning_by_activity_s == letter.minimum_warning_s.activity
    assert told.deadline_s["FLASH"] == letter.reply_deadline_s.flash
    assert [one.number for one in told.phrases] == [one.number for one in letter.phrases]
    assert told.phrases[0].he == letter.phrases[0].he
