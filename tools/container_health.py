"""Ask the node in this container whether it is well: status 0 when it is, 1 when it is not.

    container_health.py [SOCKET]

Only the standard library and one short request, as the engine runs this every few seconds: starting
the whole `hotline` command that often would cost more than the node itself. A node whose line is
down is well, for it goes on journalling and queueing; `hotline status` tells about the line.
"""

import socket
import sys

SOCKET = "/var/lib/hotline/api.sock"
TIMEOUT_S = 3.0


def main(path: str) -> int:
    """Return 0 when the API at the Unix socket `path` answers `/health` with status 200."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(TIMEOUT_S)
            connection.connect(path)
            connection.sendall(b"GET /health HTTP/1.1\r\nHost: node\r\nConnection: close\r\n\r\n")
            answer = b""
            while piece := connection.recv(4096):
                answer += piece
    except OSError as fault:
        print(f"no answer from the node: {fault}")
        return 1
    # The engine keeps what is printed here, for `docker inspect`.
    print(answer.decode(errors="replace").replace("\r\n\r\n", "\n").splitlines()[-1:])
    return 0 if answer.startswith(b"HTTP/1.1 200 ") else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else SOCKET))
