from __future__ import annotations

import json
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, fromstring

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from hotline.cli.airspace.areas import Areas
from hotline.model.kinds import Status
from hotline.model.times import parse_time
from tests.cli.command import PATIENCE_S, Node, Pair
from tests.cli.samples import view
from tests.cli.test_airspace_convert import NOTICE

pytest.importorskip("pytak")


@dataclass
class TakDouble:
    """Takes events as a TAK server does: one after the other, on as many connections as come."""

    context: ssl.SSLContext | None = None
    received: bytes = b""
    connections: list[socket.socket] = field(default_factory=list)
    _news: threading.Condition = field(default_factory=threading.Condition)

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._take, args=(connection,), daemon=True).start()

    def _take(self, connection: socket.socket) -> None:
        with suppress(OSError):
            if self.context is not None:
                connection = self.context.wrap_socket(connection, server_side=True)
            self.connections.append(connection)
            while data := connection.recv(65_536):
                with self._news:
                    self.received += data
                    self._news.notify_all()
            connection.close()

    def events(self) -> list[Element]:
        """Return the whole events that came so far."""
        parts = self.received.split(b"</event>")[:-1]
        return [fromstring(part + b"</event>") for part in parts]

    def wait_for(self, type_: str, about: str) -> Element:
        """Return the first event of a type whose text names a reference."""

        def found() -> Element | None:
            for event in self.events():
                link = event.find("detail/link")
                uid = event.get("uid") if link is None else link.get("uid")
                if event.get("type") == type_ and f".{about}." in str(uid):
                    return event
            return None

        end = time.monotonic() + PATIENCE_S
        with self._news:
            while (event := found()) is None:
                assert self._news.wait(end - time.monotonic()), f"no {type_} about {about}"
        return event

    def drop(self) -> None:
        """Close every connection, and forget what was said on them."""
        with self._news:
            self.received = b""
        for connection in self.connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
        self.connections.clear()

    def close(self) -> None:
        """Take no more connections."""
        self._listener.close()
        self.drop()


@pytest.fixture
def server() -> Iterator[TakDouble]:
    """Run a server without TLS."""
    double = TakDouble()
    yield double
    double.close()


@contextmanager
def bridging(node: Node, *words: str | Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a node's bridge as the process that it is."""
    command: list[str | Path] = [sys.executable, "-m", "hotline", "--config", node.site.config]
    process = subprocess.Popen([*command, "airspace", "bridge", *words], stderr=subprocess.PIPE)
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE_S)


def notice(reference: str, **changes: Any) -> dict[str, Any]:
    """Return a notice for the next hours."""
    start = datetime.now(UTC).replace(microsecond=0)
    (volume,) = NOTICE["volumes"]
    times = {"time_start": start + timedelta(hours=1), "time_end": start + timedelta(hours=2)}
    moved = volume | {name: moment.isoformat() for name, moment in times.items()}
    return NOTICE | {"reference": reference, "volumes": [moved]} | changes


def send(node: Node, tmp_path: Path, message: dict[str, Any]) -> None:
    """Have a node send a message."""
    path = tmp_path / f"{message['reference']}-{message['kind']}.json"
    path.write_text(json.dumps(message), "utf-8")
    node.hotline("send", path, "--officer", "Dana")


@pytest.mark.pair
def test_areas_come_change_and_go_with_their_notices(
    pair: Pair, server: TakDouble, tmp_path: Path
) -> None:
    """Own and received; a revision replaces, a withdrawal removes; a lost connection comes back."""
    send(pair.iaf, tmp_path, notice("IAF-0910"))
    send(pair.hmeimim, tmp_path, notice("HM-0911"))
    with bridging(pair.iaf, "--to", f"tcp://127.0.0.1:{server.port}"):
        own = server.wait_for("a-u-A", "IAF-0910")
        peers = server.wait_for("a-u-A", "HM-0911")
        assert own.get("uid") == "hotline.iaf.IAF-0910.1"
        assert peers.get("uid") == "hotline.hmeimim.HM-0911.1"
        assert own.get("opex") == "e"
        assert parse_time(str(own.get("stale"))) > parse_time(str(own.get("start")))
        server.drop()
        server.wait_for("a-u-A", "IAF-0910")
        server.drop()
        server.wait_for("a-u-A", "HM-0911")
        with server._news:
            server.received = b""
        revision = notice("HM-0911", kind="revision", number=1, title="Moved", reason="Weather")
        send(pair.hmeimim, tmp_path, revision)
        revised = server.wait_for("a-u-A", "HM-0911")
        assert "Moved" in str(revised.findtext("detail/remarks"))
        send(pair.iaf, tmp_path, {"kind": "withdrawal", "reference": "IAF-0910", "reason": "Off"})
        removal = server.wait_for("t-x-d-d", "IAF-0910")
        assert removal.find("detail/__forcedelete") is not None


@pytest.mark.pair
def test_a_node_may_go_and_come_back(pair: Pair, server: TakDouble, tmp_path: Path) -> None:
    """The bridge says that the node is away, and goes on when it is there again."""
    send(pair.iaf, tmp_path, notice("IAF-0915"))
    with bridging(pair.iaf, "--to", f"tcp://127.0.0.1:{server.port}") as process:
        server.wait_for("a-u-A", "IAF-0915")
        pair.iaf.stop()
        assert process.stderr is not None
        said = b""
        while b"[bridge.no-node]" not in said:
            said = process.stderr.readline()
            assert said, "the bridge ended with its node"
        pair.iaf.start()
        pair.iaf.wait_for_line(up=True)
        send(pair.iaf, tmp_path, notice("IAF-0916"))
        server.wait_for("a-u-A", "IAF-0916")


@pytest.mark.pair
def test_once_sends_what_stands_and_ends(pair: Pair, server: TakDouble, tmp_path: Path) -> None:
    """For a script: it ends when all is sent."""
    send(pair.iaf, tmp_path, notice("IAF-0912"))
    url = f"tcp://127.0.0.1:{server.port}"
    result = pair.iaf.hotline("airspace", "bridge", "--to", url, "--once")
    assert f"sent to {url}" in result.stderr
    server.wait_for("a-u-A", "IAF-0912")


@pytest.mark.pair
def test_udp_needs_no_server(pair: Pair, tmp_path: Path) -> None:
    """Each event is a datagram of its own."""
    send(pair.iaf, tmp_path, notice("IAF-0913"))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(PATIENCE_S)
        port = receiver.getsockname()[1]
        pair.iaf.hotline("airspace", "bridge", "--to", f"udp://127.0.0.1:{port}", "--once")
        assert fromstring(receiver.recv(65_536)).tag == "event"


@dataclass(frozen=True)
class Proofs:
    """An authority with a server's and a client's certificate."""

    directory: Path

    def __post_init__(self) -> None:
        ca_key, ca_name = ec.generate_private_key(ec.SECP256R1()), _name("authority")
        self._write("ca", _certificate(ca_name, ca_key, ca_name, ca_key, ca=True), ca_key)
        for who in ("server", "client"):
            key = ec.generate_private_key(ec.SECP256R1())
            self._write(who, _certificate(_name(who), key, ca_name, ca_key, ca=False), key)

    def _write(self, who: str, found: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
        self.certificate(who).write_bytes(found.public_bytes(serialization.Encoding.PEM))
        self.key(who).write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )

    def certificate(self, who: str) -> Path:
        """Return the file with somebody's certificate."""
        return self.directory / f"{who}.pem"

    def key(self, who: str) -> Path:
        """Return the file with somebody's private key."""
        return self.directory / f"{who}.key"


def _name(who: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, who)])


def _certificate(
    name: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer: x509.Name,
    issuer_key: ec.EllipticCurvePrivateKey,
    *,
    ca: bool,
) -> x509.Certificate:
    now = datetime.now(UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(address, critical=False)
        .sign(issuer_key, hashes.SHA256())
    )


@pytest.mark.pair
@pytest.mark.filterwarnings("ignore:ssl.OP_NO_:DeprecationWarning")  # pytak's own
def test_tls_proves_both_sides_to_each_other(pair: Pair, tmp_path: Path) -> None:
    """With the right authority events arrive; with another one the server is not believed."""
    right, wrong = Proofs(_made(tmp_path / "50%")), Proofs(_made(tmp_path / "wrong"))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=right.certificate("ca"))
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(right.certificate("server"), right.key("server"))
    server = TakDouble(context)
    send(pair.iaf, tmp_path, notice("IAF-0914"))
    url = f"tls://127.0.0.1:{server.port}"
    mine = ("--tls-cert", right.certificate("client"), "--tls-key", right.key("client"))
    words = ("airspace", "bridge", "--once", "--to", url, *mine, "--tls-ca")
    pair.iaf.hotline(*words, right.certificate("ca"))
    server.wait_for("a-u-A", "IAF-0914")
    pair.iaf.fails("bridge.tls-refused", *words, wrong.certificate("ca"), exit_code=2)
    server.close()


def _made(directory: Path) -> Path:
    directory.mkdir()
    return directory


@pytest.mark.pair
@pytest.mark.parametrize(
    ("words", "code", "exit_code"),
    [
        (("--to", "http://a:1"), "bridge.bad-address", 2),
        (("--to", "tcp://a"), "bridge.bad-address", 2),
        (("--to", "tcp://a:99999"), "bridge.bad-address", 2),
        (("--to", "tls://a:1"), "bridge.no-certificate", 2),
        (
            ("--to", "tls://a:1", "--tls-cert", "no", "--tls-key", "no", "--tls-ca", "no"),
            "bridge.no-certificate",
            2,
        ),
        (("--to", "tcp://127.0.0.1:1", "--once"), "bridge.no-server", 1),
    ],
)
def test_what_is_wrong_is_named(
    pair: Pair, words: tuple[str, ...], code: str, exit_code: int
) -> None:
    """Addresses, certificates, a server that is not there."""
    pair.iaf.fails(code, "airspace", "bridge", *words, exit_code=exit_code)


@pytest.mark.pair
def test_without_pytak_the_mend_is_said(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra is optional, and named."""
    monkeypatch.setitem(sys.modules, "pytak", None)
    said = pair.iaf.fails("bridge.no-pytak", "airspace", "bridge", "--to", "tcp://a:1", exit_code=2)
    assert "`.venv/bin/pip install '.[tak]'`" in said


NOW_US = parse_time("2026-03-01T10:00:00Z")


def shown(**changes: Any) -> Any:
    """Return a planned notice as the API shows it."""
    message = {name: value for name, value in NOTICE.items() if name != "kind"}
    return view(**({"message": message, "reference": "IAF-0900"} | changes))


def areas() -> tuple[Areas, list[str]]:
    """Return no areas yet, and what will be complained of."""
    said: list[str] = []
    return Areas("hmeimim", Status.EXERCISE, {}, said.append), said


def test_what_is_shown_already_is_not_said_again() -> None:
    """Only changes go out; everything does when it is asked for."""
    maps, _ = areas()
    assert len(maps.update([shown()], NOW_US)) == 1
    assert maps.update([shown()], NOW_US) == []
    assert len(maps.everything(NOW_US)) == 1


@pytest.mark.parametrize("life", ["ended", "withdrawn", "expired"])
def test_what_has_ended_is_removed_and_stays_so(life: str) -> None:
    """A server that was away is told of the removal when it comes back."""
    maps, _ = areas()
    maps.update([shown()], NOW_US)
    (removal,) = maps.update([shown(life=life)], NOW_US)
    assert fromstring(removal).get("type") == "t-x-d-d"
    assert maps.update([shown(life=life)], NOW_US) == []
    assert [fromstring(event).get("type") for event in maps.everything(NOW_US)] == ["t-x-d-d"]


def test_a_plan_that_is_over_is_not_sent() -> None:
    """Its area is taken off when its time has passed, and is not sent again."""
    maps, _ = areas()
    late = parse_time("2026-03-02T10:00:00Z")
    maps.update([shown()], NOW_US)
    (removal,) = maps.update([shown()], late)
    assert fromstring(removal).get("type") == "t-x-d-d"
    assert maps.update([shown()], late) == []


@pytest.mark.parametrize("life", ["activated", "nonconforming", "contingent"])
def test_what_flies_stays_until_it_is_ended(life: str) -> None:
    """An aircraft that overruns stays on the maps, is sent to new ones, and goes when it ends."""
    maps, _ = areas()
    late = parse_time("2026-03-02T10:00:00Z")
    maps.update([shown()], NOW_US)
    (begun,) = (fromstring(event) for event in maps.update([shown(life=life)], NOW_US))
    assert begun.get("type") == "a-u-A"
    assert parse_time(str(begun.get("stale"))) > parse_time("2026-03-02T09:00:00Z")
    assert f"{life}: shown until its end is said" in str(begun.findtext("detail/remarks"))
    assert maps.update([shown(life=life)], late) == []
    (again,) = (fromstring(event) for event in maps.everything(late))
    assert parse_time(str(again.get("stale"))) > late
    (removal,) = maps.update([shown(life="ended")], late)
    assert fromstring(removal).get("type") == "t-x-d-d"


def test_once_sends_what_overruns() -> None:
    """Somebody who begins to feed a server after the announced end shows it all the same."""
    maps, _ = areas()
    (event,) = maps.update([shown(life="activated")], parse_time("2026-03-02T10:00:00Z"))
    assert fromstring(event).get("type") == "a-u-A"


def test_the_newest_revision_counts() -> None:
    """The API lists the newest first; another peer's notice of one reference is another."""
    maps, _ = areas()
    views = [
        shown(id="cd" * 32, direction="out"),
        shown(id="ef" * 32, title="Later"),
        shown(),
    ]
    assert len(maps.update(views, NOW_US)) == 2
    assert maps.update(views[:2], NOW_US) == []


def test_what_cannot_be_drawn_is_complained_of_once() -> None:
    """The officer of the map learns that something is missing there."""
    maps, said = areas()
    (volume,) = NOTICE["volumes"]
    bad = volume | {"outline_circle": {"center": {"lat": 99.0, "lng": 0.0}, "radius_m": 5.0}}
    half = shown(message={"reference": "IAF-0900", "volumes": [bad, volume]})
    none = shown(id="cd" * 32, reference="IAF-0901", message=None)
    for _ in range(2):
        assert len(maps.update([half, none], NOW_US)) in (0, 1)
    assert len(said) == 2
    assert said[0].startswith("IAF-0900 of iaf: volumes[0]: lost")
    assert "formats.unreadable-message" in said[1]
