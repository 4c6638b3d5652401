"""The timeline on the terminal: a line a message, and below it what was flagged on arrival.

Fits a hundred columns; long sentences go on in a column of their own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from textwrap import wrap

from rich.text import Text

from hotline.api.schema import MessageView
from hotline.cli.demo.story import Story, cell
from hotline.cli.demo.timeline import Finding, Ring, Row, Rung, Timeline
from hotline.cli.output import PRECEDENCE_STYLE, coarse
from hotline.journal.compared import LATER
from hotline.model.kinds import Kind
from hotline.model.text import printable
from hotline.model.times import SECOND_US, parse_time

GAP = "  "
_NUMBER, _TIME, _CENTRE, _PRECEDENCE, _WHAT, _WARNING, _NEEDED = 2, 7, 8, 10, 28, 12, 11
_INDENT = 6
_CODE = 27
_RELATION_STYLE = {
    "conflict": "bold red",
    "possible": "bold yellow",
    "proximity": "yellow",
    "clear": "green",
}


def print_timeline(story: Story, timeline: Timeline) -> None:
    """Print all messages with their flags, then what the nodes found, then what rang."""
    story.heading("Timeline: seconds after the first message was signed")
    story.text()
    _print_row(
        story,
        [
            Text(""),
            Text("signed".rjust(_TIME)),
            Text("durable".rjust(_TIME)),
            Text("from"),
            Text("precedence"),
            Text("message"),
            Text("warning".rjust(_WARNING)),
            Text("letter asks".rjust(_NEEDED)),
        ],
        style="bold",
    )
    for row in timeline.rows:
        _print_row(story, _cells(timeline, row))
        _print_flags(story, row)
    story.heading("What the two nodes found the notices to be to each other")
    if not timeline.findings:
        story.text("  nothing")
    for finding, other in paired(timeline.findings):
        _print_finding(story, timeline, finding, other)
    story.heading("Alarms")
    for rung in timeline.rung:
        _print_alarms(story, timeline, rung)


def _cells(timeline: Timeline, row: Row) -> list[Text]:
    sent, come = row.sent, row.come
    what = f"{sent.kind} {sent.reference}" if sent.reference else sent.kind
    if sent.kind == Kind.REPLY and sent.message:
        answer = "read back" if sent.message.get("read_back") else sent.message.get("answer", "")
        what = f"{answer}: {sent.reference or 'advisory'}"
    elif sent.kind == Kind.CONFLICT and sent.message:
        what = f"node: {sent.message.get('relation', '')}, {sent.message.get('other', '')}"
    warning, short = "", False
    if row.needed_s is not None and come is not None and come.warning_s is not None:
        warning = seconds_text(come.warning_s)
        short = come.warning_s < row.needed_s
    durable = f"{timeline.after_s(come.entered_at):.2f}" if come else "never"
    return [
        Text("" if row.number is None else f"{row.number:02}"),
        Text(f"{timeline.after_s(sent.created_at):.2f}".rjust(_TIME)),
        Text(durable.rjust(_TIME), style="" if come else "bold red"),
        Text(row.centre),
        Text(sent.precedence, style=PRECEDENCE_STYLE.get(sent.precedence, "")),
        Text(printable(what), style="" if row.number else "dim"),
        Text(warning.rjust(_WARNING), style="bold red" if short else ""),
        Text(
            ("" if row.needed_s is None else seconds_text(row.needed_s)).rjust(_NEEDED),
            style="dim",
        ),
    ]


def seconds_text(seconds: float) -> str:
    """Return ``59.4 s`` for less than two minutes, else ``29 min 58 s``; never more than it was."""
    if abs(seconds) < 120:
        tenths = math.floor(seconds * 10)
        return f"{tenths // 10} s" if tenths % 10 == 0 else f"{tenths / 10:.1f} s"
    sign = "-" if seconds < 0 else ""
    return f"{sign}{coarse(abs(math.floor(seconds)) * SECOND_US)}"


def _print_row(story: Story, cells: list[Text], style: str = "") -> None:
    widths = (_NUMBER, _TIME, _TIME, _CENTRE, _PRECEDENCE, _WHAT, _WARNING, _NEEDED)
    line = Text(style=style)
    for text, width in zip(cells, widths, strict=True):
        line.append(cell(text.plain, width), style=text.style)
        line.append(GAP)
    line.rstrip()
    story.console.print(line)


def _print_flags(story: Story, row: Row) -> None:
    """Print what was flagged; the codes that were expected, not and otherwise."""
    if row.come:
        for flag in row.come.flags:
            unexpected = flag.code in row.unexpected
            text = f"{flag.field}: {flag.text}" if flag.field else flag.text
            if flag.found_at is not None and flag.code != LATER:
                text = _found_later(row.come, parse_time(flag.found_at), text)
            style = "bold red" if unexpected else "yellow"
            _said(story, flag.code, f"not expected: {text}" if unexpected else text, style)
        for finding in row.untold:
            text = _found_later(row.come, finding.at_us, finding.related.text)
            _said(story, f"airspace.{finding.related.relation}", text, "yellow")
    for code in row.missing:
        _said(story, code, "was expected here, and was NOT flagged", "bold red")


def _found_later(come: MessageView, at_us: int, text: str) -> str:
    """Say how long after a message was entered something was found of it."""
    return f"found {(at_us - parse_time(come.entered_at)) / 1000:.0f} ms later: {text}"


def paired(findings: Sequence[Finding]) -> list[tuple[Finding, Finding | None]]:
    """Return what one centre found with what the other found of the same, None where it did not."""
    left = list(findings)
    pairs = []
    while left:
        finding = left.pop(0)
        other = next((one for one in left if _same(finding, one)), None)
        if other is not None:
            left.remove(other)
        pairs.append((finding, other))
    return pairs


def _same(one: Finding, other: Finding) -> bool:
    mine, theirs = one.related, other.related
    return (
        one.centre != other.centre
        and (mine.relation, mine.from_us, mine.until_us)
        == (theirs.relation, theirs.from_us, theirs.until_us)
        and (mine.reference, mine.other_reference) == (theirs.other_reference, theirs.reference)
    )


def _print_finding(
    story: Story, timeline: Timeline, finding: Finding, other: Finding | None
) -> None:
    related = finding.related
    lead = Text.assemble(
        " " * (_NUMBER + len(GAP)),
        f"{timeline.after_s(finding.at_us):{_TIME}.2f}",
        GAP,
        cell("both" if other else finding.centre, _CENTRE),
        GAP,
        (cell(related.relation, _PRECEDENCE), _RELATION_STYLE.get(related.relation, "")),
        GAP,
    )
    if other is None:
        told = f"; only {finding.centre} found it"
    else:
        told = f"; {other.centre} found it {(other.at_us - finding.at_us) / 1000:.0f} ms later"
    folded(story, lead, related.text + told)


def _print_alarms(story: Story, timeline: Timeline, rung: Rung) -> None:
    if not rung.rings and not rung.missing:
        story.text(f"{' ' * (_NUMBER + len(GAP))}{' ' * _TIME}  {rung.centre}: none")
    for ring in rung.rings:
        lead = Text.assemble(
            " " * (_NUMBER + len(GAP)),
            f"{timeline.after_s(ring.raised_us):{_TIME}.2f}",
            GAP,
            cell(rung.centre, _CENTRE),
            GAP,
            (ring.code, "bold red"),
            GAP,
        )
        wrong = "not expected: " if ring.code in rung.unexpected else ""
        until = _until(timeline, ring)
        folded(story, lead, f"{wrong}{ring.text}{until}", _NUMBER + _TIME + _CENTRE + 3 * len(GAP))
    for code in rung.missing:
        _said(story, code, f"was expected at {rung.centre}, and did NOT ring", "bold red")


def _until(timeline: Timeline, ring: Ring) -> str:
    """Say how long the cause of an alarm stood; what has only happened had no length."""
    if ring.cleared_us is None:
        return "; stands"
    if ring.cleared_us - ring.raised_us < SECOND_US // 10:
        return ""
    return f"; over at {timeline.after_s(ring.cleared_us):.2f}"


def _said(story: Story, code: str, text: str, style: str) -> None:
    lead = Text.assemble(" " * _INDENT, (cell(code, max(_CODE, len(code))), style), GAP)
    folded(story, lead, text)


def folded(story: Story, lead: Text, text: str, margin: int | None = None) -> None:
    """Print a sentence behind its lead, going on below itself or at a margin further left."""
    hang = lead.cell_len if margin is None else margin
    blank = "\0" * (lead.cell_len - hang)  # stands for the lead while lines are filled
    width = max(30, story.columns - hang)
    lines = wrap(blank + printable(text), width, break_on_hyphens=False) or [""]
    for number, line in enumerate(lines):
        rest = line.lstrip("\0")
        story.console.print(Text.assemble(" " * hang if number else lead, rest))
