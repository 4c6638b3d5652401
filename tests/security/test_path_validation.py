"""Certificates that only just do not fit: a node's port refuses each, before a frame of ours.

The cases are those of published path validation suites that can arise here: one authority for each
peer, pinned; node certificates issued by it directly. Each is shown to a real node in a handshake.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from hotline.model.kinds import Status
from hotline.trust.names import tls_name
from tests.node.hub import Hub, open_hub
from tests.security.scanning import look
from tests.security.test_tls import REQUEST, Parsed, keys_of

NAME: Final = tls_name(Status.EXERCISE, "mallory")
BOTH: Final = (ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH)
DAY: Final = timedelta(days=1)


@dataclass(frozen=True)
class Plan:
    """A certificate to be made; as it stands it is a good one, but for who signs it."""

    names: tuple[str, ...] = (NAME,)
    purposes: tuple[ObjectIdentifier, ...] = BOTH
    authority: bool = False
    signs: bool = True
    begins: timedelta = -DAY
    ends: timedelta = 30 * DAY
    more: tuple[tuple[x509.ExtensionType, bool], ...] = ()
    left_out: tuple[type[x509.ExtensionType], ...] = ()
    subject: str = NAME
    key: Any = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def issued(self, issuer: x509.Name, issuer_key: Any) -> x509.Certificate:
        """Return the certificate, signed by ``issuer_key`` under the name of ``issuer``."""
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(_name(self.subject))
            .issuer_name(issuer)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + self.begins)
            .not_valid_after(now + self.ends)
        )
        names = [x509.DNSName(name) for name in self.names]
        extensions: list[tuple[x509.ExtensionType, bool]] = [
            (x509.BasicConstraints(ca=self.authority, path_length=None), True),
            (_usage(signs=self.signs, certificates=self.authority), True),
            (x509.ExtendedKeyUsage(self.purposes), True),
            (x509.SubjectAlternativeName(names), False),
            (x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()), False),
            (x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), False),
            *self.more,
        ]
        for extension, critical in extensions:
            if not isinstance(extension, self.left_out):
                builder = builder.add_extension(extension, critical)
        hashed = None if isinstance(issuer_key, ed25519.Ed25519PrivateKey) else SHA256()
        return builder.sign(issuer_key, hashed)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _usage(*, signs: bool, certificates: bool) -> x509.KeyUsage:
    rest = dict.fromkeys(
        ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement"), False
    )
    return x509.KeyUsage(
        digital_signature=signs,
        key_cert_sign=certificates,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
        **rest,
    )


@dataclass(frozen=True)
class Authority:
    """The enrolled authority of the hostile centre, and its node's own certificate."""

    certificate: x509.Certificate
    key: Any
    node: x509.Certificate
    node_key: Any

    def sign(self, plan: Plan) -> tuple[x509.Certificate, ...]:
        """Return the plan's certificate as the authority issues it."""
        return (plan.issued(self.certificate.subject, self.key),)


Show = Callable[[Authority, Plan], tuple[x509.Certificate, ...]]
Bend = dict[str, Any]


def directly(authority: Authority, plan: Plan) -> tuple[x509.Certificate, ...]:
    """Show it as the enrolled authority issues it."""
    return authority.sign(plan)


def by_itself(authority: Authority, plan: Plan) -> tuple[x509.Certificate, ...]:
    """Show it signed by its own key, under the enrolled authority's name."""
    subject = authority.certificate.subject
    return (plan.issued(subject, plan.key),)


def by_a_namesake(authority: Authority, plan: Plan) -> tuple[x509.Certificate, ...]:
    """Show it issued by another authority of the same name, which is sent along."""
    other = Plan(authority=True, names=(), key=ec.generate_private_key(ec.SECP256R1()))
    name = authority.certificate.subject.rfc4514_string().removeprefix("CN=")
    root = replace(other, subject=name).issued(authority.certificate.subject, other.key)
    return plan.issued(authority.certificate.subject, other.key), root


def by_a_node(authority: Authority, plan: Plan) -> tuple[x509.Certificate, ...]:
    """Show it issued by the node's own certificate, which is no authority."""
    return plan.issued(authority.node.subject, authority.node_key), authority.node


def by_one_between(authority: Authority, plan: Plan) -> tuple[x509.Certificate, ...]:
    """Show it issued by an authority below the enrolled one, whose path length is 0."""
    between = Plan(authority=True, names=(), subject="between")
    (middle,) = authority.sign(between)
    return plan.issued(middle.subject, between.key), middle


UNKNOWN: Final = x509.UnrecognizedExtension(ObjectIdentifier("1.3.6.1.4.1.55555.1"), b"\x05\x00")
CASES: Final[dict[str, tuple[Show, Bend]]] = {
    "expired": (directly, {"begins": -30 * DAY, "ends": -DAY}),
    "not yet valid": (directly, {"begins": DAY}),
    "for servers only": (directly, {"purposes": (ExtendedKeyUsageOID.SERVER_AUTH,)}),
    "for signing code": (directly, {"purposes": (ExtendedKeyUsageOID.CODE_SIGNING,)}),
    "not for signing": (directly, {"signs": False}),
    "an unknown critical extension": (directly, {"more": ((UNKNOWN, True),)}),
    "the name of another centre": (
        directly,
        {"names": (tls_name(Status.EXERCISE, "iaf"),), "subject": "x"},
    ),
    "another centre beside its own": (
        directly,
        {"names": (NAME, tls_name(Status.EXERCISE, "iaf"))},
    ),
    "signed by itself": (by_itself, {}),
    "an authority's namesake": (by_a_namesake, {}),
    "issued by a node": (by_a_node, {}),
    "a path that is too long": (by_one_between, {}),
}
"""Refused by TLS itself."""
LATER: Final[dict[str, tuple[Show, Bend]]] = {
    "for clients only": (directly, {"purposes": (ExtendedKeyUsageOID.CLIENT_AUTH,)}),
    "an authority itself": (directly, {"authority": True}),
    "two names of its own": (directly, {"names": (NAME, f"a.{NAME}")}),
    "a wildcard": (directly, {"names": (f"*.{NAME}",), "subject": "x"}),
    "no name": (directly, {"left_out": (x509.SubjectAlternativeName,), "subject": "x"}),
    "another status": (directly, {"names": (tls_name(Status.TEST, "mallory"),), "subject": "x"}),
    "no purpose": (directly, {"left_out": (x509.ExtendedKeyUsage,)}),
}
"""Those that TLS takes, or may take, since an enrolled authority vouches for them."""


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Hub]:
    """Run a node with an honest peer, whose line must come out unharmed, and a hostile one."""
    async with open_hub(tmp_path) as opened:
        yield opened
        await opened.unharmed()


@pytest.fixture
def authority(hub: Hub, tmp_path: Path) -> Authority:
    """Return the hostile centre's own authority, which is enrolled."""
    del hub
    keys = keys_of("mallory", tmp_path)

    def certificate(name: str) -> x509.Certificate:
        return x509.load_pem_x509_certificate((keys / name).read_bytes())

    def key(name: str) -> Any:
        return load_pem_private_key((keys / name).read_bytes(), None)

    return Authority(certificate("ca.crt"), key("ca.key"), certificate("node.crt"), key("node.key"))


async def show(hub: Hub, directory: Path, chain: tuple[x509.Certificate, ...], key: Any) -> str:
    """Show a chain to the node, ask for the line's WebSocket, and return what comes back."""
    first, *others = (one.public_bytes(Encoding.PEM) for one in chain)
    certificate, private, along = (directory / name for name in ("c.pem", "k.pem", "along.pem"))
    certificate.write_bytes(first)
    along.write_bytes(b"".join(others))
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    options = ("-cert_chain", str(along)) if others else ()
    shown = (certificate, private)
    return (await look(hub.centre.port, "-quiet", *options, certificate=shown, said=REQUEST)).said


async def test_certificates_that_tls_refuses(
    hub: Hub, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever an enrolled authority did not issue, or not properly, is cut before HTTP."""
    parsed = Parsed(monkeypatch)
    for what, (how, bend) in CASES.items():
        plan = Plan(**bend)
        answer = await show(hub, tmp_path, how(authority, plan), plan.key)
        assert "HTTP/1.1" not in answer, what
        assert parsed.bytes == 0, what
    assert not hub.centre.lines["mallory"].up


async def test_certificates_that_are_refused_afterwards(
    hub: Hub, authority: Authority, tmp_path: Path
) -> None:
    """What TLS takes of an enrolled authority gets no WebSocket either, so no frame is read."""
    for what, (how, bend) in LATER.items():
        plan = Plan(**bend)
        answer = await show(hub, tmp_path, how(authority, plan), plan.key)
        assert "101 Switching" not in answer, what
        assert "HTTP/1.1 403" in answer or "HTTP/1.1" not in answer, what
    assert not hub.centre.lines["mallory"].up


async def test_a_good_certificate_made_the_same_way_is_taken(
    hub: Hub, authority: Authority, tmp_path: Path
) -> None:
    """The plan that the cases bend is taken as it is: it is their one fault that is refused."""
    plan = Plan()
    answer = await show(hub, tmp_path, authority.sign(plan), plan.key)
    assert "HTTP/1.1" in answer
    assert "403" not in answer
