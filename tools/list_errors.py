"""Write docs/spec/errors.md: every code in the source, with its sentence and its hint.

Run as ``python tools/list_errors.py``; a test holds the page against the source.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs/spec/errors.md"
CODE = re.compile(r"[a-z][a-z0-9]*\.[a-z][a-z0-9-]*[a-z0-9]")
MAKERS = re.compile(r"(\w*Error|Problem|Flag|Wrong|Difference|_wrong|_malformed|ring|once)$")
"""Calls whose first argument is a code."""

COMPUTED = {
    "airspace.compared-later": (
        "not compared with every notice yet; what is found is told as soon as it is"
    ),
    "airspace.conflict": "…: conflict with … from … to …, …, around …",
    "airspace.conflicts-untold": "… was not told of every relation found",
    "airspace.more-relations": "… more stand as possible conflicts: too many to be compared",
    "airspace.proximity": "…: proximity to … from … to …, …, around …",
    "exercise.real-world": "real world, no play: … has stopped EXERCISE …",
    "model.read-back-end": "read back …, the notice says …",
    "model.read-back-lower": "read back …, the notice says …",
    "model.read-back-start": "read back …, the notice says …",
    "model.read-back-upper": "read back …, the notice says …",
    "notice.contingency": "… is out of control: …",
    "notice.end-missing": "the end of … is missing: it should have ended at …",
    "notice.nonconformance": "… is outside of what was announced: …",
}
"""Codes that do not stand beside their sentence, since they are made from a kind, with it."""

HEAD = """# Codes

Every error, flag and alarm has a stable code, `room.what-is-wrong`. Scripts and the peer's software
match on the code; the sentence beside it may change. This page is made from the source by
`python tools/list_errors.py`; `…` stands for what differs from case to case.

Where a code appears: an error of a command is printed as `hotline: error: <sentence> [code]` with
its hint; the API answers with the same three; a flag is shown beside a received message; an alarm
latches until it is acknowledged; what the peer caused is a `refusal` entry in the log.

| code | sentence | hint |
|---|---|---|
"""


@dataclass(frozen=True, order=True)
class Entry:
    """One code as it stands in the source."""

    code: str
    sentence: str
    hint: str


def entries() -> list[Entry]:
    """Return one entry for each code, the one with the longest text where there are several."""
    found = {code: Entry(code, sentence, "") for code, sentence in COMPUTED.items()}
    for path in sorted((ROOT / "hotline").rglob("*.py")):
        for entry in _entries_of(ast.parse(path.read_text("utf-8"))):
            known = found.get(entry.code)
            if known is None or len(known.sentence) < len(entry.sentence):
                found[entry.code] = entry
    return sorted(found.values())


def page() -> str:
    """Return the whole page."""
    rows = [f"| `{e.code}` | {e.sentence} | {e.hint} |\n" for e in entries()]
    return HEAD + "".join(rows)


def _entries_of(tree: ast.Module) -> Iterator[Entry]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args:
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            code = node.args[0]
            if MAKERS.search(name) and _is_code(code):
                texts = [_text(argument) for argument in node.args[1:]]
                sentences = [text for text in texts if " " in text]
                yield Entry(code.value, *([*sentences, "", ""])[:2])  # type: ignore[attr-defined]
        elif isinstance(node, ast.Tuple | ast.List) and len(node.elts) == 2:
            code, text = node.elts
            if _is_code(code) and " " in _text(text):
                yield Entry(code.value, _text(text), "")  # type: ignore[attr-defined]


def _is_code(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and CODE.fullmatch(node.value) is not None
    )


def _text(node: ast.expr) -> str:
    """Return the text of a literal, with an ellipsis for each value put into it."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        text = node.value
    elif isinstance(node, ast.JoinedStr):
        text = "".join(
            str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values
        )
    else:
        return ""
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    if sys.argv[1:] == ["--print"]:
        sys.stdout.write(page())
    else:
        PAGE.write_text(page(), "utf-8")
