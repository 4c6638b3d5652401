"""Finds in the product's own code what decodes bytes or text, by how it is named and called.

Whoever adds a decoder finds it here: it is named `decode_...`, `read_...`, `parse_...`, `from_...`,
`hear_...`, `import_...`, `split_...`, `unpack_...` or `identify_...`, and what it takes first are
bytes or a text.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Final

import hotline

_NAME: Final = re.compile(
    r"(?:decode|read|parse|from|hear|import|split|unpack|identify)(?:_[a-z0-9_]+)?"
)
_TAKEN: Final = frozenset(
    {"bytes", "str", "bytes | None", "str | None", "bytes | str", "bytes | bytearray", "bytearray"}
)


def decoders() -> Iterator[str]:
    """Yield each public decoder as ``module:function``, without ``hotline.``, in order."""
    root = Path(hotline.__file__).parent
    for path in sorted(root.rglob("*.py")):
        module = ".".join(path.relative_to(root).with_suffix("").parts)
        yield from _within(ast.parse(path.read_bytes()), f"{module}:")


def _within(place: ast.Module | ast.ClassDef, before: str) -> Iterator[str]:
    for node in place.body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from _within(node, f"{before}{node.name}.")
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _decodes(node):
            yield before + node.name


def _decodes(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    given = [*node.args.posonlyargs, *node.args.args]
    if given and given[0].arg in ("self", "cls"):
        given = given[1:]
    if not given or given[0].annotation is None or not _NAME.fullmatch(node.name):
        return False
    return ast.unparse(given[0].annotation) in _TAKEN


def exists(name: str) -> bool:
    """Return whether ``module:function`` names something in hotline."""
    module, _, path = name.partition(":")
    found: object = import_module(f"hotline.{module}")
    for part in path.split("."):
        found = getattr(found, part, None)
    return found is not None
