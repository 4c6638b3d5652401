"""Messages as officers of three languages read them: whole, safe, and right from right to left."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.model.kinds import Kind, Precedence
from hotline.model.languages.language import Language
from hotline.model.languages.terms import say
from hotline.model.messages import (
    TYPES,
    Activation,
    Advisory,
    Conflict,
    Contingency,
    End,
    LineCheck,
    Message,
    Nonconformance,
    Reply,
    Revision,
    Service,
    Withdrawal,
    kind_of,
    phrases_of,
)
from hotline.model.phrases import by_number, standard_phrases
from hotline.model.phrasing import MAX_POINTS_SHOWN, position_text, span_text, time_text
from hotline.model.rendering import (
    LABEL_WIDTH,
    MAX_PHRASES_SHOWN,
    label_width,
    render,
    rendition,
)
from hotline.model.text import printable, unsafe_character
from hotline.model.volume import Altitude, Circle, Corridor, Position
from tests.model.samples import END, START, notice, read_back, reply, shaped, volume
from tests.model.strategies import messages

BOOK = by_number(standard_phrases())
HEBREW = re.compile("[א-ת]")
SAID = "שלום"
PLACE = Position(34, 33)

AREAS = (
    volume(),
    volume(
        outline_polygon=None,
        outline_circle=Circle(PLACE, 9260.0),
        altitude_lower=Altitude(0.0, "ft", "ground"),
        altitude_upper=Altitude(2501.0, "ft", "msl"),
    ),
    shaped(Corridor((PLACE, Position(34.5, 33)), 1000.0)),
)
EVERY: dict[Kind, Message] = {
    kind_of(message): message
    for message in (
        notice(title=SAID, volumes=AREAS, remarks=SAID, contact=SAID),
        Revision("IAF-0001", 2, SAID, "tanker", AREAS, SAID, SAID, SAID, SAID),
        Withdrawal("IAF-0001", SAID, SAID),
        Activation("IAF-0001", START, SAID),
        End("IAF-0001", START, SAID),
        Nonconformance("IAF-0001", START, SAID, AREAS, SAID),
        Contingency("IAF-0001", START, SAID, AREAS, SAID),
        Conflict(
            "IAF-0001",
            1,
            "HMEIMIM-0002",
            3,
            "proximity",
            PLACE,
            Altitude(-20.5, "m", "wgs84"),
            Altitude(900.0, "m", "wgs84"),
            START,
            END,
            2500.5,
            100.0,
            SAID,
        ),
        Advisory(
            SAID,
            SAID,
            PLACE,
            Altitude(95.0, "fl", "msl"),
            195.5,
            480.0,
            SAID,
            tuple(number for number in BOOK if number // 100 in (3, 4))[:24],
        ),
        reply(
            answer="counter",
            read_back=read_back(place=SAID),
            reason=SAID,
            proposal=AREAS,
            officer=SAID,
            phrases=(103, 603, 604, 612, 799),
        ),
        LineCheck(SAID, SAID, (501,)),
        Service(SAID, SAID, SAID, (508, 505)),
    )
}
FLAGS = (
    ("notice.short-warning", "warning time 60 s; the letter asks for 900 s", ""),
    ("model.time-order", "is before time_start", "volumes[0].time_end"),
)


def whole(message: Message, language: Language) -> str:
    """Return a rendition with everything that it can have."""
    return rendition(message, language, BOOK, precedence=Precedence.FLASH, flags=FLAGS)


def test_there_is_a_sample_of_every_kind() -> None:
    """A kind that is added later is looked at here too."""
    assert {kind.value for kind in EVERY} == set(TYPES)


# --- Whole layouts -------------------------------------------------------------------------

RUSSIAN = """\
УВЕДОМЛЕНИЕ IAF-0001 Patrol
Срочность     МОЛНИЯ
Замечание     мало времени до начала [notice.short-warning]
              warning time 60 s; the letter asks for 900 s
Замечание     volumes[0].time_end: окончание раньше начала [model.time-order]
Задача        патрулирование
Район 1       многоугольник, 4 вершины
                340000N 0330000E
                340000N 0333000E
                333000N 0333000E
                333000N 0330000E
Высоты        FL180 — FL240
Начало        2026-03-01 11:00:00 UTC
Окончание     2026-03-01 13:00:00 UTC (2 ч)
Район 2       круг радиусом 9260 м (5.0 NM), центр 340000N 0330000E
Высоты        земля — 2501 фут над уровнем моря
Начало        2026-03-01 11:00:00 UTC
Окончание     2026-03-01 13:00:00 UTC (2 ч)
Примечания    Two fighters
Связь         Desk 1
Подлинный текст — поля, как они подписаны; это изложение дано для чтения."""

HEBREW_REPLY = f"""\
תשובה אישור IAF-0001
דחיפות       מבזק
הערת מערכת   זמן התרעה קצר, קוד notice.short-warning
             warning time 60 s; the letter asks for 900 s
הערת מערכת   הסיום לפני ההתחלה, שדה volumes[0].time_end, קוד model.time-order
במענה אל     {"ab" * 32}
ביטויים      207 ההקראה החוזרת נכונה.
             799 ביטוי שאינו בהסכם
הקראה חוזרת  334500N 0331500E
             south of the island
             גבהים FL180 עד FL240
             התחלה 2026-03-01 11:00:00 UTC, סיום 2026-03-01 13:00:00 UTC
קצין         Lt. Example
הנוסח המחייב הוא השדות כפי שנחתמו; נוסח זה מיועד לקריאה בלבד."""

ENGLISH_ADVISORY = """\
ADVISORY Il-20
Precedence  FLASH
Flag        warning time 60 s; the letter asks for 900 s [notice.short-warning]
Flag        volumes[0].time_end: is before time_start [model.time-order]
Phrases     303 Track 195 degrees true, speed ... kt.
            307 Turn away immediately.
Position    not given
Track       195 degrees true
The fields as signed are the authoritative text; this rendering is for reading."""


@pytest.mark.parametrize(
    ("language", "message", "text"),
    [
        (Language.RU, notice(volumes=AREAS[:2]), RUSSIAN),
        (Language.HE, reply(phrases=(207, 799)), HEBREW_REPLY),
        (
            Language.EN,
            Advisory(subject="Il-20", track_deg=195.0, phrases=(303, 307)),
            ENGLISH_ADVISORY,
        ),
    ],
)
def test_a_rendition_is_all_that_an_officer_needs(
    language: Language, message: Message, text: str
) -> None:
    """Title, precedence, flags, fields, phrases, and what counts."""
    assert whole(message, language) == text


def test_without_a_letter_phrases_are_numbers() -> None:
    """The number is what was signed, and is shown whatever is at hand."""
    assert "\nPhrases     505\n            508\n" in render(Service("x", phrases=(505, 508)))
    text = rendition(Service(phrases=(505,)), Language.RU)
    assert text.split("\n")[:2] == ["СЛУЖЕБНОЕ", "Фразы         505"]


def test_a_letter_that_lacks_a_phrase_says_so() -> None:
    """A number without a text is no silence."""
    assert "505 (not in the letter of agreement)" in render(Service(phrases=(505,)), phrases={})
    assert "505 (нет в соглашении)" in rendition(Service(phrases=(505,)), Language.RU, {})


def test_many_phrases_are_cut() -> None:
    """A peer does not choose how long its message is."""
    text = render(Service(phrases=tuple(range(100, 400))), phrases=BOOK)
    assert f"            and {300 - MAX_PHRASES_SHOWN} more" in text.split("\n")


def test_words_that_are_not_listed_are_shown_as_they_came() -> None:
    """A newer peer may know more activities, answers and relations."""
    for language in Language:
        assert "parade" in rendition(notice(activity="parade"), language)
        assert "MAYBE" in rendition(Reply(answer="maybe"), language)
        assert "NEAR" in rendition(Conflict(relation="near"), language)


# --- Any message ---------------------------------------------------------------------------


def numbers_in(part: object, *, cut: int = MAX_POINTS_SHOWN) -> Iterator[str]:
    """Yield what has to be seen of every number, position and time in a message."""
    match part:
        case Position():
            if abs(part.lat) <= 90 and abs(part.lon) <= 180:
                yield position_text(part)
            else:
                yield from (f"{abs(part.lat):g}", f"{abs(part.lon):g}")
        case Altitude(unit="fl", reference="standard"):
            value = part.value
            whole = value.is_integer() and 0 <= value < 10_000
            yield f"FL{int(value):03d}" if whole else f"FL{value:.10g}"
        case Altitude():
            if part.reference != "ground" or part.value != 0:
                yield f"{abs(part.value):.10g}"
        case tuple():
            for inner in part[:cut]:
                yield from numbers_in(inner)
        case Conflict():
            # Its levels are sums of two notices' margins: whole metres, where they are said as one.
            lower, upper = part.altitude_lower, part.altitude_upper
            if span_text(lower, upper) is not None:
                assert lower is not None
                assert upper is not None
                yield from (str(abs(round(level.value))) for level in (lower, upper))
                part = msgspec.structs.replace(part, altitude_lower=None, altitude_upper=None)
            yield from fields_of(part)
        case msgspec.Struct():
            yield from fields_of(part)
        case int() | float():
            yield f"{abs(part):.10g}" if isinstance(part, float) else str(part)
        case _:
            pass  # None, and text


def without_commas(text: str) -> str:
    """Return a text without the commas between thousands."""
    return re.sub(r"(?<=\d),(?=\d{3})", "", text)


def fields_of(part: msgspec.Struct) -> Iterator[str]:
    """Yield the same of every field of a structure."""
    for field in msgspec.structs.fields(part):
        value = getattr(part, field.name)
        if field.name in ("time_start", "time_end", "at") and value:
            yield time_text(value)
        elif field.name == "volumes" or field.name == "proposal":
            yield from numbers_in(value, cut=len(value))
        else:
            yield from numbers_in(value)


@settings(max_examples=150, deadline=None)
@given(messages, st.sampled_from(Language))
def test_any_message_is_rendered_whole_and_safely(message: Message, language: Language) -> None:
    """Whatever a peer sends: no exception, no steering character, no number lost."""
    text = whole(message, language)
    bare = without_commas(text)
    for number in numbers_in(message):
        assert number.rstrip() in text or number in bare  # a time that is none may end in blanks
    for line in text.split("\n"):
        assert unsafe_character(line) is None
    assert text.split("\n")[-1] == say("authority", language)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("kind", Kind)
def test_no_number_is_lost_in_any_kind(kind: Kind, language: Language) -> None:
    """Every kind, with every field that it has."""
    message = EVERY[kind]
    text = whole(message, language)
    found = set(numbers_in(message))
    assert all(number in text or number in without_commas(text) for number in found)
    for name in ("reference", "other", "to"):
        assert printable(getattr(message, name, "")) in text
    for number in phrases_of(message):
        assert re.search(rf"\b{number} \S", text)


@pytest.mark.parametrize("language", Language)
def test_no_remark_can_pass_for_a_field(language: Language) -> None:
    """The labels' column belongs to us in every language."""
    width = label_width(language)
    label = say("label.area", language)
    said = notice(remarks=f"x\n{label.ljust(width)}nowhere", title=f"A\n{label}")
    lines = rendition(said, language).split("\n")
    assert f"{' ' * width}{label.ljust(width)}nowhere" in lines
    assert sum(line.startswith(label) for line in lines) == 1


def test_labels_have_a_column_of_their_own() -> None:
    """The longest label of a language leaves a gap; the English layout is what it always was."""
    assert label_width(Language.EN) == LABEL_WIDTH
    assert all(label_width(language) < 20 for language in Language)


# --- From right to left --------------------------------------------------------------------

ONE_RUN = re.compile(r"\d{6}[NS] \d{7}[EW]|WGS 84")


def joined_runs(line: str) -> list[str]:
    """Return the tokens of a line that the bidirectional algorithm joins to what precedes them.

    Between two Latin letters, or after a Latin letter before a digit, blanks and punctuation take
    the direction of the letters (UAX #9, W7 and N1): both would be one run from left to right.
    """
    found = []
    last_is_latin = False
    for token in ONE_RUN.sub("x", line).split():
        first = next((letter for letter in token if letter.isalnum()), "")
        if first.isascii() and first and last_is_latin:
            found.append(token)
        for letter in token:
            if letter.isalpha():
                last_is_latin = letter.isascii()
    return found


@pytest.mark.parametrize("kind", Kind)
def test_hebrew_lines_are_runs_of_their_own(kind: Kind) -> None:
    """Each line begins with Hebrew or a number, and has Hebrew between what is filled in."""
    message = EVERY[kind]
    text = rendition(message, Language.HE, BOOK, precedence=Precedence.FLASH, flags=FLAGS[1:])
    for line in text.split("\n"):
        text = line.strip()
        assert HEBREW.match(re.sub(r"^\d{3} ", "", text)), line
        assert joined_runs(text) == []
        assert not set("()<>") & set(text)


def test_what_joins_is_found() -> None:
    """The check itself can fail: a time after a level would be taken for a part of it."""
    assert joined_runs("גובה FL180, 2026-03-01 UTC") == ["2026-03-01", "UTC"]
    assert joined_runs("גובה FL180 UTC") == ["UTC"]
    assert joined_runs("זמן 2026-03-01 11:00:00 UTC עד 2026-03-01") == []
