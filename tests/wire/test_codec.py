import contextlib

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.errors import UsageError, WireError
from hotline.wire.codec import pack, unpack

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.binary(max_size=20)
)
OBJECTS = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=8), inner, max_size=5)
    ),
    max_leaves=20,
)


@given(OBJECTS)
@settings(max_examples=200)
def test_what_is_packed_unpacks_to_the_same(obj: object) -> None:
    """Any plain object survives the round trip."""
    assert unpack(pack(obj)) == obj


@given(st.binary(max_size=200))
@settings(max_examples=500)
def test_any_bytes_are_accepted_or_raise_wire_error(data: bytes) -> None:
    """The fuzzing contract of the generic decoder."""
    with contextlib.suppress(WireError):
        unpack(data)


@given(OBJECTS, st.data())
@settings(max_examples=200)
def test_damaged_objects_are_accepted_or_raise_wire_error(obj: object, draw: st.DataObject) -> None:
    """One changed byte in good data never raises anything but WireError."""
    data = bytearray(pack(obj))
    data[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
    with contextlib.suppress(WireError):
        unpack(bytes(data))


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "wire.malformed"),
        (b"\xc1", "wire.malformed"),
        (b"\x01\x02", "wire.malformed"),
        (b"\x92\x01", "wire.malformed"),
        (b"\xdd\xff\xff\xff\xff", "wire.malformed"),
        (b"\x91" * 100_000, "wire.malformed"),
        (b"\x91" * 17 + b"\x90", "wire.too-deep"),
        (b"\x82\xa1a\x01\xa1a\x02", "wire.duplicate-key"),
        (b"\x81\x01\x02", "wire.key-not-text"),
        (b"\x81\xc4\x01a\x02", "wire.key-not-text"),
        (b"\x81\x90\x02", "wire.key-not-text"),
        (b"\xa2\xff\xff", "wire.invalid-utf-8"),
        (b"\xa3\xed\xa0\x80", "wire.invalid-utf-8"),
        (b"\xd4\x01\x00", "wire.extension-type"),
        (b"\xc7\x00\x05", "wire.extension-type"),
        (b"\xd6\xff\x00\x00\x00\x01", "wire.extension-type"),
        (msgpack.packb(float("nan")), "wire.not-finite"),
        (msgpack.packb([float("inf")]), "wire.not-finite"),
        (b"\xc6\x00\x04\x00\x00" + bytes(256 * 1024), "wire.object-too-large"),
    ],
)
def test_doubtful_data_is_refused_with_its_code(data: bytes, code: str) -> None:
    """Each thing that two decoders could read differently has a code of its own."""
    with pytest.raises(WireError) as caught:
        unpack(data)
    assert caught.value.code == code


def test_a_container_beyond_the_callers_limit_is_refused() -> None:
    """The caller can lower the limits."""
    assert unpack(pack([1, 2, 3]), max_items=3) == [1, 2, 3]
    with pytest.raises(WireError) as caught:
        unpack(pack([1, 2, 3]), max_items=2)
    assert caught.value.code == "wire.malformed"
    with pytest.raises(WireError) as caught:
        unpack(pack([[1]]), max_depth=1)
    assert caught.value.code == "wire.too-deep"


@pytest.mark.parametrize(
    "obj",
    [
        {1: 2},
        {"a": float("nan")},
        [object()],
        2**64,
        "\ud800",
        msgpack.Timestamp(1),
        list(range(10_001)),
    ],
)
def test_only_what_a_strict_reader_takes_is_packed(obj: object) -> None:
    """Our side never signs bytes that the other would refuse."""
    with pytest.raises(UsageError) as caught:
        pack(obj)
    assert caught.value.code == "wire.cannot-pack"
    assert caught.value.hint
