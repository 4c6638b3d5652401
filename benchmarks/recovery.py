"""How soon a node that was killed under load is back, with a million entries in its journal.

Both journals are filled by ``history`` first, as if in the days before. Then each side in turn is
killed (-9) while the sender has 64 messages in flight, and started again. The killed receiver has
to take up what the sender still holds; the killed sender has to find in its own journal what was
never receipted. The clock ends when a message that came after all that has its durable receipt.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import msgspec

from benchmarks.history import History
from benchmarks.outage import ONE
from benchmarks.pair import RECEIVER, SENDER, Process, configure
from benchmarks.shapes import Recovery
from hotline.journal.journal import MAX_GROUP
from hotline.model.times import SECOND_US

ENTRIES = 1_000_000
BUSY_S = 1.0
"""How long the load has run when the node is killed."""
BUSY = {"messages": 1_000_000_000, "in_flight": 64, "seconds": BUSY_S}
AGE_US = 30 * 86_400 * SECOND_US
"""The history is older than what still counts in the airspace: that is not measured here."""
TOLD = 100_000

Say = Callable[[str], None]


def measured(parent: Path, entries: int, repetitions: int, say: Say) -> list[Recovery]:
    """Fill both journals, then kill and start each side so many times."""
    with TemporaryDirectory(dir=parent, prefix="recovery-") as name:
        directory = Path(name)
        _fill(directory, entries, say)
        receiver = Process("receiver", configure(directory, RECEIVER, 0))
        sender = None
        try:
            port = receiver.hear()["port"]
            sender = _sender(directory, port)
            sender.hear()
            found = []
            for _ in range(repetitions):
                receiver, one = _receiver_killed(directory, port, sender, receiver)
                found.append(one)
                sender, one = _sender_killed(directory, port, sender)
                found.append(one)
                say(f"recovery: {found[-2].seconds:.2f} s and {one.seconds:.2f} s")
        finally:
            for process in (sender, receiver):
                if process:
                    process.end()
        return found


def _fill(directory: Path, entries: int, say: Say) -> None:
    with History(directory, MAX_GROUP, AGE_US) as history:
        told = 0
        for size in history.grow(entries):
            if size - told >= TOLD:
                told = size
                say(f"recovery: {size:,} of {entries:,} entries are written")


def _receiver_killed(
    directory: Path, port: int, sender: Process, receiver: Process
) -> tuple[Process, Recovery]:
    sender.tell(BUSY)
    time.sleep(BUSY_S / 2)
    receiver.kill()
    begun = time.perf_counter()
    receiver = Process("receiver", configure(directory, RECEIVER, port))
    receiver.hear()
    ready_s = time.perf_counter() - begun
    # The load ends when all that was in flight has its receipts.
    entries = sender.hear()["entries"]
    sender.ask(msgspec.to_builtins(ONE))
    return receiver, Recovery(RECEIVER, entries, ready_s, time.perf_counter() - begun)


def _sender_killed(directory: Path, port: int, sender: Process) -> tuple[Process, Recovery]:
    sender.tell(BUSY)
    time.sleep(BUSY_S / 2)
    sender.kill()
    begun = time.perf_counter()
    sender = _sender(directory, port)
    sender.hear()
    ready_s = time.perf_counter() - begun
    # In one stream receipts come in order: this one's after all that was never receipted.
    entries = sender.ask(msgspec.to_builtins(ONE))["entries"]
    return sender, Recovery(SENDER, entries, ready_s, time.perf_counter() - begun)


def _sender(directory: Path, port: int) -> Process:
    return Process("load", configure(directory, SENDER, port), str(MAX_GROUP))


def table(found: Sequence[Recovery]) -> str:
    """Lay out each side's median and range."""
    lines = [
        f"Killed (-9) under load, with {min(one.entries for one in found):,} entries in the log:",
        f"{'':12}{'ready after, s':>16}{'':14}{'all receipted after, s':>24}",
    ]
    for killed in dict.fromkeys(one.killed for one in found):
        line = f"{killed:12}"
        for field, width in (("ready_s", 16), ("seconds", 24)):
            values = [getattr(one, field) for one in found if one.killed == killed]
            line += f"{median(values):{width}.2f} {f'{min(values):.2f}-{max(values):.2f}':13}"
        lines.append(line.rstrip())
    return "\n".join(lines)
