from __future__ import annotations

import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.errors import KeysError, TrustError
from hotline.model.kinds import Status
from hotline.trust.certificates import (
    CLOCK_SLACK_US,
    MAX_DAYS,
    build_ca,
    build_console_certificate,
    build_node_certificate,
    certified_names,
    check_ca,
    check_node_certificate,
    is_near,
    make_tls_key,
    validity,
)
from hotline.trust.names import tls_name
from tests.trust.samples import DAY_US, NOW_US, Centre, centre

EXERCISE = Status.EXERCISE
IAF = centre("iaf")
NAME = tls_name(EXERCISE, "iaf")
BOTH = (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH)


def usage(**on: bool) -> x509.KeyUsage:
    """Return a key usage with nothing but what is named."""
    names = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{name: on.get(name, False) for name in names})


NODE_PARTS: dict[str, x509.ExtensionType] = {
    "constraints": x509.BasicConstraints(ca=False, path_length=None),
    "usage": usage(digital_signature=True),
    "purposes": x509.ExtendedKeyUsage(BOTH),
    "names": x509.SubjectAlternativeName([x509.DNSName(NAME)]),
}
ANYWHERE = x509.IPAddress(ip_network("0.0.0.0/0"))
CA_PARTS: dict[str, x509.ExtensionType] = {
    "constraints": x509.BasicConstraints(ca=True, path_length=0),
    "usage": usage(key_cert_sign=True),
    "names": x509.NameConstraints([x509.DNSName(NAME)], None),
}


def forge(
    parts: dict[str, x509.ExtensionType | None],
    *,
    own: bool = False,
    public: ec.EllipticCurvePublicKey | None = None,
    name: x509.Name | None = None,
) -> bytes:
    """Return a certificate signed by iaf's CA key with these extensions, None leaving one out."""
    issuer = name or x509.load_der_x509_certificate(IAF.ca_der).subject
    start = datetime(2026, 1, 1, tzinfo=UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(issuer if own else x509.Name([]))
        .issuer_name(issuer)
        .public_key(public or (IAF.ca_key if own else IAF.node_key).public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=365))
    )
    for part in ((CA_PARTS if own else NODE_PARTS) | parts).values():
        if part is not None:
            builder = builder.add_extension(part, critical=True)
    return builder.sign(IAF.ca_key, SHA256()).public_bytes(Encoding.DER)


def assert_refused(code: str, check: Callable[[], None]) -> None:
    """Assert that the check fails with the code."""
    with pytest.raises(TrustError) as caught:
        check()
    assert caught.value.code == code


def assert_node_refused(code: str, der: bytes, ca_der: bytes = IAF.ca_der) -> None:
    """Assert that it is not taken for the node certificate of iaf."""
    assert_refused(code, lambda: check_node_certificate(der, ca_der, "iaf", EXERCISE, NOW_US))


# What holds


def test_own_certificates_hold() -> None:
    """What a centre makes for itself passes the check of the other side."""
    check_node_certificate(IAF.node_der, IAF.ca_der, "iaf", EXERCISE, NOW_US)
    check_node_certificate(forge({}), IAF.ca_der, "iaf", EXERCISE, NOW_US)
    check_ca(forge({}, own=True), "iaf", EXERCISE)
    assert certified_names(IAF.node_der) == (NAME,)


def test_an_authority_that_is_over_makes_no_certificate_of_a_console() -> None:
    """A browser would refuse it, and blame the console."""

    def made(now_us: int) -> bytes:
        public = IAF.node_key.public_key()
        return build_console_certificate(
            "iaf", EXERCISE, public, IAF.ca_der, IAF.ca_key, ["127.0.0.1"], now_us, 825
        )

    shown = x509.load_der_x509_certificate(made(NOW_US))
    assert (
        shown.not_valid_after_utc <= x509.load_der_x509_certificate(IAF.ca_der).not_valid_after_utc
    )
    with pytest.raises(KeysError, match=r"\[keys.expired\]"):
        made(NOW_US + 365 * DAY_US)


def test_validity_begins_before_it_is_made() -> None:
    """A peer whose clock is five minutes behind accepts new keys; the last moment counts too."""
    span = validity(IAF.node_der)
    assert span.not_before_us == NOW_US - CLOCK_SLACK_US
    assert span.not_after_us == NOW_US + 365 * DAY_US
    for now_us in (span.not_before_us, span.not_after_us):
        check_node_certificate(IAF.node_der, IAF.ca_der, "iaf", EXERCISE, now_us)


# What does not


@pytest.mark.parametrize(
    ("now_us", "code"),
    [
        (NOW_US - CLOCK_SLACK_US - 1, "trust.certificate-not-yet-valid"),
        (NOW_US + 365 * DAY_US + 1, "trust.certificate-expired"),
    ],
)
def test_outside_the_validity(now_us: int, code: str) -> None:
    """A certificate before its time and one after it have their own errors."""
    assert_refused(
        code,
        lambda: check_node_certificate(IAF.node_der, IAF.ca_der, "iaf", EXERCISE, now_us),
    )


def test_expired_authority() -> None:
    """A node certificate does not outlive its authority."""
    young = build_node_certificate(
        "iaf", EXERCISE, IAF.node_key.public_key(), IAF.ca_der, IAF.ca_key, NOW_US, 700
    )
    with pytest.raises(TrustError, match="the CA certificate of iaf has expired") as caught:
        check_node_certificate(young, IAF.ca_der, "iaf", EXERCISE, NOW_US + 366 * DAY_US)
    assert caught.value.code == "trust.certificate-expired"


@pytest.mark.parametrize(
    "parts",
    [
        {"purposes": x509.ExtendedKeyUsage(BOTH[:1])},
        {"purposes": x509.ExtendedKeyUsage(BOTH[1:])},
        {"purposes": x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])},
        {"purposes": None},
        {"usage": usage(key_agreement=True)},
        {"constraints": x509.BasicConstraints(ca=True, path_length=None)},
    ],
)
def test_wrong_purpose(parts: dict[str, x509.ExtensionType | None]) -> None:
    """A certificate that is not for both ends of a handshake, and only that, is refused."""
    assert_node_refused("trust.certificate-wrong-purpose", forge(parts))


def test_authority_shown_as_node() -> None:
    """The authority's own certificate does not serve as a node's."""
    assert_node_refused("trust.certificate-wrong-purpose", IAF.ca_der)


@pytest.mark.parametrize(
    "names",
    [
        [],
        [x509.DNSName("hmeimim.exercise.hotline.internal")],
        [x509.DNSName("iaf.exercise.hotline.example")],
        [x509.DNSName(NAME), x509.DNSName("hmeimim.exercise.hotline.internal")],
        [x509.DNSName("*.exercise.hotline.internal")],
    ],
)
def test_wrong_centre(names: list[x509.GeneralName]) -> None:
    """A certificate of the right authority that names another centre, or two, is refused."""
    part = x509.SubjectAlternativeName(names) if names else None
    assert_node_refused("trust.certificate-wrong-centre", forge({"names": part}))


def test_wrong_status() -> None:
    """An exercise node's certificate does not open an actual line."""
    actual = x509.SubjectAlternativeName([x509.DNSName(tls_name(Status.ACTUAL, "iaf"))])
    assert_node_refused("trust.certificate-wrong-status", forge({"names": actual}))
    other = centre("iaf", Status.ACTUAL)
    assert_node_refused("trust.certificate-wrong-status", other.node_der, other.ca_der)


def test_another_enrolled_centre_cannot_vouch() -> None:
    """The authority of one peer does not vouch for another, whatever it signs."""
    hmeimim = centre("hmeimim")
    posing = build_node_certificate(
        "iaf", EXERCISE, IAF.node_key.public_key(), hmeimim.ca_der, hmeimim.ca_key, NOW_US, 30
    )
    assert_node_refused("trust.certificate-wrong-issuer", posing)
    assert_node_refused("trust.certificate-wrong-centre", posing, hmeimim.ca_der)


def test_wrong_issuer() -> None:
    """A certificate by an authority of the same name and another key is refused."""
    twin_key = make_tls_key(bytes(48))
    twin = build_ca("iaf", EXERCISE, twin_key, NOW_US, 30)
    posing = build_node_certificate(
        "iaf", EXERCISE, IAF.node_key.public_key(), twin, twin_key, NOW_US, 30
    )
    assert_node_refused("trust.certificate-wrong-issuer", posing)


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({"constraints": x509.BasicConstraints(ca=True, path_length=None)}, "purpose"),
        ({"constraints": x509.BasicConstraints(ca=True, path_length=1)}, "purpose"),
        ({"constraints": x509.BasicConstraints(ca=False, path_length=None)}, "purpose"),
        ({"usage": usage(digital_signature=True)}, "purpose"),
        ({"names": None}, "centre"),
        ({"names": x509.NameConstraints(None, [x509.DNSName("example.org")])}, "centre"),
        ({"names": x509.NameConstraints([x509.DNSName("hotline.internal")], None)}, "centre"),
        ({"names": x509.NameConstraints([x509.DNSName(NAME), ANYWHERE], None)}, "purpose"),
    ],
)
def test_wrong_authority(parts: dict[str, x509.ExtensionType | None], code: str) -> None:
    """An authority that could vouch for more than one centre's nodes is refused."""
    der = forge(parts, own=True)
    assert_refused(f"trust.certificate-wrong-{code}", lambda: check_ca(der, "iaf", EXERCISE))


@pytest.mark.parametrize("name", ["hmeimim exercise hotline CA", "IAF  exercise hotline CA"])
def test_authority_under_the_name_of_another(name: str) -> None:
    """OpenSSL finds an issuer by name: one peer's authority must not stand before another's."""
    named = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    der = forge({}, own=True, name=named)
    assert_refused("trust.certificate-wrong-centre", lambda: check_ca(der, "iaf", EXERCISE))


def test_malformed_certificates() -> None:
    """What is not a certificate, or has parts that go unchecked, is refused."""
    ip_name = x509.SubjectAlternativeName([x509.DNSName(NAME), x509.RFC822Name("a@example.org")])
    other_curve = ec.derive_private_key(5, ec.SECP384R1()).public_key()
    for der in (
        b"",
        IAF.node_der[:-1],
        IAF.node_der + b"\0",
        forge({"names": ip_name}),
        forge({"constraints": None}),
        forge({"usage": None}),
        forge({}, public=other_curve),
        ed25519_certificate(),
    ):
        assert_node_refused("trust.malformed-certificate", der)


def ed25519_certificate() -> bytes:
    """Return a certificate of a kind that hotline does not make."""
    private = Ed25519PrivateKey.from_private_bytes(bytes(32))
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "iaf")])
    start = datetime(2026, 1, 1, tzinfo=UTC)
    return (
        x509.CertificateBuilder(name, name, private.public_key(), 1, start, start)
        .sign(private, None)
        .public_bytes(Encoding.DER)
    )


@settings(max_examples=150)
@given(st.sampled_from([IAF.node_der, IAF.ca_der]), st.integers(0, 10_000), st.integers(1, 255))
def test_any_change_is_refused(original: bytes, place: int, change: int) -> None:
    """A certificate with a byte changed raises a trust error, nothing else.

    Outside what is signed, a changed byte may spell the same signature in another way.
    """
    der = bytearray(original)
    der[place % len(der)] ^= change
    signed = x509.load_der_x509_certificate(original).tbs_certificate_bytes
    try:
        if original is IAF.ca_der:
            check_ca(bytes(der), "iaf", EXERCISE)
        else:
            check_node_certificate(bytes(der), IAF.ca_der, "iaf", EXERCISE, NOW_US)
    except TrustError:
        return
    assert signed in der


@pytest.mark.parametrize("days", [0, -1, MAX_DAYS + 1])
def test_validity_out_of_range(days: int) -> None:
    """Keys are made for a day at least and ten years at most."""
    with pytest.raises(KeysError) as caught:
        build_ca("iaf", EXERCISE, IAF.ca_key, NOW_US, days)
    assert caught.value.code == "keys.bad-validity"


def test_entropy_of_another_length() -> None:
    """A TLS key is made of exactly 48 bytes."""
    with pytest.raises(KeysError) as caught:
        make_tls_key(bytes(47))
    assert caught.value.code == "keys.bad-entropy"


# The same through OpenSSL: a real TLS 1.3 handshake in memory


def context(protocol: int, own: Centre, peer_ca: bytes, folder: Path) -> ssl.SSLContext:
    """Return the context of one end, which asks the other for a certificate."""
    chain, secret = folder / f"{own.centre}.crt", folder / f"{own.centre}.key"
    chain.write_text(ssl.DER_cert_to_PEM_cert(own.node_der))
    secret.write_bytes(
        own.node_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    made = ssl.SSLContext(protocol)
    made.minimum_version = ssl.TLSVersion.TLSv1_3
    made.load_cert_chain(chain, secret)
    made.load_verify_locations(cadata=peer_ca)
    made.verify_mode = ssl.CERT_REQUIRED
    return made


def shake_hands(
    server: ssl.SSLContext, client: ssl.SSLContext, name: str
) -> tuple[ssl.SSLObject, ssl.SSLObject]:
    """Run a handshake in memory and return both ends; raises what OpenSSL raises."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = (
        client.wrap_bio(to_client, to_server, server_hostname=name),
        server.wrap_bio(to_server, to_client, server_side=True),
    )
    for _ in range(4):
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
    ends[0].write(b"over")
    assert ends[1].read() == b"over"
    return ends


def now_centre(name: str, days: int = 30) -> Centre:
    """Return a centre whose keys are valid now: OpenSSL looks at the machine's clock."""
    return centre(name, now_us=int(datetime.now(UTC).timestamp()) * 1_000_000, days=days)


def test_handshake(tmp_path: Path) -> None:
    """OpenSSL accepts both certificates in a mutual handshake, and both pass our check then."""
    iaf, hmeimim = now_centre("iaf"), now_centre("hmeimim")
    server = context(ssl.PROTOCOL_TLS_SERVER, iaf, hmeimim.ca_der, tmp_path)
    client = context(ssl.PROTOCOL_TLS_CLIENT, hmeimim, iaf.ca_der, tmp_path)
    dialling, listening = shake_hands(server, client, tls_name(EXERCISE, "iaf"))
    assert dialling.version() == listening.version() == "TLSv1.3"
    now_us = int(datetime.now(UTC).timestamp()) * 1_000_000
    for end, peer in ((dialling, iaf), (listening, hmeimim)):
        shown = end.getpeercert(binary_form=True)
        assert shown == peer.node_der
        check_node_certificate(shown, peer.ca_der, peer.centre, EXERCISE, now_us)


def test_name_constraint_in_a_handshake(tmp_path: Path) -> None:
    """OpenSSL itself refuses a certificate in which one peer's authority names another centre."""
    iaf, hmeimim = now_centre("iaf"), now_centre("hmeimim")
    posing_der = build_node_certificate(
        "iaf",
        EXERCISE,
        iaf.node_key.public_key(),
        hmeimim.ca_der,
        hmeimim.ca_key,
        validity(iaf.node_der).not_before_us + CLOCK_SLACK_US,
        10,
    )
    posing = Centre(**(vars(iaf) | {"node_der": posing_der}))
    server = context(ssl.PROTOCOL_TLS_SERVER, posing, hmeimim.ca_der, tmp_path)
    client = context(ssl.PROTOCOL_TLS_CLIENT, hmeimim, hmeimim.ca_der, tmp_path)
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree violation"):
        shake_hands(server, client, tls_name(EXERCISE, "iaf"))


def test_other_authority_in_a_handshake(tmp_path: Path) -> None:
    """OpenSSL refuses a server whose authority is not the pinned one."""
    iaf, hmeimim = now_centre("iaf"), now_centre("hmeimim")
    server = context(ssl.PROTOCOL_TLS_SERVER, iaf, hmeimim.ca_der, tmp_path)
    client = context(ssl.PROTOCOL_TLS_CLIENT, hmeimim, hmeimim.ca_der, tmp_path)
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(server, client, tls_name(EXERCISE, "iaf"))


@pytest.mark.parametrize(
    ("address", "near"),
    [
        ("127.0.0.1", True),
        ("10.0.0.5", True),
        ("172.31.0.1", True),
        ("fd00::5", True),
        ("::1", True),
        ("8.8.8.8", False),
        ("172.32.0.1", False),
        ("2001:db8::1", False),
    ],
)
def test_the_authority_vouches_for_near_addresses_only(address: str, near: bool) -> None:
    """A browser that trusts it for the console trusts it for no other site."""
    assert is_near(address) == near
    networks = x509.load_der_x509_certificate(IAF.ca_der).extensions
    permitted = networks.get_extension_for_class(x509.NameConstraints).value.permitted_subtrees
    held = [one.value for one in permitted or () if isinstance(one, x509.IPAddress)]
    assert any(ip_address(address) in network for network in held) == near
