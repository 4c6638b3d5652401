"""The options with which entries are looked for, shared by ``log show`` and ``log export``."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import click

from hotline.audit.search.terms import TERMS, Search, Term, Words, parse_search
from hotline.cli.files import read_bytes
from hotline.cli.output import now_us
from hotline.errors import ModelError, UsageError
from hotline.model.kinds import Kind
from hotline.model.strict_json import read_json
from hotline.model.times import SECOND_US, format_time, parse_time, resolve_time

F = TypeVar("F", bound=Callable[..., Any])

RECORD_KINDS = (
    "receipt",
    "rejection",
    "refusal",
    "equivocation",
    "association",
    "clock",
    "read",
    "remarked",
    "conflict",
    "compared",
    "answer-time",
    "answer-due",
    "voice",
    "anchor",
    "fork",
    "node",
    "alarm-raised",
    "alarm-cleared",
    "alarm-acknowledged",
    "alarm-shelved",
    "alarm-unshelved",
    "session",
    "officer",
    "draft",
    "clock-stepped",
    "recovered",
    "line-opened",
    "exercise",
    "fault",
    "watch",
    "archived",
    "audited",
)
"""Entries that are no messages, as docs/spec/log.md, section 2, has them."""
KINDS = tuple(dict.fromkeys((*(kind.value for kind in Kind), *RECORD_KINDS)))
"""All kinds of entries; ``conflict`` is a message of a node and a record of one."""
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_AGO = re.compile(
    r"-(?=[0-9])(?:([0-9]{1,5})d)?(?:([0-9]{1,6})h)?(?:([0-9]{1,7})m)?(?:([0-9]{1,9})s)?"
)
DAY_US = 24 * 60 * 60 * SECOND_US
_AREA_HINT = "write S,W,N,E or LAT,LON,RADIUS in degrees and nm, km or m, or give a GeoJSON file"
_OWN_NAMES = {"id": "id_"}
"""Terms whose names are Python's."""


def search_options(function: F) -> F:
    """Add an option for each term of `hotline.audit.search.terms` to a command."""
    for term in reversed(TERMS):
        function = _option(term)(function)
    return function


def words_of(options: dict[str, Any]) -> Words:
    """Return the terms among a command's options; offsets of times and files of areas resolved.

    Raises UsageError for a time that is none, and for a file that is no GeoJSON.
    """
    words: dict[str, Any] = {
        term.name: options[_OWN_NAMES.get(term.name, term.name)] for term in TERMS
    }
    for name in ("since", "until"):
        if words[name] is not None:
            words[name] = moment_of(words[name], now_us(), latest=name == "until")
    if words["area"] is not None:
        words["area"] = _area(words["area"])
    return cast("Words", words)


def search_of(options: dict[str, Any]) -> Search:
    """Return the search that a command's options ask for. Raises UsageError."""
    return parse_search(words_of(options))


def filters_of(options: dict[str, Any], search: Search) -> list[str]:
    """Return the options that ask for the same entries on another day; the choice of logs is none.

    They are as they were given, but for times, which may have been counted from now.
    """
    words: list[str] = []
    stated = search.stated()
    for term in TERMS:
        if term.name not in stated:
            continue
        if term.schema["type"] == "boolean":
            words.append(f"--{term.name}")
            continue
        given = options[_OWN_NAMES.get(term.name, term.name)]
        if term.name in ("since", "until"):
            given = stated[term.name]
        for value in given if term.many else (given,):
            words += [f"--{term.name}", str(value)]
    return words


def moment_of(text: str, now_us: int, *, latest: bool) -> str:
    """Return the moment that --since or --until names, RFC 3339 in UTC.

    A day alone, as 2026-03-01, is its first microsecond in UTC, or its ``latest``; -1h30m is so
    long before ``now_us``. Raises UsageError (``model.bad-time``, ``model.time-without-zone``).
    """
    try:
        if _DAY.fullmatch(text):
            first_us = parse_time(f"{text}T00:00:00Z")
            return format_time(first_us + DAY_US - 1 if latest else first_us)
        match = _AGO.fullmatch(text)
        if match is None:
            return resolve_time(text, now_us)
        days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
        ago_s = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
        return format_time(now_us - ago_s * SECOND_US)
    except ModelError as error:
        raise UsageError(
            error.code,
            error.message,
            "write 2026-03-01T10:00:00Z, a day as 2026-03-01, or how long ago, as -1h30m or -2d",
        ) from None


def _option(term: Term) -> Callable[[F], F]:
    name = _OWN_NAMES.get(term.name, term.name)
    told = f"{term.help[0].upper()}{term.help[1:]}.".replace("`", "")
    if term.schema["type"] == "boolean":
        return click.option(f"--{term.name}", name, is_flag=True, help=told)
    kind = click.Choice(KINDS) if term.name == "kind" else None
    allowed = term.schema.get("enum")
    if allowed is not None:
        kind = click.Choice(list(allowed), case_sensitive=False)
    return click.option(
        f"--{term.name}", name, metavar=term.metavar, multiple=term.many, type=kind, help=told
    )


def _area(text: str) -> str:
    """Return an area as it is written; of a file what is in it, on one line."""
    if all(char in "0123456789.,+- nmkNMK" for char in text):
        return text
    try:
        data = read_bytes(Path(text))
    except UsageError as error:
        raise UsageError(error.code, error.message, _AREA_HINT) from None
    try:
        value = read_json(data)
    except ModelError as error:
        raise UsageError(
            "search.bad-area",
            f"{text}: {error.message}",
            _AREA_HINT,
        ) from None
    return json.dumps(value, separators=(",", ":"))
