"""Inclusion proofs as text (C2SP tlog-proof, ``c2sp.org/tlog-proof@v1``).

::

    c2sp.org/tlog-proof@v1
    extra <base64 of what the application adds>
    index <entry, from 0>
    <base64 of a hash, leaf to root; one a line, none for a log of one entry>

    <the checkpoint with all its signature lines>

``extra`` is there to rebuild the leaf from; here it is the leaf's bytes. It is not authenticated by
being there: only once its hash is shown to be in the tree.
"""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass

from hotline.errors import TrustError
from hotline.trust.checkpoint import Checkpoint
from hotline.trust.merkle import HASH_SIZE, MAX_TREE_SIZE, leaf_hash, verify_inclusion
from hotline.trust.notes import MAX_NOTE_SIZE, Note, decode_base64

HEADER = "c2sp.org/tlog-proof@v1"
MAX_PATH = 63
"""Hashes in a path: no tree of at most 2^63 - 1 leaves is deeper."""
MAX_EXTRA = 64 * 1024
MAX_PROOF_SIZE = MAX_NOTE_SIZE + 2 * MAX_EXTRA
"""Bytes in one proof."""

_INDEX = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Proof:
    """That the leaf whose bytes are ``extra`` is entry ``index`` of a checkpointed log.

    ``path`` holds hashes of 32 bytes, leaf to root; ``note`` is the checkpoint as signed, of which
    nothing is known until ``hotline.trust.checkpoint.open_checkpoint`` has read it.
    """

    index: int
    path: tuple[bytes, ...]
    note: bytes
    extra: bytes = b""

    def encode(self) -> str:
        """Return the proof as text."""
        lines = [HEADER, f"index {self.index}"]
        if self.extra:
            lines.insert(1, f"extra {b64encode(self.extra).decode()}")
        lines += [b64encode(node).decode() for node in self.path]
        return "\n".join([*lines, "", self.note.decode()])

    @classmethod
    def parse(cls, text: str) -> Proof:
        """Read ``encode()`` back, the one spelling of a proof; nothing is verified.

        Raises ``TrustError``: ``trust.malformed-proof``, or what is wrong with the note.
        """
        if len(text) > MAX_PROOF_SIZE:
            raise _malformed(f"it is longer than {MAX_PROOF_SIZE} bytes")
        head, blank_line, rest = text.partition("\n\n")
        first, *lines = head.split("\n")
        if first != HEADER or not blank_line or not lines:
            raise _malformed(f"it does not begin with {HEADER} and an index")
        extra = b""
        if lines[0].startswith("extra "):
            extra = decode_base64(lines.pop(0).removeprefix("extra ")) or b""
            if not 0 < len(extra) <= MAX_EXTRA:
                raise _malformed("its extra data cannot be read")
        word, _, digits = lines.pop(0).partition(" ") if lines else ("", "", "")
        if word != "index" or not _INDEX.fullmatch(digits) or int(digits) >= MAX_TREE_SIZE:
            raise _malformed("it names no entry")
        if len(lines) > MAX_PATH:
            raise _malformed(f"its path is longer than {MAX_PATH} hashes")
        path = [decode_base64(line) for line in lines]
        known = tuple(node for node in path if node is not None and len(node) == HASH_SIZE)
        if len(known) != len(path):
            raise _malformed("a line of its path is not a hash of 32 bytes")
        try:
            note = rest.encode()
        except UnicodeEncodeError:
            raise _malformed("its checkpoint is not text") from None
        Checkpoint.parse(Note.parse(note).text)
        return cls(int(digits), known, note, extra)

    def verify(self, leaf: bytes, checkpoint: Checkpoint) -> None:
        """Check that ``leaf`` (its bytes) lies at ``index`` of a checkpoint already opened.

        Raises ``TrustError``: ``trust.not-included``.
        """
        verify_inclusion(self.index, checkpoint.size, leaf_hash(leaf), self.path, checkpoint.root)


def _malformed(what: str) -> TrustError:
    return TrustError("trust.malformed-proof", f"this is not a tlog-proof: {what}")
