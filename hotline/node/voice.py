"""The voice line: what is read out over a telephone while the data line is down, and written down.

The speaker's node says how a signed message of its own is read out, and takes the words that the
listener answers with; the listener's node takes what was typed, and compares the signed message
with it when that arrives. Each step is an entry in the line's log of the node that takes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from hotline.errors import HotlineError, UsageError
from hotline.formats.telephone.hearing import hear
from hotline.formats.telephone.items import Item, text_of
from hotline.formats.telephone.layout import differing, lay_out, subject_of
from hotline.formats.telephone.losses import NO_LOSSES, Losses, losses_of
from hotline.formats.telephone.sheet import ID_DIGITS, Sheet, sheet_of
from hotline.journal.queries import StoredMessage, find_message
from hotline.journal.voice import Call, calls, enter_voice
from hotline.model.kinds import Precedence
from hotline.model.messages import Message, Notice, Revision
from hotline.model.phrasing import duration_text, time_text
from hotline.model.text import printable
from hotline.model.times import shorten
from hotline.node.desk import read_payload
from hotline.trust.spoken import (
    CHECK_WORDS,
    answer_words,
    check_words,
    heard_words,
    item_word,
)
from hotline.wire.records import Flag, VoiceConfirmed, VoiceHeard, VoiceSpoken

if TYPE_CHECKING:
    from hotline.node.centre import Centre
    from hotline.node.line import Line

HEARD_REMEMBERED = 1000
"""Texts of a line that are held against what arrives, the newest ones."""
ABOUT_NOTICES = frozenset(
    {
        "NOTICE",
        "REVISION",
        "WITHDRAWAL",
        "ACTIVATION",
        "END",
        "NONCONFORMANCE",
        "CONTINGENCY",
    }
)
"""What an item B may begin with that says by itself which message is meant."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of a text that was heard: its entry, and whether the signed message was there.

    ``agrees`` is None where no check words were typed. ``arrived`` is the message, where it is in
    the journal already, ``otherwise`` the items in which it says something else, and ``losses``
    what it says besides that is not read out.
    """

    call: Call
    agrees: bool | None
    arrived: StoredMessage | None
    otherwise: tuple[str, ...]
    losses: Losses = NO_LOSSES


@dataclass(frozen=True, slots=True)
class _Heard:
    """A text that was heard and waits for its signed message."""

    time_us: int
    officer: str
    id: str
    subject: str
    items: tuple[Item, ...]


class Voice:
    """Calls of this centre, over all its lines."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre
        self._heard: dict[str, list[_Heard]] = {}

    async def open(self) -> None:
        """Find what was heard, also before the node was started."""
        for call in reversed(await self.calls()):
            if isinstance(call.said, VoiceHeard):
                self.remember(call, call.said)

    async def calls(self, peer: str | None = None) -> list[Call]:
        """Return what is entered of calls, the newest first."""
        return await self._centre.reader.run(partial(calls, peer=peer))

    def remember(self, call: Call, said: VoiceHeard) -> None:
        """Hold a text that was heard against what arrives from now on."""
        try:
            sheet = hear(said.text).sheet
        except HotlineError:
            return  # entered by a later version
        kept = self._heard.setdefault(call.peer, [])
        subject, items = subject_of(sheet), lay_out(sheet)
        kept.append(_Heard(call.time_us, said.officer, sheet.id, subject, items))
        del kept[:-HEARD_REMEMBERED]

    # --- The speaker's side ---------------------------------------------------------------

    async def speak(self, name: str, officer: str) -> Call:
        """Enter that ``officer`` reads a message of ours out; return the entry with its text.

        ``name`` is an id or a reference. Raises UsageError: no such message, one of the peer's, of
        a line that is gone; ModelError where it cannot be read out; JournalError.
        """
        found = await self._centre.reader.run(partial(find_message, name=name, direction="out"))
        if found.direction != "out":
            raise UsageError(
                "voice.not-ours",
                f"{shorten(name)} is a message of {found.peer}",
                "each centre reads out its own messages; answer with `hotline reply`",
            )
        message = read_payload(found)
        line = self._centre.line(found.peer)
        if message is None:
            raise UsageError(
                "voice.unreadable",
                f"the payload of {shorten(name)} cannot be read by this version",
                "say it in your own words",
            )
        sheet = self._sheet(message, found.id, found.stream, sender="", recipient=line.peer)
        text = text_of(lay_out(sheet))
        said = VoiceSpoken(found.id, text, " ".join(check_words(text)), officer)
        return await self._enter(line, said)

    async def confirm(self, name: str, typed: str, officer: str, *, by_item: bool) -> Call:
        """Enter what the listener answered with to the newest reading of a message.

        ``name`` is the message's id, at least 6 digits, or its reference. ``typed`` are the four
        words of the answer or, with ``by_item``, the words of the items in their order. Raises
        UsageError: ``voice.not-spoken``, ``voice.word-count``, ``trust.unknown-check-word``.
        """
        call, said = await self._spoken(name)
        items = hear(said.text)
        labels = lay_out(items.sheet)
        words = heard_words(typed)
        due = tuple(map(item_word_of, labels)) if by_item else answer_words(said.text)
        if len(words) != len(due):
            raise UsageError(
                "voice.word-count",
                f"{len(words)} words were typed, and it is {len(due)} that are answered with",
                "have them read again, one by one",
            )
        differs = tuple(
            item.label
            for item, word, expected in zip(labels, words, due, strict=False)
            if by_item and word != expected
        )
        confirmed = VoiceConfirmed(
            said.message, call.index, " ".join(words), words == due, differs, officer
        )
        return await self._enter(self._centre.line(call.peer), confirmed)

    async def _spoken(self, name: str) -> tuple[Call, VoiceSpoken]:
        wanted = name.strip()
        for call in await self.calls():
            said = call.said
            if (
                isinstance(said, VoiceSpoken)
                and is_named(wanted, said.message.hex(), said.text)
                and self._is_current(call)
            ):
                return call, said
        raise UsageError(
            "voice.not-spoken",
            f"{shorten(name)} was not read out",
            "give the id or the reference as `hotline voice list` shows it",
        )

    def _is_current(self, call: Call) -> bool:
        line = self._centre.lines.get(call.peer)
        return line is not None and line.stored.log == call.log

    # --- The listener's side --------------------------------------------------------------

    async def hear(self, peer: str, typed: str, officer: str) -> Taken:
        """Enter what ``officer`` wrote down of what ``peer`` read out.

        It is entered whether the words agree or not: what was understood at the time is part of the
        record. Raises ModelError for a text that is none, UsageError for one that is not for this
        centre or this exercise (``voice.for-another``, ``voice.other-status``,
        ``voice.other-exercise``).
        """
        line = self._centre.line(peer)
        heard = hear(typed)
        self._require_ours(line, heard.sheet)
        self._require_exercise(line, heard.exercises)
        items = lay_out(heard.sheet)
        text = text_of(items)
        said = _four(heard_words(heard.check))
        typed_words = {label: heard_words(word) for label, word in heard.item_words.items()}
        differs = tuple(
            item.label
            for item in items
            if item.label in typed_words and typed_words[item.label] != (item_word_of(item),)
        )
        words = " ".join(check_words(text))
        call = await self._enter(line, VoiceHeard(text, words, said, differs, officer))
        assert isinstance(call.said, VoiceHeard)  # noqa: S101 - as entered
        self.remember(call, call.said)
        agrees = (said == words and not differs) if said else (False if differs else None)
        arrived = await self._arrived(line, heard.sheet)
        if arrived is None:
            return Taken(call, agrees, None, ())
        return Taken(call, agrees, arrived, *self._otherwise(line, heard.sheet, arrived))

    def _require_ours(self, line: Line, sheet: Sheet) -> None:
        config = self._centre.config
        if sheet.status is not config.status:
            raise UsageError(
                "voice.other-status",
                f"item A says {sheet.status.value}, and this node is for {config.status}",
                "ask for item A again; what is said for an exercise counts in the exercise only",
            )
        if (sheet.sender, sheet.recipient) != (line.peer, config.centre):
            raise UsageError(
                "voice.for-another",
                f"item A says from {sheet.sender} to {sheet.recipient}, and this is"
                f" {config.centre}, called by {line.peer}",
                "ask for item A again, and whether the right centre was called",
            )

    def _require_exercise(self, line: Line, named: Sequence[str]) -> None:
        """Refuse what was read out as of another exercise; who names none is not asked for it."""
        ours = " ".join(line.letter.exercise.upper().split())
        for name in named:
            # A node with lines in several exercises says all their names.
            if ours not in [one.strip() for one in name.split(" / ")] and name != ours:
                raise UsageError(
                    "voice.other-exercise",
                    f"it was read out for the exercise {name}, and the line with {line.peer} is for"
                    f" {printable(line.letter.exercise) or 'none by name'}",
                    "ask which exercise it is for; what is said for one counts in that one only",
                )

    async def _arrived(self, line: Line, sheet: Sheet) -> StoredMessage | None:
        try:
            found = await self._centre.reader.run(partial(find_message, name=sheet.id))
        except UsageError:
            return None
        return found if (found.direction, found.peer) == ("in", line.peer) else None

    def _otherwise(
        self, line: Line, heard: Sheet, arrived: StoredMessage
    ) -> tuple[tuple[str, ...], Losses]:
        message = read_payload(arrived)
        if message is None:
            return ("B",), NO_LOSSES
        try:
            signed = self._signed(line, message, arrived.id, arrived.stream)
        except HotlineError:
            return ("B",), NO_LOSSES
        return differing(lay_out(heard), lay_out(signed)), losses_of(message, signed)

    def flags(
        self, line: Line, message: Message | None, id_: bytes, stream: int
    ) -> tuple[Flag, ...]:
        """Return what is to be said of an arriving message that may have been heard before.

        Never raises; called for every message, and mostly there is nothing to look for.
        """
        waiting = self._heard.get(line.peer)
        if not waiting or message is None:
            return ()
        try:
            signed = self._signed(line, message, id_, stream)
        except HotlineError as error:
            last = next((one for one in reversed(waiting) if one.id == id_.hex()[:ID_DIGITS]), None)
            return () if last is None else (_cannot_compare(last, error),)
        subject = subject_of(signed)
        of_notice = subject.split()[0] in ABOUT_NOTICES
        fitting = [
            one for one in waiting if one.id == signed.id or (of_notice and one.subject == subject)
        ]
        if not fitting:
            return ()
        items = lay_out(signed)
        for one in fitting:
            if one.items == items:
                return (_heard_before(one, message, losses_of(message, signed)),)
        last = fitting[-1]
        return (_differs(last, differing(last.items, items)),)

    # --- Both -----------------------------------------------------------------------------

    def _signed(self, line: Line, message: Message, id_: bytes, stream: int) -> Sheet:
        """Return the sheet of a message that the peer signed."""
        recipient = self._centre.config.centre
        return self._sheet(message, id_, stream, sender=line.peer, recipient=recipient)

    def _sheet(
        self, message: Message, id_: bytes, stream: int, *, sender: str, recipient: str
    ) -> Sheet:
        return sheet_of(
            message,
            status=self._centre.config.status,
            sender=sender or self._centre.config.centre,
            recipient=recipient,
            precedence=Precedence(stream),
            id_=id_,
        )

    async def _enter(self, line: Line, said: VoiceSpoken | VoiceHeard | VoiceConfirmed) -> Call:
        return await self._centre.writer.do(
            lambda journal: enter_voice(
                journal, journal.line(line.peer), said, self._centre.clock.wall_us()
            )
        )


def _four(words: tuple[str, ...]) -> str:
    """Return check words as they are entered. Raises UsageError for another number of them."""
    if len(words) not in (0, CHECK_WORDS):
        raise UsageError(
            "voice.word-count",
            f"{len(words)} words are behind CHECK, and there are {CHECK_WORDS}",
            "have them read again, one by one, or leave the line out",
        )
    return " ".join(words)


def item_word_of(item: Item) -> str:
    """Return the check word of one item."""
    return item_word(str(item))


def is_named(name: str, id_: str, text: str) -> bool:
    """Whether ``name`` is the beginning of an id, 6 digits or more, or what item B is about."""
    subject = text.partition("\nB ")[2].partition("\n")[0]
    by_id = len(name) >= 6 and id_.startswith(name.lower())
    return bool(name) and (by_id or subject.split(" ")[-1] == name.upper())


def same_content(losses: Losses) -> str:
    """Return how far a message is what was heard, where it would be read out just like that."""
    if not losses:
        return "the same content"
    return f"the same content as far as it is read out ({losses})"


def _by(one: _Heard) -> str:
    return f"by {one.officer} at {time_text(one.time_us - one.time_us % 1_000_000)}"


def _heard_before(one: _Heard, message: Message, losses: Losses) -> Flag:
    text = f"heard over the telephone {_by(one)}, with {same_content(losses)}"
    if isinstance(message, Notice | Revision):
        starts = [volume.start_us for volume in message.volumes if volume.start_us is not None]
        if starts and (warning_us := min(starts) - one.time_us) >= 0:
            text += f": {duration_text(warning_us)} before its start"
    return Flag("voice.heard", text)


def _differs(one: _Heard, labels: tuple[str, ...]) -> Flag:
    items = ", ".join(labels)
    return Flag(
        "voice.differs",
        f"what was heard over the telephone {_by(one)} says something else in {items}; what is"
        " signed counts",
    )


def _cannot_compare(one: _Heard, error: HotlineError) -> Flag:
    return Flag(
        "voice.differs",
        f"what was heard over the telephone {_by(one)} cannot be compared with it: {error.message}",
    )
