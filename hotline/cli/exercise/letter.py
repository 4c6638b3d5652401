"""``hotline exercise letter``: the letter of agreement that a scenario is played under."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hotline.errors import ExerciseError

if TYPE_CHECKING:
    from hotline.exercise.scenario.shape import Scenario


@click.command()
@click.argument("scenario", metavar="NAME|FILE")
@click.option("--centre", metavar="CENTRE", help="The letter of this centre, where they differ.")
def letter(scenario: str, centre: str | None) -> None:
    """Print the letter that SCENARIO is played under, with the exercise's name in it.

    It is for nodes that run already or are yet to be made, each of which is given this very file.
    """
    from hotline.exercise.scenario.reading import scenario_named

    # As bytes: one that is changed on its way out has another hash at the other centre.
    click.echo(letter_for(scenario_named(scenario), centre).encode(), nl=False)


def letter_for(scenario: Scenario, centre: str | None) -> str:
    """Return the letter of both centres, or of one of them.

    Raises ExerciseError: ``exercise.unknown-centre``, ``exercise.letters-of-their-own``,
    ``exercise.no-letter``.
    """
    if centre is not None and centre not in scenario.centres:
        raise ExerciseError(
            "exercise.unknown-centre",
            f"{centre[:40]!a} is no centre of {scenario.name}",
            f"name {' or '.join(scenario.centres)}",
        )
    if centre is None and scenario.letters:
        raise ExerciseError(
            "exercise.letters-of-their-own",
            f"the centres of {scenario.name} go by letters that differ",
            f"name one of them: --centre {scenario.centres[0]}, --centre {scenario.centres[1]}",
        )
    text = scenario.letters.get(centre or "", scenario.letter)
    if text is None:
        raise ExerciseError(
            "exercise.no-letter",
            f"{scenario.name} has no letter: it is played under the one that its nodes have",
            "leave `letter: none` out of the scenario for the sample letter",
        )
    return text
