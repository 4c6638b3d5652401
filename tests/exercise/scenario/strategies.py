"""Scenarios as their files would give them, for tests with hypothesis."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from hypothesis import strategies as st

from hotline.exercise.crew.mistakes import Mistake
from hotline.exercise.scenario.codes import ALARMS, FLAGS, OF_A_NOTICE
from hotline.exercise.scenario.durations import duration_said
from hotline.exercise.scenario.letters import sample_letter
from hotline.exercise.scenario.shape import Scenario
from hotline.model.kinds import Activity, Answer, Precedence
from hotline.model.text import unsafe_character

Table = dict[str, Any]
CENTRES = ("north", "south")
DURATION_S = 36_000

_ALPHABET = st.sampled_from(
    "aZ09 .,:;#&*!|>%@`'\"{}[]()=+-_/\\?<~^$\tЖшא🛩\u00a0é＝"  # noqa: RUF001
)


def bare(scenario: Scenario) -> Scenario:
    """Return a scenario without what depends on the file that it was read from."""
    return msgspec.structs.replace(
        scenario,
        sha256="",
        source="",
        beside={},
        injects=tuple(msgspec.structs.replace(one, line=0) for one in scenario.injects),
        traffic=tuple(msgspec.structs.replace(one, line=0) for one in scenario.traffic),
    )


def texts(limit: int = 40, *, lines: bool = False) -> st.SearchStrategy[str]:
    """Return texts that a planner may write, with everything that YAML and CSV care about."""
    alphabet = _ALPHABET | st.just("\n") if lines else _ALPHABET.filter(lambda c: c != "\t")
    return st.text(alphabet, min_size=1, max_size=limit).filter(
        lambda text: (
            bool(text.strip())
            and not text.endswith("\n")
            and unsafe_character(text, lines=lines) is None
        )
    )


def durations(most_s: int = 3600, least_ms: int = 1) -> st.SearchStrategy[str]:
    """Return durations to the millisecond."""
    return st.integers(least_ms, most_s * 1000).map(lambda ms: duration_said(ms / 1000))


_NUMBERS = st.integers(0, 1000) | st.floats(0, 1000).map(lambda value: round(value, 3))
_POSITION = st.fixed_dictionaries({"lat": st.integers(-60, 60), "lng": st.floats(-170, 170)})


def _notice(reference: str) -> st.SearchStrategy[Table]:
    return st.fixed_dictionaries(
        {
            "kind": st.just("notice"),
            "reference": st.just(reference),
            "title": texts(),
            "activity": st.sampled_from([one.value for one in Activity]),
            "volumes": st.just(
                [
                    {
                        "outline_circle": {"center": {"lat": 34.5, "lng": 33.25}, "radius_m": 9000},
                        "altitude_lower": "ground",
                        "altitude_upper": "FL100",
                        "time_start": "+45m",
                        "time_end": "+2h",
                    }
                ]
            ),
        },
        optional={
            "remarks": texts(lines=True),
            "precedence": st.sampled_from(list(Precedence.__members__)),
        },
    )


_ADVISORY = st.fixed_dictionaries(
    {"kind": st.just("advisory"), "text": texts(lines=True)},
    optional={"position": _POSITION, "phrases": st.just([314]), "track_deg": st.floats(0, 360)},
)
_FAULTS = st.sampled_from(
    [
        {"cut": {}},
        {"cut": {"for": "40 s"}},
        {"one-way-cut": {"from": CENTRES[0], "for": "1 min"}},
        {"delay": {"by": "800 ms", "for": "1 h"}},
        {"loss": {"percent": 12.5}},
        {"bandwidth": {"bits-per-second": 9600, "for": "1 min"}},
        {"node-kill": {"centre": CENTRES[1], "for": "20 s"}},
        {"clock-offset": {"centre": CENTRES[1], "by": "7 s"}},
        {"clock-offset": {"centre": CENTRES[0], "by": "40 s", "back": True, "for": "1 min"}},
        {"replayed-envelope": {"centre": CENTRES[0]}},
    ]
)


@st.composite
def _expectation(draw: st.DrawFn, of_a_message: bool) -> Table:
    kinds = ["alarm-raised", "alarm-acknowledged", "line-up", "line-down", "voice-fallback",
             "message", "relief"]  # fmt: skip
    if of_a_message:
        kinds += ["receipt", "read", "read-back", "reply", "conflict-noticed", "flagged"]
    kind = draw(st.sampled_from(kinds))
    table: Table = {"within": draw(durations()), "centre": draw(st.sampled_from(CENTRES))}
    if kind.startswith("alarm"):
        table["code"] = draw(st.sampled_from(sorted(ALARMS)))
    elif kind == "flagged":
        table["code"] = draw(st.sampled_from(sorted(FLAGS)))
    elif kind == "reply":
        answers = draw(st.lists(st.sampled_from([a.value for a in Answer]), max_size=4))
        if answers:
            table["one-of"] = answers
    elif kind == "message":
        table["kinds"] = draw(st.sampled_from([["notice"], ["withdrawal", "service"]]))
    if draw(st.booleans()):
        table["never"] = draw(st.booleans())
    if draw(st.booleans()):
        table["text"] = draw(texts())
    return {kind: table}


@st.composite
def injects(draw: st.DrawFn, objectives: int = 1) -> list[Table]:
    """Return injects that agree with each other, for one of so many objectives."""
    found: list[Table] = []
    sent: list[tuple[str, str]] = []
    for number in range(draw(st.integers(0, 5))):
        inject: Table = {"id": draw(st.sampled_from([str(number), f"{number}.5", f"A-{number}"]))}
        if found and draw(st.booleans()):
            inject["after"] = {"inject": draw(st.sampled_from(found))["id"], "by": "1 min"}
        else:
            # Later than all before, so that what is answered is there.
            inject["at"] = duration_said(3600 + 600 * number + draw(st.integers(0, 599)))
        centre = draw(st.sampled_from(CENTRES))
        act = draw(
            st.sampled_from(
                ["send", "send", "reply", "voice", "tell", "fault", "relieve", "pause", "end",
                 "real-world"]
            )
        )  # fmt: skip
        about = [one for one in sent if one[1] != centre] if act == "reply" else sent
        if act in ("reply", "voice") and (not about or "after" in inject):
            act = "tell"
        if act == "send":
            inject |= {"from": centre, "send": draw(_notice(f"N-{number}") | _ADVISORY)}
            sent.append((inject["id"], centre))
        elif act == "reply":
            reply = {"about": draw(st.sampled_from(about))[0], "answer": "reject"}
            inject |= {"from": centre, "reply": reply | {"reason": draw(texts(lines=True))}}
        elif act == "voice":
            one = draw(st.sampled_from(about))
            inject |= {"from": one[1], "voice": {"about": one[0]}}
        elif act == "tell":
            inject |= {"to": centre, "tell": draw(texts(lines=True))}
        elif act == "fault":
            inject["fault"] = draw(_FAULTS)
        elif act == "relieve":
            inject |= {"from": centre, "relieve": draw(texts(20))}
        else:
            inject[act] = draw(texts(lines=True))
        for key, strategy in (
            ("title", texts()),
            ("description", texts(lines=True)),
            ("outcome", texts(lines=True)),
            ("comment", texts(lines=True)),
        ):
            if draw(st.booleans()):
                inject[key] = draw(strategy)
        if act in ("send", "reply", "voice") and draw(st.booleans()):
            inject["officer"] = draw(texts(20))
        if act == "send" and draw(st.booleans()):
            inject["by-crew"] = True
        if draw(st.booleans()):
            of_a_message = act in ("send", "reply")
            inject["expect"] = draw(st.lists(_expectation(of_a_message), min_size=1, max_size=3))
            if draw(st.booleans()):
                inject["objectives"] = draw(
                    st.lists(st.integers(1, objectives), min_size=1, max_size=3)
                )
        found.append(inject)
    given = [one["send"]["reference"] for one in found if one.get("send", {}).get("reference")]
    for table in _alarms_of_notices(found) if given else ():
        if draw(st.booleans()):
            table["reference"] = draw(st.sampled_from(given))
    return found


def _alarms_of_notices(found: list[Table]) -> Iterator[Table]:
    """Yield the expectations of alarms that name a notice."""
    for inject in found:
        for expectation in inject.get("expect", ()):
            for kind, table in expectation.items():
                if kind.startswith("alarm") and table["code"] in OF_A_NOTICE:
                    yield table


_CREW = st.sampled_from(["human", "simulated"]) | st.fixed_dictionaries(
    {"kind": st.sampled_from(["human", "simulated"])},
    optional={
        "officers": st.lists(texts(20), min_size=1, max_size=3),
        "language": st.sampled_from(["en", "ru", "he"]),
        "skill": st.floats(0, 1),
        "reaction": st.fixed_dictionaries({"FLASH": durations(600)}),
        "error-rate": st.floats(0, 1),
        "mistakes": st.lists(st.sampled_from([one.value for one in Mistake]), max_size=2),
    },
)
_TRAFFIC = st.fixed_dictionaries(
    {
        "id": st.just("day"),
        "until": st.just("2 h"),
        "rates": st.lists(
            st.fixed_dictionaries({"hour": st.floats(0, 24), "per-hour": _NUMBERS}),
            min_size=1,
            max_size=3,
        ),
    },
    optional={
        "from": st.just("5 min"),
        "originator": st.sampled_from(CENTRES),
        "seed": st.integers(0, 2**53),
        "activities": st.fixed_dictionaries({"patrol": st.integers(1, 9)}),
        "languages": st.fixed_dictionaries({"ru": st.floats(0.5, 9)}),
        "error-rate": st.floats(0, 1),
        "area": st.just([-10.5, 20, 30, 40.25]),
    },
)
_OVERRIDES = st.fixed_dictionaries(
    {}, optional={
        "edition": texts(20),
        "minimum_warning_s": st.fixed_dictionaries({"default": st.integers(0, 7200)}),
        "clock": st.just({"maximum_offset_ms": 250.5}),
    }
)  # fmt: skip
_WHOLE_LETTER = st.just({"toml": "# A letter of its own.\n" + sample_letter("property", CENTRES)})


@st.composite
def scenarios(draw: st.DrawFn) -> Table:
    """Return the table of a scenario's file that can be played."""
    objectives = draw(st.lists(texts(), min_size=1, max_size=3))
    table: Table = {
        "name": "property",
        "title": draw(texts()),
        "objectives": objectives,
        "centres": list(CENTRES),
        "duration": duration_said(DURATION_S),
        "injects": draw(injects(len(objectives))),
    }
    for key, strategy in (
        ("summary", texts(80, lines=True)),
        ("starts", st.sampled_from(["2026-03-01T06:00:00Z", "2026-03-01T08:00:00+02:00"])),
        ("time-factor", st.integers(1, 60) | st.floats(1, 60)),
        ("seed", st.integers(0, 2**53)),
        ("letter", st.just("none") | _OVERRIDES | _WHOLE_LETTER),
        ("crews", st.fixed_dictionaries({CENTRES[0]: _CREW})),
        ("traffic", st.lists(_TRAFFIC, min_size=1, max_size=1)),
    ):
        if draw(st.booleans()):
            table[key] = draw(strategy)
    if draw(st.booleans()):
        table["highest-factor"] = draw(st.floats(table.get("time-factor", 1), 60))
    if table.get("letter") != "none" and draw(st.booleans()):
        table["letters"] = {CENTRES[1]: draw(_OVERRIDES | _WHOLE_LETTER)}
    return table
