"""Flags in three languages: what a code says, for an officer who reads no English.

A flag carries its own English sentence, with the values that it is about. The other languages
say in a few words what the code stands for, and name field and code, so that two officers can
find the same thing in two languages. A code that the table lacks keeps its English sentence.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from hotline.model.languages.language import Language, Term
from hotline.model.text import printable


def _t(en: str, ru: str, he: str) -> Term:
    return Term(en, ru, he)


FLAGS: Final[Mapping[str, Term]] = MappingProxyType(
    {
        "airspace.area-too-large": _t(
            "larger than the letter allows",
            "район больше, чем допускает соглашение",
            "האזור גדול מן המותר בהסכם",
        ),
        "airspace.beyond-horizon": _t(
            "later than the letter allows",
            "начало позже, чем допускает соглашение",
            "ההתחלה מאוחרת מן המותר בהסכם",
        ),
        "airspace.compared-later": _t(
            "taken before it was compared with every notice",
            "принято до завершения сравнения",
            "התקבלה לפני שהושלמה ההשוואה",
        ),
        "airspace.conflict": _t(
            "conflict with a notice of ours",
            "конфликт: пересекает наше уведомление",
            "קונפליקט עם הודעה שלנו",
        ),
        "airspace.direction-differs": _t(
            "the words name another direction",
            "в словах другое направление",
            "המילים נוקבות בכיוון אחר",
        ),
        "airspace.disagrees": _t(
            "the other node computes something else",
            "расчёт другого узла дал иной результат",
            "הצומת השני מחשב תוצאה אחרת",
        ),
        "airspace.level-differs": _t(
            "the words name another level", "в словах другая высота", "המילים נוקבות בגובה אחר"
        ),
        "airspace.levels-upside-down": _t(
            "the upper level is below the lower one",
            "верхняя граница ниже нижней",
            "הגבול העליון נמוך מן התחתון",
        ),
        "airspace.more-relations": _t(
            "more possible conflicts than can be compared",
            "возможных конфликтов больше, чем можно сравнить",
            "יותר קונפליקטים אפשריים משניתן להשוות",
        ),
        "airspace.place-differs": _t(
            "the words name another place", "в словах другое место", "המילים נוקבות במקום אחר"
        ),
        "airspace.possible": _t(
            "possible conflict: it cannot all be computed",
            "возможен конфликт: не всё поддаётся расчёту",
            "ייתכן שיש קונפליקט: לא הכול ניתן לחישוב",
        ),
        "airspace.proximity": _t(
            "nearer than the letter allows",
            "ближе, чем допускает соглашение",
            "קרוב מן המותר בהסכם",
        ),
        "airspace.resolved": _t(
            "a conflict is resolved",
            "конфликт снят",
            "הקונפליקט הוסר",
        ),
        "airspace.time-differs": _t(
            "the words name another time", "в словах другое время", "המילים נוקבות בזמן אחר"
        ),
        "airspace.words-unread": _t(
            "its words were not held against its numbers",
            "слова не проверены по числам",
            "המילים לא נבדקו מול המספרים",
        ),
        "exercise.not-here": _t(
            "calls off an exercise on an actual line",
            "прекращает учение на действующей линии",
            "מפסיק תרגיל בקו מבצעי",
        ),
        "voice.differs": _t(
            "heard otherwise over the telephone",
            "по телефону принято иначе",
            "בטלפון נשמע אחרת",
        ),
        "voice.heard": _t(
            "heard over the telephone before",
            "уже принято по телефону",
            "כבר נשמע בטלפון",
        ),
        "notice.activation-early": _t(
            "activated before its start",
            "активировано раньше заявленного начала",
            "הופעל לפני ההתחלה שהוכרזה",
        ),
        "notice.area-unknown": _t(
            "nobody says where it is",
            "где находится, не сообщено",
            "לא נמסר היכן הוא נמצא",
        ),
        "notice.at-in-future": _t(
            "said of a moment to come",
            "указан ещё не наступивший момент",
            "נקוב מועד שטרם הגיע",
        ),
        "notice.at-long-ago": _t(
            "said of a moment long ago",
            "указан давно прошедший момент",
            "נקוב מועד שחלף מזמן",
        ),
        "notice.activation-late": _t(
            "activated later than agreed",
            "активировано позже, чем согласовано",
            "הופעל מאוחר מן המוסכם",
        ),
        "notice.overrun": _t(
            "ended after the end of its times",
            "окончено позже заявленного времени",
            "הסתיים אחרי סוף הזמן שהוכרז",
        ),
        "notice.reference-ours": _t(
            "called as our notices are",
            "обозначено как наше уведомление",
            "נקרא כמו ההודעות שלנו",
        ),
        "notice.short-warning": _t("short warning", "мало времени до начала", "זמן התרעה קצר"),
        "model.altitude-missing": _t("no altitude", "нет высоты", "חסר גובה"),
        "model.altitude-order": _t(
            "upper level below lower", "верхняя высота ниже нижней", "הגובה העליון מתחת לתחתון"
        ),
        "model.altitude-range": _t(
            "altitude out of range", "высота вне пределов", "גובה מחוץ לתחום"
        ),
        "model.bad-latitude": _t("bad latitude", "неверная широта", "קו רוחב שגוי"),
        "model.bad-longitude": _t("bad longitude", "неверная долгота", "קו אורך שגוי"),
        "model.bad-message-id": _t("bad message id", "неверный номер сообщения", "מזהה הודעה שגוי"),
        "model.bad-reference": _t(
            "bad reference", "неверное обозначение уведомления", "סימון הודעה שגוי"
        ),
        "model.bad-time": _t("bad time", "неверное время", "זמן שגוי"),
        "model.closed-ring": _t(
            "first corner repeated", "первая вершина повторена", "הקודקוד הראשון חוזר בסוף"
        ),
        "model.corridor-width": _t(
            "corridor width out of range", "ширина коридора вне пределов", "רוחב מסדרון מחוץ לתחום"
        ),
        "model.crossing-edges": _t(
            "edges cross", "стороны района пересекаются", "צלעות האזור נחתכות"
        ),
        "model.distance": _t("distance out of range", "расстояние вне пределов", "מרחק מחוץ לתחום"),
        "model.level-reference": _t(
            "flight level with a wrong reference",
            "эшелон не по стандартному давлению",
            "רמת טיסה שלא לפי לחץ תקני",
        ),
        "model.no-outline": _t("no outline", "нет границ района", "חסר מתאר האזור"),
        "model.no-volume": _t("no area", "нет района", "חסר אזור"),
        "model.not-finite": _t("not a number", "не число", "אינו מספר"),
        "model.officer-missing": _t("no officer", "не указан офицер", "לא צוין קצין"),
        "model.over-pole": _t(
            "area goes round a pole", "район охватывает полюс", "האזור מקיף קוטב"
        ),
        "model.phrase-blank": _t("a phrase with a gap", "во фразе есть пропуск", "בביטוי חסר פרט"),
        "model.phrase-missing": _t("no words", "нет слов проверки", "חסרות מילות הבדיקה"),
        "model.phrase-number": _t(
            "bad number of a phrase", "неверный номер фразы", "מספר ביטוי שגוי"
        ),
        "model.proposal-missing": _t("no proposal", "нет предложения", "חסרה הצעה"),
        "model.radius": _t("radius out of range", "радиус вне пределов", "רדיוס מחוץ לתחום"),
        "model.read-back-missing": _t("no read-back", "нет повторения", "חסרה הקראה חוזרת"),
        "model.read-back-position": _t(
            "read-back: position", "повторено неверно: место", "הקראה חוזרת שגויה: מיקום"
        ),
        "model.read-back-start": _t(
            "read-back: start", "повторено неверно: начало", "הקראה חוזרת שגויה: התחלה"
        ),
        "model.read-back-end": _t(
            "read-back: end", "повторено неверно: окончание", "הקראה חוזרת שגויה: סיום"
        ),
        "model.read-back-lower": _t(
            "read-back: lower level",
            "повторено неверно: нижняя высота",
            "הקראה חוזרת שגויה: גובה תחתון",
        ),
        "model.read-back-upper": _t(
            "read-back: upper level",
            "повторено неверно: верхняя высота",
            "הקראה חוזרת שגויה: גובה עליון",
        ),
        "model.reason-missing": _t("no reason", "нет причины", "חסרה סיבה"),
        "model.reference-missing": _t(
            "no reference", "нет обозначения уведомления", "חסר סימון הודעה"
        ),
        "model.repeated-vertex": _t("corner repeated", "вершина повторена", "קודקוד חוזר"),
        "model.reply-to-missing": _t(
            "does not say what is answered", "не указано, на что ответ", "לא צוין על מה התשובה"
        ),
        "model.revision-gap": _t(
            "a revision is missing in between", "пропущено изменение", "חסר תיקון קודם"
        ),
        "model.revision-number": _t(
            "bad revision number", "неверный номер изменения", "מספר תיקון שגוי"
        ),
        "model.revision-old": _t("old revision", "устаревшее изменение", "תיקון ישן"),
        "model.several-outlines": _t(
            "several outlines", "несколько границ района", "כמה מתארים לאזור"
        ),
        "model.speed": _t("speed out of range", "скорость вне пределов", "מהירות מחוץ לתחום"),
        "model.text-missing": _t("no text", "нет текста", "חסר נוסח"),
        "model.text-too-long": _t("text too long", "текст слишком длинный", "נוסח ארוך מדי"),
        "model.time-missing": _t("no time", "нет времени", "חסר זמן"),
        "model.time-order": _t("end before start", "окончание раньше начала", "הסיום לפני ההתחלה"),
        "model.time-without-zone": _t(
            "time without a zone", "время без часового пояса", "זמן ללא אזור זמן"
        ),
        "model.title-missing": _t("no title", "нет названия", "חסרה כותרת"),
        "model.too-few-vertices": _t("too few corners", "мало вершин", "מעט מדי קודקודים"),
        "model.too-many-phrases": _t("too many phrases", "слишком много фраз", "ביטויים רבים מדי"),
        "model.too-many-vertices": _t(
            "too many corners", "слишком много вершин", "קודקודים רבים מדי"
        ),
        "model.too-many-volumes": _t("too many areas", "слишком много районов", "אזורים רבים מדי"),
        "model.track": _t("track out of range", "путевой угол вне пределов", "כיוון טיסה שגוי"),
        "model.undefined-step": _t(
            "does not fit the state of the notice",
            "не соответствует состоянию уведомления",
            "אינו מתאים למצב ההודעה",
        ),
        "model.unknown-activity": _t("unknown activity", "неизвестная задача", "פעילות לא מוכרת"),
        "model.unknown-answer": _t("unknown answer", "неизвестный ответ", "תשובה לא מוכרת"),
        "model.unknown-field": _t("unknown field", "неизвестное поле", "שדה לא מוכר"),
        "model.unknown-kind": _t(
            "unknown kind of message", "неизвестный вид сообщения", "סוג הודעה לא מוכר"
        ),
        "model.unknown-phrase": _t(
            "phrase not in the letter", "фразы нет в соглашении", "ביטוי שאינו בהסכם"
        ),
        "model.unknown-reference": _t(
            "unknown reference of an altitude", "неизвестно, от чего высота", "ייחוס גובה לא מוכר"
        ),
        "model.unknown-relation": _t("unknown relation", "неизвестное отношение", "יחס לא מוכר"),
        "model.unknown-unit": _t("unknown unit", "неизвестная единица", "יחידת מידה לא מוכרת"),
        "model.unreadable-payload": _t(
            "cannot be read", "сообщение не читается", "ההודעה אינה קריאה"
        ),
        "model.unsafe-character": _t(
            "contains a steering character", "есть управляющий символ", "יש תו בקרה בנוסח"
        ),
        "model.wrong-actor": _t("from the wrong centre", "не от того центра", "לא מן המרכז הנכון"),
        "model.zero-area": _t("no area within", "район без площади", "אזור ללא שטח"),
        "reply.answered-before": _t(
            "answered otherwise before", "прежде был дан иной ответ", "קודם נענתה אחרת"
        ),
        "wire.duplicate-key": _t("a field twice", "поле указано дважды", "שדה מופיע פעמיים"),
        "wire.extension-type": _t("unknown type", "неизвестный тип данных", "סוג נתון לא מוכר"),
        "wire.key-not-text": _t("field without a name", "поле без имени", "שדה ללא שם"),
        "wire.malformed": _t("cannot be read", "данные не читаются", "הנתונים אינם קריאים"),
        "wire.not-finite": _t("not a number", "не число", "אינו מספר"),
        "wire.object-too-large": _t("too large", "слишком большое сообщение", "הודעה גדולה מדי"),
        "wire.too-deep": _t("nested too deep", "слишком глубокая вложенность", "קינון עמוק מדי"),
        "wire.too-many-items": _t("too many items", "слишком много полей", "שדות רבים מדי"),
    }
)
"""By the flag's code."""

_VALUES: Final = re.compile(r'[0-9"]')
"""What an English sentence has in it where it says more than its code does."""


def flag_lines(code: str, text: str, field: str, language: Language) -> list[str]:
    """Return a flag in lines, the first one in the language: what its code stands for.

    In English that is the flag's own ``text``. In another language the text follows in a line of
    its own where it has values in it, so that none of them is lost.
    """
    term = FLAGS.get(code)
    if language is Language.EN or term is None:
        said, more = text, []
    else:
        said, more = term.text(language), [text] if _VALUES.search(text) else []
    if language is Language.HE:
        where = f", שדה {field}" if field else ""
        line = f"{said}{where}, קוד {code}"
    else:
        line = f"{field}: {said} [{code}]" if field else f"{said} [{code}]"
    return [printable(line) for line in (line, *more)]
