"""Lines that a listener typed, read back into a sheet, tolerant of how they are typed.

Figures and references spelled in words, and items in another order are taken; what a letter means
need not be repeated. Check words are handed on as they were typed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, TypeVar

from hotline.errors import ModelError
from hotline.formats.telephone import contents, wording
from hotline.formats.telephone.contents import Outline
from hotline.formats.telephone.items import MEANINGS, NOT_READ, WORDS
from hotline.formats.telephone.layout import TEXTS, lay_out
from hotline.formats.telephone.sheet import LIMITS, Sheet
from hotline.formats.telephone.typed import Typed, misheard, split, without
from hotline.model.kinds import Kind, Precedence, Status
from hotline.model.languages.language import Language
from hotline.model.messages import TYPES, ReadBack
from hotline.model.times import shorten
from hotline.model.volume import Circle, Corridor, Polygon, Volume4D

T = TypeVar("T")

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
    """What a listener typed: the sheet, and the check words as typed, by label and of the whole.

    ``exercises`` are the names that were read out before and behind the items, in capitals.
    """

    sheet: Sheet
    item_words: Mapping[str, str]
    check: str
    exercises: tuple[str, ...] = ()


def hear(text: str) -> Heard:
    """Return what lines that somebody typed say.

    Raises ModelError, which names the line, the item and the mend: ``formats.heard-too-long``,
    ``formats.heard-no-item``, ``formats.heard-twice``, ``formats.heard-missing``,
    ``formats.heard-unfit``, ``formats.heard-item``, ``formats.heard-mark``.
    """
    items, item_words, check, marks = split(text)
    sheet = _Hearing(items).sheet()
    for mark in marks:
        if mark.status != sheet.status.upper():
            raise ModelError(
                "formats.heard-mark",
                f"line {mark.line} says {mark.status}, and item A {sheet.status.upper()}",
                "ask for item A again, and what this is",
            )
    known = {item.label for item in lay_out(sheet)}
    return Heard(
        sheet,
        {label: word for label, word in item_words.items() if label in known},
        check,
        tuple(mark.name for mark in marks if mark.name),
    )


class _Hearing:
    """Takes typed items one by one into the fields of a message."""

    def __init__(self, items: dict[str, Typed]) -> None:
        self._items = items
        self._unread: set[str] = set()

    def sheet(self) -> Sheet:
        status, sender, recipient = self._take("A", contents.who)
        kind, fields = self._take("B", contents.what)
        self._check_fitting(kind)
        precedence = self._take("C", lambda text: contents.one_of(text, Precedence.__members__))
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
            "Y" in self._items and self._take("Y", contents.within),
        )

    def _fields(self, kind: Kind) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        names = set(TYPES[kind].__struct_fields__)
        if "activity" in names:
            fields["activity"] = self._take("D", contents.activity)
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
            fields["track_deg"] = self._taken_if("Q", contents.track)
            fields["speed_kt"] = self._taken_if("R", contents.speed)
        if "phrases" in names:
            fields["phrases"] = self._taken_if("X", contents.phrases) or ()
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
        content = without(WORDS[letter], typed.text)
        if content == NOT_READ:
            self._unread.add(name)
            return ""
        spoken = wording.say_text(content, LIMITS[name])
        if spoken is None:
            misheard(
                typed,
                f"is no text of up to {LIMITS[name]} letters A to Z and figures",
                f"write it in Latin letters and figures, or `{NOT_READ}` if that was said",
            )
        return spoken

    def _read_back(self) -> ReadBack | None:
        if not self._items.keys() & {"G", "H", "J", "M", "N"}:
            return None
        lower, upper = self._take("G", contents.levels)
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
        first = self._take("F1", contents.area)
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
                misheard(
                    typed,
                    "is of no area or point that item F speaks of",
                    "ask how many areas there are, and how many points this one has",
                )
        return tuple(volumes)

    def _volume(self, number: int, first: Outline) -> Volume4D:
        outline = self._take(f"F{number}", contents.area)
        if (outline.number, outline.count) != (number, first.count):
            misheard(
                self._items[f"F{number}"],
                f"is not area {number} of {first.count}",
                "ask how many areas there are, and for the number of this one",
            )
        points = tuple(
            self._take(f"F{number}.{place}", wording.hear_position)
            for place in range(1, outline.points + 1)
        )
        lower, upper = self._take(f"G{number}", contents.levels)
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

    def _require(self, label: str) -> Typed:
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
            return read(without(word, typed.text))
        except ValueError as error:
            misheard(typed, f"cannot be read: {shorten(typed.text)}", str(error))

    def _taken_if(self, label: str, read: Callable[[str], T]) -> T | None:
        return self._take(label, read) if label in self._items else None
