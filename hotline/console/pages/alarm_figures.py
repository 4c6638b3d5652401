"""Alarm statistics for the supervisor, beside what ISA-18.2 and EEMUA 191 call manageable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from aiohttp import web

from hotline.api.access_shapes import AlarmCount, AlarmStatistics
from hotline.console.page import Page, render
from hotline.console.pages.alarms_shown import PRIORITIES
from hotline.console.pages.audit_roles import OVERSIGHT
from hotline.console.visit import Visit

MANAGEABLE: Final = 1.0
"""Alarms in ten minutes that one officer can look at, on average (ISA-18.2)."""
FLOOD: Final = 10
SHARES: Final = {"high": 0.05, "medium": 0.15, "low": 0.80}
SLACK: Final = 0.05
"""By how much a share of graver alarms may lie above what is recommended."""
BAR, GAP, HEIGHT, FOOT = 5, 1, 120, 14
"""The picture of the bars, in units of its own."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: where it begins, how tall it is, and what it stands for."""

    x: int
    y: float
    height: float
    flood: bool
    count: AlarmCount


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: its words in the catalogue, what it is, the recommendation, whether it fits.

    ``fits`` is None where nothing is recommended.
    """

    word: str
    value: str
    guide: str = ""
    fits: bool | None = None
    field: str = ""


def bars(counts: list[AlarmCount]) -> tuple[list[Bar], int, float]:
    """Return the bars, the width of the picture, and where its line at ten lies."""
    most = max([FLOOD * 1.2, *(one.count for one in counts)])
    unit = HEIGHT / most
    found = [
        Bar(
            x=at * (BAR + GAP),
            y=round(HEIGHT - one.count * unit, 1),
            height=round(one.count * unit, 1),
            flood=one.count > FLOOD,
            count=one,
        )
        for at, one in enumerate(counts)
    ]
    return found, len(counts) * (BAR + GAP), round(HEIGHT - FLOOD * unit, 1)


def figures(visit: Visit, found: AlarmStatistics) -> list[Figure]:
    """Return every figure that has a recommendation, and the verdict on it."""
    words = visit.words
    mean = found.total / max(1, len(found.ten_minutes))
    worst = max((one.count for one in found.ten_minutes), default=0)
    acknowledge = found.mean_acknowledge_s
    shares = [
        Figure(
            word="alarms.share_of",
            value=words.percent(found.by_priority.get(name, 0.0)) if found.total else "—",
            guide=words.plain("alarms.guide_about", share=words.percent(share)),
            # Only graver alarms can be too many of all: few minor ones are nobody's trouble.
            fits=None
            if name == "low" or not found.total
            else found.by_priority.get(name, 0.0) <= share + SLACK,
            field=words.plain(f"alarms.priority_{name}"),
        )
        for name, share in SHARES.items()
        if name in PRIORITIES
    ]
    return [
        Figure("alarms.total", str(found.total)),
        Figure(
            "alarms.mean_rate",
            f"{mean:.2f}",
            words.plain("alarms.guide_rate"),
            mean <= MANAGEABLE,
        ),
        Figure("alarms.worst_rate", str(worst), words.plain("alarms.guide_most"), worst <= FLOOD),
        Figure(
            "alarms.floods",
            str(len(found.floods)),
            words.plain("alarms.guide_none"),
            not found.floods,
        ),
        *shares,
        Figure("alarms.mean_acknowledge", "—" if acknowledge is None else f"{acknowledge:.0f} s"),
        Figure("alarms.standing", str(found.standing)),
        Figure("alarms.unacknowledged", str(found.unacknowledged)),
        Figure("alarms.shelved", str(found.shelved)),
    ]


async def show(visit: Visit) -> web.StreamResponse:
    """Show what the alarms of the last day were like."""
    found = await visit.client.alarm_statistics()
    drawn, width, line = bars(found.ten_minutes)
    return await render(
        visit,
        "alarms/statistics.html",
        found=found,
        figures=figures(visit, found),
        bars=drawn,
        width=width,
        height=HEIGHT,
        foot=FOOT,
        line=line,
        bar=BAR,
        worst=max((one.count for one in found.ten_minutes), default=0),
    )


PAGE_ROUTES = (Page("GET", "/watch/statistics", show, OVERSIGHT),)
