"""YAML as a scenario may hold it: 1.2, bounded, every value with its place, nothing that refers.

Anchors, aliases, merge keys and tags are refused: what a planner reads is what there is, and a
few lines cannot stand for millions. Scalars are what the core schema of YAML 1.2 (section 10.3)
makes of them, so that ``no`` is a word and ``10:30`` is none of the numbers of YAML 1.1.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from hotline.errors import ExerciseError
from hotline.exercise.scenario.marked import Marked, Place, Scalar
from hotline.model.times import shorten

MAX_SCENARIO_BYTES: Final = 1024 * 1024
MAX_DEPTH: Final = 20
MAX_VALUES: Final = 100_000
"""Scalars, lists and tables together."""

_CORE: Final = "tag:yaml.org,2002:"
_NULL = re.compile(r"~|null|Null|NULL|")
_BOOL = re.compile(r"true|True|TRUE|false|False|FALSE")
_WHOLE = re.compile(r"[-+]?[0-9]{1,18}")
_OTHER_BASE = re.compile(r"0o(?P<oct>[0-7]{1,18})|0x(?P<hex>[0-9a-fA-F]{1,15})")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]{1,30}|[0-9]{1,30}(?:\.[0-9]{0,30})?)(?:[eE][-+]?[0-9]{1,4})?")
_SPECIAL = re.compile(r"[-+]?(?:\.inf|\.Inf|\.INF)|\.nan|\.NaN|\.NAN")


@dataclass(slots=True)
class _Open:
    """A list or table whose end has not come."""

    place: Place
    is_table: bool
    items: list[Marked] = field(default_factory=list)
    table: dict[str, Marked] = field(default_factory=dict)
    keys: dict[str, Place] = field(default_factory=dict)
    key: str | None = None


def read_yaml(data: bytes, name: str) -> Marked:
    """Return what the one document in a file's bytes says; ``name`` is what errors call the file.

    Raises:
        ExerciseError: ``scenario.too-large``, ``scenario.not-yaml``, ``scenario.not-plain-yaml``
            (anchors, aliases, tags, merge keys), ``scenario.repeated-key`` or
            ``scenario.too-deep``, all but the first naming line and column.

    """
    if len(data) > MAX_SCENARIO_BYTES:
        raise ExerciseError(
            "scenario.too-large",
            f"{name}: the file has more than {MAX_SCENARIO_BYTES} bytes",
            "check that this is a scenario; long messages may lie in files beside it",
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ExerciseError(
            "scenario.not-yaml",
            f"{name}:{line}:1: the file is not UTF-8",
            "save it as UTF-8",
        ) from None
    return _document(_events(text, name), name)


def _events(text: str, name: str) -> Iterator[Any]:
    """Yield ruamel's events: its composer would follow nesting without a bound."""
    from ruamel.yaml import YAML  # here: half of the commands never need it
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what it only warns of, we refuse or do not mind
        try:
            yield from YAML(typ="safe", pure=True).parse(text)
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            place = f"{mark.line + 1}:{mark.column + 1}" if mark is not None else "1:1"
            said = ", ".join(part for part in (error.context, error.problem) if part)
            raise _not_yaml(f"{name}:{place}", said) from None
        except (YAMLError, ValueError, LookupError, AttributeError, TypeError) as error:
            # What is no YAML makes the library stumble in more ways than it names.
            raise _not_yaml(f"{name}:1:1", str(error).partition("\n")[0]) from None


def _not_yaml(where: str, said: str) -> ExerciseError:
    detail = " ".join(said.split())[:200]
    return ExerciseError(
        "scenario.not-yaml",
        f"{where}: this is not YAML: {detail or 'nothing can be made of it'}",
        "check the indentation, and put text with a colon or # in it between quotes",
    )


def _document(events: Iterator[Any], name: str) -> Marked:
    open_: list[_Open] = []
    found: Marked | None = None
    values = 0
    for event in events:
        place = Place(event.start_mark.line + 1, event.start_mark.column + 1)
        kind = type(event).__name__
        if kind in ("StreamStartEvent", "StreamEndEvent", "DocumentEndEvent"):
            continue
        if kind == "DocumentStartEvent":
            if found is not None:
                raise _refused(name, place, "a second document begins", "let a file hold one")
            continue
        _plain(event, kind, name, place)
        if kind in ("MappingStartEvent", "SequenceStartEvent"):
            if len(open_) == MAX_DEPTH:
                raise ExerciseError(
                    "scenario.too-deep",
                    f"{name}:{place}: lists and tables nest more than {MAX_DEPTH} deep here",
                    "docs/spec/scenario.md shows the form of a scenario",
                )
            if kind == "MappingStartEvent" and open_ and _wants_key(open_[-1]):
                raise _refused(name, place, "a table stands for a key", "use a word as the key")
            open_.append(_Open(place, kind == "MappingStartEvent"))
            continue
        values += 1
        if values > MAX_VALUES:
            raise ExerciseError(
                "scenario.too-large",
                f"{name}:{place}: the file has more than {MAX_VALUES} values",
                "check that this is a scenario; long messages may lie in files beside it",
            )
        if kind == "ScalarEvent":
            if open_ and _wants_key(open_[-1]):
                _take_key(open_[-1], event, name, place)
                continue
            if not event.value and open_ and open_[-1].key is not None:
                place = open_[-1].keys[open_[-1].key]  # nothing stands nowhere, but for its key
            done = Marked(place, _scalar(event.value, plain=event.style is None))
        else:
            ended = open_.pop()
            done = Marked(ended.place, ended.table if ended.is_table else ended.items, ended.keys)
        if not open_:
            found = done
        elif open_[-1].is_table:
            outer = open_[-1]
            outer.table[str(outer.key)] = done
            outer.key = None
        else:
            open_[-1].items.append(done)
    if found is None:
        raise _refused(name, Place(1, 1), "the file is empty", "write a scenario into it")
    return found


def _wants_key(open_: _Open) -> bool:
    return open_.is_table and open_.key is None


def _plain(event: Any, kind: str, name: str, place: Place) -> None:
    """Refuse what refers, or says what type it is."""
    if kind == "AliasEvent" or getattr(event, "anchor", None):
        raise _refused(
            name, place, "an anchor or alias (& or *) stands here", "write the value out"
        )
    tag = getattr(event, "tag", None)
    if tag is not None and kind in ("ScalarEvent", "MappingStartEvent", "SequenceStartEvent"):
        raise _refused(name, place, "a tag (!) stands here", "leave it out, or put it in quotes")


def _take_key(open_: _Open, event: Any, name: str, place: Place) -> None:
    key = str(event.value)
    if key == "<<" and event.style is None:
        raise _refused(name, place, "a merge key (<<) stands here", "write the keys out")
    if key in open_.table:
        raise ExerciseError(
            "scenario.repeated-key",
            f"{name}:{place}: the key {shorten(key)} stands twice in one table, "
            f"first in line {open_.keys[key].line}",
            "decide which of the two is meant, and remove the other",
        )
    open_.key = key
    open_.keys[key] = place


def _refused(name: str, place: Place, what: str, mend: str) -> ExerciseError:
    return ExerciseError("scenario.not-plain-yaml", f"{name}:{place}: {what}", mend)


def _scalar(text: str, *, plain: bool) -> Scalar:
    """Return what a scalar stands for; only one without quotes is anything but text."""
    if not plain:
        return text
    if _NULL.fullmatch(text):
        return None
    if _BOOL.fullmatch(text):
        return text.lower() == "true"
    if _WHOLE.fullmatch(text):
        return int(text)
    other = _OTHER_BASE.fullmatch(text)
    if other is not None:
        return int(other["oct"], 8) if other["oct"] else int(other["hex"], 16)
    if _FLOAT.fullmatch(text):
        return float(text)
    if _SPECIAL.fullmatch(text):
        return float(text.replace(".", "", 1))
    return text
