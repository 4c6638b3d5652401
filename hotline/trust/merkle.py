"""The tree under a log and under a group: RFC 6962 section 2.1, proofs verified as RFC 9162 says.

A leaf is ``SHA256(0x00 || data)``, a node ``SHA256(0x01 || left || right)``, the empty tree
``SHA256("")``; the left subtree of n leaves holds the largest power of two below n.

``Frontier`` is what a growing log needs in memory: the roots of its complete subtrees, one for
each bit of its size. Everything else reads stored hashes through a ``NodeReader``, and only those
of complete subtrees, which never change once they are written; the ragged right edge is computed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

from hotline.errors import TrustError, UsageError

NodeReader = Callable[[int, int], bytes]
"""``read(level, index)``: the hash over leaves ``[index << level, (index + 1) << level)``."""

HASH_SIZE = 32
MAX_TREE_SIZE = (1 << 63) - 1
"""Sizes fit a signed 64-bit integer, as stores and other languages hold them."""

EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """Return the 32-byte hash of a leaf's bytes."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the 32-byte hash of the node over two subtrees' hashes."""
    return sha256(b"\x01" + left + right).digest()


def tree_root(leaf_hashes: Sequence[bytes]) -> bytes:
    """Return the root over ``leaf_hashes`` (32 bytes each), all at once and without a frontier."""
    if not leaf_hashes:
        return EMPTY_ROOT
    row = leaf_hashes
    while len(row) > 1:
        row = _row_above(row)
    return row[0]


def batch_inclusion_paths(leaf_hashes: Sequence[bytes]) -> list[list[bytes]]:
    """Return the inclusion path of every leaf, leaf to root, for a tree that is all in memory.

    This is how each message of a signed group keeps its own proof. Verify with
    ``verify_inclusion``.
    """
    paths: list[list[bytes]] = [[] for _ in leaf_hashes]
    row, level = leaf_hashes, 0
    while len(row) > 1:
        for index, path in enumerate(paths):
            sibling = (index >> level) ^ 1
            if sibling < len(row):
                path.append(row[sibling])
        row, level = _row_above(row), level + 1
    return paths


def _row_above(row: Sequence[bytes]) -> Sequence[bytes]:
    # Pairing from the left and carrying an odd last node up unchanged gives the RFC's tree.
    above = [sha256(b"\x01" + row[i] + row[i + 1]).digest() for i in range(0, len(row) - 1, 2)]
    if len(row) & 1:
        above.append(row[-1])
    return above


class Frontier:
    """The size of a tree and the roots of its complete subtrees, largest (leftmost) first.

    Mutable, since it is on the way of every message; equal when size and hashes are. Appending
    costs one hash amortised, the root O(log n).

    Raises ``TrustError`` (``trust.malformed-frontier``) when the hashes cannot belong to ``size``.
    """

    __slots__ = ("_stack", "size")

    def __init__(self, size: int = 0, hashes: Iterable[bytes] = ()) -> None:
        stack = list(hashes)
        if not 0 <= size <= MAX_TREE_SIZE:
            raise TrustError("trust.malformed-frontier", "a tree's size is out of range")
        if len(stack) != size.bit_count() or any(len(h) != HASH_SIZE for h in stack):
            raise TrustError(
                "trust.malformed-frontier",
                f"a tree of {size} leaves needs {size.bit_count()} hashes of 32 bytes",
            )
        self.size = size
        self._stack = stack

    @property
    def hashes(self) -> tuple[bytes, ...]:
        """The roots of the complete subtrees, largest first: one for each bit set in ``size``."""
        return tuple(self._stack)

    def append(self, leaf_hash: bytes) -> None:
        """Add one leaf by its 32-byte hash."""
        size, stack = self.size, self._stack
        self.size = size + 1
        while size & 1:  # each trailing one is a subtree that this leaf makes complete
            leaf_hash = sha256(b"\x01" + stack.pop() + leaf_hash).digest()
            size >>= 1
        stack.append(leaf_hash)

    def grow(self, leaf_hash: bytes) -> list[bytes]:
        """Add one leaf, and return the root of each complete subtree that it closes.

        Item k is node ``(level k, index old_size >> k)``; item 0 is the leaf itself. A store
        that keeps these can serve as a ``NodeReader``.
        """
        size, stack = self.size, self._stack
        self.size = size + 1
        closed = [leaf_hash]
        while size & 1:
            leaf_hash = sha256(b"\x01" + stack.pop() + leaf_hash).digest()
            closed.append(leaf_hash)
            size >>= 1
        stack.append(leaf_hash)
        return closed

    def extend(self, leaf_hashes: Iterable[bytes]) -> None:
        """Add leaves by their 32-byte hashes, in order."""
        hash_, size, stack = sha256, self.size, self._stack
        for node in leaf_hashes:
            rest = size
            while rest & 1:
                node = hash_(b"\x01" + stack.pop() + node).digest()
                rest >>= 1
            stack.append(node)
            size += 1
        self.size = size

    def root(self) -> bytes:
        """Return the root of the tree (32 bytes)."""
        if not self._stack:
            return EMPTY_ROOT
        root = self._stack[-1]
        for left in self._stack[-2::-1]:
            root = sha256(b"\x01" + left + root).digest()
        return root

    def copy(self) -> Frontier:
        """Return an independent frontier of the same tree."""
        twin = Frontier.__new__(Frontier)
        twin.size, twin._stack = self.size, self._stack.copy()
        return twin

    def encode(self) -> bytes:
        """Return ``u64be size || hashes``, largest subtree first."""
        return self.size.to_bytes(8, "big") + b"".join(self._stack)

    @classmethod
    def decode(cls, data: bytes) -> Frontier:
        """Read what ``encode`` wrote; anything else raises ``TrustError``."""
        if len(data) < 8 or len(data) % HASH_SIZE != 8:
            raise TrustError("trust.malformed-frontier", "a frontier is 8 bytes and whole hashes")
        hashes = (data[i : i + HASH_SIZE] for i in range(8, len(data), HASH_SIZE))
        return cls(int.from_bytes(data[:8], "big"), hashes)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Frontier):
            return NotImplemented
        return self.size == other.size and self._stack == other._stack

    def __repr__(self) -> str:
        return f"Frontier(size={self.size}, root={self.root().hex()[:16]}…)"


def frontier_at(size: int, read: NodeReader) -> Frontier:
    """Return the frontier of the first ``size`` leaves: one read for each bit set in ``size``."""
    return Frontier(size, (read(level, index) for level, index in _complete_subtrees(0, size)))


def root_at(size: int, read: NodeReader) -> bytes:
    """Return the root that the log had when it held ``size`` leaves."""
    return frontier_at(size, read).root()


def inclusion_path(index: int, size: int, read: NodeReader) -> list[bytes]:
    """Return the path that proves leaf ``index`` in the tree of ``size`` leaves, leaf to root.

    RFC 6962 section 2.1.1. Raises ``UsageError`` (``trust.no-such-leaf``).
    """
    if not 0 <= index < size:
        raise UsageError(
            "trust.no-such-leaf",
            f"there is no leaf {index} in a log of {size} entries",
            "entries count from 0; ask for one below the log's size",
        )
    path = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _left_size(end - start)
        if index < middle:
            path.append(_range_root(middle, end, read))
            end = middle
        else:
            path.append(_range_root(start, middle, read))
            start = middle
    path.reverse()
    return path


def consistency_path(old: int, new: int, read: NodeReader) -> list[bytes]:
    """Return the path that proves the tree of ``old`` leaves a prefix of that of ``new`` leaves.

    RFC 6962 section 2.1.2; empty when ``old`` is 0 (nothing to prove) or equal to ``new``.
    Raises ``UsageError`` (``trust.no-such-size``).
    """
    if not 0 <= old <= new:
        raise UsageError(
            "trust.no-such-size",
            f"a log of {new} entries never had {old}",
            "prove consistency from the smaller size to the larger",
        )
    if old == 0:
        return []
    path = []
    start, end = 0, new
    while old != end:
        middle = start + _left_size(end - start)
        if old <= middle:
            path.append(_range_root(middle, end, read))
            end = middle
        else:
            path.append(_range_root(start, middle, read))
            start = middle
    if start:  # otherwise the old tree is itself a subtree, whose root the verifier knows
        path.append(_range_root(start, end, read))
    path.reverse()
    return path


def _left_size(size: int) -> int:
    """Return the largest power of two below ``size`` (which is 2 or more)."""
    return 1 << ((size - 1).bit_length() - 1)


def _complete_subtrees(start: int, end: int) -> Iterable[tuple[int, int]]:
    """Yield (level, index) of the complete subtrees that make up ``[start, end)``.

    ``start`` is a multiple of every power of two up to ``end - start``, as it is for each
    subtree of an RFC 6962 tree.
    """
    while start < end:
        level = (end - start).bit_length() - 1
        yield level, start >> level
        start += 1 << level


def _range_root(start: int, end: int, read: NodeReader) -> bytes:
    hashes = [read(level, index) for level, index in _complete_subtrees(start, end)]
    root = hashes[-1]
    for left in hashes[-2::-1]:
        root = node_hash(left, root)
    return root


def verify_inclusion(
    index: int, size: int, leaf_hash: bytes, path: Sequence[bytes], root: bytes
) -> None:
    """Check that ``leaf_hash`` is leaf ``index`` of the tree of ``size`` leaves with ``root``.

    RFC 9162 section 2.1.3.2. Raises ``TrustError`` (``trust.malformed-proof``,
    ``trust.not-included``).
    """
    if not 0 <= index < size:
        raise TrustError("trust.not-included", f"leaf {index} lies outside a tree of {size}")
    _check_hashes((leaf_hash, root, *path))
    node, last, computed = index, size - 1, leaf_hash
    for sibling in path:
        if last == 0:
            raise TrustError("trust.not-included", "the inclusion proof is too long")
        if node & 1 or node == last:
            computed = node_hash(sibling, computed)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            computed = node_hash(computed, sibling)
        node, last = node >> 1, last >> 1
    if last or computed != root:
        raise TrustError("trust.not-included", "the inclusion proof does not lead to the root")


def verify_consistency(
    old: int, old_root: bytes, new: int, new_root: bytes, path: Sequence[bytes]
) -> None:
    """Check that the tree of ``old`` leaves is a prefix of the tree of ``new`` leaves.

    RFC 9162 section 2.1.4.2; from the empty tree everything is consistent, with an empty path.
    Raises ``TrustError`` (``trust.malformed-proof``, ``trust.not-consistent``).
    """
    if not 0 <= old <= new:
        raise TrustError("trust.not-consistent", f"a log cannot shrink from {old} to {new} entries")
    _check_hashes((old_root, new_root, *path))
    if old in (0, new):
        expected = EMPTY_ROOT if old == 0 else new_root
        if path or old_root != expected:
            raise TrustError(
                "trust.not-consistent",
                "two roots of one size differ, or a proof is given where none is needed",
            )
        return
    hashes = [old_root, *path] if old & (old - 1) == 0 else list(path)
    if not hashes:
        raise TrustError("trust.not-consistent", "the consistency proof is empty")
    node, last = old - 1, new - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old_computed = new_computed = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            raise TrustError("trust.not-consistent", "the consistency proof is too long")
        if node & 1 or node == last:
            old_computed = node_hash(sibling, old_computed)
            new_computed = node_hash(sibling, new_computed)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            new_computed = node_hash(new_computed, sibling)
        node, last = node >> 1, last >> 1
    if last or old_computed != old_root or new_computed != new_root:
        raise TrustError(
            "trust.not-consistent", "the log was rewritten: the proof does not join its two roots"
        )


def _check_hashes(hashes: Iterable[bytes]) -> None:
    if any(len(h) != HASH_SIZE for h in hashes):
        raise TrustError("trust.malformed-proof", "a hash of a proof is not 32 bytes long")
