"""The falsifications of whole records, by what the attacker holds, and who finds each.

`tests/audit/catalogue.py` has those of one journal's file, which the verification finds. Here the
verification may hold: then the peer refuses at the next association, the two records disagree
when they are compared, or it is said why nobody can know.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from hotline.journal.journal import Journal
from hotline.journal.signer import Signer
from hotline.model.kinds import Status
from hotline.node.keyring import Keyring, init_keys, pin_card
from hotline.trust.card import read_card
from tests.audit.attacks import rewriting as re
from tests.audit.attacks.incident import CENTRES, OTHER, Stage
from tests.audit.tampering import delete, rehash, rows_of
from tests.centres import now_us

MINUTE_US = 60_000_000
FLASH, IMMEDIATE, PRIORITY, ROUTINE = range(4)

ROLLED_BACK = ("line.peer-rolled-back",)
REWRITTEN = ("line.peer-rolled-back", "line.forked-log", "line.inconsistent-root")
"""By whether the forged log is shorter than, as long as, or longer than what the peer holds."""

Change = Callable[[sqlite3.Connection], object]
"""Bends an open journal."""


@dataclass(frozen=True, slots=True)
class Attack:
    """One falsification of the record of centre ``by``.

    ``verify`` is the step that finds it, 0 where the record verifies by itself. ``peer`` is the
    code, or one of the codes, with which the other centre refuses it when the two associate next,
    though the falsifier's program fences and holds nothing; empty where it notices nothing.
    ``fenced`` tells whether an honest program would fence itself first. ``reconcile`` are the
    codes of differences that a reconciliation of both records must name, or of its refusal.
    ``why`` is one sentence for the table.
    """

    by: str
    bend: Callable[[Stage], object]
    why: str
    verify: int = 0
    peer: tuple[str, ...] = ()
    fenced: bool = False
    reconcile: tuple[str, ...] = ()


# --- Ways to bend -----------------------------------------------------------------------------


def by_hand(by: str, *changes: Change) -> Callable[[Stage], None]:
    """Make the bend of one journal without any key."""

    def bend(stage: Stage) -> None:
        with stage.of(by).bent() as db:
            re.each(db, changes)

    return bend


def signed(
    by: str,
    *changes: Change | Callable[[Stage], Change],
    keep_cosignatures: bool = False,
) -> Callable[[Stage], None]:
    """Make the bend of one journal that its own log key signs all the way up."""

    def bend(stage: Stage) -> None:
        site = stage.of(by)
        with site.bent() as db:
            re.each(db, changes)  # type: ignore[arg-type]
            re.sign_again(db, site.keyring(), keep_cosignatures=keep_cosignatures)

    return bend


def with_key_of(
    by: str, holder: str, make: Callable[[Keyring], list[Change]]
) -> Callable[[Stage], None]:
    """Make the bend of ``by``'s journal for which a private key of ``holder`` is needed, too."""
    return lambda stage: signed(by, *make(stage.of(holder).keyring()))(stage)


def restored(*centres: str, kept: str = "first-day") -> Callable[[Stage], None]:
    """Make the bend that puts data directories back as they were kept."""

    def bend(stage: Stage) -> None:
        for centre in centres:
            stage.restore(centre, kept)

    return bend


def exchanged(stage: Stage) -> None:
    """Put each centre's journal into the other's directory."""
    iaf, hmeimim = stage.iaf.data, stage.hmeimim.data
    aside = stage.directory / "aside"
    iaf.rename(aside)
    hmeimim.rename(iaf)
    aside.rename(hmeimim)


def begun_anew(by: str) -> Callable[[Stage], None]:
    """Make the bend that throws the journal away and opens an empty one under the same keys."""

    def bend(stage: Stage) -> None:
        site = stage.of(by)
        shutil.rmtree(site.data)
        keys = site.keyring()
        signer = Signer(
            status=Status.EXERCISE, signing=keys.signing, log=keys.log, witness=keys.witness
        )
        Journal(
            site.data, centre=by, status=Status.EXERCISE, lines={OTHER[by]: 1}, signer=signer
        ).close()

    return bend


def under_other_keys(by: str) -> Callable[[Stage], None]:
    """Make the bend that signs a whole record with keys that nobody was shown, under a new card."""

    def bend(stage: Stage) -> None:
        site = stage.of(by)
        shutil.rmtree(site.keys)
        init_keys(site.keys, by, Status.EXERCISE, now_us=now_us())
        card = read_card((stage.of(OTHER[by]).keys / "centre.card").read_bytes())
        pin_card(site.keys, card, now_us())
        with site.bent() as db:
            re.groups_signed_again(db, site.keyring().signing)
            re.sign_again(db, site.keyring())
            re.cosigned_again(db, site.keyring().witness)

    return bend


def without_line(db: sqlite3.Connection) -> None:
    """Take everything about the newest line out, as if the two had never spoken."""
    line = rows_of(db, "line")[-1]
    ids = (line["log"], line["mirror"])
    messages = [row["id"] for row in rows_of(db, "message") if row["log"] == line["log"]]
    for id_ in messages:
        db.execute("DELETE FROM reading WHERE message = ?", (id_,))
    tables = ("stream", "envelope", "message", "record", "leaf_run", "subtree", "receipt_given")
    for table in (*tables, "receipt_taken", "cosignature", "deadline"):
        db.execute(f"DELETE FROM {table} WHERE log IN (?, ?)", ids)
    delete(db, "line", line)
    db.execute("DELETE FROM log WHERE id IN (?, ?)", ids)
    db.execute("UPDATE log SET note = x''")


def uncovered_again(db: sqlite3.Connection) -> None:
    """Take away each checkpoint after the newest receipt that names a message, with its anchors.

    What lies behind it then bears no signature, and nobody misses one.
    """
    (log,) = re.logs(db)[1]
    given = [row for row in rows_of(db, "receipt_given") if row["log"] == log]
    while given[-1]["items"] == re.NO_ITEMS:
        delete(db, "receipt_given", given.pop())
    size, note = given[-1]["size"], given[-1]["note"]
    db.execute("DELETE FROM cosignature WHERE log = ? AND size > ?", (log, size))
    db.execute("UPDATE log SET note = ? WHERE id = ?", (note, log))
    for row in reversed(re.records(db, "anchor")):
        if row["idx"] >= size:
            re.take_out(db, "record", row)
    re.anchored_again(db)


def hashed_again(db: sqlite3.Connection) -> None:
    """Make every own log's hashes fit its entries again."""
    for origin in [origin for group in re.logs(db) for origin in group.values()]:
        rehash(db, origin)


def newest_reading_by(officer: str) -> Change:
    """Make the change of the newest reading's officer, in the entry and at the desk."""

    def change(db: sqlite3.Connection) -> None:
        said = re.say(db, re.records(db, "read")[-1], officer=officer)
        db.execute("UPDATE reading SET officer = ? WHERE message = ?", (officer, said["message"]))

    return change


# --- The catalogue ----------------------------------------------------------------------------

FILES: dict[str, Attack] = {
    "the last reading's officer, the checkpoints over it taken away": Attack(
        "hmeimim",
        by_hand("hmeimim", uncovered_again, newest_reading_by("ivanov"), hashed_again),
        "a checkpoint that names no message is missed by nobody here, but the peer cosigned it",
        peer=ROLLED_BACK,
        fenced=True,
        reconcile=("rewritten",),
    ),
    "the line and all that was said on it": Attack(
        "hmeimim",
        by_hand("hmeimim", without_line),
        "the node's log says which epochs were opened; the peer holds our signature",
        verify=1,
        peer=ROLLED_BACK,
        fenced=True,
        reconcile=("rolled-back",),
    ),
    "the end of the mirror": Attack(
        "iaf",
        by_hand("iaf", re.mirror_forgotten),
        "the leaves come again with the next receipt; the peer holds our cosignature over them, and"
        " goes on with the line",
        peer=("line.mirror-shrank",),
        reconcile=("mirror-behind",),
    ),
}
"""With the files of one centre alone, beyond what verification finds."""

DIRECTORIES: dict[str, Attack] = {
    "an older copy of the data directory of the side that dials": Attack(
        "iaf",
        restored("iaf"),
        "a whole record of an earlier day; the peer holds what was signed since",
        peer=ROLLED_BACK,
        fenced=True,
        reconcile=("rolled-back",),
    ),
    "an older copy of the data directory of the side that listens": Attack(
        "hmeimim",
        restored("hmeimim"),
        "a whole record of an earlier day; the peer holds what was signed since",
        peer=ROLLED_BACK,
        fenced=True,
        reconcile=("rolled-back",),
    ),
    "a copy without its write-ahead log": Attack(
        "iaf",
        restored("iaf", kept="without-wal"),
        "what was committed since the last truncation is missing: an older copy",
        peer=ROLLED_BACK,
        fenced=True,
        reconcile=("rolled-back",),
    ),
    "an empty journal under the same keys": Attack(
        "hmeimim",
        begun_anew("hmeimim"),
        "an empty record is whole; the peer holds what was signed",
        peer=ROLLED_BACK,
        fenced=True,
        reconcile=("rolled-back",),
    ),
    "the two nodes' journals exchanged": Attack(
        "iaf",
        exchanged,
        "each journal says whose it is",
        verify=1,
        reconcile=("reconcile.no-shared-line",),
    ),
    "older copies of both data directories, of the same moment": Attack(
        "iaf",
        restored(*CENTRES),
        "nothing that is left of that day lies in either directory; only what left them (an "
        "export, an evidence file, an outside witness) shows it",
    ),
}
"""With whole directories, and a copy of them of an earlier day."""

BOTH: dict[str, Attack] = {
    "another history, told anew by one centre": Attack(
        "hmeimim",
        restored("hmeimim", kept="retold"),
        "the other holds the first one, with our signature",
        peer=ROLLED_BACK,
        fenced=True,
        reconcile=("rolled-back",),
    ),
    "another history, told anew by both centres together": Attack(
        "iaf",
        restored(*CENTRES, kept="retold"),
        "who holds all keys of both can write any history; only what left them (an export, an "
        "evidence file, an outside witness) shows that there was another",
    ),
}
"""With all keys of one centre, and of both."""

LOG_KEY: dict[str, Attack] = {
    "a time received moved back, the cosignatures kept": Attack(
        "hmeimim",
        signed("hmeimim", re.received_at(FLASH, -MINUTE_US), keep_cosignatures=True),
        "the peer cosigned another tree, and its key is elsewhere",
        verify=10,
        peer=REWRITTEN,
        fenced=True,
        reconcile=("fork",),
    ),
    "a time received moved back": Attack(
        "hmeimim",
        signed("hmeimim", re.received_at(FLASH, -MINUTE_US)),
        "the peer holds the receipt, its own mirror of the log, and our signature",
        peer=REWRITTEN,
        fenced=True,
        reconcile=("fork", "time-differs"),
    ),
    "a time received moved on": Attack(
        "hmeimim",
        signed("hmeimim", re.received_at(FLASH, MINUTE_US)),
        "the peer holds the receipt, its own mirror of the log, and our signature",
        peer=REWRITTEN,
        fenced=True,
        reconcile=("fork", "time-differs"),
    ),
    "a message received, and its receipt, taken out": Attack(
        "hmeimim",
        signed("hmeimim", re.without_received(PRIORITY)),
        "the peer holds the receipt, which proves the message in our log",
        peer=REWRITTEN,
        fenced=True,
        reconcile=("fork", "message-not-received"),
    ),
    "a message sent, and its receipt, taken out": Attack(
        "iaf",
        signed("iaf", re.without_sent(PRIORITY)),
        "the peer holds the message with our signature",
        peer=REWRITTEN,
        fenced=True,
        reconcile=("message-not-sent",),
    ),
    "a receipt taken out": Attack(
        "iaf",
        signed("iaf", re.without_receipt_of(PRIORITY)),
        "the peer mirrors our log, and cosigned it with that entry",
        peer=REWRITTEN,
        fenced=True,
        reconcile=("fork", "receipt-missing"),
    ),
    "another officer who read": Attack(
        "hmeimim",
        signed("hmeimim", re.read_by("ivanov")),
        "the peer mirrors the entry's hash, though it cannot know what it says",
        peer=REWRITTEN,
        fenced=True,
        reconcile=("fork",),
    ),
    "an alarm and its acknowledgement taken out": Attack(
        "hmeimim",
        signed("hmeimim", re.without_alarms),
        "the node's log is anchored in the line's, so the anchors change, and the peer has those",
        peer=REWRITTEN,
        fenced=True,
        reconcile=("fork",),
    ),
    "another who acknowledged an alarm": Attack(
        "hmeimim",
        signed("hmeimim", re.acknowledged_by("ivanov")),
        "the node's log is anchored in the line's, so the anchors change, and the peer has those",
        peer=REWRITTEN,
        fenced=True,
        reconcile=("fork",),
    ),
    "another measured clock": Attack(
        "hmeimim",
        signed("hmeimim", re.says("clock", offset_us=7_000_000)),
        "the peer mirrors the entry's hash",
        peer=REWRITTEN,
        fenced=True,
        reconcile=("fork",),
    ),
    "another reason why the line was down": Attack(
        "iaf",
        signed("iaf", re.says("association", remote="192.0.2.1")),
        "the peer mirrors the entry's hash",
        peer=REWRITTEN,
        fenced=True,
        reconcile=("fork",),
    ),
}
"""With the files and the log key of one centre: everything is hashed and signed again."""

SIGNING_KEY: dict[str, Attack] = {
    "a message composed earlier": Attack(
        "iaf",
        with_key_of(
            "iaf", "iaf", lambda keys: [re.composed_earlier(PRIORITY, MINUTE_US, keys.signing)]
        ),
        "the peer's receipt proves another message at that place",
        verify=9,
        peer=REWRITTEN,
        fenced=True,
        reconcile=("fork", "message-differs"),
    ),
    "a message composed earlier, its receipt taken out": Attack(
        "iaf",
        with_key_of(
            "iaf",
            "iaf",
            lambda keys: [
                re.composed_earlier(PRIORITY, MINUTE_US, keys.signing),
                re.without_receipt_of(PRIORITY),
            ],
        ),
        "the peer holds the message that was sent, with our signature",
        peer=REWRITTEN,
        fenced=True,
        reconcile=("fork", "message-differs"),
    ),
    "a message of the peer's that it never sent, under our key": Attack(
        "iaf",
        with_key_of("iaf", "iaf", lambda keys: [re.never_said(ROUTINE, keys.signing)]),
        "it is not the peer's signing key",
        verify=2,
        peer=("line.rolled-back",),
        reconcile=("message-not-sent",),
    ),
}
"""With the signing key too."""

PEERS_KEY: dict[str, Attack] = {
    "a message of the peer's that it never sent, under its own key": Attack(
        "iaf",
        with_key_of("iaf", "hmeimim", lambda keys: [re.never_said(ROUTINE, keys.signing)]),
        "the peer's log does not have it, and learns of it from the sequence in our HELLO",
        peer=("line.rolled-back",),
        reconcile=("message-not-sent",),
    ),
}
"""With the peer's stolen signing key too."""

OTHER_KEYS: dict[str, Attack] = {
    "everything signed with new keys, under a new card": Attack(
        "hmeimim",
        under_other_keys("hmeimim"),
        "the record agrees with the card beside it; the peer pinned another, after reading its "
        "words aloud",
        peer=("trust.peer-certificate",),
        reconcile=("reconcile.other-keys",),
    ),
}
"""With keys that nobody was shown."""

ATTACKS: dict[str, Attack] = {
    **FILES,
    **DIRECTORIES,
    **LOG_KEY,
    **SIGNING_KEY,
    **PEERS_KEY,
    **OTHER_KEYS,
    **BOTH,
}
