"""Whether 32 bytes are an Ed25519 public key that can be trusted to mean one signer.

RFC 8032 section 5.1, in plain integers and not constant in time: only public keys come here, when
a card is read or a key is loaded. What is refused, and why:

* an encoding that is not the one of its point (y of p or more, or a sign bit on x = 0), or of no
  point: the same key would have two spellings, and pins compare bytes;
* a point of small order: a signature can be made that fits many messages, without any secret;
* any other point outside the group of prime order: verifiers disagree about its signatures, so
  what one centre calls proof another calls forged.
"""

from __future__ import annotations

from functools import lru_cache

from hotline.errors import TrustError

_P = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
_SQRT_MINUS_ONE = pow(2, (_P - 1) // 4, _P)

# A point in extended homogeneous coordinates: x = X/Z, y = Y/Z, T = XY/Z.
_Point = tuple[int, int, int, int]
_IDENTITY: _Point = (0, 1, 1, 0)


@lru_cache(maxsize=256)  # 1.4 ms each, and the same few keys are asked about again and again
def check_public_key(raw: bytes) -> None:
    """Raise ``TrustError`` (``trust.weak-key``) unless ``raw`` is a sound Ed25519 public key.

    Sound is: 32 bytes, the canonical encoding of a point of prime order.
    """
    if len(raw) != 32:
        raise TrustError("trust.weak-key", "an Ed25519 public key is 32 bytes long")
    point = _decode(raw)
    if point is None:
        raise TrustError("trust.weak-key", "an Ed25519 public key is not the encoding of a point")
    if _is_identity(_multiply(8, point)):
        raise TrustError(
            "trust.weak-key",
            "an Ed25519 public key has small order: anyone could sign for it",
            "do not enrol this key; ask the peer to make new keys",
        )
    if not _is_identity(_multiply(_ORDER, point)):
        raise TrustError(
            "trust.weak-key",
            "an Ed25519 public key lies outside the group of prime order",
            "do not enrol this key; ask the peer to make new keys",
        )


def _decode(raw: bytes) -> _Point | None:
    number = int.from_bytes(raw, "little")
    sign, y = number >> 255, number & ((1 << 255) - 1)
    if y >= _P:
        return None
    # x^2 = (y^2 - 1) / (d y^2 + 1); the root of u/v is u v^3 (u v^7)^((p-5)/8), up to sqrt(-1).
    u, v = (y * y - 1) % _P, (_D * y * y + 1) % _P
    x = u * pow(v, 3, _P) * pow(u * pow(v, 7, _P), (_P - 5) // 8, _P) % _P
    if v * x * x % _P != u:
        x = x * _SQRT_MINUS_ONE % _P
        if v * x * x % _P != u:
            return None
    if x == 0 and sign:
        return None
    if x & 1 != sign:
        x = _P - x
    return x, y, 1, x * y % _P


def _add(one: _Point, other: _Point) -> _Point:
    # Complete on this curve, so it also doubles.
    a = (one[1] - one[0]) * (other[1] - other[0]) % _P
    b = (one[1] + one[0]) * (other[1] + other[0]) % _P
    c = 2 * one[3] * other[3] * _D % _P
    d = 2 * one[2] * other[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _multiply(times: int, point: _Point) -> _Point:
    result = _IDENTITY
    while times:
        if times & 1:
            result = _add(result, point)
        point = _add(point, point)
        times >>= 1
    return result


def _is_identity(point: _Point) -> bool:
    return point[0] % _P == 0 and (point[1] - point[2]) % _P == 0
