"""One side's log against everything that is held of it: checkpoints and leaf hashes.

A log only grows, so each state that anybody holds of it must be a beginning of the log as its
owner's record has it (``docs/spec/reconcile.md``, section 3).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hotline.audit.reconcile.account import Account
from hotline.audit.reconcile.cosignatures import check_cosignatures
from hotline.audit.reconcile.findings import EntryRef, SideName
from hotline.audit.reconcile.loading import NOTHING, Loaded
from hotline.audit.reconcile.plain import moment, shown
from hotline.audit.reconcile.tables import Held
from hotline.audit.reconcile.tree import Tree, signed_state
from hotline.errors import HotlineError
from hotline.model.kinds import Status
from hotline.trust.checkpoint import Checkpoint, open_checkpoint
from hotline.trust.names import line_log_origin


@dataclass(slots=True)
class _Break:
    """Where a log leaves what is held of it.

    ``good`` is the size of the last state that fits, ``first`` the first that does not. ``signed``
    is one of those that do not fit and that the owner signed, ``twin`` the owner's own note over
    as many entries, which fits its record. ``last`` is the largest that does not fit.
    """

    good: int
    first: Held
    signed: Held | None = None
    last: Held | None = None
    twin: bytes | None = None


class TreeComparison:
    """The log of ``owner`` in one epoch, and what ``holder`` has of it."""

    def __init__(self, account: Account, owner: Loaded, holder: Loaded, epoch: int) -> None:
        self._account = account
        self._owner = owner
        self._holder = holder
        self._epoch = epoch
        self._card = owner.record.card
        self._origin = line_log_origin(
            Status(self._card.status), owner.centre, holder.centre, epoch
        )
        # States that were compared.
        self.compared = 0
        # The owner's newest checkpoint, where it is signed and of this tree.
        self.signed: Checkpoint | None = None

    def run(self) -> bytes:
        """Compare, and return the root of the whole log (32 bytes) as far as it can be grown."""
        tree = Tree(self._owner, self._epoch)
        broken: _Break | None = None
        beyond: list[Held] = []
        good = 0
        for held in self._states():
            if held.size > tree.end:
                beyond.append(held)
                continue
            self.compared += 1
            root = tree.root_at(held.size)
            fits = root == held.root
            if not self._is_signed(held, certainly=not fits):
                continue
            if fits:
                good = held.size
                continue
            if broken is None:
                broken = _Break(good, held)
            broken.last = held
            self._add_proof(broken, held, root)
        if self._tell_restored(broken, beyond):
            broken, beyond = None, []
        if broken is not None:
            if broken.signed is None:
                # Copied leaves that lead to a signed state are as good as signed themselves.
                broken.signed = next((held for held in beyond if self._leads_to(held)), None)
            self._tell_break(broken)
        if beyond and tree.end == self._owner.size(self._epoch):
            self._tell_beyond(beyond)
        self.compared += check_cosignatures(
            self._account, self._owner, self._holder, self._epoch, self._origin
        )
        self._find_signed(tree)
        return tree.root_at(tree.end)

    def _find_signed(self, tree: Tree) -> None:
        """Take the owner's newest checkpoint as its own only where it is of the tree."""
        line = self._owner.lines.get(self._epoch)
        if line is None:
            return
        signed = signed_state(line, self._card)
        if signed is None or signed.size > tree.end:
            return
        if signed.size < tree.size:
            tree = Tree(self._owner, self._epoch)
        if tree.root_at(signed.size) == signed.root:
            self.signed = signed

    def _states(self) -> Iterator[Held]:
        """Yield what the holder has of the log; of equal states without a signature only one."""
        last: tuple[int, bytes] | None = None
        for held in self._holder.tables.held(self._holder.name, self._epoch):
            if held.note is not None or (held.size, held.root) != last:
                yield held
            last = (held.size, held.root)

    def _is_signed(self, held: Held, *, certainly: bool) -> bool:
        """Return whether the owner signed a checkpoint that is kept as its own; tell if not.

        What has no note is kept without a signature and passes. Where verification has been here
        already, the signature is checked only when it matters who lies.
        """
        if held.note is None or not (certainly or self._holder.check_signatures):
            return True
        try:
            checkpoint = open_checkpoint(held.note, self._origin, self._card.log)
        except HotlineError as error:
            why = error.message
        else:
            if checkpoint == Checkpoint(self._origin, held.size, held.root):
                return True
            why = "it says something else"
        self._account.differ(
            "checkpoint-not-signed",
            f"{self._holder.centre} keeps a checkpoint over {held.size} entries as one that "
            f"{self._owner.centre} signed, and it is not: {why}",
            self._refs(held),
            (held.note,),
        )
        return False

    def _leads_to(self, held: Held) -> bool:
        """Return whether the holder's copied leaves give a state that the owner signed."""
        return (
            held.note is not None
            and self._holder.record.mirror_root(self._epoch, held.size) == held.root
            and self._is_signed(held, certainly=True)
        )

    def _add_proof(self, broken: _Break, held: Held, root: bytes) -> None:
        """Look for two notes over one number of entries, both signed by the owner."""
        if held.note is None or broken.twin is not None:
            return
        twin = self._owner.record.note_at(self._epoch, held.size)
        if twin is not None:
            try:
                checkpoint = open_checkpoint(twin, self._origin, self._card.log)
            except HotlineError:
                twin = None
            else:
                if checkpoint != Checkpoint(self._origin, held.size, root):
                    twin = None
        if broken.signed is None or twin is not None:
            broken.signed, broken.twin = held, twin

    def _tell_break(self, broken: _Break) -> None:
        owner, holder = self._owner, self._holder
        held = broken.signed or broken.first
        where, ref = self._first_other(broken)
        refs = self._refs(held, ref)
        if held.note is None:
            self._account.differ(
                "mirror-differs",
                f"{holder.centre} keeps another state of the log of {owner.centre} over "
                f"{held.size} entries than {owner.centre} has; {where}",
                refs,
            )
        elif broken.twin is not None:
            self._account.differ(
                "fork",
                f"{owner.centre} signed two different states of its log over {held.size} entries: "
                f"one that {holder.centre} holds, and one that fits its own record; {where}",
                refs,
                (held.note, broken.twin),
            )
        else:
            newest = owner.lines[self._epoch].note
            self._account.differ(
                "rewritten",
                f"{holder.centre} holds the signature of {owner.centre} over the first "
                f"{held.size} entries of its log, and the record of {owner.centre} has others; "
                f"{where}",
                refs,
                (held.note, newest) if newest else (held.note,),
            )

    def _tell_restored(self, broken: _Break | None, beyond: Sequence[Held]) -> bool:
        """Tell of a log that was lost from some entry on, where its owner's recovery says so.

        Not so where the owner has signed what is in its record instead: then it is no older copy.
        Returns whether that explains what does not fit, and what lies beyond the record.
        """
        owner, holder, epoch = self._owner, self._holder, self._epoch
        recovery = owner.recoveries.get(epoch)
        due = [held for held in beyond if owner.complete and not self._is_newer(held)]
        if recovery is None or not (broken or due):
            return False
        sizes = [
            held.size for held in due if held.note is None or self._is_signed(held, certainly=True)
        ]
        if broken is not None and broken.last is not None:
            sizes.append(broken.last.size)
        known = max(sizes, default=0)
        line = owner.lines[epoch]
        limit = broken.first.size if broken is not None else line.size
        begins = self._parting(limit)
        exact = begins is not None or broken is None
        if begins is None:
            begins = line.size if broken is None else max(broken.good, line.signed)
        if not line.signed <= begins < min(known, limit + (broken is None)):
            return False
        if broken is not None and broken.twin is not None:
            return False
        owner.lost_from[epoch] = begins
        after = line.size - begins
        text = (
            f"{owner.centre} was restored from an older copy and recovered on "
            f"{moment(recovery.ref.time_us, digits=0)} UTC by {shown(recovery.officer)}: "
            f"{'' if exact else 'some of '}{_entries(begins, known)} of its log, as "
            f"{holder.centre} knows it, {'is' if known == begins + 1 else 'are'} lost on its side"
        )
        if after:
            text += (
                f"; {_entries(begins, line.size)} in its record "
                f"{'was' if after == 1 else 'were'} written after the restore, and nobody signed "
                f"{'it' if after == 1 else 'them'}"
            )
        signed = [
            held.note
            for held in (*due, broken.signed if broken is not None else None)
            if held is not None and held.note is not None
        ]
        self._account.differ("restored", text, {owner.name: recovery.ref}, signed[-1:])
        return True

    def _parting(self, limit: int) -> int | None:
        """Return the first entry that the holder's copied leaf hashes know as another, if any."""
        owner, holder, epoch = self._owner, self._holder, self._epoch
        copied = holder.record.mirror_leaves(epoch) if epoch in holder.lines else iter(())
        leaves = owner.tables.leaves(owner.name, epoch)
        for (index, own), copy in zip(leaves, copied, strict=False):
            if index >= limit:
                break
            if own != copy:
                return index
        return None

    def _first_other(self, broken: _Break) -> tuple[str, EntryRef | None]:
        """Say which entry is the first that is another; copied leaf hashes tell it exactly."""
        owner, holder, epoch = self._owner, self._holder, self._epoch
        index = self._parting(broken.first.size)
        if index is not None:
            text = f"entry {index} is the first that {holder.centre} knows as another"
            return text, owner.find(epoch, index)
        last = broken.first.size - 1
        which = f"one of the entries {broken.good} to {last}" if broken.good < last else f"{last}"
        return f"the first that differs is {which}", owner.find(epoch, broken.good)

    def _tell_beyond(self, beyond: Sequence[Held]) -> None:
        """Tell of states that are held of the log and that its owner's record does not reach."""
        owner, holder = self._owner, self._holder
        size = owner.size(self._epoch)
        due = [held for held in beyond if owner.complete and not self._is_newer(held)]
        if len(due) < len(beyond):
            why = (
                "were made while the records were read, one after the other"
                if owner.complete
                else f"come after the end of the record of {owner.centre}"
            )
            self._account.leave_open(
                owner.name,
                f"{holder.centre} knows of entries of {owner.centre} that {why}",
                None,
                beyond[-1].size - size,
            )
        signed = [one for one in due if one.note and self._is_signed(one, certainly=True)]
        copied = [one for one in due if one.note is None]
        if signed:
            held = signed[-1]
            self._account.differ(
                "rolled-back",
                f"the log of {owner.centre} has {size} entries in its own record, and "
                f"{holder.centre} holds the signature of {owner.centre} over {held.size}",
                self._refs(held, owner.find(self._epoch, size - 1)),
                (held.note or b"",),
            )
        elif copied:
            self._account.differ(
                "mirror-differs",
                f"the log of {owner.centre} has {size} entries in its own record, and "
                f"{holder.centre} follows {copied[-1].size} of them, without a signature",
                self._refs(copied[-1], owner.find(self._epoch, size - 1)),
            )

    def _is_newer(self, held: Held) -> bool:
        """Return whether the holder may have learned of this after the owner was read."""
        holder = self._holder
        if holder.horizon is None:
            return False
        if held.index is not None:
            return holder.newer(self._epoch, held.index)
        return held.size > holder.horizon.get(self._epoch, NOTHING).mirror

    def _refs(self, held: Held, own: EntryRef | None = None) -> dict[SideName, EntryRef]:
        """Return the entries on both sides: the owner's, and the one that holds the state."""
        found = {self._owner.name: own}
        if held.index is not None:
            found[self._holder.name] = self._holder.find(self._epoch, held.index)
        return {side: ref for side, ref in found.items() if ref is not None}


def _entries(first: int, end: int) -> str:
    return f"entry {first}" if end == first + 1 else f"entries {first} to {end - 1}"


def check_archived(account: Account, owner: Loaded, holder: Loaded, epoch: int) -> None:
    """Hold the end of a log whose entries were taken out against what is held of it."""
    line = owner.lines[epoch]
    for held in holder.tables.held(holder.name, epoch):
        if held.note is None or held.size < line.size:
            continue
        try:
            open_checkpoint(held.note, line.origin, owner.record.card.log)
        except HotlineError:
            continue
        at = holder.find(epoch, held.index) if held.index is not None else None
        refs: dict[SideName, EntryRef] = {} if at is None else {holder.name: at}
        if held.size > line.size:
            account.differ(
                "rolled-back",
                f"the log of {owner.centre} in epoch {epoch} was archived with {line.size} "
                f"entries, and {holder.centre} holds the signature of {owner.centre} over "
                f"{held.size}",
                refs,
                (held.note,),
            )
            return
        if held.root != line.root:
            account.differ(
                "rewritten",
                f"the log of {owner.centre} in epoch {epoch} was archived in another state than "
                f"the one over {held.size} entries that {holder.centre} holds its signature of",
                refs,
                (held.note,),
            )
            return
