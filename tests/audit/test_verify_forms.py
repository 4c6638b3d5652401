"""The quick ways of the verification to read what is signed accept just what the strict ones do."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.audit.verification.grouped import _open
from hotline.audit.verification.signed import Signed, Signer
from hotline.errors import HotlineError
from hotline.model.kinds import Status
from hotline.trust.checkpoint import Checkpoint, open_lone_checkpoint, sign_checkpoint
from hotline.trust.keys import PrivateKey, Role
from hotline.trust.notes import NoteKey
from hotline.wire.envelope import GROUP_CONTEXT, decode_envelope, encode_envelope, group_input

ORIGIN = "hotline/exercise/iaf/hmeimim/1"
KEY = PrivateKey.from_entropy(Role.LOG, "iaf", Status.EXERCISE, bytes(range(32)))
NOTE = sign_checkpoint(Checkpoint(ORIGIN, 1234, bytes(range(32, 64))), KEY)
BODIES = (b"a", b"b" * 255, b"c" * 256, b"d" * 70_000)
ENVELOPE = encode_envelope((bytes(64), b"post-quantum" * 300), BODIES)


def opened_note(data: bytes) -> tuple[Signed | str, Signed | str]:
    """Return what the quick way makes of a note, and the strict one; errors as they are told."""
    quick: Signed | str
    strict: Signed | str
    try:
        quick = Signer(ORIGIN, KEY.public).open(data)
    except HotlineError as error:
        quick = str(error)
    try:
        checkpoint = open_lone_checkpoint(data, NoteKey(ORIGIN, KEY.public_key))
        strict = Signed(checkpoint.size, checkpoint.root)
    except HotlineError as error:
        strict = str(error)
    return quick, strict


def opened_envelope(data: bytes) -> tuple[object, object]:
    """Return what both make of an envelope, in the same way."""
    quick: object
    strict: object
    try:
        opened = _open(data)
        quick = (opened.signature, opened.signed, opened.bodies, opened.spans)
        assert opened.signed.startswith(GROUP_CONTEXT)
    except HotlineError as error:
        quick = str(error)
    try:
        envelope = decode_envelope(data)
        strict = (
            envelope.signatures[0],
            group_input(envelope.bodies),
            envelope.bodies,
            envelope.spans(),
        )
    except HotlineError as error:
        strict = str(error)
    return quick, strict


def test_a_note_as_a_node_writes_it() -> None:
    """Both ways open an honest note, to the same."""
    quick, strict = opened_note(NOTE)
    assert quick == strict == Signed(1234, bytes(range(32, 64)))


@pytest.mark.parametrize("bit", [0x01, 0x20, 0x80])
def test_no_byte_of_a_note_may_differ(bit: int) -> None:
    """Whichever byte is changed, both refuse the note, for the same reason."""
    for at in range(len(NOTE)):
        quick, strict = opened_note(NOTE[:at] + bytes([NOTE[at] ^ bit]) + NOTE[at + 1 :])
        assert quick == strict
        assert isinstance(quick, str)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"1234", b"01234"),
        (b"1234", b"+1234"),
        (b"1234", b"1_234"),
        (b"1234", b" 1234"),
        (b"1234", "١٢٣٤".encode()),
        (b"1234", b"9" * 5000),
        (b"\n\n", b"\n"),
        (b"\n\n", b"\n\n\n"),
        (b"=\n", b"\n"),
        (b"=\n", b"==\n"),
        (b"=\n\n", b"=\nmore\n\n"),
        ("— ".encode(), b"- "),
        ("— ".encode(), "—  ".encode()),
    ],
)
def test_a_note_spelled_otherwise(old: bytes, new: bytes) -> None:
    """What could be read in another spelling is refused by both, for the same reason."""
    assert old in NOTE
    quick, strict = opened_note(NOTE.replace(old, new, 1))
    assert quick == strict
    assert isinstance(quick, str)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_for_a_note(data: bytes) -> None:
    """Any bytes are refused as the strict way refuses them."""
    quick, strict = opened_note(data)
    assert quick == strict


def test_an_envelope_of_bodies_of_every_head() -> None:
    """Both find the same bodies, in the same places, under the same signature."""
    quick, strict = opened_envelope(ENVELOPE)
    assert quick == strict
    assert not isinstance(quick, str)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 200), st.binary(min_size=1, max_size=5), st.integers(0, 3))
def test_an_envelope_that_was_bent(at: int, put: bytes, dropped: int) -> None:
    """Bytes changed, put in or taken out near its heads: both make the same of it."""
    small = encode_envelope((bytes(64),), (b"a", b"b" * 20))
    for data in (small, ENVELOPE):
        quick, strict = opened_envelope(data[:at] + put + data[at + dropped :])
        assert quick == strict


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x93\x01\x90\x90",
        b"\x93\x01\x91\xc4\x40" + bytes(64) + b"\x90",
        b"\x93\xcc\x01\x91\xc4\x40" + bytes(64) + b"\x91\xc4\x01a",
        b"\x93\xc3\x91\xc4\x40" + bytes(64) + b"\x91\xc4\x01a",
        b"\x93\x01\x91\xc4\x40" + bytes(64) + b"\x91\xc5\x00\x01a",
        b"\x93\x01\x91\xc4\x40" + bytes(64) + b"\x91\xa1a",
        b"\x93\x01\x91\xc4\x3f" + bytes(63) + b"\x91\xc4\x01a",
        b"\x93\x01\x99" + b"\xc4\x40" * 9 + b"\x91\xc4\x01a",
    ],
)
def test_an_envelope_that_is_none(data: bytes) -> None:
    """Empty, of another version, not in shortest form, of other types: refused for one reason."""
    quick, strict = opened_envelope(data)
    assert quick == strict
    assert isinstance(quick, str)
