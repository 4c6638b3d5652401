"""What is answered to ``add-checkpoint`` (C2SP tlog-witness v1.0.0), whichever port it comes by.

A request needs no other authentication than the log's signature on the checkpoint in it, so
nothing is written, and nothing is looked up in the journal, before that signature holds. Sizes,
times, rates and the number of requests at once are bounded.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import structlog
from aiohttp import web

from hotline.errors import ConfigError, HotlineError, TrustError, WireError
from hotline.journal.witnessing import Submission, Verdict, add_checkpoint
from hotline.node.witness.submission import (
    SIZE_TYPE,
    claimed_origin,
    decode_submission,
)
from hotline.trust.checkpoint import open_checkpoint
from hotline.trust.names import status_and_centre_of
from hotline.trust.notes import NoteKey

if TYPE_CHECKING:
    from hotline.node.centre import Centre

BODY_S = 5.0
"""Within which a request's body has come."""
MAX_AT_ONCE = 16
"""Requests at once; one more is asked to come again."""
A_SECOND, BURST = 20.0, 40.0
"""Requests that one asker may make."""
MAX_ASKERS = 1000

_log = structlog.get_logger()


@dataclass(slots=True)
class _Allowance:
    """What one asker has left; ``at`` is the monotonic second since when."""

    left: float
    at: float


class Service:
    """Answers submissions for the logs of this node's peers, and for those of node.toml.

    Raises ConfigError when node.toml has another key for a peer's log than the pinned card.
    """

    def __init__(self, centre: Centre) -> None:
        self._centre = centre
        configured = centre.config.witness_service
        self._logs = dict(configured.logs) if configured is not None else {}
        for line in centre.lines.values():
            key = NoteKey(line.terms.peer_origin, line.card.log)
            if self._logs.setdefault(key.name, key) != key:
                raise ConfigError(
                    "config.bad-witnessed-log",
                    f"{key.name} has another key in node.toml than on the pinned card",
                    f"take it out of [[witness_service.log]]: {line.peer} is a peer of this node",
                )
        self._at_once = 0
        self._askers: dict[str, _Allowance] = {}

    async def respond(self, request: web.Request, peer: str | None = None) -> web.Response:
        """Answer one POST; a ``peer``, known by its certificate, may submit its own logs only."""
        if not self._allows(peer or request.remote or "?") or self._at_once >= MAX_AT_ONCE:
            return self._count(_refused(429, "witness.too-many-requests", {"Retry-After": "1"}))
        self._at_once += 1
        try:
            async with asyncio.timeout(BODY_S):
                body = await request.read()
            return self._count(await self._answer(body, self._served(peer)))
        except TimeoutError:
            return self._count(_refused(408, "witness.too-slow", {"Connection": "close"}))
        except web.HTTPRequestEntityTooLarge:
            return self._count(_refused(413, "witness.too-large", {"Connection": "close"}))
        finally:
            self._at_once -= 1

    def _served(self, peer: str | None) -> Mapping[str, NoteKey]:
        if peer is None:
            return self._logs
        return {
            origin: key
            for origin, key in self._logs.items()
            if (status_and_centre_of(origin) or ("", ""))[1] == peer
        }

    async def _answer(self, body: bytes, logs: Mapping[str, NoteKey]) -> web.Response:
        """Check in the standard's order; what the journal decides, it has stored by then."""
        try:
            old, proof, note = decode_submission(body)
            origin = claimed_origin(note)
        except (WireError, TrustError) as error:
            return _refused(400, error.code)
        key = logs.get(origin)
        if key is None:
            return _refused(404, "witness.unknown-log")
        try:
            checkpoint = open_checkpoint(note, origin, key.public)
        except TrustError as error:
            signed = error.code in ("trust.malformed-checkpoint", "trust.malformed-key-name")
            return _refused(400 if signed else 403, error.code)
        if old > checkpoint.size:
            return _refused(400, "witness.old-size-too-large")
        submission = Submission(key, note, checkpoint, old, proof)
        now_us = self._centre.clock.wall_us()
        try:
            answer = await self._centre.writer.do(
                partial(add_checkpoint, submission=submission, now_us=now_us)
            )
        except HotlineError as error:
            # Fenced, or the disk is full: not the asker's fault, and perhaps over soon.
            _log.warning("submission_failed", log=origin, code=error.code, error=error.message)
            return _refused(503, error.code)
        match answer.verdict:
            case Verdict.COSIGNED:
                _log.info("checkpoint_cosigned", log=origin, size=checkpoint.size)
                return web.Response(text=answer.line)
            case Verdict.STALE:
                return web.Response(
                    status=409, body=b"%d\n" % answer.size, headers={"Content-Type": SIZE_TYPE}
                )
            case Verdict.FORKED:
                return _refused(409, "witness.forked-log")
            case Verdict.NOT_CONSISTENT:
                _log.warning("submission_not_consistent", log=origin, size=checkpoint.size)
                return _refused(422, "trust.not-consistent")

    def _count(self, response: web.Response) -> web.Response:
        self._centre.metrics.submissions.labels(response.status).inc()
        return response

    def _allows(self, asker: str) -> bool:
        """Take one from what an asker may still do now."""
        now = self._centre.clock.now().mono
        if len(self._askers) > MAX_ASKERS:
            # Whoever has been away for so long has all of it again.
            fresh_s = BURST / A_SECOND
            self._askers = {a: k for a, k in self._askers.items() if now - k.at < fresh_s}
        kept = self._askers.setdefault(asker, _Allowance(BURST, now))
        kept.left = min(BURST, kept.left + (now - kept.at) * A_SECOND)
        kept.at = now
        if kept.left < 1:
            return False
        kept.left -= 1
        return True


def _refused(status: int, code: str, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(status=status, text=f"{code}\n", headers=headers)
