"""``hotline exercise show``: a scenario as a MSEL that can be read in a terminal."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.text import Text

from hotline.cli.asking import json_option
from hotline.cli.output import (
    Facts,
    Listing,
    block,
    count_text,
    mark_traffic,
    plain,
    print_json,
    stdout,
)

if TYPE_CHECKING:
    from hotline.exercise.scenario.shape import Crew, Inject, Scenario


@click.command()
@click.argument("scenario", metavar="NAME|FILE")
@click.option("--full", is_flag=True, help="Show each inject with all its texts.")
@json_option
@click.pass_context
def show(context: click.Context, scenario: str, full: bool, as_json: bool) -> None:
    """Show a scenario: who, how long, every inject, and what is expected of it.

    NAME is one that `hotline exercise list` names, FILE a scenario's file.
    """
    from hotline.exercise.scenario.reading import scenario_named
    from hotline.exercise.scenario.writing import scenario_table

    found = scenario_named(scenario)
    if as_json:
        print_json(scenario_table(found) | {"sha256": found.sha256})
        return
    mark_traffic(context, f"EXERCISE {found.name}")
    out = stdout()
    _head(found, scenario, out)
    if full:
        for inject in found.injects:
            out.print()
            _inject(inject, out)
        return
    out.print()
    _injects(found, out)
    _expected(found, out)


def _head(scenario: Scenario, given: str, out: Console) -> None:
    from hotline.exercise.scenario.durations import duration_said
    from hotline.exercise.scenario.file_form import MAX_FACTOR
    from hotline.model.times import format_time

    factor = f", {scenario.time_factor:g} times as fast" if scenario.time_factor != 1 else ""
    starts = "when it is run" if scenario.starts is None else format_time(scenario.starts)
    out.print(block(scenario.title, 0))
    out.print()
    most = min(scenario.highest_factor, MAX_FACTOR)
    bears = f"; can be played up to {most:g} times as fast"
    rows: list[tuple[str, object]] = [
        ("lasts", f"{duration_said(scenario.duration_s)}{factor}{bears}"),
        ("starts", starts),
    ]
    rows += [(name, _crew(crew)) for name, crew in scenario.crews.items()]
    if scenario.traffic:
        rows.append(("traffic", ", ".join(one.id for one in scenario.traffic)))
    rows += [
        ("trains" if n == 1 else "", f"{n}. {text}")
        for n, text in enumerate(scenario.objectives, 1)
    ]
    rows.append(("play it", f"hotline exercise run {shlex.quote(given)}"))
    out.print(Facts(rows))
    if scenario.summary:
        out.print()
        # Lines of a file are as long as its writer likes; those of a terminal are not.
        for paragraph in scenario.summary.split("\n\n"):
            out.print(block(" ".join(paragraph.split()), 0))


def _crew(crew: Crew) -> str:
    names = f": {', '.join(crew.officers)}" if crew.officers else ""
    return f"{'people' if crew.kind == 'human' else 'simulated'}{names}"


def _injects(scenario: Scenario, out: Console) -> None:
    from hotline.exercise.scenario.timing import due_s
    from hotline.exercise.scenario.wording import clock_said, inject_said

    due = due_s(scenario.injects)
    listing = Listing(
        "NO", "TIME", "FROM", "TO", "BY", "WHAT", flexible="WHAT", spare=("BY",), folds=True
    )
    for one in scenario.injects:
        listing.add(
            one.id,
            clock_said(due[one.id]),
            plain(one.originator),
            plain(one.recipient),
            one.delivery.value,
            plain(inject_said(one)),
        )
    listing.print(out)


def _expected(scenario: Scenario, out: Console) -> None:
    from hotline.exercise.scenario.wording import expectation_said

    count = sum(len(one.expectations) for one in scenario.injects)
    if not count:
        return
    out.print()
    heading = count_text(count, "EXPECTATION", "EXPECTATIONS")
    listing = Listing("NO", heading, flexible=heading, folds=True)
    for one in scenario.injects:
        for expected in one.expectations:
            listing.add(expected.id, plain(expectation_said(expected)))
    listing.print(out)


def _inject(inject: Inject, out: Console) -> None:
    from hotline.exercise.scenario.wording import (
        expectation_said,
        inject_said,
        what_said,
        when_said,
    )

    who = f"{inject.originator} to {inject.recipient}" if inject.recipient else inject.originator
    said = Text(f"{inject.id}  {when_said(inject)}  ", style="bold")
    out.print(said + plain(inject_said(inject)))
    rows: list[tuple[str, object]] = [
        ("from", f"{who}, by {inject.delivery.value}"),
        ("does", what_said(inject)),
    ]
    numbers = ", ".join(str(number) for number in inject.objectives)
    document = inject.document or {}
    words = [str(document[field]) for field in ("text", "reason", "remarks") if field in document]
    for label, text in (
        ("says", " ".join(words)),
        ("shows", f"objective {numbers}" if numbers else ""),
        ("about", inject.description),
        ("outcome", inject.outcome),
        ("look at", inject.comment),
    ):
        if text:
            rows.append((label, " ".join(text.split())))
    rows += [
        ("expected" if not n else "", expectation_said(one))
        for n, one in enumerate(inject.expectations)
    ]
    out.print(Facts(rows, 4))
