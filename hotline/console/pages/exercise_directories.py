"""Which exercises a director may steer from this console: never by a path that somebody types.

They are where node.toml says (``[console] exercise``), in ``var/exercise`` beside node.toml, and
the one in whose own directory this node lives.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

from hotline.errors import HotlineError, UsageError
from hotline.exercise.record.reading import NAME as RECORD
from hotline.node.config import read_config

USUAL: Final = Path("var/exercise")
LEVELS: Final = 3
"""How far above node.toml the directory of its exercise may lie."""
MOST: Final = 50


@cache
def named(config: Path) -> tuple[Path, ...]:
    """Return what node.toml names; a change needs a new start of the console."""
    try:
        return read_config(config).console.exercises
    except HotlineError:
        return ()


def exercises(config: Path) -> dict[str, Path]:
    """Return the directories of exercises by name, the newest first, at most 50."""
    found = {path.resolve() for path in _found(config)}
    newest = sorted(found, key=_changed, reverse=True)[:MOST]
    by_name: dict[str, Path] = {}
    for path in newest:
        # Of two that are called alike the older one is reached by its own node.toml's console.
        by_name.setdefault(path.name, path)
    return by_name


def exercise_named(config: Path, name: str) -> Path:
    """Return the directory of an exercise. Raises UsageError ``console.no-such-exercise``."""
    found = exercises(config)
    if name not in found:
        raise UsageError(
            "console.no-such-exercise",
            f"no exercise {name[:80]!a} may be steered from this console",
            "choose one of the list; node.toml says where they are, as [console] exercise",
        )
    return found[name]


def _found(config: Path) -> Iterator[Path]:
    for above in list(config.parents)[:LEVELS]:
        if (above / RECORD).is_file():
            yield above
    for root in (*named(config), config.parent / USUAL):
        if (root / RECORD).is_file():
            yield root
            continue
        try:
            yield from (one.parent for one in root.glob(f"*/{RECORD}"))
        except OSError:
            continue


def _changed(path: Path) -> float:
    try:
        return (path / RECORD).stat().st_mtime
    except OSError:
        return 0.0
