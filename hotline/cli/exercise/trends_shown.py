"""Several exercises side by side on a terminal."""

from __future__ import annotations

from hotline.cli.output import Listing, plain, stdout
from hotline.exercise.report.comparing import Compared, Trends
from hotline.exercise.report.wording import lasting


def print_trends(found: Trends) -> None:
    """Print each group under its scenario's name, the oldest exercise first."""
    out = stdout()
    for group in found.groups:
        out.print(plain(f"EXERCISE {group.scenario}", "bold"))
        listing = Listing(
            "STARTEX", "PASSED", "LOST", "OPENED", "ANSWERED", "WRONG", "LINE",
            flexible="OPENED", spare=("ANSWERED", "LINE"),
        )  # fmt: skip
        for one in group.exercises:
            listing.add(*_row(one))
        listing.print(out)


def _row(one: Compared) -> list[str]:
    mark = "" if one.finished else " UNFINISHED"
    return [
        one.starts[:16].replace("T", " ") + mark,
        f"{_share(one.passed)} of {one.judged}",
        str(one.lost),
        _medians(one.read),
        _medians(one.reply),
        f"{_share(one.wrong)} of {one.read_backs}",
        _share(one.outside),
    ]


def _medians(found: dict[str, float]) -> str:
    return ", ".join(f"{name} {lasting(value)}" for name, value in found.items()) or "-"


def _share(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"
