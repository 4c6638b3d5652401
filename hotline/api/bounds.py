"""What the fields of requests may hold, for the document: types alone do not tell it.

The handlers refuse everything else, each fault with a code of its own that names the mend. This
table only says it beforehand, to whoever writes a program or tests this one.
"""

from __future__ import annotations

import inspect
from typing import Any, Final

from hotline.api.access_drafts import MAX_FIELD
from hotline.api.requests import MAX_OFFICER
from hotline.api.route import MAX_NUMBER
from hotline.api.routes import MAX_WAIT_S
from hotline.audit.search.terms import TERMS, Term
from hotline.model.access import Role
from hotline.model.kinds import Answer, Precedence
from hotline.model.languages.language import Language
from hotline.model.play import PlayEvent
from hotline.model.watch import WatchStep
from hotline.node.access_passwords import MAX_PASSWORD, MIN_PASSWORD
from hotline.node.faults import BOUNDS as FAULTS
from hotline.wire.records import MAX_EXERCISE, MAX_REMARK

Schema = dict[str, Any]

FORMATS: Final = {
    "officer": "one line of printable characters that is not blank; in a session its officer, or"
    " empty",
    "message": "a message's id, at least its first 6 digits, or the reference of a notice",
    "centre": "the id of a centre that this node has a line with",
    "plain": "text without characters that steer how it is shown",
    "log": "a name that `GET /v1/logs` gives, or for the newest one a peer's id or `node`",
}
"""Formats that are not of JSON Schema but of this API."""

_OFFICER: Final[Schema] = {"format": "officer", "maxLength": MAX_OFFICER}
_PEER: Final[Schema] = {"format": "centre"}
_PASSWORD: Final[Schema] = {
    "format": "password",
    "minLength": MIN_PASSWORD,
    "maxLength": MAX_PASSWORD,
}
_LANGUAGE: Final[Schema] = {"enum": [language.value for language in Language]}
_PRECEDENCES: Final = list(Precedence.__members__)
_REMARK: Final[Schema] = {"format": "plain", "maxLength": MAX_REMARK}
_REASON: Final[Schema] = _REMARK | {"minLength": 1}
_ABOUT: Final[Schema] = {"format": "plain", "maxLength": MAX_FIELD}
_DRAFT: Final[dict[str, Schema]] = {
    "precedence": {"enum": [*_PRECEDENCES, ""]},
    "kind": _ABOUT,
    "about": _ABOUT,
}
_EVERYWHERE: Final[dict[str, Schema]] = {
    "officer": _OFFICER,
    "by": _OFFICER,
    "peer": _PEER,
    "wait_s": {"minimum": 0, "maximum": MAX_WAIT_S},
    "version": {"minimum": 1, "maximum": MAX_NUMBER},
}
"""Fields that are the same in whatever request they stand."""


def _term(term: Term) -> Schema:
    """Return what a term of a search may be in a body: several where it may be repeated."""
    one = dict(term.schema)
    return {"anyOf": [one, {"type": "array", "items": one}]} if term.many else one


_IN: Final[dict[str, dict[str, Schema]]] = {
    "SendRequest": {"precedence": {"enum": [*_PRECEDENCES, None]}, "released_by": _OFFICER},
    "CheckRequest": {"precedence": {"enum": [*_PRECEDENCES, None]}},
    "ReplyRequest": {"answer": {"enum": [answer.value for answer in Answer]}},
    # Whoever logs in may be anybody, and is told nothing of what a right name is like.
    "LoginRequest": {"officer": {}, "password": {"format": "password"}},
    "LanguageRequest": {"language": _LANGUAGE},
    "OfficerRequest": {
        "name": {"format": "officer", "minLength": 1, "maxLength": MAX_OFFICER},
        "roles": {
            "items": {"type": "string", "enum": [role.value for role in Role]},
            "minItems": 1,
        },
        "language": _LANGUAGE,
        "password": _PASSWORD,
    },
    "PasswordRequest": {"password": _PASSWORD, "current": {"format": "password"}},
    "ShelveRequest": {"reason": _REASON, "until": {"format": "date-time"}},
    "DraftRequest": _DRAFT,
    "DraftUpdate": _DRAFT,
    "ReturnRequest": {"reason": _REASON},
    "ExerciseRequest": {
        "event": {"enum": [event.value for event in PlayEvent]},
        "name": {"format": "plain", "maxLength": MAX_EXERCISE},
        "text": _REMARK,
        "record": {"pattern": "^([0-9a-f]{64})?$"},
    },
    "FaultRequest": {"kind": {"enum": list(FAULTS)}, "for_s": {"exclusiveMinimum": 0}},
    "WatchRequest": {
        "step": {"enum": [step.value for step in WatchStep]},
        "relieved": _OFFICER,
        "text": _REMARK,
    },
    "JobRequest": {
        "search": {
            "properties": {term.name: _term(term) for term in TERMS},
            "additionalProperties": False,
        }
    },
    "SpeakRequest": {"name": {"format": "message"}},
    "ConfirmRequest": {"name": {"format": "message"}},
}
"""Fields of single requests, by the name of their shape; they replace what is said everywhere."""


def bounded(name: str, described: Schema, *, request: bool) -> Schema:
    """Return a shape's schema, tidied, with what its fields may hold where it is a request."""
    if "description" in described:
        told = inspect.cleandoc(described["description"]).replace("``", "`")
        described = described | {"description": told}
    if not request:
        return described
    properties = {
        field: inner | _IN.get(name, {}).get(field, _EVERYWHERE.get(field, {}))
        for field, inner in described["properties"].items()
    }
    return described | {"properties": properties}


def fields_told() -> set[tuple[str, str]]:
    """Return every shape and field of the table, for a test that they are there."""
    return {(shape, field) for shape, fields in _IN.items() for field in fields}
