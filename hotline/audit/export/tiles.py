"""One log as a C2SP tlog-tiles directory (v0.1.0): static files from which anybody proves anything.

::

    checkpoint                      the newest signed checkpoint, with its cosignatures
    log.vkey                        the key that signed it, type 0x01
    tile/<L>/<N>[.p/<W>]            256 (or W) hashes of level L, 32 bytes each
    tile/entries/<N>[.p/<W>]        256 (or W) entries, each u16be length || leaf

A hash of level L is the root over 256 ** L leaves, and only complete subtrees have one. The last
tile of a level is partial, with ``size // 256 ** L % 256`` hashes, and is left out where that is 0.
``docs/spec/tiles.md`` says the rest.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from hotline.audit.checkpoints import cosigned, newest_given
from hotline.audit.directories import made_whole
from hotline.audit.entries import Log, read_leaves
from hotline.audit.export.signed import Progress, differs, whole
from hotline.errors import UsageError
from hotline.trust.checkpoint import open_checkpoint
from hotline.trust.keys import PublicKey
from hotline.trust.merkle import Frontier, leaf_hash, node_hash
from hotline.trust.notes import Note, NoteKey

WIDTH = 256
"""Hashes in a full tile, and entries in a full bundle."""
MAX_LEAF = (1 << 16) - 1
"""Bytes of an entry in a bundle, whose length is a u16."""
CHECKPOINT_FILE = "checkpoint"
VKEY_FILE = "log.vkey"


@dataclass(frozen=True, slots=True)
class TilesWritten:
    """What was exported: the checkpoint's log, size and root (32 bytes), and its cosignatures."""

    origin: str
    size: int
    root: bytes
    cosignatures: int


def write_tiles(
    connection: sqlite3.Connection,
    log: Log,
    log_key: PublicKey,
    directory: Path,
    *,
    at: int | None = None,
    progress: Progress | None = None,
) -> TilesWritten:
    """Write one of our logs at its newest checkpoint, of at most ``at`` entries, as ``directory``.

    ``connection`` has one snapshot of the journal open, ``log_key`` is the log key on our card.
    Every leaf is rebuilt from what is stored, and the directory appears only when their root is
    the checkpoint's. Memory stays flat; the same record gives the same bytes.

    Raises UsageError (``export.mirror``, ``export.no-checkpoint``, ``files.directory-in-use``),
    JournalError (``export.tree-differs``: the journal does not hold what was signed), TrustError
    for a checkpoint that the key did not sign.
    """
    if not log.own:
        raise UsageError(
            "export.mirror",
            f"of {log.origin} only the hashes are here: the entries are with the peer",
            "export a log of this centre, and have the peer export its own",
        )
    given = newest_given(connection, log, at)
    if given is None:
        raise UsageError(
            "export.no-checkpoint",
            f"no checkpoint of {log.origin} was signed yet"
            + ("" if at is None else f", or none of at most {at} entries is kept"),
            "an export begins from a checkpoint: start the node and bring the line up, or name a"
            " larger size",
        )
    size, note = given
    checkpoint = open_checkpoint(note, log.origin, log_key)
    if checkpoint.size != size:
        raise differs(log, f"the checkpoint over {size} entries says {checkpoint.size}")
    note = cosigned(connection, log.id, size, note)
    signatures = len(Note.parse(note).signatures)
    with made_whole(directory) as making:
        tiles = _Tiles(making)
        frontier = Frontier()
        for leaf in whole(log, size, _fitting(read_leaves(connection, log.id, 0, size))):
            hashed = leaf_hash(leaf)
            frontier.append(hashed)
            tiles.add(leaf, hashed)
            if progress is not None and not frontier.size % WIDTH:
                progress(frontier.size, size)
        tiles.finish()
        if frontier.root() != checkpoint.root:
            raise differs(log, f"its {size} entries do not have the root that was signed")
        (making / CHECKPOINT_FILE).write_bytes(note)
        (making / VKEY_FILE).write_text(NoteKey(log.origin, log_key).vkey() + "\n", "ascii")
    return TilesWritten(log.origin, size, checkpoint.root, signatures - 1)


def _fitting(leaves: Iterable[tuple[int, bytes]]) -> Iterator[tuple[int, bytes]]:
    """Yield indices and leaves up to one that no bundle takes."""
    return takewhile(lambda leaf: len(leaf[1]) <= MAX_LEAF, leaves)


class _Tiles:
    """Writes bundles and tiles as leaves come, and holds at most one unfinished tile a level."""

    __slots__ = ("_bundle", "_bundles", "_levels", "_root")

    def __init__(self, root: Path) -> None:
        self._root = root
        self._bundle: list[bytes] = []
        self._bundles = 0
        # For each level: how many tiles are written, and the hashes of the next one.
        self._levels: list[tuple[int, list[bytes]]] = []

    def add(self, leaf: bytes, hashed: bytes) -> None:
        """Add one leaf and its hash."""
        self._bundle.append(len(leaf).to_bytes(2, "big") + leaf)
        if len(self._bundle) == WIDTH:
            self._write("entries", self._bundles, self._bundle)
            self._bundles += 1
            self._bundle = []
        level = 0
        while True:
            if level == len(self._levels):
                self._levels.append((0, []))
            written, hashes = self._levels[level]
            hashes.append(hashed)
            if len(hashes) < WIDTH:
                return
            self._write(str(level), written, hashes)
            self._levels[level] = (written + 1, [])
            hashed = _root_of_full(hashes)
            level += 1

    def finish(self) -> None:
        """Write the partial tiles at the right edge; an empty one is none."""
        if self._bundle:
            self._write("entries", self._bundles, self._bundle)
        for level, (written, hashes) in enumerate(self._levels):
            if hashes:
                self._write(str(level), written, hashes)

    def _write(self, level: str, index: int, parts: list[bytes]) -> None:
        path = self._root / tile_path(level, index, len(parts))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"".join(parts))


def tile_path(level: str, index: int, width: int = WIDTH) -> str:
    """Return where tile ``index`` of a level (or of ``entries``) lies; C2SP tlog-tiles.

    Index 1234067 is ``x001/x234/067``; a tile of fewer than 256 has ``.p/<width>`` behind it.
    """
    parts = [f"{index % 1000:03}"]
    while index := index // 1000:
        parts.append(f"x{index % 1000:03}")
    suffix = "" if width == WIDTH else f".p/{width}"
    return f"tile/{level}/{'/'.join(reversed(parts))}{suffix}"


def _root_of_full(hashes: list[bytes]) -> bytes:
    while len(hashes) > 1:
        hashes = [node_hash(hashes[i], hashes[i + 1]) for i in range(0, len(hashes), 2)]
    return hashes[0]
