"""``hotline status``: first what is wrong, with its mend; then the lines."""

from __future__ import annotations

import click
from rich.console import Console
from rich.text import Text

from hotline.api.schema import LineView, Status, WitnessView
from hotline.cli.asking import ask, config_of, json_option
from hotline.cli.exits import Exit
from hotline.cli.output import Facts, coarse, count_text, facts, plain, print_json, stdout
from hotline.cli.relations import counts_text
from hotline.cli.root import decide
from hotline.model.times import SECOND_US, parse_time
from hotline.node.keeping import READ_IT, refuse_record

MOST_UNFOLDED = 3
"""Alarms that are told with their mends; more are listed after all else."""


@click.command()
@json_option
@click.option("--quiet", is_flag=True, help="Print nothing; the exit code says it.")
@click.pass_context
def status(context: click.Context, as_json: bool, quiet: bool) -> None:
    """Say what is wrong with this node and its lines, worst first.

    Exit code 0 when all is well, 3 when a line is down, 1 when something else is wrong.
    """
    refuse_record(config_of(context), READ_IT)
    found = ask(context, lambda client: client.status())
    verdict = decide(context, exit_of_status(found))
    if as_json and not quiet:
        print_json(found)
    elif not quiet:
        print_status(stdout(), found)
    context.exit(verdict)


def exit_of_status(found: Status) -> Exit:
    """Return what a script wants to know: is all well, and if not, is it the line."""
    if any(not line.up for line in found.lines):
        return Exit.LINE_DOWN
    return Exit.FAILED if found.wrong else Exit.DONE


def print_status(out: Console, found: Status) -> None:
    """Print a status for an officer to read."""
    latched = [wrong for wrong in found.wrong if wrong.alarm is not None]
    folded = latched if len(latched) > MOST_UNFOLDED else []
    for wrong in found.wrong:
        if wrong in folded:
            continue
        out.print(Text("wrong  ", style="bold red") + plain(wrong.text))
        if wrong.hint:
            out.print(Text("  mend ", style="cyan") + plain(wrong.hint))
    if folded:
        count = count_text(len(folded), "alarm")
        out.print(Text("wrong  ", style="bold red") + plain(f"{count}, listed below"))
    if not found.wrong:
        out.print(Text("all is well", style="bold green"))
    out.print()
    running = coarse(parse_time(found.now) - parse_time(found.started_at))
    out.print(
        facts(
            {
                "centre": f"{found.centre} ({found.status})",
                "node": f"hotline {found.version}, running for {running}",
                "exercise": _play(found),
                "told": _tasks(found),
                "watch": _watch(found),
                "desk": _desk(found),
                "alarms": _alarms(found),
            }
        )
    )
    for line in found.lines:
        out.print()
        out.print(facts(_line(line, parse_time(found.now))))
    for witness in found.witnesses:
        out.print()
        out.print(facts(_witness(witness)))
    if folded:
        out.print()
        out.print(
            Facts((str(wrong.alarm or "-"), f"{wrong.text} [{wrong.code}]") for wrong in folded)
        )
        out.print(
            Text("  mend ", style="cyan") + "take notice of each with `hotline acknowledge ID`"
        )


def _play(found: Status) -> str | None:
    if found.play == "none" and not found.play_name:
        return None
    # Only what was begun has a moment since when it is over.
    ended = "over" if found.play_since else "not begun"
    state = {"none": ended, "stopped": "STOPPED: real world"}.get(found.play, found.play)
    since = f" since {found.play_since[11:19]}Z" if found.play_since else ""
    return f"{found.play_name or 'without a name'}, {state}{since}"


def _tasks(found: Status) -> str | None:
    """Return how much the crew has been told to do in the exercise; nothing where it was not."""
    return f"{count_text(found.tasks, 'task')}: `hotline exercise tasks`" if found.tasks else None


def _watch(found: Status) -> str | None:
    if not found.on_duty:
        return None
    since = f" since {found.on_duty_since[11:19]}Z" if found.on_duty_since else ""
    review = f"; {found.to_review} has still to sign off" if found.to_review else ""
    return f"{found.on_duty}{since}{review}"


def _desk(found: Status) -> str:
    return f"{found.unread} unread, {found.unanswered} waiting for this centre's answer"


def _alarms(found: Status) -> str:
    if not found.alarms:
        return "none"
    open_ = sum(alarm.acknowledged_by is None for alarm in found.alarms)
    return f"{len(found.alarms)} standing, {open_} to be acknowledged: `hotline alarms`"


def _line(line: LineView, at_us: int) -> dict[str, object]:
    since = coarse(at_us - parse_time(line.since))
    up = Text("up", style="bold green") if line.up else Text("DOWN", style="bold red")
    waiting = ", ".join(f"{count} {name}" for name, count in line.backlog.items() if count)
    oldest = coarse(round(line.oldest_unreceipted_s * SECOND_US))
    unwitnessed = (
        f"{count_text(line.unwitnessed_entries, 'entry waits', 'entries wait')} "
        "for the peer's cosignature, "
        f"for {coarse(round(line.unwitnessed_s * SECOND_US))}"
        if line.unwitnessed_entries
        else "every entry is cosigned by the peer"
    )
    return {
        "line": plain(line.peer, "bold") + Text("  ") + up + Text(f" for {since}"),
        "with": f"{line.remote}, {'this side dials' if line.dials else 'the peer dials'}"
        if line.remote
        else ("this side dials" if line.dials else "the peer dials"),
        "last error": None if line.up or not line.last_error else line.last_error,
        "queue": f"{waiting} without a receipt, the oldest for {oldest}" if waiting else "empty",
        "log": f"{count_text(line.log_entries, 'entry', 'entries')}; {unwitnessed}",
        "airspace": _airspace(line),
        "clock": _clock(line),
        "letter": plain("DIFFERS from the peer's", "bold red")
        if line.letter_differs
        else f"the same on both sides, epoch {line.epoch}"
        if line.up
        else f"epoch {line.epoch}",
    }


def _airspace(line: LineView) -> Text:
    """Return how many notices stand and what they are to each other; what is not done is said."""
    own, peer = line.activities.get("own", 0), line.activities.get("peer", 0)
    text = Text(f"{own} of this centre and {peer} of the peer stand: ")
    text += counts_text(line.relations)
    if line.loading:
        text.append("; what stood before the start is still being read", "yellow")
    elif line.comparing:
        text.append("; still comparing", "yellow")
    return text


def _witness(witness: WitnessView) -> dict[str, object]:
    logs = [f"{origin}: {size}" for origin, size in sorted(witness.cosigned.items())]
    owes = coarse(round(witness.waiting_s * SECOND_US))
    return {
        "witness": plain(witness.name, "bold"),
        "at": witness.url,
        "last error": witness.last_error or None,
        "cosigned": "; ".join(logs) or "nothing yet",
        "owes": f"a cosignature for {owes}" if witness.waiting_s else "nothing",
    }


def _clock(line: LineView) -> str | None:
    if line.clock_offset_ms is None or line.round_trip_ms is None:
        return None
    return f"{line.clock_offset_ms:+.1f} ms off, round trip {line.round_trip_ms:.1f} ms"
