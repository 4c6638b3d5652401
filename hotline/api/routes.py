"""The table of paths: nothing is served that is not listed here, and the other way round.

Server, client, document and tests all go by it.
"""

from __future__ import annotations

from typing import Final

from hotline.api import airspace_shapes, exercise_shapes, letter_shapes, schema, voice_shapes
from hotline.api.access_routes import ACCESS_ROUTES
from hotline.api.audit_routes import AUDIT_ROUTES
from hotline.api.route import (
    DESK,
    DIRECTOR,
    EVENTS,
    EVERYBODY,
    JSON,
    MAX_NUMBER,
    PLAY,
    SESSION,
    TEXT,
    TRAFFIC,
    Parameter,
    Route,
)
from hotline.audit.search.terms import TERMS
from hotline.model.languages.language import Language

__all__ = [
    "DEFAULT_LIMIT",
    "EVENTS",
    "JSON",
    "MAX_AREA",
    "MAX_LIMIT",
    "MAX_TARGET",
    "MAX_WAIT_S",
    "ROUTES",
    "SESSION",
    "TEXT",
    "TRAFFIC",
    "Parameter",
    "Route",
]

DEFAULT_LIMIT: Final = 100
"""Rows of a page where none is asked for, of a running node and of a stopped one alike."""
MAX_LIMIT: Final = 1000
MAX_WAIT_S: Final = 3600.0
MAX_AREA: Final = 40_000
"""Characters of an area in a question, which has to fit into ``MAX_TARGET``."""
MAX_TARGET: Final = 128 * 1024
"""Bytes of a path with its query."""

_STRING: Final = {"type": "string"}
_CENTRE: Final = {"type": "string", "format": "centre"}
_TIME: Final = {"type": "string", "format": "date-time"}
_NAME = Parameter(
    "name",
    "the message's id, at least its first 6 digits, or the reference of a notice",
    {"type": "string", "minLength": 1, "format": "message"},
    "path",
)
_LANGUAGE = Parameter(
    "language",
    "also render the messages in this language, as `rendering`",
    {"type": "string", "enum": [language.value for language in Language]},
)
_CHECKED = Parameter(
    "checked",
    "of a message of ours: also say what this node itself finds to flag in it, as `checked`",
    {"type": "boolean"},
)
_KINDS = Parameter("kind", "only these kinds; may be given several times", _STRING, many=True)
_SINCE = Parameter("since", "only what was entered here at this time or later", _TIME)
_CURSOR: Final = {"type": "string", "pattern": r"^\d{1,18}\.\d{1,18}(,\d{1,18}\.\d{1,18}){0,99}$"}
_LIMIT = Parameter(
    "limit", "at most so many", {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT}
)

ROUTES: Final = (
    Route("GET", "/health", "health", "200 while the node's loop runs", schema.Health),
    Route(
        "GET",
        "/ready",
        "ready",
        "200 while the node takes messages, else 503",
        schema.Readiness,
        refusals=(503,),
    ),
    Route("GET", "/metrics", "metrics", "Figures for Prometheus", None, media=TEXT),
    Route("GET", "/openapi.json", "openapi", "This document", None),
    Route(
        "GET",
        "/v1/status",
        "status",
        "The node at a glance, what is wrong first",
        schema.Status,
        roles=EVERYBODY,
    ),
    Route(
        "GET",
        "/v1/doctor",
        "doctor",
        "Every check, with the mend of what failed",
        schema.Doctor,
        roles=EVERYBODY,
    ),
    Route(
        "GET",
        "/v1/messages",
        "messages",
        "Messages, newest first",
        schema.MessagePage,
        parameters=(
            Parameter("direction", "only these", {"type": "string", "enum": ["in", "out"]}),
            Parameter("peer", "only of the line with this centre", _CENTRE),
            Parameter(
                "awaiting",
                "only those that still want an answer: of this centre (us), or of the peer",
                {"type": "string", "enum": ["us", "peer"]},
            ),
            Parameter(
                "unread",
                "only those of the peer that nobody here has opened; line checks are nobody's to",
                {"type": "boolean"},
            ),
            Parameter(
                "proposed",
                "only our notices in force to which the peer proposes a change that nobody took up",
                {"type": "boolean"},
            ),
            _KINDS,
            _SINCE,
            Parameter("before", "what an earlier page has as `before`", _CURSOR),
            _LIMIT,
        ),
        refusals=(404,),
        roles=EVERYBODY,
    ),
    Route(
        "POST",
        "/v1/messages",
        "send",
        "Sign a message; the answer comes when it is durable here",
        schema.Sent,
        schema.SendRequest,
        201,
        refusals=(404, 409, 413, 503),
        roles=DESK,
    ),
    Route(
        "GET",
        "/v1/messages/{name}",
        "message",
        "One message with all that belongs to it",
        schema.Thread,
        parameters=(_NAME, _LANGUAGE, _CHECKED),
        refusals=(404, 409),
        roles=EVERYBODY,
    ),
    Route(
        "POST",
        "/v1/messages/{name}/read",
        "read",
        "Record that an officer has opened a message",
        schema.MessageView,
        schema.ReadRequest,
        parameters=(_NAME,),
        refusals=(404, 409, 413, 503),
        roles=DESK,
    ),
    Route(
        "POST",
        "/v1/messages/{name}/reply",
        "reply",
        "Answer a message of the peer",
        schema.Sent,
        schema.ReplyRequest,
        201,
        parameters=(_NAME,),
        refusals=(404, 409, 413, 503),
        roles=DESK,
    ),
    Route(
        "GET",
        "/v1/alarms",
        "alarms",
        "Alarms that stand; with all=true those of the past too",
        schema.AlarmPage,
        parameters=(
            Parameter("all", "settled ones too", {"type": "boolean"}),
            Parameter(
                "before",
                "of `all`, only those raised before the one of this number",
                {"type": "integer", "minimum": 1, "maximum": MAX_NUMBER},
            ),
            Parameter(
                "limit",
                "of `all`, at most so many, the newest",
                {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT},
            ),
        ),
        roles=EVERYBODY,
    ),
    Route(
        "POST",
        "/v1/alarms/{id}/acknowledge",
        "acknowledge",
        "Take notice of one alarm, by name",
        schema.AlarmPage,
        schema.AcknowledgeRequest,
        parameters=(
            Parameter(
                "id",
                "the alarm's number",
                {"type": "integer", "minimum": 1, "maximum": MAX_NUMBER},
                "path",
            ),
        ),
        refusals=(404, 409, 413, 503),
        roles=DESK,
    ),
    Route(
        "GET",
        "/v1/log",
        "log",
        "Entries of this node's logs, newest first; with `after` those next, oldest first",
        schema.EntryPage,
        parameters=(
            *(Parameter(term.name, term.help, dict(term.schema), many=term.many) for term in TERMS),
            Parameter(
                "after", "what an earlier page has as `after`; 0: from the beginning", _STRING
            ),
            Parameter("before", "what an earlier page has as `before`", _STRING),
            _LIMIT,
        ),
        refusals=(404,),
        roles=EVERYBODY,
    ),
    Route(
        "GET",
        "/v1/events",
        "events",
        "What happens from now on: open, message, receipt, line, relation, alarm,"
        " alarm-acknowledged, exercise, fault, watch",
        None,
        media=EVENTS,
        roles=EVERYBODY,
    ),
    Route(
        "POST",
        "/v1/lines/{peer}/check",
        "check_line",
        "Send a line check, and have the peer witness the node's own log",
        schema.Sent,
        status=201,
        parameters=(Parameter("peer", "the centre at the other end", _CENTRE, "path"),),
        refusals=(404, 409, 503),
        roles=DESK,
    ),
    Route(
        "GET",
        "/v1/letters",
        "letters",
        "What was agreed on with every peer: release, warning times, deadlines, phrases",
        letter_shapes.LetterPage,
        roles=EVERYBODY,
    ),
    Route(
        "GET",
        "/v1/voice",
        "voice",
        "What was read out, written down and confirmed over a telephone, newest first",
        voice_shapes.VoicePage,
        parameters=(
            Parameter("peer", "only of the line with this centre", _CENTRE),
            Parameter(
                "name",
                "only about this message: its id, or the reference",
                {"type": "string", "format": "message"},
            ),
            _LIMIT,
        ),
        refusals=(404,),
        roles=EVERYBODY,
    ),
    Route(
        "POST",
        "/v1/voice/spoken",
        "speak",
        "Record that a message of this centre is read out, and return its lines",
        voice_shapes.VoiceView,
        voice_shapes.SpeakRequest,
        201,
        refusals=(404, 409, 413, 503),
        roles=DESK,
    ),
    Route(
        "POST",
        "/v1/voice/heard",
        "take_down",
        "Record what was heard, and return what it says and the words to answer with",
        voice_shapes.VoiceTaken,
        voice_shapes.HearRequest,
        201,
        refusals=(404, 409, 413, 503),
        roles=DESK,
    ),
    Route(
        "POST",
        "/v1/voice/confirmed",
        "confirm",
        "Record the words that the other side answered with, and whether they are right",
        voice_shapes.VoiceView,
        voice_shapes.ConfirmRequest,
        201,
        refusals=(404, 409, 413, 503),
        roles=DESK,
    ),
    Route(
        "GET",
        "/v1/airspace",
        "airspace",
        "What is active or planned around a moment, and what it is to each other",
        airspace_shapes.AirspaceView,
        parameters=(
            Parameter("at", "the moment; now where none is given", _TIME),
            Parameter("line", "only of the line with this centre", _CENTRE),
            _LIMIT,
            Parameter("drawn", "also the areas, as a map can draw them", {"type": "boolean"}),
        ),
        refusals=(404,),
        roles=EVERYBODY,
    ),
    Route(
        "GET",
        "/v1/exercise",
        "exercise",
        "Where play stands at this node, and what happened last",
        exercise_shapes.ExerciseView,
        roles=EVERYBODY,
    ),
    Route(
        "POST",
        "/v1/exercise",
        "tell_exercise",
        "Record what happened in an exercise; real-world stops play on both sides",
        exercise_shapes.ExerciseView,
        exercise_shapes.ExerciseRequest,
        201,
        refusals=(403, 409, 413, 503),
        roles=PLAY,
    ),
    Route(
        "GET",
        "/v1/faults",
        "faults",
        "What is broken at this node on purpose",
        exercise_shapes.FaultPage,
        roles=EVERYBODY,
    ),
    Route(
        "POST",
        "/v1/faults",
        "break_",
        "Break something of this node on purpose, or make it whole",
        exercise_shapes.FaultPage,
        exercise_shapes.FaultRequest,
        201,
        refusals=(403, 404, 409, 413, 503),
        roles=DIRECTOR,
    ),
    Route(
        "GET",
        "/v1/watch",
        "watch",
        "Who has the watch, and the brief that is open",
        exercise_shapes.WatchView,
        roles=EVERYBODY,
    ),
    Route(
        "POST",
        "/v1/watch",
        "take_step",
        "Take a step of the watch: take it, be briefed, assume it, review, release it",
        exercise_shapes.WatchView,
        exercise_shapes.WatchRequest,
        201,
        refusals=(409, 413, 503),
        roles=DESK,
    ),
    Route(
        "POST",
        "/v1/check",
        "check",
        "Say what a message would mean if it were sent now; nothing is signed",
        airspace_shapes.Checked,
        airspace_shapes.CheckRequest,
        refusals=(404, 409, 413),
        roles=DESK,
    ),
    *ACCESS_ROUTES,
    *AUDIT_ROUTES,
)
