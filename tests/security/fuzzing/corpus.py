"""The inputs that are kept, a directory for each target, and what can be done with them.

    python -m tests.security.fuzzing.corpus seed            write the seeds of every target
    python -m tests.security.fuzzing.corpus shrink [TARGET] keep only what adds coverage
    python -m tests.security.fuzzing.corpus try TARGET FILE run one input, with its traceback

A file's name is the beginning of the SHA-256 of what is in it.
"""

from __future__ import annotations

import shutil
import sys
from hashlib import sha256
from pathlib import Path
from types import FrameType
from typing import Any, Final

import hotline
from tests.security.fuzzing.target import Target, accepted

CORPUS: Final = Path(__file__).parents[1] / "corpus"
ROOM: Final = 22 * 1024
"""Bytes for the inputs of a target, but for one that is accepted if it takes more."""
PRODUCT: Final = str(Path(hotline.__file__).parent)
LONGEST: Final = 64 * 1024
"""Bytes of an input that is kept; what is longer is for a test of its own."""


def of(target: str) -> Path:
    """Return where the inputs of a target are."""
    return CORPUS / target


def put(target: str, data: bytes) -> None:
    """Keep an input."""
    of(target).mkdir(parents=True, exist_ok=True)
    (of(target) / sha256(data).hexdigest()[:16]).write_bytes(data)


def shrink(targets: list[str]) -> None:
    """Of each target's inputs keep, the shortest first, those that take a branch of their own."""
    from tests.security.fuzzing.table import TARGETS

    for name in targets or TARGETS:
        inputs = sorted({one.read_bytes() for one in of(name).iterdir()}, key=lambda i: (len(i), i))
        accepted(TARGETS[name], inputs[-1])  # what is only done once is no branch of an input
        seen: set[Arc] = set()
        kept: list[bytes] = []
        for data in inputs:
            taken = arcs(TARGETS[name], data)
            if not taken <= seen and sum(map(len, kept)) + len(data) <= ROOM:
                kept.append(data)
                seen |= taken
        if not any(accepted(TARGETS[name], data) for data in kept):
            kept += [data for data in inputs if accepted(TARGETS[name], data)][:1]
        shutil.rmtree(of(name))
        for data in kept:
            put(name, data)
        size = sum(map(len, kept))
        print(f"{name}: {len(inputs)} -> {len(kept)} files, {size} bytes, {len(seen)} branches")


Arc = tuple[str, int, int]
"""A step in the product's code: file, the line before, the line."""


def arcs(target: Target, data: bytes) -> set[Arc]:
    """Return the steps that an input takes in the product's own code."""
    found: set[Arc] = set()
    before: dict[int, int] = {}

    def trace(frame: FrameType, event: str, _: object) -> Any:
        code = frame.f_code
        if not code.co_filename.startswith(PRODUCT):
            return None
        if event in ("call", "line"):
            found.add((code.co_filename, before.get(id(frame), 0), frame.f_lineno))
            before[id(frame)] = 0 if event == "call" else frame.f_lineno
        return trace

    sys.settrace(trace)
    try:
        accepted(target, data)
    finally:
        sys.settrace(None)
    return found


def main(arguments: list[str]) -> int:
    """Carry out one of the three."""
    match arguments:
        case ["seed"]:
            from tests.security.fuzzing.seeds import seeds

            for target, data in seeds():
                put(target, data)
        case ["shrink", *targets]:
            shrink(targets)
        case ["try", target, file]:
            from tests.security.fuzzing.table import TARGETS

            taken = accepted(TARGETS[target], Path(file).read_bytes())
            print("accepted" if taken else "refused")
        case _:
            print(__doc__)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
