"""Carry one connection to a node's API over stdin and stdout.

::

    docker exec -i CONTAINER python -m hotline.api.stdio /var/lib/hotline/api.sock

For whoever may run a command where the node runs, and cannot open its socket: no port is opened,
and nobody is let in who was not before. It ends when either side does.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
from contextlib import suppress
from typing import NoReturn

PIECE = 64 * 1024


def carry(path: str, source: int, target: int) -> None:
    """Copy the file descriptor ``source`` to the socket at ``path``, and the socket to ``target``.

    Returns when the node has ended the connection. Raises OSError when nothing listens at ``path``.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as node:
        node.connect(path)
        # A daemon: what still could come from there is of no use to a connection that has ended.
        threading.Thread(target=_ask, args=(node, source), daemon=True).start()
        with suppress(BrokenPipeError, ConnectionResetError):
            while data := node.recv(PIECE):
                _write_all(target, data)


def _ask(node: socket.socket, source: int) -> None:
    with suppress(OSError):
        while data := os.read(source, PIECE):
            node.sendall(data)
        # Nothing more is asked; what is still being answered is.
        node.shutdown(socket.SHUT_WR)


def _write_all(target: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(target, view) :]


def main() -> NoReturn:
    """Carry stdin and stdout to the socket that the only argument names."""
    status = 2
    if len(sys.argv) != 2:
        sys.stderr.write("hotline: error: name one socket [usage]\n")
    else:
        try:
            carry(sys.argv[1], sys.stdin.fileno(), sys.stdout.fileno())
            status = 0
        except OSError as error:
            why = error.strerror or error
            sys.stderr.write(f"hotline: error: no node answers on {sys.argv[1]}: {why}\n")
            status = 1
    sys.stderr.flush()
    # Without waiting for the thread, which may be reading a stdin that nobody ever ends.
    os._exit(status)


if __name__ == "__main__":
    main()
