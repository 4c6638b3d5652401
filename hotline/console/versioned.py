"""Static files under an address that changes with what is in them.

After an upgrade a page must not run with the style and scripts of the release before it, which
browsers have kept. So the address of the folder has the digest of all that is in it; what is kept
under such an address is never asked for again. Files name each other by relative addresses, and
thus belong to one release, workers too.
"""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final

STATIC: Final = Path(__file__).parent / "static"
FOREVER: Final = "public, max-age=31536000, immutable"
"""For what lies under an address that is never given to anything else (RFC 8246)."""
ROOT: Final = "/static"
DIGITS: Final = 16
"""Hexadecimal digits of the digest in an address."""


@cache
def files() -> frozenset[str]:
    """Return the static files, as addresses name them: ``vendor/leaflet/leaflet.css``."""
    return frozenset(
        one.relative_to(STATIC).as_posix() for one in STATIC.rglob("*") if one.is_file()
    )


@cache
def address() -> str:
    """Return the address of the folder, made once: ``/static/`` and the digest of its content."""
    digest = sha256()
    for name in sorted(files()):
        content = (STATIC / name).read_bytes()
        digest.update(f"{len(name)} {name} {len(content)}\n".encode() + content)
    return f"{ROOT}/{digest.hexdigest()[:DIGITS]}"


def current(path: str) -> str | None:
    """Return where a file lies now that was asked for by ``path``; None for one there is not.

    A page of the release before asks by an older digest, and whoever knows none by the name alone.
    """
    name = path.removeprefix(f"{ROOT}/")
    head, _, rest = name.partition("/")
    if len(head) == DIGITS and not head.strip("0123456789abcdef"):
        name = rest
    return f"{address()}/{name}" if name in files() else None
