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
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any, cast
from xml.etree.ElementTree import Element, fromstring

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from hotline.api.airspace_shapes import AirspaceView
from hotline.api.client import Client
from hotline.api.schema import MessageView, Thread
from hotline.cli.airspace.areas import Areas
from hotline.cli.airspace.standing import Standing, Stands
from hotline.model.kinds import Status
from hotline.model.times import parse_time
from hotline.model.volume import Volume4D
from tests.cli.command import PATIENCE_S, Node, Pair
from tests.cli.samples import activity, seen, view
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
def test_an_aircraft_out_of_control_is_drawn_where_it_is(
    pair: Pair, server: TakDouble, tmp_path: Path
) -> None:
    """Beside what was announced, on the maps of the other centre."""
    announced = notice("IAF-0917")
    send(pair.iaf, tmp_path, announced)
    with bridging(pair.hmeimim, "--to", f"tcp://127.0.0.1:{server.port}"):
        server.wait_for("a-u-A", "IAF-0917")
        volumes = announced["volumes"]
        said = {"reason": "Radio lost", "at": "+0s", "volumes": volumes}
        send(pair.iaf, tmp_path, {"kind": "contingency", "reference": "IAF-0917"} | said)
        outside = server.wait_for("a-u-A", "IAF-0917.outside")
        assert "contingent: shown until its end is said" in str(outside.findtext("detail/remarks"))
        send(pair.iaf, tmp_path, {"kind": "end", "reference": "IAF-0917", "at": "+0s"})
        server.wait_for("t-x-d-d", "IAF-0917.outside")


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


NOW = "2026-03-01T10:00:00Z"
NOW_US = parse_time(NOW)


def shown(state: str = "planned", **changes: Any) -> Stands:
    """Return a notice as it stands at the node."""
    message = {name: value for name, value in NOTICE.items() if name != "kind"}
    found = view(**({"message": message, "reference": "IAF-0900"} | changes))
    return Stands(found, state, found.reference or "")


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


def test_what_stands_no_more_is_removed_and_stays_so() -> None:
    """A server that was away is told of the removal when it comes back."""
    maps, _ = areas()
    maps.update([shown()], NOW_US)
    (removal,) = maps.update([], NOW_US)
    assert fromstring(removal).get("type") == "t-x-d-d"
    assert maps.update([], NOW_US) == []
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
    (begun,) = (fromstring(event) for event in maps.update([shown(life)], NOW_US))
    assert begun.get("type") == "a-u-A"
    assert parse_time(str(begun.get("stale"))) > parse_time("2026-03-02T09:00:00Z")
    assert f"{life}: shown until its end is said" in str(begun.findtext("detail/remarks"))
    assert maps.update([shown(life)], late) == []
    (again,) = (fromstring(event) for event in maps.everything(late))
    assert parse_time(str(again.get("stale"))) > late
    (removal,) = maps.update([], late)
    assert fromstring(removal).get("type") == "t-x-d-d"


def test_once_sends_what_overruns() -> None:
    """Somebody who begins to feed a server after the announced end shows it all the same."""
    maps, _ = areas()
    (event,) = maps.update([shown("activated")], parse_time("2026-03-02T10:00:00Z"))
    assert fromstring(event).get("type") == "a-u-A"


def test_a_revision_takes_the_place_of_what_it_revises() -> None:
    """Another centre's notice of one reference is another, and so is one that stands beside."""
    maps, _ = areas()
    own, theirs = shown(id="cd" * 32, direction="out"), shown()
    beside = replace(shown(id="01" * 32), name="IAF-0900 (01010101)", alone=True)
    assert len(maps.update([own, theirs, beside], NOW_US)) == 3
    (revised,) = maps.update([own, shown(id="ef" * 32), beside], NOW_US)
    assert fromstring(revised).get("uid") == "hotline.iaf.IAF-0900.1"
    assert maps.update([own, shown(id="ef" * 32), beside], NOW_US) == []


def test_where_it_is_outside_of_its_volumes_is_drawn() -> None:
    """From now on, marked as such, until it is back; each place takes that of the one before."""
    maps, said = areas()
    (announced,) = NOTICE["volumes"]
    outside = msgspec.convert(announced, Volume4D)
    adrift = shown("nonconforming")
    maps.update([adrift], NOW_US)
    told = replace(adrift, outside=(outside,))
    events = {event.get("uid"): event for event in map(fromstring, maps.update([told], NOW_US))}
    assert events.keys() == {"hotline.iaf.IAF-0900.1", "hotline.iaf.IAF-0900.outside.1"}
    event = events["hotline.iaf.IAF-0900.outside.1"]
    assert parse_time(str(event.get("start"))) <= NOW_US
    assert str(event.find("detail/contact").get("callsign")).endswith(" OUTSIDE")  # type: ignore[union-attr]
    assert "OUTSIDE OF WHAT WAS ANNOUNCED" in str(event.findtext("detail/remarks"))
    moved = msgspec.structs.replace(outside, altitude_upper=None)
    assert len(maps.update([replace(told, outside=(moved,))], NOW_US)) == 2
    (removal,) = (
        fromstring(event)
        for event in maps.update([shown("activated")], NOW_US)
        if b"t-x-d-d" in event
    )
    link = removal.find("detail/link")
    assert link is not None
    assert link.get("uid") == "hotline.iaf.IAF-0900.outside.1"
    assert said == []


def test_what_belongs_to_no_notice_is_drawn_where_it_says() -> None:
    """A contingency of a notice that nobody knows says where something flies all the same."""
    maps, said = areas()
    message = {"reference": "IAF-0900", "at": NOW, "reason": "", "volumes": NOTICE["volumes"]}
    alone = shown("planned", kind="contingency", message=message)
    assert maps.update([alone], NOW_US) == []
    assert len(said) == 1
    (event,) = maps.update([replace(alone, alone=True)], NOW_US)
    assert fromstring(event).get("uid") == "hotline.iaf.IAF-0900.outside.1"


class Picture:
    """Stands for a node that holds these activities, and has these messages."""

    def __init__(self) -> None:
        self.found = seen()
        self.lives: dict[str, str] = {}
        self.said: list[MessageView] = []
        self.asked: list[str] = []

    async def airspace(self, *, line: str, limit: int) -> AirspaceView:
        """Return the picture of a line."""
        assert (line, limit) == ("iaf", 1000)
        return self.found

    async def message(self, id_: str) -> Thread:
        """Return a message."""
        self.asked.append(id_)
        found = shown(id=id_, life=self.lives.get(id_, "planned")).view
        return Thread(message=found, thread=[found, *self.said])

    async def look(self, standing: Standing) -> list[Stands]:
        """Return what a look at this node finds."""
        return await standing.look(cast("Client", self))


async def test_all_that_stands_is_found_however_old_its_words_are() -> None:
    """A notice's message is asked for once, and again while it is outside of its volumes."""
    node, said = Picture(), list[str]()
    standing = Standing(["iaf"], said.append)
    node.found = seen(activity(), activity(id="cd" * 32, reference="IAF-0102", beside=True))
    for _ in range(2):
        found = await node.look(standing)
        assert [(one.name, one.alone) for one in found] == [
            ("IAF-0101", False),
            ("IAF-0102 (cdcdcdcd)", True),
        ]
    assert len(node.asked) == 2
    volumes = NOTICE["volumes"]
    message = {"reference": "IAF-0101", "at": NOW, "reason": "", "volumes": volumes}
    node.said = [view(kind="nonconformance", message=message), view(direction="out")]
    node.found = seen(activity(state="nonconforming"))
    for _ in range(2):
        (stands,) = await node.look(standing)
        assert (stands.state, len(stands.outside)) == ("nonconforming", 1)
    assert len(node.asked) == 4
    node.found = seen(activity(state="activated"))
    (stands,) = await node.look(standing)
    assert stands.outside == ()
    assert said == []


@pytest.mark.parametrize("missing", [{"whole": False}, {"more": True, "count": 1001}])
async def test_what_the_picture_lacks_for_a_while_stays(missing: dict[str, Any]) -> None:
    """While a node still reads, or has too many: what has ended goes all the same."""
    node, said = Picture(), list[str]()
    standing = Standing(["iaf"], said.append)
    node.found = seen(activity(), activity(id="cd" * 32, reference="IAF-0102"))
    assert len(await node.look(standing)) == 2
    node.found, node.lives = seen(**missing), {"cd" * 32: "withdrawn"}
    for _ in range(2):
        assert [one.name for one in await node.look(standing)] == ["IAF-0101"]
    assert len(said) == ("more" in missing)
    node.found = seen()
    assert await node.look(standing) == []


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
