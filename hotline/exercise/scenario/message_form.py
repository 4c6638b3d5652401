"""The form of a message inside a scenario: that of a file of `docs/spec/notice.md`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import msgspec

from hotline.exercise.scenario.forms import Schema, Told, did_you_mean, wrong_type
from hotline.exercise.scenario.marked import Marked
from hotline.model.kinds import Kind, Precedence
from hotline.model.messages import TYPES
from hotline.model.problem import Problem

SENT: Final = tuple(
    kind.value for kind in Kind if kind not in (Kind.REPLY, Kind.CONFLICT, Kind.LINE_CHECK)
)
"""Kinds that an inject sends: a reply answers, a conflict and a line check are the node's own."""

NAMED_FILE: Final = "file"
OF_THE_LETTER: Final = ("status", "exercise")
"""Keys of a message's file that say what the message is worth; an exercise's letter says it."""


@dataclass(frozen=True, slots=True)
class MessageForm:
    """A message written out, or the name of a ``file`` beside the scenario that holds it."""

    def read(self, part: Marked, told: Told) -> Marked:
        """Return the part itself: the rules of messages are looked at later, all at once."""
        if not isinstance(part.value, dict):
            wrong_type(part, "a message", "write kind: notice and its fields, or file: NAME", told)
            return part
        if NAMED_FILE in part.value:
            return self._file(part, told)
        for key, inner in part.value.items():
            if key in OF_THE_LETTER:
                told.append(
                    Problem(
                        "scenario.out-of-place",
                        str(part.keys[key]),
                        f"{key} is the letter's to say, and every message is an exercise's",
                        f"leave the key {key} out",
                    )
                )
            elif inner.value is None:
                wrong_type(inner, "a value", f"leave the key {key[:40]} out", told)
        kind = part.value.get("kind")
        place = str(part.place if kind is None else kind.place)
        if kind is None:
            told.append(
                Problem(
                    "scenario.missing-key",
                    place,
                    "the key kind is missing",
                    f"add kind: {SENT[0]}, or another one of {', '.join(SENT[1:])}",
                )
            )
        elif kind.value not in SENT:
            told.append(
                Problem(
                    "scenario.unknown-word",
                    place,
                    f"{str(kind.value)[:40]!a} is not a kind of message that an inject sends",
                    did_you_mean(str(kind.value), SENT),
                )
            )
        return part

    def _file(self, part: Marked, told: Told) -> Marked:
        assert isinstance(part.value, dict)  # noqa: S101 - `read` has seen to it
        name = part.value[NAMED_FILE]
        if len(part.value) > 1 or not isinstance(name.value, str) or not name.value:
            wrong_type(part, "only the name of a file", "write file: NAME and nothing else", told)
        return part

    def schema(self) -> Schema:
        """Return the fields of every kind, with the forms that a file may say them in."""
        file = {
            "type": "object",
            "additionalProperties": False,
            "required": [NAMED_FILE],
            "properties": {
                NAMED_FILE: {
                    "type": "string",
                    "minLength": 1,
                    "description": "a file beside the scenario: JSON, GeoJSON, KML or F3548",
                }
            },
        }
        return {"anyOf": [file, *(_kind(kind) for kind in SENT)]}


def _kind(kind: str) -> Schema:
    properties: dict[str, Any] = {
        "kind": {"const": kind},
        "precedence": {"enum": list(Precedence.__members__)},
    }
    for field in msgspec.structs.fields(TYPES[kind]):
        properties[field.encode_name] = _field(field.encode_name, field.type)
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["kind"],
        "properties": properties,
    }


def _field(name: str, type_: object) -> Schema:
    """Return the schema of a field as a file may have it: times and heights have short forms."""
    if name in ("volumes", "proposal"):
        return {"type": "array", "items": {"type": "object"}}
    if name == "phrases":
        return {"type": "array", "items": {"type": "integer"}}
    if name == "at":
        return {"type": ["string", "object"]}
    if type_ is str:
        return {"type": "string"}
    if type_ is int:
        return {"type": "integer"}
    return {}
