"""``hotline exercise report``: the after-action report of an exercise that was played."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from hotline.cli.asking import json_option
from hotline.cli.output import count_text, print_json
from hotline.errors import HotlineError, UsageError

if TYPE_CHECKING:
    from hotline.exercise.report.collected import Collected
    from hotline.exercise.report.document import Report
    from hotline.exercise.report.making import Sources

COLLECTED = "collected"
"""Where both journals lie in an exercise's directory."""
OUTPUT = "report"


@click.command("report")
@click.argument("directory", metavar="DIRECTORY", type=click.Path(path_type=Path))
@click.option(
    "--output",
    metavar="DIRECTORY",
    type=click.Path(path_type=Path),
    help="Where the report goes. Default: `report` in the exercise's directory.",
)
@click.option(
    "--journal",
    "journals",
    metavar="CENTRE=PATH",
    multiple=True,
    help="Take a centre's journal from a backup or a node's directory elsewhere.",
)
@click.option("--pdf", is_flag=True, help="Print the page into a PDF file too, by a Chromium here.")
@click.option("--unfinished", is_flag=True, help="Report on play without ENDEX, marked as such.")
@click.option("--force", is_flag=True, help="Replace the report that is there.")
@json_option
def report(
    directory: Path,
    output: Path | None,
    journals: tuple[str, ...],
    pdf: bool,
    unfinished: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Make the after-action report of the exercise in DIRECTORY.

    It is made from both collected journals and the director's record, never from memory: both are
    verified first, held against each other and against the record. Exit code 5 with the reason
    where something does not hold, and no report then.
    """
    found, files = make_files(
        directory,
        output or directory / OUTPUT,
        elsewhere=journals_of(journals),
        pdf=pdf,
        unfinished=unfinished,
        force=force,
    )
    if as_json:
        print_json(found)
    else:
        click.echo(sentence(found))
    click.echo(f"hotline: note: the report is in {files[0]}", err=True)


def make_files(
    directory: Path,
    output: Path,
    *,
    elsewhere: dict[str, Path] | None = None,
    pdf: bool = False,
    unfinished: bool = False,
    force: bool = False,
) -> tuple[Report, list[Path]]:
    """Make the report of an exercise's directory; return it and its files, the page first.

    Raises ExerciseError (``report.*``, ``record.*``), and what reading and writing raise.
    """
    from hotline.exercise.report.making import make_report
    from hotline.exercise.report.printing import find_browser, print_page
    from hotline.exercise.report.storing import check_place, store

    if pdf:
        find_browser()  # found out before the work and not after it
    check_place(output, force=force)
    sources = sources_in(directory, elsewhere or {}, unfinished=unfinished)
    made = make_report(sources, unfinished=unfinished)
    return made, store(made, output, force=force, paper=print_page if pdf else None)


def sources_in(directory: Path, elsewhere: dict[str, Path], *, unfinished: bool = False) -> Sources:
    """Return what the report of an exercise's directory is made from.

    ``elsewhere`` are journals that do not lie in it, by centre. Those of a pair of its own are read
    where they are written when it is ``unfinished``: they are collected at ENDEX. Raises
    ExerciseError, and as reading a scenario, a record, a node.toml and cards does.
    """
    from hotline.exercise.play.beginning import changed
    from hotline.exercise.record.reading import read_record
    from hotline.exercise.report.binding import check_ended
    from hotline.exercise.report.making import Sources
    from hotline.exercise.report.noted import Play
    from hotline.exercise.scenario.reading import kept

    play = Play(read_record(directory))
    if not unfinished:
        check_ended(play)
    opened = play.opened
    scenario = changed(
        kept(directory), factor=opened.time_factor, seed=opened.seed, humans=opened.humans
    )
    for centre in elsewhere:
        if centre not in scenario.centres:
            raise UsageError(
                "report.no-such-centre",
                f"{centre} has no part in the exercise",
                f"its centres are {' and '.join(scenario.centres)}",
            )
    first, second = (
        _collected(centre, elsewhere.get(centre) or _place(directory, centre, unfinished))
        for centre in scenario.centres
    )
    return Sources(play, scenario, (first, second))


def journals_of(given: tuple[str, ...]) -> dict[str, Path]:
    """Return the journals that were named as CENTRE=PATH. Raises click's usage error."""
    found = {}
    for one in given:
        centre, sign, path = one.partition("=")
        if not sign or not centre or not path:
            raise click.UsageError(f"--journal {one!r} is not CENTRE=PATH, such as iaf=backup/iaf")
        found[centre] = Path(path)
    return found


def sentence(found: Report) -> str:
    """Return the outcome in one sentence."""
    counts = found.counts
    lost = len(found.loss.lost)
    judged = count_text(sum(counts.values()), "expectation")
    told = [
        f"{found.exercise.banner}: {counts['pass']} of {judged} passed",
        *(f"{counts[name]} {word}" for name, word in _WORDS.items() if counts.get(name)),
        f"{count_text(lost, 'message')} LOST" if lost else "nothing was lost",
    ]
    end = "" if found.exercise.finished else "; UNFINISHED"
    return ", ".join(told) + end


_WORDS = {"fail": "failed", "expired": "expired", "void": "void", "open": "open"}


def _place(directory: Path, centre: str, unfinished: bool) -> Path:
    """Return where a centre's journal lies in an exercise's directory."""
    collected, own = directory / COLLECTED / centre, directory / centre
    return own if unfinished and not collected.exists() and own.exists() else collected


def _collected(centre: str, path: Path) -> Collected:
    """Return where a journal lies and what it is held against. Raises ExerciseError."""
    from hotline.audit.keep.record import BACKUP_FILE
    from hotline.cli.asking import letters_of
    from hotline.errors import ExerciseError
    from hotline.exercise.report.collected import Collected
    from hotline.node.place import read_place

    config = path / "node.toml" if path.is_dir() else path
    try:
        place = read_place(config)
    except HotlineError as error:
        raise ExerciseError(
            "report.journal-missing",
            f"the journal of {centre} cannot be found: {error.message}",
            "both are collected at ENDEX; name one that lies elsewhere with --journal",
        ) from error
    if place.card.centre != centre:
        raise ExerciseError(
            "report.journal-missing",
            f"the journal in {path} is that of {place.card.centre}, not of {centre}",
            "name the journal of each centre with --journal",
        )
    return Collected(
        centre,
        config.parent,
        place.journal,
        place.card,
        place.peers,
        place.witnesses,
        letters_of(config),
        complete=not (config.parent / BACKUP_FILE).exists(),
    )
