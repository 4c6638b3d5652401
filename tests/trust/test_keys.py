from __future__ import annotations

from contextlib import suppress

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.errors import KeysError, TrustError
from hotline.model.kinds import Status
from hotline.trust import curve
from hotline.trust.curve import check_public_key
from hotline.trust.keys import PrivateKey, PublicKey, Role
from tests.trust.samples import NOT_CANONICAL, SMALL_ORDER, key

# RFC 8032, section 7.1, test 2.
RFC_SECRET = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
RFC_PUBLIC = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
RFC_SIGNATURE = bytes.fromhex(
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
)


def assert_weak(raw: bytes, word: str) -> None:
    """Assert that check and class refuse the key, for the reason that ``word`` names."""
    for check in (check_public_key, PublicKey):
        with pytest.raises(TrustError) as caught:
            check(raw)
        assert caught.value.code == "trust.weak-key"
        assert word in caught.value.message


def test_rfc_8032_vector() -> None:
    """A key made of the standard's secret has its public key and makes its signature."""
    private = PrivateKey.from_entropy(Role.SIGNING, "iaf", Status.TEST, RFC_SECRET)
    assert private.public == RFC_PUBLIC
    assert private.sign(b"\x72") == RFC_SIGNATURE
    PublicKey(RFC_PUBLIC).verify(RFC_SIGNATURE, b"\x72")


@settings(max_examples=25)
@given(st.binary(max_size=40), st.integers(0, 511))
def test_altered_signature(data: bytes, bit: int) -> None:
    """A signature with one bit changed does not verify."""
    private = key(Role.SIGNING)
    signature = bytearray(private.sign(data))
    signature[bit // 8] ^= 1 << bit % 8
    with pytest.raises(TrustError) as caught:
        private.public_key.verify(bytes(signature), data)
    assert caught.value.code == "trust.bad-signature"


@pytest.mark.parametrize("size", [0, 63, 65])
def test_signature_of_another_length(size: int) -> None:
    """A signature that is not 64 bytes long is a bad signature, not a crash."""
    with pytest.raises(TrustError) as caught:
        key(Role.LOG).public_key.verify(bytes(size), b"")
    assert caught.value.code == "trust.bad-signature"


# Public keys


@pytest.mark.parametrize("raw", SMALL_ORDER, ids=bytes.hex)
def test_small_order_keys(raw: bytes) -> None:
    """None of the eight points of small order is taken for a key."""
    assert_weak(raw, "small order")


@pytest.mark.parametrize("raw", SMALL_ORDER[:2], ids=bytes.hex)
def test_small_order_keys_are_dangerous(raw: bytes) -> None:
    """The library alone accepts a forgery by such a key: the check is not there for nothing."""
    identity_and_zero = SMALL_ORDER[0] + bytes(32)
    library_key = Ed25519PublicKey.from_public_bytes(raw)
    forged = 0
    for data in (b"a", b"b", b"c", b"d", b"e", b"f", b"g", b"h"):
        with suppress(InvalidSignature):
            library_key.verify(identity_and_zero, data)
            forged += 1
    assert forged


@pytest.mark.parametrize("raw", NOT_CANONICAL, ids=bytes.hex)
def test_keys_spelled_otherwise(raw: bytes) -> None:
    """A point has one spelling; others are refused."""
    assert_weak(raw, "not the encoding")


def test_not_a_point() -> None:
    """About half of all 32 bytes are no point of the curve; they are refused."""
    assert_weak((2).to_bytes(32, "little"), "not the encoding")


@pytest.mark.parametrize("size", [0, 31, 33])
def test_keys_of_another_length(size: int) -> None:
    """A key is 32 bytes."""
    assert_weak(bytes(size), "32 bytes")


def test_keys_with_a_torsion_component() -> None:
    """A sound key plus a point of small order is refused: verifiers disagree about it."""
    sound, torsion = curve._decode(RFC_PUBLIC), curve._decode(SMALL_ORDER[4])
    assert sound is not None
    assert torsion is not None
    x, y, z, _ = curve._add(sound, torsion)
    inverse = pow(z, -1, curve._P)
    x, y = x * inverse % curve._P, y * inverse % curve._P
    assert_weak((y | (x & 1) << 255).to_bytes(32, "little"), "prime order")


@settings(max_examples=20)
@given(st.binary(min_size=32, max_size=32))
def test_every_made_key_is_sound(entropy: bytes) -> None:
    """Whatever entropy a key is made of, its public half passes the check."""
    private = PrivateKey.from_entropy(Role.LOG, "iaf", Status.TEST, entropy)
    assert bytes(private.public_key) == private.public


@settings(max_examples=60)
@given(st.binary(min_size=30, max_size=34))
def test_any_bytes_are_a_key_or_refused(raw: bytes) -> None:
    """Garbage is accepted or raises a trust error, nothing else."""
    try:
        PublicKey(raw)
    except TrustError as error:
        assert error.code == "trust.weak-key"


def test_public_keys_compare_by_their_bytes() -> None:
    """The same bytes are the same key, in sets too, and show as hex."""
    one, other = PublicKey(RFC_PUBLIC), PublicKey(RFC_PUBLIC)
    assert len({one, other}) == 1
    assert repr(one) == f"PublicKey({RFC_PUBLIC.hex()})"


# Private keys


def test_nothing_secret_shows() -> None:
    """Neither repr nor str of a private key contains a byte of it."""
    private = PrivateKey.from_entropy(Role.SIGNING, "iaf", Status.TEST, RFC_SECRET)
    for shown in (repr(private), str(private), f"{private}"):
        assert RFC_SECRET.hex()[:8] not in shown
        assert repr(RFC_SECRET)[2:10] not in shown
        assert shown == f"PrivateKey(hotline/test/iaf/signing, public={RFC_PUBLIC.hex()})"


@pytest.mark.parametrize("size", [0, 31, 33])
def test_entropy_of_another_length(size: int) -> None:
    """A key is made of exactly 32 bytes."""
    with pytest.raises(KeysError) as caught:
        PrivateKey.from_entropy(Role.LOG, "iaf", Status.TEST, bytes(size))
    assert caught.value.code == "keys.bad-entropy"


def test_status_of_a_key() -> None:
    """An exercise key cannot sign on an actual line, and the error says so in these words."""
    private = key(Role.SIGNING, status=Status.EXERCISE)
    private.require_status(Status.EXERCISE)
    with pytest.raises(KeysError) as caught:
        private.require_status(Status.ACTUAL)
    assert caught.value.code == "keys.wrong-status"
    assert caught.value.message == "an exercise key cannot sign on an actual line"
    with pytest.raises(KeysError, match="a test key cannot sign on an exercise line"):
        key(Role.SIGNING, status=Status.TEST).require_status(Status.EXERCISE)


def test_role_of_a_key() -> None:
    """A key of one role does not stand in for another."""
    key(Role.LOG).require_role(Role.LOG)
    with pytest.raises(KeysError) as caught:
        key(Role.LOG).require_role(Role.WITNESS)
    assert caught.value.code == "keys.wrong-role"
