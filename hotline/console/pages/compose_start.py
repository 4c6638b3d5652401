"""Beginning a draft: from a template, or about a notice of this centre that is in force."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from hotline.api.schema import MessageView
from hotline.console.pages.compose_form import default_precedence, form_of
from hotline.console.pages.compose_meaning import now_us
from hotline.console.pages.compose_moments import moment_text
from hotline.console.pages.notice_history import Answered, open_proposal
from hotline.console.visit import Visit
from hotline.errors import UsageError
from hotline.model.kinds import Activity, Answer, Kind, Precedence
from hotline.model.times import SECOND_US

MOST: Final = 200
"""Own messages that are looked through for notices in force."""
ABOUT: Final = (
    Kind.REVISION,
    Kind.ACTIVATION,
    Kind.END,
    Kind.NONCONFORMANCE,
    Kind.CONTINGENCY,
    Kind.WITHDRAWAL,
)
"""What may be said about a notice, in the order in which it is offered."""


@dataclass(frozen=True, slots=True)
class Template:
    """What a new draft begins with; ``name`` is the word ``compose.template_<name>``."""

    name: str
    kind: Kind
    precedence: Precedence
    fields: dict[str, str]


def _plan(
    activity: Activity, precedence: Precedence, shape: str, lower: str, upper: str, size: str = ""
) -> Template:
    fields = {
        "activity": activity.value,
        "volumes": "1",
        "v0_shape": shape,
        "v0_points": "",
        "v0_size": size,
        "v0_size_unit": "km",
        "v0_lower": lower,
        "v0_lower_unit": "fl",
        "v0_upper": upper,
        "v0_upper_unit": "fl",
        "v0_start": "",
        "v0_end": "",
    }
    return Template(activity.value, Kind.NOTICE, precedence, fields)


TEMPLATES: Final = (
    _plan(Activity.PATROL, Precedence.ROUTINE, "polygon", "180", "280"),
    _plan(Activity.STRIKE, Precedence.IMMEDIATE, "circle", "ground", "250", "10"),
    _plan(Activity.TANKER, Precedence.ROUTINE, "corridor", "200", "260", "30"),
    _plan(Activity.UAS, Precedence.ROUTINE, "circle", "50", "150", "15"),
    _plan(Activity.RECCE, Precedence.ROUTINE, "corridor", "250", "350", "20"),
    _plan(Activity.TRANSPORT, Precedence.ROUTINE, "corridor", "80", "200", "20"),
    _plan(Activity.TRAINING, Precedence.ROUTINE, "polygon", "100", "300"),
    _plan(Activity.SAR, Precedence.IMMEDIATE, "circle", "ground", "100", "20"),
    _plan(Activity.OTHER, Precedence.ROUTINE, "polygon", "", ""),
    Template("advisory", Kind.ADVISORY, Precedence.FLASH, {"altitude_unit": "fl"}),
    Template("service", Kind.SERVICE, Precedence.ROUTINE, {}),
)
"""A line check is none: the node itself composes it, with its figures, when it is asked to."""


@dataclass(frozen=True, slots=True)
class Own:
    """A notice of this centre that something may be said about: its latest content."""

    view: MessageView
    steps: tuple[Kind, ...]


def template_of(name: str) -> Template:
    """Return a template. Raises UsageError (``compose.unknown-template``)."""
    for template in TEMPLATES:
        if template.name == name:
            return template
    raise UsageError(
        "compose.unknown-template", "there is no such template", "choose one from the list"
    )


def form_from(template: Template, peer: str) -> dict[str, str]:
    """Return what a draft from a template begins with."""
    return {
        "kind": template.kind.value,
        "peer": peer,
        "precedence": template.precedence.name,
        **template.fields,
    }


async def own_notices(visit: Visit) -> list[Own]:
    """Return the notices of this centre that something may be said about, newest first."""
    page = await visit.client.messages(
        direction="out", kind=[Kind.NOTICE, Kind.REVISION], limit=MOST
    )
    found: dict[tuple[str, str], Own] = {}
    for view in page.messages:
        if view.reference is None or (view.peer, view.reference) in found:
            continue
        steps = tuple(kind for kind in ABOUT if kind in view.open_steps)
        if steps:
            found[view.peer, view.reference] = Own(view, steps)
    return list(found.values())


async def form_about(visit: Visit, kind: Kind, reference: str) -> dict[str, str]:
    """Return the form of a message about a notice: a revision begins with all that it says now.

    Where the peer proposes a change that is open, its volumes begin as those that are proposed.

    Raises UsageError (``compose.not-open``) where the life of the notice does not allow it.
    """
    own = next((one for one in await own_notices(visit) if one.view.reference == reference), None)
    if own is None or kind not in own.steps:
        raise UsageError(
            "compose.not-open",
            "nothing of this kind can be said about this notice now",
            "look at the notice: it may be over, or be another centre's",
        )
    content: dict[str, Any] = {"kind": kind.value, "reference": reference}
    if kind is Kind.REVISION:
        content |= {
            name: value
            for name, value in (own.view.message or {}).items()
            if name not in ("number", "reason", "officer", "reference")
        }
        if (proposal := await proposal_for(visit, own.view)) is not None:
            content["volumes"] = (proposal.view.message or {}).get("proposal")
    precedence = own.view.precedence if kind is Kind.REVISION else default_precedence(kind)
    form = form_of(content, now_us(), peer=own.view.peer, precedence=precedence)
    if "at" in form:
        form["at"] = moment_text(now_us() // SECOND_US * SECOND_US)
    return form


async def proposal_for(visit: Visit, view: MessageView) -> Answered | None:
    """Return the peer's change to a notice of ours that is open; None without one."""
    if view.answer != Answer.COUNTER:
        return None
    return open_proposal(await visit.client.message(view.id))


def newest_first(views: Sequence[MessageView], reference: str) -> list[MessageView]:
    """Return the contents that a notice has had, newest first."""
    kinds = (Kind.NOTICE, Kind.REVISION)
    return [view for view in reversed(views) if view.kind in kinds and view.reference == reference]
