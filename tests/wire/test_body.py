import contextlib
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.errors import UsageError, WireError
from hotline.model.kinds import Kind, Precedence, Status
from hotline.wire.body import MAX_BODY, decode_body, encode_body, message_id

from .samples import make_body


@given(
    st.integers(0, 3),
    st.integers(2, 2**63 - 1),
    st.binary(min_size=32, max_size=32).filter(any),
    st.binary(max_size=100),
)
@settings(max_examples=100)
def test_a_body_survives_the_round_trip(
    precedence: int, seq: int, previous: bytes, payload: bytes
) -> None:
    """Decoding gives back what was encoded."""
    body = make_body(precedence=precedence, seq=seq, previous=previous, payload=payload)
    assert decode_body(encode_body(body)) == body


def test_the_models_enumerations_are_encoded_as_plain_values() -> None:
    """A body made with enumerations has the same bytes as one made with text and numbers."""
    plain = make_body(precedence=0, status="exercise", kind="notice")
    assert encode_body(plain) == encode_body(
        make_body(precedence=Precedence.FLASH, status=Status.EXERCISE, kind=Kind.NOTICE)
    )


def test_the_message_id_is_the_hash_of_the_bytes() -> None:
    """The id commits to the bytes as they were signed, not to their meaning."""
    data = encode_body(make_body())
    assert message_id(data) == sha256(data).digest()


def test_a_body_that_a_peer_would_refuse_is_not_encoded() -> None:
    """Local misuse is a UsageError, so it is never mistaken for the peer's."""
    with pytest.raises(UsageError) as caught:
        encode_body(make_body(seq=0))
    assert caught.value.code == "wire.bad-body"


def test_a_body_of_the_largest_size_is_taken_and_one_byte_more_is_not() -> None:
    """The limit is where the specification says."""
    room = MAX_BODY - len(encode_body(make_body(payload=bytes(70_000)))) + 70_000
    assert len(encode_body(make_body(payload=bytes(room)))) == MAX_BODY
    with pytest.raises(UsageError) as caught:
        encode_body(make_body(payload=bytes(room + 1)))
    assert "wire.body-too-large" in caught.value.message


@given(st.binary(max_size=200), st.integers(0, 120), st.integers(0, 255))
@settings(max_examples=300)
def test_any_bytes_are_accepted_or_raise_wire_error(data: bytes, at: int, value: int) -> None:
    """The fuzzing contract, for noise and for bodies with one byte changed."""
    good = bytearray(encode_body(make_body()))
    good[at % len(good)] = value
    for candidate in (data, bytes(good), bytes(good[:at])):
        with contextlib.suppress(WireError):
            decode_body(candidate)
