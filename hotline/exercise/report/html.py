"""The report as one HTML page that needs nothing else: no network, no node, no script.

Made from `document.Report` alone. Whatever comes from a record may be hostile: it is escaped by the
template engine, isolated from the direction of the text around it, freed of what is invisible, and
cut. The content security policy allows the one style that is printed here, by its hash, and nothing
else. The same report gives the same bytes.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from hotline.audit.reconcile.plain import shown
from hotline.exercise.record.events import ENDED
from hotline.exercise.report.comparing import Group, Trends
from hotline.exercise.report.document import Ref, Report
from hotline.exercise.report.pictures.episodes import episodes
from hotline.exercise.report.pictures.multiples import multiples
from hotline.exercise.report.pictures.overview import overview
from hotline.exercise.report.pictures.waits import alarm_picture, reaction_picture
from hotline.exercise.report.proposing.form import OF_SIMULATED
from hotline.exercise.report.wording import clock_of, lasting, many
from hotline.model.kinds import Precedence
from hotline.model.text import grouped

TEMPLATES = Path(__file__).parent / "templates"
WORST = 3
"""Findings on the first page."""
ROWS_MOST = 2_000
EMPTY_LINES = 4
"""Lines for corrective actions that people add by hand."""
VERDICT_WORDS = {
    "pass": ("✓", "passed"),
    "fail": ("✕", "failed"),
    "expired": ("◔", "expired"),
    "void": ("—", "void"),
    "open": ("○", "open"),
}
"""The sign and the word of each verdict: never colour alone."""


def render(report: Report) -> str:
    """Return the page, a complete HTML document to be stored as UTF-8."""
    pictures, left_out = episodes(report)
    style = _style(f"{report.exercise.banner}{_part(report)}")
    people = [one for one in report.improvements if one.weight < OF_SIMULATED]
    return _environment().get_template("report.html.j2").render(
        report=report,
        exercise=report.exercise,
        factor=_factor(report.exercise.time_factor),
        a=report.centres[0].centre,
        b=report.centres[1].centre,
        worst=(people or report.improvements)[:WORST],
        people=people,
        crews=[one for one in report.improvements if one.weight >= OF_SIMULATED],
        overview=overview(report),
        episodes=pictures,
        left_out=left_out,
        waits=reaction_picture(report.reactions) if report.reactions else None,
        bars=[
            alarm_picture(one)
            for one in report.alarm_rates
            if one.total and len(one.buckets) > 1
        ],
        clocks={one.centre: one.clock for one in report.alarm_rates},
        style=Markup(style),  # noqa: S704 (our own file; the header in it is written out)
        policy=_policy_of(style),
        empty_lines=EMPTY_LINES,
        rows_most=ROWS_MOST,
    )  # fmt: skip


def render_trends(trends: Trends) -> str:
    """Return several exercises side by side as a page, complete like a report's."""
    style = _style(trends.banner)
    return (
        _environment()
        .get_template("trends.html.j2")
        .render(
            trends=trends,
            pictures=[multiples(group, number) for number, group in enumerate(trends.groups)],
            precedences=[_occurring(group) for group in trends.groups],
            style=Markup(style),  # noqa: S704 (as above)
            policy=_policy_of(style),
        )
    )


def _occurring(group: Group) -> list[str]:
    """Return the precedences that any exercise of a group has a time for."""
    return [
        each.name
        for each in Precedence
        if any(each.name in one.read or each.name in one.reply for one in group.exercises)
    ]


def _style(said: str) -> str:
    """Return the style of a page, with what stands at the head of every printed page."""
    return _environment().get_template("report.css.j2").render(header=_in_css(said))


def _factor(factor: float) -> str:
    return "as fast as life" if factor == 1.0 else f"{factor:g} times as fast as life"


def _part(report: Report) -> str:
    return "" if report.exercise.finished else " - UNFINISHED, NOT A REPORT OF THE WHOLE"


def _in_css(text: str) -> Markup:
    """Return text as the inside of a CSS string, everything but plain letters written out."""
    safe = shown(text, 120)
    return Markup(  # noqa: S704 (nothing is left that could end the string)
        "".join(
            one if one.isascii() and (one.isalnum() or one in " -.,:") else f"\\{ord(one):06x}"
            for one in safe
        )
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "shown": _on_a_line,
        "clock": clock_of,
        "lasting": _lasting,
        "utc": _utc,
        "ended": lambda why: ENDED.get(why, why),
        "many": many,
        "percent": _percent,
        "place": _place,
        "verdict": lambda one: VERDICT_WORDS.get(one, ("?", one)),
        "count": grouped,
    }
    environment.globals |= {"counted": _counted}
    return environment


def _policy_of(style: str) -> str:
    """Return a content security policy that allows just this style."""
    digest = b64encode(sha256(style.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none';"
        " form-action 'none'"
    )


def _on_a_line(text: str, limit: int = 200) -> str:
    """Return text of any origin fit to be shown, its lines and blanks run together."""
    return shown(" ".join(text[: 4 * limit].split()), limit)


def _lasting(seconds: float | None) -> str:
    return "—" if seconds is None else lasting(seconds)


def _utc(text: str | None) -> str:
    """Return ``2026-03-01 10:00:00.123`` of an RFC 3339 time."""
    return "—" if not text else text[:23].replace("T", " ")


def _percent(share: float | None) -> str:
    """Return a share in percent, never rounded up to 100."""
    if share is None:
        return "—"
    text = f"{share * 100:.2f}"
    return "99.99 %" if text == "100.00" and share < 1.0 else f"{text} %"


def _place(one: Ref) -> str:
    """Return where an entry stands, in few characters: ``iaf line 12`` or ``iaf node 3``."""
    parts = one.log.split("/")
    log = "node" if len(parts) > 3 and parts[3] == "node" else "line"
    return f"{one.centre} {log} {one.entry}"


def _counted(counts: Mapping[str, int]) -> list[tuple[str, str, str, int]]:
    """Return sign, word, name and count of each verdict that occurs; passes always."""
    return [
        (*VERDICT_WORDS[name], name, counts.get(name, 0))
        for name in VERDICT_WORDS
        if counts.get(name) or name == "pass"
    ]
