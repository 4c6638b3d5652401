"""What one program at a time works with."""

from __future__ import annotations

import subprocess
import sys

import pytest

from hotline.exercise.ground.claim import claimed

HOLDS = """
import sys
from hotline.exercise.ground.claim import claimed
with claimed(sys.argv[1]) as ours:
    print(ours, flush=True)
    sys.stdin.read()
"""
NAME = "test/a-name-of-this-test"


@pytest.mark.skipif(sys.platform != "linux", reason="names are held on Linux only")
def test_a_name_is_held_by_one_and_freed_by_however_that_ends() -> None:
    """Another process finds it taken; after a kill it is free, with nothing to clean up."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS, NAME],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as other:  # fmt: skip
        assert other.stdout is not None
        assert other.stdout.readline() == "True\n"
        with claimed(NAME) as ours:
            assert not ours
        with claimed(f"{NAME}-of-another") as ours:
            assert ours
        other.kill()
    with claimed(NAME) as ours:
        assert ours
    with claimed(NAME) as ours:
        assert ours
