"""What every carrier is given to do: sign, verify, keep, answer with a signed receipt.

It is what a careful engineer writes around a broker: Ed25519 on both sides, SQLite in WAL with
``synchronous=FULL``, one commit for all that waits at that moment, and a message acknowledged only
when it is durable. It checks nothing else, numbers messages by a counter, and the sender keeps a
message only together with its receipt: less than a node of hotline does, which favours the peers.
With ``kept-first`` the sender keeps each message before it hands it over, as a node does, so that
it knows after a crash what it has said.

    group     u16be count || signature[64] || count * (u64be number || u16be length || body)
    receipt   u16be count || signature[64] || count * u64be number

Both signatures are over the SHA-256 of the SHA-256 of each message's number and body, a receipt's
with another prefix. Where a carrier does not group, ``count`` is 1 and all stays as it is.
"""

from __future__ import annotations

import asyncio
import itertools
import sqlite3
import struct
import threading
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from queue import SimpleQueue
from typing import Generic, NamedTuple, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.serialization import load_pem_private_key

BODY_OCTETS = 643
"""As long as the signed body of hotline's own load."""
GROUP_LIMIT = 256
"""Messages under one signature, where a pair is asked to group."""
_GROUP, _RECEIPT = b"group", b"receipt"
_HEAD = struct.Struct(">H64s")
_ITEM = struct.Struct(">QH")
_NUMBER = struct.Struct(">Q")
_COMMIT_AT_MOST = 4096
"""Rows in one commit; with 1024 in flight never reached."""

Context = TypeVar("Context")


class Row(NamedTuple):
    """What the store keeps of a message: its number, what was signed, and the receipt, if any."""

    number: int
    signed: bytes
    receipt: bytes


class Store(Generic[Context]):
    """A SQLite file whose own thread commits all that waits, and then says so on the loop."""

    def __init__(self, path: Path, durable: Callable[[list[Context]], None]) -> None:
        self._durable = durable
        self._loop = asyncio.get_running_loop()
        self._waiting: SimpleQueue[tuple[Row, Context] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, args=(path,), daemon=True)
        self._thread.start()

    def enter(self, row: Row, context: Context) -> None:
        """Have a row made durable; its context is handed on when it is."""
        self._waiting.put((row, context))

    def close(self) -> None:
        """Commit what waits, and end the thread."""
        self._waiting.put(None)
        self._thread.join()

    def _work(self, path: Path) -> None:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute(
                "CREATE TABLE message(number INTEGER PRIMARY KEY, signed BLOB, receipt BLOB)"
            )
            while batch := self._batch():
                connection.execute("BEGIN IMMEDIATE")
                connection.executemany(
                    "INSERT INTO message VALUES (?, ?, ?)"
                    " ON CONFLICT DO UPDATE SET receipt = excluded.receipt",
                    [row for row, _ in batch],
                )
                connection.execute("COMMIT")
                contexts = [context for _, context in batch]
                self._loop.call_soon_threadsafe(self._durable, contexts)

    def _batch(self) -> list[tuple[Row, Context]]:
        """Wait for one, then take all that is there; nothing means the end."""
        batch: list[tuple[Row, Context]] = []
        one = self._waiting.get()
        while one is not None:
            batch.append(one)
            if len(batch) == _COMMIT_AT_MOST or self._waiting.empty():
                break
            one = self._waiting.get()
        else:
            if batch:
                self._waiting.put(None)  # the end is told once this batch is committed
        return batch


class Pending(NamedTuple):
    """A message on its way: what was signed, and who waits for the receipt."""

    number: int
    digest: bytes
    signed: bytes
    done: asyncio.Future[None]


class Sender:
    """Signs messages, hands them to a carrier, and takes the receipts that come back."""

    def __init__(
        self, directory: Path, carry: Callable[[bytes], Awaitable[object]], *options: str
    ) -> None:
        self._key = private_key(directory / "sender.signing.pem")
        self._peer = private_key(directory / "receiver.signing.pem").public_key()
        self._carry = carry
        self._limit = GROUP_LIMIT if "grouped" in options else 1
        self._kept_first = "kept-first" in options
        self._numbers = itertools.count(1)
        self._new: list[tuple[int, asyncio.Future[None]]] = []
        self._pending: dict[int, Pending] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()
        self._store: Store[Pending | bytes] = Store(directory / "sender.sqlite", self._durable)

    async def send(self) -> None:
        """Send one message; return when the peer's receipt for it is verified and durable."""
        done: asyncio.Future[None] = self._loop.create_future()
        if not self._new:
            self._loop.call_soon(self._form)
        self._new.append((next(self._numbers), done))
        await done

    def took(self, octets: bytes) -> None:
        """Take a receipt: verify it against what was sent, and keep both."""
        numbers, signature = read_receipt(octets)
        covered = [self._pending.pop(number) for number in numbers]
        self._peer.verify(signature, _over(_RECEIPT, [one.digest for one in covered]))
        for one in covered:
            self._store.enter(Row(one.number, one.signed, octets), one)

    def close(self) -> None:
        """Keep what waits to be kept, and end."""
        self._store.close()

    def _form(self) -> None:
        """Sign what waits, in groups, and send them."""
        new, self._new = self._new, []
        for begin in range(0, len(new), self._limit):
            group = new[begin : begin + self._limit]
            parts = [number_and_body(number) for number, _ in group]
            digests = [sha256(part).digest() for part in parts]
            signature = self._key.sign(_over(_GROUP, digests))
            for (number, done), digest, part in zip(group, digests, parts, strict=True):
                signed = signature + part
                self._pending[number] = Pending(number, digest, signed, done)
            octets = _HEAD.pack(len(group), signature) + b"".join(parts)
            if self._kept_first:
                for (number, _), part in zip(group, parts, strict=True):
                    last = octets if number == group[-1][0] else b""
                    self._store.enter(Row(number, signature + part, b""), last)
            else:
                self._begin(octets)

    def _begin(self, octets: bytes) -> None:
        task = self._loop.create_task(self._hand_over(octets))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _hand_over(self, octets: bytes) -> None:
        try:
            await self._carry(octets)
        except Exception as error:  # whoever waits for a receipt must not wait for ever
            for number, _ in read_group(octets)[0]:
                if pending := self._pending.pop(number, None):
                    pending.done.set_exception(error)

    def _durable(self, contexts: list[Pending | bytes]) -> None:
        for one in contexts:
            if isinstance(one, bytes):
                # A group's messages are kept, the last of them brings its octets.
                if one:
                    self._begin(one)
            elif not one.done.done():
                one.done.set_result(None)


class Arrival(NamedTuple, Generic[Context]):
    """A message that was taken, and what its carrier needs to acknowledge it."""

    number: int
    digest: bytes
    context: Context


Answering = Callable[[list[bytes], list[Context]], None]
"""What a carrier does with receipts, and with the contexts of all that has just become durable."""


class Receiver(Generic[Context]):
    """Verifies and keeps what a carrier brings, then has it answered."""

    def __init__(self, directory: Path, answer: Answering[Context], *options: str) -> None:
        self._key = private_key(directory / "receiver.signing.pem")
        self._peer: Ed25519PublicKey = private_key(directory / "sender.signing.pem").public_key()
        self._answer = answer
        self._limit = GROUP_LIMIT if "grouped" in options else 1
        self._store: Store[Arrival[Context]] = Store(directory / "receiver.sqlite", self._durable)

    def take(self, octets: bytes, context: Context) -> None:
        """Verify a group's signature and keep its messages."""
        items, signature = read_group(octets)
        digests = [sha256(part).digest() for _, part in items]
        self._peer.verify(signature, _over(_GROUP, digests))
        for (number, part), digest in zip(items, digests, strict=True):
            row = Row(number, signature + part, b"")
            self._store.enter(row, Arrival(number, digest, context))

    def close(self) -> None:
        """Keep what waits to be kept, and end."""
        self._store.close()

    def _durable(self, arrivals: list[Arrival[Context]]) -> None:
        receipts = []
        for begin in range(0, len(arrivals), self._limit):
            batch = arrivals[begin : begin + self._limit]
            signature = self._key.sign(_over(_RECEIPT, [one.digest for one in batch]))
            numbers = b"".join(_NUMBER.pack(one.number) for one in batch)
            receipts.append(_HEAD.pack(len(batch), signature) + numbers)
        self._answer(receipts, [one.context for one in arrivals])


def number_and_body(number: int) -> bytes:
    """Return a message as it is signed: its number, and a body of ``BODY_OCTETS``."""
    body = b'{"reference":"LOAD-%08d","remarks":"%s"}' % (number, _REMARKS)
    return _ITEM.pack(number, len(body)) + body


_REMARKS = b"x" * (BODY_OCTETS - len(b'{"reference":"LOAD-00000000","remarks":""}'))


def read_group(octets: bytes) -> tuple[list[tuple[int, bytes]], bytes]:
    """Return each message of a group by its number, and the group's signature."""
    count, signature = _HEAD.unpack_from(octets)
    items, at = [], _HEAD.size
    for _ in range(count):
        number, length = _ITEM.unpack_from(octets, at)
        end = at + _ITEM.size + length
        items.append((number, octets[at:end]))
        at = end
    return items, signature


def read_receipt(octets: bytes) -> tuple[Sequence[int], bytes]:
    """Return the numbers of the messages that a receipt covers, and its signature."""
    count, signature = _HEAD.unpack_from(octets)
    return struct.unpack_from(f">{count}Q", octets, _HEAD.size), signature


def private_key(path: Path) -> Ed25519PrivateKey:
    """Read an Ed25519 key that ``keys.make`` wrote."""
    key = load_pem_private_key(path.read_bytes(), None)
    assert isinstance(key, Ed25519PrivateKey)
    return key


def _over(prefix: bytes, digests: Iterable[bytes]) -> bytes:
    return prefix + sha256(b"".join(digests)).digest()


class Frames:
    """Cuts a stream of ``u32be length || octets`` into what was sent."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def cut(self, octets: bytes) -> Iterator[bytes]:
        """Take what came, and yield every frame that is whole."""
        self._buffer += octets
        at = 0
        while len(self._buffer) - at >= 4:
            length = int.from_bytes(self._buffer[at : at + 4])
            if len(self._buffer) - at - 4 < length:
                break
            yield bytes(self._buffer[at + 4 : at + 4 + length])
            at += 4 + length
        del self._buffer[:at]


def framed(octets: bytes) -> bytes:
    """Return octets as ``Frames`` cuts them out again."""
    return len(octets).to_bytes(4) + octets
