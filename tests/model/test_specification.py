"""The specifications name every field, key and code, so a second implementation can be written."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import msgspec
import pytest

import hotline.model
from hotline.errors import ModelError
from hotline.model.kinds import Activity, Answer, Kind, Precedence, Reference, Unit
from hotline.model.letter import (
    AltitudeMargin,
    Clock,
    Letter,
    Limits,
    MinimumWarning,
    ReplyDeadlines,
    Separation,
    Timers,
)
from hotline.model.lifecycle import TRANSITIONS, Passing, State
from hotline.model.messages import TYPES, ReadBack
from hotline.model.phrases import Phrase
from hotline.model.reading import read_message
from hotline.model.volume import Altitude, Circle, Corridor, Polygon, Position, Volume4D
from tests.model.samples import NOW_US

ROOM = Path(hotline.model.__file__).parent
DOCS = Path(__file__).parents[2] / "docs" / "spec"
NOTICE = (DOCS / "notice.md").read_text(encoding="utf-8")
LETTER = (DOCS / "letter.md").read_text(encoding="utf-8")
CODE = re.compile(r"model\.[a-z0-9-]+[a-z0-9]")


def named(text: str) -> set[str]:
    """Return the names in code spans of a text."""
    return {name for span in re.findall(r"`([^`\n]+)`", text) for name in re.findall(r"\w+", span)}


def codes_raised() -> set[str]:
    """Return every error code that stands as a literal in the room's source."""
    return {
        node.value
        for path in ROOM.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and CODE.fullmatch(node.value)
    }


@pytest.mark.parametrize("kind", Kind)
def test_every_field_of_a_message_is_described(kind: Kind) -> None:
    """Each kind has a heading, and its own fields below it or in the notice's table."""
    section = NOTICE.partition(f"\n### {kind}\n")[2].partition("\n##")[0]
    if kind is Kind.REVISION:
        section += NOTICE.partition("\n### notice\n")[2].partition("\n##")[0]
    assert named(section) >= {field.encode_name for field in msgspec.structs.fields(TYPES[kind])}


@pytest.mark.parametrize(
    "type_", [Position, Altitude, Polygon, Circle, Corridor, Volume4D, ReadBack]
)
def test_every_field_of_a_part_is_described(type_: type[msgspec.Struct]) -> None:
    """The parts of messages are described under their own names."""
    assert named(NOTICE) >= {field.encode_name for field in msgspec.structs.fields(type_)}


@pytest.mark.parametrize(
    "type_",
    [
        Letter,
        Timers,
        ReplyDeadlines,
        MinimumWarning,
        Separation,
        AltitudeMargin,
        Limits,
        Clock,
        Phrase,
    ],
)
def test_every_key_of_the_letter_is_described(type_: type[msgspec.Struct]) -> None:
    """An undocumented key would be an agreement that nobody read."""
    headings = set(re.findall(r"\[(\w+)\]", LETTER))
    fields = {field.encode_name for field in msgspec.structs.fields(type_)}
    assert named(LETTER) | headings >= fields


def _as_text(default: float | tuple[float, ...]) -> str:
    if isinstance(default, tuple):
        return f"[{', '.join(map(_as_text, default))}]"
    return str(int(default)) if float(default).is_integer() else str(default)


def test_the_defaults_of_the_letter_are_as_described() -> None:
    """A table that states another default than the code is worse than none."""
    for type_ in (Timers, ReplyDeadlines, AltitudeMargin, Limits, Clock):
        for field in msgspec.structs.fields(type_):
            assert f"| `{field.encode_name}` | {_as_text(field.default)} |" in LETTER


def test_every_word_of_the_vocabularies_is_listed() -> None:
    """Kinds, activities, answers, units, references and precedences stand in the text."""
    spans = set(re.findall(r"`([^`\n]+)`", NOTICE))
    assert spans >= {*Activity, *Answer, *Unit, *Reference, *Precedence.__members__}


def test_every_code_is_described_and_no_other() -> None:
    """Scripts match on codes: each is in one of the two documents, and each there exists."""
    assert set(CODE.findall(NOTICE)) | set(CODE.findall(LETTER)) == codes_raised()


def test_the_sample_in_the_specification_is_read() -> None:
    """The first thing that a reader copies works, once its end is in the future."""
    (sample,) = re.findall(r"```json\n(.*?)```", NOTICE, re.DOTALL)
    assert read_message(sample.encode(), NOW_US).kind is Kind.NOTICE
    with pytest.raises(ModelError) as caught:
        read_message(sample.encode(), NOW_US + 86_400_000_000)
    assert caught.value.code == "model.time-order"


def _step(name: str) -> Kind | Passing:
    return Passing(name) if name in set(Passing) else Kind(name)


def test_the_life_of_a_notice_is_drawn_from_the_table() -> None:
    """The specification's table and the code's hold the same steps."""
    section = NOTICE.partition("## 9.")[2]
    header, _, *rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in section.splitlines()
        if line.startswith("|")
    ]
    drawn = {
        (None if row[0] == "(none)" else State(row[0]), _step(kind)): State(after)
        for row in rows
        for kind, after in zip(header[1:], row[1:], strict=True)
        if after
    }
    assert drawn == TRANSITIONS
    assert {row[0] for row in rows} == {"(none)", *State}
