"""An exercise told as it is played: a line each on stderr, or the board on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from hotline.cli.output import plain

if TYPE_CHECKING:
    from hotline.exercise.play.director import Result

STYLES = {
    "startex": "bold cyan",
    "endex": "bold cyan",
    "inject": "bold",
    "task": "bold yellow",
    "pass": "green",
    "fail": "bold red",
    "expired": "red",
    "void": "dim",
    "open": "",
    "fault": "magenta",
    "trouble": "magenta",
    "real-world": "bold white on red",
    "crew": "dim",
    "comment": "italic",
    "director": "cyan",
}
"""How a line is shown, by what it is about; verdicts have the same everywhere."""


VERDICTS = {
    "fail": "failed",
    "expired": "expired",
    "open": "open",
    "pass": "passed",
    "void": "void",
}
"""What an expectation came to, in a word: the worst first."""


def clock_of(t: float | None) -> str:
    """Return ``T+01:02:03`` for seconds of the scenario; before STARTEX it is not running."""
    if t is None:
        return "T-"
    seconds = max(int(t), 0)
    return f"T+{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def story_line(t: float | None, kind: str, text: str) -> Text:
    """Return one line of the story."""
    return Text.assemble(
        (f"{clock_of(t)}  ", "dim"), (f"{kind:<10} ", "dim"), plain(text, STYLES.get(kind, ""))
    )


def left_of(seconds: float) -> str:
    """Return what is left of a limit: ``1:05``, and ``over`` when it is waited for no more."""
    if seconds < 0:
        return "over"
    whole = int(seconds)
    hours = f"{whole // 3600}:{whole // 60 % 60:02}" if whole >= 3600 else f"{whole // 60}"
    return f"{hours}:{whole % 60:02}"


def summary_of(result: Result) -> Text:
    """Return how an exercise ended, in a few lines."""
    counts = {
        outcome: sum(one.outcome.value == outcome for one in result.verdicts)
        for outcome in ("pass", "fail", "expired", "void")
    }
    said = ", ".join(f"{count} {VERDICTS[name]}" for name, count in counts.items() if count)
    text = Text()
    text.append(f"EXERCISE {result.name}", "bold")
    text.append(f" ended ({result.why}) at {clock_of(result.scenario_s)}\n")
    text.append(f"expectations: {said or 'none'}\n", "green" if result.good else "red")
    if result.why == "real-world" and counts["void"]:
        text.append("stopped before all was judged: this exercise is not passed\n", "red")
    for one in result.verdicts:
        if one.outcome.value in ("fail", "expired"):
            text.append(f"  {one.expectation}  {one.outcome.value}: ", "red")
            text.append_text(plain(one.text)).append("\n")
    for centre in result.unbound:
        text.append(f"the node of {centre} does not know of ENDEX: start it, then ", "red")
        text.append(f"`hotline exercise run --resume {result.directory}`\n", "red")
    text.append(f"record and journals: {result.directory}")
    return text
