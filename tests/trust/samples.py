"""Keys, certificates and a card of two fictional centres, the same in every run."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from hotline.model.kinds import Status
from hotline.trust.card import issue_card
from hotline.trust.certificates import build_ca, build_node_certificate, make_tls_key
from hotline.trust.keys import PrivateKey, Role

NOW_US = 1_772_360_400_000_000  # 2026-03-01T10:20:00Z
DAY_US = 86_400_000_000

# Every encoding of a point of small order: the eight points, and the spellings that are not
# canonical (y + p, or a sign bit on x = 0).
SMALL_ORDER = [
    bytes.fromhex(text)
    for text in (
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    )
]
NOT_CANONICAL = [
    bytes.fromhex(text)
    for text in (
        "0100000000000000000000000000000000000000000000000000000000000080",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    )
]


def key(role: Role, centre: str = "iaf", status: Status = Status.EXERCISE) -> PrivateKey:
    """Return the key of that role, different for every centre and status."""
    seed = f"{role} {centre} {status}".encode()
    return PrivateKey.from_entropy(role, centre, status, seed.ljust(32, b"."))


@dataclass(frozen=True)
class Centre:
    """One centre with all that it makes for itself."""

    centre: str
    status: Status
    signing: PrivateKey
    log: PrivateKey
    witness: PrivateKey
    ca_key: EllipticCurvePrivateKey
    ca_der: bytes
    node_key: EllipticCurvePrivateKey
    node_der: bytes
    card: bytes


def centre(
    name: str = "iaf", status: Status = Status.EXERCISE, now_us: int = NOW_US, days: int = 365
) -> Centre:
    """Make a centre."""
    signing, log, witness = (key(role, name, status) for role in Role)
    ca_key = make_tls_key(f"ca {name} {status}".encode().ljust(48, b"."))
    node_key = make_tls_key(f"node {name} {status}".encode().ljust(48, b"."))
    ca_der = build_ca(name, status, ca_key, now_us, days)
    node_der = build_node_certificate(
        name, status, node_key.public_key(), ca_der, ca_key, now_us, days
    )
    card = issue_card(signing, log, witness, ca_der, now_us)
    return Centre(name, status, signing, log, witness, ca_key, ca_der, node_key, node_der, card)


def edit(note: bytes, pattern: str, replacement: str) -> bytes:
    """Return ``note`` with the first match of a pattern replaced; fails when there is none."""
    changed, count = re.subn(pattern, replacement, note.decode(), count=1, flags=re.MULTILINE)
    assert count, f"nothing matches {pattern!r}"
    return changed.encode()
