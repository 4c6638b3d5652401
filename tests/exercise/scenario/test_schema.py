from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from hotline.errors import HotlineError
from hotline.exercise.scenario.marked import Place, marked
from hotline.exercise.scenario.reading import scenario_of, shipped, shipped_names
from hotline.exercise.scenario.schema import DIALECT, schema_text
from hotline.exercise.scenario.yaml_text import read_yaml
from tests.exercise.scenario.strategies import Table, scenarios

PUBLISHED = Path(__file__).parents[3] / "docs/spec/scenario.schema.json"
VALIDATOR = Draft202012Validator(json.loads(schema_text()))


def document(name: str) -> Any:
    """Return what a shipped scenario's file says."""
    return read_yaml(shipped(name).source.encode(), name).plain()


def is_read(table: Any) -> bool:
    """Whether the reader takes a document."""
    try:
        scenario_of(marked(table, Place(1, 1)), "given")
    except HotlineError:
        return False
    return True


def test_the_published_schema_is_the_one_that_is_made() -> None:
    """`hotline exercise schema > docs/spec/scenario.schema.json` brings it up to date."""
    assert PUBLISHED.read_text("utf-8") == schema_text()


def test_the_schema_is_one_of_2020_12() -> None:
    """It says its dialect, and is valid by it."""
    schema = json.loads(schema_text())
    assert schema["$schema"] == DIALECT
    Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("name", shipped_names())
def test_every_shipped_scenario_fits_and_says_where_the_schema_is(name: str) -> None:
    """Editors find the schema by the first line of each file."""
    VALIDATOR.validate(document(name))
    first, _, _ = shipped(name).source.partition("\n")
    scheme, _, path = first.partition("$schema=")
    assert scheme == "# yaml-language-server: "
    folder = PUBLISHED.parents[2] / "hotline/exercise/scenarios"
    assert (folder / path).resolve() == PUBLISHED.resolve()


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(scenarios())
def test_what_the_reader_takes_fits(table: Table) -> None:
    """No editor marks as wrong what can be played."""
    assert is_read(table)
    VALIDATOR.validate(table)


_ODD = st.sampled_from(
    [None, True, False, 0, -1, 3, 1e9, float("nan"), "", "x", "5 min", "iaf", [], {}, ["x"],
     {"x": 1}, {"kind": "notice"}, {"within": "5 s"}, [[]], "2026-03-01T06:00:00Z", 2.5]
)  # fmt: skip
_KEYS = st.sampled_from(
    ["x", "at", "id", "status", "within", "send", "fault", "kind", "precedence", "title", "toml"]
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the way to every value of a document, but for the inside of volumes."""
    found = [path] if path else []
    if isinstance(value, dict):
        for key, inner in value.items():
            found += places(inner, (*path, key)) if key != "volumes" else [(*path, key)]
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            found += places(inner, (*path, index))
    return found


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_whatever_the_schema_refuses_the_reader_refuses_too(data: st.DataObject) -> None:
    """Shipped scenarios with something put in, taken out or changed at any place."""
    name = data.draw(st.sampled_from(["first-lesson", "letter-mismatch", "line-cut-flash"]))
    table = document(name)
    way = data.draw(st.sampled_from(places(table)))
    holder = table
    for step in way[:-1]:
        holder = holder[step]
    match data.draw(st.sampled_from(["change", "remove", "add"])):
        case "change":
            holder[way[-1]] = data.draw(_ODD)
        case "remove":
            del holder[way[-1]]
        case _ if isinstance(holder, dict):
            holder[data.draw(_KEYS)] = data.draw(_ODD)
        case _:
            holder.append(data.draw(_ODD))
    if not VALIDATOR.is_valid(table):
        assert not is_read(table)
