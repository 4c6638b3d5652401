"""Mock messages as they are printed and written: each says what it is of, and by which name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hotline.exercise.scenario.shape import Inject
from hotline.model.kinds import Status
from hotline.model.letter import Letter, banner


@dataclass(frozen=True, slots=True)
class Mark:
    """What mock traffic is marked with: never ``actual``; ``exercise`` is a name, or empty."""

    status: Status = Status.EXERCISE
    exercise: str = ""

    @property
    def text(self) -> str:
        """The mark as people read it: ``EXERCISE short-notice``, ``TEST``."""
        return banner(self.status, [self.exercise])


def mark_of(letter: Letter | None, exercise: str) -> Mark:
    """Return the mark of traffic by a letter, or by none; ``exercise`` is a name that was given.

    An actual letter lends its minima, and nothing else.
    """
    if letter is not None and letter.status is Status.TEST:
        return Mark(Status.TEST)
    own = letter.exercise if letter is not None and letter.status is Status.EXERCISE else ""
    return Mark(Status.EXERCISE, exercise or own)


def marked_document(inject: Inject, mark: Mark) -> dict[str, Any]:
    """Return the message's file with ``status`` and ``exercise``, by which nodes refuse it.

    See docs/spec/separation.md, section 2: documents.
    """
    said = {"status": mark.status.value}
    if mark.exercise:
        said["exercise"] = mark.exercise
    return {**said, **(inject.document or {})}


def row(inject: Inject, mark: Mark) -> str:
    """Return an inject as one line of JSON; fields are only ever added."""
    import msgspec

    fields = {
        "traffic": mark.text,
        "id": inject.id,
        "at_s": inject.at_s,
        "after": inject.after or None,
        "from": inject.originator,
        "to": inject.recipient,
        "title": inject.title,
        "description": inject.description,
        "outcome": inject.outcome,
        "flags": [one.code for one in inject.expectations if one.code],
        "document": marked_document(inject, mark),
    }
    return msgspec.json.encode(fields).decode()
