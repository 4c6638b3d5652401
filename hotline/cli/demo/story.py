"""The story on the terminal: one line an event, colours on terminals, plain text without.

A line is: seconds since the beginning, whose it is, what happens, precedence, reference, what it
is about, and what came of it.
"""

from __future__ import annotations

import sys
import time
from textwrap import wrap

from rich.cells import set_cell_size
from rich.console import Console
from rich.text import Text

from hotline.cli.output import PRECEDENCE_STYLE, WIDE
from hotline.model.text import printable

COLUMNS = 100
STYLES = {
    "sends": "cyan",
    "accept": "green",
    "reject": "red",
    "counter": "yellow",
    "stand-by": "yellow",
    "gets": "blue",
    "ALARM": "bold red",
    "wrong": "red",
}
_CENTRE, _VERB, _PRECEDENCE, _REFERENCE, _END = 7, 8, 9, 12, 17


class Story:
    """Prints to stdout, or to stderr where stdout is for the summary as JSON."""

    def __init__(self, *, to_stderr: bool) -> None:
        stream = sys.stderr if to_stderr else sys.stdout
        self.on_terminal = stream.isatty()
        self.console = Console(
            stderr=to_stderr,
            width=None if self.on_terminal else WIDE,
            highlight=False,
            soft_wrap=True,
        )
        self.columns = min(COLUMNS, self.console.width)
        self._began = time.monotonic()

    @property
    def elapsed_s(self) -> float:
        """Seconds since the story began."""
        return time.monotonic() - self._began

    def heading(self, text: str) -> None:
        """Begin a chapter."""
        self.console.print()
        self.console.print(Text(text, style="bold"))

    def say(self, who: str, text: str, style: str = "") -> None:
        """Tell something that is about no message."""
        margin = self._margin(who)
        width = max(20, self.columns - margin.cell_len)
        lines = wrap(printable(text), width, break_on_hyphens=False) or [""]
        self.console.print(Text.assemble(margin, (lines[0], style)))
        for line in lines[1:]:
            self.console.print(Text.assemble(" " * margin.cell_len, (line, style)))

    def event(
        self, who: str, verb: str, precedence: str, reference: str, about: str, end: str = ""
    ) -> None:
        """Tell what happened to one message, in columns that fit the terminal."""
        margin = self._margin(who)
        rest = self.columns - margin.cell_len - _VERB - _PRECEDENCE - _REFERENCE - 6
        if end:
            rest -= _END + 2
        line = Text.assemble(
            margin,
            (cell(verb, _VERB), STYLES.get(verb, "")),
            "  ",
            (cell(precedence, _PRECEDENCE), PRECEDENCE_STYLE.get(precedence, "")),
            "  ",
            cell(reference, _REFERENCE),
            "  ",
            (cell(about, max(8, rest)), ""),
            "  ",
            (printable(end), "dim"),
        )
        line.rstrip()
        self.console.print(line)

    def text(self, text: str = "", style: str = "") -> None:
        """Print a line as it is."""
        self.console.print(Text(printable(text), style=style))

    def renew(self, text: str) -> None:
        """Print a line of a terminal in place of the one that was printed so before."""
        self.console.print(Text(printable(text)[: self.columns - 1]), end="\r")

    def _margin(self, who: str) -> Text:
        return Text.assemble(
            (f"{self.elapsed_s:6.2f}  ", "dim"), (cell(who, _CENTRE), "bold"), "  "
        )


def cell(text: str, width: int) -> str:
    """Return ``text`` cut or filled to a width in columns, whatever its script."""
    shown = printable(text)
    fitted = set_cell_size(shown, width)
    if fitted.rstrip() != shown.rstrip():
        fitted = set_cell_size(set_cell_size(shown, width - 1).rstrip() + "…", width)
    return fitted
