"""Hebrew words of place, level and time, by what they do in a phrase (`lexicon.Role`).

One-letter prepositions are written onto the next word: names are looked up without them
(`places`), and words of direction are listed with them here.
"""

# ruff: noqa: RUF001 - other alphabets look like this one, and are meant

from __future__ import annotations

from typing import Final

WORDS: Final = {
    "fill": """
        העיר עיר העיירה הכפר חוף חופי לחוף לחופי החוף גבול הגבול חלק חלקה בחלק בחלקה החלק החלקים
        בחלקים שטח שטחי שטחה פאתי המרחב מרחב האווירי שמי מימי המים מדבר האי בסיס שדה התעופה
        המרכזי המרכזית כ הזה חבל
    """,
    "of": "של את",
    "from": "מ מן",
    "to": "ל אל עד דרך לכיוון לעבר כיוון",
    "and": "ו או",
    "at": "ב על בתוך בשמי בשטח במרחב מול נגד בשטחי",
    "near": """
        ליד סביב באזור בקרבת בסביבת לאורך בין סמוך אזור באזורי סביבות בסביבות לחופי בפאתי
        במרחק קרוב
    """,
    "province": "מחוז במחוז נפת בנפת",
    "motion": """
        נע נעים נעה טס טסים בנתיב פונה פונים מתקדם מתקדמים רוח רוחות יוצא יוצאים חוזר חוזרים
    """,
    "not": """
        לא אין ללא בלי למעט מחוץ פרט אינו אינה אינם אינן במקום הרחק להימנע נמנעים נמנע
        חוץ מלבד אסור
    """,
    "aside": """
        קשר תקשורת טלפון שיחה שיחת התקשרו להתקשר תדר בתדר פיקוד פיקוח הפיקוד מגדל טייסת כנף
        חזית קצין קציני שגרירות הסכם מזכר שיחות ועידה שעון אות קריאה תרגיל מבצע המראה המראות
        ממריא ממריאים נחיתה נחיתות נוחת נוחתים חזרה שיבה בסיסו מבוסס חלופי מעבר נתיב מזג
        אוויר סופה סערה עננות עננים ערפל גשם ראות אזרחי אזרחית אזרחיים תעבורה שלכם שלך דיווח
        לדווח הודעה התקבל התקבלה אושר אושרה סוכם תואם תואמה תיאום עדכון תדרוך תודרך אתמול
        מחר קודם הקודם הקודמת לשעבר היה היתה הייתה היו צוות צוותים מינימלי בטוח בטיחות מכשול
        הר שיא מסלול אם רחוב מוקד מכם מקומי כוננות בכוננות זריחה שקיעה נראה נראים נשמע
        יישמעו ייראו רסיסים הפרעות שיבוש דומה בדומה עמיתים שלום מתבקשים מתבקש מבקשים נא
        להישאר הישארו סגן אלמ סאל רסן חלופית
    """,
    "object": """
        טיל טילים רקטות מפקדה מפקדת חטיבה חטיבת אוגדה אוגדת גדוד צבא יחידה יחידת שיירה ספינה
        ספינות אויב עוין שיגור איום איומים מרכז מוצב נמל צי
    """,
    "strike": """
        תקיפה תקיפות תוקפים תקיפת התקיפה מטרה מטרות מטרת יעד יעדים לתקוף נתקוף השמדה השמדת
    """,
    "above": "מעל מינימום לפחות",
    "below": "מתחת מקסימום",
    "level": "גובה בגובה הגובה גבהים בגבהים רום ברום",
    "before_after": "לפני אחרי לאחר",
}

UNITS: Final = {
    1_000.0: "קמ קילומטר קילומטרים",
    1_852.0: "מייל מיילים",
}
"""Metres of a unit of distance over ground; a mile is taken for a nautical one."""


def _directions() -> dict[tuple[float, str], str]:
    found: dict[tuple[float, str], str] = {}
    # The noun, and its stem: a letter that ends a word is written in another form within one.
    for bearing, noun, stem in (
        (0.0, "צפון", "צפונ"),
        (90.0, "מזרח", "מזרח"),
        (180.0, "דרום", "דרומ"),
        (270.0, "מערב", "מערב"),
    ):
        adjectives = " ".join(stem + ending for ending in ("ה", "ית", "י", "יים", "יות"))
        definite = " ".join(f"ה{stem}{ending}" for ending in ("י", "ית", "יים", "יות"))
        found[bearing, ""] = f"{noun} ה{noun} {adjectives} {definite}"
        found[bearing, "at"] = f"ב{noun} ב{stem}ה שב{noun}"
        found[bearing, "from"] = f"מ{noun} מ{stem}ית"
        found[bearing, "to"] = f"ל{noun}"
    return found


DIRECTIONS: Final = _directions()
"""By bearing and the preposition in front; צפון-מערב is two words."""
