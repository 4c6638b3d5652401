"""What one side sent against what the other received, and the receipts for it.

Both are read by stream and number, side by side, with the sender's receipts beside them
(``docs/spec/reconcile.md``, section 4).
"""

from __future__ import annotations

from collections.abc import Iterator

from hotline.audit.reconcile.account import Account
from hotline.audit.reconcile.findings import EntryRef, SideName
from hotline.audit.reconcile.loading import NOTHING, Loaded
from hotline.audit.reconcile.plain import shown, span
from hotline.audit.reconcile.tables import IN, OUT, Said, Told
from hotline.audit.search.decoding import message_in
from hotline.model.kinds import Precedence

Key = tuple[int, int]
"""Stream and number."""
MAX_UNFOUNDED = 10_000
"""Receipts for what was never said that are remembered until they are told."""


class DirectionComparison:
    """What ``sender`` says that it sent in one epoch, and what ``recipient`` says it received."""

    def __init__(self, account: Account, sender: Loaded, recipient: Loaded, epoch: int) -> None:
        self._account = account
        self._sender = sender
        self._recipient = recipient
        self._epoch = epoch
        self._receipts = _Receipts(sender.tables.items(sender.name, epoch))
        # Highest numbers in each record: what lies before them and is not there was taken out.
        self._last_sent = sender.tables.last_seqs(sender.name, epoch, OUT)
        self._last_received = recipient.tables.last_seqs(recipient.name, epoch, IN)
        self._cosigned = self._farthest_cosigned()
        # Messages that both records have.
        self.messages = 0

    def run(self) -> None:
        """Compare everything."""
        tables, epoch = self._sender.tables, self._epoch
        sent = self._once(self._sender, tables.messages(self._sender.name, epoch, OUT))
        received = self._once(self._recipient, tables.messages(self._recipient.name, epoch, IN))
        previous: Key = (-1, 0)
        for key, ours, theirs in _side_by_side(sent, received):
            self._check_gap(previous, key)
            previous = key
            told = self._receipts.of(key, counted=ours is not None)
            if ours is not None and theirs is not None:
                self._compare(ours, theirs, told)
            elif ours is not None:
                self._not_received(ours, told)
            elif theirs is not None:
                self._not_sent(theirs)
        for told, lacking in self._receipts.unfounded():
            self._account.differ(
                "receipt-without-message",
                f"{self._sender.centre} keeps a receipt for messages {_run(told)}, and its own "
                f"record lacks {lacking} of them",
                self._refs(self._sender, told.entry),
            )

    # --- One message ----------------------------------------------------------------------

    def _compare(self, ours: Said, theirs: Said, told: Told | None) -> None:
        """Compare a message that both have under one number."""
        sender, recipient = self._sender, self._recipient
        refs = {sender.name: self._ref(sender, ours), recipient.name: self._ref(recipient, theirs)}
        if ours.id != theirs.id or ours.kind != theirs.kind or ours.created_us != theirs.created_us:
            self._account.differ(
                "message-differs",
                f"{self._name(sender, ours)} in the record of {sender.centre} is not "
                f"{self._name(recipient, theirs)} in that of "
                f"{recipient.centre}: they are two messages under one number",
                refs,
            )
            return
        self.messages += 1
        if told is None:
            self._no_receipt(theirs, refs)
            return
        due = told.first_index + ours.seq - told.first_seq
        if due != theirs.entry:
            self._account.differ(
                "receipt-without-entry",
                f"{recipient.centre} signed a receipt that {self._name(sender, ours)} is "
                f"entry {due} of its log (entry {told.entry} of {sender.centre}); "
                f"in its record it is entry {theirs.entry}",
                refs,
            )
        if told.time_us != theirs.time_us:
            apart = theirs.time_us - told.time_us
            self._account.differ(
                "time-differs",
                f"{self._name(sender, ours)} was there {span(apart)} "
                f"{'later' if apart > 0 else 'earlier'} by the record of {recipient.centre} "
                f"than by the receipt that it signed (entry {told.entry} of {sender.centre})",
                refs,
            )

    def _no_receipt(self, theirs: Said, refs: dict[SideName, EntryRef]) -> None:
        """Decide about a message that both have, and for which the sender has no receipt."""
        sender, recipient = self._sender, self._recipient
        follows = sender.follows.get(self._epoch, 0)
        if follows > theirs.entry:
            why = f"it follows the log of {recipient.centre} to {follows} entries"
        elif sender.complete and self._cosigned > theirs.entry and self._was_restored(sender):
            self._restored(
                sender, f"it has no receipt any more for {self._name(recipient, theirs)}", refs
            )
            return
        elif sender.complete and self._cosigned > theirs.entry:
            why = f"it cosigned the log of {recipient.centre} up to {self._cosigned} entries"
        else:
            self._account.leave_open(
                recipient.name,
                f"received by {recipient.centre}, the receipt on its way to {sender.centre}",
                self._ref(recipient, theirs),
            )
            return
        self._account.differ(
            "receipt-missing",
            f"{sender.centre} has no receipt for {self._name(recipient, theirs)}, "
            f"entry {theirs.entry} of {recipient.centre}, though {why}",
            refs,
        )

    def _not_received(self, ours: Said, told: Told | None) -> None:
        """Decide about a message that only its sender has."""
        sender, recipient, epoch = self._sender, self._recipient, self._epoch
        refs = {sender.name: self._ref(sender, ours)}
        name = f"{self._name(sender, ours)} of {sender.centre}"
        if told is None:
            if ours.seq < self._last_received.get(ours.stream, 0):
                self._account.differ(
                    "message-not-received",
                    f"{name} is not in the record of {recipient.centre}, which has later ones of "
                    "the same stream",
                    refs,
                )
            else:
                self._account.leave_open(
                    sender.name,
                    f"sent by {sender.centre}, and no receipt of {recipient.centre} has come",
                    refs[sender.name],
                )
            return
        due = told.first_index + ours.seq - told.first_seq
        if due >= recipient.size(epoch) and not recipient.complete:
            self._after_end(sender, recipient, ours)
        elif due >= recipient.size(epoch) and sender.newer(epoch, told.entry):
            self._account.leave_open(
                sender.name,
                f"sent and receipted after the record of {recipient.centre} was read",
                refs[sender.name],
            )
        elif due >= recipient.lost_from.get(epoch, due + 1):
            self._restored(recipient, f"it lost {name}, which was entry {due} of its log", refs)
        else:
            there = recipient.find(epoch, due)
            what = "has something else there" if there is not None else "has no such entry"
            if there is not None:
                refs[recipient.name] = there
            self._account.differ(
                "message-not-received",
                f"{name} is not in the record of {recipient.centre}, which signed a receipt that "
                f"it is entry {due} of its log (entry {told.entry} of {sender.centre}) and {what}",
                refs,
            )

    def _not_sent(self, theirs: Said) -> None:
        """Decide about a message that only its recipient has."""
        sender, recipient = self._sender, self._recipient
        gap = theirs.seq < self._last_sent.get(theirs.stream, 0)
        if not sender.complete and not gap:
            self._after_end(recipient, sender, theirs)
        elif recipient.newer(self._epoch, theirs.entry) and not gap:
            self._account.leave_open(
                recipient.name,
                f"received after the record of {sender.centre} was read",
                self._ref(recipient, theirs),
            )
        elif self._was_restored(sender) and not gap:
            refs = {recipient.name: self._ref(recipient, theirs)}
            self._restored(
                sender, f"it lost {self._name(recipient, theirs)}, which it had sent", refs
            )
        else:
            self._account.differ(
                "message-not-sent",
                f"{self._name(recipient, theirs)}, which {recipient.centre} received from "
                f"{sender.centre}, is not in the record of {sender.centre}",
                {recipient.name: self._ref(recipient, theirs)},
            )

    def _name(self, side: Loaded, said: Said) -> str:
        return _name(side, self._epoch, said)

    def _was_restored(self, side: Loaded) -> bool:
        """Return whether a recovery explains that the end of a side's log is not there."""
        return self._epoch in side.lost_from

    def _restored(self, side: Loaded, what: str, refs: dict[SideName, EntryRef]) -> None:
        """Tell what a side lost when it was restored; its recovery is the entry on its side."""
        self._account.differ(
            "restored",
            f"{side.centre} was restored from an older copy: {what}",
            refs | {side.name: side.recoveries[self._epoch].ref},
        )

    def _after_end(self, having: Loaded, ended: Loaded, said: Said) -> None:
        self._account.leave_open(
            having.name,
            f"messages after the end of the record of {ended.centre}",
            self._ref(having, said),
        )

    # --- What lies between ----------------------------------------------------------------

    def _check_gap(self, previous: Key, key: Key) -> None:
        """Tell of numbers that neither record has."""
        stream, seq = key
        due = previous[1] + 1 if previous[0] == stream else 1
        if seq > due:
            numbers = f"{due}" if seq == due + 1 else f"{due} to {seq - 1}"
            self._account.differ(
                "sequence-gap",
                f"neither record has {stream_name(stream)} {numbers} of {self._sender.centre}, and "
                f"there is a {seq}",
            )

    def _once(self, side: Loaded, messages: Iterator[Said]) -> Iterator[Said]:
        """Yield each number once; tell of those that a record has twice."""
        last: Said | None = None
        for said in messages:
            if last is not None and (said.stream, said.seq) == (last.stream, last.seq):
                self._account.differ(
                    "message-repeated",
                    f"{self._name(side, said)} of {self._sender.centre} is in the record of "
                    f"{side.centre} twice, as entry {last.entry} and as entry {said.entry}",
                    {side.name: self._ref(side, said)},
                )
                continue
            last = said
            yield said

    def _farthest_cosigned(self) -> int:
        """Return how far the sender has cosigned the recipient's log, as the recipient shows it."""
        recipient, epoch = self._recipient, self._epoch
        if recipient.record.form != "journal":
            return 0  # it does not say whether a cosignature came over the line
        size = max(
            (size for size, *_ in recipient.tables.cosigned(recipient.name, epoch)), default=0
        )
        if recipient.horizon is not None:
            size = min(size, recipient.horizon.get(epoch, NOTHING).cosigned)
        return size

    def _ref(self, side: Loaded, said: Said) -> EntryRef:
        return side.ref(self._epoch, said.entry, said.time_us, said.id)

    def _refs(self, side: Loaded, entry: int) -> dict[SideName, EntryRef]:
        found = side.find(self._epoch, entry)
        return {} if found is None else {side.name: found}


class _Receipts:
    """The sender's receipts, gone through once in the order of streams and numbers."""

    def __init__(self, items: Iterator[Told]) -> None:
        self._items = items
        self._now: Told | None = next(items, None)
        self._founded = 0
        self._unfounded: list[tuple[Told, int]] = []

    def of(self, key: Key, *, counted: bool) -> Told | None:
        """Return the receipt for a message; keys may not go back."""
        stream, seq = key
        while self._now is not None and (
            (self._now.stream, self._now.first_seq + self._now.many - 1) < key
        ):
            self._next()
        now = self._now
        if now is None or now.stream != stream or now.first_seq > seq:
            return None
        self._founded += counted
        return now

    def unfounded(self) -> Iterator[tuple[Told, int]]:
        """Yield the receipts that name messages the record does not have, and how many."""
        while self._now is not None:
            self._next()
        return iter(self._unfounded)

    def _next(self) -> None:
        assert self._now is not None  # noqa: S101 - the callers have looked
        lacking = self._now.many - self._founded
        if lacking > 0 and len(self._unfounded) < MAX_UNFOUNDED:
            self._unfounded.append((self._now, lacking))
        self._founded = 0
        self._now = next(self._items, None)


def _side_by_side(
    sent: Iterator[Said], received: Iterator[Said]
) -> Iterator[tuple[Key, Said | None, Said | None]]:
    """Yield each stream and number that one or both have, in order, with what each has."""
    ours, theirs = next(sent, None), next(received, None)
    while ours is not None or theirs is not None:
        key = min((one.stream, one.seq) for one in (ours, theirs) if one is not None)
        left = ours if ours is not None and (ours.stream, ours.seq) == key else None
        right = theirs if theirs is not None and (theirs.stream, theirs.seq) == key else None
        yield key, left, right
        if left is not None:
            ours = next(sent, None)
        if right is not None:
            theirs = next(received, None)


def stream_name(stream: int) -> str:
    """Return the precedence that a stream is for."""
    try:
        return Precedence(stream).name
    except ValueError:
        return f"stream {stream}"


def _name(side: Loaded, epoch: int, said: Said) -> str:
    """Return what a message is called: kind, precedence, number, and the reference if any."""
    name = f"{said.kind} {stream_name(said.stream)} {said.seq}"
    place = side.tables.place(side.name, epoch, said.entry)
    message = message_in(side.record.body(epoch, place)) if place is not None else None
    reference = getattr(message, "reference", "")
    return f"{name} ({shown(reference, 40)})" if reference else name


def _run(told: Told) -> str:
    last = told.first_seq + told.many - 1
    span = f"{told.first_seq}" if told.many == 1 else f"{told.first_seq} to {last}"
    return f"{stream_name(told.stream)} {span}"
