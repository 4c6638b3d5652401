"""Messages from files: our own JSON, or GeoJSON. Strict, because whoever wrote it can mend it.

The form is described in `docs/spec/notice.md`, with every field.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from hotline.errors import ModelError
from hotline.model.file_forms import Fields, message_fields, refused
from hotline.model.geojson import is_geojson, message_object
from hotline.model.kinds import Kind, Precedence, Status
from hotline.model.letter_rules import is_exercise_name
from hotline.model.messages import TYPES, Message, kind_of, lower_first
from hotline.model.problem import RulesBroken
from hotline.model.rules import ASSIGNED_BY_NODE, problems, unknown_fields
from hotline.model.strict_json import read_json
from hotline.model.times import shorten

DEFAULT_PRECEDENCE: Final = {
    Kind.ADVISORY: Precedence.FLASH,
    Kind.CONTINGENCY: Precedence.FLASH,
    Kind.NONCONFORMANCE: Precedence.IMMEDIATE,
}
"""Of what carries none in its file; every other kind is ROUTINE."""

_BESIDE: Final = frozenset({"kind", "precedence", "status", "exercise"})
"""Fields of a file that are no part of the message's content."""
_PLACE = re.compile(r" - at `(?:key` in `)?\$\.?(?P<path>.*)`$", re.DOTALL)


class Draft(msgspec.Struct, frozen=True):
    """A message as a file gives it, before the node assigns reference and officer.

    An officer in a file is no proof of who sends it: the node refuses another one's name.
    ``status`` and ``exercise`` are what the file says that it is of, None and empty where it says
    nothing: a node sends it as nothing else.
    """

    precedence: Precedence
    message: Message
    status: Status | None = None
    exercise: str = ""

    @property
    def kind(self) -> Kind:
        """What the message is."""
        return kind_of(self.message)


def read_message(data: bytes, now_us: int) -> Draft:
    """Return the message in a file's bytes; times such as ``+45m`` count from ``now_us``.

    Every rule is checked but those in `rules.ASSIGNED_BY_NODE`.

    Raises:
        ModelError: names the field and the mend; `RulesBroken` lists all rules that are broken.

    """
    value = read_json(data)
    if not isinstance(value, dict):
        raise ModelError(
            "model.not-a-message",
            "the file holds no JSON object",
            "docs/spec/notice.md shows the form of a message",
        )
    return read_object(message_object(value) if is_geojson(value) else value, now_us)


def read_object(fields: Fields, now_us: int, *, but: frozenset[str] = frozenset()) -> Draft:
    """Return the message in an object of our own form, as `read_message` does of a file's bytes.

    ``but`` are the codes of rules that it may break, since it is not to be sent.

    Raises:
        ModelError: as `read_message`, but for the bytes.

    """
    draft = _draft(fields, now_us)
    # The kind that a reply answers is known to the node only: it asks for the read-back.
    allowed = ASSIGNED_BY_NODE | {"model.read-back-missing"} | but
    broken = [problem for problem in problems(draft.message) if problem.code not in allowed]
    if broken:
        raise RulesBroken(broken)
    return draft


def _draft(fields: Fields, now_us: int) -> Draft:
    kind = fields.get("kind")
    if not isinstance(kind, str) or kind not in TYPES:
        raise refused(
            "model.unknown-kind",
            "kind",
            "is missing" if kind is None else f"{shorten(str(kind))} is not a kind of message",
            f"use {', '.join(TYPES)}",
        )
    content = message_fields(
        {name: value for name, value in fields.items() if name not in _BESIDE},
        now_us,
    )
    for problem in unknown_fields(kind, content):
        raise ModelError(problem.code, str(problem), problem.hint)
    try:
        message = msgspec.convert(content, TYPES[kind])
    except (msgspec.ValidationError, OverflowError) as error:
        text = str(error)
        place = _PLACE.search(text)
        raise refused(
            "model.wrong-type",
            place["path"] if place is not None else kind,
            lower_first(_PLACE.sub("", text)),
            "docs/spec/notice.md lists every field with its type",
        ) from None
    return Draft(_precedence(fields, Kind(kind)), message, *traffic_in(fields))


def _precedence(fields: Fields, kind: Kind) -> Precedence:
    name = fields.get("precedence")
    if name is None:
        return DEFAULT_PRECEDENCE.get(kind, Precedence.ROUTINE)
    if not isinstance(name, str) or name not in Precedence.__members__:
        raise refused(
            "model.unknown-precedence",
            "precedence",
            f"{shorten(str(name))} is not a precedence",
            f"use {', '.join(Precedence.__members__)}",
        )
    return Precedence[name]


def traffic_in(fields: Fields) -> tuple[Status | None, str]:
    """Return what a file says that it is of: a status, and the name of an exercise.

    Raises:
        ModelError: ``model.unknown-status``, ``model.wrong-exercise``.

    """
    status, exercise = fields.get("status"), fields.get("exercise")
    known = {str(one): one for one in Status}
    if status is not None and (not isinstance(status, str) or status not in known):
        raise refused(
            "model.unknown-status",
            "status",
            f"{shorten(str(status))} is not a status",
            f"use {', '.join(known)}, or leave it out",
        )
    if exercise is None:
        return (known[status] if isinstance(status, str) else None), ""
    if not isinstance(exercise, str) or not is_exercise_name(exercise) or status != "exercise":
        raise refused(
            "model.wrong-exercise",
            "exercise",
            'is no name of an exercise, or stands without "status": "exercise"',
            "leave it out, or write both as the letter of agreement does",
        )
    return Status.EXERCISE, exercise
