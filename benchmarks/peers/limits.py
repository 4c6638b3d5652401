"""The machine's own limits for the work that all peers share."""

from __future__ import annotations

import os
import socket
import tempfile
from pathlib import Path

from benchmarks import machine
from benchmarks.pair import Process
from benchmarks.peers import keys
from benchmarks.peers.echo import MESSAGE_OCTETS, RECEIPT_OCTETS
from benchmarks.peers.service import HOST, tls
from benchmarks.peers.shapes import Limits

PATIENCE_S = 10.0
ECHOES = 500
GROUP = 64


def measure(parent: Path) -> Limits:
    """Measure signing, verifying, syncing, committing and an echo, on the disk of ``parent``."""
    steps = machine.measure(parent)
    with tempfile.TemporaryDirectory(dir=parent) as name:
        directory = Path(name)
        keys.make(directory)
        return Limits(
            sign_us=steps.sign_us,
            verify_us=steps.verify_us,
            fdatasync_us=steps.fdatasync_us,
            commit_us=steps.commit_us,
            group_commit_us=machine.commit_us(directory, GROUP) / GROUP,
            echo_us=_echo(directory),
        )


def _echo(directory: Path) -> float:
    """Return what it takes to send so many octets to another process and to hear its answer."""
    other = Process("peers.echo", str(directory))
    try:
        where = (HOST, other.hear()["port"])
        context = tls(directory, "sender")
        message = os.urandom(MESSAGE_OCTETS)
        with (
            socket.create_connection(where, PATIENCE_S) as plain,
            context.wrap_socket(plain, server_hostname=HOST) as line,
        ):
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

            def exchange() -> None:
                line.sendall(message)
                line.recv(RECEIPT_OCTETS)

            return machine.microseconds(exchange, ECHOES)
    finally:
        other.end()
