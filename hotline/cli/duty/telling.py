"""The watch, a brief and a step as an officer reads them on a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from hotline.api.exercise_shapes import BriefView, WatchStep, WatchView
from hotline.cli.output import Facts, count_text, facts, moment, of_day, plain

TITLES = {
    "unread": "not read yet",
    "unanswered": "answers awaited",
    "proposals": "changes proposed by the peer",
    "unreceipted": "without a receipt",
    "drafts": "drafts that wait for release",
    "alarms": "alarms that stand",
    "conflicts": "conflicts",
    "lines": "lines",
    "notices": "notices in force",
    "play": "exercise",
    "faults": "broken on purpose",
}
"""What each section of a brief is called."""


def print_watch(out: Console, view: WatchView) -> None:
    """Print who has the watch, and what may be done next."""
    holder = plain(view.on_duty, "bold green") if view.on_duty else plain("nobody", "bold red")
    rows: dict[str, object] = {
        "watch": holder,
        "since": moment(view.since),
        "to sign off": view.to_review or None,
    }
    out.print(facts(rows))
    for words in view.next:
        out.print(Text("  next ", style="cyan") + plain(words))


def print_brief(out: Console, brief: BriefView) -> None:
    """Print a brief: what is open first, then what there is nothing of."""
    state = plain("good", "green") if brief.good else plain("NO LONGER GOOD", "bold red")
    until = of_day(brief.good_until)
    head = Text("brief ", style="bold") + plain(f"for {brief.officer}, at {of_day(brief.at)}: ")
    out.print(head + state + plain(f" until {until}" if brief.good else ""))
    if brief.changed:
        names = ", ".join(TITLES.get(name, name) for name in brief.changed)
        out.print(Text("  changed since ", style="bold red") + plain(names))
    for section in brief.sections:
        if not section.total:
            continue
        title = TITLES.get(section.name, section.name)
        out.print(Text(f"  {title}", style="bold") + plain(f": {section.total}"))
        out.print(Facts(((item.subject, item.text) for item in section.items), indent=4))
        more = section.total - len(section.items)
        if more > 0:
            out.print(plain(f"    and {count_text(more, 'more', 'more')}"))
    nothing = [TITLES.get(one.name, one.name) for one in brief.sections if not one.total]
    if nothing:
        out.print(plain(f"  nothing of: {', '.join(nothing)}", "dim"))


def print_step(out: Console, step: WatchStep) -> None:
    """Print one entry about the watch."""
    relieved = f", relieving {step.relieved}" if step.relieved else ""
    text = f': "{step.text}"' if step.text else ""
    out.print(plain(f"  {of_day(step.at)}  {step.officer} {step.step}{relieved}{text}"))
