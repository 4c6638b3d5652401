"""JSON files: bounded, no key twice, no number that JSON does not have."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.errors import ModelError
from hotline.model.strict_json import MAX_DEPTH, MAX_FILE_BYTES, read_json


def test_json_is_read() -> None:
    """Plain JSON, with the mark that some editors put in front, becomes plain objects."""
    assert read_json('\ufeff{"a": [1, -2.5, "é", true, null]}'.encode()) == {
        "a": [1, -2.5, "é", True, None]
    }


@pytest.mark.parametrize(
    ("data", "code", "named"),
    [
        (b'{"a": 1, "a": 1}', "model.repeated-key", "'a'"),
        (b'[{"b": {"\\u001b": 1, "\\u001b": 2}}]', "model.repeated-key", r"\x1b"),
        (b'{"a": NaN}', "model.not-json", "NaN"),
        (b"[-Infinity]", "model.not-json", "-Infinity"),
        (b"[" + b"9" * 19 + b"]", "model.not-json", "19 digits"),
        (b"[" + b"9" * 9999 + b"]", "model.not-json", "digits"),
        (b"\n [" + b"1" * 19 + b"-5]", "model.not-json", "line 2 column 3"),
        (b"{", "model.not-json", "line 1"),
        (b"{} {}", "model.not-json", "Extra data"),
        (b"\xff", "model.not-json", "utf-8"),
        ("{}".encode("utf-16"), "model.not-json", "utf-8"),
        (b"", "model.not-json", "line 1"),
        (b" " * (MAX_FILE_BYTES + 1), "model.file-too-large", "bytes"),
        (b"[" * 100_000, "model.too-deep", str(MAX_DEPTH)),
        (
            b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1),
            "model.too-deep",
            str(MAX_DEPTH),
        ),
        (
            b'{"a":' * (MAX_DEPTH + 1) + b"1" + b"}" * (MAX_DEPTH + 1),
            "model.too-deep",
            str(MAX_DEPTH),
        ),
    ],
)
def test_what_is_not_strict_json_is_refused(data: bytes, code: str, named: str) -> None:
    """Each fault has its code, says where or what, and hints at the mend."""
    with pytest.raises(ModelError) as caught:
        read_json(data)
    assert caught.value.code == code
    assert named in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "9" * 19, "-" + "9" * 18])
def test_what_is_no_number_is_found_in_the_file(number: str) -> None:
    """By line and column; not where the same stands in a string or in a longer number."""
    before = '{"NaN": "say \\"NaN, Infinity, -Infinity, ' + "9" * 19 + '\\"",\n "é": [0.'
    data = f'{before}{"9" * 19}],\n  "x": {number}, "y": {number}}}'.encode()
    with pytest.raises(ModelError, match="line 3 column 8 ") as caught:
        read_json(data)
    assert caught.value.code == "model.not-json"


def test_the_allowed_depth_is_allowed() -> None:
    """The limit itself is within."""
    data = b"[" * (MAX_DEPTH - 1) + b"]" * (MAX_DEPTH - 1)
    assert isinstance(read_json(data), list)


@settings(max_examples=100)
@given(
    st.binary(max_size=40)
    | st.text('[]{}",:0123456789eE.-+ \\untruefals', max_size=30).map(str.encode)
)
def test_any_bytes_are_json_or_a_model_error(data: bytes) -> None:
    """Fuzzing contract: nothing but ModelError leaves the reader."""
    try:
        read_json(data)
    except ModelError as error:
        assert error.hint
