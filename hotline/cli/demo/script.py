"""Samples of one's own, played as a script: a directory with a letter, messages, and their course.

The directory holds `letter.toml`, a folder for each of its two centres with numbered message files
(`03-strike.json`: the number is the order of sending, for both centres together), and, where the
course needs more than one message after the other, `script.toml`:

    title = "..."                     # told at the beginning
    evidence = ["IAF-0917"]           # of which notices; without it, of all

    [[step]]
    number = 3                        # which message this is about
    until = "start of IAF-0917"       # wait for this moment first (or: end of)
    pause_s = 1.0                     # then so long
    answers = 5                       # a reply to what has no reference: to message 5
    flags = ["notice.short-warning"]  # what the receiving centre has to flag, and nothing else

    [alarms]                          # what has to ring at each centre, and nothing else
    iaf = []
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from hotline.audit.named_files import open_regular
from hotline.cli.demo.samples import Sample, numbered_files
from hotline.cli.files import read_file
from hotline.errors import ConfigError
from hotline.exercise.ground.site import Roles
from hotline.model.kinds import Kind, Status
from hotline.model.letter import Letter, read_letter

LETTER, SCRIPT = "letter.toml", "script.toml"
MAX_SCRIPT_BYTES = 64 * 1024
PAUSE_S = 0.4
CONTENT_KINDS = frozenset({Kind.NOTICE.value, Kind.REVISION.value})
"""Kinds that announce volumes and times."""
_MOMENT = re.compile(r"(?P<edge>start|end) of (?P<reference>[A-Z0-9-]{1,40})")


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How one message is sent, and what is expected of it; ``flags`` None expects nothing."""

    number: int
    until: str = ""
    pause_s: float = PAUSE_S
    answers: int | None = None
    flags: tuple[str, ...] | None = None

    @property
    def moment(self) -> tuple[str, str] | None:
        """Whose edge is waited for: ``start`` or ``end``, and the reference; None for none."""
        found = _MOMENT.fullmatch(self.until)
        return None if found is None else (found["edge"], found["reference"])


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    title: str = ""
    evidence: tuple[str, ...] | None = None
    step: tuple[Step, ...] = ()
    alarms: dict[str, tuple[str, ...]] = {}


@dataclass(frozen=True, slots=True)
class Script:
    """What is played: the letter's bytes and what it says, all messages, and their course."""

    folder: Path
    title: str
    letter_bytes: bytes
    letter: Letter
    roles: Roles
    samples: list[Sample]
    evidence: tuple[str, ...]
    steps: dict[int, Step] = field(default_factory=dict)
    alarms: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def judged(self) -> bool:
        """Whether it says what is to be flagged."""
        return any(step.flags is not None for step in self.steps.values())

    def step(self, number: int) -> Step:
        """Return how a message is sent."""
        return self.steps.get(number) or Step(number=number)


def read_script(folder: Path) -> Script:
    """Read a directory of samples, everything before anything is played.

    Raises ConfigError: ``demo.no-letter``, ``demo.bad-script``, ``demo.same-number``,
    ``demo.no-messages``, ``demo.actual`` and what is wrong with the letter; ModelError for a
    message that breaks a rule.
    """
    letter_bytes = _bytes(folder / LETTER)
    if letter_bytes is None:
        raise ConfigError(
            "demo.no-letter",
            f"there is no {LETTER} in {folder}",
            "name a directory of samples such as examples/september-2018",
        )
    letter = read_letter(letter_bytes)
    if letter.status == Status.ACTUAL:
        raise ConfigError(
            "demo.actual",
            f'{folder / LETTER} has status = "actual"; what is played is never that',
            'write status = "exercise" or "test" into a copy of the letter',
        )
    first, second = letter.centres
    roles = Roles(letter.dials, second if letter.dials == first else first, Status(letter.status))
    samples = _samples(folder, roles)
    said = _said(folder, roles, samples)
    notices = dict.fromkeys(
        str(sample.document["reference"])
        for sample in samples
        if kind_of_file(sample.document) == Kind.NOTICE and sample.document.get("reference")
    )
    return Script(
        folder=folder,
        title=said.title or folder.name,
        letter_bytes=letter_bytes,
        letter=letter,
        roles=roles,
        samples=samples,
        evidence=tuple(notices) if said.evidence is None else said.evidence,
        steps={step.number: step for step in said.step},
        alarms=said.alarms,
    )


def kind_of_file(document: dict[str, Any]) -> str:
    """Return the kind of a message as its file gives it."""
    return str(document.get("kind", Kind.NOTICE))


def _samples(folder: Path, roles: Roles) -> list[Sample]:
    found: dict[int, Sample] = {}
    for centre in roles.centres:
        for number, path in numbered_files(folder / centre):
            if number in found:
                raise ConfigError(
                    "demo.same-number",
                    f"{centre}/{path.name} and {found[number].centre}/{found[number].name} have "
                    f"the same number",
                    "give each message a number of its own: it is the order of sending",
                )
            _, document = read_file(path)
            found[number] = Sample(number, centre, path.name, document)
    if not found:
        raise ConfigError(
            "demo.no-messages",
            f"there is no message in {folder}",
            f"put files such as 01-notice.json into {folder}/{roles.dialler}",
        )
    return [found[number] for number in sorted(found)]


def _said(folder: Path, roles: Roles, samples: list[Sample]) -> _File:
    """Return what the script says, once it fits the messages."""
    data = _bytes(folder / SCRIPT)
    if data is None:
        return _File()
    path = folder / SCRIPT
    try:
        said = msgspec.convert(tomllib.loads(data.decode()), _File)
    except (ValueError, RecursionError, OverflowError) as error:
        raise _bad(path, str(error)) from None
    numbers = {sample.number for sample in samples}
    seen: set[int] = set()
    for step in said.step:
        where = f"step {step.number}"
        if step.number not in numbers:
            raise _bad(path, f"{where}: no message has that number")
        if step.number in seen:
            raise _bad(path, f"{where} stands there twice")
        if step.until and step.moment is None:
            raise _bad(path, f"{where}: until must be like 'start of IAF-0917'")
        if not 0 <= step.pause_s <= 3600:
            raise _bad(path, f"{where}: pause_s must be from 0 to 3600")
        if step.answers is not None and step.answers not in {n for n in numbers if n < step.number}:
            raise _bad(path, f"{where}: there is no message {step.answers} before it to answer")
        seen.add(step.number)
    for centre in said.alarms:
        if centre not in roles.centres:
            raise _bad(path, f"alarms: {centre} is not a centre of the letter")
    return said


def _bad(path: Path, text: str) -> ConfigError:
    return ConfigError(
        "demo.bad-script",
        f"{path} does not fit: {text}",
        "examples/september-2018/script.toml is one that does",
    )


def _bytes(path: Path) -> bytes | None:
    """Return a small file's bytes, None where there is none."""
    try:
        with open_regular(path) as file:
            return file.read(MAX_SCRIPT_BYTES + 1)
    except OSError:
        return None
