"""A process that holds notices as a node does, and says how long the collector of garbage takes.

A full collection looks at every object that may refer to others, and nothing else goes on
meanwhile. Before the notices come, the process has imported what a node has.
"""

from __future__ import annotations

import gc
import json
import random
import subprocess
import sys
import time

import msgspec

import hotline.api.server  # noqa: F401 (what a node has imported)
from benchmarks.airspace import DAY_US, SKIES, notice_in
from benchmarks.pair import ROOT
from hotline.model.kinds import Precedence
from hotline.model.letter import read_letter
from hotline.node.airspace.compared import Compared
from hotline.node.daemon import spare_the_loop

NOTICES = 10_000
FULL = 2
"""The generation that has everything."""


class Collected(msgspec.Struct, frozen=True):
    """How long the collector held the process that compared so many notices, in milliseconds."""

    notices: int
    spared: bool
    """Whether it was told what it need not look at, as a node tells it."""
    longest_ms: float
    """The longest collection while the notices came."""
    full_ms: float
    """A full one when all had come."""
    objects: int
    """At how many it looked then."""


def measured(notices: int = NOTICES) -> list[Collected]:
    """Measure it in a process each: with what a node tells the collector, and without."""
    return [
        msgspec.json.decode(
            subprocess.run(
                [sys.executable, "-m", "benchmarks.collecting", str(notices), how],
                cwd=ROOT,
                check=True,
                stdout=subprocess.PIPE,
            ).stdout,
            type=Collected,
        )
        for how in ("plain", "spared")
    ]


def table(found: list[Collected]) -> str:
    """Lay out what ``measured`` returned."""
    rows = [f"{'collector':12}{'notices':>9}{'longest ms':>12}{'full ms':>9}{'objects':>10}"]
    rows += (
        f"{'spared' if one.spared else 'as it comes':12}{one.notices:9,}"
        f"{one.longest_ms:12.1f}{one.full_ms:9.1f}{one.objects:10,}"
        for one in found
    )
    return "\n".join(rows)


def collected(notices: int, *, spared: bool) -> Collected:
    """Hold so many notices of both sides, comparing them as they come."""
    if spared:
        spare_the_loop()
    took: list[float] = []
    gc.callbacks.append(lambda phase, _: took.append(time.perf_counter()))
    compared = Compared("iaf", "hmeimim", LETTER, lambda _: None)
    chosen = random.Random(notices)
    for number in range(notices):
        centre = ("iaf", "hmeimim")[number % 2]
        message, id_ = notice_in(chosen, SKIES[0], number), number.to_bytes(32)
        stepped = compared.step(centre, message, id_, Precedence.ROUTINE, DAY_US)
        compared.follow(stepped, "notice", id_, time.perf_counter() + 1)
    while compared.unfinished:
        compared.go_on(time.perf_counter() + 1)
    came = [end - begin for begin, end in zip(took[::2], took[1::2], strict=True)]
    objects = sum(len(gc.get_objects(generation)) for generation in range(FULL + 1))
    gc.collect()
    return Collected(
        notices=notices,
        spared=spared,
        longest_ms=max(came, default=0.0) * 1000,
        full_ms=(took[-1] - took[-2]) * 1000,
        objects=objects,
    )


LETTER = read_letter((ROOT / "examples" / "letter.toml").read_bytes())

if __name__ == "__main__":
    it = collected(int(sys.argv[1]), spared=sys.argv[2] == "spared")
    print(json.dumps(msgspec.to_builtins(it)))
