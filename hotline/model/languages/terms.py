"""The table of terms: every word that a rendering puts beside the signed fields.

One line a term, three columns, held complete by a test. Hebrew sentences keep a Hebrew word
before each thing that is filled in and use no brackets: numbers and Latin letters then stand in
runs of their own, and a line reads right without any character that steers its direction
(docs/spec/phrases.md, section 4).
"""

# ruff: noqa: RUF001 - words of one letter are Cyrillic because they are Russian

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from hotline.model.languages.language import Counted, Language, Term

TERMS: Final[Mapping[str, Term]] = MappingProxyType(
    {
        # --- Kinds, as they begin a message ------------------------------------------------
        "kind.notice": Term("NOTICE", "УВЕДОМЛЕНИЕ", "הודעה"),
        "kind.revision": Term("REVISION", "ИЗМЕНЕНИЕ", "תיקון"),
        "kind.withdrawal": Term("WITHDRAWAL", "ОТМЕНА", "ביטול"),
        "kind.activation": Term("ACTIVATION", "НАЧАЛО РАБОТЫ", "תחילת פעילות"),
        "kind.end": Term("END", "ОКОНЧАНИЕ РАБОТЫ", "סיום פעילות"),
        "kind.advisory": Term("ADVISORY", "ПРЕДУПРЕЖДЕНИЕ", "אזהרה"),
        "kind.reply": Term("REPLY", "ОТВЕТ", "תשובה"),
        "kind.line-check": Term("LINE CHECK", "ПРОВЕРКА СВЯЗИ", "בדיקת קו"),
        "kind.service": Term("SERVICE", "СЛУЖЕБНОЕ", "הודעת שירות"),
        "kind.nonconformance": Term("NONCONFORMANCE", "ОТКЛОНЕНИЕ ОТ ПЛАНА", "חריגה מהתכנון"),
        "kind.contingency": Term("CONTINGENCY", "ПОТЕРЯ УПРАВЛЕНИЯ", "אובדן שליטה"),
        "kind.conflict": Term("CONFLICT", "КОНФЛИКТ", "קונפליקט"),
        "title.of": Term("OF", "К", "להודעה"),
        "title.title": Term("", "", "שכותרתה"),
        "title.subject": Term("", "", "בנושא"),
        # --- Answers, relations, activities, precedences -----------------------------------
        "answer.accept": Term("ACCEPT", "СОГЛАСОВАНО", "אישור"),
        "answer.reject": Term("REJECT", "ОТКАЗ", "סירוב"),
        "answer.stand-by": Term("STAND-BY", "ЖДИТЕ", "המתנה"),
        "answer.counter": Term("COUNTER", "ВСТРЕЧНОЕ ПРЕДЛОЖЕНИЕ", "הצעה נגדית"),
        "relation.conflict": Term(
            "CONFLICT between {one} and {other}",
            "КОНФЛИКТ между {one} и {other}",
            "קונפליקט בין {one} לבין {other}",
        ),
        "relation.proximity": Term(
            "PROXIMITY of {one} and {other}",
            "СБЛИЖЕНИЕ {one} и {other}",
            "קרבה בין {one} לבין {other}",
        ),
        "relation.possible": Term(
            "POSSIBLE CONFLICT between {one} and {other}",
            "ВОЗМОЖЕН КОНФЛИКТ между {one} и {other}",
            "קונפליקט אפשרי בין {one} לבין {other}",
        ),
        "relation.clear": Term(
            "RESOLVED: {one} and {other}",
            "СНЯТО: {one} и {other}",
            "הוסר קונפליקט בין {one} לבין {other}",
        ),
        "relation.unlisted": Term(
            "CONFLICT, {relation}: {one} and {other}",
            "КОНФЛИКТ, {relation}: {one} и {other}",
            "קונפליקט מסוג {relation} בין {one} לבין {other}",
        ),
        "activity.strike": Term("strike", "удар", "תקיפה"),
        "activity.patrol": Term("patrol", "патрулирование", "פטרול"),
        "activity.tanker": Term("tanker", "дозаправка в воздухе", "תדלוק אווירי"),
        "activity.uas": Term("uas", "беспилотник", "כלי טיס בלתי מאויש"),
        "activity.sar": Term("sar", "поиск и спасание", "חיפוש והצלה"),
        "activity.transport": Term("transport", "перевозка", "תובלה"),
        "activity.training": Term("training", "учебные полёты", "אימון"),
        "activity.recce": Term("recce", "разведка", "איסוף מודיעין"),
        "activity.other": Term("other", "прочее", "אחר"),
        "precedence.FLASH": Term("FLASH", "МОЛНИЯ", "מבזק"),
        "precedence.IMMEDIATE": Term("IMMEDIATE", "НЕМЕДЛЕННО", "מיידי"),
        "precedence.PRIORITY": Term("PRIORITY", "СРОЧНО", "דחוף"),
        "precedence.ROUTINE": Term("ROUTINE", "ОБЫЧНОЕ", "רגיל"),
        # --- Labels --------------------------------------------------------------------------
        "label.precedence": Term("Precedence", "Срочность", "דחיפות"),
        "label.flag": Term("Flag", "Замечание", "הערת מערכת"),
        "label.activity": Term("Activity", "Задача", "פעילות"),
        "label.area": Term("Area", "Район", "אזור"),
        "label.levels": Term("Levels", "Высоты", "גבהים"),
        "label.from": Term("From", "Начало", "התחלה"),
        "label.until": Term("To", "Окончание", "סיום"),
        "label.remarks": Term("Remarks", "Примечания", "הערות"),
        "label.contact": Term("Contact", "Связь", "איש קשר"),
        "label.reason": Term("Reason", "Причина", "סיבה"),
        "label.at": Term("At", "Время", "זמן"),
        "label.text": Term("Text", "Текст", "נוסח"),
        "label.phrases": Term("Phrases", "Фразы", "ביטויים"),
        "label.position": Term("Position", "Место", "מיקום"),
        "label.altitude": Term("Altitude", "Высота", "גובה"),
        "label.track": Term("Track", "Путевой угол", "כיוון טיסה"),
        "label.speed": Term("Speed", "Скорость", "מהירות"),
        "label.answers": Term("To", "На сообщение", "במענה אל"),
        "label.read-back": Term("Read back", "Повторено", "הקראה חוזרת"),
        "label.proposal": Term("Proposal", "Предложение", "הצעה"),
        "label.phrase": Term("Phrase", "Слова", "מילים"),
        "label.operator": Term("Operator", "Оператор", "מפעיל"),
        "label.officer": Term("Officer", "Офицер", "קצין"),
        "label.sender": Term("Sender's", "Отправителя", "של השולח"),
        "label.receiver": Term("Receiver's", "Получателя", "של הנמען"),
        "label.distance": Term("Distance", "Удаление", "מרחק"),
        "label.height": Term("Height", "По высоте", "הפרש גובה"),
        # --- Altitudes, outlines, periods ----------------------------------------------------
        "reference.wgs84": Term(
            "above the WGS 84 ellipsoid", "над эллипсоидом WGS 84", "מעל האליפסואיד WGS 84"
        ),
        "reference.msl": Term("above mean sea level", "над уровнем моря", "מעל פני הים"),
        "reference.ground": Term("above ground", "над землёй", "מעל הקרקע"),
        "reference.standard": Term(
            "on standard pressure", "по стандартному давлению", "לפי לחץ תקני"
        ),
        "reference.other": Term("above {reference}", "над {reference}", "מעל {reference}"),
        "altitude.ground": Term("ground", "земля", "קרקע"),
        "altitude.range": Term("{lower} to {upper}", "{lower} — {upper}", "{lower} עד {upper}"),
        "read-back.levels": Term("{levels}", "{levels}", "גבהים {levels}"),
        "read-back.period": Term(
            "{start} to {end}", "начало {start}, окончание {end}", "התחלה {start}, סיום {end}"
        ),
        "position.plain": Term(
            "latitude {lat} longitude {lon}", "широта {lat} долгота {lon}", "רוחב {lat} אורך {lon}"
        ),
        "number.minus": Term("-{number}", "-{number}", "מינוס {number}"),
        "metres.both": Term("{metres} ({miles})", "{metres} ({miles})", "{metres}, {miles}"),
        "area.polygon": Term(
            "polygon of {corners}", "многоугольник, {corners}", "מצולע, {corners}"
        ),
        "area.circle": Term(
            "circle of {radius} around {center}",
            "круг радиусом {radius}, центр {center}",
            "עיגול, רדיוס {radius}, מרכז {center}",
        ),
        "area.corridor": Term(
            "corridor {width} wide along {points}",
            "коридор шириной {width}, {points}",
            "מסדרון, רוחב {width}, {points}",
        ),
        "area.point": Term("  {position}", "  {position}", "  נקודה {number}: {position}"),
        "more": Term("and {count} more", "и ещё {count}", "ועוד {count}"),
        "time.lasting": Term(
            "{time} ({duration})", "{time} ({duration})", "{time}, משך {duration}"
        ),
        "track.true": Term("{degrees} true", "{degrees}, истинный", "{degrees}, ביחס לצפון האמיתי"),
        "height.apart": Term("{metres} apart", "{metres}", "{metres}"),
        "conflict.revision": Term(
            "{reference} revision {number}",
            "{reference}, изменение {number}",
            "הודעה {reference}, תיקון {number}",
        ),
        # --- What is said of the rest --------------------------------------------------------
        "missing": Term("not given", "не указано", "לא צוין"),
        "phrase.unknown": Term(
            "(not in the letter of agreement)", "(нет в соглашении)", "ביטוי שאינו בהסכם"
        ),
        "authority": Term(
            "The fields as signed are the authoritative text; this rendering is for reading.",
            "Подлинный текст — поля, как они подписаны; это изложение дано для чтения.",
            "הנוסח המחייב הוא השדות כפי שנחתמו; נוסח זה מיועד לקריאה בלבד.",
        ),
    }
)
"""By key, of which the part before the dot is the group."""

COUNTED: Final[Mapping[str, Counted]] = MappingProxyType(
    {
        "corner": Counted(
            ("corner", "corners"), ("вершина", "вершины", "вершин"), ("קודקוד", "קודקודים")
        ),
        "point": Counted(("point", "points"), ("точка", "точки", "точек"), ("נקודה", "נקודות")),
        "metre": Counted(("m", "m"), ("м", "м", "м"), ("מטר", "מטר")),
        "foot": Counted(("ft", "ft"), ("фут", "фута", "футов"), ("רגל", "רגל")),
        "mile": Counted(("NM", "NM"), ("NM", "NM", "NM"), ("מייל ימי", "מייל ימי")),
        "knot": Counted(("kt", "kt"), ("узел", "узла", "узлов"), ("קשר", "קשר")),
        "degree": Counted(
            ("degree", "degrees"), ("градус", "градуса", "градусов"), ("מעלה", "מעלות")
        ),
        "day": Counted(("d", "d"), ("сут", "сут", "сут"), ("יום", "ימים")),
        "hour": Counted(("h", "h"), ("ч", "ч", "ч"), ("שעה", "שעות")),
        "minute": Counted(("min", "min"), ("мин", "мин", "мин"), ("דקה", "דקות")),
        "second": Counted(("s", "s"), ("с", "с", "с"), ("שנייה", "שניות")),
    }
)
"""Nouns that follow a number, by their English name."""


def say(key: str, language: Language, **filled: object) -> str:
    """Return a term with its places filled; raises KeyError for a key that the table lacks."""
    text = TERMS[key].text(language)
    return text.format(**filled) if filled else text


def said(group: str, value: str, language: Language) -> str | None:
    """Return the word for a value of a closed vocabulary, or None for one that is not listed."""
    term = TERMS.get(f"{group}.{value}")
    return None if term is None else term.text(language)


def counted(number: float, noun: str, language: Language, form: str = ".10g") -> str:
    """Return ``4 corners``: the number in ``form``, and the noun as it follows that number."""
    return f"{number_text(number, language, form)} {COUNTED[noun].after(number, language)}"


def number_text(number: float, language: Language, form: str = ".10g") -> str:
    """Return a number in ASCII digits with a point.

    In a Hebrew line a leading minus would move to the far side of its number, so it is a word.
    """
    text = format(number, form)
    if text.startswith("-"):
        return say("number.minus", language, number=text.removeprefix("-"))
    return text
