"""Reconciliations as a comparison would leave them, for tests of what is made of them."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import Any

from hotline.audit.reconcile.findings import (
    Clock,
    Difference,
    EntryRef,
    Exchange,
    LogState,
    Open,
    Reconciliation,
    Remark,
    Side,
    SideName,
)

SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
HOUR_US = 60 * MINUTE_US
T0_US = 1_772_359_200 * SECOND_US
"""2026-03-01 10:00:00 UTC."""

AHEAD_US = 42_000
"""How far b's clock is ahead of a's."""

LOG = {"a": "hotline.example/exercise/iaf/hmeimim/1", "b": "hotline.example/exercise/hmeimim/iaf/1"}

# What the hostile say. Every text of a peer may be any of it.
HOSTILE = (
    "<script>document.title='OWNED'</script>",
    "</title></style></svg><img src=x onerror=\"document.title='OWNED'\">",
    "{{ 7 * 7 }}{% raw %}",
    "\u202eTXET DEKCATTA\u202c \u2066isolated",
    "W" * 400,
    "\u0645\u0631\u062d\u0628\u0627 \u05e9\u05dc\u05d5\u05dd \u041f\u0420\u0418\u0412\u0415\u0422",
    "Z" + "\u0351\u0313\u0346" * 60 + "algo",
    "\u6f22\u5b57" * 60 + "\U0001f680",
    "http://example.invalid/x.png",
    "\x1b[31mred\x07\x00",
    "\ufdfd" * 20,
)


def side(name: SideName, **changes: Any) -> Side:
    """Return one side; ``a`` is iaf, ``b`` is hmeimim."""
    centre = "iaf" if name == "a" else "hmeimim"
    return replace(
        Side(
            centre=centre,
            source=f"var/demo/{centre}" if name == "a" else "evidence/hmeimim.jsonl",
            form="journal" if name == "a" else "export",
            complete=True,
            verified=True,
            logs=(
                LogState(LOG[name], 412, sha256(name.encode()).digest(), 412),
                LogState(f"hotline.example/exercise/{centre}/node", 63, bytes(32), 61),
            ),
            first_us=T0_US - HOUR_US,
            last_us=T0_US + 9 * HOUR_US,
            fingerprint=sha256(centre.encode()).digest(),
        ),
        **changes,
    )


def message_id(number: int) -> bytes:
    """Return the id of the numbered message."""
    return sha256(number.to_bytes(8, "big")).digest()


def exchange(number: int, at_us: int, sender: SideName = "a", **changes: Any) -> Exchange:
    """Return a routine message composed at ``at_us`` by a's clock, and durable 38 ms later.

    ``durable_us`` may be changed too; by the recipient's clock, as the contract has it.
    """
    mine = AHEAD_US if sender == "b" else 0
    theirs = 0 if sender == "b" else AHEAD_US
    durable = at_us + 38_000 + theirs
    return replace(
        Exchange(
            sender=sender,
            kind="notice",
            precedence="ROUTINE",
            seq=number,
            message=message_id(number),
            reference=f"{'IAF' if sender == 'a' else 'HMM'}-{number:04}",
            about=None,
            title="",
            created_us=at_us + mine,
            durable_us=durable,
            receipt_says_us=durable,
            taken_us=at_us + mine + 61_000,
            start_us=None,
            read_by=None,
            read_us=None,
            different=False,
            sent_entry=number * 3,
            received_entry=number * 3 + 1,
        ),
        **changes,
    )


def morning() -> list[Exchange]:
    """Return a morning: a flash, answers, a cut line, a withdrawal, a pause of hours, midnight."""
    at = T0_US
    answered = {"kind": "reply", "reference": "IAF-0001", "about": message_id(1)}
    return [
        exchange(
            1,
            at,
            title="patrol, FL180 to FL240, 2 volumes",
            precedence="PRIORITY",
            start_us=at + 30 * MINUTE_US,
            read_by="orlov",
            read_us=at + 95 * SECOND_US,
        ),
        exchange(2, at + 70 * SECOND_US, "b", title="stand by", **answered),
        exchange(3, at + 96 * SECOND_US, "b", title="accept, area and levels as read", **answered),
        exchange(
            4,
            at + 11 * MINUTE_US,
            "b",
            kind="advisory",
            precedence="FLASH",
            reference="HMM-0004",
            title="jet near 35.40 N 35.95 E",
            read_by="levy",
            read_us=at + 11 * MINUTE_US + 9_000_000,
        ),
        exchange(
            5,
            at + 12 * MINUTE_US,
            precedence="FLASH",
            title="strike, surface to FL150",
            start_us=at + 13 * MINUTE_US,
        ),
        exchange(
            6,
            at + 14 * MINUTE_US,
            title="tanker track, FL260",
            precedence="IMMEDIATE",
            start_us=at + 90 * MINUTE_US,
            durable_us=at + 22 * MINUTE_US + AHEAD_US,
            taken_us=at + 22 * MINUTE_US + 90_000,
            receipt_says_us=at + 22 * MINUTE_US + AHEAD_US,
        ),
        exchange(7, at + 15 * MINUTE_US, kind="line-check", reference=None),
        exchange(
            8,
            at + 16 * MINUTE_US,
            "b",
            title="transport, two aircraft",
            start_us=at + 15 * MINUTE_US,
            durable_us=at + 22 * MINUTE_US + 40_000,
            receipt_says_us=at + 22 * MINUTE_US + 40_000,
        ),
        exchange(9, at + 3 * HOUR_US, kind="withdrawal", reference="IAF-0006", about=message_id(6)),
        exchange(
            10, at + 3 * HOUR_US + MINUTE_US, title="training area north", start_us=at + 6 * HOUR_US
        ),
        exchange(11, at + 14 * HOUR_US + 4_000_000, "b", kind="service", reference="HMM-0011"),
    ]


def ref(name: SideName, entry: int, at_us: int, number: int | None = None) -> EntryRef:
    """Return an entry of a side's log, and the numbered message that it holds."""
    return EntryRef(LOG[name], entry, at_us, None if number is None else message_id(number))


def agreeing(**changes: Any) -> Reconciliation:
    """Return two records that agree."""
    found = Reconciliation(
        status="exercise",
        a=side("a"),
        b=side("b"),
        epochs=(1,),
        entries=475,
        messages=11,
        checkpoints=204,
        open=[
            Open(
                "sent, and not yet acknowledged when this record was read",
                "a",
                1,
                EntryRef(LOG["a"], 411, T0_US + 9 * HOUR_US),
            )
        ],
        clocks=[
            Clock("both", 480, AHEAD_US, 400, AHEAD_US - 1_900, AHEAD_US + 2_100),
            Clock("a", 240, AHEAD_US + 100, 600, AHEAD_US - 1_900, AHEAD_US + 2_100),
            Clock("b", 240, AHEAD_US - 150, 700, AHEAD_US - 1_500, AHEAD_US + 1_800),
        ],
        exchanges=morning(),
    )
    return replace(found, **changes)


def differing() -> Reconciliation:
    """Return two records that differ in five things."""
    exchanges = morning()
    for number, changes in {
        1: {"receipt_says_us": T0_US - 20 * MINUTE_US},
        5: {"durable_us": None, "receipt_says_us": None, "taken_us": None, "received_entry": None},
        8: {},
        10: {"sent_entry": None, "taken_us": None, "receipt_says_us": None},
    }.items():
        exchanges[number - 1] = replace(exchanges[number - 1], different=True, **changes)  # type: ignore[arg-type]
    note = (f"{LOG['b']}\n412\n{'A' * 43}=\n\n\u2014 {LOG['b']} {'B' * 92}\n").encode()
    return agreeing(
        exchanges=exchanges,
        differences=[
            Difference(
                "time-differs",
                "iaf's receipt for IAF-0001 says another moment than hmeimim's record",
                ref("a", 4, T0_US + 61_000, 1),
                ref("b", 4, T0_US + 80_000, 1),
            ),
            Difference(
                "message-not-received",
                "IAF-0005 is in iaf's record and not in hmeimim's",
                ref("a", 15, T0_US + 12 * MINUTE_US, 5),
                None,
            ),
            Difference(
                "message-differs",
                "the two records hold different bytes under number 8 of the routine stream",
                ref("a", 25, T0_US + 22 * MINUTE_US, 8),
                ref("b", 24, T0_US + 16 * MINUTE_US, 8),
            ),
            Difference(
                "message-not-sent",
                "IAF-0010 is in hmeimim's record and not in iaf's own",
                None,
                ref("b", 31, T0_US + 3 * HOUR_US, 10),
            ),
            Difference(
                "fork",
                "hmeimim signed two different roots for the first 412 entries of its log",
                None,
                ref("b", 412, T0_US + 9 * HOUR_US),
                (note, note.replace(b"AAAA", b"CCCC")),
            ),
        ],
    )


def empty() -> Reconciliation:
    """Return two records with nothing in common, neither of them checked."""
    nothing = {"logs": (), "first_us": None, "last_us": None, "verified": None}
    return Reconciliation("test", side("a", **nothing), side("b", **nothing))


def many(count: int = 500) -> Reconciliation:
    """Return ``count`` messages over days: pauses, every precedence, starts and a few late."""
    urgencies = ("ROUTINE",) * 5 + ("PRIORITY",) * 2 + ("IMMEDIATE", "FLASH", "ROUTINE")
    exchanges = []
    at = T0_US
    for number in range(1, count + 1):
        step = int.from_bytes(message_id(number)[:4], "big")
        at += step % (4 * MINUTE_US) + (HOUR_US * (step % 7) if number % 37 == 0 else 0)
        late = 3 * MINUTE_US if number % 23 == 0 else 38_000
        exchanges.append(
            exchange(
                number,
                at,
                "a" if step % 3 else "b",
                precedence=urgencies[number % 10],
                start_us=at + step % (2 * HOUR_US) if step % 2 else None,
                durable_us=at + late + (AHEAD_US if step % 3 else 0),
                title="patrol, FL180 to FL240" if step % 2 else "",
            )
        )
    return agreeing(exchanges=exchanges, messages=count)


def hostile() -> Reconciliation:
    """Return a reconciliation in which every text and number is what an enemy would choose."""
    exchanges = [
        exchange(
            number,
            T0_US + number * MINUTE_US,
            "b",
            kind=text,
            reference=text,
            title=text,
            read_by=text,
            precedence=text,
            read_us=T0_US,
            different=True,
            start_us=2**62,
            seq=2**63,
        )
        for number, text in enumerate(HOSTILE, 1)
    ]
    exchanges.append(exchange(99, -(2**62), "b", durable_us=2**62, start_us=-1, receipt_says_us=0))
    nasty = side(
        "b",
        centre=HOSTILE[0],
        source=HOSTILE[1],
        form=HOSTILE[3],
        logs=tuple(LogState(text, 2**63, bytes(32), 0) for text in HOSTILE),
    )
    return agreeing(
        b=nasty,
        status=HOSTILE[0],
        exchanges=exchanges,
        differences=[
            Difference(
                text,
                text,
                EntryRef(text, 2**63, -1, message_id(1)),
                None,
                (text.encode() * 9, b"\xff\xfe\x00" * 99),
            )
            for text in HOSTILE
        ],
        open=[Open(text, "b", -1, None) for text in HOSTILE],
        remarks=[Remark(text, text) for text in HOSTILE],
        clocks=[Clock("both", -1, 2**62, -5, -(2**62), 2**62)],
    )
