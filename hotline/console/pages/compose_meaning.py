"""What a message that is being written means: its mistakes, its warning time, whom it meets.

Everything that can be known without the node is found here first, so that typing goes on when the
node cannot be asked.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from markupsafe import Markup

from hotline.api.airspace_shapes import Checked, CheckRequest
from hotline.api.drawn import Pen
from hotline.api.letter_shapes import LetterView
from hotline.api.schema import Flag, RelationView
from hotline.console.language import Words
from hotline.console.mark import marked
from hotline.console.pages.compose_form import Document, Flaw, Form, Made, field_of, made_of
from hotline.console.problems import Told, told
from hotline.console.saying.relations import relation_facts
from hotline.console.saying.said import Said
from hotline.console.saying.said import flag as flag_said
from hotline.console.visit import Visit
from hotline.errors import HotlineError
from hotline.formats.coordinates import Line, mgrs_text
from hotline.model.kinds import Kind, Precedence
from hotline.model.languages.flags import FLAGS
from hotline.model.languages.language import Language
from hotline.model.messages import Message
from hotline.model.phrases import Phrase
from hotline.model.phrasing import altitude_text, position_text
from hotline.model.reading import read_object
from hotline.model.rendering import rendition
from hotline.model.volume import Volume4D

WAIT_S: Final = 1.0
"""How long areas that take long to draw are waited for."""
NEEDING_SECOND: Final = frozenset({Kind.NOTICE, Kind.REVISION, Kind.ADVISORY})


@dataclass(frozen=True, slots=True)
class ShownFlaw:
    """A flaw in the reader's language, with the label of its field.

    ``missing`` is whether nothing has been typed there yet, which is no mistake so far.
    """

    field: str
    label: str
    text: str
    hint: str
    code: str
    missing: bool = False


@dataclass(frozen=True, slots=True)
class ShownLine:
    """One typed line: what was understood in three spellings, or the mistake and where it is."""

    number: int
    decimal: str = ""
    seconds: str = ""
    mgrs: str = ""
    within_m: int = 0
    mistake: str = ""
    before: str = ""
    wrong: str = ""
    after: str = ""
    code: str = ""


@dataclass(slots=True)
class Meaning:
    """All that the third column says."""

    made: Made
    flaws: list[ShownFlaw]
    lines: dict[str, list[ShownLine]]
    checked: Checked | None = None
    problem: Told | None = None
    renditions: dict[str, str] = field(default_factory=dict)
    starts_at: str = ""
    areas: list[dict[str, Any]] = field(default_factory=list)

    @property
    def sendable(self) -> bool:
        """Whether nothing is known that keeps it from being signed."""
        return not self.flaws and self.problem is None and self.checked is not None

    def facts(self, one: RelationView, words: Words) -> Markup:
        """Return when, how high, where and how near two notices meet, in a language."""
        return relation_facts(one, words)

    def said(self, flag: Flag, words: Words) -> Said:
        """Return a flag in a language: a title, a sentence, and what was entered."""
        return flag_said(flag, words)

    @property
    def meets(self) -> bool:
        """Whether it conflicts, or may, with something of the peer's."""
        return self.checked is not None and any(
            one.relation in ("conflict", "possible") for one in self.checked.relations
        )


def now_us() -> int:
    """Return the time of this machine, by which times such as ``+45m`` are counted."""
    return time.time_ns() // 1000


def letter_of(letters: Sequence[LetterView], peer: str) -> LetterView | None:
    """Return the letter of the line that a draft is for; of the only line where none is named."""
    if not peer and len(letters) == 1:
        return letters[0]
    return next((letter for letter in letters if letter.peer == peer), None)


def phrases_in(letter: LetterView | None) -> dict[int, Phrase]:
    """Return the phrases of a letter by number."""
    if letter is None:
        return {}
    return {
        one.number: Phrase(one.number, one.group, one.en, one.ru, one.he) for one in letter.phrases
    }


def needs_second(letter: LetterView | None, kind: str) -> bool:
    """Say whether the letter has a second officer release messages of this kind."""
    return letter is not None and letter.two_person_release and kind in NEEDING_SECOND


async def meaning_of(visit: Visit, form: Form, letter: LetterView | None) -> Meaning:
    """Return what a form means as it stands."""
    made = made_of(form, now_us())
    found = Meaning(
        made,
        [shown_flaw(flaw, visit.words, form) for flaw in made.flaws],
        {name: shown_lines(lines, visit.words) for name, lines in made.lines.items()},
    )
    found.areas = await asyncio.to_thread(areas_of, made.document)
    if not made.flaws:
        await ask(visit, found, made.document, form.get("peer", ""), letter)
    return found


async def ask(
    visit: Visit,
    found: Meaning,
    document: Document,
    peer: str,
    letter: LetterView | None,
    *,
    officer: str = "",
) -> None:
    """Have the node say what a sound document means, and render it in three languages.

    ``officer`` is who it will be from, where that is not the visitor. Raises ModelError.
    """
    request = CheckRequest(document=document, peer=peer, officer=visit.officer)
    mark = visit.setting.banner
    try:
        found.checked = await visit.client.check(request)
        mark = await marked(visit)
    except HotlineError as error:
        found.problem = told(error, visit.words)
    message = said(document, found.checked, officer or visit.officer)
    found.renditions = renditions(message, document, letter, mark)
    starts = [volume.time_start for volume in getattr(message, "volumes", ())]
    if starts and all(starts) and document["kind"] in (Kind.NOTICE, Kind.REVISION):
        found.starts_at = min(starts)


def said(document: Document, checked: Checked | None, officer: str) -> Message:
    """Return the message in a document, as far as it is known who says it. Raises ModelError."""
    filled: Document = {name: value for name, value in document.items() if name != "form"}
    if checked is not None and checked.reference:
        filled["reference"] = checked.reference
    if checked is not None and checked.number is not None:
        filled["number"] = checked.number
    if filled["kind"] != Kind.LINE_CHECK and not filled.get("officer"):
        filled["officer"] = officer
    return read_object(filled, now_us()).message


def renditions(
    message: Message, document: Document, letter: LetterView | None, traffic: str
) -> dict[str, str]:
    """Return a message as people get it, by language."""
    precedence = Precedence.__members__.get(str(document.get("precedence", "")))
    phrases = phrases_in(letter)
    return {
        language.value: rendition(
            message, language, phrases, precedence=precedence, traffic=traffic
        )
        for language in Language
    }


# --- In the reader's language ---------------------------------------------------------------------


def label_of(name: str, words: Words) -> str:
    """Return the label of a form's field, of a volume's with its number."""
    part, _, rest = name.partition("_")
    if part.startswith("v") and part[1:].isdecimal() and rest:
        volume = words.plain("compose.volume", number=int(part[1:]) + 1)
        return f"{volume}: {label_of(rest, words)}"
    word = f"compose.field_{name}"
    return words.plain(word) if words.has(word) else name


def shown_flaw(flaw: Flaw, words: Words, form: Form | None = None) -> ShownFlaw:
    """Return a flaw in the reader's language, the English sentence where there is no other.

    With the ``form`` that it is of, a field that is empty is missing. How such a field is written
    is told by the form itself, not by the hints of the model, which are about files.
    """
    if form is not None and not form.get(flaw.field, "").strip():
        text = words.plain("compose.flaw_missing")
        label = label_of(flaw.field, words)
        return ShownFlaw(flaw.field, label, text, "", flaw.code, missing=True)
    text, hint = _flaw_text(flaw.code, flaw.text, words), flaw.hint
    if words.language is not Language.EN or words.has(_flaw_word(flaw.code)):
        hint = ""
    line, _, rest = flaw.text.partition(": ")
    if flaw.code.startswith("coordinates.") and rest:
        number = line.removeprefix("line ")
        text = f"{words.plain('compose.line', number=number)}: {text}"
    return ShownFlaw(flaw.field, label_of(flaw.field, words), text, hint, flaw.code)


def flag_field(flag: Flag) -> str:
    """Return the form's field that a flag is about; empty for none."""
    return field_of(flag.field) if flag.field else ""


def _flaw_word(code: str) -> str:
    return f"compose.flaw_{code.replace('.', '_')}"


def _flaw_text(code: str, text: str, words: Words) -> str:
    word = _flaw_word(code)
    if words.has(word):
        return words.plain(word)
    term = FLAGS.get(code)
    if words.language is Language.EN or term is None:
        return text
    return term.text(words.language)


def shown_lines(lines: Sequence[Line], words: Words, most: int = 400) -> list[ShownLine]:
    """Return typed lines as they were understood."""
    return [_shown_line(line, words) for line in lines[:most]]


def _shown_line(line: Line, words: Words) -> ShownLine:
    if line.position is not None:
        return ShownLine(
            line.number,
            decimal=f"{line.position.lat:.5f} {line.position.lon:.5f}",
            seconds=position_text(line.position),
            mgrs=mgrs_text(line.position),
            within_m=line.within_m if line.within_m > 1 else 0,
        )
    assert line.mistake is not None  # noqa: S101 - a line has one or the other
    start, end = line.mistake.start, line.mistake.end
    return ShownLine(
        line.number,
        mistake=_flaw_text(line.mistake.code, line.mistake.text, words),
        before=line.text[:start],
        wrong=line.text[start:end] or " ",
        after=line.text[end:],
        code=line.mistake.code,
    )


# --- For the map ----------------------------------------------------------------------------------


def areas_of(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the outlines of the volumes that can be drawn, with their numbers from 0.

    Of what takes long to draw these are the bounds, until it is drawn.
    """
    found = []
    pen = Pen(WAIT_S)
    for index, volume in enumerate(_volumes(document)):
        drawn = () if volume is None else pen.volumes("", (volume,), ())
        area = next((one.geometry for one in drawn), None)
        if volume is None or area is None:
            continue
        levels = [
            altitude_text(level)
            for level in (volume.altitude_lower, volume.altitude_upper)
            if level is not None
        ]
        found.append(
            {
                "volume": index,
                "levels": " – ".join(levels),  # noqa: RUF001 - a range has a dash
                "area": {"type": "MultiPolygon", "coordinates": area.coordinates},
            }
        )
    return found


def _volumes(document: Mapping[str, Any]) -> list[Volume4D | None]:
    """Return each volume of a document, None for one that has no outline yet."""
    found: list[Volume4D | None] = []
    for volume in document.get("volumes", ()):
        outline = {
            name: value
            for name, value in volume.items()
            if name in ("outline_polygon", "outline_circle", "corridor")
            or name.startswith("altitude_")
        }
        try:
            # Whatever rule it breaks, it is drawn as far as it can be.
            broken: dict[str, object] = {
                "kind": "notice",
                "title": "x",
                "activity": "other",
                "volumes": [outline],
            }
            read = read_object(broken, 0, but=frozenset(_DRAWN_ALL_THE_SAME)).message
            found.append(getattr(read, "volumes")[0])  # noqa: B009 - a notice has volumes
        except HotlineError:
            found.append(None)
    return found


_DRAWN_ALL_THE_SAME: Final = (
    "model.time-missing",
    "model.altitude-missing",
    "model.altitude-order",
    "model.altitude-range",
    "model.level-reference",
    "model.unknown-unit",
    "model.unknown-reference",
    "model.crossing-edges",
    "model.too-few-vertices",
    "model.repeated-vertex",
)
