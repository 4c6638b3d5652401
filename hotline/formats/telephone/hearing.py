"""Lines that a listener typed, read back into a sheet, tolerant of how they are typed.

Figures and references spelled in words, and items in another order are taken; what a letter means
need not be repeated. Check words are handed on as they were typed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, TypeVar

from hotline.formats.telephone import contents, wording
from hotline.formats.telephone.contents import Outline
from hotline.formats.telephone.items import MEANINGS, NOT_READ, WORDS
from hotline.formats.telephone.layout import TEXTS, lay_out
from hotline.formats.telephone.mistakes import NOWHERE, Mistakes
from hotline.formats.telephone.sheet import LIMITS, Sheet
from hotline.formats.telephone.typed import Mark, Typed, misheard, split, without
from hotline.model.kinds import Kind, Precedence, Status
from hotline.model.languages.language import Language
from hotline.model.messages import TYPES, ReadBack
from hotline.model.problem import Problem
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
_READERS: Final[Mapping[str, Callable[[str], object]]] = MappingProxyType(
    {
        "D": contents.activity,
        "F": contents.area,
        "F.": wording.hear_position,
        "G": contents.levels,
        "H": wording.hear_time,
        "J": wording.hear_time,
        "K": wording.hear_time,
        "N": wording.hear_position,
        "P": wording.hear_altitude,
        "Q": contents.track,
        "R": contents.speed,
        "X": contents.phrases,
    }
)
"""How items are read whatever the kind is."""


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

    Raises Misheard, which names each mistake with its line, the item and the mend:
    ``formats.heard-no-item``, ``formats.heard-twice``, ``formats.heard-missing``,
    ``formats.heard-unfit``, ``formats.heard-item``, ``formats.heard-mark``; ModelError for more
    than any message has: ``formats.heard-too-long``.
    """
    mistakes = Mistakes()
    items, item_words, check, marks = split(text, mistakes)
    sheet = _Hearing(items, marks, mistakes).sheet()
    known = {item.label for item in lay_out(sheet)}
    return Heard(
        sheet,
        {label: word for label, word in item_words.items() if label in known},
        check,
        tuple(mark.name for mark in marks if mark.name),
    )


class _Hearing:
    """Takes typed items one by one into the fields of a message; notes whatever is wrong.

    What depends on an item that cannot be read is not held against it: of how many areas and
    points there should be, nothing is said where that was misheard.
    """

    def __init__(self, items: dict[str, Typed], marks: list[Mark], mistakes: Mistakes) -> None:
        self._items = dict(items)
        self._marks = marks
        self._mistakes = mistakes
        self._unread: set[str] = set()

    def sheet(self) -> Sheet:
        """Return what was heard. Raises Misheard."""
        who = self._take("A", contents.who)
        what = self._take("B", contents.what)
        precedence = self._take("C", lambda text: contents.one_of(text, Precedence.__members__))
        id_ = self._take("Z", wording.hear_hex)
        if who is not None:
            self._check_marks(who[0])
        fields = self._alone() if what is None else self._whole(*what)
        rounded = self._taken_if("Y", contents.within) or False
        self._mistakes.refuse()
        # Each of these is noted where it is None.
        assert who is not None and what is not None and precedence is not None and id_ is not None  # noqa: S101, PT018
        message = TYPES[what[0]](**fields)
        status, sender, recipient = who
        return Sheet(
            Status(status),
            sender,
            recipient,
            Precedence[precedence],
            message,
            id_,
            frozenset(self._unread),
            rounded,
        )

    def _alone(self, labels: Iterable[str] | None = None) -> dict[str, Any]:
        """Look at items by themselves, of which nothing says what they belong to."""
        for label in self._items if labels is None else labels:
            reads = _READERS.get("F." if "." in label else label[0])
            if reads is not None:
                self._take(label, reads)
        return {}

    def _whole(self, kind: Kind, fields: dict[str, Any]) -> dict[str, Any]:
        """Return the fields of a message of a kind, with those that item B has."""
        self._check_fitting(kind)
        for letter in _REQUIRED.get(kind, ""):
            self._require(letter)
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
            self._misheard(
                typed,
                f"is no text of up to {LIMITS[name]} letters A to Z and figures",
                f"write it in Latin letters and figures, or `{NOT_READ}` if that was said",
            )
        return spoken or ""

    def _read_back(self) -> ReadBack | None:
        if not self._items.keys() & {"G", "H", "J", "M", "N"}:
            return None
        levels, position = self._take("G", contents.levels), self._take("N", wording.hear_position)
        start, end = self._take("H", wording.hear_time), self._take("J", wording.hear_time)
        place = self._text("M", "place")
        if levels is None or position is None or start is None or end is None:
            return None
        return ReadBack(
            position=position,
            place=place,
            time_start=start,
            time_end=end,
            altitude_lower=levels[0],
            altitude_upper=levels[1],
        )

    def _areas(self, *, needed: bool) -> tuple[Volume4D, ...]:
        numbered = [label for label in self._items if label[0] in "FGHJ" and len(label) > 1]
        if not numbered and not needed:
            return ()
        first = self._take("F1", contents.area)
        if first is None:
            self._alone(numbered)
            return ()
        used: set[str] = set()
        volumes = [self._volume(number, first, used) for number in range(1, first.count + 1)]
        for label in numbered:
            if label not in used:
                self._misheard(
                    self._items[label],
                    "is of no area or point that item F speaks of",
                    "ask how many areas there are, and how many points this one has",
                )
        return tuple(volume for volume in volumes if volume is not None)

    def _volume(self, number: int, first: Outline, used: set[str]) -> Volume4D | None:
        """Return an area, None where not all of it can be read; add its labels to ``used``."""
        outline = self._take(f"F{number}", contents.area)
        levels = self._take(f"G{number}", contents.levels)
        start = self._take(f"H{number}", wording.hear_time)
        end = self._take(f"J{number}", wording.hear_time)
        used |= {f"{letter}{number}" for letter in "FGHJ"}
        if outline is None:
            corners = [label for label in self._items if label.startswith(f"F{number}.")]
        else:
            corners = [f"F{number}.{place}" for place in range(1, outline.points + 1)]
            if (outline.number, outline.count) != (number, first.count):
                self._misheard(
                    self._items[f"F{number}"],
                    f"is not area {number} of {first.count}",
                    "ask how many areas there are, and for the number of this one",
                )
        used |= {*corners}
        taken = [self._take(corner, wording.hear_position) for corner in corners]
        points = tuple(point for point in taken if point is not None)
        if outline is None or len(points) < len(taken) or not levels or not start or not end:
            return None
        is_circle = outline.shape == "circle"
        return Volume4D(
            Polygon(points) if outline.shape == "polygon" else None,
            Circle(points[0], outline.metres) if is_circle else None,
            Corridor(points, outline.metres) if outline.shape == "corridor" else None,
            *levels,
            start,
            end,
        )

    def _check_marks(self, status: str) -> None:
        for mark in self._marks:
            if mark.status != status.upper():
                problem = Problem(
                    "formats.heard-mark",
                    "",
                    f"line {mark.line} says {mark.status}, and item A {status.upper()}",
                    "ask for item A again, and what this is",
                )
                self._mistakes.note(mark.line, problem)

    def _check_fitting(self, kind: Kind) -> None:
        """Take note of items that have no place in a message of a kind, and leave them out."""
        fitting = "ABCZ" + _FITTING[kind]
        for label, typed in [*self._items.items()]:
            numbered = len(label) > 1
            # Areas are numbered, and only they; a read-back has levels and times without a number.
            if (
                label[0] not in fitting
                or (numbered and label[0] not in "FGHJ")
                or (not numbered and label == "F")
                or (not numbered and label in "GHJ" and kind is not Kind.REPLY)
                or ("." in label and label[0] != "F")
            ):
                problem = Problem(
                    "formats.heard-unfit",
                    "",
                    f"line {typed.line}: item {label} has no place in a message of the kind"
                    f" {kind.value}",
                    "ask for the letter of this item, or for item B once more",
                )
                self._mistakes.note(typed.line, problem)
                del self._items[label]

    def _require(self, label: str) -> Typed | None:
        typed = self._items.get(label)
        if typed is None:
            meaning = MEANINGS["F." if "." in label else label[0]].text(Language.EN)
            problem = Problem(
                "formats.heard-missing",
                "",
                f"item {label} is missing: {meaning}",
                f"ask for item {label}",
            )
            self._mistakes.note(NOWHERE, problem)
        return typed

    def _take(self, label: str, read: Callable[[str], T]) -> T | None:
        """Return what an item says; None, taking note of why, where it says nothing of it."""
        typed = self._require(label)
        if typed is None:
            return None
        word = WORDS[label[0]] if "." not in label else ""
        try:
            return read(without(word, typed.text))
        except ValueError as error:
            self._misheard(typed, f"cannot be read: {shorten(typed.text)}", str(error))
            return None

    def _taken_if(self, label: str, read: Callable[[str], T]) -> T | None:
        return self._take(label, read) if label in self._items else None

    def _misheard(self, typed: Typed, text: str, mend: str) -> None:
        self._mistakes.note(typed.line, misheard(typed, text, mend))
