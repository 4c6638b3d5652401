"""Reconciliation: two records side by side, from reading them to what they say to each other.

The steps and their numbers are those of ``docs/spec/reconcile.md``. Nothing here decides who is
right where nothing is signed; it says what each record holds, and what is proof.

Two records of running nodes cannot be read at one moment, and need not be. ``a`` is glanced at,
then ``b`` is read, then ``a``: all that ``a`` knew of ``b`` at the glance must be in ``b``, and all
that ``b`` knows of ``a`` must be in ``a``, which was read last. What ``a`` has learned since the
glance may be newer than ``b`` and is left open.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from typing import cast

from hotline.audit.reconcile.account import Account
from hotline.audit.reconcile.calls import compare_calls
from hotline.audit.reconcile.clocks import compare_clocks
from hotline.audit.reconcile.exchanged import DirectionComparison, stream_name
from hotline.audit.reconcile.exchanges import Span, list_exchanges
from hotline.audit.reconcile.findings import LogState, Reconciliation, Side, SideName
from hotline.audit.reconcile.loading import Loaded, Loader, Told
from hotline.audit.reconcile.records import LineState, Record, check_pair
from hotline.audit.reconcile.tables import IN, OUT, Tables
from hotline.audit.reconcile.tree import signed_state
from hotline.audit.reconcile.trees import TreeComparison, check_archived
from hotline.errors import UsageError
from hotline.trust.checkpoint import Checkpoint

Progress = Callable[[str, int, int], None]
"""Told what is being done, and how many of how many entries are done."""


def reconcile(
    a: Record,
    b: Record,
    *,
    verify: bool = True,
    span: Span | None = None,
    progress: Progress | None = None,
) -> Reconciliation:
    """Compare two records, both of which the caller has opened and closes.

    ``verify`` has each record checked by itself too; ``span`` chooses the messages that are listed
    one by one. Raises UsageError (``reconcile.same-centre``, ``reconcile.other-status``,
    ``reconcile.no-shared-line``), TrustError (``reconcile.other-keys``), and what the records raise
    when they cannot be read.
    """
    check_pair(a, b)
    with closing(Tables()) as tables:
        account = Account(tables)
        verdicts = [_verified(record, account, progress) if verify else None for record in (a, b)]
        sides = _begin(a, b, tables, verdicts)
        for side, other in (sides, sides[::-1]):
            total = sum(line.size for line in side.lines.values())
            told: Told | None = None
            if progress is not None:
                what = f"reading the record of {side.centre}"
                told = partial(_counted, progress, what, total)
            Loader(side, other, account).load(told)
        tables.complete()
        epochs = _comparable(sides, account)
        for side in sides:
            if side.record.form == "export":
                account.remark(
                    "export-without-envelopes",
                    f"the export of {side.centre} has messages without the signatures of their "
                    "senders: what it says rests on the signed checkpoint that it ends at",
                )
        found = _compare(sides, epochs, account, verdicts)
        found.clocks = compare_clocks(tables, account)
        for speaker, listener in (sides, sides[::-1]):
            compare_calls(account, speaker.centre, speaker.calls, listener.centre, listener.calls)
        found.exchanges, found.exchanges_left_out = list_exchanges(
            tables, sides, epochs, span or Span()
        )
        _compare_names(found, account)
        account.write(found)
        return found


def _compare_names(found: Reconciliation, account: Account) -> None:
    """Tell of two records of one line that name its exercise otherwise: no signature says it."""
    names = [side.traffic for side in (found.a, found.b) if " " in side.traffic]
    # An export has the marks of all lines that were exported.
    if len(set(names)) == 2 and found.a.form == found.b.form == "journal":
        account.remark(
            "exercise-named-otherwise",
            f"the record of {found.a.centre} is marked {found.a.traffic}, that of"
            f" {found.b.centre} {found.b.traffic}: their letters named it otherwise",
        )


def _counted(progress: Progress, what: str, total: int, done: int) -> None:
    progress(what, done, total)


def _verified(record: Record, account: Account, progress: Progress | None) -> bool:
    """Return whether a record holds by itself; tell when it does not (step 1)."""
    told = None
    if progress is not None:
        told = partial(progress, f"verifying the record of {record.card.centre}")
    failure = record.verify(told)
    if failure is not None:
        account.differ(
            "record-does-not-hold",
            f"the record of {record.card.centre} does not hold by itself: {failure}",
        )
    return failure is None


def _begin(
    a: Record, b: Record, tables: Tables, verdicts: Sequence[bool | None]
) -> tuple[Loaded, Loaded]:
    """Hold on to one state of each record (step 2). Raises UsageError when they share no line."""
    horizon = a.glance(b.card.centre)
    b.begin(a.card.centre)
    a.begin(b.card.centre)
    made = []
    for name, record, verdict in (("a", a, verdicts[0]), ("b", b, verdicts[1])):
        lines = {line.epoch: line for line in record.lines()}
        # Verification has looked at every signature of a journal; an export has only us.
        unsigned = record.form != "journal" or not verdict
        seen = horizon if name == "a" and record.form == "journal" else None
        side = Loaded(cast("SideName", name), record, tables, lines, seen, unsigned)
        said = record.recoveries()
        side.recoveries = {
            epoch: said[line.origin]
            for epoch, line in lines.items()
            # A log that was closed never grows again.
            if line.origin in said and said[line.origin].size == line.size
        }
        made.append(side)
    if not made[0].lines and not made[1].lines:
        raise UsageError(
            "reconcile.no-shared-line",
            f"neither record has a line between {a.card.centre} and {b.card.centre}",
            "name the records of two centres that have a line with each other",
        )
    return made[0], made[1]


def _compare(
    sides: tuple[Loaded, Loaded],
    epochs: Sequence[int],
    account: Account,
    verdicts: Sequence[bool | None],
) -> Reconciliation:
    """Hold each log against what the other knows of it, then the messages (steps 4 and 5)."""
    a, b = sides
    roots: dict[tuple[SideName, int], bytes] = {}
    signed: dict[tuple[SideName, int], Checkpoint] = {}
    messages = checkpoints = 0
    for owner, holder in (sides, sides[::-1]):
        for epoch in epochs:
            trees = TreeComparison(account, owner, holder, epoch)
            root = trees.run()
            checkpoints += trees.compared
            if trees.signed is not None:
                signed[owner.name, epoch] = trees.signed
            roots[owner.name, epoch] = root
        _check_contradictions(account, owner, holder)
    for sender, recipient in (sides, sides[::-1]):
        for epoch in epochs:
            direction = DirectionComparison(account, sender, recipient, epoch)
            direction.run()
            messages += direction.messages
    told = [
        Side(
            side.centre,
            side.record.name,
            side.record.form,
            side.record.complete and not side.record.segment,
            verdict,
            tuple(
                _log_state(side, line, of_all, signed.get((side.name, epoch)))
                for epoch, line in sorted(side.lines.items())
                if (of_all := roots.get((side.name, epoch), line.root)) is not None
            ),
            *side.tables.bounds(side.name),
            side.record.card.fingerprint,
            side.record.traffic,
        )
        for side, verdict in zip(sides, verdicts, strict=True)
    ]
    return Reconciliation(
        str(a.record.card.status),
        told[0],
        told[1],
        epochs=tuple(epoch for epoch in epochs if epoch in a.lines and epoch in b.lines),
        entries=a.entries + b.entries,
        archived=tuple(sorted((a.lines.keys() | b.lines.keys()) - set(epochs))),
        messages=messages,
        checkpoints=checkpoints,
    )


def _log_state(side: Loaded, line: LineState, root: bytes, signed: Checkpoint | None) -> LogState:
    """Return what is told of a log: as signed only what is of its tree."""
    if line.root is not None:
        # Its entries lie in a segment, where a checkpoint before their end is compared.
        signed = signed_state(line, side.record.card)
        if signed is not None and signed.size == line.size and signed.root != line.root:
            signed = None
    if signed is not None:
        return LogState(line.origin, line.size, root, signed.size, signed.root)
    return LogState(line.origin, line.size, root, None if line.note else 0)


def _comparable(sides: tuple[Loaded, Loaded], account: Account) -> list[int]:
    """Return the epochs whose entries are at hand; tell of those that lie in archived segments."""
    epochs = []
    for epoch in sorted(sides[0].lines.keys() | sides[1].lines.keys()):
        missing = False
        for side, other in (sides, sides[::-1]):
            line = side.lines.get(epoch)
            if side.record.segment and line is None:
                why = f"epoch {epoch} is not in the archived segment of {side.centre}"
                account.leave_open(other.name, why, None, other.size(epoch))
                missing = True
            elif line is not None and line.root is not None:
                why = (
                    f"epoch {epoch} was taken out of the record of {side.centre} into an archived "
                    "segment: compare that"
                )
                account.leave_open(side.name, why, None, line.size)
                check_archived(account, side, other, epoch)
                missing = True
        if not missing:
            epochs.append(epoch)
    return epochs


def _check_contradictions(account: Account, keeper: Loaded, other: Loaded) -> None:
    """Tell of messages that ``other`` signed under numbers that it had used, as ``keeper`` kept."""
    for kept in keeper.contradictions:
        for stream, seq, id_ in kept.places:
            taken = keeper.tables.message(keeper.name, kept.epoch, IN, stream, seq)
            if taken is not None and taken.id != id_:
                refs = {keeper.name: kept.ref}
                sent = other.tables.message(other.name, kept.epoch, OUT, stream, seq)
                if sent is not None:
                    refs[other.name] = other.ref(kept.epoch, sent.entry, sent.time_us, sent.id)
                account.differ(
                    "signed-twice",
                    f"{keeper.centre} keeps, with the signature of {other.centre}, another message "
                    f"under {stream_name(stream)} {seq} than its entry {taken.entry}",
                    refs,
                )
                break
        else:
            account.differ(
                "record-unsound",
                f"the record of {keeper.centre} contradicts itself: what it keeps as a second "
                f"message under one number is none",
                {keeper.name: kept.ref},
            )
