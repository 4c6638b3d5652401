"""Composing: drafts, and the page on which one is written.

Everything works by plain forms: a form is kept at the node with each button. The script beside it
keeps every keystroke at once (``compose_keep.js``), asks what it means while somebody types
(``compose.js``), and draws (``compose_map.js``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from aiohttp import web

from hotline.api.access_shapes import Draft, DraftRequest, DraftUpdate
from hotline.api.letter_shapes import LetterView
from hotline.console.access import fields_of
from hotline.console.page import ENVIRONMENT, Page, fragment, render, see
from hotline.console.pages import compose_release as release
from hotline.console.pages.compose_form import (
    LENGTHS,
    SHAPES,
    UNITS,
    WITH_VOLUMES,
    editable,
    kept,
    kind_in,
    made_of,
    with_volume,
    without_volume,
)
from hotline.console.pages.compose_form import (
    form_of as form_in,
)
from hotline.console.pages.compose_meaning import (
    Meaning,
    flag_field,
    label_of,
    letter_of,
    meaning_of,
    needs_second,
    now_us,
    shown_lines,
)
from hotline.console.pages.compose_start import (
    TEMPLATES,
    form_about,
    form_from,
    own_notices,
    template_of,
)
from hotline.console.problems import told
from hotline.console.visit import DESK, Visit
from hotline.errors import HotlineError, UsageError
from hotline.formats.coordinates import read_lines
from hotline.model.kinds import Activity, Kind, Precedence

LATER: Final = (5, 15, 30, 60)
"""Minutes from now that the buttons of a start offer."""
LASTING: Final = (30, 60, 120, 240)
"""Minutes from the start that the buttons of an end offer."""


# --- The list -------------------------------------------------------------------------------------


async def show_list(visit: Visit) -> web.StreamResponse:
    """Show what is being written, and what a new draft may begin with."""
    return await _list(visit)


async def _list(visit: Visit, problem: HotlineError | None = None) -> web.StreamResponse:
    letters = (await visit.client.letters()).letters
    return await render(
        visit,
        "compose/list.html",
        200 if problem is None else release.status_for(problem),
        **await _drafts(visit),
        templates=TEMPLATES,
        own=await own_notices(visit),
        about=visit.request.query.get("about", ""),
        peers=[letter.peer for letter in letters],
        problem=None if problem is None else told(problem, visit.words),
    )


async def drafts_now(visit: Visit) -> web.StreamResponse:
    """Return the drafts as they stand now."""
    return fragment(visit, "compose/drafts.html", **await _drafts(visit))


async def _drafts(visit: Visit) -> dict[str, Any]:
    """Return all drafts in groups: what waits for a second officer first."""
    drafts = (await visit.client.drafts()).drafts
    mine = [one for one in drafts if visit.officer in (one.author, one.updated_by)]
    offered = [one for one in drafts if one.offered_at is not None]
    returned = [one for one in drafts if one.returned_at is not None and one.offered_at is None]
    groups = [
        ("offered", offered),
        ("returned", returned),
        ("mine", [one for one in mine if one not in offered and one not in returned]),
        ("others", [one for one in drafts if one not in mine and one not in (*offered, *returned)]),
    ]
    return {"groups": groups, "title_of": _title_of}


def _title_of(draft: Draft) -> str:
    form = draft.document.get("form")
    fields: Mapping[str, Any] = form if isinstance(form, dict) else draft.document
    for name in ("title", "subject", "text", "phrase", "reason"):
        text = fields.get(name)
        if isinstance(text, str) and text.strip():
            return text.strip().splitlines()[0]
    return ""


async def begin(visit: Visit) -> web.StreamResponse:
    """Begin a draft from a template, or about a notice, and go to its page."""
    fields = await fields_of(visit.request)
    try:
        if fields.get("about"):
            form = await form_about(visit, kind_in(fields), fields["about"])
        else:
            form = form_from(template_of(fields.get("template", "")), fields.get("peer", ""))
        form = kept(form, now_us())
        if not form["peer"]:
            letters = (await visit.client.letters()).letters
            form["peer"] = letters[0].peer if letters else ""
        draft = await visit.client.add_draft(
            DraftRequest(officer=visit.officer, document={"form": form}, **_about(form))
        )
    except HotlineError as error:
        return await _list(visit, error)
    return see(f"/compose/{draft.id}")


async def throw_away(visit: Visit) -> web.StreamResponse:
    """Throw a draft away."""
    try:
        await visit.client.delete_draft(release.number_of(visit), visit.officer)
    except HotlineError as error:
        return await _list(visit, error)
    return see("/compose")


# --- The page of one draft ------------------------------------------------------------------------


async def show_draft(visit: Visit) -> web.StreamResponse:
    """Show a draft to be written on; what another page has written is shown as it stands."""
    draft = await release.draft_or_gone(visit)
    if isinstance(draft, web.StreamResponse):
        return draft
    if not editable(draft.document, now_us()):
        return await release.show_review(visit, draft)
    form = form_in(draft.document, now_us(), peer=draft.peer, precedence=draft.precedence)
    return await _page(visit, draft, form)


async def post_draft(visit: Visit) -> web.StreamResponse:
    """Keep what was typed, and do what the button says."""
    posted = await fields_of(visit.request)
    do = posted.get("do", "save")
    form = kept(posted, now_us())
    if do == "add-volume":
        form = with_volume(form)
    elif do.startswith("drop-volume-") and do[12:].isascii() and do[12:].isdecimal():
        form = without_volume(form, int(do[12:]))
    number = release.number_of(visit)
    version = release.version_in(posted)
    try:
        draft = await _keep(visit, number, version, form)
    except HotlineError as error:
        return await _not_kept(visit, number, form, error)
    if do == "review":
        return await _review(visit, draft, form)
    place = {"add-volume": f"#v{int(form['volumes']) - 1}", "check": "#meaning"}.get(do, "")
    return see(f"/compose/{number}{place}")


async def _keep(visit: Visit, number: int, version: int, form: Mapping[str, str]) -> Draft:
    return await visit.client.update_draft(
        number,
        DraftUpdate(
            officer=visit.officer, version=version, document={"form": dict(form)}, **_about(form)
        ),
    )


async def _not_kept(
    visit: Visit, number: int, form: dict[str, str], error: HotlineError
) -> web.StreamResponse:
    """Show what was typed beside what the node has, where somebody else was quicker."""
    if error.code == "draft.changed":
        draft = await visit.client.draft(number)
        theirs = form_in(draft.document, now_us(), peer=draft.peer, precedence=draft.precedence)
        return await render(
            visit,
            "compose/conflict.html",
            409,
            draft=draft,
            mine=form,
            rows=differences(form, theirs, visit),
        )
    if error.code == "draft.unknown":
        return await release.gone(visit)
    draft = await release.kept_or_empty(visit, number)
    return await _page(visit, draft, form, error)


def differences(
    mine: Mapping[str, str], theirs: Mapping[str, str], visit: Visit
) -> list[tuple[str, str, str]]:
    """Return each field on which two texts differ: its label, one text and the other."""
    names = dict.fromkeys((*mine, *theirs))
    return [
        (label_of(name, visit.words), mine.get(name, ""), theirs.get(name, ""))
        for name in names
        if mine.get(name, "") != theirs.get(name, "")
    ]


async def _review(visit: Visit, draft: Draft, form: Mapping[str, str]) -> web.StreamResponse:
    """Make the draft the message itself, and show it whole; or say what is still wrong."""
    letters = (await visit.client.letters()).letters
    meaning = await meaning_of(visit, form, letter_of(letters, form.get("peer", "")))
    if not meaning.sendable:
        return await _page(visit, draft, form, meaning=meaning, refused=True)
    update = DraftUpdate(
        officer=visit.officer,
        version=draft.version,
        document=made_of(form, now_us()).document,
        **_about(form),
    )
    try:
        await visit.client.update_draft(draft.id, update)
    except HotlineError as error:
        return await _not_kept(visit, draft.id, dict(form), error)
    return see(f"/compose/{draft.id}/send")


async def _page(
    visit: Visit,
    draft: Draft,
    form: Mapping[str, str],
    error: HotlineError | None = None,
    *,
    meaning: Meaning | None = None,
    refused: bool = False,
) -> web.StreamResponse:
    letters = (await visit.client.letters()).letters if error is None else []
    letter = letter_of(letters, form.get("peer", ""))
    if meaning is None:
        meaning = await meaning_of(visit, form, letter)
    status = 200 if error is None else release.status_for(error)
    return await render(
        visit,
        "compose/draft.html",
        400 if refused else status,
        draft=draft,
        kind=kind_in(form),
        letters=letters,
        **_said(visit, meaning, letter, form),
        refused=refused,
        activities=list(Activity),
        precedences=list(Precedence),
        with_volumes=kind_in(form) in WITH_VOLUMES,
        shapes=SHAPES,
        lengths=list(LENGTHS),
        units=UNITS,
        later=LATER,
        lasting=LASTING,
        problem=None if error is None else told(error, visit.words),
    )


def _said(
    visit: Visit, meaning: Meaning, letter: LetterView | None, form: Mapping[str, str]
) -> dict[str, Any]:
    """Return what the templates of the third column are filled with."""
    return {
        "meaning": meaning,
        "letter": letter,
        "second": needs_second(letter, form.get("kind", "")),
        "flag_field": flag_field,
        "label_of": lambda name: label_of(name, visit.words),
        "form": form,
    }


def _about(form: Mapping[str, str]) -> dict[str, str]:
    """Return the few words of a draft about itself."""
    precedence = form.get("precedence", "")
    return {
        "precedence": precedence if precedence in Precedence.__members__ else "",
        "peer": form.get("peer", "")[:128],
        "kind": form["kind"],
        "about": form.get("reference", "")[:128] if form["kind"] != Kind.NOTICE else "",
    }


# --- What scripts ask -----------------------------------------------------------------------------


async def _typed(visit: Visit) -> dict[str, Any]:
    try:
        asked = msgspec.json.decode(await visit.request.read(), type=dict[str, Any])
        form = asked.get("form", {})
        if not isinstance(form, dict) or not all(isinstance(text, str) for text in form.values()):
            raise msgspec.ValidationError
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise UsageError(
            "compose.bad-request", "this is no form of a draft", "load the page anew"
        ) from None
    return asked


async def read(visit: Visit) -> web.StreamResponse:
    """Return how each typed line is understood, or its mistake."""
    text = (await _typed(visit)).get("text")
    lines = shown_lines(read_lines(text if isinstance(text, str) else ""), visit.words)
    return _json(visit, {"lines": [msgspec.to_builtins(line) for line in lines]})


async def check(visit: Visit) -> web.StreamResponse:
    """Return what a form means as it is being typed: the third column, and words beside fields."""
    form = kept((await _typed(visit)).get("form", {}), now_us())
    try:
        letters = (await visit.client.letters()).letters
    except HotlineError:
        letters = []
    letter = letter_of(letters, form.get("peer", ""))
    meaning = await meaning_of(visit, form, letter)
    environment = visit.request.app[ENVIRONMENT]
    values = {"visit": visit, "t": visit.words, **_said(visit, meaning, letter, form)}
    html = environment.get_template("compose/meaning.html").render(**values)
    lines = environment.get_template("compose/lines.html")
    return _json(
        visit,
        {
            "html": html,
            "flaws": [msgspec.to_builtins(flaw) for flaw in meaning.flaws],
            "lines": {
                name: lines.render(lines=found, t=visit.words)
                for name, found in meaning.lines.items()
            },
            "moments": meaning.made.moments,
            "points": {
                name: [[one.position.lat, one.position.lon] for one in found if one.position]
                for name, found in meaning.made.lines.items()
            },
            "areas": meaning.areas,
        },
    )


async def save(visit: Visit) -> web.StreamResponse:
    """Keep what is being typed; 409 with the other text where somebody else has changed it."""
    asked = await _typed(visit)
    form = kept(asked.get("form", {}), now_us())
    number, version = release.number_of(visit), asked.get("version")
    try:
        draft = await _keep(visit, number, version if isinstance(version, int) else 0, form)
    except HotlineError as error:
        if error.code != "draft.changed":
            raise
        return await _state(visit, await visit.client.draft(number), 409, form)
    return await _state(visit, draft)


async def state(visit: Visit) -> web.StreamResponse:
    """Return how a draft stands, and the token that forms of this session bear."""
    return await _state(visit, await visit.client.draft(release.number_of(visit)))


async def _state(
    visit: Visit, draft: Draft, status: int = 200, mine: Mapping[str, str] | None = None
) -> web.StreamResponse:
    form = form_in(draft.document, now_us(), peer=draft.peer, precedence=draft.precedence)
    rows = [] if mine is None else differences(mine, form, visit)
    return _json(
        visit,
        {
            "csrf": visit.csrf,
            "officer": visit.officer,
            "version": draft.version,
            "updated_by": draft.updated_by,
            "updated_at": draft.updated_at,
            "form": form,
            "differences": rows,
        },
        status,
    )


def _json(visit: Visit, what: dict[str, Any], status: int = 200) -> web.StreamResponse:
    return web.Response(
        status=status,
        body=msgspec.json.encode({"traffic": visit.setting.banner, **what}),
        content_type="application/json",
    )


PAGE_ROUTES = (
    Page("GET", "/compose", show_list, DESK),
    Page("GET", "/compose/drafts", drafts_now, DESK),
    Page("POST", "/compose", begin, DESK),
    Page("POST", "/compose/read", read, DESK),
    Page("POST", "/compose/check", check, DESK),
    Page("GET", r"/compose/{draft:[0-9]+}", show_draft, DESK),
    Page("POST", r"/compose/{draft:[0-9]+}", post_draft, DESK),
    Page("GET", r"/compose/{draft:[0-9]+}/state", state, DESK),
    Page("POST", r"/compose/{draft:[0-9]+}/save", save, DESK),
    Page("POST", r"/compose/{draft:[0-9]+}/delete", throw_away, DESK),
    *release.RELEASE_ROUTES,
)
