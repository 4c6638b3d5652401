"""The keys of a centre on disk: made once, loaded by the node, and the pins of its peers.

::

    centre.card                          own public card
    ca.crt      ca.key                   own authority; ca.key may be kept elsewhere
    node.crt    node.key                 what TLS shows
    signing.key log.key witness.key      Ed25519, one for each role
    peers/<centre>.card                  cards that were compared by voice and pinned

Certificates and keys are PEM, keys PKCS#8 and 0600, optionally under one passphrase. A keyring
is loaded only when every part fits every other.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_bytes
from types import MappingProxyType

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509 import load_der_x509_certificate

from hotline.errors import KeysError, TrustError
from hotline.model.kinds import Status
from hotline.model.times import shorten
from hotline.node import keyfiles
from hotline.trust.card import Card, issue_card, read_card
from hotline.trust.certificates import (
    TLS_KEY_ENTROPY,
    build_ca,
    build_node_certificate,
    check_issued,
    make_tls_key,
    validity,
)
from hotline.trust.keys import PrivateKey, Role
from hotline.trust.names import CENTRE_ID

DEFAULT_DAYS = 365

CARD_FILE = "centre.card"
CA_KEY_FILE = "ca.key"
NODE_KEY_FILE = "node.key"
NODE_CERTIFICATE_FILE = "node.crt"
PRIVATE_FILES = (CA_KEY_FILE, NODE_KEY_FILE, "signing.key", "log.key", "witness.key")
_INCOMPLETE = ".incomplete"
_RESTORE = "restore the directory from its backup, or make new keys in another one"

Entropy = Callable[[int], bytes]
"""A source of that many bytes which nobody else can know."""


@dataclass(frozen=True, slots=True)
class PublicKeyring:
    """What everybody may know: own card and node certificate, and the pinned cards by centre."""

    directory: Path
    card: Card
    node_certificate_der: bytes = field(repr=False)
    peers: Mapping[str, Card]

    @property
    def centre(self) -> str:
        """The centre whose keys these are."""
        return self.card.centre

    @property
    def status(self) -> Status:
        """What the keys may sign: actual, exercise or test traffic."""
        return self.card.status

    @property
    def expires_us(self) -> int:
        """When the first of the own card, CA and node certificate expires."""
        ends = (validity(der).not_after_us for der in (self.card.ca_der, self.node_certificate_der))
        return min(self.card.expires_us, *ends)

    def peer(self, centre: str) -> Card:
        """Return the pinned card of ``centre``; raises ``KeysError`` (``keys.not-enrolled``)."""
        if centre not in self.peers:
            raise KeysError(
                "keys.not-enrolled",
                f"no card of {centre} is pinned",
                f"run `hotline keys enrol` with the card that {centre} sent",
            )
        return self.peers[centre]

    def require_valid(self, now_us: int) -> None:
        """Raise ``KeysError`` once a part of the own keys has expired.

        ``keys.certificate-expired`` where the own authority can renew that, ``keys.expired``
        otherwise.
        """
        authority_us = min(self.card.expires_us, validity(self.card.ca_der).not_after_us)
        if self.expires_us < now_us <= authority_us:
            raise KeysError(
                "keys.certificate-expired",
                f"the node certificate of {self.centre} has expired",
                "have the own authority make a new one: `hotline keys renew`",
            )
        if now_us > authority_us:
            raise KeysError(
                "keys.expired",
                f"the keys of {self.centre} have expired",
                "make new keys with `hotline keys init` in a new directory and have the peers "
                "enrol the new card",
            )


@dataclass(frozen=True, slots=True)
class Keyring(PublicKeyring):
    """The loaded keys of one centre and status; nothing secret shows in ``repr``."""

    signing: PrivateKey
    log: PrivateKey
    witness: PrivateKey
    passphrase: bytes | None = field(repr=False)

    @property
    def certificate_file(self) -> Path:
        """The node certificate (PEM)."""
        return self.directory / NODE_CERTIFICATE_FILE

    @property
    def key_file(self) -> Path:
        """The node certificate's key (PEM), under the passphrase if there is one."""
        return self.directory / NODE_KEY_FILE

    def load_into(self, context: ssl.SSLContext) -> None:
        """Give the node certificate and its key to ``context``, which reads files only.

        It never asks on the terminal: a keyring that loaded has the passphrase that is needed.
        """
        context.load_cert_chain(self.certificate_file, self.key_file, self.passphrase or b"")


def init_keys(
    directory: Path,
    centre: str,
    status: Status,
    *,
    now_us: int,
    passphrase: bytes | None = None,
    days: int = DEFAULT_DAYS,
    entropy: Entropy = token_bytes,
) -> Card:
    """Make all keys of a centre in ``directory`` and return its card.

    The card is written last; until then a marker says that the keys are incomplete. Raises
    ``KeysError``: ``keys.exist`` rather than overwrite, ``keys.bad-centre``,
    ``keys.bad-validity``, ``keys.weak-passphrase``, ``keys.unwritable``.
    """
    if not CENTRE_ID.fullmatch(centre):
        raise KeysError(
            "keys.bad-centre",
            f"{shorten(centre)} cannot name a centre",
            "use 2 to 32 of a-z, 0-9 and -, beginning with a letter",
        )
    if passphrase is not None:
        keyfiles.check_passphrase(passphrase)
    ca_key, node_key = (make_tls_key(entropy(TLS_KEY_ENTROPY)) for _ in range(2))
    ca_der = build_ca(centre, status, ca_key, now_us, days)
    node_der = build_node_certificate(
        centre, status, node_key.public_key(), ca_der, ca_key, now_us, days
    )
    signing, log, witness = (
        PrivateKey.from_entropy(role, centre, status, entropy(32)) for role in Role
    )
    card_note = issue_card(signing, log, witness, ca_der, now_us)

    keyfiles.make_directory(directory)
    marker = directory / _INCOMPLETE
    present = [name for name in (CARD_FILE, *PRIVATE_FILES) if (directory / name).exists()]
    if present or not keyfiles.make_marker(marker):
        raise KeysError(
            "keys.exist",
            f"{directory} already holds {', '.join(present) or 'keys that are being made'}",
            "keys are never overwritten: name another directory, or move this one away",
        )
    keyfiles.make_directory(directory / "peers")
    for name, key in (
        (CA_KEY_FILE, ca_key),
        (NODE_KEY_FILE, node_key),
        ("signing.key", signing.secret),
        ("log.key", log.secret),
        ("witness.key", witness.secret),
    ):
        keyfiles.write_private(directory / name, key_to_pem(key, passphrase))
    keyfiles.write_public(directory / "ca.crt", certificate_to_pem(ca_der))
    keyfiles.write_public(directory / NODE_CERTIFICATE_FILE, certificate_to_pem(node_der))
    keyfiles.write_public(directory / CARD_FILE, card_note)
    keyfiles.remove_marker(marker)
    return read_card(card_note)


def load_public(directory: Path) -> PublicKeyring:
    """Load what needs no passphrase: own card, node certificate, pins.

    Raises ``KeysError``: ``keys.missing``, ``keys.incomplete``, ``keys.readable-by-others``,
    ``keys.damaged-card``, ``keys.damaged-pin``, ``keys.do-not-match``.
    """
    if (directory / _INCOMPLETE).exists():
        raise KeysError(
            "keys.incomplete",
            f"making keys in {directory} was interrupted",
            "remove the directory and run `hotline keys init` again",
        )
    card = _read_card(directory / CARD_FILE, "keys.damaged-card", _RESTORE)
    for name in PRIVATE_FILES:
        # The authority's key is needed to make the node certificate, and never again.
        if name != CA_KEY_FILE or (directory / name).exists():
            keyfiles.read_private(directory / name)
    ca_der, node_der = (
        _read_certificate(directory / name) for name in ("ca.crt", NODE_CERTIFICATE_FILE)
    )
    if ca_der != card.ca_der:
        raise _do_not_match(directory / "ca.crt", CARD_FILE)
    try:
        check_issued(node_der, ca_der, card.centre, card.status)
    except TrustError:
        raise _do_not_match(directory / NODE_CERTIFICATE_FILE, CARD_FILE) from None
    return PublicKeyring(directory, card, node_der, _read_pins(directory, card))


def load_cards(directory: Path) -> tuple[Card, Mapping[str, Card]]:
    """Load the public cards alone, ours and the pinned ones, as an auditor has them.

    Raises ``KeysError``: ``keys.missing``, ``keys.damaged-card``, ``keys.damaged-pin``.
    """
    card = _read_card(directory / CARD_FILE, "keys.damaged-card", _RESTORE)
    return card, _read_pins(directory, card)


def load_keyring(directory: Path, passphrase: bytes | None = None) -> Keyring:
    """Load everything that the node needs, once every part fits every other.

    Whether it has expired is asked with ``require_valid``. Raises ``KeysError`` as
    ``load_public`` does, and ``keys.passphrase-needed``, ``keys.wrong-passphrase``,
    ``keys.not-protected``, ``keys.damaged-key``.
    """
    public = load_public(directory)
    card = public.card
    node_key = _load_key(directory / NODE_KEY_FILE, passphrase)
    certified = load_der_x509_certificate(public.node_certificate_der).public_key()
    if _public_der(node_key) != certified.public_bytes(
        Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    ):
        raise _do_not_match(directory / NODE_KEY_FILE, NODE_CERTIFICATE_FILE)
    loaded = []
    for role, expected in zip(Role, (card.signing, card.log, card.witness), strict=True):
        path = directory / f"{role}.key"
        secret = _load_key(path, passphrase)
        if not isinstance(secret, Ed25519PrivateKey) or (
            secret.public_key().public_bytes_raw() != expected.raw
        ):
            raise _do_not_match(path, CARD_FILE)
        loaded.append(PrivateKey(role, card.centre, card.status, secret))
    signing, log, witness = loaded
    return Keyring(
        directory,
        card,
        public.node_certificate_der,
        public.peers,
        signing,
        log,
        witness,
        passphrase,
    )


def load_ca_key(
    directory: Path, passphrase: bytes | None = None, path: Path | None = None
) -> EllipticCurvePrivateKey:
    """Load the key of the centre's authority alone, from ``path`` where it is kept elsewhere.

    Raises ``KeysError``: as ``load_keyring`` does, and ``keys.no-authority`` where it is not there.
    """
    path = path or directory / CA_KEY_FILE
    if not path.exists():
        raise KeysError(
            "keys.no-authority",
            f"the key of the centre's authority is not in {path}",
            "bring it back from where it is kept",
        )
    key = _load_key(path, passphrase)
    card = _read_card(directory / CARD_FILE, "keys.damaged-card", _RESTORE)
    certified = load_der_x509_certificate(card.ca_der).public_key()
    if _public_der(key) != certified.public_bytes(
        Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    ) or not isinstance(key, EllipticCurvePrivateKey):
        raise _do_not_match(path, CARD_FILE)
    return key


def check_pin(directory: Path, card: Card, now_us: int, *, replace: bool = False) -> bool:
    """Return whether ``card`` may be pinned and is not yet.

    Raises ``KeysError``: ``keys.own-card``, ``keys.wrong-status``, ``keys.changed-card`` for
    another card of a pinned centre unless ``replace``; ``TrustError`` for one that has expired.
    """
    own = load_public(directory)
    if card.centre == own.centre:
        raise KeysError(
            "keys.own-card",
            f"this is a card of {own.centre}, which is this centre",
            "enrol the card that the other side sent; send them the one of `hotline keys card`",
        )
    if {card.signing, card.log, card.witness} & {own.card.signing, own.card.log, own.card.witness}:
        raise KeysError(
            "keys.own-card",
            f"the card of {card.centre} shows a key of this centre",
            "no two centres share a key; ask who made this card",
        )
    if card.status is not own.status:
        raise KeysError(
            "keys.wrong-status",
            f"the card of {card.centre} is for {card.status} traffic, "
            f"the keys here are for {own.status}",
            f"ask {card.centre} for its {own.status} card, or use the {card.status} keys",
        )
    card.require_valid(now_us)
    pinned = own.peers.get(card.centre)
    if pinned is not None and pinned.fingerprint != card.fingerprint and not replace:
        raise KeysError(
            "keys.changed-card",
            f"another card of {card.centre} is pinned",
            f"call {card.centre}: only if it made new keys, enrol again with --replace",
        )
    return pinned is None or pinned.fingerprint != card.fingerprint


def pin_card(directory: Path, card: Card, now_us: int, *, replace: bool = False) -> None:
    """Pin a card whose fingerprint was compared; raises as ``check_pin`` does."""
    if check_pin(directory, card, now_us, replace=replace):
        keyfiles.make_directory(directory / "peers")
        keyfiles.write_public(directory / "peers" / f"{card.centre}.card", card.note)


def _read_pins(directory: Path, own: Card) -> Mapping[str, Card]:
    pins = {}
    for path in sorted((directory / "peers").glob("*.card")):
        again = f"enrol the card of {path.stem} again, or remove {path}"
        card = _read_card(path, "keys.damaged-pin", again)
        if card.centre != path.stem or card.status is not own.status or card.centre == own.centre:
            raise KeysError("keys.damaged-pin", f"{path} is the card of another centre", again)
        pins[card.centre] = card
    return MappingProxyType(pins)


def _read_card(path: Path, code: str, hint: str) -> Card:
    data = keyfiles.read_public(path)
    try:
        return read_card(data)
    except TrustError as error:
        raise KeysError(code, f"{path} cannot be used: {error.message}", hint) from None


def _read_certificate(path: Path) -> bytes:
    data = keyfiles.read_public(path)
    try:
        return ssl.PEM_cert_to_DER_cert(data.decode("ascii"))
    except ValueError:
        raise KeysError("keys.damaged-card", f"{path} is not a certificate", _RESTORE) from None


def certificate_to_pem(der: bytes) -> bytes:
    """Return a certificate as its file holds it."""
    return ssl.DER_cert_to_PEM_cert(der).encode()


def key_to_pem(key: Ed25519PrivateKey | EllipticCurvePrivateKey, passphrase: bytes | None) -> bytes:
    """Return a private key as its file holds it, under the passphrase if there is one."""
    encryption: KeySerializationEncryption = (
        BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    )
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)


def _load_key(path: Path, passphrase: bytes | None) -> Ed25519PrivateKey | EllipticCurvePrivateKey:
    data = keyfiles.read_private(path)
    protected = b"-----BEGIN ENCRYPTED PRIVATE KEY-----" in data
    if protected and passphrase is None:
        raise KeysError(
            "keys.passphrase-needed",
            f"{path} is protected by a passphrase",
            "put the passphrase into a file that only its owner can read, and set "
            "`passphrase_file` in node.toml",
        )
    if not protected and passphrase is not None:
        raise KeysError(
            "keys.not-protected",
            f"a passphrase was given, but {path} is not protected by one",
            "leave the passphrase out, or put the protected key back in its place",
        )
    try:
        key = load_pem_private_key(data, passphrase)
    except (ValueError, TypeError):
        key = None
    if isinstance(key, Ed25519PrivateKey | EllipticCurvePrivateKey):
        return key
    if protected:
        raise KeysError(
            "keys.wrong-passphrase",
            f"the passphrase does not open {path}",
            "check the passphrase file; without the passphrase, make new keys",
        )
    raise KeysError("keys.damaged-key", f"{path} is not a private key in PEM", _RESTORE)


def _public_der(key: Ed25519PrivateKey | EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _do_not_match(path: Path, other: str) -> KeysError:
    return KeysError("keys.do-not-match", f"{path} does not belong to {other}", _RESTORE)
