"""Logs of leaf hashes alone, as a witness sees them: honest ones, and ones that were rewritten."""

from __future__ import annotations

from hotline.journal.journal import Journal
from hotline.journal.outgoing import take_receipt
from hotline.journal.witnessing import Submission
from hotline.trust.checkpoint import Checkpoint
from hotline.trust.keys import PrivateKey, Role
from hotline.trust.merkle import Frontier, consistency_path, leaf_hash, node_hash
from hotline.trust.notes import Note, NoteKey, sign_text
from hotline.wire.frames import Receipt
from tests.journal.ledger import T0_US, do, key, line_of

ORIGIN = "hotline/exercise/hmeimim/iaf/1"


class Tree:
    """A log that its centre keeps, or would have liked to keep: any leaves, honestly hashed."""

    def __init__(self, origin: str, leaves: list[bytes], signer: PrivateKey) -> None:
        self.origin = origin
        self.leaves = leaves
        self.signer = signer
        self.key = NoteKey(origin, signer.public_key)

    def read(self, level: int, index: int) -> bytes:
        """Return one node of the tree."""
        if level == 0:
            return self.leaves[index]
        return node_hash(self.read(level - 1, 2 * index), self.read(level - 1, 2 * index + 1))

    def checkpoint(self, size: int) -> Checkpoint:
        """Return the checkpoint of the first ``size`` leaves."""
        frontier = Frontier()
        frontier.extend(self.leaves[:size])
        return Checkpoint(self.origin, size, frontier.root())

    def note(self, size: int) -> bytes:
        """Sign it, with whatever key this is."""
        text = self.checkpoint(size).text()
        return Note(text, (sign_text(text, self.origin, self.signer),)).encode()

    def proof(self, old: int, size: int) -> tuple[bytes, ...]:
        """Return the consistency proof between two sizes; none where there is none."""
        return tuple(consistency_path(old, size, self.read)) if old <= size else ()

    def submission(self, old: int, size: int) -> Submission:
        """Submit it, with the proof from ``old``."""
        return Submission(
            self.key, self.note(size), self.checkpoint(size), old, self.proof(old, size)
        )


def tree(
    size: int = 40,
    origin: str = ORIGIN,
    forked_at: int | None = None,
    signer: PrivateKey | None = None,
) -> Tree:
    """Return the honest log, or one that tells another story from an entry on."""
    at = size if forked_at is None else forked_at
    honest = [leaf_hash(b"entry %d" % n) for n in range(at)]
    lies = [leaf_hash(b"lie %d %d" % (at, n)) for n in range(at, size)]
    return Tree(origin, honest + lies, signer or key(Role.LOG, "hmeimim"))


def grow_mirror(journal: Journal, log: Tree, size: int) -> None:
    """Let the line's mirror grow to ``size``, as by an update of the peer."""
    line = line_of(journal)
    old = line.mirror.size
    frontier = line.mirror.frontier.copy()
    leaves = log.leaves[old:size]
    frontier.extend(leaves)
    update = Receipt(log.note(size), old, b"".join(leaves), ())
    do(journal, lambda j: take_receipt(j, line_of(j), update, frontier, (), T0_US))
