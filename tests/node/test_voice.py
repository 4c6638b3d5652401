"""The voice line between real nodes: both record what is said while the data line is cut."""

from __future__ import annotations

from collections.abc import Awaitable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.audit.verification.journal import verify_journal
from hotline.errors import HotlineError
from hotline.journal.journal import JOURNAL_FILE
from hotline.journal.queries import find_message
from hotline.journal.voice import VOICE, Call, calls
from hotline.model.kinds import Precedence, Status
from hotline.model.messages import Advisory, Message
from hotline.node.centre import Centre
from hotline.node.desk import stored_flags
from hotline.node.voice import Voice
from hotline.trust.spoken import answer_words, item_word
from hotline.wire.records import VoiceConfirmed, VoiceHeard, VoiceSpoken
from tests.centres import drafted, line_up, lone_centre, receipted, running, sites
from tests.model.strategies import messages
from tests.node.grounds import Cut, cut_line
from tests.pair.relay import Relay

PATROL = "iaf/01-patrol.json"
SOON = Advisory("Turn left at once", phrases=(307,))


async def spoken(centre: Centre, message: Message, precedence: Precedence) -> VoiceSpoken:
    """Have levy compose a message and read it out."""
    composed = await centre.desk.send("", message, precedence, "levy")
    call = await centre.voice.speak(composed.id.hex(), "levy")
    assert isinstance(call.said, VoiceSpoken)
    return call.said


def sheet_with_words(said: VoiceSpoken) -> str:
    """Return what is printed for the speaker: each item with its word, and the check words."""
    lines = [f"{line} / {item_word(line)}" for line in said.text.splitlines()]
    return "\n".join([*lines, f"CHECK {said.words}"])


async def flags_of(cut: Cut, said: VoiceSpoken) -> dict[str, str]:
    """Return what the listener's desk flagged on a message, once it is receipted."""
    sent = await cut.iaf.reader.run(lambda at: find_message(at, said.message.hex()))
    await receipted(cut.iaf, sent.stream, sent.seq)
    found = await cut.hmeimim.reader.run(lambda at: find_message(at, said.message.hex()))
    return {flag.code: flag.text for flag in stored_flags(found)}


def states(found: list[Call]) -> list[str]:
    """Return what calls are, the oldest first."""
    names = {VoiceSpoken: "spoken", VoiceHeard: "heard", VoiceConfirmed: "confirmed"}
    return [names[type(call.said)] for call in reversed(found)]


async def test_what_was_heard_is_matched_when_the_line_is_back(tmp_path: Path) -> None:
    """Spoken, heard, confirmed: each in its log; the signed message says when it was heard."""
    async with cut_line(tmp_path) as cut:
        draft = drafted(PATROL)
        said = await spoken(cut.iaf, draft.message, draft.precedence)
        taken = await cut.hmeimim.voice.hear("iaf", sheet_with_words(said).lower(), "ivanov")
        assert isinstance(taken.call.said, VoiceHeard)
        assert taken.call.said.text == said.text
        assert (taken.agrees, taken.arrived, taken.otherwise) == (True, None, ())
        answer = " ".join(answer_words(taken.call.said.text))
        confirmed = await cut.iaf.voice.confirm("IAF-0101", answer, "levy", by_item=False)
        assert isinstance(confirmed.said, VoiceConfirmed)
        assert confirmed.said.agrees
        assert confirmed.said.message == said.message
        await cut.mend()
        flags = await flags_of(cut, said)
        assert "voice.differs" not in flags
        assert "by ivanov" in flags["voice.heard"]
        assert "with the same content" in flags["voice.heard"]
        assert "before its start" in flags["voice.heard"]
        assert states(await cut.iaf.voice.calls()) == ["spoken", "confirmed"]
        assert states(await cut.hmeimim.voice.calls("iaf")) == ["heard"]
        assert await cut.hmeimim.voice.calls("nobody") == []


async def test_what_is_not_read_out_is_said_not_to_be_compared(tmp_path: Path) -> None:
    """In the flag of the signed message, and to who types the text when it is there."""
    async with cut_line(tmp_path) as cut:
        message = msgspec.structs.replace(drafted(PATROL).message, title="סיור", remarks="no.")
        said = await spoken(cut.iaf, message, Precedence.ROUTINE)
        await cut.hmeimim.voice.hear("iaf", said.text, "ivanov")
        await cut.mend()
        text = (await flags_of(cut, said))["voice.heard"]
        lost = "title (E) not read out; remarks (U), contact (V) read without marks"
        assert f"with the same content as far as it is read out ({lost})" in text
        taken = await cut.hmeimim.voice.hear("iaf", said.text, "ivanov")
        assert (taken.otherwise, str(taken.losses)) == ((), lost)


async def test_both_journals_hold_the_call_and_verify(tmp_path: Path) -> None:
    """What was said by voice is covered by the checkpoints, as everything is."""
    async with cut_line(tmp_path) as cut:
        said = await spoken(cut.iaf, SOON, Precedence.FLASH)
        await cut.hmeimim.voice.hear("", said.text, "ivanov")
        await cut.iaf.voice.confirm(said.message.hex()[:8], said.words, "levy", by_item=False)
        await cut.mend()
        assert "voice.heard" in await flags_of(cut, said)
        both = (cut.iaf, cut.hmeimim)
    for centre in both:
        peers = {line.peer: line.card for line in centre.lines.values()}
        found = verify_journal(centre.config.data / JOURNAL_FILE, centre.keyring.card, peers)
        assert found.ok, [str(failure) for failure in found.failures]


async def test_a_typing_error_is_found_in_its_item(tmp_path: Path) -> None:
    """By the words at the listener's side, at the speaker's, and when the message comes."""
    async with cut_line(tmp_path) as cut:
        draft = drafted(PATROL)
        said = await spoken(cut.iaf, draft.message, draft.precedence)
        typed = sheet_with_words(said).replace("FL180", "FL190")
        taken = await cut.hmeimim.voice.hear("iaf", typed, "ivanov")
        heard = taken.call.said
        assert isinstance(heard, VoiceHeard)
        assert taken.agrees is False
        assert heard.differs == ("G1",)
        assert heard.said == said.words != heard.words
        answer = " ".join(answer_words(heard.text))
        wrong = await cut.iaf.voice.confirm("IAF-0101", answer, "levy", by_item=False)
        assert isinstance(wrong.said, VoiceConfirmed)
        assert (wrong.said.agrees, wrong.said.differs) == (False, ())
        by_item = " ".join(item_word(line) for line in heard.text.splitlines())
        named = await cut.iaf.voice.confirm("IAF-0101", by_item, "levy", by_item=True)
        assert isinstance(named.said, VoiceConfirmed)
        assert (named.said.agrees, named.said.differs) == (False, ("G1",))
        await cut.mend()
        flags = await flags_of(cut, said)
        assert "voice.heard" not in flags
        assert "says something else in G1;" in flags["voice.differs"]


async def test_only_check_words_that_differ_say_no_item(tmp_path: Path) -> None:
    """Without the items' words it is known that something differs, and not what."""
    async with cut_line(tmp_path) as cut:
        said = await spoken(cut.iaf, SOON, Precedence.FLASH)
        typed = said.text.replace("LEFT", "RIGHT") + f"CHECK {said.words}"
        taken = await cut.hmeimim.voice.hear("iaf", typed, "ivanov")
        assert isinstance(taken.call.said, VoiceHeard)
        assert (taken.agrees, taken.call.said.differs) == (False, ())
        assert (await cut.hmeimim.voice.hear("iaf", said.text, "ivanov")).agrees is None


async def test_what_was_taken_again_counts(tmp_path: Path) -> None:
    """A first attempt with an error is no difference when the second is right."""
    async with cut_line(tmp_path) as cut:
        said = await spoken(cut.iaf, SOON, Precedence.FLASH)
        await cut.hmeimim.voice.hear("iaf", said.text.replace("LEFT", "RIGHT"), "ivanov")
        await cut.hmeimim.voice.hear("iaf", said.text, "orlov")
        await cut.mend()
        flags = await flags_of(cut, said)
        assert "by orlov" in flags["voice.heard"]
        assert "voice.differs" not in flags


async def test_a_message_that_is_there_is_compared_at_once(tmp_path: Path) -> None:
    """Somebody may still be typing when the line comes back."""
    async with cut_line(tmp_path) as cut:
        said = await spoken(cut.iaf, SOON, Precedence.FLASH)
        await cut.mend()
        assert not {"voice.heard", "voice.differs"} & set(await flags_of(cut, said))
        taken = await cut.hmeimim.voice.hear("iaf", said.text, "ivanov")
        assert taken.arrived is not None
        assert (taken.arrived.id, taken.otherwise) == (said.message, ())
        wrong = said.text.replace("FLASH", "ROUTINE").replace("LEFT", "RIGHT")
        assert (await cut.hmeimim.voice.hear("iaf", wrong, "ivanov")).otherwise == ("C", "S")


async def test_a_wrong_id_does_not_hide_a_difference(tmp_path: Path) -> None:
    """What was heard about a notice is held against the message about that notice."""
    async with cut_line(tmp_path) as cut:
        draft = drafted(PATROL)
        said = await spoken(cut.iaf, draft.message, draft.precedence)
        id_ = said.message.hex()[:8].upper()
        await cut.hmeimim.voice.hear("iaf", said.text.replace(id_, "00000000"), "ivanov")
        await cut.mend()
        assert " in Z;" in (await flags_of(cut, said))["voice.differs"]


async def test_what_was_heard_survives_a_restart(tmp_path: Path) -> None:
    """The journal is all there is to remember by."""
    iaf_site, hmeimim_site = sites(tmp_path)
    iaf_site.configure("hmeimim", port=9)
    hmeimim_site.configure("iaf", port=0)
    async with running(iaf_site.node()) as iaf:
        said = await spoken(iaf, SOON, Precedence.FLASH)
    async with running(hmeimim_site.node()) as hmeimim:
        await hmeimim.voice.hear("iaf", said.text, "ivanov")
    async with running(hmeimim_site.node()) as hmeimim:
        iaf_site.configure("hmeimim", port=hmeimim.port or 0)
        async with running(iaf_site.node()) as iaf:
            await line_up(iaf, hmeimim)
            assert "voice.heard" in await flags_of(Cut(iaf, hmeimim, Relay(0)), said)
            confirmed = await iaf.voice.confirm(
                said.message.hex(), said.words, "levy", by_item=False
            )
            assert isinstance(confirmed.said, VoiceConfirmed)


async def test_what_is_not_ours_to_read_out_is_refused(tmp_path: Path) -> None:
    """A message of the peer's, one that is not there, one with too many points."""
    async with cut_line(tmp_path) as cut:
        said = await spoken(cut.iaf, SOON, Precedence.FLASH)
        await cut.mend()
        await flags_of(cut, said)
        await refused("voice.not-ours", cut.hmeimim.voice.speak(said.message.hex(), "ivanov"))
        await refused("node.no-such-message", cut.iaf.voice.speak("IAF-0404", "levy"))


@pytest.mark.parametrize(
    ("said", "typed", "code"),
    [
        ("A EXERCISE", "A ACTUAL", "voice.other-status"),
        ("FROM IAF TO HMEIMIM", "FROM IAF TO IAF", "voice.for-another"),
        ("FROM IAF TO HMEIMIM", "FROM HMEIMIM TO IAF", "voice.for-another"),
        ("Z MESSAGE", "CHECK flag swan pony\nZ MESSAGE", "voice.word-count"),
        ("Z MESSAGE", "CHECK flag swan pony xyz\nZ MESSAGE", "trust.unknown-check-word"),
        ("FLASH", "FLASH / parrot", "trust.unknown-check-word"),
        ("ADVISORY", "NOTE", "formats.heard-item"),
    ],
)
async def test_what_is_not_for_this_centre_is_refused(
    tmp_path: Path, said: str, typed: str, code: str
) -> None:
    """An actual message is not taken by an exercise's node, nor one to somebody else."""
    text = (
        "A EXERCISE FROM IAF TO HMEIMIM\nB ADVISORY\nC PRECEDENCE FLASH\nS TEXT X\n"
        "Z MESSAGE 8D41F0C2\n"
    )
    async with lone_centre(tmp_path) as hmeimim:
        assert said in text
        await refused(code, hmeimim.voice.hear("", text.replace(said, typed), "ivanov"))
        assert await hmeimim.voice.calls() == []


async def test_words_are_confirmed_of_what_was_read_out(tmp_path: Path) -> None:
    """As many as are due, and only of a message that was read out."""
    async with lone_centre(tmp_path) as hmeimim:
        await refused(
            "voice.not-spoken", hmeimim.voice.confirm("HMEIMIM-0201", "flag", "a", by_item=False)
        )
        said = await spoken(hmeimim, SOON, Precedence.FLASH)
        id_ = said.message.hex()
        for by_item in (False, True):
            await refused(
                "voice.word-count",
                hmeimim.voice.confirm(id_[:8], "flag swan", "a", by_item=by_item),
            )
        await refused(
            "voice.not-spoken", hmeimim.voice.confirm(id_[:5], "flag", "a", by_item=False)
        )
        await refused("voice.not-spoken", hmeimim.voice.confirm(" ", "flag", "a", by_item=False))


async def test_a_call_that_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    """The verification names it; whoever lists calls still sees the others."""
    async with lone_centre(tmp_path) as hmeimim:
        said = await spoken(hmeimim, SOON, Precedence.FLASH)
        await hmeimim.line("").record(VOICE, {"state": "sung"})
        (found,) = await hmeimim.reader.run(calls)
        assert found.said == said


@given(st.lists(messages, min_size=1, max_size=3), st.binary(min_size=32, max_size=32))
@settings(max_examples=60, deadline=None)
def test_nothing_that_arrives_stops_the_comparison(arriving: list[Message], id_: bytes) -> None:
    """Whatever a peer signs, what was heard is held against it, or said to be incomparable."""
    voice, line = _voice_that_heard(id_)
    for message in arriving:
        flags = voice.flags(line, message, id_, 3)
        assert [flag.code for flag in flags] in (["voice.differs"], ["voice.heard"])
        assert len(flags[0].text) <= 2000
    assert voice.flags(line, None, id_, 3) == ()


def _voice_that_heard(id_: bytes) -> tuple[Voice, Any]:
    """Return a voice line whose listener heard something under an id."""
    config = SimpleNamespace(centre="hmeimim", status=Status.EXERCISE)
    voice = Voice(cast("Any", SimpleNamespace(config=config)))
    text = (
        "A EXERCISE FROM IAF TO HMEIMIM\nB SERVICE\nC PRECEDENCE ROUTINE\nS TEXT X\n"
        f"Z MESSAGE {id_.hex()[:8].upper()}\n"
    )
    heard = VoiceHeard(text, "", "", (), "ivanov")
    voice.remember(Call("iaf", 1, 1, 2**50, heard), heard)
    return voice, SimpleNamespace(peer="iaf")


async def refused(code: str, asked: Awaitable[object]) -> None:
    """Check that what is asked is refused with this code and the mend."""
    with pytest.raises(HotlineError) as caught:
        await asked
    assert caught.value.code == code
    assert caught.value.hint
