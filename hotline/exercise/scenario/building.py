"""A scenario made of the tables of its file, each part checked for what its form cannot say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hotline.exercise.scenario.beside import Beside
from hotline.exercise.scenario.documents import Document, read_document
from hotline.exercise.scenario.file_form import AMOUNT_KEYS
from hotline.exercise.scenario.forms import Told, did_you_mean
from hotline.exercise.scenario.marked import Marked
from hotline.exercise.scenario.shape import (
    DIRECTOR,
    Act,
    Delivery,
    Expectation,
    ExpectationKind,
    Fault,
    FaultKind,
    Inject,
)
from hotline.exercise.scenario.tables import Record
from hotline.model.kinds import Answer
from hotline.model.problem import Problem

DELIVERIES = {
    Act.SEND: Delivery.LINE,
    Act.REPLY: Delivery.LINE,
    Act.VOICE: Delivery.VOICE,
    Act.FAULT: Delivery.FAULT,
}
"""How what an inject does reaches its recipient; all else is told by the director."""

BY_CENTRES = frozenset({Act.SEND, Act.REPLY, Act.VOICE, Act.RELIEVE})
"""What only a centre can do."""
TO_CENTRES = frozenset({Act.SEND, Act.REPLY, Act.VOICE, Act.TELL})
"""What has a recipient."""
OF_A_MESSAGE = frozenset(
    {
        ExpectationKind.RECEIPT,
        ExpectationKind.READ,
        ExpectationKind.READ_BACK,
        ExpectationKind.REPLY,
        ExpectationKind.CONFLICT,
        ExpectationKind.FLAGGED,
    }
)
"""What can be expected only of an inject that sends something."""


@dataclass(frozen=True, slots=True)
class Built:
    """An inject with the table that it was made of, where the checks find the places."""

    inject: Inject
    record: Record

    @property
    def id_place(self) -> str:
        """Where the inject's id stands."""
        return self.record.at("id")

    @property
    def document_part(self) -> Marked:
        """The message as the file has it."""
        return self.record.parts[self.inject.act.value]


def build_inject(
    record: Record, centres: tuple[str, str], beside: Beside, told: Told
) -> Built | None:
    """Return the inject of a table; None where it cannot be made of it."""
    act = next(one for one in Act if one.value in record)
    value = record.get(act.value)
    originator, recipient = _ends(record, act, centres, told)
    inject_id = record.get("id")
    after: Record | None = record.get("after")
    fault = _fault(value, centres, told) if act is Act.FAULT else None
    document: Document | None = None
    if act is Act.SEND:
        document = read_document(value, beside, told)
        if document is None:
            return None
    elif act is Act.REPLY:
        document = _reply_fields(value)
    text = value if act in (Act.TELL, Act.REAL_WORLD, Act.PAUSE, Act.END) else ""
    if act is Act.RELIEVE and "officer" in record:
        told.append(
            Problem(
                "scenario.out-of-place",
                record.at("officer"),
                "who relieves is named twice",
                "leave the key officer out",
            )
        )
    if record.get("flawed") and act is not Act.SEND:
        told.append(
            Problem(
                "scenario.out-of-place",
                record.at("flawed"),
                "only a message can be flawed",
                "leave the key flawed out",
            )
        )
    if record.get("by-crew") and act not in BY_CENTRES:
        told.append(
            Problem(
                "scenario.out-of-place",
                record.at("by-crew"),
                f"no crew does {act.value} by itself",
                "leave the key by-crew out",
            )
        )
    inject = Inject(
        id=inject_id,
        at_s=record.get("at", 0.0) if after is None else after.get("by", 0.0),
        after="" if after is None else after.get("inject"),
        act=act,
        originator=originator,
        recipient=recipient,
        delivery=DELIVERIES.get(act, Delivery.CONTROL),
        title=record.get("title", ""),
        description=record.get("description", ""),
        outcome=record.get("outcome", ""),
        document=document,
        about=value.get("about") if act in (Act.REPLY, Act.VOICE) else "",
        answer=Answer(value.get("answer")) if act is Act.REPLY else None,
        reason=value.get("reason", "") if act is Act.REPLY else "",
        text=text,
        officer=value if act is Act.RELIEVE else record.get("officer", ""),
        fault=fault,
        from_crew=record.get("by-crew", False),
        expectations=_expectations(record, act, originator, recipient, fault, centres, told),
        comment=record.get("comment", ""),
        line=record.place.line,
        flawed=record.get("flawed", False),
        objectives=tuple(dict.fromkeys(record.get("objectives", ()))),
    )
    return Built(inject, record)


def _ends(record: Record, act: Act, centres: tuple[str, str], told: Told) -> tuple[str, str]:
    """Return originator and recipient, the other centre being the recipient unless it is said."""
    originator: str = record.get("from", "")
    recipient: str = record.get("to", "")
    for key in ("from", "to"):
        if key in record:
            check_centre(record.get(key), record.at(key), centres, told)
    if act in BY_CENTRES and not originator:
        told.append(
            Problem(
                "scenario.missing-key",
                record.at(),
                f"who is to {act.value} is not said",
                f"add from: {centres[0]} or {centres[1]}",
            )
        )
    if originator and act not in BY_CENTRES and act is not Act.REAL_WORLD:
        told.append(
            Problem(
                "scenario.out-of-place",
                record.at("from"),
                f"{act.value} is the director's, and comes from no centre",
                "leave the key from out",
            )
        )
    if recipient and act not in TO_CENTRES:
        told.append(
            Problem(
                "scenario.out-of-place",
                record.at("to"),
                f"{act.value} has no recipient",
                "leave the key to out",
            )
        )
    if act is Act.TELL and not recipient:
        told.append(
            Problem(
                "scenario.missing-key",
                record.at(),
                "whose crew is told is not said",
                f"add to: {centres[0]} or {centres[1]}",
            )
        )
    if originator and originator == recipient:
        told.append(
            Problem(
                "scenario.to-itself",
                record.at("to"),
                f"{originator} would send to itself",
                "name the other centre",
            )
        )
    if act in BY_CENTRES - {Act.RELIEVE} and not recipient:
        recipient = centres[1] if originator == centres[0] else centres[0]
    return originator or DIRECTOR, recipient


def check_centre(centre: str, place: str, centres: tuple[str, str], told: Told) -> None:
    """Add that a centre is none of the scenario's."""
    if centre not in centres:
        hint = did_you_mean(centre, centres)
        if centre == DIRECTOR:
            hint = "the director is meant where no centre is named: leave the key out"
        told.append(
            Problem(
                "scenario.unknown-centre", place, f"{centre!a} is no centre of this scenario", hint
            )
        )


def _reply_fields(record: Record) -> Document | None:
    """Return the fields of a reply that have no place of their own in an inject."""
    found: Document = {}
    if "read-back" in record:
        found["read_back"] = record.get("read-back").plain()
    if "proposal" in record:
        found["proposal"] = [volume.plain() for volume in record.get("proposal")]
    if "phrases" in record:
        found["phrases"] = list(record.get("phrases"))
    return found or None


def _fault(value: Any, centres: tuple[str, str], told: Told) -> Fault:
    kind, record, _ = value
    for key in ("centre", "from"):
        if key in record:
            check_centre(record.get(key), record.at(key), centres, told)
    amount = next((record.get(key) for key in AMOUNT_KEYS if key in record), 0.0)
    return Fault(
        kind=FaultKind(kind),
        centre=record.get("centre", record.get("from", "")),
        amount=-amount if record.get("back", False) else amount,
        for_s=record.get("for"),
    )


def _expectations(
    record: Record,
    act: Act,
    originator: str,
    recipient: str,
    fault: Fault | None,
    centres: tuple[str, str],
    told: Told,
) -> tuple[Expectation, ...]:
    found = []
    inject_id = record.get("id")
    befallen = "" if fault is None else fault.centre
    for number, (name, fields, place) in enumerate(record.get("expect", ()), 1):
        kind = ExpectationKind(name)
        centre = fields.get("centre", "")
        if centre:
            check_centre(centre, fields.at("centre"), centres, told)
        elif kind is ExpectationKind.RELIEF and originator != DIRECTOR:
            centre = originator
        else:
            centre = recipient or befallen
        if not centre:
            told.append(
                Problem(
                    "scenario.missing-key",
                    str(place),
                    f"whose {name} is expected is not said",
                    f"add centre: {centres[0]} or {centres[1]}",
                )
            )
        if kind in OF_A_MESSAGE and act not in (Act.SEND, Act.REPLY):
            told.append(
                Problem(
                    "scenario.nothing-sent",
                    str(place),
                    f"{name} is about a message, and this inject sends none",
                    "expect it of the inject that sends the message",
                )
            )
        found.append(
            Expectation(
                id=f"{inject_id}.{number}",
                kind=kind,
                centre=centre,
                within_s=fields.get("within", 0.0),
                answers=tuple(Answer(answer) for answer in fields.get("one-of", ())),
                code=fields.get("code", ""),
                kinds=fields.get("kinds", ()),
                never=fields.get("never", False),
                text=fields.get("text", ""),
                reference=fields.get("reference", ""),
            )
        )
    return tuple(found)
