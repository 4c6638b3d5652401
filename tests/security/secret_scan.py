"""Secrets in the files that git tracks, as detect-secrets knows them."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from detect_secrets.core.scan import scan_file
from detect_secrets.settings import transient_settings

ALWAYS: Final = (
    "PrivateKeyDetector",
    "BasicAuthDetector",
    "JwtTokenDetector",
    "AWSKeyDetector",
    "GitHubTokenDetector",
    "PypiTokenDetector",
)
"""What has a form of its own is looked for everywhere."""
GUESSES: Final[tuple[dict[str, str | float], ...]] = (
    {"name": "KeywordDetector"},
    {"name": "Base64HighEntropyString", "limit": 4.5},
    {"name": "HexHighEntropyString", "limit": 3.0},
)
"""What only looks like a secret, by the name before it or by its letters."""
FULL_OF_GUESSES: Final = ("tests/", "requirements", "benchmarks/peers/requirements.lock")
"""Hashes, and passwords of officers who live as long as a test: no guesses are made here."""
NOT_TEXT_OF_OURS: Final = ("hotline/console/static/vendor/", "tests/security/corpus/")
"""What others published, and what a fuzzer made up."""
FILTERS: Final = (
    "detect_secrets.filters.heuristic.is_templated_secret",
    "detect_secrets.filters.heuristic.is_indirect_reference",
    "detect_secrets.filters.heuristic.is_prefixed_with_dollar_sign",
)


@dataclass(frozen=True, slots=True, order=True)
class Found:
    """What looks like a secret, without the secret: a test's report is read by others."""

    path: str
    kind: str
    line: int


def tracked(root: Path) -> list[str]:
    """Return the paths of all files that git tracks, staged ones included."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=root, capture_output=True, check=True, timeout=60
    )
    return [path for path in listed.stdout.decode().split("\0") if path]


def secrets_in(root: Path) -> Iterator[Found]:
    """Yield what looks like a secret in the tracked files of a checkout."""
    paths = [path for path in tracked(root) if not path.startswith(NOT_TEXT_OF_OURS)]
    known: list[dict[str, str | float]] = [{"name": name} for name in ALWAYS]
    guessed = [path for path in paths if not path.startswith(FULL_OF_GUESSES)]
    yield from _scan(root, sorted(set(paths) - set(guessed)), known)
    yield from _scan(root, guessed, [*known, *GUESSES])


def _scan(
    root: Path, paths: Iterable[str], plugins: list[dict[str, str | float]]
) -> Iterator[Found]:
    filters = [{"path": path} for path in FILTERS]
    with transient_settings({"plugins_used": plugins, "filters_used": filters}):
        for path in paths:
            for secret in scan_file(str(root / path)):
                yield Found(path, secret.type, secret.line_number)
