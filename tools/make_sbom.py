"""Write the software bill of materials of a node: what it runs on, as CycloneDX 1.6.

    make_sbom.py FILE

It lists every pin of requirements.lock, with the SHA-256 of each file that may be installed for it,
and what lies in the source that is not ours. Who needs whom, and under which licence, comes from
the metadata of what is installed here: a pin for another system or Python has neither. The same
checkout and environment give the same bytes: no time, no place and no random number is in it.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import (
    ExternalReference,
    ExternalReferenceType,
    HashAlgorithm,
    HashType,
    XsUri,
)
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from lock_files import Pin, read_lock
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
LOCK = "requirements.lock"
LONGEST_LICENCE = 60
"""Some distributions have the whole text of their licence where its name belongs."""


@dataclass(frozen=True, slots=True)
class Copied:
    """What lies in the source of this project and was made elsewhere."""

    folder: str
    files: tuple[str, ...]
    type: ComponentType
    purl: PackageURL
    licence: str


COPIED = (
    Copied(
        folder="hotline/console/static/vendor/leaflet",
        files=("leaflet-src.esm.js", "leaflet.css"),
        type=ComponentType.LIBRARY,
        purl=PackageURL("npm", None, "leaflet", "1.9.4"),
        licence="BSD-2-Clause",
    ),
    Copied(
        folder="hotline/console/static/vendor/land",
        files=("land-50m.json",),
        type=ComponentType.DATA,
        purl=PackageURL("npm", None, "world-atlas", "2.0.2"),
        licence="ISC",
    ),
    Copied(
        folder="hotline/airspace/places",
        files=("geonames.tsv",),
        type=ComponentType.DATA,
        purl=PackageURL("generic", None, "geonames"),
        licence="CC-BY-4.0",
    ),
)


def main(target: Path) -> None:
    """Write the bill, once it has been found to be one."""
    text = bill() + "\n"
    if fault := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text):
        raise SystemExit(f"hotline: error: this is no CycloneDX: {fault}")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, "utf-8")
    print(f"wrote {target}")


def bill() -> str:
    """Return the bill as JSON."""
    pins = list(read_lock(ROOT / LOCK))
    version = re.search(r'__version__ = "([^"]+)"', (ROOT / "hotline/__init__.py").read_text())
    assert version is not None
    node = Component(
        name="hotline",
        version=version[1],
        type=ComponentType.APPLICATION,
        bom_ref="hotline",
        licenses=[LicenseFactory().make_from_string("Apache-2.0")],
    )
    listed = {pin: component_of(pin) for pin in pins}
    copied = [component_copied(one) for one in COPIED]
    bom = Bom(components=[*listed.values(), *copied])
    bom.metadata.component = node
    # The moment it was made would make each one another.
    bom.metadata.timestamp = None  # type: ignore[assignment]
    for pin, component in listed.items():
        bom.register_dependency(component, [listed[one] for one in needed_by(pin.name, pins)])
    bom.register_dependency(node, [*(listed[one] for one in needed_by("hotline", pins)), *copied])
    content = sorted(str(part.purl) + str(sorted(part.hashes)) for part in bom.components)
    bom.serial_number = uuid5(NAMESPACE_URL, "\n".join([str(node.version), *content]))
    return str(JsonV1Dot6(bom).output_as_string(indent=2))


def component_of(pin: Pin) -> Component:
    """Return a pin as a component: each of its files has a hash, and one of them is installed."""
    purl = PackageURL("pypi", None, pin.name, pin.version)
    licence = licence_of(pin)
    hashes = [HashType(alg=HashAlgorithm.SHA_256, content=one) for one in pin.hashes]
    return Component(
        name=pin.name,
        version=pin.version,
        type=ComponentType.LIBRARY,
        bom_ref=str(purl),
        purl=purl,
        licenses=[LicenseFactory().make_from_string(licence)] if licence else [],
        external_references=[
            ExternalReference(
                type=ExternalReferenceType.DISTRIBUTION,
                url=XsUri(str(purl)),
                comment="any one of these files, by its hash",
                hashes=hashes,
            )
        ],
    )


def component_copied(copied: Copied) -> Component:
    """Return what was copied as a component, each file of it with its hash."""
    return Component(
        name=copied.purl.name,
        version=copied.purl.version,
        type=copied.type,
        bom_ref=str(copied.purl),
        purl=copied.purl,
        licenses=[LicenseFactory().make_from_string(copied.licence)],
        components=[
            Component(
                name=f"{copied.folder}/{name}",
                type=ComponentType.FILE,
                bom_ref=f"{copied.folder}/{name}",
                hashes=[hash_of(ROOT / copied.folder / name)],
            )
            for name in copied.files
        ],
    )


def hash_of(path: Path) -> HashType:
    """Return the SHA-256 of a file."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return HashType(alg=HashAlgorithm.SHA_256, content=digest)


def installed(name: str, version: str | None = None) -> metadata.Distribution | None:
    """Return a distribution of this environment; None where there is none, or another version."""
    try:
        found = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return None
    return found if version in (None, found.version) else None


def licence_of(pin: Pin) -> str | None:
    """Return a pin's licence as its metadata name it: an SPDX expression, or else what is there."""
    found = installed(pin.name, pin.version)
    if found is None:
        return None
    said = found.metadata
    if "License-Expression" in said:
        return said["License-Expression"]
    classified = [
        one.rpartition("::")[2].strip()
        for one in said.get_all("Classifier") or []
        if one.startswith("License ::")
    ]
    free = said["License"].strip() if "License" in said else ""
    if free and "\n" not in free and len(free) <= LONGEST_LICENCE:
        return free
    return " / ".join(classified) or None


def needed_by(name: str, pins: list[Pin]) -> Iterator[Pin]:
    """Yield what a distribution cannot do without here, extras left out; nothing if unknown."""
    found = installed(name)
    wanted = {
        canonicalize_name(one.name)
        for one in map(Requirement, (found.requires if found else None) or [])
        if one.marker is None or one.marker.evaluate({"extra": ""})
    }
    for pin in pins:
        # Of a name that is pinned twice the one for this machine.
        if canonicalize_name(pin.name) in wanted and installed(pin.name, pin.version):
            yield pin


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("usage: make_sbom.py FILE")
    main(Path(sys.argv[1]))
