"""Tiles: what is exported is checked from its files alone, by libraries that are not ours."""

from __future__ import annotations

import base64
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st
from pymerkle import InmemoryTree, verify_consistency, verify_inclusion

from hotline.audit.entries import Log, logs_of
from hotline.audit.export.tiles import TilesWritten, tile_path, write_tiles
from hotline.errors import HotlineError
from hotline.journal.incoming import take_cosignature, witness
from hotline.journal.journal import JOURNAL_FILE, Journal
from hotline.journal.records import append_record
from hotline.journal.schema import connect
from hotline.trust.keys import Role
from hotline.wire.codec import pack
from tests.journal.ledger import T0_US, catch_up, do, key, line_of, open_journal, say

SIZES = (1, 2, 255, 256, 257, 512, 65_535, 65_536, 65_537, 66_000)
OWN = "hotline/exercise/iaf/hmeimim/1"
UP = pack({"state": "up", "remote": "127.0.0.1"})


def grow(journal: Journal, size: int) -> None:
    """Enter records until the line's log has ``size`` entries, and sign a checkpoint over them."""

    def action(grown: Journal) -> None:
        line = line_of(grown)
        while line.own.size < size:
            append_record(grown, line, "association", UP, T0_US)
        line.seal_wanted = True

    do(journal, action)


def log_named(connection: sqlite3.Connection, origin: str) -> Log:
    """Return the log of that origin."""
    return next(log for log in logs_of(connection) if log.origin == origin)


def export(
    journal: Path, directory: Path, at: int | None = None, origin: str = OWN
) -> TilesWritten:
    """Export a log of a journal's directory as one does from the command line."""
    with closing(connect(journal / JOURNAL_FILE, writable=False)) as connection:
        connection.execute("BEGIN")
        log = log_named(connection, origin)
        return write_tiles(connection, log, key(Role.LOG, "iaf").public_key, directory, at=at)


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a journal whose line's log has a checkpoint at each of the sizes."""
    directory = tmp_path_factory.mktemp("journal")
    opened = open_journal(directory)
    try:
        say(opened)
        for size in SIZES:
            grow(opened, size)
    finally:
        opened.close()
    return directory


class Exported:
    """A tiles directory, read by the standard alone: nothing of ours is used."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        note = (directory / "checkpoint").read_bytes()
        text, _, signatures = note.decode().rpartition("\n\n")
        self.text = text + "\n"
        self.signatures = signatures.splitlines()
        self.origin, size, root = text.split("\n")
        self.size, self.root = int(size), base64.b64decode(root)

    def check_signature(self) -> None:
        """Verify the log's signature with the key in log.vkey, by ``cryptography`` itself."""
        vkey = (self.directory / "log.vkey").read_text("ascii").strip()
        name, hex_id, encoded = vkey.split("+", 2)
        typed = base64.b64decode(encoded)
        assert typed[:1] == b"\x01"
        assert sha256(name.encode() + b"\n" + typed).hexdigest()[:8] == hex_id
        assert name == self.origin
        dash, signer, signature = self.signatures[0].split(" ")
        raw = base64.b64decode(signature)
        assert (dash, signer, raw[:4].hex()) == ("\N{EM DASH}", name, hex_id)
        Ed25519PublicKey.from_public_bytes(typed[1:]).verify(raw[4:], self.text.encode())

    def path(self, level: str, index: int, width: int) -> Path:
        """Return where a tile lies, by string formatting of its own."""
        digits = f"{index:03d}"
        digits = digits.rjust(-(-len(digits) // 3) * 3, "0")
        parts = [digits[i : i + 3] for i in range(0, len(digits), 3)]
        name = "/".join(["x" + part for part in parts[:-1]] + parts[-1:])
        return self.directory / "tile" / level / (name if width == 256 else f"{name}.p/{width}")

    def expected(self) -> Iterator[tuple[str, int, int, int]]:
        """Yield (level, index, width, height) of every tile that the standard wants, no other."""
        height = 0
        while self.size >> (8 * height):
            count = self.size >> (8 * height)
            for level in ("entries", "0") if height == 0 else (str(height),):
                for index in range(count >> 8):
                    yield level, index, 256, height
                if count & 255:
                    yield level, count >> 8, count & 255, height
            height += 1

    def leaves(self) -> list[bytes]:
        """Return every entry, from the bundles."""
        found = []
        for level, index, width, _ in self.expected():
            if level == "entries":
                data = self.path(level, index, width).read_bytes()
                for _ in range(width):
                    length = int.from_bytes(data[:2], "big")
                    found.append(data[2 : 2 + length])
                    assert len(found[-1]) == length
                    data = data[2 + length :]
                assert not data
        return found


def check(directory: Path, every: int = 1) -> tuple[Exported, InmemoryTree]:
    """Verify an export from its files alone; return it with the other library's tree."""
    exported = Exported(directory)
    exported.check_signature()
    leaves = exported.leaves()
    assert len(leaves) == exported.size
    tree = InmemoryTree(algorithm="sha256")
    for leaf in leaves:
        tree.append_entry(leaf)
    assert tree.get_root() == exported.root
    files = {path for path in directory.rglob("*") if path.is_file()}
    due = {directory / "checkpoint", directory / "log.vkey"}
    row = [sha256(b"\x00" + leaf).digest() for leaf in leaves]
    rows = {0: row}
    for level, index, width, height in exported.expected():
        path = exported.path(level, index, width)
        due.add(path)
        if level == "entries":
            continue
        while max(rows) < height:
            above = rows[max(rows)]
            for _ in range(8):
                above = [
                    sha256(b"\x01" + above[i] + above[i + 1]).digest()
                    for i in range(0, len(above) - 1, 2)
                ]
            rows[max(rows) + 1] = above
        wanted = rows[height][index * 256 : index * 256 + width]
        assert path.read_bytes() == b"".join(wanted), path
    assert files == due
    for index in range(0, exported.size, every):
        proof = tree.prove_inclusion(index + 1)
        base = sha256(b"\x00" + leaves[index]).digest()
        verify_inclusion(base, exported.root, proof, index + 1, exported.size)
    return exported, tree


@pytest.mark.parametrize("size", SIZES)
def test_another_library_verifies_an_export_from_its_files_alone(
    journal: Path, tmp_path: Path, size: int
) -> None:
    """Signature, root, each tile's content and each entry's inclusion hold; no file is over."""
    written = export(journal, tmp_path / "tiles", at=size)
    exported, _ = check(tmp_path / "tiles", every=1 if size < 1000 else 3571)
    assert (written.origin, written.size, written.root) == (OWN, size, exported.root)


def test_a_later_export_is_consistent_with_an_earlier_one(journal: Path, tmp_path: Path) -> None:
    """The other library proves that each checkpoint's log is the beginning of the next one's."""
    older = []
    for size in (1, 2, 255, 256, 257, 512):
        export(journal, tmp_path / str(size), at=size)
        exported, tree = check(tmp_path / str(size), every=64)
        for old in older:
            proof = tree.prove_consistency(old.size, exported.size)
            verify_consistency(old.root, exported.root, proof)
        older.append(exported)


def test_an_export_is_the_newest_checkpoint_of_at_most_that_size(
    journal: Path, tmp_path: Path
) -> None:
    """Between two checkpoints the smaller one is taken, without a size the newest."""
    assert export(journal, tmp_path / "between", at=300).size == 257
    assert export(journal, tmp_path / "newest").size == SIZES[-1]


def test_the_same_record_gives_the_same_bytes(journal: Path, tmp_path: Path) -> None:
    """Two exports at one size are equal, file by file."""
    trees = []
    for name in ("one", "two"):
        export(journal, tmp_path / name, at=257)
        files = sorted(path for path in (tmp_path / name).rglob("*") if path.is_file())
        trees.append({f.relative_to(tmp_path / name).as_posix(): f.read_bytes() for f in files})
    assert trees[0] == trees[1]
    assert sorted(trees[0]) == [
        "checkpoint",
        "log.vkey",
        "tile/0/000",
        "tile/0/001.p/1",
        "tile/1/000.p/1",
        "tile/entries/000",
        "tile/entries/001.p/1",
    ]


def test_tiles_are_named_as_the_standard_names_them() -> None:
    """Indexes are in groups of three digits, all but the last with an x; partial ones say how."""
    assert tile_path("0", 1_234_067) == "tile/0/x001/x234/067"
    assert tile_path("entries", 1_234_067, 8) == "tile/entries/x001/x234/067.p/8"
    assert tile_path("3", 0, 255) == "tile/3/000.p/255"
    assert tile_path("0", 1000) == "tile/0/x001/000"
    assert tile_path("0", 999) == "tile/0/999"


def test_the_checkpoint_bears_the_cosignature_of_the_peer(tmp_path: Path) -> None:
    """What the witness said of this size stands behind the log's own signature."""
    iaf, hmeimim = open_journal(tmp_path / "a"), open_journal(tmp_path / "b", "hmeimim")
    try:
        say(hmeimim)
        catch_up(hmeimim, iaf)
        # What the sender cosigns is the log of the one who gave the receipt.
        cosignature = do(hmeimim, lambda j: witness(j, line_of(j), T0_US))
        do(iaf, lambda j: take_cosignature(j, line_of(j), cosignature))
    finally:
        iaf.close()
        hmeimim.close()
    assert export(tmp_path / "a", tmp_path / "tiles").cosignatures == 1
    exported, _ = check(tmp_path / "tiles")
    _, name, _ = exported.signatures[1].split(" ")
    assert name == "hotline/exercise/hmeimim/witness"


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(1, 90), min_size=1, max_size=6))
def test_any_small_history_is_verified_by_the_other_library(
    tmp_path_factory: pytest.TempPathFactory, steps: list[int]
) -> None:
    """However messages and records alternate, the export holds at each of its checkpoints."""
    directory = tmp_path_factory.mktemp("history")
    opened = open_journal(directory / "journal")
    sizes = []
    try:
        for position, count in enumerate(steps):
            if position % 2:
                say(opened, count)
            grow(opened, line_of(opened).own.size + (0 if position % 2 else count))
            sizes.append(line_of(opened).own.size)
    finally:
        opened.close()
    for size in sizes:
        export(directory / "journal", directory / str(size), at=size)
        assert check(directory / str(size))[0].size == size


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE record SET payload = x'80' WHERE idx = 7 AND log = 2",
        "UPDATE record SET time_us = time_us + 1 WHERE idx = 7 AND log = 2",
        "DELETE FROM record WHERE idx = 7 AND log = 2",
        "DELETE FROM record WHERE idx = 256 AND log = 2",
        "UPDATE message SET id = zeroblob(32) WHERE log = 2",
        f"UPDATE record SET kind = '{'k' * 70_000}' WHERE idx = 7 AND log = 2",
    ],
)
def test_a_damaged_journal_leaves_no_directory(tmp_path: Path, damage: str) -> None:
    """Whatever is not what was signed is refused, and nothing of it is put into place."""
    opened = open_journal(tmp_path / "journal")
    say(opened)
    grow(opened, 257)
    opened.execute("BEGIN")
    assert opened.execute(damage).rowcount == 1
    opened.execute("COMMIT")
    opened.close()
    with pytest.raises(HotlineError) as caught:
        export(tmp_path / "journal", tmp_path / "tiles")
    assert caught.value.code == "export.tree-differs"
    assert [path.name for path in tmp_path.iterdir()] == ["journal"]


def test_a_checkpoint_of_another_key_is_refused(journal: Path, tmp_path: Path) -> None:
    """An export is never made under a key that did not sign."""
    with closing(connect(journal / JOURNAL_FILE, writable=False)) as connection:
        connection.execute("BEGIN")
        stranger = key(Role.LOG, "hmeimim").public_key
        with pytest.raises(HotlineError) as caught:
            write_tiles(connection, log_named(connection, OWN), stranger, tmp_path / "tiles")
    assert caught.value.code == "trust.unsigned-note"


@pytest.mark.parametrize(
    ("origin", "code"),
    [
        ("hotline/exercise/hmeimim/iaf/1", "export.mirror"),
        ("hotline/exercise/iaf/node/1", "export.no-checkpoint"),
    ],
)
def test_a_log_that_cannot_be_exported_is_refused(
    journal: Path, tmp_path: Path, origin: str, code: str
) -> None:
    """A mirror has no entries here, and a log without a checkpoint states nothing."""
    with pytest.raises(HotlineError) as caught:
        export(journal, tmp_path / "tiles", origin=origin)
    assert caught.value.code == code


def test_a_directory_that_holds_something_is_not_touched(journal: Path, tmp_path: Path) -> None:
    """Only a new or an empty directory is filled."""
    (tmp_path / "empty").mkdir()
    export(journal, tmp_path / "empty", at=2)
    for target in ("empty", "missing/below"):
        before = sorted(path.name for path in (tmp_path / "empty").iterdir())
        with pytest.raises(HotlineError) as caught:
            export(journal, tmp_path / target, at=1)
        assert caught.value.code in ("files.directory-in-use", "files.no-parent")
        assert sorted(path.name for path in (tmp_path / "empty").iterdir()) == before


def test_a_signature_that_is_bent_is_found_by_the_checker(journal: Path, tmp_path: Path) -> None:
    """The oracle of these tests can fail: it does where one byte of a checkpoint is another."""
    export(journal, tmp_path / "tiles", at=2)
    path = tmp_path / "tiles" / "checkpoint"
    path.write_bytes(path.read_bytes().replace(b"\n2\n", b"\n3\n", 1))
    with pytest.raises(InvalidSignature):
        Exported(tmp_path / "tiles").check_signature()
