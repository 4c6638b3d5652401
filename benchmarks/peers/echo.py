"""A process that answers each message over TLS with as many octets as a receipt has."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

from benchmarks.peers.service import HOST, say, tls

MESSAGE_OCTETS, RECEIPT_OCTETS = 719, 74


def answer(directory: Path) -> None:
    """Serve one connection until it ends."""
    receipt = bytes(RECEIPT_OCTETS)
    with socket.create_server((HOST, 0)) as server:
        say({"port": server.getsockname()[1]})
        plain, _ = server.accept()
        context = tls(directory, "receiver", server=True)
        with context.wrap_socket(plain, server_side=True) as line:
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            missing = MESSAGE_OCTETS
            while octets := line.recv(missing):
                missing -= len(octets)
                if not missing:
                    line.sendall(receipt)
                    missing = MESSAGE_OCTETS


if __name__ == "__main__":
    answer(Path(sys.argv[1]))
