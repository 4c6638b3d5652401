"""Any message as plain text in a fixed layout, for terminals and printers.

The labels stand in a column of their own, and text of the sender's never reaches it: lines are
indented, and characters that steer a terminal are written out. So no remark can pass for a field.

`render` gives the fields; `rendition` what is handed to a person in another language, with the
flags and the line that says which text counts. Hebrew lines that are ours begin with a Hebrew
word: that makes them lines from right to left wherever text finds its own direction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from hotline.model.filling import phrase_text
from hotline.model.kinds import Precedence, Relation
from hotline.model.languages.flags import flag_lines
from hotline.model.languages.language import Language
from hotline.model.languages.terms import TERMS, counted, said, say
from hotline.model.messages import (
    Activation,
    Advisory,
    Conflict,
    Contingency,
    End,
    LineCheck,
    Message,
    Nonconformance,
    Notice,
    ReadBack,
    Reply,
    Revision,
    Withdrawal,
    kind_of,
    phrases_of,
)
from hotline.model.phrases import Phrase
from hotline.model.phrasing import (
    altitude_text,
    area_lines,
    duration_text,
    metres_text,
    position_text,
    span_text,
    time_text,
)
from hotline.model.text import printable
from hotline.model.volume import Altitude, Volume4D

LABEL_WIDTH = 12
"""Columns of the labels in English."""

MAX_PHRASES_SHOWN = 24
"""More than may be said: a peer does not choose how long a message is shown."""

Row = tuple[str, str]
"""A label, empty to continue the row above, and a text without newlines."""

FlagSaid = tuple[str, str, str]
"""A flag as the desk keeps it: its code, its English text, the path of its field or ""."""


@cache
def label_width(language: Language) -> int:
    """Return the columns of the labels in a language, with the gap before the texts."""
    if language is Language.EN:
        return LABEL_WIDTH
    labels = (term.text(language) for key, term in TERMS.items() if key.startswith("label."))
    return max(map(len, labels)) + 2


def render(
    message: Message,
    language: Language = Language.EN,
    phrases: Mapping[int, Phrase] | None = None,
) -> str:
    """Return a message as lines of text, the first one its title; no newline at the end.

    ``phrases`` are those of the letter, by number; without them only the numbers are said.
    """
    return _Layout(language, phrases).text(message)


def rendition(
    message: Message,
    language: Language,
    phrases: Mapping[int, Phrase] | None = None,
    *,
    precedence: Precedence | None = None,
    flags: Iterable[FlagSaid] = (),
    traffic: str = "",
) -> str:
    """Return a message as a person gets it: as `render`, with precedence and flags.

    The first line is ``traffic``, the mark of what is not actual, where there is one. The last one
    says that the fields as signed are the authoritative text.
    """
    layout = _Layout(language, phrases)
    rows: list[Row] = []
    if precedence is not None:
        word = say(f"precedence.{precedence.name}", language)
        rows.append((say("label.precedence", language), word))
    for code, text, field in flags:
        label = say("label.flag", language)
        for line in flag_lines(code, text, field, language):
            rows.append((label, line))
            label = ""
    marked = f"{printable(traffic)}\n" if traffic else ""
    return f"{marked}{layout.text(message, rows)}\n{say('authority', language)}"


@dataclass(frozen=True, slots=True)
class _Layout:
    language: Language
    phrases: Mapping[int, Phrase] | None

    def text(self, message: Message, before: Iterable[Row] = ()) -> str:
        width = label_width(self.language)
        rows = [*before, *self._rows(message)]
        lines = (f"{label:<{width}}{text}".rstrip() for label, text in rows)
        return "\n".join([self._title(message), *lines])

    def _say(self, key: str, **filled: object) -> str:
        return say(key, self.language, **filled)

    def _word(self, group: str, value: str) -> str:
        """Return the word for a value, and a value that is not listed as it came."""
        return said(group, value, self.language) or value

    @property
    def _missing(self) -> str:
        return self._say("missing")

    def _title(self, message: Message) -> str:
        words = [self._word("kind", kind_of(message).value)]
        match message:
            case Notice():
                words += [message.reference, *self._named("title.title", message.title)]
            case Revision():
                words += [str(message.number), self._say("title.of"), message.reference]
                words += self._named("title.title", message.title)
            case Withdrawal() | Activation() | End() | Nonconformance() | Contingency():
                words.append(message.reference)
            case Conflict():
                words = [self._met(message)]
            case Advisory():
                words += self._named("title.subject", message.subject)
            case Reply():
                answer = said("answer", message.answer, self.language)
                words += [answer or message.answer.upper(), message.reference]
            case _:
                pass  # line checks and service messages are about nothing else
        return " ".join(printable(word) for word in words if word)

    def _met(self, message: Conflict) -> str:
        """Return what two notices are to each other; a relation that is not listed as it came."""
        two = {
            "one": message.reference or self._missing,
            "other": message.other or self._missing,
        }
        if message.relation in set(Relation):
            return self._say(f"relation.{message.relation}", **two)
        return self._say("relation.unlisted", relation=message.relation.upper(), **two)

    def _named(self, key: str, text: str) -> list[str]:
        return [self._say(key), text] if text else []

    def _rows(self, message: Message) -> Iterator[Row]:
        match message:
            case Notice() | Revision():
                activity = self._word("activity", message.activity)
                yield from self._text("label.activity", activity or self._missing)
                yield from self._volumes("label.area", message.volumes)
                yield from self._text("label.remarks", message.remarks)
                yield from self._text("label.contact", message.contact)
                if isinstance(message, Revision):
                    yield from self._text("label.reason", message.reason)
            case Withdrawal():
                yield from self._text("label.reason", message.reason)
            case Nonconformance() | Contingency():
                yield self._say("label.at"), self._time(message.at)
                yield from self._text("label.reason", message.reason)
                if message.volumes:
                    yield from self._volumes("label.area", message.volumes)
            case Conflict():
                yield from self._conflict(message)
            case Activation() | End():
                yield self._say("label.at"), self._time(message.at)
            case Advisory():
                yield from self._advisory(message)
            case Reply():
                yield from self._reply(message)
            case LineCheck():
                yield from self._phrases(message)
                yield from self._text("label.phrase", message.phrase)
                yield from self._text("label.operator", message.operator)
            case _:
                yield from self._phrases(message)
                yield from self._text("label.text", message.text)
                yield from self._text("label.operator", message.operator)
        if not isinstance(message, Reply | LineCheck | Conflict):
            yield from self._text("label.officer", message.officer)

    def _phrases(self, message: Message) -> Iterator[Row]:
        label = self._say("label.phrases")
        numbers = phrases_of(message)
        for number in numbers[:MAX_PHRASES_SHOWN]:
            text = ""
            if self.phrases is not None:
                phrase = self.phrases.get(number)
                text = self._say("phrase.unknown")
                if phrase is not None:
                    text = phrase_text(phrase, message, self.language)
            yield label, f"{number} {text}".rstrip()
            label = ""
        if len(numbers) > MAX_PHRASES_SHOWN:
            yield "", self._say("more", count=len(numbers) - MAX_PHRASES_SHOWN)

    def _advisory(self, message: Advisory) -> Iterator[Row]:
        yield from self._phrases(message)
        yield from self._text("label.text", message.text)
        position = message.position
        where = self._missing if position is None else position_text(position, self.language)
        yield self._say("label.position"), where
        if message.altitude is not None:
            yield self._say("label.altitude"), altitude_text(message.altitude, self.language)
        if message.track_deg is not None:
            degrees = counted(message.track_deg, "degree", self.language)
            yield self._say("label.track"), self._say("track.true", degrees=degrees)
        if message.speed_kt is not None:
            yield self._say("label.speed"), counted(message.speed_kt, "knot", self.language)

    def _conflict(self, message: Conflict) -> Iterator[Row]:
        for label, reference, number in (
            ("label.sender", message.reference, message.revision),
            ("label.receiver", message.other, message.other_revision),
        ):
            yield (
                self._say(label),
                self._say("conflict.revision", reference=printable(reference), number=number),
            )
        if message.position is not None:
            yield self._say("label.position"), position_text(message.position, self.language)
        if message.altitude_lower is not None or message.altitude_upper is not None:
            lower, upper = message.altitude_lower, message.altitude_upper
            levels = span_text(lower, upper, self.language) or self._levels(lower, upper)
            yield self._say("label.levels"), levels
        if message.time_start or message.time_end:
            yield self._say("label.from"), self._time(message.time_start)
            yield self._say("label.until"), self._time(message.time_end)
        if message.distance_m is not None:
            yield self._say("label.distance"), metres_text(message.distance_m, self.language)
        if message.vertical_m is not None:
            metres = counted(message.vertical_m, "metre", self.language)
            yield self._say("label.height"), self._say("height.apart", metres=metres)
        yield from self._text("label.reason", message.reason)

    def _reply(self, message: Reply) -> Iterator[Row]:
        yield from self._text("label.answers", message.to or self._missing)
        yield from self._phrases(message)
        if message.read_back is not None:
            yield from self._read_back(message.read_back)
        yield from self._text("label.reason", message.reason)
        if message.proposal:
            yield from self._volumes("label.proposal", message.proposal)
        yield from self._text("label.officer", message.officer or self._missing)

    def _read_back(self, back: ReadBack) -> Iterator[Row]:
        position = back.position
        where = self._missing if position is None else position_text(position, self.language)
        yield self._say("label.read-back"), where
        for line in _lines(back.place):
            yield "", line
        levels = self._levels(back.altitude_lower, back.altitude_upper)
        yield "", self._say("read-back.levels", levels=levels)
        start, end = self._time(back.time_start), self._time(back.time_end)
        yield "", self._say("read-back.period", start=start, end=end)

    def _volumes(self, key: str, volumes: Sequence[Volume4D]) -> Iterator[Row]:
        label = self._say(key)
        if not volumes:
            yield label, self._missing
        for number, volume in enumerate(volumes, start=1):
            name = f"{label} {number}" if len(volumes) > 1 else label
            for line in list(area_lines(volume, self.language)) or [self._missing]:
                yield name, line
                name = ""
            levels = self._levels(volume.altitude_lower, volume.altitude_upper)
            yield self._say("label.levels"), levels
            yield self._say("label.from"), self._time(volume.time_start)
            end = self._time(volume.time_end)
            if volume.start_us is not None and volume.end_us is not None:
                duration = duration_text(volume.end_us - volume.start_us, self.language)
                end = self._say("time.lasting", time=end, duration=duration)
            yield self._say("label.until"), end

    def _levels(self, lower: Altitude | None, upper: Altitude | None) -> str:
        low, high = (
            self._missing if altitude is None else altitude_text(altitude, self.language)
            for altitude in (lower, upper)
        )
        return self._say("altitude.range", lower=low, upper=high)

    def _time(self, time: str) -> str:
        return time_text(time) if time else self._missing

    def _text(self, key: str, text: str) -> Iterator[Row]:
        label = self._say(key)
        for line in _lines(text):
            yield label, line
            label = ""


def _lines(text: str) -> list[str]:
    """Return a text of the sender's as the lines that it may be shown in; none for none."""
    return printable(text, lines=True).expandtabs(4).split("\n") if text else []
