"""What stands in the slots of a phrase: the signed fields of the message that says it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hotline.model.languages.language import Language
from hotline.model.languages.terms import number_text, say
from hotline.model.messages import Advisory, Message, ReadBack, Reply
from hotline.model.phrases import Phrase, filled, slots_of
from hotline.model.phrasing import altitude_text, position_text, time_text
from hotline.model.text import printable
from hotline.model.times import SECOND_US, time_or_none
from hotline.model.volume import Altitude, Volume4D


def phrase_text(phrase: Phrase, message: Message, language: Language = Language.EN) -> str:
    """Return the text of a phrase as ``message`` says it."""
    return filled(phrase.text(language), slot_texts(message, language))


def empty_slots(phrase: Phrase, message: Message) -> list[str]:
    """Return the slots of a phrase that ``message`` has nothing for, each once, in order."""
    said = slot_texts(message, Language.EN)
    return [name for name in dict.fromkeys(slots_of(phrase.en)) if name not in said]


def slot_texts(message: Message, language: Language) -> dict[str, str]:
    """Return what a message has to fill in, by the name of the slot."""
    found = {
        name: printable(getattr(message, name, "")) for name in ("reference", "subject", "officer")
    }
    if isinstance(message, Advisory):
        found |= _of_advisory(message, language)
    elif isinstance(message, Reply):
        found |= _of_reply(message, language)
    return {name: text for name, text in found.items() if text}


def _of_advisory(message: Advisory, language: Language) -> Mapping[str, str]:
    def number(value: float | None) -> str:
        return "" if value is None else number_text(value, language)

    position, altitude = message.position, message.altitude
    return {
        "position": "" if position is None else position_text(position, language),
        "level": "" if altitude is None else altitude_text(altitude, language),
        "track": number(message.track_deg),
        "speed": number(message.speed_kt),
    }


def _of_reply(message: Reply, language: Language) -> Mapping[str, str]:
    """Return the read-back's fields where there is one, else those of the proposal."""
    back = message.read_back
    if back is None:
        return _span(message.proposal, language)
    return {
        "position": "" if back.position is None else position_text(back.position, language),
        **_span((back,), language),
    }


def _span(parts: Iterable[ReadBack | Volume4D], language: Language) -> dict[str, str]:
    """Return levels and times; levels only where all parts have the same."""
    parts = tuple(parts)
    starts = [(time_or_none(part.time_start), part.time_start) for part in parts]
    ends = [(time_or_none(part.time_end), part.time_end) for part in parts]
    start = min(((us, text) for us, text in starts if us is not None), default=None)
    end = max(((us, text) for us, text in ends if us is not None), default=None)
    found = {"level": _levels(parts, language)}
    if start is not None:
        found["time"] = time_text(start[1])
    if end is not None:
        found["until"] = time_text(end[1])
    if start is not None and end is not None:
        found["minutes"] = number_text((end[0] - start[0]) // (60 * SECOND_US), language, "d")
    return found


def _levels(parts: tuple[ReadBack | Volume4D, ...], language: Language) -> str:
    ranges: set[tuple[Altitude | None, Altitude | None]] = {
        (part.altitude_lower, part.altitude_upper) for part in parts
    }
    if len(ranges) != 1:
        return ""
    ((lower, upper),) = ranges
    if lower is None or upper is None:
        return ""
    return say(
        "altitude.range",
        language,
        lower=altitude_text(lower, language),
        upper=altitude_text(upper, language),
    )
