"""Several exercises side by side on a terminal: short tables below each other, read downwards.

One table with all of it would be as wide as two terminals. What is compared stands in a column, so
that a trend is seen by going down.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console

from hotline.cli.output import Listing, plain, stdout
from hotline.exercise.report.comparing import Compared, Trends
from hotline.exercise.report.wording import lasting
from hotline.model.kinds import Precedence


def print_trends(found: Trends) -> None:
    """Print each group under its scenario's name, the oldest exercise first."""
    out = stdout()
    for place, group in enumerate(found.groups):
        if place:
            out.print()
        out.print(plain(f"EXERCISE {group.scenario}", "bold"))
        _figures(group.exercises).print(out)
        read = [one.read for one in group.exercises]
        reply = [one.reply for one in group.exercises]
        names = [each.name for each in Precedence if any(each.name in one for one in read + reply)]
        if any(read):
            _print_medians(out, "MEDIAN UNTIL OPENED  ", group.exercises, names, read)
        if any(reply):
            _print_medians(out, "MEDIAN UNTIL ANSWERED", group.exercises, names, reply)


def _figures(exercises: Sequence[Compared]) -> Listing:
    listing = Listing(
        "STARTEX, UTC", "PASSED", "LOST", "MISSED", "WRONG", "LINE UP", "", flexible=""
    )
    for one in exercises:
        listing.add(
            _begun(one),
            f"{_share(one.passed)} of {one.judged}",
            str(one.lost),
            str(one.missed),
            f"{_share(one.wrong)} of {one.read_backs}",
            _share(one.outside),
            ", ".join(_remarks(one)),
        )
    return listing


def _print_medians(
    out: Console,
    what: str,
    exercises: Sequence[Compared],
    names: Sequence[str],
    medians: Sequence[Mapping[str, float]],
) -> None:
    """Print one figure by precedence."""
    listing = Listing(what, *names, flexible=what)
    for one, found in zip(exercises, medians, strict=True):
        times = (lasting(found[name]) if name in found else "-" for name in names)
        listing.add(_begun(one), *times)
    out.print()
    listing.print(out)


def _begun(one: Compared) -> str:
    return one.starts[:16].replace("T", " ")


def _remarks(one: Compared) -> list[str]:
    """Return what an exercise's figures must not be read without."""
    remarks = [] if one.finished else ["UNFINISHED"]
    return remarks if one.people else [*remarks, "SIMULATED"]


def _share(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"
