"""Every decoder of outside bytes is fuzzed, and every input that is kept is tried in each run."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

import pytest

from tests.security.fuzzing.corpus import CORPUS, LONGEST
from tests.security.fuzzing.decoders import decoders, exists
from tests.security.fuzzing.table import TARGETS, UNFUZZED
from tests.security.fuzzing.target import accepted

COVERED: Final = {name for target in TARGETS.values() for name in target.covers}
MOST_BYTES: Final = 1024 * 1024
SLOW_S: Final = 5.0
"""Processor time within which any kept input is read: a hundred times what the slowest takes."""


def test_every_decoder_has_a_target_or_a_reason() -> None:
    """Whoever adds a decoder of bytes or text either has it fuzzed or says why not."""
    forgotten = [name for name in decoders() if name not in COVERED and name not in UNFUZZED]
    assert not forgotten, "add a target in tests/security/fuzzing, or the reason in UNFUZZED"


def test_the_table_names_what_there_is() -> None:
    """No target covers, and no reason excuses, what is no longer there or is both."""
    assert [name for name in sorted(COVERED | set(UNFUZZED)) if not exists(name)] == []
    assert COVERED.isdisjoint(UNFUZZED)
    assert all(reason for reason in UNFUZZED.values())


def test_every_target_has_a_corpus_and_no_other_has() -> None:
    """The directories of the corpus are those of the targets, and stay small."""
    assert {path.name for path in CORPUS.iterdir() if path.is_dir()} == set(TARGETS)
    sizes = [path.stat().st_size for path in CORPUS.rglob("*") if path.is_file()]
    assert sum(sizes) < MOST_BYTES
    assert max(sizes) <= LONGEST


@pytest.mark.parametrize("name", TARGETS)
def test_what_was_kept_is_accepted_or_refused(name: str) -> None:
    """Each input of a target's corpus is read or refused with an error of ours, soon enough."""
    paths = sorted((CORPUS / name).iterdir())
    assert paths
    for path in paths:
        data = path.read_bytes()
        began = time.process_time()
        try:
            accepted(TARGETS[name], data)
        except Exception as error:
            error.add_note(_again(name, path))
            raise
        assert time.process_time() - began < SLOW_S, _again(name, path)


def test_something_of_every_target_is_accepted() -> None:
    """The corpus reaches behind the first check: some input of each target is taken."""
    refused = [
        name
        for name, target in TARGETS.items()
        if not any(accepted(target, path.read_bytes()) for path in (CORPUS / name).iterdir())
    ]
    assert not refused, "give these a seed in tests/security/fuzzing/seeds.py"


def _again(name: str, path: Path) -> str:
    return f"python -m tests.security.fuzzing.corpus try {name} {path}"
