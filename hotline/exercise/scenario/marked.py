"""Values that know where they stand, so that whatever is wrong with one can be pointed at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: line and column from 1, or, in a sheet, the name of the ``cell``."""

    line: int = 0
    column: int = 0
    cell: str = ""

    def __str__(self) -> str:
        return self.cell or f"{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Marked:
    """A value with its place; ``keys`` are the places of the keys of a table."""

    place: Place
    value: Scalar | list[Marked] | dict[str, Marked]
    keys: Mapping[str, Place] = field(default_factory=dict)

    def plain(self) -> object:
        """Return the value alone, as dicts, lists and scalars."""
        if isinstance(self.value, dict):
            return {key: inner.plain() for key, inner in self.value.items()}
        if isinstance(self.value, list):
            return [inner.plain() for inner in self.value]
        return self.value

    @property
    def what(self) -> str:
        """What it is, in plain words."""
        match self.value:
            case dict():
                return "a table of keys"
            case list():
                return "a list"
            case None:
                return "nothing"
            case bool():
                return "true or false"
            case str():
                return "text"
            case _:
                return "a number"


def marked(value: object, place: Place) -> Marked:
    """Return a plain value with every part of it at one place: a cell holds it all."""
    if isinstance(value, dict):
        inner = {str(key): marked(part, place) for key, part in value.items()}
        return Marked(place, inner, dict.fromkeys(inner, place))
    if isinstance(value, list | tuple):
        return Marked(place, [marked(part, place) for part in value])
    if value is None or isinstance(value, str | int | float | bool):
        return Marked(place, value)
    return Marked(place, str(value))
