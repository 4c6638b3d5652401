"""Who is measured, how each is run, and what each promises to have written when it says so."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import msgspec

from benchmarks.pair import ROOT, Pair, Process, pair
from benchmarks.peers import brokers, keys
from benchmarks.peers.shapes import Answer, Load, Measured
from benchmarks.runs import measure
from benchmarks.shapes import Case
from benchmarks.system import cpu_seconds
from hotline.journal.journal import MAX_GROUP

PYTHON = ROOT / "benchmarks" / ".venv" / "bin" / "python"
ENDLESS = 1_000_000_000
"""More messages than any load has time for."""

Run = Callable[[Load], Measured]
Opening = Callable[[Path, Sequence[str]], AbstractContextManager[Run]]


class Peer(msgspec.Struct, frozen=True):
    """One contender: hotline itself, a product, or a bare pair written for comparison."""

    name: str
    title: str
    family: str
    """By which it is asked for on the command line; "hotline" and "bare" are no products."""
    open: Opening
    """Runs it in a fresh directory below the one given, and yields how a load is run.

    Options are those of the application that a peer carries for: "kept-first" or none.
    """
    synced: str
    """What is on the disk when the sender is told that its message has arrived."""
    needs: tuple[Path, ...] = ()
    """Without these files it is left out."""
    most: int = ENDLESS
    """More in flight than this only waits, so no more is asked of it."""

    @property
    def product(self) -> bool:
        """Whether the aims are held against it."""
        return self.family not in {"hotline", "bare"}

    def missing(self) -> list[Path]:
        """Return what has to be there and is not."""
        return [path for path in self.needs if not path.exists()]


@contextmanager
def _pair(parent: Path, group_limit: int) -> Iterator[Run]:
    with pair(parent, group_limit) as both:
        yield lambda load: _of_pair(both, load)


def _of_pair(both: Pair, load: Load) -> Measured:
    found, _ = measure(both, Case(ENDLESS, load.in_flight, seconds=load.seconds))
    return Measured(
        per_s=found.per_s,
        p50_ms=found.p50_ms,
        p99_ms=found.p99_ms,
        sender_cpu_us=found.sender_cpu_us,
        receiver_cpu_us=found.receiver_cpu_us,
        broker_cpu_us=0.0,
        octets=found.octets_out + found.octets_in,
    )


def _hotline(group_limit: int) -> Opening:
    return lambda parent, _: _pair(parent, group_limit)


def _direct(module: str, python: Path | None, *options: str) -> Opening:
    return lambda parent, more: _programs(parent, module, python, None, [*options, *more])


def _brokered(module: str, broker: brokers.Start) -> Opening:
    return lambda parent, options: _programs(parent, module, PYTHON, broker, options)


@contextmanager
def _programs(
    parent: Path,
    module: str,
    python: Path | None,
    start: brokers.Start | None,
    options: Sequence[str],
) -> Iterator[Run]:
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=parent)))
        keys.make(directory)
        broker = stack.enter_context(brokers.running(start, directory)) if start else None
        chosen = {"python": str(python)} if python else {}

        def program(role: str, port: int) -> Process:
            process = Process(module, role, str(directory), str(port), *options, **chosen)
            stack.callback(process.end)
            return process

        receiver = program("receiver", broker.port if broker else 0)
        sender = program("sender", receiver.hear()["port"])
        sender.hear()
        yield lambda load: _of_programs(sender, receiver, broker, load)


def _of_programs(
    sender: Process, receiver: Process, broker: brokers.Broker | None, load: Load
) -> Measured:
    octets = receiver.ask({})["octets"]
    before = cpu_seconds(receiver.pid), broker.cpu_seconds() if broker else 0.0
    answer = msgspec.convert(sender.ask(msgspec.to_builtins(load)), Answer)
    after = cpu_seconds(receiver.pid), broker.cpu_seconds() if broker else 0.0
    # Between two programs both ends see the same octets; with a broker each has its own line.
    others = receiver.ask({})["octets"] - octets if broker else 0
    count = answer.messages
    return Measured(
        per_s=count / answer.seconds,
        p50_ms=answer.p50_ms,
        p99_ms=answer.p99_ms,
        sender_cpu_us=answer.cpu_s / count * 1e6,
        receiver_cpu_us=(after[0] - before[0]) / count * 1e6,
        broker_cpu_us=(after[1] - before[1]) / count * 1e6,
        octets=(answer.octets + others) / count,
    )


_COMMITTED = "message and receipt in the receiver's and the sender's SQLite (WAL, FULL)"

OURS = Peer(
    name="hotline",
    title="hotline",
    family="hotline",
    open=_hotline(MAX_GROUP),
    synced="message in the sender's journal before it is sent, then in the receiver's, then the"
    " receipt in the sender's: three commits, each synced",
)
HELD = Peer(
    name="hotline-1",
    title="hotline, groups of one",
    family="hotline",
    open=_hotline(1),
    synced="the same; each message signed by itself",
)
PEERS = (
    OURS,
    HELD,
    Peer(
        name="as2",
        title="AS2",
        family="as2",
        open=_direct("peers.clients.as2", PYTHON),
        synced=f"{_COMMITTED}; the protocol itself keeps nothing",
        needs=(PYTHON,),
        most=16,
    ),
    Peer(
        name="nats",
        title="NATS JetStream",
        family="nats",
        open=_brokered("peers.clients.jetstream", brokers.jetstream('"2m"')),
        synced=f"{_COMMITTED}; the server acknowledges what it has written and not synced, and"
        " syncs every two minutes, its default",
        needs=(PYTHON, brokers.NATS),
    ),
    Peer(
        name="nats-synced",
        title="NATS JetStream, synced",
        family="nats",
        open=_brokered("peers.clients.jetstream", brokers.jetstream("always")),
        synced=f"{_COMMITTED}; the server syncs each message and receipt before it acknowledges"
        " (sync_interval: always)",
        needs=(PYTHON, brokers.NATS),
    ),
    Peer(
        name="rabbitmq",
        title="RabbitMQ",
        family="rabbitmq",
        open=_brokered("peers.clients.rabbitmq", brokers.rabbitmq),
        synced=f"{_COMMITTED}; durable queues, persistent messages: the server confirms what it has"
        " synced, or what a consumer has acknowledged before that",
        needs=(PYTHON, brokers.RABBITMQ, brokers.EPMD),
    ),
    Peer(
        name="mosquitto",
        title="Mosquitto, QoS 2",
        family="mosquitto",
        open=_brokered("peers.clients.mosquitto", brokers.mosquitto),
        synced=f"{_COMMITTED}; the server syncs nothing before it acknowledges: it saves its memory"
        " every half hour and when it ends",
        needs=(PYTHON, brokers.MOSQUITTO),
    ),
    Peer(
        name="fix",
        title="FIX (QuickFIX)",
        family="fix",
        open=_direct("peers.clients.fix", PYTHON),
        synced=f"{_COMMITTED}; QuickFIX writes its own store and syncs it never",
        needs=(PYTHON,),
    ),
    Peer(
        name="bare",
        title="bare pair",
        family="bare",
        open=_direct("peers.bare", None),
        synced=_COMMITTED,
    ),
    Peer(
        name="bare-grouped",
        title="bare pair, grouped",
        family="bare",
        open=_direct("peers.bare", None, "grouped"),
        synced=f"{_COMMITTED}; one signature for a group of messages, one for its receipt",
    ),
)
FAMILIES = tuple(dict.fromkeys(peer.family for peer in PEERS if peer.family != "hotline"))


def chosen(families: Sequence[str]) -> list[Peer]:
    """Return hotline in both ways, and the peers of the families asked for; none means all."""
    wanted = {"hotline", *(families or FAMILIES)}
    return [peer for peer in PEERS if peer.family in wanted]
