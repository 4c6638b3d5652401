from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.errors import TrustError, UsageError
from hotline.trust.merkle import (
    EMPTY_ROOT,
    MAX_TREE_SIZE,
    Frontier,
    batch_inclusion_paths,
    consistency_path,
    frontier_at,
    inclusion_path,
    leaf_hash,
    node_hash,
    root_at,
    tree_root,
    verify_consistency,
    verify_inclusion,
)

# The reference inputs that Certificate Transparency implementations share, and the roots of
# their first 1, 2, ... leaves.
CT_INPUTS = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
CT_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]

sizes = st.integers(0, 70)


def mth(leaves: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, letter for letter."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return sha256(b"\x01" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def path(m: int, leaves: list[bytes]) -> list[bytes]:
    """RFC 6962 section 2.1.1, letter for letter."""
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if m < k:
        return [*path(m, leaves[:k]), mth(leaves[k:])]
    return [*path(m - k, leaves[k:]), mth(leaves[:k])]


def subproof(m: int, leaves: list[bytes], known: bool) -> list[bytes]:
    """RFC 6962 section 2.1.2, letter for letter."""
    if m == len(leaves):
        return [] if known else [mth(leaves)]
    k = split(len(leaves))
    if m <= k:
        return [*subproof(m, leaves[:k], known), mth(leaves[k:])]
    return [*subproof(m - k, leaves[k:], False), mth(leaves[:k])]


def split(n: int) -> int:
    """Return the largest power of two below n."""
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def hashes(count: int) -> list[bytes]:
    """Return that many leaf hashes, all different."""
    return [leaf_hash(str(i).encode()) for i in range(count)]


class Store:
    """A reader of complete subtrees that fails the test when asked for any other."""

    def __init__(self, leaves: list[bytes]) -> None:
        self.leaves = leaves

    def __call__(self, level: int, index: int) -> bytes:
        """Read as a ``NodeReader`` does."""
        start, end = index << level, (index + 1) << level
        assert end <= len(self.leaves), "an incomplete subtree was read"
        return mth(self.leaves[start:end])


def flipped(data: bytes, bit: int) -> bytes:
    """Return ``data`` with one bit changed."""
    changed = bytearray(data)
    changed[bit // 8 % len(data)] ^= 1 << bit % 8
    return bytes(changed)


# Roots


@pytest.mark.parametrize("size", range(1, 9))
def test_reference_roots(size: int) -> None:
    """The roots over the shared reference inputs come out, by each way of computing them."""
    leaves = [leaf_hash(data) for data in CT_INPUTS[:size]]
    expected = bytes.fromhex(CT_ROOTS[size - 1])
    frontier = Frontier()
    frontier.extend(leaves)
    assert tree_root(leaves) == expected
    assert frontier.root() == expected
    assert root_at(size, Store(leaves)) == expected


def test_empty_tree() -> None:
    """The empty tree has the hash of nothing as its root."""
    assert EMPTY_ROOT.hex().startswith("e3b0c44298fc1c14")
    assert tree_root([]) == Frontier().root() == root_at(0, Store([])) == EMPTY_ROOT


def test_leaf_and_node_are_told_apart() -> None:
    """A leaf that spells out a node hashes to something else than that node."""
    left, right = hashes(2)
    assert leaf_hash(left + right) != node_hash(left, right)


@settings(max_examples=60)
@given(sizes)
def test_every_way_to_the_root_agrees(size: int) -> None:
    """All at once, leaf by leaf, in bulk and from a store give the oracle's root."""
    leaves = hashes(size)
    one_by_one, bulk, growing = Frontier(), Frontier(), Frontier()
    for leaf in leaves:
        one_by_one.append(leaf)
        growing.grow(leaf)
    bulk.extend(leaves)
    stored = frontier_at(size, Store(leaves))
    assert one_by_one == bulk == growing == stored
    assert one_by_one.root() == tree_root(leaves) == mth(leaves)


@settings(max_examples=30)
@given(sizes, sizes)
def test_a_store_fed_by_grow_can_be_read(old: int, new: int) -> None:
    """The nodes that ``grow`` returns are those that a reader is asked for."""
    nodes: dict[tuple[int, int], bytes] = {}
    frontier = Frontier()
    leaves = hashes(max(old, new))
    for index, leaf in enumerate(leaves):
        for level, node in enumerate(frontier.grow(leaf)):
            nodes[level, index >> level] = node
    assert root_at(old, lambda level, index: nodes[level, index]) == mth(leaves[:old])


# Frontier


@settings(max_examples=40)
@given(sizes)
def test_frontier_survives_encoding(size: int) -> None:
    """A frontier read back is equal and goes on growing to the same root."""
    frontier = Frontier()
    frontier.extend(hashes(size))
    again = Frontier.decode(frontier.encode())
    assert again == frontier
    assert again.size == size
    frontier.append(EMPTY_ROOT)
    assert again != frontier
    again.append(EMPTY_ROOT)
    assert again.root() == frontier.root()


def test_copy_is_independent() -> None:
    """Appending to a copy leaves the original as it was."""
    frontier = Frontier()
    frontier.extend(hashes(5))
    root = frontier.root()
    twin = frontier.copy()
    assert twin == frontier
    twin.append(EMPTY_ROOT)
    assert frontier.size == 5
    assert frontier.root() == root


def test_frontier_shows_itself() -> None:
    """A frontier prints its size and the start of its root, and differs from other things."""
    assert repr(Frontier()) == "Frontier(size=0, root=e3b0c44298fc1c14…)"
    assert Frontier() != 0
    assert Frontier(1, [EMPTY_ROOT]).hashes == (EMPTY_ROOT,)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        bytes(7),
        bytes(9),
        bytes(8 + 31),
        bytes(8 + 32),
        (1).to_bytes(8, "big"),
        (3).to_bytes(8, "big") + bytes(32),
        (MAX_TREE_SIZE + 1).to_bytes(8, "big") + bytes(32),
    ],
)
def test_malformed_frontier(data: bytes) -> None:
    """Bytes whose hashes do not fit the size are refused."""
    with pytest.raises(TrustError) as caught:
        Frontier.decode(data)
    assert caught.value.code == "trust.malformed-frontier"


@pytest.mark.parametrize(("size", "given_hashes"), [(-1, []), (1, [b"short"]), (1, [])])
def test_impossible_frontier(size: int, given_hashes: list[bytes]) -> None:
    """A frontier cannot be built from a size and hashes that do not fit."""
    with pytest.raises(TrustError) as caught:
        Frontier(size, given_hashes)
    assert caught.value.code == "trust.malformed-frontier"


@settings(max_examples=60)
@given(st.binary(max_size=120))
def test_any_bytes_decode_or_are_refused(data: bytes) -> None:
    """Garbage is accepted as it stands or raises a trust error, nothing else."""
    try:
        frontier = Frontier.decode(data)
    except TrustError:
        return
    assert frontier.encode() == data


# Inclusion


@settings(max_examples=60)
@given(st.integers(1, 70), st.data())
def test_inclusion(size: int, data: st.DataObject) -> None:
    """Each leaf's path is the oracle's, and verifies."""
    index = data.draw(st.integers(0, size - 1))
    leaves = hashes(size)
    found = inclusion_path(index, size, Store(leaves))
    assert found == path(index, leaves)
    verify_inclusion(index, size, leaves[index], found, mth(leaves))


@settings(max_examples=60)
@given(st.integers(2, 40), st.data())
def test_altered_inclusion(size: int, data: st.DataObject) -> None:
    """A path does not verify with anything of the statement changed."""
    index = data.draw(st.integers(0, size - 1))
    leaves = hashes(size)
    root, found = mth(leaves), path(index, leaves)
    bit = data.draw(st.integers(0, 255))
    place = data.draw(st.integers(0, len(found) - 1))
    statements = [
        (index, size, flipped(leaves[index], bit), found, root),
        (index, size, leaves[index], found, flipped(root, bit)),
        (index, size, leaves[index], found[:-1], root),
        (index, size, leaves[index], [*found, root], root),
        (
            index,
            size,
            leaves[index],
            [*found[:place], flipped(found[place], bit), *found[place + 1 :]],
            root,
        ),
        (size, size, leaves[index], found, root),
        (-1, size, leaves[index], found, root),
    ]
    for statement in statements:
        with pytest.raises(TrustError) as caught:
            verify_inclusion(*statement)
        assert caught.value.code == "trust.not-included"


def test_short_hash_in_a_proof() -> None:
    """A proof whose hashes are not 32 bytes is refused before it is folded."""
    with pytest.raises(TrustError) as caught:
        verify_inclusion(0, 2, EMPTY_ROOT, [b"short"], EMPTY_ROOT)
    assert caught.value.code == "trust.malformed-proof"
    with pytest.raises(TrustError) as caught:
        verify_consistency(1, EMPTY_ROOT, 2, EMPTY_ROOT, [b"short"])
    assert caught.value.code == "trust.malformed-proof"


@pytest.mark.parametrize(("index", "size"), [(0, 0), (3, 3), (-1, 3)])
def test_no_such_leaf(index: int, size: int) -> None:
    """Asking for a path of a leaf that is not there is our own mistake, not the peer's."""
    with pytest.raises(UsageError) as caught:
        inclusion_path(index, size, Store(hashes(4)))
    assert caught.value.code == "trust.no-such-leaf"


@pytest.mark.parametrize("size", [*range(20), 64, 65])
def test_group_paths(size: int) -> None:
    """Every message of a group gets the path that proves it in the group's root."""
    leaves = hashes(size)
    paths = batch_inclusion_paths(leaves)
    assert paths == [path(index, leaves) for index in range(size)]
    for index, found in enumerate(paths):
        verify_inclusion(index, size, leaves[index], found, tree_root(leaves))


# Consistency


@settings(max_examples=80)
@given(sizes, sizes)
def test_consistency(one: int, other: int) -> None:
    """The path between two sizes is the oracle's, and verifies."""
    old, new = sorted((one, other))
    leaves = hashes(new)
    found = consistency_path(old, new, Store(leaves))
    assert found == (subproof(old, leaves, True) if old else [])
    verify_consistency(old, mth(leaves[:old]), new, mth(leaves), found)


@settings(max_examples=60)
@given(st.integers(1, 40), st.integers(1, 40), st.data())
def test_altered_consistency(one: int, other: int, data: st.DataObject) -> None:
    """A path between two sizes does not verify with anything of the statement changed."""
    old, new = sorted((one, other))
    leaves = hashes(new)
    old_root, new_root, found = mth(leaves[:old]), mth(leaves), subproof(old, leaves, True)
    bit = data.draw(st.integers(0, 255))
    statements = [
        (old, flipped(old_root, bit), new, new_root, found),
        (old, old_root, new, flipped(new_root, bit), found),
        (old, old_root, new, new_root, [*found, new_root]),
        (new + 1, old_root, new, new_root, found),
        (-1, old_root, new, new_root, found),
    ]
    if found:
        place = data.draw(st.integers(0, len(found) - 1))
        wrong = [*found[:place], flipped(found[place], bit), *found[place + 1 :]]
        statements += [
            (old, old_root, new, new_root, found[:-1]),
            (old, old_root, new, new_root, wrong),
        ]
    for statement in statements:
        with pytest.raises(TrustError) as caught:
            verify_consistency(*statement)
        assert caught.value.code == "trust.not-consistent"


def test_empty_proof_between_sizes() -> None:
    """Two different sizes are never consistent without a proof."""
    leaves = hashes(7)
    for old in range(1, 7):
        with pytest.raises(TrustError) as caught:
            verify_consistency(old, mth(leaves[:old]), 7, mth(leaves), [])
        assert caught.value.code == "trust.not-consistent"


def test_from_the_empty_tree() -> None:
    """From nothing everything follows, but only from the true root of nothing and no proof."""
    root = mth(hashes(3))
    verify_consistency(0, EMPTY_ROOT, 3, root, [])
    for old_root, found in ((root, []), (EMPTY_ROOT, [root])):
        with pytest.raises(TrustError) as caught:
            verify_consistency(0, old_root, 3, root, found)
        assert caught.value.code == "trust.not-consistent"


@pytest.mark.parametrize(("old", "new"), [(4, 3), (-1, 3)])
def test_no_such_size(old: int, new: int) -> None:
    """Asking for a proof from a larger size to a smaller one is our own mistake."""
    with pytest.raises(UsageError) as caught:
        consistency_path(old, new, Store(hashes(4)))
    assert caught.value.code == "trust.no-such-size"
