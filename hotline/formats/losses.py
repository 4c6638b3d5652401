"""What a conversion could not carry over, as data: told to whoever asked for it, never hidden."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Effect(StrEnum):
    """What became of a field that the other format cannot hold as it is."""

    WIDENED = "widened"
    """Written so that it holds at least what was meant."""
    APPROXIMATE = "approximate"
    """Written as near as the format comes, maybe too small."""
    LOST = "lost"
    """Not written at all."""


@dataclass(frozen=True, slots=True)
class Loss:
    """One field that was not carried over as it is.

    ``field`` is its path in the notice (``volumes[0].altitude_lower``), ``text`` continues a
    sentence about it.
    """

    field: str
    effect: Effect
    text: str

    def __str__(self) -> str:
        return f"{self.field}: {self.effect}: {self.text}"


@dataclass(frozen=True, slots=True)
class Written:
    """A notice in another format: the whole file, and what is not in it as it was."""

    data: bytes
    losses: tuple[Loss, ...] = ()
