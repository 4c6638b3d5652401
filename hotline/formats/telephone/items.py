"""The items of the layout: a letter each, with one meaning in every kind of message.

I and O are left out, since they sound and look like figures. The word that begins an item repeats
its letter's meaning, so that a letter misheard is noticed.
"""

# ruff: noqa: RUF001 - letters of other scripts are meant

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from hotline.model.languages.language import Language, Term

NOT_READ: Final = "NOT READ"
"""Stands for a text that is in the signed message and cannot be read out."""

WORDS: Final = MappingProxyType(
    {
        "A": "",
        "B": "",
        "C": "PRECEDENCE",
        "D": "ACTIVITY",
        "E": "TITLE",
        "F": "AREA",
        "G": "LEVELS",
        "H": "FROM",
        "J": "UNTIL",
        "K": "AT",
        "L": "SUBJECT",
        "M": "PLACE",
        "N": "POSITION",
        "P": "LEVEL",
        "Q": "TRACK",
        "R": "SPEED",
        "S": "TEXT",
        "T": "REASON",
        "U": "REMARKS",
        "V": "CONTACT",
        "W": "OFFICER",
        "X": "PHRASES",
        "Y": "POSITIONS WITHIN",
        "Z": "MESSAGE",
    }
)
"""The letters in the order in which they are read, each with the word that its item begins with."""

MEANINGS: Final = MappingProxyType(
    {
        "A": Term("status, from, to", "статус, кто, кому", "סטטוס, מאת, אל"),
        "B": Term("kind, reference", "вид, номер", "סוג, מספר"),
        "C": Term("precedence", "срочность", "דחיפות"),
        "D": Term("activity", "задача", "פעילות"),
        "E": Term("title", "название", "כותרת"),
        "F": Term("area", "район", "אזור"),
        "F.": Term("point", "точка", "נקודה"),
        "G": Term("levels", "высоты", "גבהים"),
        "H": Term("start", "начало", "התחלה"),
        "J": Term("end", "окончание", "סיום"),
        "K": Term("time", "время", "זמן"),
        "L": Term("subject", "о чём", "נושא"),
        "M": Term("place", "место словами", "מקום במילים"),
        "N": Term("position", "место", "מיקום"),
        "P": Term("level", "высота", "גובה"),
        "Q": Term("track, degrees", "путевой угол", "כיוון במעלות"),
        "R": Term("speed, knots", "скорость, узлы", "מהירות בקשר"),
        "S": Term("text", "текст", "נוסח"),
        "T": Term("reason", "причина", "סיבה"),
        "U": Term("remarks", "примечания", "הערות"),
        "V": Term("contact", "связь", "איש קשר"),
        "W": Term("officer", "офицер", "קצין"),
        "X": Term("phrases by number", "фразы по номерам", "ביטויים לפי מספר"),
        "Y": Term("how exact", "точность", "דיוק"),
        "Z": Term("id, first 8 signs", "первые 8 знаков id", "שמונה סימני מזהה"),
    }
)
"""What each letter means, to be shown beside it to whoever reads out or writes down."""


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the layout: its ``label`` (``F1.2``) and what is read after it."""

    label: str
    text: str

    def __str__(self) -> str:
        return f"{self.label} {self.text}"

    def meaning(self, language: Language) -> str:
        """Return what the item is, in a language."""
        return MEANINGS["F." if "." in self.label else self.label[0]].text(language)


def text_of(items: Iterable[Item]) -> str:
    """Return the canonical text: one item a line, each line ended."""
    return "".join(f"{item}\n" for item in items)
