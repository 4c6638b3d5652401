"""What mock notices say in words, in three languages; words agree with the geometry.

A title says what and where: ``Refuelling area south-west of Limassol``. Remarks say that it is an
exercise, and who flies how high. What is wrong on purpose is said here too
(`hotline.exercise.traffic.wrong` decides on it).
"""

# ruff: noqa: RUF001 - other alphabets look like this one, and are meant

from __future__ import annotations

from dataclasses import dataclass

from hotline.exercise.traffic.activities import Levels
from hotline.exercise.traffic.chance import Chance
from hotline.exercise.traffic.places import DIRECTIONS, Spoken
from hotline.model.kinds import Activity

LANGUAGES = ("en", "ru", "he")
SHARES = {"en": 2.0, "ru": 1.0, "he": 1.0}
"""How often each language is written where a traffic says nothing about it."""

_EXERCISE = ("Exercise.", "Учение.", "תרגיל.")
_TITLES = {
    Activity.STRIKE: ("Strike", "Удар", "תקיפה"),
    Activity.PATROL: ("Combat air patrol", "Дежурство в воздухе", "סיור אווירי"),
    Activity.TANKER: ("Refuelling area", "Зона дозаправки", "אזור תדלוק"),
    Activity.UAS: ("Unmanned aircraft", "Полёт беспилотника", "טיסת כטמ״ם"),
    Activity.SAR: ("Search and rescue", "Поиск и спасание", "חיפוש והצלה"),
    Activity.TRANSPORT: ("Transport flight", "Транспортный полёт", "טיסת תובלה"),
    Activity.TRAINING: ("Training area", "Учебная зона", "אזור אימונים"),
    Activity.RECCE: ("Reconnaissance", "Воздушная разведка", "צילום אווירי"),
    Activity.OTHER: ("Parachute jumps", "Прыжки с парашютом", "צניחה חופשית"),
}
_FLYING = {
    Activity.STRIKE: (
        ("Four fighters, live weapons", "Четвёрка самолётов, боевые средства",
         "רביעיית מטוסים, חימוש חי"),
        ("Two aircraft, one pass", "Пара самолётов, один проход", "זוג מטוסים, יעף אחד"),
    ),
    Activity.PATROL: (
        ("Two fighters on patrol", "Пара истребителей на патрулировании", "זוג מטוסי קרב בסיור"),
        ("Four fighters in pairs", "Две пары истребителей", "שני זוגות מטוסי קרב"),
    ),
    Activity.TANKER: (
        ("One tanker, up to four receivers", "Один заправщик, до четырёх самолётов",
         "מתדלק אחד, עד ארבעה מטוסים"),
        ("One tanker, pairs of fighters", "Один заправщик, пары истребителей",
         "מתדלק אחד, זוגות מטוסי קרב"),
    ),
    Activity.UAS: (
        ("One drone, unarmed", "Один беспилотник без вооружения", "כטמ״ם אחד, לא חמוש"),
        ("Two drones, one after the other", "Два беспилотника, по очереди",
         "שני כטמ״ם, בזה אחר זה"),
    ),
    Activity.SAR: (
        ("Two helicopters, low flying", "Два вертолёта, малые высоты", "שני מסוקים, טיסה נמוכה"),
        ("One helicopter, one aircraft", "Вертолёт и самолёт", "מסוק אחד, מטוס אחד"),
    ),
    Activity.TRANSPORT: (
        ("One transport aircraft", "Один транспортный самолёт", "מטוס תובלה אחד"),
        ("Two transport aircraft in trail", "Два транспортных самолёта друг за другом",
         "שני מטוסי תובלה בטור"),
    ),
    Activity.TRAINING: (
        ("Up to six fighters, manoeuvres", "До шести истребителей, манёвры",
         "עד שישה מטוסי קרב, תמרונים"),
        ("Two aircraft, no weapons", "Пара самолётов без оружия", "זוג מטוסים ללא חימוש"),
    ),
    Activity.RECCE: (
        ("One aircraft, photographs", "Один самолёт, фотосъёмка", "מטוס אחד, צילומים"),
        ("One aircraft, straight legs", "Один самолёт, прямые галсы", "מטוס אחד, צלעות ישרות"),
    ),
    Activity.OTHER: (
        ("Parachutists from one aircraft", "Парашютисты с одного самолёта", "צנחנים ממטוס אחד"),
        ("Jumps in groups of eight", "Прыжки группами по восемь", "צניחות בקבוצות של שמונה"),
    ),
}  # fmt: skip
_RU_DIRECTIONS = ("северу", "северо-востоку", "востоку", "юго-востоку", "югу", "юго-западу",
                  "западу", "северо-западу")  # fmt: skip
_HE_DIRECTIONS = ("צפונית", "צפונית-מזרחית", "מזרחית", "דרומית-מזרחית", "דרומית",
                  "דרומית-מערבית", "מערבית", "צפונית-מערבית")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Where:
    """Where words put an area: in a direction from a place, or near it where there is none."""

    place: Spoken
    direction: str = ""

    def text(self, language: str) -> str:
        """Return it in a language: ``north of Latakia``, ``к северу от Латакии``."""
        name = self.place.name(language)
        number = DIRECTIONS.index(self.direction) if self.direction else -1
        if language == "ru":
            return f"в районе {name}" if number < 0 else f"к {_RU_DIRECTIONS[number]} от {name}"
        if language == "he":
            return f"באזור {name}" if number < 0 else f"{_HE_DIRECTIONS[number]} ל{name}"
        return f"near {name}" if number < 0 else f"{self.direction} of {name}"


def chosen(texts: tuple[str, str, str], language: str) -> str:
    """Return of texts in English, Russian and Hebrew that in a language."""
    return texts[LANGUAGES.index(language)]


def exercise_said(text: str, language: str) -> str:
    """Return a text with the word before it that nobody who hears it takes it for real without.

    The name of the exercise is not among the words: one such as ``north-wind`` would contradict
    some geometry. It is in the mark that nodes show, print and read out with every message.
    """
    return f"{chosen(_EXERCISE, language)} {text}"


def title(activity: Activity, where: Where | None, language: str) -> str:
    """Return the title of a notice; without a place that is known it says only what."""
    what = chosen(_TITLES[activity], language)
    return what if where is None else f"{what} {where.text(language)}"


def flying(chance: Chance, activity: Activity, language: str) -> str:
    """Return who flies, without a full stop."""
    return chosen(chance.one_of(_FLYING[activity]), language)


def levels_text(levels: Levels, language: str) -> str:
    """Return a block of levels as a sentence: ``FL180 to FL240``."""
    lower, upper = levels.lower, levels.upper
    if levels.unit == "fl":
        texts = (
            f"FL{lower:03} to FL{upper:03}",
            f"Эшелоны {lower:03}-{upper:03}",
            f"רמת טיסה {lower:03} עד {upper:03}",
        )
        return chosen(texts, language)
    unit = chosen(
        ("ft", "футов", "רגל") if levels.unit == "ft" else ("m", "метров", "מטר"), language
    )
    if lower is None:
        at = chosen(("At heights up to", "На высотах до", "בגובה עד"), language)
        return f"{at} {upper} {unit}"
    texts = (
        f"At heights from {lower} to {upper} {unit}",
        f"На высотах от {lower} до {upper} {unit}",
        f"בגובה {lower} עד {upper} {unit}",
    )
    return chosen(texts, language)


def remarks(who: str, levels: Levels | None, language: str, more: str = "") -> str:
    """Return the remarks, sentence by sentence: an exercise, who flies, how high, what else."""
    said = [who] if levels is None else [who, levels_text(levels, language)]
    sentences = [*(f"{sentence}." for sentence in said), *([more] if more else [])]
    return exercise_said(" ".join(sentences), language)
