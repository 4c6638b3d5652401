"""``hotline log verify``: whether the whole record of this node is what both sides signed.

Works on the node's files, running or not: a verifier that asked the node would believe it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from hotline.audit.verification.findings import Progress as Told
from hotline.audit.verification.findings import Report
from hotline.audit.verification.journal import STEPS, verify_journal
from hotline.cli.asking import config_of, json_option
from hotline.cli.exits import Exit
from hotline.cli.output import count_text, facts, plain, print_json, stdout
from hotline.cli.root import decide
from hotline.cli.root import report as report_error
from hotline.errors import JournalError
from hotline.node.place import read_place


def verify_node(config: Path, progress: Told | None = None) -> Report:
    """Check the whole journal of the node that a node.toml describes, running or not.

    Raises ConfigError, KeysError, JournalError when there is nothing that could be checked.
    """
    place = read_place(config)
    return verify_journal(place.journal, place.card, place.peers, progress)


def sentence(report: Report) -> str:
    """Return the outcome in one sentence."""
    looked = ", ".join(
        (
            count_text(report.entries, "entry", "entries"),
            count_text(report.messages, "message"),
            count_text(report.signatures, "signature"),
        )
    )
    if report.ok:
        return f"the record holds: {looked}"
    return f"the record does NOT hold: {count_text(len(report.failures), 'failure')} in {looked}"


@click.command()
@json_option
@click.pass_context
def verify(context: click.Context, as_json: bool) -> None:
    """Check the whole record of this node, running or not.

    Every stored byte is hashed again, every tree grown again, every signature, cosignature,
    sequence and receipt checked again; what is missing is a failure. docs/spec/log.md lists the
    steps. Exit code 5 when something does not hold, or there is no journal that could be read.
    """
    config = config_of(context)
    with Progress(
        TextColumn("verifying"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
        disable=not sys.stderr.isatty(),
    ) as bar:
        task = bar.add_task("verifying", total=None)
        try:
            report = verify_node(
                config, lambda done, total: bar.update(task, completed=done, total=total)
            )
        except JournalError as error:
            # A record that cannot be read proves nothing: that is a failure like any other.
            bar.stop()
            report_error(error)
            context.exit(Exit.UNVERIFIED)
    verdict = decide(context, Exit.DONE if report.ok else Exit.UNVERIFIED)
    if as_json:
        print_json(as_object(report))
    else:
        print_report(stdout(), report)
    context.exit(verdict)


def as_object(report: Report) -> dict[str, object]:
    """Return a report as the JSON object that scripts get."""
    return {
        "ok": report.ok,
        "entries": report.entries,
        "messages": report.messages,
        "signatures": report.signatures,
        "checkpoints": [
            {
                "origin": origin,
                "size": size,
                "root": root,
                "cosigned": report.cosigned.get(origin, 0),
            }
            for origin, size, root in report.checkpoints
        ],
        "failures": [
            {
                "step": failure.step,
                "promise": STEPS[failure.step],
                "log": failure.log,
                "entry": failure.entry if failure.entry >= 0 else None,
                "text": failure.text,
            }
            for failure in report.failures
        ],
    }


def print_report(out: Console, report: Report) -> None:
    """Print a report: the verdict, then either what fails or what to compare with the peer."""
    out.print(plain(sentence(report), "bold green" if report.ok else "bold red"))
    for failure in report.failures:
        place = f", entry {failure.entry}" if failure.entry >= 0 else ""
        where = f"{failure.log}{place}: " if failure.log else ""
        out.print(
            Text.assemble((f"  step {failure.step}  ", "red"), plain(f"{where}{failure.text}"))
        )
    if report.ok:
        for origin, size, root in report.checkpoints:
            out.print()
            seen = report.cosigned.get(origin, 0)
            told = {"cosigned": f"{seen} of {size} by the peer"} if _of_a_line(origin) else {}
            out.print(facts({"log": origin, "entries": size, **told, "root": root}))


def _of_a_line(origin: str) -> bool:
    """Whether a log is a line's: the node's own is witnessed through the lines' anchors."""
    return origin.split("/")[3] != "node"
