import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.errors import TrustError, UsageError, WireError
from hotline.model.kinds import Status
from hotline.trust.keys import PrivateKey, Role
from hotline.trust.merkle import batch_inclusion_paths, leaf_hash, verify_inclusion
from hotline.wire import envelope as ev

KEY = PrivateKey.from_entropy(Role.SIGNING, "iaf", Status.EXERCISE, bytes(32))
SIZES = st.lists(st.sampled_from([0, 1, 31, 255, 256, 65_535, 65_536]), min_size=1, max_size=20)


@given(SIZES, st.lists(st.integers(0, 300), max_size=7))
@settings(max_examples=60, deadline=None)
def test_every_body_lies_where_its_span_says(sizes: list[int], more: list[int]) -> None:
    """Spans point at the bodies within the envelope's own bytes, whatever their sizes."""
    bodies = [bytes([n]) * size for n, size in enumerate(sizes)]
    signatures = [bytes(64), *map(bytes, more)]
    try:
        data = ev.encode_envelope(signatures, bodies)
    except UsageError:
        assert ev.envelope_size(signatures, sizes) > ev.MAX_ENVELOPE
        return
    assert len(data) == ev.envelope_size(signatures, sizes)
    spans = ev.body_spans(data)
    assert [data[offset : offset + length] for offset, length in spans] == bodies
    opened = ev.decode_envelope(data)
    assert opened == ev.Envelope(1, tuple(signatures), tuple(bodies))


def test_a_group_of_the_largest_number_is_taken() -> None:
    """512 bodies fit; one more is refused on our side already."""
    assert len(ev.body_spans(ev.encode_envelope([bytes(64)], [b"x"] * 512))) == 512
    with pytest.raises(UsageError) as caught:
        ev.encode_envelope([bytes(64)], [b"x"] * 513)
    assert caught.value.code == "wire.bad-envelope"


def test_a_signature_covers_every_body_and_their_order() -> None:
    """One key signs for many bodies at once, and for nothing else."""
    bodies = (b"one", b"two", b"three")
    signature = KEY.sign(ev.group_input(bodies))
    ev.verify_group(ev.Envelope(1, (signature,), bodies), KEY.public_key)
    for other in ((b"one", b"three", b"two"), bodies[:2], (*bodies, b"four")):
        with pytest.raises(TrustError) as caught:
            ev.verify_group(ev.Envelope(1, (signature,), other), KEY.public_key)
        assert caught.value.code == "trust.bad-signature"


def test_each_message_of_a_group_has_a_proof_of_its_own() -> None:
    """The root that is signed is RFC 6962's, so one body proves itself without the others."""
    bodies = [b"one", b"two", b"three"]
    root = ev.group_input(bodies).removeprefix(ev.GROUP_CONTEXT)
    leaves = list(map(leaf_hash, bodies))
    for index, path in enumerate(batch_inclusion_paths(leaves)):
        verify_inclusion(index, 3, leaves[index], path, root)


@pytest.mark.parametrize(
    ("signatures", "bodies", "code"),
    [
        ([bytes(64)] * 9, [b"x"], "wire.bad-signatures"),
        ([bytes(64), bytes(8193)], [b"x"], "wire.bad-signatures"),
        ([bytes(64)], [bytes(256 * 1024 + 1)], "wire.body-too-large"),
        ([bytes(64)], [bytes(256 * 1024)] * 4, "wire.envelope-too-large"),
    ],
)
def test_a_group_beyond_a_limit_is_refused(
    signatures: list[bytes], bodies: list[bytes], code: str
) -> None:
    """Each limit has its code, which the local error passes on."""
    with pytest.raises(UsageError) as caught:
        ev.encode_envelope(signatures, bodies)
    assert f"[{code}]" in caught.value.message


@pytest.mark.parametrize(
    "data", [b"\x01", b"\x92\x01\x90", b"\x93\xc3\x90\x90", b"\x93\x01\x90\x80"]
)
def test_another_shape_is_refused(data: bytes) -> None:
    """An envelope is an array of three, of exact types."""
    with pytest.raises(WireError) as caught:
        ev.decode_envelope(data)
    assert caught.value.code == "wire.bad-field"


@given(st.binary(max_size=200), st.integers(0, 400), st.integers(0, 255))
@settings(max_examples=300)
def test_any_bytes_are_accepted_or_raise_wire_error(data: bytes, at: int, value: int) -> None:
    """The fuzzing contract, for noise and for envelopes with one byte changed."""
    good = bytearray(ev.encode_envelope([bytes(64)], [b"x" * 40, b"y" * 300]))
    good[at % len(good)] = value
    for candidate in (data, bytes(good), bytes(good[:at])):
        with contextlib.suppress(WireError):
            assert len(ev.decode_envelope(candidate).spans()) >= 1
