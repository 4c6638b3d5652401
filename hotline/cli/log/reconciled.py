"""A reconciliation on the terminal: the verdict first, then what it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from rich.console import Console
from rich.text import Text

from hotline.audit.reconcile.findings import (
    Clock,
    Difference,
    EntryRef,
    Exchange,
    Reconciliation,
    Side,
)
from hotline.audit.reconcile.plain import moment, span, standing, warning
from hotline.cli.output import Facts, Listing, count_text, facts, plain

MOST_WARNED = 20
"""Warning times that are listed; the page that --html writes has all."""
FORMS = {"journal": "its own record", "export": "an export"}


def sentence(found: Reconciliation) -> str:
    """Return the outcome in one sentence."""
    looked = ", ".join(
        (
            count_text(found.messages, "message") + " held by both",
            count_text(found.entries, "entry", "entries"),
            count_text(found.checkpoints, "checkpoint"),
        )
    )
    if found.agree:
        return f"the records agree: {looked}"
    if not found.compared and not found.differences:
        return f"nothing could be compared: {found.why_nothing}"
    count = len(found.differences) + found.differences_left_out
    return f"the records do NOT agree: {count_text(count, 'difference')} in {looked}"


def print_reconciliation(out: Console, found: Reconciliation) -> None:
    """Print a reconciliation."""
    out.print(plain(sentence(found), "bold green" if found.agree else "bold red"))
    for side in (found.a, found.b):
        _print_side(out, side)
    if found.differences:
        _heading(out, "What differs")
        _print_differences(out, found)
    if found.open:
        _heading(out, "What cannot be compared yet, and is no difference")
        for one in found.open:
            first = f", the first of them {_place(one.first)}" if one.first is not None else ""
            text = f"{count_text(one.entries, 'entry', 'entries')}: {one.text}{first}"
            out.print(facts({"": text}, indent=2))
    if found.remarks:
        _heading(out, "To be noted")
        for remark in found.remarks:
            out.print(facts({"": remark.text}, indent=2))
    _heading(out, "The clocks")
    _print_clocks(out, found)
    _print_warnings(out, found)


def _heading(out: Console, text: str) -> None:
    out.print()
    out.print(Text(text, style="bold"))


def _print_side(out: Console, side: Side) -> None:
    out.print()
    until = "" if side.complete else ", which ends in the past and says so"
    rows: list[tuple[str, object]] = [
        ("record of", plain(side.centre, "bold")),
        ("read from", f"{side.source} ({FORMS.get(side.form, side.form)}{until})"),
        ("by itself", _by_itself(side)),
    ]
    for log in side.logs:
        beyond = log.size - (log.signed or 0)
        signed = "all signed" if beyond <= 0 else f"the last {beyond} not signed yet"
        if log.signed is None:
            signed = "no checkpoint is of this tree"
        entries = count_text(log.size, "entry", "entries")
        rows.append(("log", f"{log.origin}, {entries}, {signed}"))
    if side.first_us is not None and side.last_us is not None:
        times = f"{moment(side.first_us, digits=0)} to {moment(side.last_us, digits=0)} UTC"
        rows.append(("from, to", times))
    out.print(Facts(rows))


def _by_itself(side: Side) -> Text:
    if side.verified is None:
        return plain("not checked here", "yellow")
    return plain("holds", "green") if side.verified else plain("does NOT hold", "bold red")


def _print_differences(out: Console, found: Reconciliation) -> None:
    number = 0
    for code, group in groupby(
        sorted(found.differences, key=lambda one: _first_of(found, one.code)),
        key=lambda one: one.code,
    ):
        alike = list(group)
        meaning = alike[0].meaning
        out.print()
        out.print(Text.assemble((meaning.title, "bold red"), f"  [{code}]"))
        for one in alike:
            number += 1
            _print_difference(out, number, one, found)
        out.print(facts({"means": meaning.means, "to do": meaning.todo}, indent=2))
    if found.differences_left_out:
        out.print()
        out.print(f"and {found.differences_left_out} more")


def _first_of(found: Reconciliation, code: str) -> int:
    return next(n for n, one in enumerate(found.differences) if one.code == code)


def _print_difference(out: Console, number: int, one: Difference, found: Reconciliation) -> None:
    out.print(facts({f"{number}": one.text}, indent=2))
    rows: dict[str, object] = {}
    if one.a is not None or one.b is not None:
        for side, ref in ((found.a, one.a), (found.b, one.b)):
            rows[f"in {side.centre}"] = _place(ref) if ref is not None else "nothing"
    if one.proof:
        notes = count_text(len(one.proof), "signed note")
        rows["proof"] = f"{notes}, in full with --json or --html"
    out.print(facts(rows, indent=5))


def _place(ref: EntryRef) -> str:
    message = f", message {ref.message.hex()[:8]}" if ref.message is not None else ""
    return f"entry {ref.entry} of {ref.log}, {moment(ref.time_us, digits=3)} UTC{message}"


def _print_clocks(out: Console, found: Reconciliation) -> None:
    if not found.clocks:
        out.print("  neither record has measured the other's clock", style="dim")
        return
    names = {"a": found.a.centre, "b": found.b.centre, "both": "both together"}
    # What both together say is what counts.
    clocks = sorted(found.clocks, key=lambda one: one.measured_by != "both")
    out.print(facts({names[one.measured_by]: _ahead(one, found) for one in clocks}, indent=2))


def _ahead(clock: Clock, found: Reconciliation) -> str:
    """Say whose clock was ahead, by how much, and how sure that is."""
    within = f"give or take {span(clock.uncertainty_us)}"
    if abs(clock.offset_us) <= clock.uncertainty_us:
        said = f"no difference that could be told, {within}"
    else:
        ahead, behind = found.b.centre, found.a.centre
        if clock.offset_us < 0:
            ahead, behind = behind, ahead
        said = f"{ahead} was {span(clock.offset_us)} ahead of {behind}, {within}"
    return f"{said} ({count_text(clock.samples, 'measurement')})"


def _print_warnings(out: Console, found: Reconciliation) -> None:
    """Print how long before its start each notice was there, by the clock of either side."""
    warned = [one for one in found.exchanges if one.start_us is not None]
    _heading(out, "Warning times: from durable at the recipient to the earliest start")
    if not warned:
        out.print("  no notice among the messages listed", style="dim")
        return
    listing = Listing(
        "",
        "notice",
        "from",
        "starts (UTC)",
        "recipient",
        "sender",
        "title",
        flexible="title",
    )
    for one in warned[-MOST_WARNED:]:
        listing.add(*_warning_row(one, found))
    listing.print(out)
    more = len(warned) - MOST_WARNED
    if more > 0:
        out.print(f"  and {more} earlier ones, with --json or --html", style="dim")
    if found.exchanges_left_out:
        out.print(
            f"  {found.exchanges_left_out} messages before these are not listed: see --until",
            style="dim",
        )


def _warning_row(one: Exchange, found: Reconciliation) -> Sequence[str | Text]:
    sender = found.a if one.sender == "a" else found.b
    return (
        Text("!", style="bold red") if one.different else "",
        plain(one.reference or one.kind),
        plain(sender.centre),
        moment(one.start_us, digits=0)[5:],
        _warned(one.warning_by_recipient_us()),
        _warned(one.warning_by_sender_us(found.clock)),
        plain("; ".join(filter(None, (standing(one), one.title)))),
    )


def _warned(us: int | None) -> Text:
    text = warning(us)
    if text is None:
        return Text("unknown", style="dim")
    return Text("none", style="bold red") if us is not None and us <= 0 else Text(text)
