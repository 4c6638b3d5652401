"""The reconciliation as one HTML page that needs nothing else: no network, no node, no script.

Whatever comes from a record may come from a hostile peer. It is escaped by the template engine,
isolated from the direction of the text around it, freed of what is invisible, and cut; the page's
content security policy allows only the very style and script that are printed here, by their
hashes. The same reconciliation gives the same bytes.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from hotline.audit.reconcile import plain
from hotline.audit.reconcile.codes import MEANINGS
from hotline.audit.reconcile.findings import (
    Clock,
    Difference,
    Exchange,
    LogState,
    Reconciliation,
    Side,
    SideName,
)
from hotline.audit.reconcile.timeline import (
    LANES,
    OTHER,
    WIDTH,
    Page,
    number_of,
    pages,
    precedence_of,
)
from hotline.model.text import grouped
from hotline.trust.words import lines_of, words_of

TEMPLATES = Path(__file__).parent / "templates"
DIFFERENCES_MOST = 1_000
EXCHANGES_MOST = 2_000
ROWS_MOST = 1_000
"""What is left out is counted, so that a hostile record cannot drown its reader."""
NOTE_MOST = 20_000


def render(reconciliation: Reconciliation) -> str:
    """Return the page, a complete HTML document to be stored as UTF-8."""
    # A file may name anything as its own; nothing outside of the three is called harmless.
    status = reconciliation.status.lower()
    chosen = _chosen(reconciliation.exchanges)
    differences = reconciliation.differences[:DIFFERENCES_MOST]
    offset = reconciliation.clock
    numbers = _numbers(differences)
    timeline = list(pages(chosen, offset.offset_us if offset else 0, numbers))
    return _environment().get_template("report.html.j2").render(
        found=reconciliation,
        status=status if status in {"exercise", "test"} else "actual",
        traffic=reconciliation.traffic or status,
        name=reconciliation.traffic.removeprefix(status.upper()).strip(),
        sides={"a": reconciliation.a, "b": reconciliation.b},
        verdict=_verdict(reconciliation),
        differences=differences,
        differences_left_out=reconciliation.differences_left_out
        + len(reconciliation.differences) - len(differences),
        numbers=numbers,
        remarks=reconciliation.remarks[:ROWS_MOST],
        open_items=reconciliation.open[:ROWS_MOST],
        open_left_out=max(0, len(reconciliation.open) - ROWS_MOST),
        clock=offset,
        pages=timeline,
        open_page=_page_to_open(timeline),
        exchanges_left_out=reconciliation.exchanges_left_out
        + len(reconciliation.exchanges) - len(chosen),
        warned=[one for one in chosen if one.start_us is not None],
        lanes=LANES,
        width=WIDTH,
        other=OTHER,
    )  # fmt: skip


def _verdict(found: Reconciliation) -> dict[str, Any]:
    """Say in one line what the comparison showed, never better than it is."""
    count = len(found.differences) + found.differences_left_out
    broken = [side.centre for side in (found.a, found.b) if side.verified is False]
    unchecked = [side.centre for side in (found.a, found.b) if side.verified is None]
    if count:
        text = (
            "The records differ in one thing"
            if count == 1
            else f"The records differ in {count} things"
        )
        return {"look": "bad", "sign": "✕", "text": text, "but": _does_not_hold(broken)}
    if broken:
        return {"look": "bad", "sign": "✕", "text": _does_not_hold(broken), "but": ""}
    if not found.compared:
        text = "Nothing could be compared"
        return {"look": "none", "sign": "○", "text": text, "but": found.why_nothing}
    but = f"Not verified by itself here: {' and '.join(unchecked)}" if unchecked else ""
    return {"look": "good", "sign": "✓", "text": "The records agree", "but": but}


def _does_not_hold(broken: Sequence[str]) -> str:
    if not broken:
        return ""
    if len(broken) > 1:
        return "Neither record holds by itself"
    return f"The record of {broken[0]} does not hold by itself"


def _chosen(exchanges: Sequence[Exchange]) -> list[Exchange]:
    """Return the messages that are shown: all, or all with differences and the first others."""
    if len(exchanges) <= EXCHANGES_MOST:
        return list(exchanges)
    first = sorted(exchanges, key=lambda one: not one.different)
    return first[:EXCHANGES_MOST]


def _numbers(differences: Sequence[Difference]) -> dict[bytes, list[int]]:
    """Return the numbers of the differences about each message."""
    numbers: dict[bytes, list[int]] = {}
    for number, difference in enumerate(differences, 1):
        messages = {ref.message for ref in (difference.a, difference.b) if ref is not None}
        for message in messages:
            if message is not None:
                numbers.setdefault(message, []).append(number)
    return numbers


def _page_to_open(timeline: Sequence[Page]) -> int:
    """Return the number of the page that lies open at first: the first with a difference."""
    return next((page.number for page in timeline if page.different), 1)


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
    style, script = _embedded("report.css"), _embedded("report.js")
    environment.globals |= {
        "style": Markup(style),  # noqa: S704 (our own file)
        "script": Markup(script),  # noqa: S704 (our own file)
        "policy": f"default-src 'none'; style-src {_source(style)}; script-src {_source(script)};"
        " img-src data:; base-uri 'none'; form-action 'none'",
        "meanings": MEANINGS,
        "words": lambda fingerprint: lines_of(words_of(fingerprint)),
    }
    environment.filters |= {
        "shown": plain.shown,
        "fit": plain.fit,
        "moment": plain.moment,
        "span": plain.span,
        "near": plain.near,
        "signed": plain.signed,
        "warning": plain.warning,
        "count": grouped,
        "hex": bytes.hex,
        "note": _note,
        "commands": _commands,
        "going": _going,
        "ahead": _ahead,
        "verified": _verified,
        "urgency": precedence_of,
        "number": number_of,
        "standing": plain.standing,
        "by_sender": lambda one, clock: one.warning_by_sender_us(clock),
        "doubtful": _doubtful,
    }
    return environment


def _embedded(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


def _source(text: str) -> str:
    """Return the hash by which a content security policy allows one inline style or script."""
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def _note(note: bytes) -> str:
    """Return a signed note as lines of text; what is no text is written out."""
    return plain.shown(note.decode("utf-8", "backslashreplace"), NOTE_MOST, lines=True)


def _commands(text: str) -> Markup:
    """Return our own words with what stands in backquotes as code."""
    parts = text.split("`")
    code = Markup("<code>{}</code>")
    return Markup("").join(code.format(part) if n % 2 else part for n, part in enumerate(parts))


def _verified(side: Side) -> str:
    if side.verified is None:
        return "was not checked here"
    return "holds: every step of verification passed" if side.verified else "DOES NOT HOLD"


def _going(log: LogState) -> str:
    """Say how far a log goes beyond what its owner has signed."""
    if log.signed is None:
        return "no checkpoint is of this tree"
    beyond = log.size - log.signed
    if beyond <= 0:
        return "all of it signed"
    return f"the last {beyond} not yet signed"


def _ahead(clock: Clock, centres: dict[SideName, Side]) -> str:
    """Say a clock difference in a sentence: whose is ahead of whose, and by how much."""
    a, b = plain.shown(centres["a"].centre, 40), plain.shown(centres["b"].centre, 40)
    doubt = plain.span(clock.uncertainty_us)
    if abs(clock.offset_us) <= clock.uncertainty_us:
        return f"the clocks agreed, to within the {doubt} that could be measured"
    ahead, behind = (b, a) if clock.offset_us > 0 else (a, b)
    return (
        f"the clock of {ahead} was {plain.span(clock.offset_us)} ahead of that of {behind},"
        f" give or take {doubt}"
    )


def _doubtful(exchange: Exchange) -> bool:
    """Return whether the receipt that the sender keeps names another moment than the recipient."""
    return (
        exchange.durable_us is not None
        and exchange.receipt_says_us is not None
        and exchange.durable_us != exchange.receipt_says_us
    )
