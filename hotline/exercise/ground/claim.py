"""What one program at a time works with: a directory that says who made it, or a name."""

from __future__ import annotations

import errno
import fcntl
import socket
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


@contextmanager
def claimed(name: str) -> Iterator[bool]:
    """Hold a name on this machine while the context is open; yields False where another does.

    A name has no file that somebody could leave behind, or put there: it is that of a socket in
    Linux's abstract namespace (unix(7)), which goes with the process. Other systems have none, and
    nothing is held there.
    """
    with socket.socket(socket.AF_UNIX) as claim:
        try:
            claim.bind(f"\0hotline/{name}")
        except OSError as error:
            yield error.errno != errno.EADDRINUSE
        else:
            yield True
