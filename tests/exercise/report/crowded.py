"""Reports of much at once: every fault in a few minutes, and a flood of messages and alarms."""

from __future__ import annotations

import msgspec

from hotline.exercise.report import document as d
from tests.exercise.report.documents import at, blank, inject, message, ref, report, verdict

FAULTS = (
    "cut", "one-way-cut", "delay", "jitter", "loss", "bandwidth", "node-kill", "node-restart",
    "clock-offset", "slow-disk", "full-disk", "corrupted-frame", "replayed-envelope",
)  # fmt: skip
OUTCOMES = ("pass", "fail", "expired", "void")


def faulty() -> d.Report:
    """Return an exercise in which everything is broken once, within ten minutes."""
    long = {"cut", "delay", "slow-disk"}
    faults = [
        blank(d.FaultRow, inject=str(n), kind=kind, centre="hmeimim" if n % 2 else "iaf",
              means="the node itself", began=at(45.0 * n), began_t=45.0 * n,
              ended=at(45.0 * n + (100 if kind in long else 0.01)),
              ended_t=45.0 * n + (100 if kind in long else 0.01), seconds=100.0,
              evidence=[ref("iaf", n), ref("hmeimim", n)])
        for n, kind in enumerate(FAULTS)
    ]  # fmt: skip
    return report(600.0, 12, faults=faults)


def flooded() -> d.Report:
    """Return four minutes with 150 messages, 60 alarms and many verdicts, most in one minute."""
    moments = [60.0 + n * 0.3 if n % 3 else 1.5 * n for n in range(1, 151)]
    alarms = [
        blank(d.AlarmRow, centre=centre, alarm=n, code="airspace.conflict", raised=at(70.0 + n / 5),
              text="HMEIMIM-0009: conflict with IAF-0601 from 14:04:41 to 14:59:31 UTC",
              t=70.0 + n / 5, evidence=ref(centre, n), standing=True)
        for centre in ("iaf", "hmeimim") for n in range(30)
    ]  # fmt: skip
    injects = [
        msgspec.structs.replace(
            inject(n, 40.0 * n + 1),
            verdicts=[verdict(f"{n}", m, OUTCOMES[m % 4], 40.0 * n + 5 + m) for m in range(8)],
        )
        for n in range(5)
    ]
    rows = [message(n, t) for n, t in enumerate(moments, 1)]
    whole = report(240.0, len(rows), alarms=alarms, msel=injects)
    return msgspec.structs.replace(whole, messages=rows)
