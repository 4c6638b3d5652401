import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.errors import UsageError, WireError
from hotline.wire import frames as fr
from hotline.wire.envelope import MAX_ENVELOPE

T_US = 1_772_359_200_000_000
HASH = bytes(range(32))
FRAMES: list[tuple[fr.Frame, str]] = [
    (
        fr.Hello((1,), "iaf", "exercise", 1, HASH, (1, 2, 3, 4), b"note", 9, b"", T_US),
        "HELLO iaf exercise epoch 1 letter 00010203 expects 1 2 3 4 mirrors 9",
    ),
    (fr.Startup(), "STARTUP"),
    (fr.Shutdown("line.test", "a test"), "SHUTDOWN line.test: a test"),
    (fr.EnvelopeFrame(3, 7, b"secret"), "ENVELOPE 3/7 of 6 bytes"),
    (
        fr.Receipt(b"note", 5, bytes(64), (fr.ReceiptItem(3, 7, 2, 5, T_US),)),
        "RECEIPT 5+2 for 3/7+2@5",
    ),
    (fr.Receipt(b"note", 5, b"", ()), "RECEIPT 5+0 for nothing"),
    (
        fr.Rejection(3, 7, HASH, "line.wrong-epoch", "why"),
        "REJECTION 3/7 line.wrong-epoch: why",
    ),
    (fr.Cosignature(9, HASH, "— line\n"), "COSIGNATURE 9 00010203"),
    (fr.Heartbeat(T_US, 1, 2), f"HEARTBEAT {T_US} echo 1 held 2"),
    (fr.Resend(3, 7, 9), "RESEND 3/7-9"),
]


@pytest.mark.parametrize(("frame", "shown"), FRAMES, ids=lambda value: type(value).__name__)
def test_a_frame_survives_the_round_trip_and_reads_well(frame: fr.Frame, shown: str) -> None:
    """Each frame decodes to itself, and is one line in a log, without payload."""
    assert fr.decode_frame(fr.encode_frame(frame)) == frame
    assert str(frame) == shown


def test_the_largest_envelope_fits_into_a_frame() -> None:
    """The envelope's limit leaves room for the frame around it."""
    frame = fr.EnvelopeFrame(3, 2**63 - 1, bytes(MAX_ENVELOPE))
    assert len(fr.encode_frame(frame)) <= fr.MAX_FRAME
    assert fr.decode_frame(fr.encode_frame(frame)) == frame


def test_the_largest_receipt_fits_into_a_frame() -> None:
    """All limits of a receipt together stay below the frame's."""
    item = fr.ReceiptItem(3, 2**63 - 1, 16_384, 2**63 - 1, T_US)
    frame = fr.Receipt(bytes(fr.MAX_NOTE), 2**63 - 1, bytes(16_384 * 32), (item,) * 1024)
    assert fr.decode_frame(fr.encode_frame(frame)) == frame


def test_a_frame_that_is_too_large_is_not_sent() -> None:
    """Local misuse is found here, not by the peer."""
    with pytest.raises(UsageError) as caught:
        fr.encode_frame(fr.EnvelopeFrame(3, 1, bytes(fr.MAX_FRAME)))
    assert caught.value.code == "wire.bad-frame"


@given(st.sampled_from(FRAMES), st.integers(0, 300), st.integers(0, 255), st.binary(max_size=60))
@settings(max_examples=500)
def test_any_bytes_are_accepted_or_raise_wire_error(
    sample: tuple[fr.Frame, str], at: int, value: int, noise: bytes
) -> None:
    """The fuzzing contract, for noise and for frames with one byte changed."""
    good = bytearray(fr.encode_frame(sample[0]))
    good[at % len(good)] = value
    for candidate in (noise, bytes(good), b"\x95\x05" + noise):
        with contextlib.suppress(WireError):
            assert str(fr.decode_frame(candidate))
