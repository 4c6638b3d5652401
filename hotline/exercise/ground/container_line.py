"""The line between two containers, made worse through their network.

A cut takes a container off the line's network. Everything else happens inside the containers' own
network namespaces, with the tools of this machine: what is lost is dropped by iptables where it
arrives, a bandwidth limit is a token bucket (tbf) and a delay netem where it leaves. That takes
root on the machine of the engine; a delay also takes a kernel with netem.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from hotline.errors import ExerciseError
from hotline.exercise.faults.conditions import Conditions, LineConditions, Way
from hotline.exercise.faults.lane import ROOM, SLICE_S
from hotline.exercise.ground.engine import Container, docker, inspect, run
from hotline.exercise.scenario.shape import Fault, FaultKind

CHAIN = "HOTLINE-FAULT"
PACKET = 1600
"""Bytes: a token bucket has to hold one, with its Ethernet header."""
PROXY_INSTEAD = (
    "or put the fault proxy between the containers: deploy/compose/faults.yml beside"
    " docker-compose.yml"
)
_PATH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin"))

_NEEDS = {
    FaultKind.ONE_WAY: "iptables",
    FaultKind.LOSS: "iptables",
    FaultKind.BANDWIDTH: "tbf",
    FaultKind.DELAY: "netem",
    FaultKind.JITTER: "netem",
}


@dataclass(frozen=True, slots=True)
class Ability:
    """What can be done inside containers from here; ``missing`` says why not, by what is needed."""

    missing: Mapping[str, str]

    def why_not(self, kind: FaultKind) -> str | None:
        """Return what is missing for a kind of fault; None for nothing."""
        need = _NEEDS.get(kind)
        return self.missing.get(need) if need else None


async def ability(pid: int, address: str) -> Ability:
    """Return what can be done in the network namespace of a container's process.

    ``address`` is the hardware address that the engine says it has: with it the process is known
    not to be another one, of a machine where the engine does not run.
    """
    everything = ("iptables", "tbf", "netem")
    if os.geteuid() != 0:
        return Ability(dict.fromkeys(everything, f"only root may enter it here; {PROXY_INSTEAD}"))
    absent = [name for name in ("nsenter", "ip", "tc", "iptables", "unshare") if not _tool(name)]
    if absent:
        why = f"this machine has no {' and no '.join(absent)}; install that, {PROXY_INSTEAD}"
        return Ability(dict.fromkeys(everything, why))
    if not await _interface(pid, address):
        return Ability(
            dict.fromkeys(
                everything, f"the Docker engine runs on another machine; go there, {PROXY_INSTEAD}"
            )
        )
    missing = {}
    for name, words in (
        ("iptables", ("iptables", "-w", "-A", "INPUT", "-m", "statistic", "--mode", "random",
                      "--probability", "0.5", "-j", "DROP")),
        ("tbf", ("tc", "qdisc", "add", "dev", "lo", "root", *_bucket(1e6))),
        ("netem", ("tc", "qdisc", "add", "dev", "lo", "root", "netem", "delay", "1ms")),
    ):  # fmt: skip
        # In a namespace of its own, which nothing is in and which is gone at once.
        tried = await run(_tool("unshare"), "--net", _tool(words[0]), *words[1:])
        if tried.status != 0:
            missing[name] = f"the kernel here cannot do {name} ({tried.last}); {PROXY_INSTEAD}"
    return Ability(missing)


class ContainerLine:
    """The line's network ``network`` between two containers, by centre; ``dialler`` sends forth."""

    def __init__(
        self, network: str, containers: Mapping[str, str], dialler: str, able: Ability
    ) -> None:
        self._network = network
        self._containers = dict(containers)
        self._dialler = dialler
        self._able = able
        (self._listener,) = (centre for centre in containers if centre != dialler)

    def why_not(self, fault: Fault) -> str | None:
        """Return what is missing for a fault of the line; None for nothing."""
        return self._able.why_not(fault.kind)

    async def become(self, conditions: LineConditions) -> str:
        """Make the line so; return by what means. Raises ExerciseError."""
        if conditions.forth.held and conditions.back.held:
            await self._disconnect()
            return "docker network disconnect"
        await connect(self._network, self._containers)
        means: list[str] = []
        for way, sender, receiver in (
            (Way.FORTH, self._dialler, self._listener),
            (Way.BACK, self._listener, self._dialler),
        ):
            means += await self._leaving(sender, conditions.on(way))
            means += await self._arriving(receiver, conditions.on(way))
        return ", ".join(dict.fromkeys(means)) or "the containers' network"

    async def is_so(self, conditions: LineConditions) -> bool:
        """Return whether the line is so, as far as the engine says: cut, or not. Raises as above.

        What is in the containers' own namespaces is there for as long as they run.
        """
        held = conditions.forth.held and conditions.back.held
        found = [await inspect(one, self._network) for one in self._containers.values()]
        return held is not all(one.on_line for one in found)

    async def _disconnect(self) -> None:
        centre = self._listener
        if (await inspect(self._containers[centre], self._network)).on_line:
            await docker("network", "disconnect", self._network, self._containers[centre])

    async def _leaving(self, centre: str, conditions: Conditions) -> list[str]:
        """Have what a container sends be late, and no more than the line takes."""
        place = await self._place(centre)
        if place is None:
            return []
        pid, device = place
        await _inside(pid, "tc", "qdisc", "del", "dev", device, "root", may_fail=True)
        means = []
        parent: tuple[str, ...] = ("root", "handle", "1:")
        if late := _lateness(conditions):
            await _inside(pid, "tc", "qdisc", "add", "dev", device, *parent, *late)
            means.append("netem")
            parent = ("parent", "1:1", "handle", "10:")
        if conditions.bits_per_s is not None:
            bucket = _bucket(conditions.bits_per_s)
            await _inside(pid, "tc", "qdisc", "add", "dev", device, *parent, *bucket)
            means.append("tbf")
        return means

    async def _arriving(self, centre: str, conditions: Conditions) -> list[str]:
        """Have what arrives at a container be lost."""
        place = await self._place(centre)
        if place is None:
            return []
        pid, device = place
        await unfilter(pid)
        rule = _loss(conditions)
        if not rule:
            return []
        for words in (
            ("-N", CHAIN),
            ("-A", CHAIN, "-i", device, *rule, "-j", "DROP"),
            ("-I", "INPUT", "-j", CHAIN),
        ):
            await _inside(pid, "iptables", "-w", *words)
        return ["iptables"]

    async def _place(self, centre: str) -> tuple[int, str] | None:
        """Return a container's process and the line's device in it; None where it is down."""
        found = await inspect(self._containers[centre], self._network)
        if not found.runs or self._able.missing.keys() >= set(_NEEDS.values()):
            return None
        device = await _interface(found.pid, found.address)
        return (found.pid, device) if device else None


async def connect(network: str, containers: Mapping[str, str]) -> dict[str, Container]:
    """Put both containers on the line's network again; return what they are then."""
    now = {}
    for centre, container in containers.items():
        found = await inspect(container, network)
        if not found.on_line:
            await docker("network", "connect", "--alias", centre, network, container)
            found = await inspect(container, network)
        now[centre] = found
    return now


async def unfilter(pid: int) -> None:
    """Take away the rules in a container's namespace that drop what arrives."""
    for words in (("-D", "INPUT", "-j", CHAIN), ("-F", CHAIN), ("-X", CHAIN)):
        await _inside(pid, "iptables", "-w", *words, may_fail=True)


def _lateness(conditions: Conditions) -> tuple[str, ...]:
    """Return netem's words: a delay, and jitter evenly spread from nothing to all of it."""
    if not (conditions.delay_s or conditions.jitter_s):
        return ()
    middle = conditions.delay_s + conditions.jitter_s / 2
    words = ("netem", "limit", "10000", "delay", f"{middle * 1e6:.0f}us")
    return (*words, f"{conditions.jitter_s / 2 * 1e6:.0f}us") if conditions.jitter_s else words


def _bucket(bits_per_s: float) -> tuple[str, ...]:
    """Return tbf's words: as much room and as large a burst as the fault proxy has."""
    burst = max(PACKET, int(bits_per_s / 8 * SLICE_S))
    room = ROOM + burst
    return ("tbf", "rate", f"{bits_per_s:.0f}bit", "burst", f"{burst}", "limit", f"{room}")


def _loss(conditions: Conditions) -> tuple[str, ...]:
    """Return what iptables matches before it drops; empty for nothing."""
    if conditions.held:
        return ("-m", "comment", "--comment", "one-way cut")
    if conditions.loss_percent:
        share = f"{conditions.loss_percent / 100:.6f}"
        return ("-m", "statistic", "--mode", "random", "--probability", share)
    return ()


async def _interface(pid: int, address: str) -> str:
    """Return the name of the device with a hardware address in a process's namespace, or ""."""
    if not pid or not address:
        return ""
    ended = await run(_tool("nsenter"), "--target", str(pid), "--net", _tool("ip"), "-j", "link")
    with suppress(ValueError):
        for link in json.loads(ended.out or "[]"):
            if link.get("address", "").lower() == address.lower():
                return str(link["ifname"])
    return ""


async def _inside(pid: int, tool: str, *words: str, may_fail: bool = False) -> None:
    """Run a tool of this machine in the network namespace of a process."""
    ended = await run(_tool("nsenter"), "--target", str(pid), "--net", _tool(tool), *words)
    if ended.status != 0 and not may_fail:
        raise ExerciseError(
            "exercise.network-refuses",
            f"{tool} cannot change the container's network: {ended.last}",
            f"see what it says as root, {PROXY_INSTEAD}",
        )


def _tool(name: str) -> str:
    """Return where a program of this machine is, empty for nowhere."""
    return shutil.which(name, path=_PATH) or ""
