"""Two records of one past, as large as one likes: both journals, written by their own code.

Everything goes through ``Journal.transact``, as in a node: one side says a bundle of notices, the
other takes them, gives its receipt and answers each, the first takes that, both cosign. There are
no sockets and no rules of messages between them, so the time is the journal's.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.load import notices
from benchmarks.pair import RECEIVER, SENDER, configure, make_centres
from hotline.errors import HotlineError
from hotline.journal.incoming import Presentation, take, take_cosignature, witness
from hotline.journal.journal import Journal
from hotline.journal.outgoing import Draft, take_receipt
from hotline.journal.records import anchor, append_record
from hotline.journal.signer import Signer
from hotline.journal.state import Committed, LineState, OutGroup
from hotline.model.kinds import Answer, Kind, Precedence
from hotline.model.messages import Notice, Reply, encode_payload
from hotline.model.times import SECOND_US
from hotline.node.config import read_config
from hotline.node.daemon import keyring_of
from hotline.wire.body import decode_body
from hotline.wire.codec import pack
from hotline.wire.envelope import body_spans, decode_envelope
from hotline.wire.frames import Cosignature, Receipt

PORT = 1
"""Nobody listens and nobody dials: only the files are wanted."""
BUNDLE = 64
"""Messages in one transaction, and so under one receipt; what 64 in flight come to."""
ANSWER_WITHIN_S = 60.0
REFERENCE = "LOAD-{:08}"

Action = Callable[[Journal], Any]


class History:
    """Both journals of a pair, growing; ``directory`` holds one directory a centre.

    A history that was left is gone on with. A group holds at most ``group_limit`` messages. It
    began ``age_us`` ago.
    """

    def __init__(self, directory: Path, group_limit: int, age_us: int = 0) -> None:
        self.configs = {centre: directory / centre / "node.toml" for centre in (SENDER, RECEIVER)}
        if not self.configs[SENDER].exists():
            make_centres(directory)
            for centre in self.configs:
                configure(directory, centre, PORT)
        self._now_us = time.time_ns() // 1000 - age_us
        self._notices = notices(self._now_us)
        # Spent within `transact`, of both.
        self.seconds = 0.0
        self._results: list[Any] = []
        with ExitStack() as stack:
            self._sender, self._receiver = (
                stack.enter_context(closing(open_journal(config, group_limit)))
                for config in self.configs.values()
            )
            self._stack = stack.pop_all()
        if not self.entries:
            for journal in (self._sender, self._receiver):
                self._transact(journal, _begin(self._now_us))

    def __enter__(self) -> History:
        return self

    def __exit__(self, *_: object) -> None:
        for journal in (self._sender, self._receiver):
            # As after a node that ended: all is in the one file.
            journal.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        self._stack.close()

    @property
    def entries(self) -> int:
        """Return the size of the sender's log of the line."""
        return _line(self._sender).own.size

    @property
    def said(self) -> int:
        """Return how many notices there are: ``REFERENCE`` of 1 up to this."""
        return _line(self._sender).outgoing[Precedence.ROUTINE].next_seq - 1

    @property
    def written(self) -> int:
        """Return the entries of both logs of the line."""
        return self.entries + _line(self._receiver).own.size

    def grow(self, entries: int) -> Iterator[int]:
        """Add bundles until the sender's log has so many entries, or a few more; yield its size."""
        while self.entries < entries:
            self._bundle(min(BUNDLE, max(1, (entries - self.entries) // 2)))
            yield self.entries

    def _bundle(self, count: int) -> None:
        """Have one bundle said, receipted, answered, receipted, and both logs cosigned."""
        self._now_us += SECOND_US
        a, b = self._sender, self._receiver
        first = self.said + 1
        said = [self._notice(first + one) for one in range(count)]
        asked = self._transact(a, [], said)
        groups = asked.groups[RECEIVER]
        answers = [_reply(id_) for group in groups for id_ in group.ids]
        shown = (Presentation(draft.reference, answer_within_s=ANSWER_WITHIN_S) for draft in said)
        taking = [partial(self._take, group=group, shown=_next(shown, group)) for group in groups]
        answered = self._transact(b, taking, answers)
        groups = answered.groups[SENDER]
        shown = (Presentation(about=draft.about, settles=True) for draft in answers)
        taking = [partial(self._take, group=group, shown=_next(shown, group)) for group in groups]
        given = answered.receipts[SENDER]
        heard = self._transact(a, [partial(self._accept, receipt=given), *taking, self._witness])
        given = heard.receipts[RECEIVER]
        cosigned = self._results[-1]
        self._transact(
            b,
            [
                partial(self._accept, receipt=given),
                partial(_keep, cosignature=cosigned),
                self._witness,
            ],
        )
        self._transact(a, [partial(_keep, cosignature=self._results[-1])])

    def _notice(self, number: int) -> Draft:
        reference = REFERENCE.format(number)
        sample = self._notices[number % len(self._notices)]
        notice: Notice = msgspec.structs.replace(sample, reference=reference)
        return Draft(
            Kind.NOTICE.value,
            encode_payload(notice),
            reference=reference,
            answer_within_s=ANSWER_WITHIN_S,
        )

    def _transact(
        self, journal: Journal, actions: Sequence[Action], drafts: Sequence[Draft] = ()
    ) -> Committed:
        peer = _line(journal).peer
        waiting = {(peer, int(Precedence.ROUTINE)): list(drafts)} if drafts else {}
        begun = time.perf_counter()
        results, _, committed = journal.transact(actions, waiting, lambda: self._now_us)
        self.seconds += time.perf_counter() - begun
        for result in results:
            if isinstance(result, HotlineError):
                raise result
        self._results = results
        return committed

    def _take(self, journal: Journal, group: OutGroup, shown: Sequence[Presentation]) -> None:
        bodies = [decode_body(body) for body in decode_envelope(group.envelope).bodies]
        take(
            journal,
            _line(journal),
            stream=group.stream,
            first_seq=group.first_seq,
            envelope=group.envelope,
            bodies=bodies,
            ids=group.ids,
            spans=body_spans(group.envelope),
            presentations=shown,
            now_us=self._now_us,
        )

    def _accept(self, journal: Journal, receipt: Receipt) -> None:
        line = _line(journal)
        frontier = line.mirror.frontier.copy()
        hashes = receipt.leaf_hashes
        frontier.extend([hashes[at : at + 32] for at in range(0, len(hashes), 32)])
        take_receipt(journal, line, receipt, frontier, receipt.items, self._now_us)

    def _witness(self, journal: Journal) -> Cosignature | None:
        return witness(journal, _line(journal), self._now_us)


def open_journal(config_path: Path, group_limit: int) -> Journal:
    """Open the journal of a node that is not running, with its keys."""
    config = read_config(config_path)
    keyring = keyring_of(config)
    return Journal(
        config.data,
        centre=config.centre,
        status=config.status,
        lines={line.peer: line.letter.epoch for line in config.lines},
        signer=Signer(
            status=config.status,
            signing=keyring.signing,
            log=keyring.log,
            witness=keyring.witness,
        ),
        group_limit=group_limit,
    )


def _line(journal: Journal) -> LineState:
    (line,) = journal.lines.values()
    return line


def _begin(now_us: int) -> list[Action]:
    """Enter what a node enters when it starts, and anchor its own log in the line's."""
    started = pack({"state": "started"})
    return [
        lambda journal: append_record(journal, journal.node_log, "node", started, now_us),
        lambda journal: anchor(journal, _line(journal), now_us),
    ]


def _keep(journal: Journal, cosignature: Cosignature | None) -> None:
    if cosignature is not None:
        take_cosignature(journal, _line(journal), cosignature)


def _reply(id_: bytes) -> Draft:
    reply = Reply(to=id_.hex(), answer=Answer.ACCEPT, officer="levi")
    return Draft(Kind.REPLY.value, encode_payload(reply), about=id_, settles=True)


def _next(shown: Iterator[Presentation], group: OutGroup) -> list[Presentation]:
    """Return as many as the group has messages."""
    return [next(shown) for _ in group.ids]
