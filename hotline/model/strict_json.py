"""JSON as a file may hold it: bounded, UTF-8, no key twice, no number that JSON does not have."""

from __future__ import annotations

import json
from typing import NoReturn

from hotline.errors import ModelError
from hotline.model.times import shorten

MAX_FILE_BYTES = 1024 * 1024
MAX_DEPTH = 16
_MAX_DIGITS = 18


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
    try:
        value = json.loads(
            data.decode("utf-8-sig"),
            object_pairs_hook=_object,
            parse_constant=_refuse_number,
            parse_int=_whole_number,
        )
    except RecursionError:
        raise _too_deep() from None
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
    raise ValueError(f"{name} is not a number in JSON")


def _whole_number(digits: str) -> int:
    if len(digits) > _MAX_DIGITS:
        raise ValueError(f"a whole number of {len(digits)} digits")
    return int(digits)


def _too_deep() -> ModelError:
    return ModelError(
        "model.too-deep",
        f"the file nests objects and lists more than {MAX_DEPTH} deep",
        "docs/spec/notice.md shows the form of a message",
    )
