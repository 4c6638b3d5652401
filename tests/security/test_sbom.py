"""The software bill of materials: all that a node runs on, and the same each time it is made."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

import hotline

ROOT = Path(__file__).parents[2]
PINNED = re.compile(
    r"^([A-Za-z0-9._-]+)==([^ ;\\]+)[^\n]*((?:\n    --hash=sha256:\w{64}[ \\]*)+)", re.MULTILINE
)


def made(path: Path) -> str:
    """Return a bill that was made in a process of its own."""
    command = [sys.executable, "tools/make_sbom.py", str(path)]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True, timeout=120)
    return path.read_text("utf-8")


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a bill, as it is written."""
    return made(tmp_path_factory.mktemp("sbom") / "new" / "hotline.cdx.json")


@pytest.fixture(scope="module")
def bill(text: str) -> dict[str, Any]:
    """Return a bill, read."""
    return dict(json.loads(text))


@pytest.fixture(scope="module")
def components(bill: dict[str, Any]) -> dict[str, Any]:
    """Return the bill's components by their package URL."""
    return {one["purl"]: one for one in bill["components"]}


def pins() -> dict[str, tuple[str, str, set[str]]]:
    """Return requirements.lock by package URL, read in another way than the tool does."""
    lock = (ROOT / "requirements.lock").read_text()
    found = {
        f"pkg:pypi/{name}@{version}": (name, version, set(re.findall(r"\b[0-9a-f]{64}\b", hashes)))
        for name, version, hashes in PINNED.findall(lock)
    }
    assert len(found) == len(re.findall(r"^\w", lock, re.MULTILINE))
    return found


def test_it_is_cyclonedx(text: str, bill: dict[str, Any]) -> None:
    """By the published schema, with nothing beyond it."""
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None


def test_every_pin_is_listed_with_version_and_hashes(components: dict[str, Any]) -> None:
    """And no other package is: the bill and the lock say the same."""
    wanted = pins()
    assert {purl for purl in components if purl.startswith("pkg:pypi/")} == set(wanted)
    for purl, (name, version, hashes) in wanted.items():
        one = components[purl]
        assert (one["name"], one["version"]) == (name, version)
        (files,) = one["externalReferences"]
        assert files["type"] == "distribution"
        assert {file["content"] for file in files["hashes"]} == hashes
        assert {file["alg"] for file in files["hashes"]} == {"SHA-256"}


def test_a_licence_is_named_where_the_package_names_one(components: dict[str, Any]) -> None:
    """As its own metadata say; of what is not installed here nobody says anything."""
    for purl, (name, version, _) in pins().items():
        try:
            found = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue
        if found.version != version:
            continue
        (licence,) = components[purl]["licenses"]
        if "License-Expression" in found.metadata:
            said = licence.get("expression") or licence["license"]["id"]
            assert said == found.metadata["License-Expression"]
        else:
            assert licence["license"].get("id") or licence["license"]["name"]


def test_what_was_copied_into_the_source_is_listed(
    bill: dict[str, Any], components: dict[str, Any]
) -> None:
    """Every folder that has a licence of its own, each file with the hash that it has."""
    copied = [one for purl, one in components.items() if not purl.startswith("pkg:pypi/")]
    folders = set()
    for one in copied:
        assert one["licenses"]
        for file in one["components"]:
            path = ROOT / file["name"]
            folders.add(path.parent)
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            assert [each["content"] for each in file["hashes"]] == [digest]
    licensed = {
        path.parent
        for path in (ROOT / "hotline").rglob("LICEN[CS]E")
        if path.parent.name != "hotline"
    }
    assert folders == licensed
    vendored = {
        path.name for folder in folders if "vendor" in folder.parts for path in folder.iterdir()
    }
    listed = {Path(file["name"]).name for one in copied for file in one["components"]}
    assert vendored - listed == {"LICENSE"}
    page = (ROOT / "hotline/console/static/vendor/README.md").read_text("utf-8")
    assert all(one["version"] in page for one in copied if "version" in one)


def test_it_says_what_needs_what(bill: dict[str, Any], components: dict[str, Any]) -> None:
    """Hotline needs what pyproject.toml lists, by name; nothing hangs in the air here."""
    node = bill["metadata"]["component"]
    assert (node["name"], node["version"]) == ("hotline", hotline.__version__)
    needs = {one["ref"]: set(one.get("dependsOn", ())) for one in bill["dependencies"]}
    reached, ahead = set[str](), {"hotline"}
    while ahead:
        one = ahead.pop()
        reached.add(one)
        ahead |= needs[one] - reached
    here = {
        purl
        for purl, (name, version, _) in pins().items()
        if any(True for one in metadata.distributions(name=name) if one.version == version)
    }
    assert here <= reached
    assert reached - {"hotline"} <= set(components)


def test_the_same_checkout_gives_the_same_bytes(text: str, tmp_path: Path) -> None:
    """Whoever makes it again can compare: no time, no random number, no path is in it."""
    assert made(tmp_path / "again.json") == text
    assert "timestamp" not in text
    assert str(ROOT) not in text
