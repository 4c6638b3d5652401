"""Exports of a peer that somebody hands in: streamed to disk, bounded, used once."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from typing import Final

from hotline.api import audit_shapes as shapes
from hotline.errors import JournalError, UsageError

UPLOADS: Final = "uploads"
MAX_UPLOAD: Final = 2 * 1024**3
"""Bytes of an export that are taken: some million entries."""
MOST_UPLOADS: Final = 4
SPARE: Final = 256 * 1024**2
"""Bytes that are left for the journal whatever anybody hands in or has exported."""
_LOOK_EACH: Final = 16 * 1024**2


def require_room(directory: Path, size: int) -> None:
    """Return if a disk takes so many bytes and leaves the journal its own.

    Raises JournalError (``audit.disk-full``).
    """
    if shutil.disk_usage(directory).free < size + SPARE:
        raise JournalError(
            "audit.disk-full",
            "the disk of the node's data has no room for this beside the journal",
            "free some of it, or work on a backup on another machine",
        )


@dataclass(frozen=True, slots=True)
class _Taken:
    path: Path
    upload: shapes.Upload


class Uploads:
    """What was handed in and not used yet; the oldest makes room."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory / UPLOADS
        self._taken: dict[str, _Taken] = {}
        # Held while what an earlier run of the node was given is thrown away, which is done once.
        self._tidying = asyncio.Lock()
        self._tidy = False

    async def take(self, chunks: AsyncIterator[bytes], limit: int = MAX_UPLOAD) -> shapes.Upload:
        """Write what comes to a file of its own. Raises UsageError, JournalError, OSError.

        ``audit.upload-too-large``, ``audit.upload-empty``, ``audit.disk-full``.
        """
        await self._tidied()
        name = token_hex(16)
        path = self._directory / name
        digest, size, looked = sha256(), 0, 0
        require_room(self._directory, 0)
        try:
            with path.open("xb") as file:
                path.chmod(0o600)
                async for chunk in chunks:
                    size += len(chunk)
                    if size > limit:
                        raise UsageError(
                            "audit.upload-too-large",
                            f"the export has more than {limit} bytes",
                            "reconcile it on the node's machine with `hotline log reconcile`",
                        )
                    if size - looked >= _LOOK_EACH:
                        require_room(self._directory, 0)
                        looked = size
                    digest.update(chunk)
                    await asyncio.to_thread(file.write, chunk)
            if not size:
                raise UsageError(
                    "audit.upload-empty",
                    "nothing was handed in",
                    "choose the file that the peer's `hotline log export --format jsonl` wrote",
                )
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        upload = shapes.Upload(name=name, size=size, sha256=digest.hexdigest())
        self._taken[name] = _Taken(path, upload)
        while len(self._taken) > MOST_UPLOADS:
            self._taken.pop(next(iter(self._taken))).path.unlink(missing_ok=True)
        return upload

    async def _tidied(self) -> None:
        """Have a directory with nothing in it of an earlier run, which is nobody's any more."""
        async with self._tidying:
            if not self._tidy:
                await asyncio.to_thread(shutil.rmtree, self._directory, ignore_errors=True)
                self._tidy = True
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)

    def claim(self, name: str, target: Path) -> shapes.Upload:
        """Move what was handed in to where it is used. Raises UsageError."""
        taken = self._taken.pop(name, None)
        if taken is None:
            raise UsageError(
                "audit.no-such-upload",
                "there is no export that was handed in under this name and not used yet",
                "hand it in with POST /v1/uploads first",
            )
        taken.path.replace(target)
        return taken.upload

    async def close(self) -> None:
        """Throw away what nobody used."""
        self._taken.clear()
        await asyncio.to_thread(shutil.rmtree, self._directory, ignore_errors=True)
