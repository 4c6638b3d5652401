"""What the peer of a line does wrong: entered with its proof, alarmed, and bounded in number."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from hotline.errors import RemoteError
from hotline.line import events as ev
from hotline.model.kinds import Precedence
from hotline.wire.frames import MAX_FRAME

if TYPE_CHECKING:
    from hotline.node.line import Line

MAX_EVIDENCE = MAX_FRAME
"""Bytes of a refused frame that are kept in the journal: all, since a part proves nothing."""
PROOF = frozenset(
    {"line.forked-log", "line.forged-leaf", "line.inconsistent-root", "line.broken-chain"}
)
"""Misbehaviour that the frame itself proves by the peer's signature; always entered."""

_ROLLED_BACK = (
    "compare both records by voice; agree on a letter with the next epoch, and on the side that "
    "was restored stop the node and run `hotline recover`"
)
LASTING_MENDS = {
    "line.peer-rolled-back": _ROLLED_BACK,
    "line.rolled-back": _ROLLED_BACK,
    "line.forked-log": _ROLLED_BACK,
    "journal.fenced": _ROLLED_BACK,
    "line.wrong-epoch": "the letters name different epochs: install the same letter on both sides, "
    "then restart",
    "line.wrong-status": "one side is not on this status: compare node.toml and letter by voice",
    "line.wrong-centre": "compare the centres' ids in both letters by voice",
    "line.no-common-version": "bring both nodes to releases that share a version",
}
LASTING = frozenset(LASTING_MENDS)
"""Reasons that no new connection changes by itself: each is told once, until the line is up."""

_log = structlog.get_logger()


class Misconduct:
    """Takes note of what the peer of one line does wrong."""

    def __init__(self, line: Line) -> None:
        self._line = line
        # Monotonic time until which repeats of a number are not looked at.
        self._equivocating_until = 0.0
        # Size up to which the peer had cosigned when it was told that its mirror shrank.
        self._shrunk_below = 0

    async def note_misbehaviour(self, error: RemoteError, frame: bytes) -> None:
        """Enter what the peer did wrong, with the frame as evidence."""
        line = self._line
        line.fail(str(error), error.code)
        _log.warning("peer_misbehaved", line=line.peer, code=error.code, error=error.message)
        line.centre.metrics.refused.labels(error.code).inc()
        lasting = error.code in LASTING
        if lasting and error.code in line.centre.bell.active("line.peer-misbehaved", line.peer):
            return  # the same as at the last connection, and it is known
        if error.code not in PROOF and not line.centre.may_record_refusal(
            f"{line.peer} {error.code}"
        ):
            return
        await line.record(
            "refusal", {"code": error.code, "text": error.message, "frame": frame[:MAX_EVIDENCE]}
        )
        ring = line.centre.bell.ring if lasting else line.centre.bell.once
        await ring("line.peer-misbehaved", line.peer, error.code, f"{line.peer}: {error}")

    async def note_mirror(self, size: int, cosigned: int) -> None:
        """Alarm when the peer holds less of our log (``size`` entries) than it has ``cosigned``.

        Once until it has cosigned more: a peer that says it at each connection rings no more.
        """
        line = self._line
        if size >= cosigned or cosigned <= self._shrunk_below:
            return
        self._shrunk_below = cosigned
        _log.error("mirror_shrank", line=line.peer, size=size, cosigned=cosigned)
        await line.centre.bell.once(
            "line.mirror-shrank",
            line.peer,
            "",
            f"{line.peer} has cosigned {cosigned} entries of this node's log and holds {size}: its "
            "record was put back to an earlier state; compare both records",
        )

    async def note_equivocation(self, subject: str, text: str) -> None:
        """Alarm about two messages under one number; too many of them, and no more are taken."""
        line = self._line
        line.centre.metrics.refused.labels("line.equivocation").inc()
        line.fail(f"{text} [line.equivocation]", "line.equivocation")
        _log.error("peer_equivocated", line=line.peer, subject=subject)
        if not line.centre.may_record_refusal(f"{line.peer} line.equivocation"):
            self._equivocating_until = line.centre.clock.now().mono + 60
            return
        await line.centre.bell.once("line.equivocation", line.peer, subject, text)

    @property
    def equivocates(self) -> bool:
        """Whether the peer has contradicted itself so often that its repeats are not looked at."""
        return self._line.centre.clock.now().mono < self._equivocating_until

    async def note_rejection(self, event: ev.RejectionReceived) -> None:
        """Enter the peer's logical rejection of a message of ours, and alarm."""
        line = self._line
        line.fail(f"{line.peer} rejected a message: {event.text} [{event.code}]", event.code)
        if not line.centre.may_record_refusal(f"{line.peer} rejection"):
            return
        await line.record(
            "rejection",
            {
                "stream": event.stream,
                "seq": event.seq,
                "message": event.message_id,
                "code": event.code,
                "text": event.text,
            },
        )
        await line.centre.bell.once(
            "line.rejected",
            line.peer,
            event.code,
            f"{line.peer} rejected message {event.seq} of {Precedence(event.stream).name}: "
            f"{event.text} [{event.code}]",
        )
