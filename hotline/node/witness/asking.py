"""Asking outside witnesses for cosignatures over this node's own logs (C2SP tlog-witness v1.0.0).

Beside everything else, and never in its way: each witness has a task of its own, which submits the
newest signed checkpoint of each log, with the proof from the last one that this witness cosigned.
What is in between is not submitted. A witness that fails is asked again, later and later; it shows
in the status, and alarms after the letter's limit.
"""

from __future__ import annotations

import asyncio
import os
import random
import ssl
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import aiohttp
import structlog

from hotline.errors import ConfigError, HotlineError, TrustError
from hotline.journal.log import node_reader
from hotline.journal.witnessing import take_outside
from hotline.node.witness.settings import OutsideWitness
from hotline.node.witness.submission import (
    MAX_ANSWER,
    PATH,
    SIZE_TYPE,
    cosignature_in,
    decode_size,
    encode_submission,
)
from hotline.trust.checkpoint import Checkpoint
from hotline.trust.merkle import consistency_path
from hotline.trust.notes import Note, NoteKey

if TYPE_CHECKING:
    import sqlite3

    from hotline.node.centre import Centre

ASK_EVERY_S = 2.0
"""Between two rounds, however fast the logs grow."""
LOOK_EVERY_S = 10.0
"""Between two looks at logs of which nothing was heard."""
BACK_OFF_S = (1.0, 2.0, 5.0, 10.0, 20.0, 30.0)
CONNECT_S, ANSWER_S = 5.0, 10.0
WITHOUT_LETTER_S = 60.0
"""For how long a witness may owe a node that has no line, and so no letter, a cosignature."""

_log = structlog.get_logger()


class AskingError(Exception):
    """Why a witness did not cosign, in words, with the mend where there is one.

    Not of the tree of ``hotline.errors``: it stops nothing, and nobody is asked to handle it.
    """

    def __init__(self, text: str, mend: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.mend = mend


@dataclass(frozen=True, slots=True)
class Setback:
    """Why a log was not cosigned, how often in a row, and when (loop's time) it is its turn."""

    error: AskingError
    failures: int
    again_at: float


@dataclass(frozen=True, slots=True)
class Pending:
    """The newest checkpoint of one of our logs (``log`` is its row), as a witness has to see it.

    ``cosigned`` is the size that the witness cosigned last, as far as this node knows.
    """

    log: int
    note: bytes
    checkpoint: Checkpoint
    cosigned: int

    @property
    def origin(self) -> str:
        """The log's name."""
        return self.checkpoint.origin


def pending(connection: sqlite3.Connection, origins: list[str], witness: str) -> list[Pending]:
    """Return the newest signed checkpoint of each log that has one."""
    found = []
    for origin in origins:
        row = connection.execute(
            "SELECT g.id, g.note, coalesce((SELECT max(size) FROM cosignature"
            " WHERE log = g.id AND witness = ?), 0) FROM log g WHERE g.origin = ? AND g.own",
            (witness, origin),
        ).fetchone()
        if row is not None and row[1]:
            log, note, cosigned = row
            found.append(Pending(log, note, Checkpoint.parse(Note.parse(note).text), cosigned))
    return found


class Asking:
    """What this node asks of one outside witness, and how that goes. Raises ConfigError."""

    def __init__(self, centre: Centre, witness: OutsideWitness) -> None:
        self._centre = centre
        self._key = witness.key
        # Public services have certificates of the system's authorities, unlike peers.
        try:
            self._tls = ssl.create_default_context(cafile=witness.ca)
        except OSError as error:
            raise ConfigError(
                "config.no-witness-ca",
                f"the authorities of {witness.key.name} in {witness.ca} cannot be read: {error}",
                "put the PEM file there, or take the key `ca` out of the [[witness]] table",
            ) from error
        self.name = witness.key.name
        self.url = witness.url or ""
        # Size that this witness has cosigned, by origin.
        self.cosigned: dict[str, int] = {}
        # Monotonic time since which a checkpoint of a log waits for its cosignature, by origin.
        self.waiting_since: dict[str, float] = {}
        # Why the witness did not cosign, when it was asked last; empty while it does.
        self.last_error = ""
        self.mend = ""
        # What each log has met with, by origin; "" is the journal's own trouble.
        self._setbacks: dict[str, Setback] = {}
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """Take note that a log may have a new checkpoint."""
        self._wake.set()

    @property
    def waiting_s(self) -> float:
        """For how long the witness has owed a cosignature, in seconds; 0 while it owes none."""
        now = self._centre.clock.now().mono
        return max((now - since for since in self.waiting_since.values()), default=0.0)

    @property
    def limit_s(self) -> float:
        """For how long it may: the shortest time that a letter of this node allows."""
        allowed = (line.letter.max_unwitnessed_s for line in self._centre.lines.values())
        return min(allowed, default=WITHOUT_LETTER_S)

    @property
    def late(self) -> bool:
        """Whether it owes one for longer than that."""
        return self.waiting_s > self.limit_s

    async def run(self) -> None:
        """Ask for as long as the node runs."""
        async with aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=ANSWER_S, sock_connect=CONNECT_S),
            connector=aiohttp.TCPConnector(limit=1),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            headers={"User-Agent": "hotline", "Accept-Encoding": "identity"},
        ) as session:
            while True:
                self._wake.clear()
                await self._round(session)
                await asyncio.sleep(ASK_EVERY_S)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), self._look_within_s())

    def _look_within_s(self) -> float:
        """Return in how many seconds something has to be looked at again, at the latest."""
        now = asyncio.get_running_loop().time()
        due = (max(0.0, setback.again_at - now) for setback in self._setbacks.values())
        return min(due, default=LOOK_EVERY_S)

    async def _round(self, session: aiohttp.ClientSession) -> None:
        """Ask once about every log whose turn it is: one that is refused delays no other."""
        if self._centre.fenced is not None:
            return
        try:
            found = await self._centre.reader.run(
                partial(pending, origins=self._centre.own_origins, witness=self.name)
            )
            self._setbacks.pop("", None)
            self._note_waiting(found)
            for log in found:
                if log.cosigned >= log.checkpoint.size:
                    self._setbacks.pop(log.origin, None)
                elif self._is_due(log.origin):
                    await self._ask_or_note(session, log)
        except HotlineError as error:  # the journal's, which alarms by itself
            self._put_off("", AskingError(str(error), error.hint))
        self._tell_setbacks()

    def _is_due(self, origin: str) -> bool:
        setback = self._setbacks.get(origin)
        return setback is None or asyncio.get_running_loop().time() >= setback.again_at

    def _put_off(self, origin: str, error: AskingError) -> None:
        """Have a log asked about again, later and later while it fails."""
        before = self._setbacks.get(origin)
        failures = 1 if before is None else before.failures + 1
        # Full jitter, so that many nodes do not knock in step after an outage.
        pause_s = BACK_OFF_S[min(failures, len(BACK_OFF_S)) - 1] * (0.5 + random.random() / 2)  # noqa: S311
        again_at = asyncio.get_running_loop().time() + pause_s
        self._setbacks[origin] = Setback(error, failures, again_at)

    def _tell_setbacks(self) -> None:
        """Show what every log has met with; the mend of the first is shown, and those like it."""
        errors = [setback.error for setback in self._setbacks.values()]
        text = "; ".join(dict.fromkeys(error.text for error in errors))
        if text and text != self.last_error:
            _log.warning("witness_failed", witness=self.name, error=text)
        self.last_error, self.mend = text, errors[0].mend if errors else ""

    async def _ask_or_note(self, session: aiohttp.ClientSession, log: Pending) -> None:
        outcome = "failed"
        try:
            line = await self._ask(session, log)
            await self._centre.writer.do(
                partial(
                    take_outside,
                    log=log.log,
                    checkpoint=log.checkpoint,
                    witness_name=self.name,
                    line=line,
                )
            )
            outcome = "cosigned"
        except AskingError as error:
            self._put_off(log.origin, error)
        except TrustError as error:
            self._put_off(log.origin, AskingError(f"its answer does not hold: {error}"))
        except TimeoutError:
            self._put_off(log.origin, AskingError("no answer in time"))
        except (aiohttp.ClientError, OSError, ValueError) as error:
            self._put_off(log.origin, AskingError(words_of(error)))
        else:
            self._setbacks.pop(log.origin, None)
            self.cosigned[log.origin] = log.checkpoint.size
            self.waiting_since.pop(log.origin, None)
        self._centre.metrics.witness_requests.labels(self.name, outcome).inc()

    def _note_waiting(self, found: list[Pending]) -> None:
        """Take note of which logs wait, and since when; those that went on waiting keep that."""
        now = self._centre.clock.now().mono
        for log in found:
            self.cosigned[log.origin] = log.cosigned
            if log.cosigned < log.checkpoint.size:
                self.waiting_since.setdefault(log.origin, now)
            else:
                self.waiting_since.pop(log.origin, None)

    async def _ask(self, session: aiohttp.ClientSession, log: Pending) -> str:
        """Return the witness's line over a checkpoint.

        A witness that has cosigned another size than we know of says which: then it is asked once
        more, with the proof from there. Raises AskingError, TrustError, aiohttp's errors.
        """
        size = log.checkpoint.size
        status, kind, answer = await self._submit(session, log, log.cosigned)
        if status == 409 and kind == SIZE_TYPE:
            known = decode_size(answer)
            if known is None:
                raise AskingError("it says that it has cosigned another size, but not which")
            if known > size:
                raise AskingError(
                    f"it has cosigned {known} entries of {log.origin}, which ends at {size} here",
                    "unless the witness errs, this node's record was restored from an older copy: "
                    "compare with the peer's before anything else is signed",
                )
            status, kind, answer = await self._submit(session, log, known)
        if status == 200:
            return cosignature_in(answer, log.note, self._key)
        raise self._refused(status, log)

    def _refused(self, status: int, log: Pending) -> AskingError:
        vkey = NoteKey(log.origin, self._centre.keyring.log.public_key).vkey()
        if status == 404:
            return AskingError(
                f"it does not know the log {log.origin}",
                "have the witness take the logs that `hotline keys logs` prints; the vkey of this"
                f" one is {vkey}",
            )
        if status == 403:
            return AskingError(
                f"it has another key for the log {log.origin}",
                f"have the witness take this log's vkey, which is {vkey}",
            )
        if status in (409, 422):
            return AskingError(
                f"it has cosigned another log {log.origin} than this node has (HTTP {status})",
                "unless the witness errs, there are two records under this node's key: keep both "
                "sides' journals, and compare with the peer's",
            )
        return AskingError(f"it refused with HTTP {status}", "ask whoever runs the witness")

    async def _submit(
        self, session: aiohttp.ClientSession, log: Pending, old: int
    ) -> tuple[int, str, bytes]:
        """Post one checkpoint; return status, content type, and at most 16 KiB of the answer."""
        path = await self._centre.reader.run(
            lambda connection: consistency_path(
                old, log.checkpoint.size, node_reader(connection, log.log)
            )
        )
        async with session.post(
            self.url.rstrip("/") + PATH,
            data=encode_submission(old, path, log.note),
            headers={"Content-Type": "text/plain; charset=utf-8"},
            ssl=self._tls,
            allow_redirects=False,
        ) as response:
            answer = b""
            async for chunk in response.content.iter_chunked(MAX_ANSWER):
                answer += chunk
                if len(answer) > MAX_ANSWER:
                    raise AskingError(f"it answered with more than {MAX_ANSWER} bytes")
            return response.status, response.headers.get("Content-Type", ""), answer


def words_of(error: Exception) -> str:
    """Say why nothing came of a request; aiohttp's own words show objects of the program."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return (
            f"its certificate at {error.host}:{error.port} does not hold: {error.certificate_error}"
        )
    if isinstance(error, aiohttp.ClientConnectorError):
        cause = error.os_error
        known = cause.errno is not None and cause.errno > 0 and not isinstance(cause, ssl.SSLError)
        reason = os.strerror(cause.errno) if known and cause.errno else cause.strerror or cause
        return f"no connection to {error.host}:{error.port}: {reason}"
    return str(error) or type(error).__name__


def late_text(asking: Asking) -> str:
    """Say what a late witness owes."""
    reason = f": {asking.last_error}" if asking.last_error else ""
    return f"the witness {asking.name} has not cosigned for {asking.waiting_s:.0f} s{reason}"
