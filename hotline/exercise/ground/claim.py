"""A directory that one program at a time works in, and that says who made it."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO


@contextmanager
def locked(marker: Path) -> Iterator[TextIO | None]:
    """Hold a marker's file, made where there is none, while the context is open.

    Yields the open file; None when another process holds it. The lock goes with the process,
    however that ends; the nodes that it starts do not inherit it.
    """
    with marker.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield None
        else:
            yield lock
