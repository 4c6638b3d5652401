"""The node certificate renewed by the centre's own authority, under a running node.

Peers pin the authority, so they need not enrol anything. What a centre certifies anew is used by
its node from the next connection on; a line that is up stays up, since a certificate that a peer
might refuse must never end one that works.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from secrets import token_bytes

import structlog

from hotline.errors import HotlineError, KeysError
from hotline.node import keyfiles
from hotline.node.keyring import (
    NODE_CERTIFICATE_FILE,
    NODE_KEY_FILE,
    Entropy,
    Keyring,
    certificate_to_pem,
    key_to_pem,
    load_ca_key,
    load_cards,
    load_keyring,
)
from hotline.trust.certificates import (
    TLS_KEY_ENTROPY,
    build_node_certificate,
    check_issued,
    make_tls_key,
    validity,
)

_DAY_US = 86_400_000_000

_log = structlog.get_logger()

Seen = tuple[tuple[int, int, int], ...]
"""What tells versions of the two files apart: inode, size and time of change (ns) of each."""


@dataclass(frozen=True, slots=True)
class Renewed:
    """A certificate that was made: when it ends (microseconds since 1970), and by whose doing.

    ``shortened`` says that it ends earlier than was asked for, with the authority.
    """

    expires_us: int
    shortened: bool


def renew_certificate(
    directory: Path,
    passphrase: bytes | None,
    now_us: int,
    days: int,
    *,
    authority: Path | None = None,
    entropy: Entropy = token_bytes,
) -> Renewed:
    """Make a new TLS key for the keys in ``directory`` and have the authority certify it.

    ``authority`` is the file of the authority's key where it lies elsewhere. The certificate lasts
    no longer than the authority. When this is interrupted between the two files, they do not
    match, and doing it again mends that. Raises ``KeysError``: ``keys.expired``,
    ``keys.bad-validity``, and what loading raises.
    """
    card, _ = load_cards(directory)
    ca_key = load_ca_key(directory, passphrase, authority)
    left = (validity(card.ca_der).not_after_us - now_us) // _DAY_US
    if left < 1:
        raise KeysError(
            "keys.expired",
            f"the authority of {card.centre} has expired, or does within a day",
            "make new keys with `hotline keys init` in a new directory and have the peers enrol "
            "the new card",
        )
    node_key = make_tls_key(entropy(TLS_KEY_ENTROPY))
    der = build_node_certificate(
        card.centre, card.status, node_key.public_key(), card.ca_der, ca_key, now_us,
        min(days, left),
    )  # fmt: skip
    # The key of another authority must not replace what works.
    check_issued(der, card.ca_der, card.centre, card.status)
    keyfiles.write_private(directory / NODE_KEY_FILE, key_to_pem(node_key, passphrase))
    keyfiles.write_public(directory / NODE_CERTIFICATE_FILE, certificate_to_pem(der))
    return Renewed(validity(der).not_after_us, left < days)


class Renewal:
    """Notices that the certificate of a running node was renewed."""

    def __init__(self, keyring: Keyring) -> None:
        self._seen = _look(keyring.directory)

    def renewed(self, keyring: Keyring) -> Keyring | None:
        """Return the keyring with the certificate that lies in its directory now.

        None while that is the one known, and while the files do not fit each other, which is
        logged once. Nothing else of the directory is taken over: new keys take a restart.
        """
        found = _look(keyring.directory)
        if found == self._seen:
            return None
        self._seen = found
        try:
            loaded = load_keyring(keyring.directory, keyring.passphrase)
            if loaded.card.fingerprint != keyring.card.fingerprint:
                raise KeysError(
                    "keys.do-not-match",
                    f"the keys in {keyring.directory} are others than those that the node runs on",
                    "put the keys back, or restart the node with the new ones",
                )
        except HotlineError as error:
            # Perhaps between two files: once the second is written, this is tried again.
            _log.warning("renewal_not_taken", code=error.code, error=error.message)
            return None
        if loaded.node_certificate_der == keyring.node_certificate_der:
            return None
        return replace(keyring, node_certificate_der=loaded.node_certificate_der)


def _look(directory: Path) -> Seen:
    found = []
    for name in (NODE_KEY_FILE, NODE_CERTIFICATE_FILE):
        try:
            status = (directory / name).stat()
        except OSError:
            found.append((0, 0, 0))
        else:
            found.append((status.st_ino, status.st_size, status.st_mtime_ns))
    return tuple(found)
