"""The root group: options that every command shares, errors as two lines, exit codes.

Errors go to stderr as ``hotline: error: <sentence> [code]`` and ``hotline: hint: <mend>``, lower
case, no full stop; nothing else ever begins with these words. No error shows a traceback but a
defect of our own.
"""

from __future__ import annotations

import codecs
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import Any, NoReturn

import click

from hotline import __version__
from hotline.cli.exits import Exit, exit_of
from hotline.cli.group import LazyGroup
from hotline.errors import HotlineError
from hotline.node.config import CONFIG_VARIABLE

SECTIONS: dict[str, dict[str, str]] = {
    "The desk": {
        "send": "hotline.cli.send:send",
        "inbox": "hotline.cli.desk:inbox",
        "outbox": "hotline.cli.desk:outbox",
        "show": "hotline.cli.show:show",
        "reply": "hotline.cli.reply:reply",
        "watch": "hotline.cli.watch:watch",
        "voice": "hotline.cli.voice:voice",
        "duty": "hotline.cli.duty:duty",
    },
    "The airspace": {
        "airspace": "hotline.cli.airspace:airspace",
    },
    "The node": {
        "run": "hotline.cli.run:run",
        "console": "hotline.cli.console:console",
        "status": "hotline.cli.status:status",
        "doctor": "hotline.cli.doctor:doctor",
        "alarms": "hotline.cli.alarms:alarms",
        "acknowledge": "hotline.cli.alarms:acknowledge",
        "recover": "hotline.cli.recover:recover",
        "officer": "hotline.cli.officer:officer",
    },
    "Training": {
        "exercise": "hotline.cli.exercise.group:exercise",
    },
    "The record": {
        "log": "hotline.cli.log:log",
        "verify": "hotline.cli.verify:verify",
    },
    "Setting up": {
        "demo": "hotline.cli.demo.command:demo",
        "keys": "hotline.cli.keys:keys",
        "letter": "hotline.cli.letter:letter",
        "completion": "hotline.cli.completion:completion",
    },
}
"""Where each command is defined, under the headings of the help."""

COMMANDS = {name: place for section in SECTIONS.values() for name, place in section.items()}
MAX_PROBLEMS = 10
"""Broken rules of a message that are listed one by one; the first ones say enough.

An error with ``all_listed`` is of a file that somebody writes, and has all of its mistakes listed.
"""


@dataclass(frozen=True, slots=True)
class Root:
    """What was said before the command: the node.toml that was named, or lies here."""

    config_path: Path | None = None


class RootGroup(LazyGroup):
    """Turns what a command raises into lines and exit codes."""

    verdict = Exit.DONE
    """What the command has found out; the exit code also where nobody reads to the end."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands under their headings."""
        width = max(map(len, COMMANDS))
        for heading, commands in SECTIONS.items():
            with formatter.section(heading):
                rows = self.rows(ctx, commands)
                formatter.write_dl([(name.ljust(width), text) for name, text in rows])

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """Read the command line up to the command."""
        with _talking():
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """Carry out the command."""
        with _talking():
            return super().invoke(ctx)

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> NoReturn:
        """Run a command line and exit; ``standalone_mode`` is not heeded."""
        del standalone_mode
        self.verdict = Exit.DONE
        _write_anything()
        try:
            found = super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
            sys.stdout.flush()
            code = found if isinstance(found, int) else Exit.DONE
        except HotlineError as error:
            report(error)
            code = exit_of(error)
        except click.UsageError as error:
            code = _report_usage(error)
        except click.ClickException as error:
            _line("error", f"{_as_sentence(error.format_message())} [cli.failed]")
            code = Exit.FAILED
        except (click.Abort, KeyboardInterrupt):
            _line("error", "interrupted [cli.interrupted]")
            code = Exit.FAILED
        except (BrokenPipeError, _ReaderGone):
            _give_up_stdout()
            code = self.verdict
        except PermissionError as error:
            _report_os(error)
            code = Exit.NOT_ALLOWED
        except OSError as error:
            _report_os(error)
            code = Exit.FAILED
        sys.exit(int(code))


def _write_anything() -> None:
    r"""Let no character that a stream's encoding lacks end a command: it is written out.

    Whoever set PYTHONIOENCODING or a locale of another encoding reads ``\u2026`` for an ellipsis.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper) and stream.errors in ("strict", "surrogateescape"):
            is_utf_8 = codecs.lookup(stream.encoding).name == "utf-8"
            # In UTF-8 only a half of a pair cannot be written, which names of files may have.
            if not is_utf_8 or stream.errors == "strict":
                stream.reconfigure(errors="backslashreplace")


class _ReaderGone(Exception):  # noqa: N818 - nothing went wrong
    """Whoever read our output has seen enough."""


@contextmanager
def _talking() -> Iterator[None]:
    """Take what is no mistake out of click's hands: no command named, no reader left."""
    try:
        try:
            yield
        except click.exceptions.NoArgsIsHelpError as asked:
            # Whoever names no command wants to know which there are.
            click.echo(asked.ctx.get_help() if asked.ctx is not None else asked.message)
            raise click.exceptions.Exit(Exit.DONE) from None
    except BrokenPipeError:
        # click would end with 1.
        raise _ReaderGone from None
    except SystemExit as ended:
        # And so would rich.
        if isinstance(ended.__context__, BrokenPipeError):
            raise _ReaderGone from None
        raise


def _give_up_stdout() -> None:
    """Let what is still unwritten go nowhere: whoever read our output has seen enough."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def report(error: HotlineError) -> None:
    """Write an error to stderr, every broken rule of a file on lines of its own."""
    problems = getattr(error, "problems", ())
    if len(problems) > 1:
        shown = len(problems) if getattr(error, "all_listed", False) else MAX_PROBLEMS
        for problem in problems[:shown]:
            _line("error", f"{problem} [{problem.code}]")
            _line("hint", problem.hint)
        if len(problems) > shown:
            _line("hint", f"{len(problems) - shown} more rules are broken")
        return
    _line("error", f"{error.message} [{error.code}]")
    if error.hint:
        _line("hint", error.hint)


def warn(text: str, hint: str = "") -> None:
    """Write something that is not an error, but must not be overlooked, to stderr."""
    _line("warning", text)
    if hint:
        _line("hint", hint)


def _report_usage(error: click.UsageError) -> Exit:
    _line("error", f"{_as_sentence(error.format_message())} [cli.usage]")
    path = error.ctx.command_path if error.ctx is not None else "hotline"
    _line("hint", f"`{path} --help` says how it is used")
    return Exit.USAGE


def _report_os(error: OSError) -> None:
    what = f"{error.filename}: " if error.filename is not None else ""
    _line("error", f"{what}{_as_sentence(error.strerror or str(error))} [cli.system]")


def _line(word: str, text: str) -> None:
    colour = {"error": "red", "warning": "yellow", "hint": "cyan"}[word]
    shown = click.style(f"{word}:", fg=colour, bold=word == "error")
    click.echo(f"hotline: {shown} {text}", err=True)


def _as_sentence(text: str) -> str:
    """Return click's sentence as ours: on one line, small first letter, no full stop."""
    line = " ".join(text.split())
    return line[:1].lower() + line[1:].rstrip(".")


@click.group(
    cls=RootGroup,
    places=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    subcommand_metavar="COMMAND [ARGUMENTS]...",
)
@click.option(
    "--config",
    metavar="FILE",
    envvar=CONFIG_VARIABLE,
    type=click.Path(path_type=Path, dir_okay=False),
    help=f"The node's node.toml. Default: {CONFIG_VARIABLE}, else node.toml here.",
)
@click.version_option(__version__, "--version", prog_name="hotline", message="%(prog)s %(version)s")
@click.pass_context
def root(context: click.Context, config: Path | None) -> None:
    """Signed, receipted flight notices between two air command centres that share one sky.

    `hotline demo` shows the whole of it on this machine, in less than half a minute.
    """
    here = Path("node.toml")
    context.obj = Root(config if config is not None else here if here.is_file() else None)


def decide(context: click.Context, verdict: Exit) -> Exit:
    """Hold on to a command's verdict before it is printed, and return it."""
    root = context.find_root().command
    if isinstance(root, RootGroup):
        root.verdict = verdict
    return verdict
