"""Ed25519 keys: one for each role, and a private key knows whose it is and for which status.

A key never serves two roles. ``signing`` signs groups of messages, ``log`` the checkpoints of
this centre's logs, ``witness`` the cosignatures over a peer's. What they sign begins differently
(``hotline/group/v1``, a log's origin, ``cosignature/v1``), so even a key used in the wrong place
says nothing that can be read as something else.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from hotline.errors import KeysError, TrustError
from hotline.model.kinds import Status
from hotline.trust.curve import check_public_key
from hotline.trust.names import key_name

SIGNATURE_SIZE = 64


class Role(StrEnum):
    """What a key signs: groups of messages, own checkpoints, or the peer's checkpoints."""

    SIGNING = "signing"
    LOG = "log"
    WITNESS = "witness"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """An Ed25519 public key (32 bytes), known to be sound.

    Raises ``TrustError`` (``trust.weak-key``) for small-order, non-canonical and other keys that
    do not stand for one signer; see ``hotline.trust.curve``.
    """

    raw: bytes
    _verifier: Ed25519PublicKey = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_public_key(self.raw)
        object.__setattr__(self, "_verifier", Ed25519PublicKey.from_public_bytes(self.raw))

    def verify(self, signature: bytes, data: bytes) -> None:
        """Raise ``TrustError`` (``trust.bad-signature``) unless ``signature`` is over ``data``."""
        try:
            self._verifier.verify(signature, data)
        except InvalidSignature:
            raise TrustError(
                "trust.bad-signature", "a signature does not fit what it signs"
            ) from None

    def __bytes__(self) -> bytes:
        return self.raw

    def __repr__(self) -> str:
        return f"PublicKey({self.raw.hex()})"


@dataclass(frozen=True, slots=True, eq=False)
class PrivateKey:
    """The private key of one role of one centre for one status; nothing secret shows in ``repr``.

    Its status is fixed when it is made. Whatever signs asks first, with ``require_status`` and
    ``require_role``, that the key is the one for the purpose.
    """

    role: Role
    centre: str
    status: Status
    secret: Ed25519PrivateKey
    public: bytes = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "public", self.secret.public_key().public_bytes_raw())

    def __repr__(self) -> str:
        return f"PrivateKey({self.name}, public={self.public.hex()})"

    @classmethod
    def from_entropy(cls, role: Role, centre: str, status: Status, entropy: bytes) -> PrivateKey:
        """Make a key out of 32 bytes that nobody else can know (RFC 8032: they are the key)."""
        if len(entropy) != 32:
            raise KeysError("keys.bad-entropy", "an Ed25519 key is made of exactly 32 bytes")
        return cls(role, centre, status, Ed25519PrivateKey.from_private_bytes(entropy))

    @property
    def public_key(self) -> PublicKey:
        """The public half, ready to verify with."""
        return PublicKey(self.public)

    @property
    def name(self) -> str:
        """The key's name where no log's origin names it: ``hotline/<status>/<centre>/<role>``."""
        return key_name(self.status, self.centre, self.role)

    def sign(self, data: bytes) -> bytes:
        """Return the signature (64 bytes) over ``data``."""
        return self.secret.sign(data)

    def require_status(self, status: str) -> None:
        """Raise ``KeysError`` (``keys.wrong-status``) unless the key is for ``status``."""
        if self.status != status:
            raise KeysError(
                "keys.wrong-status",
                f"{_with_article(self.status)} key cannot sign on {_with_article(status)} line",
                f"use the keys that were made with `hotline keys init --status {status}`",
            )

    def require_role(self, role: Role) -> None:
        """Raise ``KeysError`` (``keys.wrong-role``) unless the key is for ``role``."""
        if self.role is not role:
            raise KeysError(
                "keys.wrong-role",
                f"the {self.role} key was given where the {role} key belongs",
                "each role has its own key; none stands in for another",
            )


def _with_article(word: str) -> str:
    return f"{'an' if word[:1] in 'aeiou' else 'a'} {word}"
