"""``hotline log verify``: whether the whole record of this node is what both sides signed.

Works on the node's files, running or not: a verifier that asked the node would believe it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

import click
from rich.console import Console, Group, RenderableType
from rich.progress import (
    BarColumn,
    ProgressColumn,
    Task,
    TaskProgressColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from hotline.audit.named_files import open_regular
from hotline.audit.verification.crew import usable_cores
from hotline.audit.verification.document import as_document
from hotline.audit.verification.findings import Begin, Report
from hotline.audit.verification.findings import Progress as Told
from hotline.audit.verification.journal import verify_journal
from hotline.cli.asking import config_of, json_option
from hotline.cli.exits import Exit
from hotline.cli.output import count_text, facts, mark_traffic, plain, print_json, stdout
from hotline.cli.progress import progress_bar
from hotline.cli.root import decide
from hotline.cli.root import report as report_error
from hotline.errors import JournalError, TrustError, UsageError
from hotline.journal.forks import Fork
from hotline.model.messages import lower_first
from hotline.model.text import grouped
from hotline.node.place import read_place
from hotline.trust.checkpoint import Checkpoint
from hotline.trust.notes import MAX_NOTE_SIZE, Note

MAX_JOBS = 256
"""Processes that may be asked for."""

WIDE_ENOUGH = 80
"""Columns of a terminal on which both rates have room."""

WORTH_TELLING_S = 1.0
"""From how many seconds on a person is told how fast it went."""

_WORD = {
    "checkpoint": "the checkpoint that was given",
    "anchor": "the newest anchor before the checkpoint",
    "receipt": "the peer's newest receipt before the checkpoint",
}


def verify_node(
    config: Path,
    progress: Told | None = None,
    *,
    trusted: tuple[bytes, ...] = (),
    jobs: int = 1,
    report: Report | None = None,
) -> Report:
    """Check the whole journal of the node that a node.toml describes, running or not.

    Raises ConfigError, KeysError, JournalError when there is nothing that could be checked,
    TrustError for a checkpoint in ``trusted`` that is not one of this record.
    """
    place = read_place(config)
    return verify_journal(
        place.journal,
        place.card,
        place.peers,
        progress,
        witnesses=place.witnesses,
        segment=place.segment,
        trusted=trusted,
        jobs=jobs,
        report=report,
    )


def sentence(report: Report) -> str:
    """Return the outcome in one sentence."""
    looked = ", ".join(
        (
            count_text(report.entries, "entry", "entries"),
            count_text(report.messages, "message"),
            count_text(report.signatures, "signature"),
        )
    )
    what = "archived segment" if report.segment else "record"
    if report.ok and not report.entries and any(begin.size for begin in report.begins):
        return f"the {what} holds: nothing is new since what was trusted"
    if report.ok:
        return f"the {what} holds: {looked}"
    return f"the {what} does NOT hold: {count_text(len(report.failures), 'failure')} in {looked}"


@click.command()
@click.option(
    "--from",
    "checkpoints",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="CHECKPOINT",
    help="Trust a log up to this signed checkpoint (a file); once for each log.",
)
@click.option(
    "--jobs",
    type=click.IntRange(1, MAX_JOBS),
    metavar="N",
    help="Processes that share the work; default: one for each core.",
)
@json_option
@click.pass_context
def verify(
    context: click.Context, checkpoints: tuple[Path, ...], jobs: int | None, as_json: bool
) -> None:
    """Check the whole record of this node, running or not.

    Every stored byte is hashed again, every tree grown again, every signature, cosignature,
    sequence and receipt checked again; what is missing is a failure. docs/spec/log.md lists the
    steps. Exit code 5 when something does not hold, or there is no journal that could be read.

    With --from, only what is newer than a checkpoint that you have kept is read: it must be one of
    this record, or that is the failure.
    """
    config = config_of(context)
    trusted = tuple(_read_note(path) for path in checkpoints)
    jobs = jobs or min(usable_cores(), MAX_JOBS)
    report = Report()
    began = time.perf_counter()
    wide = Console(stderr=True).width >= WIDE_ENOUGH
    rates = _Rates(report, wide=wide)
    columns = BarColumn(bar_width=10), TaskProgressColumn(), rates, _Left(compact=True)
    try:
        with progress_bar("verifying", *columns) as told:
            verify_node(config, told, trusted=trusted, jobs=jobs, report=report)
    except JournalError as error:
        # A record that cannot be read proves nothing: that is a failure like any other.
        report_error(error)
        context.exit(Exit.UNVERIFIED)
    except TrustError as error:
        raise _naming(error, dict(zip(checkpoints, trusted, strict=True))) from error
    seconds = time.perf_counter() - began
    verdict = decide(context, Exit.DONE if report.ok else Exit.UNVERIFIED)
    traffic = read_place(config).traffic
    if as_json:
        print_json({**as_document(report, seconds), "traffic": traffic})
    else:
        mark_traffic(context, traffic)
        print_report(stdout(), report, seconds)
    context.exit(verdict)


def _read_note(path: Path) -> bytes:
    """Return a file's bytes, at most one more than a note may have. Raises UsageError."""
    try:
        with open_regular(path) as file:
            return file.read(MAX_NOTE_SIZE + 1)
    except OSError as error:
        raise UsageError(
            "cli.unreadable-file",
            f"{path} cannot be read: {lower_first(error.strerror or str(error))}",
            "give the file `checkpoint` that `hotline log export` wrote for tlog-tiles",
        ) from error


def _naming(error: TrustError, notes: Mapping[Path, bytes]) -> TrustError:
    """Return an error about a checkpoint that was given, with the file that it came from."""
    about = [
        path
        for path, note in notes.items()
        if len(notes) == 1
        or (
            (_origin(note) is None) is (error.code == "verify.unreadable-checkpoint")
            and (_origin(note) or "") in error.message
        )
    ]
    named = f"{', '.join(map(str, about))}: " if about else ""
    return TrustError(error.code, f"{named}{error.message}", error.hint)


def _origin(note: bytes) -> str | None:
    try:
        return Checkpoint.parse(Note.parse(note).text).origin
    except TrustError:
        return None


class _Rates(ProgressColumn):
    """Entries and signatures in a second, since the beginning."""

    def __init__(self, report: Report, *, wide: bool) -> None:
        super().__init__()
        self._report = report
        self._wide = wide

    def render(self, task: Task) -> Text:
        """Return both rates, where there is room; nothing before there are any."""
        if not task.elapsed or not task.completed:
            return Text()
        entries, signatures = task.completed / task.elapsed, self._report.signatures / task.elapsed
        also = f"  {grouped(signatures)} signatures/s" if self._wide else ""
        return Text(f"{grouped(entries)} entries/s{also}", style="dim", no_wrap=True)


class _Left(TimeRemainingColumn):
    """How long it will still take, once that is known."""

    def render(self, task: Task) -> Text:
        """Return the time left, and that it is."""
        return super().render(task).append(" left" if task.time_remaining is not None else "")


def print_report(out: Console, report: Report, seconds: float) -> None:
    """Print a report: the verdict, then either what fails or what to compare with the peer."""
    out.print(plain(sentence(report), "bold green" if report.ok else "bold red"))
    if seconds >= WORTH_TELLING_S:
        out.print(
            f"{seconds:.1f} s with {count_text(report.jobs, 'process', 'processes')}:"
            f" {grouped(report.entries / seconds)} entries/s,"
            f" {grouped(report.signatures / seconds)} signatures/s"
        )
    for failure in report.failures:
        place = f", entry {failure.entry}" if failure.entry >= 0 else ""
        where = f"{failure.log}{place}: " if failure.log else ""
        out.print(
            Text.assemble((f"  step {failure.step}  ", "red"), plain(f"{where}{failure.text}"))
        )
    for fork in report.forks:
        out.print(_fork_text(fork))
    for log, entry, text in report.kept_forks:
        out.print(plain(f"  proof kept in {log}, entry {entry}: {text}", "bold red"))
    if report.ok:
        begins = {begin.origin: begin for begin in report.begins}
        for origin, size, root in report.checkpoints:
            out.print()
            told = {"cosigned": _cosigned(report, origin, size)}
            verified = {"verified": _from_text(begins.pop(origin, Begin(origin, 0)), size)}
            out.print(facts({"log": origin, "entries": size, **verified, **told, "root": root}))
        for origin, size, root in report.archived:
            out.print()
            told = {"verified": "archived: verify the segment, which must end with this root"}
            out.print(facts({"log": origin, "entries": size, **told, "root": root}))
        for begin in begins.values():
            if begin.size:
                out.print()
                out.print(facts({"mirror": begin.origin, "verified": _from_text(begin)}))
    if any(begin.size for begin in report.begins):
        out.print()
        out.print(
            "What stands by a checkpoint was not read again: it is as sure as that file was out of"
            " the reach of whoever can write to this record."
        )


def _from_text(begin: Begin, size: int | None = None) -> str:
    """Say how much of a log of ``size`` entries was verified, and on whose word not the rest."""
    if not begin.size:
        return "whole"
    by = f", cosigned by {', '.join(begin.witnesses)}" if begin.witnesses else ""
    newest = "all newer entries" if size is None else f"the {size - begin.size} newest entries"
    return f"{newest}; the first {begin.size} by {_WORD[begin.trusted]}{by}"


def _cosigned(report: Report, origin: str, size: int) -> str | None:
    """Say how much of a log each witness has cosigned.

    None for the node's own without an outside witness: it is witnessed through the lines' anchors.
    """
    counts = report.cosigned.get(origin, {})
    if counts:
        return ", ".join(f"{seen} of {size} by {name}" for name, seen in sorted(counts.items()))
    return f"0 of {size}" if origin.split("/")[3] != "node" else None


def _fork_text(fork: Fork) -> RenderableType:
    """Show both notes of a fork, as they are to be kept."""
    return Group(
        Text(),
        plain(f"FORK of {fork.origin}: its key signed both of these; keep them", "bold red"),
        plain("the checkpoint that was given"),
        *_indented(fork.first),
        plain("the checkpoint in the record"),
        *_indented(fork.second),
    )


def _indented(note: bytes) -> list[Text]:
    return [plain(f"  {line}") for line in note.decode(errors="replace").splitlines()]
