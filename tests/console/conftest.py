"""What all tests of the console share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher

from hotline.node import access_passwords


@pytest.fixture(scope="module", autouse=True)
def _quick_passwords() -> Iterator[None]:
    """Make passwords as fast to check as they are typed: nine officers, and many who log in.

    Nodes that run as processes of their own, in tests/console/test_process.py, have the real ones.
    """
    quick = PasswordHasher(time_cost=1, memory_cost=512, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(access_passwords, "_HASHER", quick)
        yield
