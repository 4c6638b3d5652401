"""The options with which entries are looked for, shared by ``log show`` and ``log export``."""

from __future__ import annotations

import json
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
from hotline.model.times import resolve_time

F = TypeVar("F", bound=Callable[..., Any])

RECORD_KINDS = (
    "receipt",
    "rejection",
    "refusal",
    "equivocation",
    "association",
    "clock",
    "read",
    "anchor",
    "fork",
    "node",
    "alarm-raised",
    "alarm-cleared",
    "alarm-acknowledged",
    "clock-stepped",
    "recovered",
    "line-opened",
    "archived",
)
"""Entries that are no messages, as docs/spec/log.md, section 2, has them."""
KINDS = (*(kind.value for kind in Kind), *RECORD_KINDS)
_OWN_NAMES = {"id": "id_"}
"""Terms whose names are Python's."""


def search_options(function: F) -> F:
    """Add an option for each term of `hotline.audit.search.terms` to a command."""
    for term in reversed(TERMS):
        function = _option(term)(function)
    return function


def words_of(options: dict[str, Any]) -> Words:
    """Return the terms among a command's options; offsets of times and files of areas resolved.

    Raises ModelError for a time, UsageError for a file that is no GeoJSON.
    """
    words: dict[str, Any] = {
        term.name: options[_OWN_NAMES.get(term.name, term.name)] for term in TERMS
    }
    for name in ("since", "until"):
        if words[name] is not None:
            words[name] = resolve_time(words[name], now_us())
    if words["area"] is not None:
        words["area"] = _area(words["area"])
    return cast("Words", words)


def search_of(options: dict[str, Any]) -> Search:
    """Return the search that a command's options ask for. Raises UsageError, ModelError."""
    return parse_search(words_of(options))


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
    data = read_bytes(Path(text))
    try:
        value = read_json(data)
    except ModelError as error:
        raise UsageError(
            "search.bad-area",
            f"{text}: {error.message}",
            "write S,W,N,E or LAT,LON,RADIUS in degrees and nm, km or m, or give a GeoJSON file",
        ) from None
    return json.dumps(value, separators=(",", ":"))
