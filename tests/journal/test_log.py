"""One log on disk: any way to append and write gives the tree of RFC 6962, at any size."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.errors import JournalError
from hotline.journal.log import (
    BLOCK,
    LogTree,
    joined_hashes,
    leaf_hashes,
    load_log,
    node_reader,
    stored_root,
)
from hotline.journal.schema import SCHEMA
from hotline.journal.state import load_or_create_log
from hotline.trust.merkle import (
    Frontier,
    consistency_path,
    inclusion_path,
    tree_root,
    verify_consistency,
    verify_inclusion,
)

ORIGIN = "hotline/exercise/iaf/hmeimim/1"
LEAVES = [sha256(n.to_bytes(4, "big")).digest() for n in range(1100)]
BOUNDARIES = [1, 2, 255, 256, 257, 511, 512, 513, 1024, 1100]


@pytest.fixture
def store() -> Iterator[sqlite3.Connection]:
    """Give an empty journal in memory."""
    connection = new_store()
    yield connection
    connection.close()


def new_store() -> sqlite3.Connection:
    """Make an empty journal in memory."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.executescript(SCHEMA)
    return connection


def grown(connection: sqlite3.Connection, leaves: list[bytes], runs: list[int]) -> LogTree:
    """Append ``leaves`` to a log, written in runs of these lengths and the rest at once."""
    tree = load_or_create_log(connection, ORIGIN, own=True)
    done = 0
    for length in [*runs, len(leaves)]:
        for leaf in leaves[done : done + length]:
            tree.append(leaf)
        done = min(done + length, len(leaves))
        tree.flush(connection)
    return tree


@given(
    st.sampled_from([0, *BOUNDARIES]) | st.integers(0, 700),
    st.lists(st.integers(0, 300), max_size=6),
)
def test_any_runs_give_the_tree(size: int, runs: list[int]) -> None:
    """However leaves come to disk, memory and disk both give the root of all of them."""
    connection = new_store()
    tree = grown(connection, LEAVES[:size], runs)
    again = load_log(connection, tree.id)
    assert tree.frontier.root() == tree_root(LEAVES[:size])
    assert stored_root(connection, tree.id, size) == tree_root(LEAVES[:size])
    assert (again.size, again.frontier, again.block, again.written) == (
        size,
        tree.frontier,
        tree.block,
        size,
    )
    assert leaf_hashes(connection, tree.id, 0, size) == LEAVES[:size]
    connection.close()


def test_reopening_at_every_size_changes_nothing(store: sqlite3.Connection) -> None:
    """A log that is loaded anew before each append grows like one that stays open."""
    tree = load_or_create_log(store, ORIGIN, own=True)
    for size, leaf in enumerate(LEAVES[:520], start=1):
        tree = load_log(store, tree.id)
        tree.append(leaf)
        tree.flush(store)
        if size in BOUNDARIES:
            assert stored_root(store, tree.id, size) == tree_root(LEAVES[:size])
    assert tree.frontier.root() == tree_root(LEAVES[:520])


@pytest.mark.parametrize("size", BOUNDARIES)
def test_every_proof_can_be_made(store: sqlite3.Connection, size: int) -> None:
    """Inclusion and consistency proofs from disk lead to the roots that the tree had."""
    tree = grown(store, LEAVES, [100, 300, 7])
    read = node_reader(store, tree.id)
    root, final = tree_root(LEAVES[:size]), tree_root(LEAVES)
    for index in {0, size // 2, size - 1}:
        path = inclusion_path(index, size, read)
        verify_inclusion(index, size, LEAVES[index], path, root)
    verify_consistency(size, root, len(LEAVES), final, consistency_path(size, len(LEAVES), read))


@pytest.mark.parametrize("size", [65_535, 65_536, 65_537, 131_072 + 256])
def test_the_second_level_of_blocks(store: sqlite3.Connection, size: int) -> None:
    """Blocks of blocks are stored where 65 536 leaves are complete, and proofs go through them."""
    leaves = [n.to_bytes(32, "big") for n in range(size)]
    tree = grown(store, leaves, [65_000])
    assert tree.frontier.root() == stored_root(store, tree.id, size) == tree_root(leaves)
    stored = store.execute("SELECT count(*) FROM subtree WHERE level = 16").fetchone()[0]
    assert stored == size // 65_536
    read = node_reader(load_and_count(store, tree.id), tree.id)
    for index in (0, 65_534, size - 1):
        path = inclusion_path(index, size, read)
        verify_inclusion(index, size, leaves[index], path, tree.frontier.root())


def load_and_count(connection: sqlite3.Connection, log: int) -> sqlite3.Connection:
    """Load a log first, as a journal that is opened does."""
    assert len(load_log(connection, log).block) < BLOCK
    return connection


def test_a_mirror_adopts_what_the_line_has_folded(store: sqlite3.Connection) -> None:
    """Leaf hashes with their ready frontier are stored like leaves that are appended."""
    tree = grown(store, LEAVES[:250], [])
    frontier = tree.frontier.copy()
    frontier.extend(LEAVES[250:900])
    tree.adopt(LEAVES[250:900], frontier)
    tree.flush(store)
    assert stored_root(store, tree.id, 900) == tree_root(LEAVES[:900])
    frontier.append(LEAVES[900])
    assert tree.size == 900, "the line goes on with its own frontier, not with the journal's"


def test_leaf_hashes_of_any_range(store: sqlite3.Connection) -> None:
    """A range within, across and beyond runs gives the hashes that exist."""
    tree = grown(store, LEAVES[:600], [10, 90, 300])
    for first, end in ((0, 1), (9, 11), (100, 100), (5, 3), (95, 405), (599, 600)):
        assert leaf_hashes(store, tree.id, first, end) == LEAVES[first : max(first, end)]
    assert leaf_hashes(store, tree.id, 590, 700) == LEAVES[590:600]
    assert joined_hashes(store, tree.id, 3, 5) == LEAVES[3] + LEAVES[4]


@pytest.mark.parametrize(
    ("damage", "what"),
    [
        ("UPDATE log SET frontier = x'00'", "frontier cannot be read"),
        ("UPDATE log SET size = size + 1", "its row says"),
        ("DELETE FROM leaf_run WHERE first >= 290", "leaf hashes from 256 to 300"),
        ("UPDATE leaf_run SET hashes = zeroblob(320) WHERE first = 290", "not that of its leaf"),
        ("UPDATE subtree SET hash = zeroblob(32)", "not that of its leaf hashes"),
    ],
)
def test_a_damaged_edge_is_not_loaded(store: sqlite3.Connection, damage: str, what: str) -> None:
    """An edge that does not fit the stored hashes is found before anything is signed with it."""
    tree = grown(store, LEAVES[:300], [290])
    store.execute(damage)
    with pytest.raises(JournalError, match=what) as caught:
        load_log(store, tree.id)
    assert caught.value.code == "journal.corrupt"


@pytest.mark.parametrize("table", ["subtree", "leaf_run"])
def test_missing_hashes_are_named(store: sqlite3.Connection, table: str) -> None:
    """A proof through rows that are gone says so instead of giving another root."""
    tree = grown(store, LEAVES[:600], [])
    store.execute(f"DELETE FROM {table}")
    with pytest.raises(JournalError) as caught:
        inclusion_path(0, 600, node_reader(store, tree.id))
    assert caught.value.code == "journal.hash-missing"
    if table == "leaf_run":
        with pytest.raises(JournalError, match="from 3 to 5"):
            joined_hashes(store, tree.id, 3, 5)


def test_a_gap_between_runs_ends_a_range(store: sqlite3.Connection) -> None:
    """Hashes beyond a missing run are never given in its place."""
    tree = grown(store, LEAVES[:200], [50, 50, 50])
    store.execute("DELETE FROM leaf_run WHERE first = 50")
    assert leaf_hashes(store, tree.id, 0, 200) == LEAVES[:50]
    assert leaf_hashes(store, tree.id, 60, 120) == []


def test_an_empty_log_is_the_empty_tree(store: sqlite3.Connection) -> None:
    """A new log has the empty root and is the same when it is asked for again."""
    tree = load_or_create_log(store, ORIGIN, own=True)
    again = load_or_create_log(store, ORIGIN, own=True)
    assert again.id == tree.id
    assert again.frontier == Frontier()
    assert stored_root(store, tree.id, 0) == tree_root([])
