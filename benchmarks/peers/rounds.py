"""Rounds, interleaved: every peer once a round, so that a slow minute meets all of them."""

from __future__ import annotations

import subprocess
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.pair import ROOT
from benchmarks.peers import limits
from benchmarks.peers.catalogue import Peer, Run
from benchmarks.peers.shapes import Limits, Load, Measured
from benchmarks.report import spread, spreads

IN_FLIGHT = (1, 64, 1024)
WARM_UP_S = 1.0
SET_UP = ROOT / "benchmarks" / "peers" / "set_up.sh"

Say = Callable[[str], None]


def set_up() -> None:
    """Make ready what the peers need, as far as this machine has it."""
    subprocess.run([SET_UP], check=True, cwd=ROOT)


def measure(
    directory: Path,
    peers: Sequence[Peer],
    rounds: int,
    seconds: float,
    application: Sequence[str],
    say: Say,
) -> dict[str, Any]:
    """Run every peer so many rounds; return medians and ranges, and who was left out, and why."""
    left_out = {}
    for peer in peers:
        if missing := peer.missing():
            left_out[peer.name] = f"{', '.join(path.name for path in missing)} not there"
            say(f"{peer.title}: left out, {left_out[peer.name]}")
    found: dict[tuple[str, int], list[Measured]] = defaultdict(list)
    machines: list[Limits] = []
    for number in range(rounds):
        say(f"peers: round {number + 1} of {rounds}")
        machines.append(limits.measure(directory))
        # Each round begins with another one, so that nobody always comes after the same.
        begin = number % len(peers)
        for peer in (*peers[begin:], *peers[:begin]):
            if peer.name in left_out:
                continue
            try:
                with peer.open(directory, application) as run:
                    _once(run, peer, seconds, found, say)
            except (RuntimeError, OSError) as error:
                left_out[peer.name] = str(error).splitlines()[0]
                say(f"{peer.title}: left out, {error}")
    return {
        "rounds": rounds,
        "seconds": seconds,
        "application": [*application],
        "limits": {
            **spreads(machines),
            "floor_ms": spread([machine.floor_ms for machine in machines]),
            "kept_first_ms": spread([machine.kept_first_ms for machine in machines]),
        },
        "peers": [_document(peer, found) for peer in peers if peer.name not in left_out],
        "left_out": left_out,
    }


def _once(
    run: Run, peer: Peer, seconds: float, found: dict[tuple[str, int], list[Measured]], say: Say
) -> None:
    run(Load(min(64, peer.most), min(WARM_UP_S, seconds)))
    for in_flight in IN_FLIGHT:
        one = run(Load(min(in_flight, peer.most), seconds))
        found[peer.name, in_flight].append(one)
        say(f"  {peer.title:24} {in_flight:5} {one.per_s:9,.0f}/s {one.p50_ms:9.2f} ms")


def _document(peer: Peer, found: dict[tuple[str, int], list[Measured]]) -> dict[str, Any]:
    return {
        "name": peer.name,
        "title": peer.title,
        "product": peer.product,
        "synced": peer.synced,
        "loads": [
            {
                "in_flight": in_flight,
                "asked": min(in_flight, peer.most),
                **spreads(found[peer.name, in_flight]),
                "cpu_us": spread([one.cpu_us for one in found[peer.name, in_flight]]),
            }
            for in_flight in IN_FLIGHT
        ],
    }
