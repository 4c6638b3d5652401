"""What Linux says of a process and of its line: processor time, memory, octets sent."""

from __future__ import annotations

import os
import socket
import struct
from contextlib import closing
from pathlib import Path

_BYTES_ACKED = 120
"""Offset in ``struct tcp_info`` (linux/tcp.h) of two u64: bytes_acked, bytes_received."""
_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """Return what all threads of a process have used, user and system; in steps of a tick."""
    # The name in brackets may hold anything, so the fields are counted from behind it.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def resident_kib(pid: int) -> tuple[int, int]:
    """Return the memory of a process that is resident now, and the most that ever was."""
    found = {}
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        name, _, value = line.partition(":")
        found[name] = value
    return int(found["VmRSS"].split()[0]), int(found["VmHWM"].split()[0])


def peak_of(pid: int) -> int:
    """Return the most memory that was ever resident of a process, in KiB; 0 once it has ended."""
    try:
        return resident_kib(pid)[1]
    except (OSError, KeyError):  # ended, and perhaps not yet waited for
        return 0


def children_of(pid: int) -> list[int]:
    """Return the processes that a process has started and that still run."""
    try:
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def line_octets() -> tuple[int, int]:
    """Return the octets that this process's TCP connections have sent and received so far.

    Sent are those that the other end has acknowledged; what a closed connection carried is
    forgotten.
    """
    found = {}
    for name in os.listdir("/proc/self/fd"):
        # Only sockets are touched: to close any descriptor of SQLite's file would drop its locks.
        if not _target(name).startswith("socket:"):
            continue
        with closing(socket.socket(fileno=os.dup(int(name)))) as connection:
            if connection.type != socket.SOCK_STREAM or connection.family == socket.AF_UNIX:
                continue
            info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
            try:
                ends = connection.getsockname(), connection.getpeername()
            except OSError:  # it listens, or has just been closed
                continue
            # The event loop may hold a connection by two descriptors.
            found[ends] = struct.unpack_from("=QQ", info, _BYTES_ACKED)
    return sum(acked for acked, _ in found.values()), sum(taken for _, taken in found.values())


def _target(descriptor: str) -> str:
    try:
        return os.readlink(f"/proc/self/fd/{descriptor}")
    except FileNotFoundError:  # the one by which the directory was read
        return ""
