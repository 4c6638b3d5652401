"""The lock files, and what leaves this checkout: the image's context, the metadata."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]
LOCKS = ("requirements.lock", "requirements-build.lock", "requirements-dev.lock")
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)")


def project() -> dict[str, Any]:
    """Return pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def locked(name: str) -> dict[str, tuple[Version, list[str]]]:
    """Return what a lock pins: name -> version and hashes."""
    found: dict[str, tuple[Version, list[str]]] = {}
    hashes: list[str] = []
    for line in (ROOT / name).read_text().splitlines():
        if match := PINNED.match(line):
            hashes = []
            found[canonicalize_name(match[1])] = (Version(match[2]), hashes)
        hashes += re.findall(r"--hash=sha256:([0-9a-f]{64})", line)
    return found


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_pins_every_distribution_by_version_and_several_hashes(name: str) -> None:
    """One file a distribution would mean a lock for one platform only."""
    pins = locked(name)
    assert pins
    for distribution, (_, hashes) in pins.items():
        # A wheel and a source archive at the least; compiled ones have dozens of wheels.
        assert len(set(hashes)) >= 2, distribution
        if distribution in {"aiohttp", "cryptography", "msgpack", "msgspec", "uvloop"}:
            assert len(hashes) > 40, distribution


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_place(name: str) -> None:
    """A lock works with whatever index, mirror or folder the reader has configured."""
    for line in (ROOT / name).read_text().splitlines():
        assert line.startswith(("#", "    --hash=sha256:")) or PINNED.match(line), line
        assert "://" not in line, line


def test_the_locks_satisfy_pyproject() -> None:
    """A dependency added to pyproject.toml without `make lock` is found here, offline."""
    table = project()
    groups = table["dependency-groups"]
    wanted = {
        "requirements.lock": table["project"]["dependencies"],
        "requirements-build.lock": groups["build"],
        "requirements-dev.lock": [item for item in groups["dev"] if isinstance(item, str)],
    }
    for lock, requirements in wanted.items():
        pins = locked(lock)
        for requirement in map(Requirement, requirements):
            version, _ = pins[canonicalize_name(requirement.name)]
            assert requirement.specifier.contains(version), (lock, requirement)


def test_tests_run_on_what_is_shipped() -> None:
    """The development lock holds the same versions and hashes as the two that ship."""
    development = locked("requirements-dev.lock")
    for lock in ("requirements.lock", "requirements-build.lock"):
        for distribution, pin in locked(lock).items():
            assert development[distribution] == pin, (lock, distribution)


def test_the_lowest_python_is_said_once() -> None:
    """Metadata, type checker, linter and locks agree on Python 3.11."""
    table = project()
    assert SpecifierSet(table["project"]["requires-python"]) == SpecifierSet(">=3.11")
    assert table["tool"]["mypy"]["python_version"] == "3.11"
    assert table["tool"]["ruff"]["target-version"] == "py311"
    assert "--python-version 3.11" in (ROOT / "tools/make_locks.sh").read_text()


def test_only_what_the_image_needs_reaches_the_engine() -> None:
    """The build context is a list of what goes in, so keys and journals cannot leak into it."""
    lines = [
        line
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line and not line.startswith("#")
    ]
    assert lines[0] == "*"
    allowed = {line.removeprefix("!") for line in lines[1:] if line.startswith("!")}
    assert not allowed & {".git", "certs", "var", "tests", ".", "*"}
    copied = {
        source
        for line in (ROOT / "Dockerfile").read_text().splitlines()
        if line.startswith("COPY") and "--from" not in line
        for source in line.split()[1:-1]
    }
    assert {source.replace("wheel[s]", "wheels") for source in copied} == allowed
