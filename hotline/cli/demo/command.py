"""``hotline demo``: the command, and what it offers when the story or a script is over."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path

import click

from hotline.cli.demo.consoles import Desk, codes_now, consoles_up, print_desks
from hotline.cli.demo.course import play_script
from hotline.cli.demo.ground import DIALLER, LISTENER
from hotline.cli.demo.play import Summary, dismiss, perform, print_summary
from hotline.cli.demo.proof import Proof, print_proof, prove
from hotline.cli.demo.proof import as_object as proof_object
from hotline.cli.demo.script import Script, read_script
from hotline.cli.demo.stage import Cast, Stage, own_cast, stage
from hotline.cli.demo.story import Story
from hotline.cli.demo.timeline import Timeline, read_timeline
from hotline.cli.demo.timeline import as_object as timeline_object
from hotline.cli.demo.timeline_shown import print_timeline
from hotline.cli.exits import Exit
from hotline.cli.output import MARK_STYLE, print_json
from hotline.model.letter import read_letter

DIRECTORY = Path("var/demo")
PACE_S, TERMINAL_PACE_S = 0.1, 0.4

Act = Callable[[Stage], Awaitable[Exit]]
"""What happens on a stage that is set."""


@click.command()
@click.option(
    "--directory",
    type=click.Path(path_type=Path, file_okay=False),
    default=DIRECTORY,
    show_default=True,
    help="Where both centres are made; an earlier demo there is removed.",
)
@click.option(
    "--keep/--no-keep",
    default=None,
    help="Keep the nodes up after the story, or end them. Default: on a terminal, until Enter.",
)
@click.option(
    "--consoles/--no-consoles",
    default=None,
    help="Serve a console of each centre while the nodes stay up. Default: on a terminal.",
)
@click.option(
    "--samples",
    type=click.Path(path_type=Path, file_okay=False),
    help="Play this directory's own letter and messages as a script instead.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the summary as one JSON object.")
@click.pass_context
def demo(
    context: click.Context,
    directory: Path,
    keep: bool | None,
    consoles: bool | None,
    samples: Path | None,
    as_json: bool,
) -> None:
    """Show two nodes on this machine, a line between them, cut and restored.

    Two real processes with real keys exchange the sample notices over mutual TLS; simulated
    officers answer; the line is cut in the middle. Nothing in it is real, and everything is left
    in the directory to be looked at. Where it stays up, each centre has a console for a browser,
    and what it takes to log in is printed.

    --samples plays other messages, in the order of their numbers, and prints what came of each:
    warning time, flags, what the nodes found, alarms. examples/september-2018 is one such
    directory. Exit code 1 when its script expects something else.
    """
    if consoles and keep is False:
        raise click.UsageError("--consoles are served by nodes that stay up; leave out --no-keep")
    story = Story(to_stderr=as_json)
    on_terminal = story.on_terminal and sys.stdin.isatty()
    stays = keep if keep is not None else consoles or on_terminal
    shown = stays and (consoles if consoles is not None else on_terminal and not as_json)
    if samples is None:
        title = "an exercise between two centres; nothing in it is real"
        cast, act = own_cast(), _story_act(story, stays=stays, shown=shown, as_json=as_json)
    else:
        script = read_script(samples)
        title = script.title
        cast = Cast(script.letter_bytes, script.samples, script.roles)
        act = _script_act(script, stays=stays, as_json=as_json)
    story.text(read_letter(cast.letter).banner, MARK_STYLE)
    story.text(f"hotline demo: {title}", "bold")
    context.exit(asyncio.run(_play(directory, story, cast, act, stays=stays, shown=shown)))


def exit_of_demo(summary: Summary) -> Exit:
    """Return the exit code: anything that is not as it should be fails."""
    if not summary.verified:
        return Exit.UNVERIFIED
    return Exit.DONE if summary.good else Exit.FAILED


def exit_of_script(timeline: Timeline, proof: Proof) -> Exit:
    """Return the exit code of a script: what the records say counts more than what was expected."""
    if not proof.holds:
        return Exit.UNVERIFIED
    return Exit.DONE if timeline.as_expected else Exit.FAILED


async def _play(
    directory: Path, story: Story, cast: Cast, act: Act, *, stays: bool, shown: bool
) -> Exit:
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 - this is a coroutine
    for sign in (signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(sign, task.cancel)
    try:
        async with stage(directory, story, cast) as scene:
            code = await act(scene)
            if shown:
                async with consoles_up(scene) as desks:
                    print_desks(story, desks, _shortest)
                    await _until_enter(story, desks)
            elif stays:
                await _until_enter(story)
        story.text()
        story.text(f"both nodes have ended; their journals are in {directory}")
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
    return code


def _story_act(story: Story, *, stays: bool, shown: bool, as_json: bool) -> Act:
    async def act(scene: Stage) -> Exit:
        summary = await perform(scene, TERMINAL_PACE_S if story.on_terminal else PACE_S)
        print_summary(story, summary)
        if as_json:
            print_json(summary.as_json())
        if shown:
            await dismiss(scene)
        _offer(scene, stays=stays, answering=not shown)
        return exit_of_demo(summary)

    return act


def _script_act(script: Script, *, stays: bool, as_json: bool) -> Act:
    async def act(scene: Stage) -> Exit:
        scene.story.heading("What is said, in the order of the script")
        sent = await play_script(scene, script)
        timeline = await read_timeline(scene, script, sent)
        print_timeline(scene.story, timeline)
        proof = await prove(scene, script.evidence)
        print_proof(scene.story, proof)
        code = exit_of_script(timeline, proof)
        scene.story.text()
        if script.judged:
            good = timeline.as_expected
            text = "as the script expects" if good else "NOT as the script expects; see above"
            scene.story.text(
                f"What was flagged and what rang is {text}.", "green" if good else "bold red"
            )
        if as_json:
            print_json(_script_object(scene, script, timeline, proof))
        _offer_script(scene, script, proof, stays=stays)
        return code

    return act


def _script_object(
    scene: Stage, script: Script, timeline: Timeline, proof: Proof
) -> dict[str, object]:
    """Return what `--samples --json` prints."""
    return {
        "title": script.title,
        "samples": str(script.folder),
        **timeline_object(timeline),
        **proof_object(proof),
        "duration_s": round(scene.story.elapsed_s, 3),
        "directory": str(scene.directory),
    }


def _offer_script(scene: Stage, script: Script, proof: Proof, *, stays: bool) -> None:
    """Print commands with which to look at what a script has left."""
    command = own_name()
    dialler, listener = (scene.sites[centre] for centre in script.roles.centres)
    lines = [f"--config {_shortest(listener.config)} inbox --all"]
    if proof.evidence:
        lines += [
            f"--config {_shortest(listener.config)} show {proof.evidence[0].reference}",
            f"verify {_shortest(proof.evidence[0].path)}",
        ]
    lines += [f"--config {_shortest(site.config)} log verify" for site in (dialler, listener)]
    both = " ".join(_shortest(site.directory) for site in (dialler, listener))
    page = _shortest(scene.directory / "reconciled.html")
    lines.append(f"log reconcile {both} --html {page}")
    scene.story.text()
    scene.story.text("Both nodes are still up." if stays else "To look at what is left:")
    scene.story.text()
    for line in lines:
        scene.story.text(f"  {command} {line}", "cyan")


def _offer(scene: Stage, *, stays: bool, answering: bool) -> None:
    """Print commands to try; those that need a running node only while there is one."""
    notice = _notice_to_send(scene)
    command = own_name()
    here = {centre: _shortest(scene.sites[centre].config) for centre in (DIALLER, LISTENER)}
    running = [(DIALLER, "status"), (DIALLER, f"send {_shortest(notice)}")]
    always = [
        (LISTENER, "inbox --all"),
        (LISTENER, "show IAF-0104"),
        (LISTENER, "log show"),
        (LISTENER, "log verify"),
    ]
    scene.story.text()
    if stays:
        who = "the officers answer" if answering else "nobody answers but you, at the consoles"
        scene.story.text(f"Both nodes are still up, and {who}. In another terminal:")
    else:
        scene.story.text("To look at what is left:")
    scene.story.text()
    for centre, words in [*(running if stays else []), *always]:
        scene.story.text(f"  {command} --config {here[centre]} {words}", "cyan")
    both = " ".join(_shortest(scene.sites[centre].directory) for centre in (DIALLER, LISTENER))
    scene.story.text(f"  {command} log reconcile {both}", "cyan")


def _notice_to_send(scene: Stage) -> Path:
    """Write a notice that has no reference yet, so that it can be sent again and again."""
    sample = next(s for s in scene.samples if s.name.startswith("13-"))
    document = {key: value for key, value in sample.document.items() if key != "reference"}
    path = scene.directory / "notice.json"
    path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", "utf-8")
    return path


async def _until_enter(story: Story, desks: Sequence[Desk] = ()) -> None:
    """Return when Enter is pressed; where nobody can press it, when we are told to stop.

    On a terminal the codes of the consoles are shown meanwhile.
    """
    pressed = asyncio.Event()
    loop = asyncio.get_running_loop()
    story.text()
    if sys.stdin.isatty():
        story.text("Press Enter to end both nodes.", "bold")
        loop.add_reader(sys.stdin.fileno(), pressed.set)
    else:
        story.text("Both nodes run until this process is told to stop.", "bold")
    codes = asyncio.create_task(_show_codes(story, desks))
    try:
        await pressed.wait()
    except asyncio.CancelledError:
        # The story is told: Ctrl-C is as good as Enter here.
        task = asyncio.current_task()
        if task is not None:
            task.uncancel()
    finally:
        codes.cancel()
        with suppress(ValueError, OSError):
            loop.remove_reader(sys.stdin.fileno())


async def _show_codes(story: Story, desks: Sequence[Desk]) -> None:
    """Show on one line of a terminal which codes are good, until cancelled."""
    while desks and story.on_terminal:
        story.renew(codes_now(desks, time.time()))
        await asyncio.sleep(1)


def own_name() -> str:
    """Return how this command was called, as short as it works from here."""
    called = Path(sys.argv[0])
    if called.name == "__main__.py":
        return f"{_shortest(Path(sys.executable))} -m hotline"
    if os.sep not in sys.argv[0]:
        return called.name
    return _shortest(called)


def _shortest(path: Path) -> str:
    relative = os.path.relpath(path)
    return relative if len(relative) < len(str(path)) else str(path)
