"""Reports made by hand: a long day, one that is hostile in every text, one of nothing at all."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from hotline.exercise.report import document as d
from hotline.exercise.report.moments import text_of

START_US = 1_772_359_200_000_000
SECOND_US = 1_000_000
NASTY = (
    "<script>alert(1)</script><img src=x onerror=alert(2)></title></style>{{ 7*7 }}"
    "\u202eevil\u2066 \x1b[31m\x00 \"'`&]]> */ } body { display: none } "
) + "long " * 2000
"""Markup, template syntax, direction overrides, control characters, and 10 000 characters."""
PRECEDENCES = ("FLASH", "IMMEDIATE", "PRIORITY", "ROUTINE")

P = TypeVar("P", bound=d.Part)


def at(seconds: float) -> str:
    """Return the moment so many seconds after STARTEX."""
    return text_of(START_US + round(seconds * SECOND_US))


def ref(centre: str = "iaf", entry: int = 7, log: str = "") -> d.Ref:
    """Return a place in a journal."""
    peer = "hmeimim" if centre == "iaf" else "iaf"
    return d.Ref(centre=centre, log=log or f"hotline/exercise/{centre}/{peer}/1", entry=entry)


def blank(form: type[P], **given: Any) -> P:
    """Return a part with every field that is not given at its plainest value."""
    plain: dict[str, Any] = {
        "str": "", "int": 0, "float": 0.0, "bool": False, "Spread": d.Spread(n=0), "Ref": ref(),
    }  # fmt: skip
    fields: dict[str, Any] = {}
    for one in msgspec.structs.fields(form):
        name = str(form.__annotations__[one.name])
        if "None" in name:
            fields[one.name] = None
        elif name.startswith("list"):
            fields[one.name] = []
        elif name.startswith("dict"):
            fields[one.name] = {}
        else:
            fields[one.name] = plain[name]
    return form(**(fields | given))


def spread(*values: float) -> d.Spread:
    """Return the distribution of these values."""
    from hotline.exercise.report.spread import spread_of

    return spread_of(values)


def message(n: int, seconds: float, **given: Any) -> d.MessageRow:
    """Return a message that was composed so many seconds after STARTEX, and read and answered."""
    sender, recipient = ("iaf", "hmeimim") if n % 3 else ("hmeimim", "iaf")
    fields: dict[str, Any] = {
        "id": f"{n:064x}",
        "sender": sender,
        "recipient": recipient,
        "kind": "notice",
        "precedence": PRECEDENCES[-1 if n % 7 else n % 4],
        "seq": n,
        "reference": f"{sender.upper()}-{n:04}",
        "title": f"Patrol {n} south of Cyprus",
        "composed_by": "Levi",
        "t": seconds,
        "created": at(seconds),
        "durable": at(seconds + 0.2),
        "receipted": at(seconds + 0.4),
        "read": at(seconds + 20),
        "read_by": "Orlov",
        "replied": at(seconds + 45),
        "reply": "accept",
        "state": "received",
        "sent": ref(sender, n),
        "received": ref(recipient, n),
        "receipt_s": 0.4,
        "read_s": 19.8,
        "reply_s": 44.8,
        "read_scenario_s": 19.8,
        "reply_scenario_s": 44.8,
        "deadline_s": 600.0,
    }
    return blank(d.MessageRow, **(fields | given))


def verdict(inject: str, n: int, outcome: str, seconds: float, **given: Any) -> d.Verdict:
    """Return an expectation that was judged."""
    fields: dict[str, Any] = {
        "id": f"{inject}.{n}",
        "inject": inject,
        "kind": "reply",
        "centre": "hmeimim",
        "wanted": "reply: accept",
        "within_s": 120.0,
        "verdict": outcome,
        "why": "Orlov answered accept" if outcome == "pass" else "nothing came within 2 min",
        "by": ref("hmeimim", 12),
        "at": at(seconds),
        "at_s": seconds,
    }
    return blank(d.Verdict, **(fields | given))


def inject(n: int, seconds: float, outcome: str = "pass", **given: Any) -> d.MselRow:
    """Return an inject that was delivered."""
    name = f"inject-{n}"
    fields: dict[str, Any] = {
        "id": name, "due_s": seconds, "t": seconds, "at": at(seconds), "state": "delivered",
        "act": "send", "originator": "iaf", "recipient": "hmeimim", "delivery": "line",
        "title": "A notice with less warning than was agreed on", "outcome": "It is flagged.",
        "verdicts": [verdict(name, 1, outcome, seconds + 30)],
    }  # fmt: skip
    return blank(d.MselRow, **(fields | given))


def report(seconds: float = 3600.0, messages: int = 40, **given: Any) -> d.Report:
    """Return a report of an exercise of so many seconds and messages."""
    every = seconds / (messages + 1)
    outcomes = ("pass", "fail", "expired", "void", "open")
    injects = [inject(n, (n + 0.5) * seconds / 6, outcomes[n % 5]) for n in range(6)]
    cut = seconds / 3
    fields: dict[str, Any] = {
        "format": d.FORMAT,
        "exercise": blank(
            d.Exercise, name="long-day", title="A long day", scenario="long-day",
            summary="Everything happens once.", banner="EXERCISE long-day", ground="own", seed=1,
            time_factor=1.0, version="1", starts=at(0), ends=at(seconds), duration_s=seconds,
            scenario_s=seconds, why="time", finished=True,
        ),
        "centres": [
            blank(d.CentrePart, centre="iaf", crew="human", officers=["Levi"]),
            blank(d.CentrePart, centre="hmeimim", crew="human", officers=["Orlov"]),
        ],
        "counts": {"pass": 2, "fail": 1, "expired": 1, "void": 1, "open": 1},
        "objectives": [
            blank(d.Objective, text="Answer in time", expectations=["inject-0.1"],
                  counts={"pass": 1}, said=True)
        ],
        "msel": injects,
        "comments": [blank(d.Comment, by="Evaluator", text="Calm work", at=at(60), t=60.0)],
        "strengths": [finding("loss.nothing", 1), finding("read-back.right", 2)],
        "improvements": [
            finding("expectation.fail", 2), finding("warning.short", 3),
            finding("deadline.missed", 3), finding("receipt.slow", 4),
            finding("read-back.wrong", 12, simulated=True),
        ],
        "reactions": [
            blank(d.Reaction, centre=centre, precedence=name, received=4, to_answer=4, unread=1,
                  read_scenario=spread(2, 9, 30), reply_scenario=spread(20, 90, 700),
                  deadline_s=600.0)
            for centre in ("iaf", "hmeimim") for name in PRECEDENCES
        ],
        "warnings": [
            blank(d.WarningTime, reference="IAF-0001", sender="iaf", recipient="hmeimim",
                  precedence="FLASH", starts=at(600), warning_s=55.0, needed_s=900.0, short=True)
        ],
        "missed": [
            blank(d.Missed, message="a" * 64, reference="IAF-0002", centre="hmeimim",
                  precedence="FLASH", deadline_s=600.0, by="node")
        ],
        "read_backs": [
            blank(d.ReadBackRow, centre="hmeimim", officer="Orlov", reference="IAF-0001",
                  answer="stand-by", evidence=ref("hmeimim", 9),
                  differences=[d.ReadBackDifference(field="time_start", said="", signed="10:00")])
        ],
        "replies": [blank(d.Replies, centre="iaf", counts={"accept": 3, "reject": 1})],
        "alarm_rates": [
            blank(d.AlarmRate, centre="iaf", total=17, buckets=[1, 14, 2, 0, 0, 0], peak=14,
                  average=2.8, verdict="flood", codes={"line.down": 9},
                  acknowledged=spread(4, 60)),
            blank(d.AlarmRate, centre="hmeimim", verdict="quiet"),
        ],
        "alarms": [
            blank(d.AlarmRow, centre="iaf", alarm=n, code="line.receipt-overdue", text="no receipt",
                  raised=at(cut + 10 + n), t=cut + 10 + n, evidence=ref("iaf", n))
            for n in range(4)
        ],
        "line": [
            *(line(one, True, 0, cut) for one in ("iaf", "hmeimim")),
            *(line(one, False, cut, cut + 120, faults=["cut"]) for one in ("iaf", "hmeimim")),
            *(line(one, True, cut + 120, seconds) for one in ("iaf", "hmeimim")),
        ],
        "availability": [
            blank(d.Availability, centre=one, share=0.97, outside=1.0, cuts=1)
            for one in ("iaf", "hmeimim")
        ],
        "receipts": [
            blank(d.ReceiptFigures, centre="iaf", precedence="FLASH", sent=3, receipted=3,
                  latency=spread(0.1, 0.2, 120), outside=2, within_4s=1.0, within_10s=1.0)
        ],
        "voice": [
            blank(d.VoiceRow, centre="iaf", at=at(cut + 30), t=cut + 30, state="spoken",
                  officer="Levi", subject="IAF-0003", evidence=ref())
        ],
        "watch": [
            blank(d.WatchRow, centre="iaf", at=at(cut + 60), t=cut + 60, step="assumed",
                  officer="Cohen", relieved="Levi", evidence=ref())
        ],
        "faults": [
            blank(d.FaultRow, inject="cut", kind="cut", means="proxy", began=at(cut),
                  ended=at(cut + 120), began_t=cut, ended_t=cut + 120, seconds=120.0)
        ],
        "mistakes": [
            blank(d.Mistake, centre="hmeimim", officer="sim. Orlov", what="read back",
                  mistake="wrong-level", at=at(70), t=70.0)
        ],
        "loss": blank(d.Loss, sent=messages, received=messages),
        "proof": blank(d.Proof, record="a" * 64, scenario="b" * 64,
                       bound=[ref("iaf"), ref("hmeimim")],
                       logs=[d.LogPart(centre="iaf", origin="hotline/exercise/iaf/node/1",
                                       entries=9, root="c" * 64)]),
        "clocks": [blank(d.ClockPart, centre=one) for one in ("iaf", "hmeimim")],
        "moments": [
            blank(d.Moment, kind="startex", at=at(0), t=0.0, text="STARTEX"),
            blank(d.Moment, kind="endex", at=at(seconds), t=seconds, text="ENDEX: time"),
        ],
        "messages": [message(n, n * every) for n in range(1, messages + 1)],
    }  # fmt: skip
    return d.Report(**(fields | given))


def line(centre: str, up: bool, since: float, until: float, **given: Any) -> d.LineSpan:
    """Return how a line stood for a time."""
    return blank(d.LineSpan, centre=centre, up=up, since=at(since), until=at(until),
                 seconds=until - since, reason="" if up else "nothing came", **given)  # fmt: skip


def finding(rule: str, weight: int, **given: Any) -> d.Finding:
    """Return something that went well or is to be mended."""
    fields = {"text": f"What the rule {rule} says, in a sentence", "centre": "hmeimim",
              "evidence": [ref("hmeimim", 4)], "action": "Do it otherwise."}  # fmt: skip
    return blank(d.Finding, rule=rule, weight=weight, **(fields | given))


def hostile() -> d.Report:
    """Return a report in which every free text is hostile."""
    kept = {
        "format", "starts", "ends", "at", "created", "durable", "receipted", "read", "replied",
        "raised", "cleared", "acknowledged", "since", "until", "began", "ended", "verdict",
        "precedence", "state", "crew", "log", "record", "rule",
    }  # fmt: skip
    centres = {"iaf": f"iaf{NASTY}", "hmeimim": f"hmeimim{NASTY}"}

    def bent(value: Any, name: str = "") -> Any:
        if isinstance(value, dict):
            return {key: bent(inner, key) for key, inner in value.items()}
        if isinstance(value, list):
            return [bent(inner, name) for inner in value]
        if isinstance(value, str) and value in centres:
            return centres[value]
        if name == "banner":
            return f"EXERCISE {NASTY}"
        return NASTY if isinstance(value, str) and value and name not in kept else value

    return msgspec.convert(bent(msgspec.to_builtins(report(messages=12))), d.Report)


def empty() -> d.Report:
    """Return a report of an exercise in which nothing happened at all."""
    whole = report(60.0, 0)
    bare: dict[str, Any] = {
        name: []
        for name in whole.__struct_fields__
        if isinstance(getattr(whole, name), list) and name not in {"centres", "moments"}
    }
    unfinished = msgspec.structs.replace(whole.exercise, finished=False, title="")
    return msgspec.structs.replace(
        whole, **bare, exercise=unfinished, counts={}, moments=[], loss=blank(d.Loss)
    )
