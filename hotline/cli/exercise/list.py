"""``hotline exercise list``: the scenarios that are shipped."""

from __future__ import annotations

import click

from hotline.cli.asking import json_option
from hotline.cli.output import Listing, plain, print_json, stdout


@click.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the scenarios that are shipped, the shortest first."""
    from hotline.exercise.scenario.durations import duration_said
    from hotline.exercise.scenario.reading import shipped, shipped_names

    found = [shipped(name) for name in shipped_names()]
    if as_json:
        print_json(
            [
                {
                    "name": one.name,
                    "title": one.title,
                    "duration_s": one.duration_s,
                    "injects": len(one.injects),
                    "expectations": sum(len(inject.expectations) for inject in one.injects),
                    "traffic": bool(one.traffic),
                    "objectives": list(one.objectives),
                }
                for one in found
            ]
        )
        return
    listing = Listing(
        "EXERCISE", "LASTS", "INJECTS", "TRAINS", flexible="TRAINS", right=("INJECTS",), folds=True
    )
    for one in found:
        injects = f"{len(one.injects)}{'+' if one.traffic else ' '}"
        # The name stands before the colon of most titles, and in a column of its own here.
        trains = one.title.partition(": ")[2] or one.title
        listing.add(one.name, duration_said(one.duration_s), injects, plain(trains))
    out = stdout()
    listing.print(out)
    out.print()
    out.print(plain("+ and mock traffic. `hotline exercise show NAME` tells more.", "dim"))
