"""``hotline exercise check``: whether a scenario can be played, and every mistake in it."""

from __future__ import annotations

import re
from typing import Any

import click

from hotline.cli.asking import json_option
from hotline.cli.output import count_text, print_json
from hotline.errors import ExerciseError
from hotline.model.problem import Problem

_PLACED = re.compile(r":(?P<line>[0-9]+):(?P<column>[0-9]+)(?::|$)")
"""Where a place stands behind the name of a file, at the end or before what is said of it."""


@click.command()
@click.argument("scenario", metavar="FILE|NAME")
@json_option
def check(scenario: str, as_json: bool) -> None:
    """Check a scenario: every mistake is listed with line and column, in the order of the file.

    FILE is a scenario's file, NAME one that `hotline exercise list` names.
    """
    from hotline.exercise.scenario.durations import duration_said
    from hotline.exercise.scenario.reading import scenario_named

    try:
        found = scenario_named(scenario)
    except ExerciseError as error:
        if as_json:
            print_json({"file": scenario, "ok": False, "problems": _problems(error, scenario)})
        raise
    expectations = sum(len(inject.expectations) for inject in found.injects)
    if as_json:
        print_json(
            {
                "file": scenario,
                "ok": True,
                "problems": [],
                "name": found.name,
                "sha256": found.sha256,
                "duration_s": found.duration_s,
                "injects": len(found.injects),
                "expectations": expectations,
                "traffic": len(found.traffic),
                "beside": sorted(found.beside),
            }
        )
        return
    click.echo(
        f"{scenario}: EXERCISE {found.name} can be played: "
        f"{count_text(len(found.injects), 'inject')}, "
        f"{count_text(expectations, 'expectation')}, {duration_said(found.duration_s)}"
    )


def _problems(error: ExerciseError, name: str) -> list[dict[str, Any]]:
    """Return what is wrong, each with its line and column; None where it has no place."""
    listed = getattr(error, "problems", (Problem(error.code, "", error.message, error.hint),))
    found = []
    for problem in listed:
        where, text = problem.field, problem.text
        # What is no YAML has its place in the sentence.
        said = where or text
        placed = _PLACED.match(said, len(name)) if said.startswith(name) else None
        if placed and not where:
            text = text[placed.end() :].lstrip()
        found.append(
            {
                "code": problem.code,
                "line": int(placed["line"]) if placed else None,
                "column": int(placed["column"]) if placed else None,
                "text": text,
                "hint": problem.hint,
            }
        )
    return found
