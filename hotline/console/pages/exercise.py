"""The exercise: where play stands, what this crew has been told to do, and "real world, no play".

Everybody at a desk may stop play: nobody has to look for a director first.
"""

from __future__ import annotations

from typing import Final

from aiohttp import web

from hotline.api.exercise_shapes import ExerciseRequest
from hotline.console.access import fields_of
from hotline.console.page import Page, fragment, render, see
from hotline.console.pages.exercise_board import Chosen, chosen
from hotline.console.problems import Told, told
from hotline.console.visit import Visit
from hotline.errors import HotlineError, UsageError
from hotline.model.access import Role
from hotline.model.kinds import Status

PLAY: Final = frozenset({Role.OFFICER, Role.SUPERVISOR, Role.DIRECTOR})
DIRECTING: Final = frozenset({Role.DIRECTOR, Role.SUPERVISOR})
BY_DIRECTORS: Final = ("startex", "pause", "resume", "endex", "task")
"""What only directors and supervisors tell a node of play; the node holds that too."""
DONE: Final = frozenset({"real-world", "comment", *BY_DIRECTORS, "skip", "inject", "end"})


async def show(visit: Visit) -> web.StreamResponse:
    """Show where play stands; on an actual node, that there is no exercise."""
    return await exercise_page(visit)


async def exercise_page(
    visit: Visit, problem: Told | None = None, form: dict[str, str] | None = None
) -> web.Response:
    """Return the page, and what went wrong before it."""
    done = visit.request.query.get("done", "")
    plays = visit.setting.status is not Status.ACTUAL
    return await render(
        visit,
        "exercise/exercise.html",
        200 if problem is None else 409,
        plays=plays,
        view=await visit.client.exercise() if plays else None,
        faults=(await visit.client.faults()).faults if plays else [],
        may=visit.may(PLAY),
        directs=visit.may(DIRECTING),
        chosen=await chosen(visit) if plays else Chosen(),
        form=form or {},
        done=done if done in DONE else "",
        problem=problem,
    )


async def play(visit: Visit) -> web.StreamResponse:
    """Return the state of play and the tasks as they are now."""
    return fragment(
        visit,
        "exercise/play.html",
        view=await visit.client.exercise(),
        faults=(await visit.client.faults()).faults,
    )


async def real_world(visit: Visit) -> web.StreamResponse:
    """Stop play here and at every peer: the second of two presses."""
    form = dict(await fields_of(visit.request))
    try:
        if visit.setting.status is Status.ACTUAL:
            raise UsageError(
                "exercise.not-an-exercise",
                "this node is actual: there is no play to stop",
                "send an advisory instead",
            )
        if form.get("sure") != "yes":
            raise UsageError(
                "console.not-sure", "nothing was done: it takes a second press", "press it again"
            )
        await visit.client.real_world(visit.officer, form.get("text", ""))
    except HotlineError as error:
        return await exercise_page(visit, told(error, visit.words), form)
    return see("/exercise?done=real-world")


async def tell(visit: Visit) -> web.StreamResponse:
    """Enter an event of play at this node alone."""
    form = dict(await fields_of(visit.request))
    event = visit.request.match_info["event"]
    try:
        if event != "comment" and event not in BY_DIRECTORS:
            raise UsageError(
                "api.bad-event", "this is none of what can be told of play", "use the buttons"
            )
        if event in ("startex", "endex") and form.get("sure") != "yes":
            raise UsageError(
                "console.not-sure", "nothing was done: it takes a second press", "press it again"
            )
        await visit.client.tell_exercise(
            ExerciseRequest(
                event=event,
                by=visit.officer,
                name=form.get("name", ""),
                text=form.get("text", ""),
            )
        )
    except HotlineError as error:
        return await exercise_page(visit, told(error, visit.words), form)
    return see(f"/exercise?done={event}")


PAGE_ROUTES = (
    Page("GET", "/exercise", show),
    Page("GET", "/exercise/play", play),
    Page("POST", "/exercise/real-world", real_world, PLAY),
    Page("POST", "/exercise/tell/{event}", tell, PLAY),
)
