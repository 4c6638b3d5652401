"""The sample messages: beside this file in an installed wheel, in ``examples/`` in a checkout."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hotline.errors import ConfigError
from hotline.model.strict_json import read_json

_NUMBERED = re.compile(r"(?P<number>[0-9]{2})-[a-z-]+\.(?:geo)?json")


@dataclass(frozen=True, slots=True)
class Sample:
    """One message file: its place in the order of sending, who sends it, its JSON object."""

    number: int
    centre: str
    name: str
    document: dict[str, Any]


def samples_directory() -> Path:
    """Return the folder with the samples. Raises ConfigError when there is none."""
    packaged = Path(__file__).parent / "examples"
    checkout = Path(__file__).parents[3] / "examples"
    for folder in (packaged, checkout):
        if (folder / "letter.toml").is_file():
            return folder
    raise ConfigError(
        "demo.no-samples",
        "the sample messages are not installed with this package",
        "install hotline from its wheel, or run it in a checkout",
    )


def read_samples(folder: Path, centres: tuple[str, ...]) -> list[Sample]:
    """Return all samples in the order of sending."""
    found = []
    for centre in centres:
        for number, path in numbered_files(folder / centre):
            document = read_json(path.read_bytes())
            assert isinstance(document, dict)  # noqa: S101 - the samples are our own
            found.append(Sample(number, centre, path.name, document))
    return sorted(found, key=lambda sample: sample.number)


def numbered_files(folder: Path) -> list[tuple[int, Path]]:
    """Return the message files of one centre with their numbers, in order; none of no folder."""
    if not folder.is_dir():
        return []
    matches = ((_NUMBERED.fullmatch(path.name), path) for path in folder.iterdir())
    return sorted((int(match["number"]), path) for match, path in matches if match is not None)
