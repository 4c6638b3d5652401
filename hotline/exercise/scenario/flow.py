"""Tables in one line of YAML: ``receipt: {within: 5 s}``, as an expectation is written."""

from __future__ import annotations

import json
import re
from typing import Any

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9./_-]*|[0-9]+ (?:h|min|s|ms)(?: [0-9]+ (?:min|s|ms))*")
_WORDS_OF_YAML = frozenset({"true", "false", "null"})


def flow(table: dict[str, Any]) -> str:
    """Return a table with one key as a line of YAML, without braces around it."""
    ((key, value),) = table.items()
    return f"{key}: {_said(value)}"


def _said(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_said(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_said(inner) for inner in value) + "]"
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _WORDS_OF_YAML:
        return value
    return json.dumps(value, ensure_ascii=False)
