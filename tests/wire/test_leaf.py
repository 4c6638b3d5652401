import contextlib

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.errors import WireError
from hotline.wire.leaf import (
    MessageLeaf,
    OwnLeaf,
    decode_leaf,
    own_leaf,
    received_leaf,
    sent_leaf,
)

HASH = bytes(range(32))


@given(st.integers(0, 3), st.integers(1, 2**63 - 1), st.integers(0, 2**47))
@settings(max_examples=100)
def test_message_leaves_have_one_encoding(stream: int, seq: int, time_us: int) -> None:
    """A leaf is what any MessagePack library writes in shortest form, and decodes to itself."""
    for kind, make in (("received", received_leaf), ("sent", sent_leaf)):
        data = make(stream, seq, HASH, time_us)
        assert data == msgpack.packb([kind, stream, seq, HASH, time_us])
        assert decode_leaf(data) == MessageLeaf(kind, stream, seq, HASH, time_us)


def test_an_own_leaf_is_bound_by_hash_and_salt() -> None:
    """Entries that are not the peer's business are committed to without a guessable hash."""
    data = own_leaf("relief", HASH, 5, bytes(16))
    assert data == msgpack.packb(["relief", HASH, 5, bytes(16)])
    assert decode_leaf(data) == OwnLeaf("relief", HASH, 5, bytes(16))


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "wire.malformed"),
        (msgpack.packb(["other", 0, 1, HASH, 0]), "wire.bad-field"),
        (msgpack.packb(["sent", HASH, 0, bytes(16)]), "wire.bad-field"),
        (msgpack.packb(["own", HASH, 0, bytes(16)]) + b"\0", "wire.malformed"),
        (b"\x94\xd9\x03own" + own_leaf("own", HASH, 0, bytes(16))[5:], "wire.leaf-not-shortest"),
    ],
)
def test_another_leaf_is_refused(data: bytes, code: str) -> None:
    """What the tree commits to can be read in one way only."""
    with pytest.raises(WireError) as caught:
        decode_leaf(data)
    assert caught.value.code == code


@given(st.binary(max_size=100), st.integers(0, 60), st.integers(0, 255))
@settings(max_examples=300)
def test_any_bytes_are_accepted_or_raise_wire_error(data: bytes, at: int, value: int) -> None:
    """The fuzzing contract, for noise and for leaves with one byte changed."""
    good = bytearray(received_leaf(3, 7, HASH, 1_772_359_200_000_000))
    good[at % len(good)] = value
    for candidate in (data, bytes(good)):
        with contextlib.suppress(WireError):
            decode_leaf(candidate)
