"""Lines that a listener typed, read back into a sheet, tolerant of how they are typed.

An item is a line that begins with its label; a line that begins with a blank continues the one
above. Small letters, more blanks, figures and references spelled in words, and items in another
order are taken; what a letter means need not be repeated. Behind a slash may stand the check word
of the item, and ``CHECK`` begins the line of the check words of the whole: both are handed on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, NoReturn, TypeVar

from hotline.errors import ModelError
from hotline.formats.telephone import wording
from hotline.formats.telephone.items import MEANINGS, NOT_READ, WORDS
from hotline.formats.telephone.layout import TEXTS, lay_out
from hotline.formats.telephone.sheet import LIMITS, MAX_AREAS, MAX_POINTS, Sheet
from hotline.model.kinds import Activity, Answer, Kind, Precedence, Status
from hotline.model.languages.language import Language
from hotline.model.letter_rules import CENTRE_ID
from hotline.model.messages import TYPES, ReadBack
from hotline.model.rules import is_reference
from hotline.model.times import shorten
from hotline.model.volume import Altitude, Circle, Corridor, Polygon, Volume4D

MAX_TEXT: Final = 20_000
"""Characters that are read: the longest sheet has fewer."""
MAX_LINES: Final = 400

T = TypeVar("T")

_ITEM: Final = re.compile(
    r"(?P<label>[A-Z](?:[0-9]{1,3}(?:\.[0-9]{1,3})?)?)[.:)]?(?:\s+(?P<text>.*))?"
)
_WORD: Final = re.compile(r"(?P<text>.*) /\s*(?P<word>[A-Z]{4,})")
_CHECK: Final = re.compile(r"CHECK(?:\s+WORDS?)?[.:]?\s+(?P<words>.*)")

_STATUS: Final = re.compile(r"(?P<status>[A-Z]+) FROM (?P<sender>\S+) TO (?P<recipient>\S+)")
_ABOUT: Final = re.compile(
    r"(?P<kind>WITHDRAWAL|ACTIVATION|END|NONCONFORMANCE|CONTINGENCY) OF (?P<name>.+)"
)
_NOTICE: Final = re.compile(r"NOTICE (?P<name>.+)")
_REVISION: Final = re.compile(r"REVISION (?P<number>.+?) OF (?P<name>.+)")
_REPLY: Final = re.compile(
    r"REPLY (?P<answer>ACCEPT|REJECT|STAND BY|COUNTER) TO MESSAGE (?P<id>.+?)(?: OF (?P<name>.+))?"
)
_PLAIN: Final = MappingProxyType(
    {"ADVISORY": Kind.ADVISORY, "LINE CHECK": Kind.LINE_CHECK, "SERVICE": Kind.SERVICE}
)
_AREA: Final = re.compile(
    r"(?P<number>\S+) OF (?P<count>\S+) (?:POLYGON (?P<corners>.+?) POINTS?"
    r"|CIRCLE RADIUS (?P<radius>.+?) MET(?:RE|ER)S?"
    r"|CORRIDOR (?P<points>.+?) POINTS? WIDTH (?P<width>.+?) MET(?:RE|ER)S?)"
)

_REQUIRED: Final[Mapping[Kind, str]] = MappingProxyType(
    {
        Kind.NOTICE: "DE",
        Kind.REVISION: "DE",
        Kind.ACTIVATION: "K",
        Kind.END: "K",
        Kind.NONCONFORMANCE: "K",
        Kind.CONTINGENCY: "K",
    }
)
"""What a kind always has, besides A, B, C and Z."""
_FITTING: Final[Mapping[Kind, str]] = MappingProxyType(
    {
        Kind.NOTICE: "DEFGHJUVWY",
        Kind.REVISION: "DEFGHJTUVWY",
        Kind.WITHDRAWAL: "TW",
        Kind.ACTIVATION: "KW",
        Kind.END: "KW",
        Kind.NONCONFORMANCE: "FGHJKTWY",
        Kind.CONTINGENCY: "FGHJKTWY",
        Kind.ADVISORY: "LNPQRSWXY",
        Kind.REPLY: "FGHJMNTWXY",
        Kind.LINE_CHECK: "SWX",
        Kind.SERVICE: "SWX",
    }
)
"""What a kind may have, besides A, B, C and Z."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What a listener typed: the sheet, and the check words as typed, by label and of the whole."""

    sheet: Sheet
    item_words: Mapping[str, str]
    check: str


@dataclass(frozen=True, slots=True)
class _Typed:
    """One item as typed: the number of its line, and its text in capitals with single blanks."""

    line: int
    label: str
    text: str


def hear(text: str) -> Heard:
    """Return what lines that somebody typed say.

    Raises ModelError, which names the line, the item and the mend: ``formats.heard-too-long``,
    ``formats.heard-no-item``, ``formats.heard-twice``, ``formats.heard-missing``,
    ``formats.heard-unfit``, ``formats.heard-item``.
    """
    items, item_words, check = _split(text)
    sheet = _Hearing(items).sheet()
    known = {item.label for item in lay_out(sheet)}
    return Heard(
        sheet, {label: word for label, word in item_words.items() if label in known}, check
    )


def _split(text: str) -> tuple[dict[str, _Typed], dict[str, str], str]:
    """Return the items by label, the words behind them, and the check words."""
    if len(text) > MAX_TEXT or text.count("\n") >= MAX_LINES:
        raise ModelError(
            "formats.heard-too-long",
            f"the text is longer than {MAX_TEXT} characters or {MAX_LINES} lines",
            "type one message, an item a line",
        )
    items: dict[str, _Typed] = {}
    words: dict[str, str] = {}
    check = ""
    for number, line in _lines(text):
        if (said := _CHECK.fullmatch(line)) is not None:
            check = said["words"]
            continue
        match = _ITEM.fullmatch(line)
        if match is None or match["label"][0] not in WORDS:
            raise ModelError(
                "formats.heard-no-item",
                f"line {number} does not begin with the letter of an item: {shorten(line)}",
                "begin each item on a line of its own with its letter, as in `C PRECEDENCE FLASH`;"
                " a line that goes on begins with a blank",
            )
        label, content = match["label"], (match["text"] or "").strip()
        if (worded := _WORD.fullmatch(content)) is not None:
            content, words[label] = worded["text"], worded["word"].lower()
        if label in items:
            raise ModelError(
                "formats.heard-twice",
                f"line {number}: item {label} is there already, in line {items[label].line}",
                "keep the one that was read out",
            )
        items[label] = _Typed(number, label, content)
    return items, words, check


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield each item's line in capitals with single blanks, continued lines joined to it."""
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    margin = min((len(line) - len(line.lstrip()) for _, line in lines), default=0)
    whole: list[tuple[int, str]] = []
    for number, line in lines:
        spoken = " ".join(line.upper().split())
        if whole and line[margin].isspace():
            whole[-1] = whole[-1][0], f"{whole[-1][1]} {spoken}"
        else:
            whole.append((number, spoken))
    yield from whole


class _Hearing:
    """Takes typed items one by one into the fields of a message."""

    def __init__(self, items: dict[str, _Typed]) -> None:
        self._items = items
        self._unread: set[str] = set()

    def sheet(self) -> Sheet:
        status, sender, recipient = self._take("A", _who)
        kind, fields = self._take("B", _what)
        self._check_fitting(kind)
        precedence = self._take("C", lambda text: _one_of(text, Precedence.__members__))
        id_ = self._take("Z", wording.hear_hex)
        for letter in _REQUIRED.get(kind, ""):
            self._require(letter)
        fields |= self._fields(kind)
        message = TYPES[kind](**fields)
        return Sheet(
            Status(status),
            sender,
            recipient,
            Precedence[precedence],
            message,
            id_,
            frozenset(self._unread),
            "Y" in self._items and self._take("Y", _within),
        )

    def _fields(self, kind: Kind) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        names = set(TYPES[kind].__struct_fields__)
        if "activity" in names:
            fields["activity"] = self._take("D", _activity)
        if "volumes" in names:
            fields["volumes"] = self._areas(needed=kind in (Kind.NOTICE, Kind.REVISION))
        if "at" in names:
            fields["at"] = self._take("K", wording.hear_time)
        if "proposal" in names:
            fields["proposal"] = self._areas(needed=False)
            fields["read_back"] = self._read_back()
        elif "position" in names:
            fields["position"] = self._taken_if("N", wording.hear_position)
            fields["altitude"] = self._taken_if("P", wording.hear_altitude)
            fields["track_deg"] = self._taken_if("Q", _track)
            fields["speed_kt"] = self._taken_if("R", _speed)
        if "phrases" in names:
            fields["phrases"] = self._taken_if("X", _phrases) or ()
        for letter, name in TEXTS:
            # Of a service message and a read-back the one field is meant that a sheet has.
            if name in names and not (name == "operator" and "officer" in names):
                fields[name] = self._text(letter, name)
        return fields

    def _text(self, letter: str, name: str) -> str:
        """Return a text as it is spoken; empty where there is none, or it was not read out."""
        typed = self._items.get(letter)
        if typed is None:
            return ""
        content = _without(WORDS[letter], typed.text)
        if content == NOT_READ:
            self._unread.add(name)
            return ""
        spoken = wording.say_text(content, LIMITS[name])
        if spoken is None:
            _misheard(
                typed,
                f"is no text of up to {LIMITS[name]} letters A to Z and figures",
                f"write it in Latin letters and figures, or `{NOT_READ}` if that was said",
            )
        return spoken

    def _read_back(self) -> ReadBack | None:
        if not self._items.keys() & {"G", "H", "J", "M", "N"}:
            return None
        lower, upper = self._take("G", _levels)
        return ReadBack(
            position=self._take("N", wording.hear_position),
            place=self._text("M", "place"),
            time_start=self._take("H", wording.hear_time),
            time_end=self._take("J", wording.hear_time),
            altitude_lower=lower,
            altitude_upper=upper,
        )

    def _areas(self, *, needed: bool) -> tuple[Volume4D, ...]:
        numbered = [label for label in self._items if label[0] in "FGHJ" and len(label) > 1]
        if not numbered and not needed:
            return ()
        first = self._take("F1", _area)
        volumes = [self._volume(number, first) for number in range(1, first.count + 1)]
        used = {f"{letter}{number + 1}" for number in range(len(volumes)) for letter in "FGHJ"}
        used |= {
            f"F{number}.{place}"
            for number, volume in enumerate(volumes, 1)
            for place in range(1, len(volume.points) + 1)
        }
        for label in numbered:
            if label not in used:
                typed = self._items[label]
                _misheard(
                    typed,
                    "is of no area or point that item F speaks of",
                    "ask how many areas there are, and how many points this one has",
                )
        return tuple(volumes)

    def _volume(self, number: int, first: _Outline) -> Volume4D:
        outline = self._take(f"F{number}", _area)
        if (outline.number, outline.count) != (number, first.count):
            _misheard(
                self._items[f"F{number}"],
                f"is not area {number} of {first.count}",
                "ask how many areas there are, and for the number of this one",
            )
        points = tuple(
            self._take(f"F{number}.{place}", wording.hear_position)
            for place in range(1, outline.points + 1)
        )
        lower, upper = self._take(f"G{number}", _levels)
        is_circle = outline.shape == "circle"
        return Volume4D(
            Polygon(points) if outline.shape == "polygon" else None,
            Circle(points[0], outline.metres) if is_circle else None,
            Corridor(points, outline.metres) if outline.shape == "corridor" else None,
            lower,
            upper,
            self._take(f"H{number}", wording.hear_time),
            self._take(f"J{number}", wording.hear_time),
        )

    def _check_fitting(self, kind: Kind) -> None:
        fitting = "ABCZ" + _FITTING[kind]
        for label, typed in self._items.items():
            numbered = len(label) > 1
            # Areas are numbered, and only they; a read-back has levels and times without a number.
            if (
                label[0] not in fitting
                or (numbered and label[0] not in "FGHJ")
                or (not numbered and label == "F")
                or (not numbered and label in "GHJ" and kind is not Kind.REPLY)
                or ("." in label and label[0] != "F")
            ):
                raise ModelError(
                    "formats.heard-unfit",
                    f"line {typed.line}: item {label} has no place in a message of the kind"
                    f" {kind.value}",
                    "ask for the letter of this item, or for item B once more",
                )

    def _require(self, label: str) -> _Typed:
        typed = self._items.get(label)
        if typed is None:
            meaning = MEANINGS["F." if "." in label else label[0]].text(Language.EN)
            raise ModelError(
                "formats.heard-missing",
                f"item {label} is missing: {meaning}",
                f"ask for item {label}",
            )
        return typed

    def _take(self, label: str, read: Callable[[str], T]) -> T:
        """Return what an item says. Raises ModelError with its line and the mend."""
        typed = self._require(label)
        word = WORDS[label[0]] if "." not in label else ""
        try:
            return read(_without(word, typed.text))
        except ValueError as error:
            _misheard(typed, f"cannot be read: {shorten(typed.text)}", str(error))

    def _taken_if(self, label: str, read: Callable[[str], T]) -> T | None:
        return self._take(label, read) if label in self._items else None


@dataclass(frozen=True, slots=True)
class _Outline:
    """What item F says of one area: its number and shape, and how many points follow."""

    number: int
    count: int
    shape: str
    points: int
    metres: float


def _misheard(typed: _Typed, text: str, mend: str) -> NoReturn:
    raise ModelError(
        "formats.heard-item",
        f"line {typed.line}: item {typed.label} {text}",
        f"ask for item {typed.label} again; {mend}",
    )


def _without(word: str, text: str) -> str:
    """Return a text without the word that may begin its item."""
    return text[len(word) :].strip() if word and f"{text} ".startswith(f"{word} ") else text


def _who(text: str) -> tuple[str, str, str]:
    match = _STATUS.fullmatch(text)
    mend = "it says ACTUAL, EXERCISE or TEST, and the two centres: EXERCISE FROM IAF TO HMEIMIM"
    if match is None or match["status"].lower() not in set(Status):
        raise ValueError(mend)
    sender, recipient = match["sender"].lower(), match["recipient"].lower()
    if not (CENTRE_ID.fullmatch(sender) and CENTRE_ID.fullmatch(recipient)):
        raise ValueError(mend)
    return match["status"].lower(), sender, recipient


def _what(text: str) -> tuple[Kind, dict[str, Any]]:
    text = text.replace("-BY", " BY").replace("LINE-CHECK", "LINE CHECK")
    if text in _PLAIN:
        return _PLAIN[text], {}
    if (match := _NOTICE.fullmatch(text)) is not None:
        return Kind.NOTICE, {"reference": _reference(match["name"])}
    if (match := _REVISION.fullmatch(text)) is not None:
        number = wording.hear_number(match["number"], 1_000_000)
        if not number:
            raise ValueError("revisions count from 1")
        return Kind.REVISION, {"number": number, "reference": _reference(match["name"])}
    if (match := _ABOUT.fullmatch(text)) is not None:
        return Kind(match["kind"].lower()), {"reference": _reference(match["name"])}
    if (match := _REPLY.fullmatch(text)) is not None:
        reference = _reference(match["name"]) if match["name"] else ""
        answer = Answer(match["answer"].lower().replace(" ", "-")).value
        to = wording.hear_hex(match["id"])
        return Kind.REPLY, {"to": to, "reference": reference, "answer": answer}
    raise ValueError(
        "it says NOTICE, REVISION n OF, WITHDRAWAL OF, ACTIVATION OF, END OF, NONCONFORMANCE OF or"
        " CONTINGENCY OF and a reference, ADVISORY, SERVICE, LINE CHECK, or REPLY and the answer"
    )


def _reference(text: str) -> str:
    name = wording.hear_name(text)
    if not is_reference(name):
        raise ValueError("a reference has letters A to Z, figures and -, as in IAF-0007")
    return name


def _one_of(text: str, values: Mapping[str, object]) -> str:
    if text not in values:
        raise ValueError(f"it is one of {', '.join(values)}")
    return text


def _activity(text: str) -> str:
    return _one_of(text.lower(), {activity.value: activity for activity in Activity})


def _area(text: str) -> _Outline:
    match = _AREA.fullmatch(text)
    if match is None:
        raise ValueError(
            "1 OF 1, and POLYGON 4 POINTS, CIRCLE RADIUS 5000 METRES or CORRIDOR 3 POINTS WIDTH"
            " 4000 METRES"
        )
    number = wording.hear_number(match["number"], MAX_AREAS)
    count = wording.hear_number(match["count"], MAX_AREAS)
    if not 0 < number <= count:
        raise ValueError(f"areas count from 1, to {MAX_AREAS} at most")
    if match["radius"]:
        return _Outline(number, count, "circle", 1, _metres(match["radius"]))
    shape, said, least = (
        ("polygon", match["corners"], 3) if match["corners"] else ("corridor", match["points"], 2)
    )
    points = wording.hear_number(said, MAX_POINTS)
    if points < least:
        raise ValueError(f"a {shape} has {least} points or more")
    return _Outline(
        number, count, shape, points, _metres(match["width"]) if match["width"] else 0.0
    )


def _metres(text: str) -> float:
    metres = wording.hear_number(text, 999_999)
    if not metres:
        raise ValueError("a radius or width is 1 metre or more")
    return float(metres)


def _levels(text: str) -> tuple[Altitude, Altitude]:
    lower, _, upper = text.partition(" TO ")
    if not upper:
        raise ValueError("two levels with TO between them: FL180 TO FL280")
    return wording.hear_altitude(lower), wording.hear_altitude(upper)


def _track(text: str) -> float:
    return float(wording.hear_number(text.removesuffix(" DEGREES"), 360))


def _speed(text: str) -> float:
    return float(wording.hear_number(text.removesuffix(" KNOTS"), 10_000))


def _phrases(text: str) -> tuple[int, ...]:
    joined = wording.hear_digits(text)
    if joined is None or len(joined) % 3 or not 3 <= len(joined) <= 30:
        raise ValueError("one to ten numbers of three figures")
    numbers = tuple(int(joined[start : start + 3]) for start in range(0, len(joined), 3))
    if min(numbers) < 100:
        raise ValueError("phrases are numbered from 100 to 999")
    return numbers


def _within(text: str) -> bool:
    if text != f"{wording.WITHIN_M} METRES":
        raise ValueError(f"it says POSITIONS WITHIN {wording.WITHIN_M} METRES, or is left out")
    return True
