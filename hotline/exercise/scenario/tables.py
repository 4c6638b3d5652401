"""Forms of what holds other values: lists, and tables with known, chosen or single keys."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from hotline.exercise.scenario.forms import (
    DEFINITIONS,
    DURATION_REF,
    Form,
    Schema,
    Told,
    meant,
    unknown_key,
    wrong_type,
)
from hotline.exercise.scenario.marked import Marked, Place
from hotline.model.problem import Problem
from hotline.model.times import shorten

MAX_WORDS: Final = 15
"""Words that a hint lists; the codes of all alarms are too many."""


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list of values of one form, read as a tuple."""

    form: Form
    least: int = 0
    most: int = 100

    def read(self, part: Marked, told: Told) -> tuple[Any, ...]:
        """Return the values."""
        if not isinstance(part.value, list):
            wrong_type(part, "a list", "write [one, two], or a line with - for each", told)
            return ()
        if not self.least <= len(part.value) <= self.most:
            told.append(
                Problem(
                    "scenario.wrong-number",
                    str(part.place),
                    f"the list has {len(part.value)} entries",
                    f"write {self.least} to {self.most}",
                )
            )
        return tuple(self.form.read(inner, told) for inner in part.value[: self.most])

    def schema(self) -> Schema:
        """Return it as JSON Schema."""
        return {
            "type": "array",
            "items": self.form.schema(),
            "minItems": self.least,
            "maxItems": self.most,
        }


@dataclass(frozen=True, slots=True)
class Record:
    """What a table holds, by key, each with its place."""

    place: Place
    values: dict[str, Any]
    parts: dict[str, Marked]
    keys: Mapping[str, Place]

    def __contains__(self, key: str) -> bool:
        return key in self.values

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value of a key that may be missing."""
        return self.values.get(key, default)

    def at(self, key: str = "") -> str:
        """Return the place of a key's value; that of the table where it has none."""
        part = self.parts.get(key)
        return str(part.place if part is not None else self.place)


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a table: the form of its value, and what it says."""

    form: Form
    about: str = ""
    required: bool = False

    @property
    def said(self) -> str:
        """What it says, with the words that it may have, or with an example of its form."""
        schema = self.form.schema()
        words = schema.get("items", schema).get("enum", ())
        if words and len(words) <= MAX_WORDS:
            return f"{self.about or 'one'}, of {', '.join(words)}"
        examples = schema.get("examples", ())
        if schema.get("$ref") == DURATION_REF:
            examples = DEFINITIONS["duration"]["examples"]
        return f"{self.about}, as in {examples[0]}" if examples else self.about


@dataclass(frozen=True, slots=True)
class Table:
    """A table with known keys. Of each group of ``one_of`` exactly one key stands there."""

    fields: dict[str, Key]
    about: str = ""
    one_of: tuple[tuple[str, ...], ...] = ()
    short: str = ""
    """The key whose value may stand for the whole table, as in ``receipt: 5 s``."""

    def read(self, part: Marked, told: Told) -> Record:
        """Return what the table holds."""
        if self.short and not isinstance(part.value, dict):
            return self._short(part, told)
        if not isinstance(part.value, dict):
            keys = ", ".join(list(self.fields)[:6])
            wrong_type(part, "a table of keys", f"write keys such as {keys}", told)
            return Record(part.place, {}, {}, {})
        misspelt = set()
        for key in part.value:
            if key not in self.fields:
                told.append(unknown_key(key, str(part.keys[key]), self.fields))
                misspelt.add(meant(key, self.fields))
        for key, of in self.fields.items():
            if of.required and key not in part.value and key not in misspelt:
                told.append(
                    Problem(
                        "scenario.missing-key",
                        str(part.place),
                        f"the key {key} is missing",
                        f"add {key}: {of.said}" if of.said else f"add {key}",
                    )
                )
        for group in self.one_of:
            self._one_of(part, group, told)
        values = {
            key: self.fields[key].form.read(inner, told)
            for key, inner in part.value.items()
            if key in self.fields
        }
        return Record(part.place, values, dict(part.value), part.keys)

    def _short(self, part: Marked, told: Told) -> Record:
        before = len(told)
        value = self.fields[self.short].form.read(part, told)
        others = [key for key, of in self.fields.items() if of.required and key != self.short]
        if others and len(told) == before:
            told.append(
                Problem(
                    "scenario.missing-key",
                    str(part.place),
                    f"the key {others[0]} is missing",
                    f"write {{{self.short}: ..., {others[0]}: ...}}",
                )
            )
        return Record(part.place, {self.short: value}, {self.short: part}, {})

    def _one_of(self, part: Marked, group: Sequence[str], told: Told) -> None:
        assert isinstance(part.value, dict)  # noqa: S101 - `read` has seen to it
        there = [key for key in part.value if key in group]
        if len(there) == 1:
            return
        if not there:
            told.append(
                Problem(
                    "scenario.one-of",
                    str(part.place),
                    f"none of {', '.join(group)} is there",
                    "add one of them, and only one",
                )
            )
            return
        told.append(
            Problem(
                "scenario.one-of",
                str(part.keys[there[1]]),
                f"{' and '.join(there)} exclude each other",
                f"leave only one of {', '.join(there)}",
            )
        )

    def schema(self) -> Schema:
        """Return it as JSON Schema."""
        found: Schema = {"type": "object", "additionalProperties": False}
        if self.about:
            found["description"] = self.about
        found["properties"] = {
            key: of.form.schema() | ({"description": of.about} if of.about else {})
            for key, of in self.fields.items()
        }
        required = [key for key, of in self.fields.items() if of.required]
        if required:
            found["required"] = required
        groups = [{"oneOf": [{"required": [key]} for key in group]} for group in self.one_of]
        if groups:
            found["allOf"] = groups
        if self.short and required in ([], [self.short]):
            return {"anyOf": [self.fields[self.short].form.schema(), found]}
        return found


@dataclass(frozen=True, slots=True)
class OneKey:
    """A table with exactly one of the known keys, read as that key and its value's Record."""

    fields: dict[str, Form]
    about: dict[str, str] = field(default_factory=dict)

    def read(self, part: Marked, told: Told) -> tuple[str, Any, Place]:
        """Return the key, what stands under it, and where."""
        first = next(iter(self.fields))
        if not isinstance(part.value, dict) or len(part.value) != 1:
            known = ", ".join(self.fields)
            wrong_type(part, "one key with its table", f"write one of {known}", told)
            return first, Record(part.place, {}, {}, {}), part.place
        ((key, inner),) = part.value.items()
        if key not in self.fields:
            told.append(unknown_key(key, str(part.keys[key]), self.fields))
            return first, Record(part.place, {}, {}, {}), part.place
        return key, self.fields[key].read(inner, told), part.keys[key]

    def schema(self) -> Schema:
        """Return it as JSON Schema."""
        return {
            "type": "object",
            "additionalProperties": False,
            "minProperties": 1,
            "maxProperties": 1,
            "properties": {
                key: form.schema() | ({"description": self.about[key]} if key in self.about else {})
                for key, form in self.fields.items()
            },
        }


@dataclass(frozen=True, slots=True)
class MapOf:
    """A table whose keys are chosen by whoever writes it: words of a list, or of a pattern."""

    form: Form
    words: tuple[str, ...] = ()
    pattern: str = ""
    most: int = 50

    def read(self, part: Marked, told: Told) -> dict[str, Any]:
        """Return the values by key."""
        if not isinstance(part.value, dict):
            wrong_type(part, "a table of keys", "write a line with key: value for each", told)
            return {}
        if len(part.value) > self.most:
            told.append(
                Problem(
                    "scenario.wrong-number",
                    str(part.place),
                    f"the table has {len(part.value)} keys",
                    f"write up to {self.most}",
                )
            )
            return {}
        for key in part.value:
            if self.words and key not in self.words:
                told.append(unknown_key(key, str(part.keys[key]), self.words))
            if self.pattern and re.fullmatch(self.pattern, key) is None:
                told.append(
                    Problem(
                        "scenario.bad-text",
                        str(part.keys[key]),
                        f"{shorten(key)} cannot be a key here",
                        "use small letters, digits and -, a letter first",
                    )
                )
        return {key: self.form.read(inner, told) for key, inner in part.value.items()}

    def schema(self) -> Schema:
        """Return it as JSON Schema."""
        found: Schema = {"type": "object", "maxProperties": self.most}
        if self.words:
            return found | {
                "additionalProperties": False,
                "properties": {word: self.form.schema() for word in self.words},
            }
        found["additionalProperties"] = self.form.schema()
        if self.pattern:
            found["propertyNames"] = {"pattern": f"^{self.pattern}$"}
        return found


@dataclass(frozen=True, slots=True)
class Either:
    """One form for text, another one for a table; ``nothing`` is what no value is read as."""

    text: Form
    table: Form

    def read(self, part: Marked, told: Told) -> Any:
        """Return what the form that fits makes of it."""
        return (self.table if isinstance(part.value, dict) else self.text).read(part, told)

    def schema(self) -> Schema:
        """Return it as JSON Schema."""
        return {"anyOf": [self.text.schema(), self.table.schema()]}


@dataclass(frozen=True, slots=True)
class Free:
    """A table that is read as it stands, and checked by whoever uses it."""

    said: Callable[[], Schema]
    example: str

    def read(self, part: Marked, told: Told) -> Marked:
        """Return the part itself."""
        if not isinstance(part.value, dict):
            wrong_type(part, "a table of keys", f"write a table, as in {self.example}", told)
        return part

    def schema(self) -> Schema:
        """Return it as JSON Schema."""
        return self.said()
