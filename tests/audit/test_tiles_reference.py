"""Tiles under the reference implementation: Go's golang.org/x/mod/sumdb, as Debian packages it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.audit.test_tiles import export, grow
from tests.journal.ledger import open_journal, say
from tests.other_programs import GOPATH, needs

PROGRAM = Path(__file__).with_name("tiles_check.go")
SIZES = (1, 2, 255, 256, 257, 600, 65_537)

needs_go = needs("go")


@pytest.fixture(scope="module")
def checker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the reference implementation as a program, once and without a network."""
    directory = tmp_path_factory.mktemp("go")
    settings = {"GO111MODULE": "off", "GOPATH": str(GOPATH), "GOCACHE": str(directory / "cache")}
    subprocess.run(
        ["go", "build", "-o", directory / "check", PROGRAM],
        env=os.environ | settings | {"GOFLAGS": "", "GOPROXY": "off"},
        check=True,
        cwd=directory,
    )
    return directory / "check"


@needs_go
def test_the_reference_implementation_verifies_exports_of_all_shapes(
    checker: Path, tmp_path: Path
) -> None:
    """Signatures, roots from tiles, inclusion of entries and consistency from size to size hold."""
    opened = open_journal(tmp_path / "journal")
    try:
        say(opened)
        for size in SIZES:
            grow(opened, size)
    finally:
        opened.close()
    for size in SIZES:
        export(tmp_path / "journal", tmp_path / str(size), at=size)
    directories = [tmp_path / str(size) for size in SIZES]
    run = subprocess.run([checker, *directories], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    proved = [f"{size} entries, {size if size <= 1000 else 69} proved" for size in SIZES]
    assert [line.rpartition(",")[0] for line in run.stdout.splitlines()] == proved
    # It can fail: one bit of one tile is enough.
    tile = tmp_path / "600" / "tile" / "0" / "001"
    data = tile.read_bytes()
    tile.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    run = subprocess.run([checker, tmp_path / "600"], capture_output=True, text=True, check=False)
    assert run.returncode != 0
