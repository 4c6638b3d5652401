"""The commands of ``hotline duty``: each step of the watch, and how it stands."""

from __future__ import annotations

import click

from hotline.api.exercise_shapes import WatchRequest, WatchView
from hotline.cli.asking import SIGN_S, ask, is_interactive, json_option, officer_of, officer_option
from hotline.cli.duty.telling import print_brief, print_step, print_watch
from hotline.cli.output import print_json, stdout
from hotline.errors import UsageError


@click.command()
@json_option
@click.pass_context
def show(context: click.Context, as_json: bool) -> None:
    """Show who has the watch, the brief that is open, and what may be done next."""
    view = ask(context, lambda client: client.watch())
    if as_json:
        print_json(view)
        return
    out = stdout()
    print_watch(out, view)
    if view.brief is not None:
        out.print()
        print_brief(out, view.brief)
    for step in view.steps[:5]:
        print_step(out, step)


def _alone(name: str, step: str, text: str, told: str) -> click.Command:
    """Return the command for a step that names nobody else; ``text`` says what may be added."""

    @click.command(name, help=told)
    @officer_option
    @click.option("--text", "added", metavar="TEXT", default="", help=text)
    @json_option
    @click.pass_context
    def command(context: click.Context, officer: str | None, added: str, as_json: bool) -> None:
        _step(context, WatchRequest(step=step, officer=officer_of(officer), text=added), as_json)

    return command


take = _alone(
    "take", "taken", "What is to be added to the record.", "Take the watch, where nobody has it."
)
brief = _alone(
    "brief",
    "briefed",
    "What is to be added to the record.",
    """Have the brief put together for you, who are to relieve the officer on duty.

    Look at each item yourself, and go through them with the officer on duty; then assume the watch
    within 15 minutes, unless something has changed.
    """,
)
review = _alone(
    "review",
    "reviewed",
    "What was seen.",
    "Sign off, having been relieved and having monitored the one who has the watch now.",
)
release = _alone(
    "release",
    "released",
    "Why.",
    "Give the watch up without a relief: nobody has it then, and the status says so.",
)


@click.command()
@click.argument("relieved", metavar="NAME", required=False)
@officer_option
@click.option("--text", metavar="TEXT", default="", help="What the verbal brief added.")
@json_option
@click.pass_context
def assume(
    context: click.Context, relieved: str | None, officer: str | None, text: str, as_json: bool
) -> None:
    """Say "I have the watch", relieving NAME, on a brief that still holds.

    On a terminal NAME may be left out, and is asked for: nobody relieves whoever it may be.
    """
    if relieved is None:
        if not is_interactive():
            raise UsageError(
                "watch.nobody-named",
                "whom you relieve is not named",
                "name the officer on duty, as `hotline duty show` has it",
            )
        relieved = str(click.prompt("I have the watch, and relieve", err=True))
    request = WatchRequest(
        step="assumed", officer=officer_of(officer), relieved=relieved, text=text
    )
    _step(context, request, as_json)


def _step(context: click.Context, request: WatchRequest, as_json: bool) -> None:
    view: WatchView = ask(context, lambda client: client.take_step(request), SIGN_S)
    if as_json:
        print_json(view)
        return
    out = stdout()
    if request.step == "briefed" and view.brief is not None:
        print_brief(out, view.brief)
        out.print()
    print_watch(out, view)
