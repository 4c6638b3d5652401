"""What a sheet does not say of its message: two that differ only in that are read out alike."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import msgspec

from hotline.formats.telephone.items import WORDS
from hotline.formats.telephone.layout import TEXTS
from hotline.formats.telephone.sheet import AtATime, Sheet, WithAreas
from hotline.formats.telephone.wording import is_exact
from hotline.model.messages import Advisory, Message, Reply, Service
from hotline.model.times import time_or_none
from hotline.model.volume import Altitude, Volume4D

_NOISE: Final = 1e-6
"""Part of a metre, foot, level, degree or knot that is only a conversion's rounding error."""

_Labels = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Losses:
    """The labels of items that say less than the message, in the order of the sheet's table.

    ``unread`` are texts that are not read out, ``respelled`` those of which marks are left out or
    spoken otherwise, ``rounded`` numbers, times and positions.
    """

    unread: _Labels = ()
    respelled: _Labels = ()
    rounded: _Labels = ()

    def __bool__(self) -> bool:
        return bool(self.unread or self.respelled or self.rounded)

    def __str__(self) -> str:
        """Return ``remarks (U) not read out; levels (G1) rounded``; empty where nothing is lost."""
        parts = (
            (self.unread, "not read out"),
            (self.respelled, "read without marks"),
            (self.rounded, "rounded"),
        )
        return "; ".join(
            f"{', '.join(map(_named, labels))} {what}" for labels, what in parts if labels
        )


NO_LOSSES: Final = Losses()


def losses_of(message: Message, sheet: Sheet) -> Losses:
    """Return what the sheet that was made of a message does not say of it.

    Letters are read in capitals, and of ids the beginning: neither counts as a loss.
    """
    unread, respelled = [], []
    if isinstance(message, Service):
        # Who speaks is one item: of two names the officer's is read.
        if message.officer and message.operator not in ("", message.officer):
            unread.append("W")
        name = message.officer or message.operator
        message = msgspec.structs.replace(message, officer=name, operator="")
    for letter, name in TEXTS:
        meant = " ".join(_text(message, name).upper().split())
        if name in sheet.unread:
            unread.append(letter)
        elif meant != _text(sheet.message, name):
            respelled.append(letter)
    return Losses(_once(unread), _once(respelled), tuple(_rounded(message, sheet.message)))


def _once(labels: list[str]) -> _Labels:
    return tuple(dict.fromkeys(labels))


def _text(message: Message, name: str) -> str:
    back = message.read_back if isinstance(message, Reply) else None
    return str(getattr(message, name, "") or getattr(back, name, ""))


def _named(label: str) -> str:
    return f"{WORDS[label[0]].lower()} ({label})"


def _rounded(message: Message, spoken: Message) -> Iterator[str]:
    """Yield the labels of numbers, times and positions that a sheet says otherwise."""
    if isinstance(message, WithAreas) and isinstance(spoken, WithAreas):
        yield from _areas(message.volumes, spoken.volumes)
    if isinstance(message, AtATime) and isinstance(spoken, AtATime):
        yield from _if("K", _moved(message.at, spoken.at))
    if isinstance(message, Advisory) and isinstance(spoken, Advisory):
        yield from _if("N", message.position is not None and not is_exact(message.position))
        yield from _if("P", _other(message.altitude, spoken.altitude))
        yield from _if("Q", _apart(message.track_deg, spoken.track_deg))
        yield from _if("R", _apart(message.speed_kt, spoken.speed_kt))
    if isinstance(message, Reply) and isinstance(spoken, Reply):
        yield from _areas(message.proposal, spoken.proposal)
        back, said = message.read_back, spoken.read_back
        if back is not None and said is not None:
            yield from _if("N", back.position is not None and not is_exact(back.position))
            lower = _other(back.altitude_lower, said.altitude_lower)
            yield from _if("G", lower or _other(back.altitude_upper, said.altitude_upper))
            yield from _if("H", _moved(back.time_start, said.time_start))
            yield from _if("J", _moved(back.time_end, said.time_end))


def _areas(volumes: tuple[Volume4D, ...], spoken: tuple[Volume4D, ...]) -> Iterator[str]:
    for number, (volume, said) in enumerate(zip(volumes, spoken, strict=True), 1):
        size = _apart(_size(volume), _size(said))
        yield from _if(f"F{number}", size or not all(map(is_exact, volume.points)))
        lower = _other(volume.altitude_lower, said.altitude_lower)
        yield from _if(f"G{number}", lower or _other(volume.altitude_upper, said.altitude_upper))
        yield from _if(f"H{number}", _moved(volume.time_start, said.time_start))
        yield from _if(f"J{number}", _moved(volume.time_end, said.time_end))


def _size(volume: Volume4D) -> float | None:
    if volume.outline_circle is not None:
        return volume.outline_circle.radius_m
    return None if volume.corridor is None else volume.corridor.width_m


def _if(label: str, rounded: bool) -> Iterator[str]:
    if rounded:
        yield label


def _apart(meant: float | None, said: float | None) -> bool:
    return meant is not None and said is not None and abs(meant - said) > _NOISE


def _other(meant: Altitude | None, said: Altitude | None) -> bool:
    return meant is not None and said is not None and _apart(meant.value, said.value)


def _moved(meant: str, said: str) -> bool:
    return time_or_none(meant) != time_or_none(said)
