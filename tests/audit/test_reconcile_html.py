"""The page of a reconciliation: what it says, never better than it is, whatever it was given."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from io import StringIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from hotline.audit.reconcile import plain
from hotline.audit.reconcile.account import Account
from hotline.audit.reconcile.engine import _compare_names
from hotline.audit.reconcile.exchanges import with_standing
from hotline.audit.reconcile.findings import Reconciliation
from hotline.audit.reconcile.html import EXCHANGES_MOST, render
from hotline.audit.reconcile.tables import Tables
from hotline.audit.reconcile.timeline import (
    LEFT,
    PAGE_MOST,
    PAUSE_US,
    RIGHT,
    Label,
    Page,
    pages,
)
from hotline.cli.log.reconciled import print_reconciliation
from tests.audit import reconciliations as samples
from tests.audit.reconciliations import AHEAD_US, HOUR_US, MINUTE_US, SECOND_US, T0_US

UNSOUND_A, UNSOUND_B = samples.side("a", verified=False), samples.side("b", verified=False)
VOID = {"meta", "link", "br", "input"}


class Outline(HTMLParser):
    """The words of a page, its elements with their attributes, and whether they are nested."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(page)
        self.close()
        self.words = " ".join(self.text.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element; what needs an end has to come to one."""
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element without content."""
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        """Close the innermost element, which this must be."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Gather what is read, apart from style and script."""
        if self.open and self.open[-1] not in {"style", "script"}:
            self.text += data


def outline(found: Reconciliation) -> Outline:
    """Render and read a page."""
    return Outline(render(found))


@pytest.mark.parametrize(
    ("found", "says"),
    [
        (samples.agreeing(), "The records agree"),
        (samples.differing(), "The records differ in 5 things"),
        (samples.agreeing(differences_left_out=1), "The records differ in one thing"),
        (samples.empty(), "Nothing could be compared"),
        (
            samples.agreeing(b=samples.side("b", verified=False)),
            "The record of hmeimim does not hold by itself",
        ),
        (
            samples.agreeing(a=UNSOUND_A, b=UNSOUND_B),
            "Neither record holds by itself",
        ),
    ],
)  # fmt: skip
def test_the_verdict_comes_first_and_is_never_better_than_the_records(
    found: Reconciliation, says: str
) -> None:
    """Agreement is claimed only of records that hold by themselves and have something in common."""
    page = outline(found)
    heading = page.words.index("Two records side by side")
    assert says in page.words[heading : heading + 160]
    assert ("The records agree" in page.words) is (says == "The records agree")


def test_agreement_of_records_that_were_not_verified_says_so() -> None:
    """Two records can agree in what is false in both."""
    page = outline(samples.agreeing(a=samples.side("a", verified=None)))
    assert "Not verified by itself here: iaf" in page.words


@pytest.mark.parametrize(
    ("status", "banner"),
    [
        ("exercise", "EXERCISE EXERCISE EXERCISE"),
        ("test", "TEST TEST TEST"),
        ("actual", "ACTUAL"),
        ("EXERCISE", "EXERCISE EXERCISE EXERCISE"),
        ("exercise ", "ACTUAL"),
    ],
)
def test_the_status_stands_at_both_ends_and_in_the_title(status: str, banner: str) -> None:
    """An exercise is never taken for actual; what is neither exercise nor test counts as actual."""
    page = outline(samples.agreeing(status=status))
    assert page.words.startswith(banner.split()[0] + ":")
    assert page.words.count(banner + " ·") == 2


def test_every_difference_names_the_entries_of_both_sides() -> None:
    """Entry, log and moment of each side stand with it; where a side has none, it says nothing."""
    page = outline(samples.differing())
    first = page.words[page.words.index("✕ 1 iaf's receipt") : page.words.index("✕ 2 ")]
    for expected in ("entry 4 of", "hotline.example/exercise/iaf/hmeimim/1", "10:00:00.061000"):
        assert expected in first
    assert samples.message_id(1).hex() in first
    assert "In the record of hmeimim nothing" in page.words
    assert "What proves it: 2 signed notes" in page.words
    assert "CCCC" in page.text
    links = {attrs.get("href") for tag, attrs in page.elements if tag == "a"}
    anchors = {f"#{attrs['id']}" for _, attrs in page.elements if "id" in attrs}
    assert links == {f"#difference-{number}" for number in (1, 2, 3, 4)}
    assert links <= anchors


def test_both_sides_are_told_with_their_keys_and_roots() -> None:
    """A reader can compare the words of the keys, and knows from which checkpoints this is."""
    found = samples.agreeing()
    page = outline(found)
    for side in (found.a, found.b):
        assert side.source in page.words
        for log in side.logs:
            assert log.root.hex() in page.words
    assert "horizon hospital island theatre" in page.words
    assert "the last 2 not yet signed" in page.words


def test_clocks_are_told_in_words_and_both_warning_times_are_exact() -> None:
    """The two warning times differ by the clocks' difference, which is stated with its doubt."""
    page = outline(samples.agreeing())
    assert "the clock of hmeimim was 42 ms ahead of that of iaf, give or take 400 µs" in page.words
    # IAF-0001 was durable at 10:00:00.080 by the recipient's clock and starts at 10:30.
    assert "29 min 59.920 s" in page.words
    assert "29 min 59.962 s" in page.words
    assert "none: it began 7 min 0.040 s before" in page.words


def test_clocks_that_agree_are_not_called_different() -> None:
    """An offset within its uncertainty is none."""
    (clock, *_) = samples.agreeing().clocks
    page = outline(samples.agreeing(clocks=[replace(clock, offset_us=300)]))
    assert "the clocks agreed, to within the 400 µs" in page.words


def test_the_page_needs_nothing_but_itself_and_allows_nothing_else() -> None:
    """No element or rule points outside; the policy names no source but two hashes and data."""
    for found in (samples.differing(), samples.hostile()):
        page = outline(found)
        assert page.open == []
        for tag, attrs in page.elements:
            assert tag not in {"img", "iframe", "object", "embed", "base", "form"}
            assert not any(name.startswith("on") or name == "style" for name in attrs)
            for name in ("src", "href", "xlink:href", "action"):
                assert (attrs.get(name) or "#").startswith(("#", "data:,"))
        policies = [
            attrs["content"]
            for tag, attrs in page.elements
            if tag == "meta" and attrs.get("http-equiv") == "Content-Security-Policy"
        ]
        assert len(policies) == 1
        assert "default-src 'none'" in str(policies[0])
        assert "unsafe" not in str(policies[0])


def test_hostile_text_stays_text() -> None:
    """No element comes out of a record, and nothing that turns or hides text is left."""
    kinds = {tag for tag, _ in outline(samples.differing()).elements}
    page = render(samples.hostile())
    found = Outline(page)
    assert {tag for tag, _ in found.elements} <= kinds
    assert sum(tag == "script" for tag, _ in found.elements) == 1
    assert "{{ 7 * 7 }}" in found.words
    for character in "\u202e\u2066\x1b\x07\x00":
        assert character not in page
    assert "\u0351" * 3 not in page
    assert "W" * 301 not in page.replace("\n", "").replace("W" * 400, "")


def test_the_same_reconciliation_gives_the_same_bytes() -> None:
    """Nothing of the moment or the machine is in the page."""
    assert render(samples.differing()) == render(samples.differing())


def test_thousands_of_messages_stay_bounded_and_none_that_differs_is_left_out() -> None:
    """What is left out is counted; a page of the timeline stays short; differences are shown."""
    found = samples.many(2_500)
    found.exchanges[-1] = replace(found.exchanges[-1], different=True, reference="THE-LAST")
    page = render(found)
    assert len(page) < 4_000_000
    assert "THE-LAST" in page
    assert "500 more messages are not shown here" in page
    shown = list(pages(found.exchanges[:EXCHANGES_MOST], 0, {}))
    assert max(len(one.exchanges) for one in shown) <= PAGE_MOST


def one_page(found: Reconciliation) -> Page:
    """Return the only page of a timeline."""
    (page,) = pages(found.exchanges, AHEAD_US, {})
    return page


def box(label: Label) -> tuple[float, float, float, float]:
    """Return the space of a label, by the widths that text is cut to: left, top, right, bottom."""
    bold = label.look.startswith(("name", "differs", "unwarned"))
    size = 14 if label.look.startswith("name") else 13
    wide = plain.width(label.text, size, bold=bold)
    left = label.x if label.anchor == "start" else label.x - wide
    return left, label.y - size * 0.75, left + wide, label.y + size * 0.2


def overlapping(labels: list[Label]) -> list[tuple[str, str]]:
    """Return the pairs of labels that share space."""
    boxes = [(label.text, box(label)) for label in labels]
    return [
        (one, other)
        for n, (one, (left, top, right, bottom)) in enumerate(boxes)
        for other, (left2, top2, right2, bottom2) in boxes[n + 1 :]
        if left < right2 and left2 < right and top < bottom2 and top2 < bottom
    ]


@pytest.mark.parametrize("found", [samples.differing(), samples.hostile(), samples.many(200)])
def test_no_two_labels_share_space(found: Reconciliation) -> None:
    """Whatever is said, each label has room between the lanes and none lies on another."""
    for page in pages(found.exchanges, AHEAD_US, {}):
        assert overlapping(page.picture.labels) == []
        for label in page.picture.labels:
            left, _, right, bottom = box(label)
            assert left >= LEFT - 1
            assert right <= RIGHT + 1
            assert bottom <= page.picture.height


def test_rows_are_in_order_of_time_and_pauses_are_marked() -> None:
    """Downwards is later; a pause of hours is a break with its length, midnight has its date."""
    page = one_page(samples.agreeing())
    heights = [arrow.y1 for arrow in page.picture.arrows]
    assert heights == sorted(heights)
    assert [divider.text for divider in page.picture.dividers] == [
        "2 h 37 min later",
        "10 h 59 min later, 2026-03-02",
    ]
    close = samples.exchange(1, T0_US), samples.exchange(2, T0_US + PAUSE_US - 1)
    (page,) = pages(close, 0, {})
    assert page.picture.dividers == []


def test_a_message_that_waited_is_drawn_from_composed_to_durable() -> None:
    """The wait runs beside the sender's lane past what lies between."""
    at = T0_US
    waited = samples.exchange(1, at, durable_us=at + 9 * MINUTE_US)
    between = samples.exchange(2, at + MINUTE_US)
    (page,) = pages([waited, between], 0, {})
    (track,) = [one for one in page.picture.tracks if one.look == "waiting"]
    composed, passed, arrived = page.picture.arrows
    assert (track.y1, track.y2) == (composed.y1, arrived.y1)
    assert composed.y1 < passed.y1 < arrived.y1
    assert composed.x1 == composed.x2


def test_a_warning_bar_ends_where_its_start_lies_on_the_axis() -> None:
    """It ends between the rows before and after the start, and is open when it starts later."""
    warned = samples.exchange(1, T0_US, start_us=T0_US + 5 * MINUTE_US)
    beyond = samples.exchange(2, T0_US + MINUTE_US, start_us=T0_US + HOUR_US)
    later = samples.exchange(3, T0_US + 8 * MINUTE_US)
    (page,) = pages([warned, beyond, later], 0, {})
    ends, goes_on = (one for one in page.picture.tracks if one.look == "warning")
    first, second, third = (arrow.y1 for arrow in page.picture.arrows)
    assert ends.y1 == first
    assert second < ends.y2 < third
    assert not ends.open
    assert goes_on.open
    assert goes_on.x != ends.x


def test_a_message_that_never_arrived_ends_half_way() -> None:
    """Nothing suggests that it was durable where no record says so."""
    lost = samples.exchange(1, T0_US, durable_us=None, different=True)
    (page,) = pages([lost], 0, {lost.message: [3]})
    (arrow,) = page.picture.arrows
    assert arrow.lost
    assert arrow.x2 < RIGHT
    assert "not received" in {label.text for label in page.picture.labels}
    assert "✕ the records differ (3)" in {label.text for label in page.picture.labels}


@pytest.mark.parametrize(
    ("us", "text"),
    [
        (0, "0 µs"),
        (999, "999 µs"),
        (12_340, "12.3 ms"),
        (999_999, "1 s"),
        (1_500_000, "1.5 s"),
        (59 * SECOND_US, "59 s"),
        (61 * SECOND_US, "1 min 1 s"),
        (2 * HOUR_US, "2 h"),
        (-27 * HOUR_US, "1 d 3 h"),
    ],
)
def test_durations_have_the_two_units_that_matter(us: int, text: str) -> None:
    """From microseconds to days, without a sign."""
    assert plain.span(us) == text


@settings(max_examples=40)
@given(text=st.text(max_size=300), us=st.integers(-(2**63), 2**63))
def test_plain_words_never_fail_and_stay_printable(text: str, us: int) -> None:
    """Any text and any integer can be shown, in bounded room and on one line."""
    shown = plain.shown(text)
    assert len(shown) <= 200 * 10
    assert shown.isprintable() or set(shown) & set("\u200c\u200d") or max(shown) >= "\u00a0"
    assert "\n" not in shown
    assert plain.width(plain.fit(text, 120, 13), 13) <= 120
    for words in (plain.moment(us), plain.span(us), plain.exactly(us), plain.near(us, 0)):
        assert words


def test_what_became_of_a_notice_is_told_with_its_warning_time() -> None:
    """Superseded, revised and withdrawn notices are marked, on the page and on the terminal."""
    hour_us = HOUR_US
    at = T0_US
    said = [
        samples.exchange(n, at + n * 1_000_000, kind=kind, reference=name, start_us=start, **more)
        for n, (kind, name, start, more) in enumerate(
            [
                ("notice", "A-1", at + hour_us, {"title": "patrol <b>"}),
                ("revision", "A-1", at + hour_us, {"revision": 1, "precedence": "PRIORITY"}),
                ("withdrawal", "A-1", None, {}),
                ("notice", "A-2", at + hour_us, {}),
                ("notice", None, at + hour_us, {"precedence": "PRIORITY"}),
            ],
            1,
        )
    ]
    # The other side's notice has the same reference and is another one.
    said.append(samples.exchange(6, at + 9_000_000, "b", reference="A-1", start_us=at + hour_us))
    marked = with_standing(said)
    assert [plain.standing(one) for one in marked] == [
        "superseded, withdrawn at 2026-03-01 10:00:03",
        "revision 1, withdrawn at 2026-03-01 10:00:03",
        "",
        "",
        "",
        "",
    ]
    found = samples.agreeing(exchanges=marked)
    page = render(found)
    assert page.count("<b>superseded, withdrawn at 2026-03-01 10:00:03</b>") == 1
    assert page.count("<b>revision 1, withdrawn at") == 1
    assert "patrol &lt;b&gt;" in page.split('id="warnings"')[1].split('id="timeline"')[0]
    assert "PRIORITY 2 of" in page
    assert "ROUTINE 1 of" in page
    assert "PRIORITY revision A-1" in page
    assert "PRIORITY notice 5" in page
    assert "no. 1 of" not in page
    console = Console(file=StringIO(), width=200)
    print_reconciliation(console, found)
    assert isinstance(console.file, StringIO)
    assert "superseded, withdrawn at 2026-03-01 10:00:03; patrol <b>" in console.file.getvalue()


def test_the_exercise_is_named_at_head_and_foot_whatever_its_name() -> None:
    """Both records' names, where they differ; none of them is more than text."""
    for name in samples.HOSTILE:
        sides = [samples.side(one, traffic=f"EXERCISE {name}") for one in ("a", "b")]
        page = render(Reconciliation("exercise", *sides))
        outline = Outline(page)
        assert outline.words.count("EXERCISE EXERCISE EXERCISE ·") == 2
        assert not any(tag == "img" for tag, _ in outline.elements)
    west, east = (samples.side("a", traffic="EXERCISE West"), samples.side("b", traffic="EXERCISE"))
    assert Reconciliation("exercise", west, east).traffic == "EXERCISE West"
    other = samples.side("b", traffic="EXERCISE East")
    found = Reconciliation("exercise", west, other)
    assert found.traffic == "EXERCISE East; EXERCISE West"
    assert Outline(render(found)).words.startswith("EXERCISE East; EXERCISE West: ")
    actual = Reconciliation("actual", samples.side("a"), samples.side("b"))
    assert actual.traffic == ""
    assert "EXERCISE" not in Outline(render(actual)).words.replace("EXERCISE EXERCISE EXERCISE", "")


def test_records_that_name_the_exercise_otherwise_are_remarked() -> None:
    """Nothing that is signed says the name, so it is no difference."""
    for form, told in (("journal", 1), ("export", 0)):
        account = Account(Tables())
        sides = [
            samples.side("a", form="journal", traffic="EXERCISE West"),
            samples.side("b", form=form, traffic="EXERCISE East"),
        ]
        _compare_names(Reconciliation("exercise", *sides), account)
        assert [one.code for one in account.remarks] == ["exercise-named-otherwise"] * told
