"""Who sits where, what traffic there is, which letters count: what injects are played in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hotline.errors import ExerciseError
from hotline.exercise.scenario.beside import Beside
from hotline.exercise.scenario.building import check_centre
from hotline.exercise.scenario.file_form import INLINE, NO_LETTER
from hotline.exercise.scenario.forms import Told
from hotline.exercise.scenario.letters import (
    changed,
    key_problems,
    letter_of,
    sample_letter,
    with_name,
)
from hotline.exercise.scenario.marked import Marked
from hotline.exercise.scenario.shape import Crew, CrewKind, Rate, Traffic
from hotline.exercise.scenario.tables import Record
from hotline.exercise.traffic.checking import check_traffic
from hotline.model.letter import Letter
from hotline.model.problem import Problem


def build_crews(
    given: dict[str, Any], places: Callable[[str], str], centres: tuple[str, str], told: Told
) -> dict[str, Crew]:
    """Return the crew of each centre, a simulated one where the file says nothing."""
    for centre in given:
        check_centre(centre, places(centre), centres, told)
    return {centre: _crew(given.get(centre)) for centre in centres}


def _crew(given: Any) -> Crew:
    if given is None:
        return Crew()
    if not isinstance(given, Record):
        return Crew(kind=CrewKind(given))
    plain = Crew()
    return Crew(
        kind=CrewKind(given.get("kind", plain.kind)),
        officers=given.get("officers", ()),
        language=given.get("language", plain.language),
        skill=given.get("skill", plain.skill),
        reaction_s=given.get("reaction", {}),
        spread=given.get("spread", plain.spread),
        error_rate=given.get("error-rate", plain.error_rate),
        mistakes=given.get("mistakes", ()),
    )


def build_traffic(
    record: Record, duration_s: float, centres: tuple[str, str], told: Told
) -> Traffic:
    """Return an element of mock traffic."""
    before = len(told)
    plain = Traffic(id="", from_s=0.0, until_s=0.0)
    from_s, until_s = record.get("from", 0.0), record.get("until")
    if until_s > duration_s:
        told.append(
            Problem(
                "scenario.bad-time",
                record.at("until"),
                "it goes on after the end",
                "let it end by ENDEX, or make the duration longer",
            )
        )
    if from_s >= until_s:
        told.append(
            Problem(
                "scenario.bad-time",
                record.at("until"),
                "it ends before it begins",
                "let until be later than from",
            )
        )
    if "originator" in record:
        check_centre(record.get("originator"), record.at("originator"), centres, told)
    area = record.get("area", plain.area)
    west, south, east, north = area if len(area) == 4 else plain.area
    if not (west < east and -90 <= south < north <= 90):
        told.append(
            Problem(
                "scenario.bad-area",
                record.at("area"),
                "it is no area",
                "write west, south, east, north in degrees, such as [31, 32, 37, 36.5]",
            )
        )
    traffic = Traffic(
        id=record.get("id"),
        from_s=from_s,
        until_s=until_s,
        originator=record.get("originator", ""),
        seed=record.get("seed", 0),
        rates=tuple(
            Rate(hour=rate.get("hour"), per_hour=rate.get("per-hour"))
            for rate in record.get("rates", ())
        ),
        activities=record.get("activities", {}),
        precedences=record.get("precedences", {}),
        languages=record.get("languages", {}),
        advisory_share=record.get("advisory-share", plain.advisory_share),
        error_rate=record.get("error-rate", plain.error_rate),
        area=(west, south, east, north),
        line=record.place.line,
    )
    if len(told) == before:
        try:
            check_traffic(traffic, centres)
        except ExerciseError as error:
            told.append(
                Problem(
                    "scenario.bad-traffic",
                    record.at(),
                    f"no traffic can be made of it: {error.message}",
                    error.hint,
                )
            )
    return traffic


@dataclass(frozen=True, slots=True)
class Letters:
    """The letters as they are to be used, and what they say; None where the nodes have theirs."""

    common: str | None
    own: dict[str, str]
    read: dict[str, Letter | None]
    """What each centre goes by."""


def build_letters(
    record: Record, name: str, centres: tuple[str, str], beside: Beside, told: Told
) -> Letters:
    """Return the letters of a scenario: the common one, and those that centres have instead."""
    sample = sample_letter(name, centres)
    part = record.parts.get("letter")
    if part is not None and part.value == NO_LETTER:
        if "letters" in record:
            told.append(
                Problem(
                    "scenario.out-of-place",
                    record.at("letters"),
                    "letters are named, and letter: none says that the nodes have theirs",
                    "leave one of the two keys out",
                )
            )
        return Letters(None, {}, dict.fromkeys(centres))
    common: str | None = sample
    letter: Letter | None = None
    if part is not None:
        common = _letter_text(part, sample, name, beside, told)
    if common is not None:
        letter = letter_of(common, part or Marked(record.place, None), name, centres, told)
    own: dict[str, str] = {}
    read: dict[str, Letter | None] = dict.fromkeys(centres, letter)
    table = record.parts.get("letters")
    for centre, inner in table.value.items() if table and isinstance(table.value, dict) else ():
        check_centre(centre, str(table.keys[centre]) if table else "", centres, told)
        text = _letter_text(inner, common or sample, name, beside, told)
        if text is not None:
            own[centre] = text
            read[centre] = letter_of(text, inner, name, centres, told)
    return Letters(common or sample, own, read)


def _letter_text(part: Marked, of: str, name: str, beside: Beside, told: Told) -> str | None:
    """Return a letter's text: a file's, one that is written out, or ``of`` with keys changed."""
    if isinstance(part.value, dict):
        inline = part.value.get(INLINE)
        if inline is None:
            problems = list(key_problems(part))
            told += problems
            keys = part.plain()
            return changed(of, keys) if isinstance(keys, dict) and not problems else None
        if len(part.value) > 1 or not isinstance(inline.value, str):
            told.append(
                Problem(
                    "scenario.wrong-type",
                    str(part.place),
                    f"{INLINE} holds a whole letter as text, and stands alone",
                    f"write {INLINE}: | and the letter below it",
                )
            )
            return None
        text = inline.value
    else:
        data = beside.read(str(part.value), str(part.place), told)
        if data is None:
            return None
        try:
            text = data.decode()
        except UnicodeDecodeError:
            text = ""
    try:
        return with_name(text, name)
    except ValueError as error:
        told.append(
            Problem(
                "scenario.bad-letter",
                str(part.place),
                f"the letter is not TOML in UTF-8: {error}",
                "mend the line named",
            )
        )
        return None
