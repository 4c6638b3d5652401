"""JSON as a file may hold it: bounded, UTF-8, no key twice, no number that JSON does not have."""

from __future__ import annotations

import json
import re
from typing import NoReturn

from hotline.errors import ModelError
from hotline.model.times import shorten

MAX_FILE_BYTES = 1024 * 1024
MAX_DEPTH = 16
_MAX_DIGITS = 18

_TOKENS = re.compile(
    r'"[^"\\]*(?:\\.[^"\\]*)*"'
    r"|-?(?:NaN|Infinity|(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)",
    re.DOTALL,
)
"""Strings and numbers of a text that is JSON, up to the number that is none."""


class _RefusedNumberError(ValueError):
    """A number that Python would read; ``written`` is how it stands in the file."""

    def __init__(self, written: str, text: str) -> None:
        super().__init__(text)
        self.written = written


def read_json(data: bytes) -> object:
    """Return what a JSON file's bytes stand for: dict, list, str, int, float, bool or None.

    Raises:
        ModelError: ``model.file-too-large``, ``model.not-json``, ``model.repeated-key`` or
            ``model.too-deep``.

    """
    if len(data) > MAX_FILE_BYTES:
        raise ModelError(
            "model.file-too-large",
            f"the file has {len(data)} bytes, more than {MAX_FILE_BYTES}",
            "check that this is the right file; one file holds one message",
        )
    text = ""
    try:
        text = data.decode("utf-8-sig")
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_refuse_number,
            parse_int=_whole_number,
        )
    except RecursionError:
        raise _too_deep() from None
    except _RefusedNumberError as error:
        raise ModelError(
            "model.not-json",
            f"the file is not JSON: {error}: {_place(text, error.written)}",
            "write a number there as it is, or leave the field out",
        ) from None
    except ValueError as error:
        raise ModelError(
            "model.not-json",
            f"the file is not JSON in UTF-8: {error}",
            "mend the place named, or export the file again",
        ) from None
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
    if level:
        raise _too_deep()
    return value


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found:
            raise ModelError(
                "model.repeated-key",
                f"the key {shorten(key)} stands twice in one object",
                "decide which of the two is meant, and remove the other",
            )
        found[key] = value
    return found


def _refuse_number(name: str) -> NoReturn:
    raise _RefusedNumberError(name, f"{name} is not a number in JSON")


def _whole_number(digits: str) -> int:
    if len(digits) > _MAX_DIGITS:
        raise _RefusedNumberError(digits, f"a whole number of {len(digits)} digits")
    return int(digits)


def _place(text: str, number: str) -> str:
    """Return where a number, as it is written, first stands in a text outside of strings."""
    places = (match.start() for match in _TOKENS.finditer(text) if match[0] == number)
    offset = next(places, 0)
    line_start = text.rfind("\n", 0, offset) + 1
    return f"line {text.count(chr(10), 0, offset) + 1} column {offset - line_start + 1}"


def _too_deep() -> ModelError:
    return ModelError(
        "model.too-deep",
        f"the file nests objects and lists more than {MAX_DEPTH} deep",
        "docs/spec/notice.md shows the form of a message",
    )
