"""What can be looked for, and how it is written: the one list behind options and parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final, TypedDict

from hotline.audit.search.area import Area, parse_area
from hotline.audit.search.decoding import folded
from hotline.errors import ModelError, UsageError
from hotline.model.kinds import Precedence, Status
from hotline.model.times import format_time, parse_time, shorten

MAX_TEXT: Final = 1000
MIN_ID_DIGITS: Final = 6
_HEX: Final = frozenset("0123456789abcdef")
_STRING: Final = {"type": "string", "minLength": 1, "maxLength": MAX_TEXT}
_TIME: Final = {"type": "string", "format": "date-time"}


class Words(TypedDict, total=False):
    """Terms as programs give them: texts, several where the term may be repeated."""

    log: str | None
    line: str | None
    kind: str | Sequence[str] | None
    since: str | None
    until: str | None
    centre: str | Sequence[str] | None
    precedence: str | Sequence[str] | None
    status: str | None
    direction: str | None
    area: str | None
    operator: str | None
    text: str | None
    reference: str | None
    id: str | None
    flagged: bool | None


@dataclass(frozen=True, slots=True)
class Term:
    """One thing that can be looked for; ``metavar`` stands for its value in the help."""

    name: str
    help: str
    metavar: str
    schema: Mapping[str, Any]
    many: bool = False


TERMS: Final = (
    Term("log", "only this log: a peer's id, `node`, or a log's whole name", "LOG", _STRING),
    Term("line", "only the logs of the line with this centre, of all epochs", "PEER", _STRING),
    Term("kind", "only these kinds; may be repeated", "KIND", _STRING, many=True),
    Term("since", "only what was entered here at this time or later", "TIME", _TIME),
    Term("until", "only what was entered here at this time or earlier", "TIME", _TIME),
    Term("centre", "only what this centre said; may be repeated", "CENTRE", _STRING, many=True),
    Term(
        "precedence",
        "only messages of this precedence, and receipts for such; may be repeated",
        "P",
        {"type": "string", "enum": list(Precedence.__members__)},
        many=True,
    ),
    Term(
        "status",
        "only entries of this status",
        "STATUS",
        {"type": "string", "enum": [status.value for status in Status]},
    ),
    Term(
        "direction",
        "only messages sent (out) or received (in)",
        "IN|OUT",
        {"type": "string", "enum": ["in", "out"]},
    ),
    Term(
        "area",
        "only what is about a place in it: S,W,N,E or LAT,LON,RADIUS (nm, km, m) or GeoJSON",
        "AREA",
        {"type": "string"},
    ),
    Term("operator", "only what names this officer, as signed or recorded", "NAME", _STRING),
    Term("text", "only what has this text in it, in any case of letters", "TEXT", _STRING),
    Term("reference", "only messages under this reference, and records about them", "REF", _STRING),
    Term("id", "only this message, and messages and records about it", "ID", _STRING),
    Term("flagged", "only messages that were flagged", "", {"type": "boolean"}),
)
"""In the order of the help. Options and parameters have these names."""


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for; whatever is empty or None does not matter. Times in microseconds.

    ``operator`` and ``text`` are folded for comparing, ``id`` is hexadecimal.
    """

    log: str | None = None
    line: str | None = None
    kinds: tuple[str, ...] = ()
    since_us: int | None = None
    until_us: int | None = None
    centres: tuple[str, ...] = ()
    precedences: tuple[int, ...] = ()
    status: str | None = None
    direction: str | None = None
    area: Area | None = None
    operator: str | None = None
    text: str | None = None
    reference: str | None = None
    id: str | None = None
    flagged: bool = False

    def stated(self) -> dict[str, object]:
        """Return the terms that entries have to fit, for a header; the choice of logs is none."""
        said: dict[str, object] = {
            "kind": list(self.kinds),
            "since": None if self.since_us is None else format_time(self.since_us),
            "until": None if self.until_us is None else format_time(self.until_us),
            "centre": list(self.centres),
            "precedence": [Precedence(stream).name for stream in self.precedences],
            "status": self.status,
            "direction": self.direction,
            "area": None if self.area is None else self.area.text,
            "operator": self.operator,
            "text": self.text,
            "reference": self.reference,
            "id": self.id,
            "flagged": self.flagged,
        }
        return {name: value for name, value in said.items() if value}

    @property
    def everything(self) -> bool:
        """Whether each entry of the logs fits."""
        return not any(
            getattr(self, field.name) not in (None, (), False)
            for field in fields(self)
            if field.name not in ("log", "line")
        )


def parse_search(words: Mapping[str, Any]) -> Search:
    """Read terms, by their names in ``TERMS``; None and empty ones do not matter.

    Raises UsageError: ``search.bad-...`` with the term, and how times are refused.
    """
    since_us, until_us = moment_in(words.get("since")), moment_in(words.get("until"))
    if since_us is not None and until_us is not None and since_us > until_us:
        raise UsageError(
            "search.bad-time", "the search ends before it begins", "since is the earlier time"
        )
    area = words.get("area")
    return Search(
        log=_text("log", words.get("log")),
        line=_text("line", words.get("line")),
        kinds=_many("kind", words.get("kind")),
        since_us=since_us,
        until_us=until_us,
        centres=_many("centre", words.get("centre")),
        precedences=tuple(
            sorted({_precedence(name) for name in _many("precedence", words.get("precedence"))})
        ),
        status=_one_of("status", words.get("status"), [status.value for status in Status]),
        direction=_one_of("direction", words.get("direction"), ["in", "out"]),
        area=parse_area(area) if area else None,
        operator=_folded("operator", words.get("operator")),
        text=_folded("text", words.get("text")),
        reference=_text("reference", words.get("reference")),
        id=_id(words.get("id")),
        flagged=bool(words.get("flagged")),
    )


def moment_in(text: str | None) -> int | None:
    """Return a time that somebody asks about, in microseconds. Raises UsageError for no time."""
    if text is None:
        return None
    try:
        return parse_time(text)
    except ModelError as error:
        raise UsageError(error.code, error.message, error.hint) from None


def _text(name: str, text: str | None) -> str | None:
    if text is None:
        return None
    if not text.strip() or len(text) > MAX_TEXT:
        raise UsageError(
            "search.bad-text",
            f"{name} is empty, or longer than {MAX_TEXT} characters",
            "leave it out to find everything",
        )
    return text


def _folded(name: str, text: str | None) -> str | None:
    given = _text(name, text)
    return None if given is None else folded(given)


def _many(name: str, given: str | Sequence[str] | None) -> tuple[str, ...]:
    texts = [given] if isinstance(given, str) else given or ()
    for text in texts:
        _text(name, text)
    return tuple(dict.fromkeys(texts))


def _one_of(name: str, text: str | None, allowed: Sequence[str]) -> str | None:
    if text is not None and text not in allowed:
        raise UsageError(
            "search.bad-term",
            f"the {name} {shorten(text)} is not {' or '.join(allowed)}",
            "write one of them",
        )
    return text


def _precedence(name: str) -> int:
    if name.upper() not in Precedence.__members__:
        raise UsageError(
            "search.bad-term",
            f"{shorten(name)} is not a precedence",
            f"use {', '.join(Precedence.__members__)}",
        )
    return int(Precedence[name.upper()])


def _id(text: str | None) -> str | None:
    if text is None:
        return None
    digits = text.lower().replace("…", "")
    if not (MIN_ID_DIGITS <= len(digits) <= 64 and set(digits) <= _HEX):
        raise UsageError(
            "search.bad-id",
            f"{shorten(text)} is not a message's id, nor its first {MIN_ID_DIGITS} digits or more",
            "copy it from `hotline inbox`, or look for a reference",
        )
    return digits
