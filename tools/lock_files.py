"""What the committed lock files pin, for the tools that audit and list it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_PINNED = re.compile(r"([A-Za-z0-9._-]+)==([^ ;\\]+)")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Pin:
    """One distribution of a lock; one that is pinned twice is for different machines.

    ``hashes`` are the SHA-256 of its files, in hex: each of its wheels, and the source.
    """

    name: str
    version: str
    hashes: tuple[str, ...]


def read_lock(path: Path) -> Iterator[Pin]:
    """Yield each pin of a lock, in its order; raise ValueError where a line is none."""
    name, version, hashes = "", "", list[str]()
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("#"):
            continue
        if start := _PINNED.match(line):
            if name:
                yield Pin(name, version, tuple(hashes))
            name, version, hashes = start[1], start[2], []
        elif found := _HASH.search(line):
            hashes.append(found[1])
        else:
            raise ValueError(f"{path.name}: neither a pin nor a hash: {line}")
    if name:
        yield Pin(name, version, tuple(hashes))
