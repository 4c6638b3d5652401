"""What is published about edge cases of Ed25519 and MessagePack, and what we make of each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from hotline.errors import TrustError, WireError
from hotline.model.kinds import Status
from hotline.trust.keys import PrivateKey, PublicKey, Role
from hotline.wire.codec import pack, unpack

VECTORS: Final = Path(__file__).parent / "vectors"
ORDER: Final = 2**252 + 27742317777372353535851937790883648493
"""L of RFC 8032: S is below it."""

FLOATS: Final = (0xCA, 0xCB)
"""The first bytes of a float of 32 and of 64 bits, of which we write the latter."""

ED25519: Final = json.loads((VECTORS / "ed25519-speccheck.json").read_bytes())
ED25519_DECIDED: Final = (
    # What the case is, whether OpenSSL alone would take it, and why we refuse it.
    ("S is 0, A and R have small order", True, "trust.weak-key"),
    ("A has small order, R is mixed", True, "trust.weak-key"),
    ("A is mixed, R has small order", True, "trust.weak-key"),
    ("A and R are mixed, both equations hold", True, "trust.weak-key"),
    ("A and R are mixed, only the cofactored equation holds", False, "trust.weak-key"),
    ("A is mixed, it depends on whether 8h is reduced", False, "trust.weak-key"),
    ("S is L or more", False, "trust.bad-signature"),
    ("S is far more than L", False, "trust.bad-signature"),
    ("R is not canonical, reduced before it is hashed", False, "trust.weak-key"),
    ("R is not canonical, hashed as it is", False, "trust.weak-key"),
    ("A is not canonical, reduced before it is hashed", False, "trust.weak-key"),
    ("A is not canonical, hashed as it is", True, "trust.weak-key"),
)  # fmt: skip


@pytest.mark.parametrize("case", range(len(ED25519)))
def test_edge_cases_of_ed25519(case: int) -> None:
    """Of the published edge cases none is taken, and for which reason is known."""
    vector, (_, by_openssl, code) = ED25519[case], ED25519_DECIDED[case]
    message, raw, signature = (
        bytes.fromhex(vector[name]) for name in ("message", "pub_key", "signature")
    )
    assert _openssl_takes(raw, signature, message) is by_openssl
    with pytest.raises(TrustError) as refused:
        PublicKey(raw).verify(signature, message)
    assert refused.value.code == code


def test_a_signature_has_one_spelling_of_its_number() -> None:
    """S and S + L are the same number to the equation, and only S is taken."""
    key = PrivateKey.from_entropy(Role.LOG, "iaf", Status.TEST, b"\7" * 32)
    signature = key.sign(b"said")
    key.public_key.verify(signature, b"said")
    number = int.from_bytes(signature[32:], "little") + ORDER
    other = signature[:32] + number.to_bytes(32, "little")
    with pytest.raises(TrustError) as refused:
        key.public_key.verify(other, b"said")
    assert refused.value.code == "trust.bad-signature"


def _openssl_takes(raw: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(raw).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def encodings() -> Iterator[tuple[str, dict[str, Any], tuple[bytes, ...]]]:
    """Yield each value of the MessagePack suite: its group, the value, its encodings."""
    suite: dict[str, Any] = json.loads((VECTORS / "msgpack-test-suite.json").read_bytes())
    for group, values in suite.items():
        for value in values:
            yield group, value, tuple(bytes.fromhex(e.replace("-", "")) for e in value["msgpack"])


def expected(value: dict[str, Any]) -> object:
    """Return what a value of the suite is in Python."""
    for name in ("number", "string", "array", "map", "bool", "nil"):
        if name in value:
            return value[name]
    if "bignum" in value:
        return int(value["bignum"])
    return bytes.fromhex(value["binary"].replace("-", ""))


def test_extension_types_are_refused() -> None:
    """Timestamps and other extension types are no part of the protocol, in any encoding."""
    found = 0
    for group, _, forms in encodings():
        if not group.startswith(("50.", "60.")):
            continue
        for form in forms:
            with pytest.raises(WireError) as refused:
                unpack(form)
            assert refused.value.code == "wire.extension-type"
            found += 1
    assert found == 30


def test_every_other_value_is_read_and_has_one_encoding_of_ours() -> None:
    """All encodings of a value mean the same; of whole ones we write the one that is shortest."""
    read = 0
    for group, value, forms in encodings():
        if group.startswith(("50.", "60.")):
            continue
        meant = expected(value)
        for form in forms:
            found = unpack(form)
            # A float of a whole number is another type, which a shape with an integer refuses.
            assert found == meant
            assert unpack(pack(found)) == meant
            read += 1
        exact = [form for form in forms if form[0] not in FLOATS or isinstance(meant, float)]
        assert len(pack(meant)) == min(map(len, exact)) or isinstance(meant, float)
        assert pack(meant) in forms
    assert read == 203
