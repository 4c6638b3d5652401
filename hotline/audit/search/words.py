"""An entry in words: who said what to whom, and what else happened.

Everything that came over the line is made safe for a terminal here; nothing is left to the reader.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hotline.audit.entries import Entry, Log, MessageEntry, RecordEntry
from hotline.audit.search.access_words import draft_words, officer_words, session_words
from hotline.audit.search.decoding import flags_in, message_in, precedence_name, told_in
from hotline.audit.search.shortened import short as _short
from hotline.errors import HotlineError
from hotline.model.messages import (
    Activation,
    Advisory,
    Conflict,
    Contingency,
    End,
    LineCheck,
    Message,
    Nonconformance,
    Notice,
    Reply,
    Revision,
    Service,
    Withdrawal,
    composer_of,
)
from hotline.model.phrasing import duration_text
from hotline.model.text import printable
from hotline.model.times import format_time
from hotline.trust.checkpoint import Checkpoint
from hotline.trust.notes import Note

MAX_TOLD = 2000
"""Characters of an entry in words."""
MAX_ITEMS = 8
"""Runs of a receipt that are told one by one."""


def in_words(log: Log, centre: str, entry: Entry) -> str:
    """Return one line on an entry; ``centre`` is whose record it is. Never raises."""
    peer = log.peer or "a stranger"
    if isinstance(entry, MessageEntry):
        return _message(entry, centre, peer)
    told = told_in(entry.payload)
    try:
        text = _record(entry, told, peer)
    except (TypeError, ValueError, KeyError, AttributeError, HotlineError):
        text = ""  # a payload of another shape: told as it stands
    # Once more as a whole: a number of another type may be text that nobody made safe.
    return printable((text or _as_it_stands(entry.kind, told))[:MAX_TOLD])


def clock_text(microseconds: int) -> str:
    """Return ``12:00:03.120`` for a moment, or its number where it is none."""
    try:
        text = format_time(microseconds)
    except HotlineError:
        return str(microseconds)
    clock, _, fraction = text[11:-1].partition(".")
    return f"{clock}.{fraction[:3].ljust(3, '0')}"


def _message(entry: MessageEntry, centre: str, peer: str) -> str:
    sender, recipient = (centre, peer) if entry.direction == "out" else (peer, centre)
    said = " ".join(part for part in _said(entry, message_in(entry.body)) if part)
    flags = ", ".join(_short(flag.get("code", "")) for flag in flags_in(entry.flags))
    number = f"{precedence_name(entry.stream)} {entry.seq}"
    return f"{sender} to {recipient}, {number}: {said}{f' [flagged: {flags}]' if flags else ''}"


def _said(entry: MessageEntry, message: Message | None) -> Iterator[str]:
    yield _short(entry.kind.replace("-", " "))
    match message:
        case Notice():
            yield _short(message.reference)
            yield _quoted(message.title)
        case Revision():
            yield f"{message.number} of {_short(message.reference)}"
            yield _quoted(message.title)
        case Withdrawal():
            yield f"of {_short(message.reference)}"
            yield _quoted(message.reason)
        case Activation() | End():
            yield f"of {_short(message.reference)}"
            yield f"at {_short(message.at)}" if message.at else ""
        case Nonconformance() | Contingency():
            yield f"of {_short(message.reference)}"
            yield f"at {_short(message.at)}" if message.at else ""
            yield _quoted(message.reason)
        case Conflict():
            yield f"{_short(message.reference)} {_short(message.relation)} with"
            yield _short(message.other)
        case Advisory():
            yield _quoted(": ".join(part for part in (message.subject, message.text) if part))
        case Reply():
            yield _short(message.answer or "without an answer")
            yield f"to {_short(message.reference or message.to[:8])}"
            yield _quoted(message.reason)
        case LineCheck():
            yield _quoted(message.phrase)
        case Service():
            yield _quoted(message.text)
        case None:
            yield f"{entry.reference or ''} (its payload cannot be read)".strip()
            return
    composer = composer_of(message)
    yield f"by {_short(composer)}" if composer else ""


def _record(entry: RecordEntry, told: Mapping[str, Any], peer: str) -> str:
    match entry.kind:
        case "receipt":
            return f"receipt for {_receipts(told['items'], peer)}"
        case "rejection":
            return (
                f"{peer} rejected {precedence_name(told['stream'])} {told['seq']}: {_coded(told)}"
            )
        case "refusal":
            source = f" from {_short(told['remote'])}" if told.get("remote") else ""
            return f"refused what came{source or f' from {peer}'}: {_coded(told)}"
        case "equivocation":
            return (
                f"{peer} said {precedence_name(told['stream'])} {told['seq']} twice, and not the"
                " same; both are kept"
            )
        case "association":
            if told["state"] == "up":
                return f"line with {peer} up, through {_short(told['remote'])}"
            if told["state"] == "identified":
                return f"{peer} identified itself, from {_short(told['remote'])}"
            return f"line with {peer} down: {_short(told['reason'])}"
        case "clock":
            return _clock(int(told["offset_us"]), int(told["round_trip_us"]), peer)
        case "read":
            return f"{_short(told['officer'])} opened message {told['message'].hex()[:8]}"
        case "remarked":
            flags = ", ".join(_short(flag["code"]) for flag in told["flags"])
            return f"message {told['message'].hex()[:8]} flagged on arrival: {flags}"
        case "compared":
            flags = ", ".join(_short(flag["code"]) for flag in told["flags"])
            if not told["stood"]:
                flags = f"it stood no more{f'; {flags}' if flags else ''}"
            return f"message {told['message'].hex()[:8]} compared: {flags or 'it meets nobody'}"
        case "conflict":
            return f"found: {_short(told['text'])}"
        case "answer-time":
            within = duration_text(int(told["within_us"]))
            return f"{precedence_name(told['stream'])} is to be answered within {within}"
        case "answer-due":
            due = clock_text(told["due_us"])
            return f"the answer to message {told['message'].hex()[:8]} is due at {due}"
        case "voice":
            return _voice(told, peer)
        case "anchor":
            checkpoint = Checkpoint.parse(Note.parse(told["checkpoint"]).text)
            return f"the node's own log anchored here at {_entries(checkpoint.size)}"
        case "fork":
            return f"proof kept that {_short(told['origin'])} is two logs under one key"
        case "node":
            return f"node {_short(told['state'])}"
        case "alarm-raised":
            about = f" ({_short(told['peer'])})" if told.get("peer") else ""
            return f"alarm {told['alarm']} raised{about}: {_coded(told)}"
        case "alarm-cleared":
            return f"alarm {told['alarm']}: its cause is gone"
        case "alarm-acknowledged":
            return f"alarm {told['alarm']} acknowledged by {_short(told['officer'])}"
        case "alarm-shelved":
            until = clock_text(told["until_us"])
            who = _short(told["officer"])
            return f"alarm {told['alarm']} shelved by {who} until {until}: {_short(told['reason'])}"
        case "alarm-unshelved":
            who = f"by {_short(told['officer'])}" if told["officer"] else "its time was over"
            return f"alarm {told['alarm']} heard again: {who}"
        case "session":
            return session_words(told)
        case "officer":
            return officer_words(told)
        case "draft":
            return draft_words(told)
        case "clock-stepped":
            return f"this node's clock stepped by {int(told['step_us']) / 1e6:+.3f} s"
        case "exercise":
            return _played(told)
        case "fault":
            return _fault(told)
        case "watch":
            return _watch(told)
        case "recovered":
            return f"recovered by {_short(told['officer'])}; fenced because {_short(told['fence'])}"
        case "line-opened":
            played = f", exercise {_short(told['exercise'])}" if told.get("exercise") else ""
            return (
                f"epoch {int(told['epoch'])} of the line with {_short(told['peer'])} opened{played}"
            )
        case "archived":
            return (
                f"{_short(told['officer'])} archived {_short(told['origin'])},"
                f" {_entries(int(told['size']))}, and took them out"
            )
        case "audited":
            return _audited(told)
        case _:
            return ""


def _receipts(items: list[Any], peer: str) -> str:
    told = []
    for stream, first_seq, count, first_index, time_us in items[:MAX_ITEMS]:
        last = count - 1
        numbers = f"{precedence_name(stream)} {_run(first_seq, first_seq + last)}"
        where = f"{'entry' if not last else 'entries'} {_run(first_index, first_index + last)}"
        told.append(f"{numbers}, {where} of {peer}'s log, durable {clock_text(time_us)}")
    if len(items) > MAX_ITEMS:
        told.append(f"and {len(items) - MAX_ITEMS} more runs")
    return "; ".join(told)


def _voice(told: Mapping[str, Any], peer: str) -> str:
    officer = _short(told["officer"])
    if told["state"] == "confirmed":
        verdict = "they agree" if told["agrees"] else "they differ"
        what = f"message {told['message'].hex()[:8]}, read out in entry {int(told['spoken'])}"
        return f"{officer} took the words for {what}: {verdict}"
    subject = _short(told["text"].partition("\nB ")[2].partition("\n")[0])
    if told["state"] == "spoken":
        return f"{officer} read {subject} out over the telephone, for {peer} to write down"
    differs = told["differs"] or (told["said"] not in ("", told["words"]))
    doubt = ", with other words than were read" if differs else ""
    return f"{officer} wrote down {subject}, heard from {peer} over the telephone{doubt}"


def _played(told: Mapping[str, Any]) -> str:
    event, by = str(told["event"]), _short(told["by"] or "somebody")
    name = f"exercise {_short(told['name'])}" if told["name"] else "exercise"
    said = f": {_quoted(told['text'])}" if told["text"] else ""
    if event == "real-world":
        where = ""
        if told["message"] is not None:
            where = f" (message {told['message'].hex()[:8]}, line with {_short(told['peer'])})"
        return f"REAL WORLD, NO PLAY, said by {by}{where}: {name} stopped{said}"
    record = f", record {told['record'].hex()[:8]}" if told["record"] else ""
    return f"{name}: {_short(event)} by {by}{record}{said}"


def _fault(told: Mapping[str, Any]) -> str:
    what = _short(told["kind"]) + (f" on the line with {_short(told['peer'])}" * bool(told["peer"]))
    if told["state"] == "ended":
        by = f" by {_short(told['by'])}" if told["by"] else ""
        return f"fault on purpose ended: {what} ({_short(told['why'])}{by})"
    amount = f", {float(told['amount']):g}" if told["amount"] else ""
    until = f", for {duration_text(int(told['for_us']))}" if told["for_us"] is not None else ""
    return f"fault on purpose begins: {what}{amount}{until}, by {_short(told['by'])}"


def _audited(told: Mapping[str, Any]) -> str:
    officer, work, what = _short(told["officer"]), str(told["work"]), _short(told["what"])
    asked = f" ({what})" if what else ""
    if told["state"] != "done":
        return f"job {int(told['job'])} of the audit, {work}{asked}, {told['state']}: {officer}"
    digest = f", SHA-256 {told['digest'].hex()[:16]}" if told["digest"] else ""
    match work:
        case "verify":
            done = f"had the record verified: it {'holds' if told['ok'] else 'does NOT hold'}"
        case "reconcile":
            agree = "the records agree" if told["ok"] else "the records do NOT agree"
            done = f"had the record reconciled with the peer's: {agree}"
        case "export":
            done = f"exported the record{asked}"
        case _:
            done = f"took evidence{asked}"
    return f"{officer} {done}{digest}"


def _watch(told: Mapping[str, Any]) -> str:
    officer = _short(told["officer"])
    said = f": {_quoted(told['text'])}" if told["text"] else ""
    match told["step"]:
        case "taken":
            return f"{officer} took the watch{said}"
        case "briefed":
            told_of = ", ".join(f"{int(one['total'])} {_short(one['name'])}" for one in _any(told))
            return f"{officer} was briefed to relieve the watch: {told_of or 'nothing open'}{said}"
        case "assumed":
            who = f"{officer} assumed the watch, relieving {_short(told['relieved'])}"
            return f"{who}, on the brief of entry {int(told['brief'])}{said}"
        case "reviewed":
            return f"{officer}, relieved, has monitored the watch and signs off{said}"
        case _:
            return f"{officer} released the watch; nobody relieved him{said}"


def _any(told: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the sections of a brief that have anything in them."""
    return (one for one in told["sections"] if one["total"])


def _run(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}\N{EN DASH}{last}"


def _clock(offset_us: int, round_trip_us: int, peer: str) -> str:
    side = "ahead of" if offset_us >= 0 else "behind"
    return (
        f"clock of {peer} {abs(offset_us) / 1000:.1f} ms {side} ours,"
        f" round trip {round_trip_us / 1000:.1f} ms"
    )


def _coded(told: Mapping[str, Any]) -> str:
    return f"{_short(told['text'])} [{_short(told['code'])}]"


def _as_it_stands(kind: str, told: Mapping[str, Any]) -> str:
    shown = (f"{_short(key)}={_short(_plain(value))}" for key, value in told.items())
    return " ".join([_short(kind), *shown])


def _plain(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)


def _quoted(text: str) -> str:
    return f'"{_short(text)}"' if text.strip() else ""


def _entries(count: int) -> str:
    return "1 entry" if count == 1 else f"{count} entries"
