"""What one side cosigned of the other's log, against that log and against its own copy of it."""

from __future__ import annotations

from hotline.audit.reconcile.account import Account
from hotline.audit.reconcile.loading import NOTHING, Loaded
from hotline.audit.reconcile.tree import Tree
from hotline.errors import HotlineError
from hotline.model.kinds import Status
from hotline.trust.checkpoint import Checkpoint
from hotline.trust.cosignature import verify_cosignature
from hotline.trust.keys import Role
from hotline.trust.names import key_name


def check_cosignatures(
    account: Account, owner: Loaded, holder: Loaded, epoch: int, origin: str
) -> int:
    """Check the holder's cosignatures in the owner's record: of this log, and within its copy.

    ``origin`` is the name of the owner's log. On the line a centre cosigns only what its own
    record follows, so one that cosigned more than its record has lost the end of it. An export
    does not say which way one came. Returns how many were compared.
    """
    tree = Tree(owner, epoch)
    card = holder.record.card
    name = key_name(Status(card.status), card.centre, Role.WITNESS)
    compared, farthest, told = 0, 0, False
    for size, root, line in owner.tables.cosigned(owner.name, epoch):
        if size > tree.end:
            break
        compared += 1
        why = None
        if tree.root_at(size) != root:
            why = "it is over another state than the log had"
        elif owner.check_signatures:
            text = Checkpoint(origin, size, root).text()
            try:
                verify_cosignature(text, line.encode(), name, card.witness)
            except HotlineError as error:
                why = error.message
        if why is None:
            farthest = size if owner.record.form == "journal" else 0
        elif not told:
            told = True
            ref = owner.find(epoch, size - 1)
            account.differ(
                "cosignature-differs",
                f"{owner.centre} keeps a cosignature of {holder.centre} over its first {size} "
                f"entries that does not hold: {why}",
                {owner.name: ref} if ref is not None else {},
            )
    if owner.horizon is not None:
        farthest = min(farthest, owner.horizon.get(epoch, NOTHING).cosigned)
    follows = holder.follows.get(epoch, 0)
    recovery = holder.recoveries.get(epoch)
    if holder.complete and farthest > follows and recovery is not None:
        account.differ(
            "restored",
            f"{holder.centre} was restored from an older copy: it had cosigned the first "
            f"{farthest} entries of the log of {owner.centre}, and its record follows only "
            f"{follows}",
            {holder.name: recovery.ref},
        )
    elif holder.complete and farthest > follows:
        ref = owner.find(epoch, follows)
        account.differ(
            "mirror-behind",
            f"{holder.centre} cosigned the first {farthest} entries of the log of "
            f"{owner.centre}, and its own record follows only {follows}",
            {owner.name: ref} if ref is not None else {},
        )
    return compared
