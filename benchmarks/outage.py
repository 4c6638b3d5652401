"""What waits while the peer is away, and how fast it is delivered when the peer is back.

The receiver is killed (-9), so many messages are entered at the sender meanwhile, the receiver is
started again. The clock runs from its start until the last receipt is verified and durable at the
sender: starting a Python process and dialling anew, which waits for up to four seconds, included.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from benchmarks.pair import RECEIVER, SENDER, Process, configure, make_centres
from benchmarks.shapes import Case, Outage
from hotline.journal.journal import MAX_GROUP

MESSAGES = 100_000
UP, ONE = Case(0, 1), Case(1, 1)
"""Asks of the sender: to answer when the line is up; to send one more message."""


def measured(parent: Path, messages: int, say: Callable[[str], None]) -> Outage:
    """Have so many messages wait for a peer, and see them delivered."""
    with TemporaryDirectory(dir=parent, prefix="outage-") as name:
        directory = Path(name)
        make_centres(directory)
        receiver = Process("receiver", configure(directory, RECEIVER, 0))
        try:
            port = receiver.hear()["port"]
            sender = Process("load", configure(directory, SENDER, port), str(MAX_GROUP))
            try:
                sender.hear()
                sender.ask(msgspec.to_builtins(Case(100, 10)))
                receiver.kill()
                say(f"outage: {messages:,} messages are entered while the peer is away")
                entered = sender.ask(msgspec.to_builtins(Case(messages, 1024, awaited=False)))
                begun = time.perf_counter()
                receiver = Process("receiver", configure(directory, RECEIVER, port))
                receiver.hear()
                ready_s = time.perf_counter() - begun
                sender.ask(msgspec.to_builtins(UP))
                up_s = time.perf_counter() - begun
                # In one stream receipts come in order: this one's after all that waited.
                sender.ask(msgspec.to_builtins(ONE))
                return Outage(
                    messages=messages,
                    entered_per_s=entered["messages"] / entered["seconds"],
                    ready_s=ready_s,
                    up_s=up_s,
                    seconds=time.perf_counter() - begun,
                )
            finally:
                sender.end()
        finally:
            receiver.end()


def table(found: Outage) -> str:
    """Say it in words."""
    delivering_s = found.seconds - found.up_s
    return (
        f"{found.messages:,} messages waited, entered at {found.entered_per_s:,.0f}/s.\n"
        f"The peer listened {found.ready_s:.2f} s after its start, the line was up after"
        f" {found.up_s:.2f} s,\nand the last receipt was durable after {found.seconds:.2f} s:"
        f" {found.messages / delivering_s:,.0f}/s once the line was up."
    )
