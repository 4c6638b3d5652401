"""TLS certificates: each centre is its own authority, and no root of trust is shared.

A centre's CA signs its node certificate directly (path length 0) and, by its name constraint, can
vouch for this centre and status only. ECDSA P-256, because no browser takes Ed25519 certificates.
The peer's CA is pinned by its card; after the handshake the node checks the certificate once more
with ``check_node_certificate``, so that the CA of one enrolled peer never vouches for another.

Signing an ECDSA certificate draws a nonce from OpenSSL: the one thing in this room that is not a
function of what is passed in.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from hotline.errors import KeysError, TrustError
from hotline.model.kinds import Status
from hotline.model.times import shorten
from hotline.trust.names import TLS_SUFFIX, tls_name

TLS_KEY_ENTROPY = 48
"""Bytes that a P-256 key is made of: 128 more bits than its order, so that none is likelier."""

MAX_DAYS = 3650
CLOCK_SLACK_US = 300_000_000
"""Certificates begin this much earlier than they are made, for a peer whose clock is behind."""

NEAR_NETWORKS = tuple(
    map(
        ip_network,
        ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7"),
    )
)
"""Addresses that an authority can vouch for: loopback, and those that no public site has.

RFC 1918 and RFC 4193. A browser that trusts it for the console trusts it for no other site.
"""

_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_US = timedelta(microseconds=1)
_BOTH_ENDS = frozenset({ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH})


@dataclass(frozen=True, slots=True)
class Validity:
    """The closed span of time in which a certificate holds (microseconds since the epoch)."""

    not_before_us: int
    not_after_us: int


def is_near(address: str) -> bool:
    """Say whether an address is one that an authority can vouch for. Raises ValueError."""
    parsed = ip_address(address)
    return any(parsed in network for network in NEAR_NETWORKS)


def make_tls_key(entropy: bytes) -> ec.EllipticCurvePrivateKey:
    """Make a P-256 key out of 48 bytes that nobody else can know (FIPS 186-5, A.2.1)."""
    if len(entropy) != TLS_KEY_ENTROPY:
        raise KeysError("keys.bad-entropy", f"a TLS key is made of {TLS_KEY_ENTROPY} bytes")
    scalar = int.from_bytes(entropy, "big") % (_P256_ORDER - 1) + 1
    return ec.derive_private_key(scalar, ec.SECP256R1())


def build_ca(
    centre: str, status: Status, key: ec.EllipticCurvePrivateKey, now_us: int, days: int
) -> bytes:
    """Return the DER certificate of the centre's own authority, signed by itself.

    Raises ``KeysError`` (``keys.bad-validity``) unless ``days`` is 1 to 3650.
    """
    name = _ca_name(centre, status)
    builder = _builder(name, name, key.public_key(), now_us, days)
    subject_key = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    permitted = [x509.DNSName(tls_name(status, centre)), *map(x509.IPAddress, NEAR_NETWORKS)]
    for extension, critical in (
        (x509.BasicConstraints(ca=True, path_length=0), True),
        (_key_usage(certificates=True), True),
        (x509.NameConstraints(permitted_subtrees=permitted, excluded_subtrees=None), True),
        (subject_key, False),
    ):
        builder = builder.add_extension(extension, critical)
    return builder.sign(key, SHA256()).public_bytes(Encoding.DER)


def _ca_name(centre: str, status: Status) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{centre} {status} hotline CA")])


def build_node_certificate(
    centre: str,
    status: Status,
    public: ec.EllipticCurvePublicKey,
    ca_der: bytes,
    ca_key: ec.EllipticCurvePrivateKey,
    now_us: int,
    days: int,
) -> bytes:
    """Return the DER certificate of the node's TLS key, for both ends of a connection.

    Raises ``KeysError`` (``keys.bad-validity``) unless ``days`` is 1 to 3650.
    """
    dns_name = tls_name(status, centre)
    issuer = x509.load_der_x509_certificate(ca_der).subject
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, dns_name)])
    builder = _builder(subject, issuer, public, now_us, days)
    authority_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key())
    for extension, critical in (
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (_key_usage(certificates=False), True),
        (x509.ExtendedKeyUsage(sorted(_BOTH_ENDS, key=lambda oid: oid.dotted_string)), True),
        (x509.SubjectAlternativeName([x509.DNSName(dns_name)]), False),
        (x509.SubjectKeyIdentifier.from_public_key(public), False),
        (authority_key, False),
    ):
        builder = builder.add_extension(extension, critical)
    return builder.sign(ca_key, SHA256()).public_bytes(Encoding.DER)


def build_console_certificate(
    centre: str,
    status: Status,
    public: ec.EllipticCurvePublicKey,
    ca_der: bytes,
    ca_key: ec.EllipticCurvePrivateKey,
    addresses: Iterable[str],
    now_us: int,
    days: int,
) -> bytes:
    """Return the DER certificate by which browsers know the centre's console.

    It is for `console_name` and these IP addresses, a server's alone, so that it can never stand
    for the node on a line. It lasts no longer than the authority. Raises ``KeysError``
    (``keys.bad-validity``, ``keys.expired``).
    """
    ca = x509.load_der_x509_certificate(ca_der)
    dns_name = console_name(status, centre)
    left = (validity(ca_der).not_after_us - now_us) // (86_400 * 1_000_000)
    if left < 1:
        raise KeysError(
            "keys.expired",
            f"the authority of {centre} has expired, or does within a day",
            "make new keys with `hotline keys init` in a new directory",
        )
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, dns_name)])
    builder = _builder(subject, ca.subject, public, now_us, min(days, left))
    names: list[x509.GeneralName] = [x509.DNSName(dns_name)]
    names += [x509.IPAddress(ip_address(address)) for address in addresses]
    for extension, critical in (
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (_key_usage(certificates=False), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), True),
        (x509.SubjectAlternativeName(names), False),
        (x509.SubjectKeyIdentifier.from_public_key(public), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), False),
    ):
        builder = builder.add_extension(extension, critical)
    return builder.sign(ca_key, SHA256()).public_bytes(Encoding.DER)


def console_name(status: Status, centre: str) -> str:
    """Return the DNS name of a centre's console: below its node's, as its authority permits."""
    return f"console.{tls_name(status, centre)}"


def _builder(
    subject: x509.Name, issuer: x509.Name, public: ec.EllipticCurvePublicKey, now_us: int, days: int
) -> x509.CertificateBuilder:
    if not 1 <= days <= MAX_DAYS:
        raise KeysError(
            "keys.bad-validity",
            f"keys cannot be valid for {days} days",
            f"choose 1 to {MAX_DAYS} days",
        )
    start = (_EPOCH + (now_us - CLOCK_SLACK_US) * _US).replace(microsecond=0)
    end = (_EPOCH + now_us * _US).replace(microsecond=0) + timedelta(days=days)
    encoded = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    serial = int.from_bytes(sha256(encoded).digest()[:16], "big") | 1  # positive, and unlike others
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(serial)
        .not_valid_before(start)
        .not_valid_after(end)
    )


def _key_usage(*, certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not certificates,
        key_cert_sign=certificates,
        crl_sign=certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def validity(der: bytes) -> Validity:
    """Return when a certificate holds; raises ``TrustError`` (``trust.malformed-certificate``)."""
    return _read(der).validity


def certified_names(der: bytes) -> tuple[str, ...]:
    """Return the DNS names that a node certificate claims; nothing of them is checked.

    To know which peer's card to check it against. Raises ``TrustError``
    (``trust.malformed-certificate``).
    """
    return _read(der).names


def check_ca(der: bytes, centre: str, status: Status) -> None:
    """Check that a certificate is the authority of that centre and status, whatever the time.

    Signed by itself, for signing certificates, path length 0, and named for nobody else, since
    OpenSSL picks a certificate's issuer by name: an authority under the name of another centre's
    would keep that centre out. Raises
    ``TrustError``: ``trust.malformed-certificate``, ``trust.certificate-wrong-issuer``,
    ``-wrong-purpose``, ``-wrong-centre``, ``-wrong-status``.
    """
    ca = _read(der)
    _require_issued(ca, ca)
    if not ca.authority or ca.path_length != 0 or not ca.usage.key_cert_sign:
        raise _wrong(
            "trust.certificate-wrong-purpose",
            "the CA certificate is not one for signing node certificates only",
        )
    _check_names(ca.permitted_names, centre, status)
    if not {*ca.permitted_networks} <= {*NEAR_NETWORKS}:
        raise _wrong(
            "trust.certificate-wrong-purpose",
            f"the CA certificate of {centre} may vouch for addresses that anybody may have",
        )
    if ca.certificate.subject != _ca_name(centre, status):
        raise _wrong(
            "trust.certificate-wrong-centre",
            f"the CA certificate of {centre} bears another name than its own",
        )


def check_issued(der: bytes, ca_der: bytes, centre: str, status: Status) -> None:
    """Check a node certificate as ``check_node_certificate`` does, whatever the time."""
    check_ca(ca_der, centre, status)
    node = _read(der)
    _require_issued(node, _read(ca_der))
    if node.authority or not node.usage.digital_signature or not node.purposes >= _BOTH_ENDS:
        raise _wrong(
            "trust.certificate-wrong-purpose", "the certificate is not one for both ends of a line"
        )
    _check_names(node.names, centre, status)


def check_node_certificate(
    der: bytes, ca_der: bytes, centre: str, status: Status, now_us: int
) -> None:
    """Check that a certificate is, now, that of the node of ``centre``, under its pinned CA.

    1. The CA is the authority of that centre and status (``check_ca``).
    2. The CA signed the certificate, directly.
    3. It is for signing handshakes, as client and as server, and is no authority itself.
    4. It holds exactly one name, that of the centre and status.
    5. Both hold at ``now_us`` (microseconds since the epoch).

    Raises ``TrustError``: ``trust.malformed-certificate``, ``trust.certificate-wrong-issuer``,
    ``-wrong-purpose``, ``-wrong-centre``, ``-wrong-status``, ``-not-yet-valid``, ``-expired``.
    """
    check_issued(der, ca_der, centre, status)
    for what, span in (("node", validity(der)), ("CA", validity(ca_der))):
        if now_us < span.not_before_us:
            raise TrustError(
                "trust.certificate-not-yet-valid",
                f"the {what} certificate of {centre} is not valid yet",
                "compare the clocks of both nodes with `hotline doctor`",
            )
        if now_us > span.not_after_us:
            raise TrustError(
                "trust.certificate-expired",
                f"the {what} certificate of {centre} has expired",
                f"have {centre} make new keys, and enrol its new card with --replace",
            )


@dataclass(frozen=True, slots=True)
class _Read:
    """What the checks look at, taken out of a certificate in one place."""

    certificate: x509.Certificate
    validity: Validity
    authority: bool
    path_length: int | None
    usage: x509.KeyUsage
    purposes: frozenset[x509.ObjectIdentifier]
    names: tuple[str, ...]
    permitted_names: tuple[str, ...]
    permitted_networks: tuple[IPv4Network | IPv6Network, ...]


def _read(der: bytes) -> _Read:
    try:
        with warnings.catch_warnings():
            # What the library will refuse one day, such as a negative serial, is refused now.
            warnings.simplefilter("error", CryptographyDeprecationWarning)
            return _take_apart(x509.load_der_x509_certificate(der))
    except (
        CryptographyDeprecationWarning,
        ValueError,
        UnsupportedAlgorithm,
        x509.DuplicateExtension,
        x509.ExtensionNotFound,
        x509.InvalidVersion,
        x509.UnsupportedGeneralNameType,
    ):
        raise TrustError(
            "trust.malformed-certificate", "this is not a certificate that hotline made"
        ) from None


def _take_apart(certificate: x509.Certificate) -> _Read:
    public = certificate.public_key()
    if not isinstance(public, ec.EllipticCurvePublicKey) or public.curve.name != "secp256r1":
        raise ValueError
    extensions = certificate.extensions
    constraints = extensions.get_extension_for_class(x509.BasicConstraints).value
    names: tuple[str, ...] = ()
    permitted: tuple[str, ...] = ()
    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    purposes: frozenset[x509.ObjectIdentifier] = frozenset()
    for extension in extensions:
        match extension.value:
            case x509.SubjectAlternativeName() as alternatives:
                names = _dns_names(list(alternatives))
            case x509.NameConstraints() as limits:
                subtrees = limits.permitted_subtrees or []
                of_addresses = [one for one in subtrees if isinstance(one, x509.IPAddress)]
                networks = tuple(ip_network(one.value) for one in of_addresses)
                permitted = _dns_names([one for one in subtrees if one not in of_addresses])
            case x509.ExtendedKeyUsage() as uses:
                purposes = frozenset(uses)
    return _Read(
        certificate,
        Validity(
            (certificate.not_valid_before_utc - _EPOCH) // _US,
            (certificate.not_valid_after_utc - _EPOCH) // _US,
        ),
        constraints.ca,
        constraints.path_length,
        extensions.get_extension_for_class(x509.KeyUsage).value,
        purposes,
        names,
        permitted,
        networks,
    )


def _dns_names(names: list[x509.GeneralName]) -> tuple[str, ...]:
    # Any other kind of name would go unchecked, so it makes the certificate none of ours.
    if not all(isinstance(name, x509.DNSName) for name in names):
        raise ValueError
    return tuple(str(name.value) for name in names)


def _require_issued(certificate: _Read, issuer: _Read) -> None:
    try:
        certificate.certificate.verify_directly_issued_by(issuer.certificate)
    except (InvalidSignature, ValueError, TypeError):
        raise _wrong(
            "trust.certificate-wrong-issuer", "a certificate is not signed by the CA it should be"
        ) from None


def _check_names(names: tuple[str, ...], centre: str, status: Status) -> None:
    if names == (tls_name(status, centre),):
        return
    others = {tls_name(other, centre) for other in Status}
    if len(names) == 1 and names[0] in others:
        raise _wrong(
            "trust.certificate-wrong-status",
            f"the certificate of {centre} is for another status than {status}",
        )
    shown = ", ".join(shorten(name) for name in names[:3]) or "nobody"
    raise _wrong(
        "trust.certificate-wrong-centre",
        f"the certificate is for {shown}, not for {centre} on {TLS_SUFFIX}",
    )


def _wrong(code: str, message: str) -> TrustError:
    return TrustError(
        code,
        message,
        "check that the peer's card is the one it sends now, and that the address is its own",
    )
