"""Mutual TLS 1.3, with each peer's own certificate authority pinned for its own line.

No root of trust is shared and none of the system's is used. OpenSSL checks that some enrolled
authority issued the peer's certificate; afterwards ``identify`` checks that it was the authority
of that very centre, since one peer's authority must not vouch for another.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping

from hotline.errors import TrustError
from hotline.model.kinds import Status
from hotline.node.keyring import Keyring
from hotline.trust.card import Card
from hotline.trust.certificates import certified_names, check_node_certificate
from hotline.trust.names import TLS_SUFFIX


def listening_context(keyring: Keyring, cards: Mapping[str, Card]) -> ssl.SSLContext:
    """Make the context for connections of peers: a certificate is required of them."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _prepare(context, keyring)
    for card in cards.values():
        context.load_verify_locations(cadata=card.ca_der)
    context.verify_mode = ssl.CERT_REQUIRED
    context.num_tickets = 0
    return context


def dialling_context(keyring: Keyring, card: Card) -> ssl.SSLContext:
    """Make the context for dialling one peer: only its own authority counts."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    _prepare(context, keyring)
    context.load_verify_locations(cadata=card.ca_der)
    context.check_hostname = True
    return context


def _prepare(context: ssl.SSLContext, keyring: Keyring) -> None:
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.maximum_version = ssl.TLSVersion.TLSv1_3
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_TICKET
    keyring.load_into(context)


def identify(der: bytes | None, cards: Mapping[str, Card], status: Status, now_us: int) -> str:
    """Return the centre that a peer's certificate proves. Raises TrustError.

    ``der`` is the certificate that OpenSSL already accepted; ``cards`` are the enrolled peers.
    """
    if der is None:
        raise TrustError("trust.no-certificate", "the peer showed no certificate")
    centre = _claimed_centre(der, status)
    card = cards.get(centre)
    if card is None:
        raise TrustError("trust.unknown-peer", f"no peer {centre!r} is enrolled here")
    check_node_certificate(der, card.ca_der, centre, status, now_us)
    return centre


def _claimed_centre(der: bytes, status: Status) -> str:
    for name in certified_names(der):
        centre, _, rest = name.partition(".")
        if rest.endswith(f".{TLS_SUFFIX}"):
            if rest != f"{status}.{TLS_SUFFIX}":
                raise TrustError(
                    "trust.wrong-status",
                    f"the certificate is for {rest.split('.')[0]}, this line is {status}",
                )
            return centre
    raise TrustError("trust.wrong-centre", "the certificate names no centre of a hotline")
