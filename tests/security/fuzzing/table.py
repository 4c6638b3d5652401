"""Every target, and of each decoder that has none, why."""

from __future__ import annotations

from typing import Final

from tests.security.fuzzing import of_files, of_records, of_requests, of_the_wire
from tests.security.fuzzing.target import Target

TARGETS: Final[dict[str, Target]] = {
    target.name: target
    for room in (of_the_wire, of_records, of_files, of_requests)
    for target in room.TARGETS
}

_WORDING: Final = "one item of a telephone sheet: reached by the target telephone"
_WORDS: Final = "reached by the target said, which reads whole titles and remarks"
_NAMES: Final = "takes the name of a message, a file or an officer, and no bytes of it"
UNFUZZED: Final[dict[str, str]] = {
    "airspace.said.reading:read": "read_anew with a memory of what it read before",
    "airspace.said.words:read_words": _WORDS,
    "api.client:Client.read": _NAMES,
    "audit.evidence.form:from_base64": "reached by the target evidence",
    "cli.verify:read_at_most": _NAMES,
    "exercise.crew.calling:Calling.hear": "a crew of an exercise: see telephone",
    "exercise.crew.telephone:Telephone.read_out": "writes: the text is our own",
    "exercise.scenario.beside:Beside.read": _NAMES,
    "formats.coordinates:read_line": "one of read_lines' lines: reached by the target coordinates",
    "formats.telephone.wording:hear_altitude": _WORDING,
    "formats.telephone.wording:hear_digits": _WORDING,
    "formats.telephone.wording:hear_hex": _WORDING,
    "formats.telephone.wording:hear_name": _WORDING,
    "formats.telephone.wording:hear_number": _WORDING,
    "formats.telephone.wording:hear_position": _WORDING,
    "formats.telephone.wording:hear_time": _WORDING,
    "node.desk:Desk.read": _NAMES,
    "node.voice:Voice.hear": "enters what the target telephone reads",
}
"""Decoders by their names that no target calls by itself, each with the reason."""
