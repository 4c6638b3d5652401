from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.errors import ExerciseError, HotlineError
from hotline.exercise.scenario import yaml_text
from hotline.exercise.scenario.reading import scenario_of_bytes
from hotline.exercise.scenario.yaml_text import MAX_DEPTH, MAX_SCENARIO_BYTES, read_yaml


def refused(text: str | bytes) -> ExerciseError:
    """Return the error with which a text is refused."""
    data = text.encode() if isinstance(text, str) else text
    with pytest.raises(ExerciseError) as caught:
        read_yaml(data, "plan.yaml")
    return caught.value


def test_every_value_knows_its_line_and_column() -> None:
    """Places count from 1, keys have theirs too."""
    part = read_yaml(b"a: 1\nlist:\n  - x\n  - {b: two}\n", "plan.yaml")
    assert isinstance(part.value, dict)
    items = part.value["list"].value
    assert isinstance(items, list)
    assert str(items[0].place) == "3:5"
    assert isinstance(items[1].value, dict)
    assert str(items[1].value["b"].place) == "4:9"
    assert str(part.keys["list"]) == "2:1"


def test_scalars_are_those_of_yaml_1_2() -> None:
    """What YAML 1.1 makes of no, 10:30, 010 and dates is not what people mean."""
    text = "[no, on, 10:30, 010, 2026-03-01, 0o17, 0x1F, 1.5, 1e3, true, ~, 'true', .inf]"
    assert read_yaml(text.encode(), "x").plain() == [
        "no", "on", "10:30", 10, "2026-03-01", 15, 31, 1.5, 1000.0, True, None, "true",
        float("inf"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("a: &x 1\nb: *x", "scenario.not-plain-yaml", "1:4"),
        ("a: 1\nb: *x", "scenario.not-plain-yaml", "2:4"),
        ("a: !!python/object:os.system {}", "scenario.not-plain-yaml", "1:4"),
        ("a: !x y", "scenario.not-plain-yaml", "1:4"),
        ("b:\n  <<: {a: 1}", "scenario.not-plain-yaml", "2:3"),
        ("a: 1\n---\nb: 2", "scenario.not-plain-yaml", "2:1"),
        ("? {a: 1}\n: 2", "scenario.not-plain-yaml", "1:3"),
        ("", "scenario.not-plain-yaml", "1:1"),
        ("a: 1\nb: 2\na: 3", "scenario.repeated-key", "3:1"),
        ("a: [1,\nb: 2", "scenario.not-yaml", "2:5"),
        ("a: 'open", "scenario.not-yaml", "1:9"),
        ("a:\n\t- b", "scenario.not-yaml", "2:1"),
    ],
)
def test_what_refers_or_is_no_yaml_is_refused_with_its_place(
    text: str, code: str, place: str
) -> None:
    """Anchors, aliases, tags, merge keys, twice the same key, second documents, broken YAML."""
    error = refused(text)
    assert error.code == code
    assert error.message.startswith(f"plan.yaml:{place}: "), error.message
    assert error.hint


def test_a_quoted_merge_key_is_a_key_like_others() -> None:
    """Only the bare << merges; in quotes it is text, to be refused as an unknown key later."""
    assert read_yaml(b"'<<': 1", "x").plain() == {"<<": 1}


def test_other_encodings_are_refused() -> None:
    """The line is named where UTF-8 ends."""
    error = refused(b"a: 1\nb: \xff\xfe")
    assert (error.code, error.message) == (
        "scenario.not-yaml",
        "plan.yaml:2:1: the file is not UTF-8",
    )


def test_size_and_nesting_are_bounded_before_they_cost_anything() -> None:
    """A mebibyte of brackets is given up after twenty of them, in little memory."""
    tracemalloc.start()
    try:
        assert refused("[" * MAX_SCENARIO_BYTES).code == "scenario.too-deep"
        assert refused("[" * (MAX_SCENARIO_BYTES + 1)).code == "scenario.too-large"
        assert tracemalloc.get_traced_memory()[1] < 64 * 2**20
    finally:
        tracemalloc.stop()
    assert read_yaml(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH, "x").plain() is not None


def test_too_many_values_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists, tables and scalars count together; what ends a list counts as the list."""
    monkeypatch.setattr(yaml_text, "MAX_VALUES", 100)
    assert read_yaml(b"[" + b"1," * 99 + b"]", "x").plain() == [1] * 99
    assert refused("[" + "1," * 100 + "]").code == "scenario.too-large"


_NEARLY = st.text("ab:-[]{}&*!|>%@`'\"#,? \n\t~<1.Ж\0\x85\ufeff", max_size=60)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=60) | _NEARLY.map(lambda text: text.encode(errors="replace")))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """The fuzzing contract: a scenario, or a HotlineError, never anything else."""
    try:
        scenario_of_bytes(data, "fuzz.yaml")
    except HotlineError as error:
        assert error.message.startswith("fuzz.yaml:")
        assert error.code.startswith("scenario.")
