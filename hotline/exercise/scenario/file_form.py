"""The form of a scenario's file, key by key: what the reader takes and the schema says."""

from __future__ import annotations

from typing import Final

import msgspec

from hotline.exercise.crew.mistakes import Mistake
from hotline.exercise.scenario.codes import ALARMS, FLAGS
from hotline.exercise.scenario.forms import Form, Schema
from hotline.exercise.scenario.message_form import SENT, MessageForm
from hotline.exercise.scenario.shape import CrewKind, ExpectationKind, FaultKind
from hotline.exercise.scenario.tables import Either, Free, Key, ListOf, MapOf, OneKey, Table
from hotline.exercise.scenario.values import (
    DAY_S,
    Choice,
    Code,
    Duration,
    Flag,
    Moment,
    Number,
    Words,
)
from hotline.model.kinds import Activity, Answer, Kind, Precedence, Status
from hotline.model.languages.language import Language
from hotline.model.letter import Letter
from hotline.model.phrases import Phrase
from hotline.model.rules import MAX_OFFICER, MAX_REFERENCE

NAME: Final = r"[a-z0-9][a-z0-9-]{0,47}"
INJECT_ID: Final = r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,14}[A-Za-z0-9])?"
REFERENCE: Final = r"[A-Z0-9]+(?:-[A-Z0-9]+)*"
CENTRE: Final = r"[a-z][a-z0-9-]{1,31}"
MAX_INJECTS: Final = 2000
MAX_OBJECTIVES: Final = 20
MAX_FACTOR: Final = 60
NO_LETTER: Final = "none"
"""What stands for a letter where the nodes have one already."""
INLINE: Final = "toml"
"""The key of a letter that is written out whole."""

ACTS: Final = (
    "send", "reply", "voice", "tell", "fault", "relieve", "real-world", "pause", "end",
)  # fmt: skip
"""What an inject does: exactly one of these keys stands in it. Values of `shape.Act`."""

_ID = Words(16, pattern=INJECT_ID, numbers=True, example="3")
_CENTRE = Words(32, pattern=CENTRE, example="iaf")
_LINE = Words(120)
_LINES = Words(4000, lines=True)
_OFFICER = Words(MAX_OFFICER, example="sim. Levi")
_PRECEDENCES = tuple(Precedence.__members__)
_LANGUAGES = tuple(language.value for language in Language)


def _letter_keys() -> Schema:
    """Return the keys of a letter, none of them required: what is left out is the sample's."""
    definitions = msgspec.json.schema(Letter)["$defs"]
    keys = _loosened(definitions[Letter.__name__], definitions)
    for taken in ("centres", "exercise"):
        del keys["properties"][taken]
    keys["properties"]["status"] = {"enum": [Status.EXERCISE.value, Status.TEST.value]}
    keys["properties"][INLINE] = {"type": "string", "description": "the whole letter instead"}
    return keys


def _loosened(part: Schema, definitions: dict[str, Schema], *, phrase: bool = False) -> Schema:
    """Put in what is referred to, and require nothing but of a phrase: the sample has the rest."""
    if "$ref" in part:
        name = part["$ref"].rpartition("/")[2]
        return _loosened(definitions[name], definitions, phrase=name == Phrase.__name__)
    dropped = {"title", "description", "default"} | (set() if phrase else {"required"})
    found = {key: value for key, value in part.items() if key not in dropped}
    if "properties" in found:
        found["properties"] = {
            key: _loosened(value, definitions) for key, value in found["properties"].items()
        }
    for key in ("items", "additionalProperties"):
        if isinstance(found.get(key), dict):
            found[key] = _loosened(found[key], definitions)
    return found


_LETTER = Free(_letter_keys, "{minimum_warning_s: {default: 1800}}")
_FILE_NAME = Words(200, example="letter.toml")

CREW: Final = Table(
    {
        "kind": Key(Choice(tuple(CrewKind)), "people, or a program that plays them"),
        "officers": Key(ListOf(_OFFICER, 1, 20), "names, the one on watch first"),
        "language": Key(Choice(_LANGUAGES), "in which it writes its own words"),
        "skill": Key(Number(0, 1), "from 0, sees nothing amiss, to 1, misses nothing"),
        "reaction": Key(
            MapOf(Duration(), words=_PRECEDENCES), "median time to read, by precedence"
        ),
        "spread": Key(Number(0, 3), "standard deviation of the logarithm of that time"),
        "error-rate": Key(Number(0, 1), "share of read-backs that are wrong"),
        "mistakes": Key(
            ListOf(Choice(tuple(mistake.value for mistake in Mistake)), 0, 20),
            "the classic mistakes that it makes on purpose",
        ),
    },
    about="who sits at a centre; all but kind, officers and language is of a simulated crew",
)

_RATE = Table(
    {
        "hour": Key(Number(0, 24), "hour of the day, UTC of the scenario's clock", True),
        "per-hour": Key(Number(0, 3600), "messages an hour", True),
    }
)

TRAFFIC: Final = Table(
    {
        "id": Key(_ID, "a name of its own", True),
        "from": Key(Duration(), "when it begins, after STARTEX"),
        "until": Key(Duration(above_zero=True), "when it ends", True),
        "originator": Key(_CENTRE, "the centre that sends; both without"),
        "seed": Key(Number(0, 2**53, whole=True), "the same one gives the same traffic"),
        "rates": Key(ListOf(_RATE, 1, 48), "the curve of the day, straight between two", True),
        "activities": Key(
            MapOf(Number(0, 1000), words=tuple(a.value for a in Activity)), "weights"
        ),
        "precedences": Key(MapOf(Number(0, 1000), words=_PRECEDENCES), "weights"),
        "languages": Key(MapOf(Number(0, 1000), words=_LANGUAGES), "weights"),
        "advisory-share": Key(Number(0, 1), "share of advisories among the messages"),
        "error-rate": Key(Number(0, 1), "share of messages with something wrong that is flagged"),
        "area": Key(ListOf(Number(-180, 180), 4, 4), "west, south, east, north, in degrees"),
    },
    about="mock traffic by a seed",
)

_WITHIN = Key(Duration(above_zero=True), "the time for it, after the inject's delivery", True)
_AT_CENTRE = Key(_CENTRE, "the centre that is to do it; the recipient without")
_COMMON: Final = {
    "within": _WITHIN,
    "centre": _AT_CENTRE,
    "never": Key(Flag(), "true where it must not happen within the time"),
    "text": Key(Words(300), "what is looked for, in words"),
}
_ALARM = Key(Code(ALARMS, "an alarm", "line.down"), "the alarm's code", True)
_NOTICE = Key(
    Words(MAX_REFERENCE, pattern=REFERENCE, example="IAF-0101"),
    "the notice that the alarm is about; any without",
)
_FLAG = Key(Code(FLAGS, "a flag", "notice.short-warning"), "the flag's code", True)
_OF_KIND: Final[dict[ExpectationKind, dict[str, Key]]] = {
    ExpectationKind.REPLY: {
        "one-of": Key(
            ListOf(Choice(tuple(a.value for a in Answer)), 1, 4), "the answers; any without"
        )
    },
    ExpectationKind.ALARM: {"code": _ALARM, "reference": _NOTICE},
    ExpectationKind.ACKNOWLEDGED: {"code": _ALARM, "reference": _NOTICE},
    ExpectationKind.FLAGGED: {"code": _FLAG},
    ExpectationKind.MESSAGE: {
        "kinds": Key(ListOf(Choice((*SENT, Kind.REPLY.value)), 1, 12), "kinds of message", True)
    },
}
ABOUT_EXPECTED: Final = {
    ExpectationKind.RECEIPT: "the inject's message is receipted",
    ExpectationKind.READ: "the message is opened",
    ExpectationKind.READ_BACK: "a read-back that agrees with the signed fields",
    ExpectationKind.REPLY: "a reply, with one of the answers where they are said",
    ExpectationKind.CONFLICT: "a conflict of the notice is acted on",
    ExpectationKind.ALARM: "an alarm of the code rings",
    ExpectationKind.ACKNOWLEDGED: "an alarm of the code is acknowledged by name",
    ExpectationKind.FLAGGED: "the message is flagged with the code",
    ExpectationKind.VOICE: "what is read out is taken down and confirmed",
    ExpectationKind.RELIEF: "the watch is relieved: brief, assumption, review",
    ExpectationKind.LINE_UP: "the node finds the line up",
    ExpectationKind.LINE_DOWN: "the node finds the line down",
    ExpectationKind.MESSAGE: "a message of the kinds is sent by the crew itself",
}
EXPECTED: Final = OneKey(
    {
        kind.value: Table({**_COMMON, **_OF_KIND.get(kind, {})}, short="within")
        for kind in ExpectationKind
    },
    about={kind.value: text for kind, text in ABOUT_EXPECTED.items()},
)

_FOR = Key(Duration(above_zero=True), "how long it stays; until ENDEX without")
_BEFALLS = Key(_CENTRE, "the node that it befalls", True)
_SENDS = Key(_CENTRE, "the node that sends it; the other one's refuses or takes it", True)
_BY = Key(Duration(60.0, above_zero=True), "how much", True)
_FAULT_KEYS: Final[dict[FaultKind, dict[str, Key]]] = {
    FaultKind.CUT: {"for": _FOR},
    FaultKind.ONE_WAY: {"for": _FOR, "from": Key(_CENTRE, "whose sending is stopped", True)},
    FaultKind.DELAY: {"for": _FOR, "by": _BY},
    FaultKind.JITTER: {"for": _FOR, "by": _BY},
    FaultKind.LOSS: {"for": _FOR, "percent": Key(Number(0.1, 100), "of packets", True)},
    FaultKind.BANDWIDTH: {
        "for": _FOR,
        "bits-per-second": Key(Number(300, 1e10), "that pass each way", True),
    },
    FaultKind.KILL: {"for": _FOR, "centre": _BEFALLS},
    FaultKind.RESTART: {"centre": _BEFALLS},
    FaultKind.CLOCK: {
        "for": _FOR,
        "centre": _BEFALLS,
        "by": Key(Duration(3600.0, above_zero=True), "how far it is put forward, or back", True),
        "back": Key(Flag(), "true to put it back"),
    },
    FaultKind.SLOW_DISK: {"for": _FOR, "centre": _BEFALLS, "by": _BY},
    FaultKind.FULL_DISK: {"for": _FOR, "centre": _BEFALLS},
    FaultKind.CORRUPT: {"centre": _SENDS},
    FaultKind.REPLAY: {"centre": _SENDS},
}
AMOUNT_KEYS: Final = ("by", "percent", "bits-per-second")
FAULT: Final = OneKey({kind.value: Table(keys) for kind, keys in _FAULT_KEYS.items()})

_ABOUT = Key(_ID, "the id of the inject whose message it is", True)
REPLY: Final = Table(
    {
        "about": _ABOUT,
        "answer": Key(Choice(tuple(a.value for a in Answer)), "the answer", True),
        "reason": Key(Words(1000, lines=True), "why; required to reject"),
        "read-back": Key(
            Free(lambda: {"type": "object"}, "{position: {lat: 34, lng: 33}}"),
            "as in notice.md; without, the signed fields are read back",
        ),
        "proposal": Key(
            ListOf(Free(lambda: {"type": "object"}, "{outline_circle: ...}"), 1, 100),
            "volumes, as in notice.md; required to counter",
        ),
        "phrases": Key(ListOf(Number(100, 999, whole=True), 1, 10), "numbers of phrases"),
    },
    about="an answer to what another inject has sent",
)

INJECT: Final = Table(
    {
        "id": Key(_ID, "the number in the MSEL, unique", True),
        "at": Key(Duration(), "when, after STARTEX"),
        "after": Key(
            Table(
                {
                    "inject": Key(_ID, "the id of another inject", True),
                    "by": Key(Duration(), "how long after its delivery"),
                },
                short="inject",
            ),
            "when, after the delivery of another inject",
        ),
        "title": Key(_LINE, "one line for the board"),
        "from": Key(_CENTRE, "the originator: a centre; the director without"),
        "to": Key(_CENTRE, "the recipient: a centre; the other one without"),
        "by-crew": Key(Flag(), "true where the originator's crew does it, when told at its node"),
        "officer": Key(_OFFICER, "in whose name it is sent; director without"),
        "send": Key(MessageForm(), "a message, sent through the originator's node"),
        "flawed": Key(Flag(), "true where the message breaks rules on purpose"),
        "reply": Key(REPLY, "the originator answers"),
        "voice": Key(Table({"about": _ABOUT}, short="about"), "the originator reads out"),
        "tell": Key(_LINES, "what the recipient's crew is told: a task, a report"),
        "fault": Key(FAULT, "what is broken on purpose"),
        "relieve": Key(_OFFICER, "who relieves the originator's watch"),
        "real-world": Key(_LINES, "real world, no play: why everybody stops"),
        "pause": Key(_LINES, "why the clock is to stand, until it is resumed"),
        "end": Key(_LINES, "why it ends before its time: ENDEX"),
        "description": Key(_LINES, "what happens, for the director"),
        "outcome": Key(_LINES, "the expected outcome, for the evaluator"),
        "expect": Key(ListOf(EXPECTED, 1, 20), "what is expected, and judged from the journals"),
        "comment": Key(_LINES, "the evaluator's comment: what to look at"),
        "objectives": Key(
            ListOf(Number(1, MAX_OBJECTIVES, whole=True), 1, MAX_OBJECTIVES),
            "numbers, from 1, of the objectives that its expectations show",
        ),
    },
    about="one line of the MSEL: when, from whom, to whom, what",
    one_of=(("at", "after"), ACTS),
)

_LETTER_KEY: Final[Form] = Either(_FILE_NAME, _LETTER)

SCENARIO: Final = Table(
    {
        "name": Key(
            Words(48, pattern=NAME, example="short-notice"), "small letters, digits and -", True
        ),
        "title": Key(_LINE, "one line", True),
        "summary": Key(_LINES, "what happens, and for whom it is"),
        "objectives": Key(ListOf(Words(300), 1, MAX_OBJECTIVES), "what it trains", True),
        "centres": Key(ListOf(_CENTRE, 2, 2), "the two centres, the one that dials first", True),
        "starts": Key(Moment(), "the scenario's clock at STARTEX; the real time without"),
        "duration": Key(Duration(DAY_S, above_zero=True), "from STARTEX to ENDEX", True),
        "time-factor": Key(Number(1, MAX_FACTOR), "how fast the scenario's clock runs, 1 to 60"),
        "highest-factor": Key(
            Number(1, MAX_FACTOR), "the highest time factor that it bears; 60 without"
        ),
        "seed": Key(Number(0, 2**53, whole=True), "of crews and traffic"),
        "letter": Key(
            _LETTER_KEY,
            "a file beside this one, or keys that differ from the sample letter; "
            "none where the nodes have one",
        ),
        "letters": Key(
            MapOf(_LETTER_KEY, pattern=CENTRE, most=2), "another letter for one of the centres"
        ),
        "crews": Key(
            MapOf(Either(Choice(tuple(CrewKind)), CREW), pattern=CENTRE, most=2),
            "who sits at each centre; simulated without",
        ),
        "traffic": Key(ListOf(TRAFFIC, 1, 20), "mock traffic beside the injects"),
        "injects": Key(ListOf(INJECT, 0, MAX_INJECTS), "the MSEL", True),
    },
    about="A scenario of an exercise on the hotline; docs/spec/scenario.md says it in words.",
)
