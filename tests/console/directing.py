"""A director at work in a directory where a console's board looks for exercises."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from hotline.exercise.scenario.shape import Scenario
from tests.console.consoles import Console
from tests.exercise.play.stage import CENTRES, PairGround, Stage, advisory

DRILL = "drill-1"
"""What the board calls it."""


@asynccontextmanager
async def directed_drill(iaf: Console, hmeimim: Console) -> AsyncIterator[Stage]:
    """Play a drill of which one inject is due at once, and two much later."""
    directory = iaf.setting.config.parent / "var" / "exercise" / DRILL
    directory.parent.mkdir(parents=True)
    scenario = Scenario(
        name="drill",
        title="A drill",
        summary="",
        objectives=(),
        centres=CENTRES,
        crews={},
        letter=None,
        letters={},
        starts=None,
        duration_s=600.0,
        time_factor=1.0,
        seed=1,
        injects=(advisory("1"), advisory("late", 500), advisory("other", 550)),
        sha256="0" * 64,
    )
    stage = Stage(directory, scenario, PairGround(iaf=iaf.client, hmeimim=hmeimim.client))
    playing = await stage.begin()
    try:
        yield stage
    finally:
        with suppress(Exception):
            playing.end("the test")
        await stage.ended()
