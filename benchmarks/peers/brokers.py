"""Brokers on loopback: each fresh in a directory of its own, with TLS 1.3 and client certificates.

Every configuration is written here, so that what a broker promises can be read off; whatever is not
said is the broker's default. Only processes that were started here are ended.
"""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.pair import ROOT
from benchmarks.peers.service import HOST, tls
from benchmarks.system import children_of, cpu_seconds

NATS = ROOT / "benchmarks" / ".venv" / "bin" / "nats-server"
RABBITMQ = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
EPMD = Path("/usr/bin/epmd")
MOSQUITTO = Path("/usr/sbin/mosquitto")
START_S, END_S, STEP_S = 60.0, 15.0, 0.05


class Broker:
    """A broker that runs: its port, and what all its processes have spent."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self._process = process
        self.port = port

    def cpu_seconds(self) -> float:
        """Return the processor time of the broker and of all that it has started."""
        pids, total = [self._process.pid], 0.0
        while pids:
            pid = pids.pop()
            total += cpu_seconds(pid)
            pids += children_of(pid)
        return total


Start = Callable[[ExitStack, Path, int], subprocess.Popen[bytes]]


@contextmanager
def running(start: Start, directory: Path) -> Iterator[Broker]:
    """Run a broker until the block is left; ``directory`` holds keys and takes its files."""
    with ExitStack() as stack:
        port = free_port()
        process = start(stack, directory, port)
        _wait(process, directory, port)
        yield Broker(process, port)


def jetstream(sync: str) -> Start:
    """Return how NATS is started: ``sync`` is its sync_interval, "always" or a duration."""

    def start(stack: ExitStack, directory: Path, port: int) -> subprocess.Popen[bytes]:
        path = directory / "nats.conf"
        path.write_text(
            f'listen: "{HOST}:{port}"\n'
            f'jetstream {{ store_dir: "{directory / "nats"}", sync_interval: {sync} }}\n'
            "tls {\n"
            f'  cert_file: "{directory / "broker.pem"}"\n  key_file: "{directory / "broker.key"}"\n'
            f'  ca_file: "{directory / "ca.pem"}"\n  verify: true\n  min_version: "1.3"\n'
            "  handshake_first: true\n}\n"
        )
        return _start(stack, directory, [NATS, "-c", path])

    return start


def rabbitmq(stack: ExitStack, directory: Path, port: int) -> subprocess.Popen[bytes]:
    """Start RabbitMQ, and the port mapper of Erlang that it needs, on ports of their own."""
    mapper = free_port()
    _start(stack, directory, [EPMD, "-address", HOST, "-port", str(mapper)])
    base = directory / "rabbitmq"
    base.mkdir()
    (base / "rabbitmq.conf").write_text(
        f"listeners.tcp = none\nlisteners.ssl.1 = {HOST}:{port}\n"
        f"ssl_options.cacertfile = {directory / 'ca.pem'}\n"
        f"ssl_options.certfile = {directory / 'broker.pem'}\n"
        f"ssl_options.keyfile = {directory / 'broker.key'}\n"
        "ssl_options.verify = verify_peer\nssl_options.fail_if_no_peer_cert = true\n"
        "ssl_options.versions.1 = tlsv1.3\n"
        # The disk of a small machine is no reason to stop publishers.
        "disk_free_limit.absolute = 50MB\n"
    )
    (base / "enabled_plugins").write_text("[].\n")
    environment = {
        "HOME": str(base),
        "ERL_EPMD_PORT": str(mapper),
        "RABBITMQ_NODENAME": f"bench{port}@localhost",
        "RABBITMQ_DIST_PORT": str(free_port()),
        "RABBITMQ_CONFIG_FILE": str(base / "rabbitmq.conf"),
        "RABBITMQ_MNESIA_BASE": str(base / "mnesia"),
        "RABBITMQ_LOG_BASE": str(base / "log"),
        "RABBITMQ_PID_FILE": str(base / "pid"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(base / "enabled_plugins"),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        "RABBITMQ_CONF_ENV_FILE": str(base / "none"),
    }
    return _start(stack, directory, [RABBITMQ], environment)


def mosquitto(stack: ExitStack, directory: Path, port: int) -> subprocess.Popen[bytes]:
    """Start Mosquitto with persistence, and without its limits on what is in flight."""
    base = directory / "mosquitto"
    base.mkdir()
    path = directory / "mosquitto.conf"
    path.write_text(
        # As root it would become its own user, who may not write here.
        f"{'user root' if os.geteuid() == 0 else ''}\n"
        f"listener {port} {HOST}\nallow_anonymous true\nset_tcp_nodelay true\n"
        f"cafile {directory / 'ca.pem'}\ncertfile {directory / 'broker.pem'}\n"
        f"keyfile {directory / 'broker.key'}\nrequire_certificate true\ntls_version tlsv1.3\n"
        f"persistence true\npersistence_location {base}/\n"
        "max_inflight_messages 0\nmax_queued_messages 0\n"
    )
    return _start(stack, directory, [MOSQUITTO, "-c", path])


def free_port() -> int:
    """Return a port of loopback that nobody listens on."""
    with socket.create_server((HOST, 0)) as free:
        return int(free.getsockname()[1])


def _start(
    stack: ExitStack,
    directory: Path,
    command: Sequence[str | Path],
    environment: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    with (directory / f"{Path(command[0]).name}.log").open("wb") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=directory,
            env={**os.environ, **(environment or {})},
        )
    stack.callback(_end, process)
    return process


def _end(process: subprocess.Popen[bytes]) -> None:
    children = children_of(process.pid)
    process.terminate()
    try:
        process.wait(END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pid in children:  # what a shell script has left behind
        _kill(pid)


def _kill(pid: int) -> None:
    try:
        os.kill(pid, 9)
    except ProcessLookupError:
        return


def _wait(process: subprocess.Popen[bytes], directory: Path, port: int) -> None:
    """Return when the broker answers a TLS handshake."""
    context = tls(directory, "sender")
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        try:
            with (
                socket.create_connection((HOST, port), 5.0) as plain,
                context.wrap_socket(plain, server_hostname="localhost"),
            ):
                return
        except (OSError, ssl.SSLError):
            time.sleep(STEP_S)
    logs = "".join(path.read_text(errors="replace")[-2000:] for path in directory.glob("*.log"))
    raise RuntimeError(f"the broker does not answer:\n{logs}")
