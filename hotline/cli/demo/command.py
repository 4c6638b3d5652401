"""``hotline demo``: the command, and what it offers when the story is over."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

import click

from hotline.cli.demo.ground import DIALLER, LISTENER
from hotline.cli.demo.play import Stage, Summary, perform, print_summary, stage
from hotline.cli.demo.story import Story
from hotline.cli.exits import Exit
from hotline.cli.output import print_json

DIRECTORY = Path("var/demo")
PACE_S, TERMINAL_PACE_S = 0.1, 0.4


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
@click.option("--json", "as_json", is_flag=True, help="Print the summary as one JSON object.")
@click.pass_context
def demo(context: click.Context, directory: Path, keep: bool | None, as_json: bool) -> None:
    """Show two nodes on this machine, a line between them, cut and restored.

    Two real processes with real keys exchange the sample notices over mutual TLS; simulated
    officers answer; the line is cut in the middle. Nothing in it is real, and everything is left
    in the directory to be looked at.
    """
    story = Story(to_stderr=as_json)
    stays = keep if keep is not None else story.on_terminal and sys.stdin.isatty()
    summary = asyncio.run(_play(directory, story, stays=stays, as_json=as_json))
    context.exit(exit_of_demo(summary))


def exit_of_demo(summary: Summary) -> Exit:
    """Return the exit code: anything that is not as it should be fails."""
    if not summary.verified:
        return Exit.UNVERIFIED
    return Exit.DONE if summary.good else Exit.FAILED


async def _play(directory: Path, story: Story, *, stays: bool, as_json: bool) -> Summary:
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 - this is a coroutine
    for sign in (signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(sign, task.cancel)
    story.text("hotline demo: an exercise between two centres; nothing in it is real", "bold")
    try:
        async with stage(directory, story) as scene:
            summary = await perform(scene, TERMINAL_PACE_S if story.on_terminal else PACE_S)
            print_summary(story, summary)
            if as_json:
                print_json(summary.as_json())
            _offer(scene, stays=stays)
            if stays:
                await _until_enter(story)
        story.text()
        story.text(f"both nodes have ended; their journals are in {directory}")
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
    return summary


def _offer(scene: Stage, *, stays: bool) -> None:
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
        scene.story.text("Both nodes are still up, and the officers answer. In another terminal:")
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


async def _until_enter(story: Story) -> None:
    """Return when Enter is pressed; where nobody can press it, when we are told to stop."""
    pressed = asyncio.Event()
    loop = asyncio.get_running_loop()
    story.text()
    if sys.stdin.isatty():
        story.text("Press Enter to end both nodes.", "bold")
        loop.add_reader(sys.stdin.fileno(), pressed.set)
    else:
        story.text("Both nodes run until this process is told to stop.", "bold")
    try:
        await pressed.wait()
    except asyncio.CancelledError:
        # The story is told: Ctrl-C is as good as Enter here.
        task = asyncio.current_task()
        if task is not None:
            task.uncancel()
    finally:
        with suppress(ValueError, OSError):
            loop.remove_reader(sys.stdin.fileno())


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
