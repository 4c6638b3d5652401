from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path

import pytest

from tests.pair.processes import Pair, until

KILLS = 1000 if "HOTLINE_TEST_LONG" in os.environ else 200
SEED = int(os.environ.get("HOTLINE_TEST_SEED", "0")) or random.SystemRandom().randrange(1, 2**31)


@pytest.mark.pair
@pytest.mark.long
@pytest.mark.timeout(1800)
def test_killed_at_any_moment(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """However often either node is killed under load, all that a caller was told was sent arrives.

    Once, in order within its precedence, with its receipt; and both journals verify.
    ``HOTLINE_TEST_SEED`` repeats the choices of a run; the moments are the machine's.
    """
    chance = random.Random(SEED)
    begun = time.monotonic()
    killed = {"iaf": 0, "hmeimim": 0}
    live = 0
    with Pair(tmp_path) as pair:
        for node in pair.both:
            node.start(chance.getrandbits(32))
        while sum(killed.values()) < KILLS:
            victims = chance.choice(((pair.iaf,), (pair.hmeimim,), pair.both))
            if chance.random() < 0.75:
                # Mostly in full flow, otherwise wherever starting and resuming happen to be.
                until(lambda: pair.flows, f"no flow, seed {SEED}")
                live += 1
            time.sleep(chance.random() ** 2 * 0.3)
            for node in victims:
                node.end(signal.SIGKILL)
                killed[node.site.centre] += 1
            for node in pair.both:
                node.look()
                node.receipts = 0
            for node in victims:
                node.start(chance.getrandbits(32))
        until(lambda: pair.flows, f"no flow, seed {SEED}")
        for node in pair.both:
            node.end(signal.SIGKILL)
            node.look()
        pair.settle()
        told = sum(len(node.told) for node in pair.both)
        exchanged = pair.check()
        entries = [node.verified_entries() for node in pair.both]
    with capsys.disabled():
        print(
            f"\n{killed['iaf']} + {killed['hmeimim']} kills ({live} in full flow), seed {SEED}: "
            f"{exchanged} messages, {told} acknowledged, {entries} entries verified, "
            f"{time.monotonic() - begun:.0f} s"
        )
    assert told > KILLS
    assert exchanged >= told
