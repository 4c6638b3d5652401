"""A scenario as its file would give it: tables of keys, and YAML that people can read."""

from __future__ import annotations

import io
from typing import Any, Final

from hotline.exercise.scenario.durations import duration_said
from hotline.exercise.scenario.file_form import INLINE, MAX_FACTOR, NO_LETTER
from hotline.exercise.scenario.letters import difference, sample_letter
from hotline.exercise.scenario.shape import (
    DIRECTOR,
    LINE_FAULTS,
    Act,
    Crew,
    Expectation,
    ExpectationKind,
    Fault,
    FaultKind,
    Inject,
    Scenario,
    Traffic,
)
from hotline.model.times import format_time

Table = dict[str, Any]

_AMOUNTS: Final = {FaultKind.LOSS: "percent", FaultKind.BANDWIDTH: "bits-per-second"}
"""Keys of amounts that are no duration."""
_WIDTH: Final = 96


def scenario_table(scenario: Scenario) -> Table:
    """Return what a file says, from which the same scenario is read; defaults are left out."""
    found: Table = {
        "name": scenario.name,
        "title": scenario.title,
        "summary": scenario.summary or None,
        "objectives": list(scenario.objectives),
        "centres": list(scenario.centres),
        "starts": None if scenario.starts is None else format_time(scenario.starts),
        "duration": duration_said(scenario.duration_s),
        "time-factor": None if scenario.time_factor == 1 else number(scenario.time_factor),
        "highest-factor": (
            None if scenario.highest_factor == MAX_FACTOR else number(scenario.highest_factor)
        ),
        "seed": scenario.seed or None,
        **letter_tables(scenario),
        "crews": {centre: crew_table(crew) for centre, crew in scenario.crews.items()},
        "traffic": [traffic_table(one) for one in scenario.traffic] or None,
        "injects": [inject_table(one) for one in scenario.injects],
    }
    return {key: value for key, value in found.items() if value is not None}


def letter_tables(scenario: Scenario) -> Table:
    """Return the keys ``letter`` and ``letters``: what differs, or the whole text."""
    if scenario.letter is None:
        return {"letter": NO_LETTER}
    sample = sample_letter(scenario.name, scenario.centres)
    found: Table = {}
    if scenario.letter != sample:
        found["letter"] = _letter(sample, scenario.letter)
    own = {centre: _letter(scenario.letter, text) for centre, text in scenario.letters.items()}
    if own:
        found["letters"] = own
    return found


def _letter(of: str, text: str) -> Table:
    keys = difference(of, text)
    return keys if keys is not None else {INLINE: text}


def crew_table(crew: Crew) -> Table | str:
    """Return a crew's keys, or its kind alone where all else is as usual."""
    plain = Crew()
    found: Table = {"kind": crew.kind.value}
    if crew.officers:
        found["officers"] = list(crew.officers)
    if crew.language != plain.language:
        found["language"] = crew.language
    if crew.skill != plain.skill:
        found["skill"] = number(crew.skill)
    if crew.reaction_s:
        found["reaction"] = {
            name: duration_said(seconds) for name, seconds in crew.reaction_s.items()
        }
    if crew.spread != plain.spread:
        found["spread"] = number(crew.spread)
    if crew.error_rate:
        found["error-rate"] = number(crew.error_rate)
    if crew.mistakes:
        found["mistakes"] = list(crew.mistakes)
    return found if len(found) > 1 else crew.kind.value


def traffic_table(traffic: Traffic) -> Table:
    """Return the keys of an element of traffic."""
    plain = Traffic(id="", from_s=0.0, until_s=0.0)
    found: Table = {"id": traffic.id}
    if traffic.from_s:
        found["from"] = duration_said(traffic.from_s)
    found["until"] = duration_said(traffic.until_s)
    if traffic.originator:
        found["originator"] = traffic.originator
    if traffic.seed:
        found["seed"] = traffic.seed
    found["rates"] = [
        {"hour": number(rate.hour), "per-hour": number(rate.per_hour)} for rate in traffic.rates
    ]
    for key in ("activities", "precedences", "languages"):
        weights = getattr(traffic, key)
        if weights:
            found[key] = {name: number(weight) for name, weight in weights.items()}
    if traffic.advisory_share != plain.advisory_share:
        found["advisory-share"] = number(traffic.advisory_share)
    if traffic.error_rate:
        found["error-rate"] = number(traffic.error_rate)
    if traffic.area != plain.area:
        found["area"] = [number(side) for side in traffic.area]
    return found


def inject_table(inject: Inject) -> Table:
    """Return the keys of an inject."""
    found: Table = {"id": inject.id}
    if inject.after:
        found["after"] = {"inject": inject.after, "by": duration_said(inject.at_s)}
    else:
        found["at"] = duration_said(inject.at_s)
    if inject.title:
        found["title"] = inject.title
    if inject.originator != DIRECTOR:
        found["from"] = inject.originator
    if inject.recipient:
        found["to"] = inject.recipient
    if inject.from_crew:
        found["by-crew"] = True
    if inject.officer and inject.act is not Act.RELIEVE:
        found["officer"] = inject.officer
    found[inject.act.value] = act_value(inject)
    if inject.flawed:
        found["flawed"] = True
    for key in ("description", "outcome"):
        if text := getattr(inject, key):
            found[key] = text
    if inject.expectations:
        found["expect"] = [expectation_table(one, inject) for one in inject.expectations]
    if inject.objectives:
        found["objectives"] = list(inject.objectives)
    if inject.comment:
        found["comment"] = inject.comment
    return found


def act_value(inject: Inject) -> Table | str:
    """Return what stands under the key that says what an inject does."""
    match inject.act:
        case Act.SEND:
            return dict(inject.document or {})
        case Act.REPLY:
            fields = {
                key.replace("_", "-"): value for key, value in (inject.document or {}).items()
            }
            reason = {"reason": inject.reason} if inject.reason else {}
            return {"about": inject.about, "answer": str(inject.answer), **reason, **fields}
        case Act.VOICE:
            return {"about": inject.about}
        case Act.FAULT:
            assert inject.fault is not None  # noqa: S101 - every inject of this act has one
            return fault_table(inject.fault)
        case Act.RELIEVE:
            return inject.officer
        case _:
            return inject.text


def fault_table(fault: Fault) -> Table:
    """Return a fault as one key with its table."""
    inner: Table = {}
    if fault.kind is FaultKind.ONE_WAY:
        inner["from"] = fault.centre
    elif fault.centre and fault.kind not in LINE_FAULTS:
        inner["centre"] = fault.centre
    if fault.amount:
        key = _AMOUNTS.get(fault.kind, "by")
        inner[key] = number(fault.amount) if key != "by" else duration_said(abs(fault.amount))
    if fault.amount < 0:
        inner["back"] = True
    if fault.for_s is not None:
        inner["for"] = duration_said(fault.for_s)
    return {fault.kind.value: inner}


def expectation_table(expectation: Expectation, inject: Inject) -> Table:
    """Return an expectation as one key with its table; the usual centre is left out."""
    inner: Table = {}
    if expectation.answers:
        inner["one-of"] = [answer.value for answer in expectation.answers]
    if expectation.code:
        inner["code"] = expectation.code
    if expectation.reference:
        inner["reference"] = expectation.reference
    if expectation.kinds:
        inner["kinds"] = list(expectation.kinds)
    if expectation.centre != usual_centre(expectation.kind, inject):
        inner["centre"] = expectation.centre
    inner["within"] = duration_said(expectation.within_s)
    if expectation.never:
        inner["never"] = True
    if expectation.text:
        inner["text"] = expectation.text
    return {expectation.kind.value: inner}


def usual_centre(kind: ExpectationKind, inject: Inject) -> str:
    """Return the centre of whom something is expected where the file names none."""
    if kind is ExpectationKind.RELIEF and inject.originator != DIRECTOR:
        return inject.originator
    return inject.recipient or ("" if inject.fault is None else inject.fault.centre)


def number(value: float) -> float:
    """Return a number as people write it: 2 instead of 2.0."""
    return int(value) if float(value).is_integer() else value


def scenario_yaml(scenario: Scenario) -> str:
    """Return a scenario as a file that says it all, messages and letters written out."""
    from ruamel.yaml import YAML  # here: reading needs none of it

    yaml = YAML()
    yaml.width = _WIDTH
    yaml.indent(mapping=2, sequence=4, offset=2)
    out = io.StringIO()
    yaml.dump(_styled(scenario_table(scenario)), out)
    return out.getvalue()


def _styled(value: Any) -> Any:
    """Let text of several lines stand as a block, and small tables and lists in one line."""
    from ruamel.yaml.comments import CommentedMap, CommentedSeq
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

    if isinstance(value, str):
        if "\n" not in value:
            # The library leaves some beginnings bare that it cannot read back.
            bare = value[:1].isalnum() or value[:1] == "+"
            return value if bare else DoubleQuotedScalarString(value)
        # A block loses blanks at the ends of what it holds.
        blank = any(line != line.strip() or not line for line in value.split("\n"))
        return DoubleQuotedScalarString(value) if blank else LiteralScalarString(value)
    if not isinstance(value, dict | list):
        return value
    small = _length(value) <= 72
    if isinstance(value, dict):
        table = CommentedMap({key: _styled(inner) for key, inner in value.items()})
        if small:
            table.fa.set_flow_style()
        return table
    items = CommentedSeq([_styled(inner) for inner in value])
    if small and not any(isinstance(inner, dict) and "expect" not in inner for inner in value):
        items.fa.set_flow_style()
    return items


def _length(value: Any) -> int:
    """Return about how many characters a value takes in one line; many for several lines."""
    if isinstance(value, dict):
        return sum(len(str(key)) + 4 + _length(inner) for key, inner in value.items())
    if isinstance(value, list):
        return sum(2 + _length(inner) for inner in value)
    return len(str(value)) + (1000 if isinstance(value, str) and "\n" in value else 0)
