"""What every program of a peer does besides: TLS, a line of JSON asked and answered.

A sender answers each ``Load`` on its standard input with an ``Answer``; a receiver answers every
line with the octets that its connections have carried. Both end with their standard input.
"""

from __future__ import annotations

import asyncio
import json
import os
import ssl
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any

import msgspec
import uvloop

from benchmarks.peers.shapes import Answer, Load
from benchmarks.system import line_octets

HOST = "127.0.0.1"


def tls(directory: Path, name: str, *, server: bool = False) -> ssl.SSLContext:
    """Return a context of TLS 1.3 alone, where both ends show a certificate of the same CA."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(directory / f"{name}.pem", directory / f"{name}.key")
    context.load_verify_locations(directory / "ca.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    return context


async def serve_sender(send: Callable[[], Awaitable[None]]) -> None:
    """Run every load that is asked for."""
    say({})
    while line := await asyncio.to_thread(sys.stdin.readline):
        answer = await run(send, msgspec.json.decode(line, type=Load))
        say(msgspec.to_builtins(answer))


async def serve_receiver(port: int) -> None:
    """Say that the receiver is ready, and on which port, then what its connections carried."""
    say({"port": port})
    while await asyncio.to_thread(sys.stdin.readline):
        say({"octets": sum(line_octets())})


async def run(send: Callable[[], Awaitable[None]], load: Load) -> Answer:
    """Keep so many messages in flight for so long, then wait for the receipts that are due."""
    latencies: list[float] = []
    octets = sum(line_octets())
    cpu, begun = time.process_time(), time.perf_counter()
    end = begun + load.seconds

    async def work() -> None:
        while (at := time.perf_counter()) < end:
            await send()
            latencies.append(time.perf_counter() - at)

    async with asyncio.TaskGroup() as tasks:
        for _ in range(load.in_flight):
            tasks.create_task(work())
    seconds, cpu_s = time.perf_counter() - begun, time.process_time() - cpu
    latencies.sort()
    return Answer(
        messages=len(latencies),
        seconds=seconds,
        p50_ms=latencies[len(latencies) // 2] * 1e3,
        p99_ms=latencies[len(latencies) * 99 // 100] * 1e3,
        cpu_s=cpu_s,
        octets=sum(line_octets()) - octets,
    )


def say(answer: dict[str, Any]) -> None:
    """Print one line of JSON."""
    os.write(ANSWERS, json.dumps(answer).encode() + b"\n")


ANSWERS = os.dup(1)
"""Where the one who started this process listens."""


def main(programs: dict[str, Callable[..., Coroutine[Any, Any, None]]]) -> None:
    """Run the program that the first argument names, with directory, port and options."""
    os.dup2(2, 1)  # libraries write to standard output, C++ ones too
    role, directory, port, *options = sys.argv[1:]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(programs[role](Path(directory), int(port), *options))
