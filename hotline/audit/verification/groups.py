"""Steps 2 and 3: the groups of a line, what they say, and the messages that are stored for them."""

from __future__ import annotations

from functools import partial

import msgspec

from hotline.audit.verification.findings import LineLogs, Pass, Run
from hotline.audit.verification.grouped import (
    Finding,
    Part,
    Parties,
    check_span,
    check_span_of,
    unlinked,
)
from hotline.audit.verification.replay import distinct, since
from hotline.audit.verification.spans import GroupSpan, group_spans
from hotline.audit.verification.starts import Start, streams_from
from hotline.errors import HotlineError
from hotline.journal.state import IN, NO_ID, OUT, STREAMS
from hotline.journal.streams import stored_ids
from hotline.trust.card import Card
from hotline.wire.body import decode_body, message_id
from hotline.wire.codec import unpack
from hotline.wire.envelope import MAX_ENVELOPE, decode_envelope, verify_group
from hotline.wire.shapes import Seq, Stream


class Groups:
    """The groups of a line with their messages: steps 2 and 3, and what the desk shows of them.

    They are most of the work, and no other step waits for them. So whoever makes one begins with
    it, other processes go on with it, and ``finish`` does the rest and reports.
    """

    def __init__(self, run: Run, line: LineLogs, card: Card, start: Start) -> None:
        self._run = run
        self._line = line
        parties = Parties(
            own=run.own.centre,
            peer=line.peer,
            epoch=line.epoch,
            status=str(run.own.status),
            own_signing=run.own.signing.raw,
            peer_signing=card.signing.raw,
        )
        (size,) = run.db.execute("SELECT size FROM log WHERE id = ?", (line.log,)).fetchone()
        self._pass = Pass(run, start.size, size)
        streams = streams_from(run.db, line.log, start.size)
        self._marks = dict(streams.marks)
        # Of all spans that were joined before it was their turn to be reported.
        self._joined = Part()
        self._counting = False
        self._work = run.crew.fold(
            group_spans(run.db, line.log, streams.first, streams.seqs),
            partial(check_span, run.db, parties),
            partial(check_span_of, run.file, parties),
            lambda span, part: part.holds(span),
            self._join,
        )

    def _join(self, span: GroupSpan, part: Part) -> None:
        """Hold what a span says of itself against what came before it."""
        joined = self._joined
        for one in part.told:
            if isinstance(one, Finding):
                joined.find(*one)
            else:
                mark = self._marks.get(one.place, (1, NO_ID))
                for text in unlinked(one.first_seq, one.previous, *mark):
                    joined.find(3, one.entry, text)
        self._marks.update(part.marks)
        joined.messages += part.messages
        joined.signatures += part.signatures
        self._pass.reach(span.last + 1)
        if self._counting:
            self._count()

    def _count(self) -> None:
        """Count what was joined, for whoever watches the report."""
        joined, report = self._joined, self._run.report
        report.messages += joined.messages
        report.signatures += joined.signatures
        joined.messages = joined.signatures = 0

    def finish(self) -> None:
        """Check what is left, and report."""
        self._counting = True
        self._count()
        try:
            self._work.finish()
        finally:
            for one in self._joined.told:
                if isinstance(one, Finding):
                    self._run.fail(one.step, self._line.own_origin, one.entry, one.text)
        self._pass.close()
        self._check_streams()

    def _check_streams(self) -> None:
        """Check that groups are of the streams that there are, and each stream's mark."""
        run, line = self._run, self._line
        known = {(direction, stream) for direction in (OUT, IN) for stream in range(STREAMS)}
        for direction in distinct(run.db, "envelope", "direction", "log = ?", line.log):
            for stream in distinct(
                run.db, "envelope", "stream", "log = ? AND direction = ?", line.log, direction
            ):
                if (direction, stream) not in known:
                    text = "groups are stored of streams that there are not"
                    run.fail(2, line.own_origin, -1, text)
        told = {
            (direction, stream): (next_seq, last_id)
            for direction, stream, next_seq, last_id in run.db.execute(
                "SELECT direction, stream, next_seq, last_id FROM stream WHERE log = ?", (line.log,)
            )
        }
        if told != self._marks:
            run.fail(3, line.own_origin, -1, "the streams' marks are not those of the messages")


def check_evidence(run: Run, line: LineLogs, card: Card, start: Start) -> None:
    """Step 2: check that each contradiction kept against the peer is signed, and is one."""
    for index, payload in run.db.execute(
        "SELECT idx, payload FROM record WHERE log = ? AND idx >= ? AND kind = 'equivocation'"
        " ORDER BY idx",
        (line.log, since(start.size)),
    ):
        try:
            said = msgspec.convert(unpack(payload, max_bytes=2 * MAX_ENVELOPE), _Equivocation)
            envelope = decode_envelope(said.envelope)
            verify_group(envelope, card.signing)
            first = decode_body(envelope.bodies[0])
        except (HotlineError, msgspec.ValidationError) as error:
            run.fail(2, line.own_origin, index, f"a contradiction cannot be read: {error}")
            continue
        run.report.signatures += 1
        ids = [message_id(body) for body in envelope.bodies]
        stored = stored_ids(run.db, line.log, IN, said.stream, said.seq, len(ids))
        due = (line.peer, line.epoch, said.stream, said.seq)
        if (first.sender, first.epoch, first.precedence, first.seq) != due or all(
            old == new for (old, _), new in zip(stored, ids, strict=False)
        ):
            run.fail(2, line.own_origin, index, "what is kept as a contradiction is none")


class _Equivocation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The payload of an ``equivocation`` record."""

    stream: Stream
    seq: Seq
    envelope: bytes
