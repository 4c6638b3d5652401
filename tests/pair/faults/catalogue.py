"""Every fault by its name: what happens, what it takes, what must be set up first."""

from __future__ import annotations

import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from errno import EIO, ENOSPC
from functools import partial

from tests.pair.cable import CUT, FAIR, Weather
from tests.pair.faults.certificates import expired, short_lived
from tests.pair.faults.clocks import own_clock, true_clock, why_no_clock, wrong_clock
from tests.pair.faults.disks import failing, full, off_small_disk, on_small_disk
from tests.pair.faults.networks import Fault, weather
from tests.pair.faults.peers import hostile, with_mallory
from tests.pair.faults.processes import HMEIMIM, IAF, Victim, frozen, killed
from tests.pair.faults.trial import Outcome, Trial

Setting = Callable[[Trial], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Entry:
    """One fault: in words for a table, and as code. ``needs`` says what is missing for it here."""

    words: str
    fault: Fault
    before: Setting | None = None
    after: Setting | None = None
    needs: Callable[[], str | None] = lambda: None

    async def run(self, trial: Trial) -> Outcome:
        """Set up, try it once, and put everything back."""
        await trial.ready()
        if self.before is not None:
            await self.before(trial)
        try:
            return await trial.run(self.fault)
        finally:
            if self.after is not None:
                await self.after(trial)


def _why_no_strace() -> str | None:
    return None if shutil.which("strace") else "strace is not installed"


def _why_no_ext4() -> str | None:
    return None if shutil.which("mkfs.ext4") else "mkfs.ext4 (Debian: e2fsprogs) is not installed"


def _clock(victim: Victim, offset_s: float) -> Entry:
    words = f"clock of {_NAMES[victim]} {offset_s:+g} s"
    return Entry(
        words,
        wrong_clock(victim, offset_s),
        partial(own_clock, victim=victim),
        partial(true_clock, victim=victim),
        why_no_clock,
    )


def _disk_full(victim: Victim) -> Entry:
    return Entry(
        f"disk of {_NAMES[victim]} full, then freed",
        full(victim),
        partial(on_small_disk, victim=victim),
        partial(off_small_disk, victim=victim),
        _why_no_ext4,
    )


def _calls_fail(victim: Victim, calls: str, error: int, words: str, when: str) -> Entry:
    fault = failing(victim, calls, error, when)
    return Entry(f"{words} at {_NAMES[victim]}", fault, needs=_why_no_strace)


def _peer(how: str, words: str, alarm: str = "") -> Entry:
    return Entry(words, hostile(how, alarm), with_mallory)


_NAMES = {IAF: "iaf", HMEIMIM: "hmeimim"}
_SYNC = "fsync,fdatasync"

CATALOGUE: dict[str, Entry] = {
    "loss-5": Entry("loss of 5 % of packets", weather(Weather(loss=0.05))),
    "loss-20": Entry("loss of 20 %", weather(Weather(loss=0.2))),
    "delay": Entry("delay of 300 ± 100 ms", weather(Weather(delay_s=0.3, jitter_s=0.1))),
    "duplication": Entry("duplication of 20 %", weather(Weather(duplicate=0.2))),
    "reordering": Entry("reordering of 25 %", weather(Weather(delay_s=0.05, hasten=0.25))),
    "corruption": Entry("corruption of 2 %, which TCP sees", weather(Weather(corrupt=0.02))),
    "forgery": Entry("corruption of 2 %, which only TLS sees", weather(Weather(forge=0.02))),
    "narrow": Entry("4 kB/s and no more", weather(Weather(rate=4000.0))),
    "partition": Entry("partition", weather(CUT)),
    "partition-from-iaf": Entry("partition from iaf to hmeimim only", weather(CUT, FAIR)),
    "partition-from-hmeimim": Entry("partition from hmeimim to iaf only", weather(FAIR, CUT)),
    "kill-iaf": Entry("kill -9 of iaf, which dials", killed(IAF)),
    "kill-hmeimim": Entry("kill -9 of hmeimim, which listens", killed(HMEIMIM)),
    "freeze-iaf": Entry("SIGSTOP of iaf", frozen(IAF)),
    "freeze-hmeimim": Entry("SIGSTOP of hmeimim", frozen(HMEIMIM)),
    "disk-full-iaf": _disk_full(IAF),
    "disk-full-hmeimim": _disk_full(HMEIMIM),
    "sync-fails": _calls_fail(HMEIMIM, _SYNC, EIO, "every fsync fails (EIO)", "1+"),
    "sync-fails-at-times": _calls_fail(IAF, _SYNC, EIO, "each third fsync fails (EIO)", "2+3"),
    "write-fails": _calls_fail(HMEIMIM, "pwrite64", EIO, "each seventh write fails (EIO)", "5+7"),
    "no-space-at-times": _calls_fail(IAF, "pwrite64", ENOSPC, "each ninth write: ENOSPC", "4+9"),
    "clock+10": _clock(HMEIMIM, 10),
    "clock-10": _clock(IAF, -10),
    "clock+300": _clock(IAF, 300),
    "clock-300": _clock(HMEIMIM, -300),
    "certificates": Entry("both certificates end, then `hotline keys renew`", expired, short_lived),
    "drip": _peer("drip", "a third peer drips bytes on 102 connections"),
    "deaf": _peer("deaf", "a third peer never reads", "line.receipt-overdue"),
    # Last, since what it leaves in the record is verified after each fault that follows.
    "flood": _peer("flood", "a third peer floods"),
}  # fmt: skip
