"""What the node says in English is said in each officer's language, word by word and whole."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import Any, get_args, get_type_hints

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from hotline.airspace.activity import Key
from hotline.airspace.relation import Relation
from hotline.airspace.wording import sentence as worded
from hotline.api.exercise_shapes import BriefItem
from hotline.api.schema import AlarmView, EntryView, Flag
from hotline.audit.verification.records import OF_A_LINE, OF_THE_NODE
from hotline.console.language import Words, catalogue
from hotline.console.saying import brief, entries, relations, said, sentences, values
from hotline.console.saying.plainly import with_flags_said
from hotline.exercise.scenario.codes import ALARMS, FLAGS
from hotline.model import kinds
from hotline.model.languages.flags import FLAGS as TITLES
from hotline.model.languages.language import Language, Term
from hotline.model.messages import Notice
from hotline.model.rendering import rendition
from hotline.model.volume import Position
from hotline.node.airspace.distress import CODES
from hotline.node.airspace.findings import Cause, Found
from hotline.node.brief import SECTIONS
from hotline.wire.access_records import EndedBy, RefusedFor

ROOT = Path(__file__).parents[2]
MINUTE_US = 60_000_000
TEN_US = 1_772_360_400_000_000
"""2026-03-01 10:20 UTC."""
LANGUAGES = tuple(Language)
FLAG_CALLS, PROBLEM_CALLS = frozenset({"Flag"}), frozenset({"Problem"})
NOT_ENGLISH = (Language.RU, Language.HE)


def plain(markup: Markup | None) -> str:
    """Return what a reader sees of markup."""
    assert markup is not None
    return markup.striptags()


def alarm(code: str, text: str, subject: str = "") -> AlarmView:
    """Return an alarm that has just rung."""
    return AlarmView(
        id=7,
        code=code,
        peer="hmeimim",
        subject=subject,
        text=text,
        raised_at="2026-03-01T10:20:00.000000Z",
        cleared_at=None,
        acknowledged_at=None,
        acknowledged_by=None,
    )


def raised(source: Path, calls: frozenset[str]) -> Iterator[str]:
    """Yield the codes with which a folder makes flags or problems, as far as they are literal."""
    for path in source.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            named = [word.value for word in node.keywords if word.arg == "code"]
            first = next(iter((*node.args[:1], *named)), None)
            if node.func.id in calls and isinstance(first, ast.Constant):
                yield str(first.value)


# --- Nothing without words ------------------------------------------------------------------------


@pytest.mark.parametrize("code", sorted(ALARMS))
def test_every_alarm_has_a_title_and_a_sentence(code: str) -> None:
    """A new alarm needs its words in all three languages before it can ring."""
    assert f"alarms.code_{code.replace('.', '_')}" in catalogue()
    own = [form for form in sentences.forms(code) if "entered.any__" not in form.word]
    two = code in ("airspace.conflict", "airspace.possible", "airspace.proximity")
    assert own or two, "no sentence in words/entered.toml begins with this code"


def test_every_flag_has_a_title() -> None:
    """A new flag needs its words in all three languages before a message is flagged with it."""
    made = {
        code for room in ("node", "api") for code in raised(ROOT / "hotline" / room, FLAG_CALLS)
    }
    for room in ("model", "airspace"):
        made |= {*raised(ROOT / "hotline" / room, PROBLEM_CALLS)}
    # What the checks of letters and of drawn volumes say is never a flag of a message.
    codes = {code for code in made | FLAGS if not code.startswith(("model.letter-", "letter."))}
    assert len(codes) > 70
    assert sorted(codes - TITLES.keys()) == []


@pytest.mark.parametrize("kind", kinds.Relation)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_of_conflict_has_words(kind: kinds.Relation, language: Language) -> None:
    """Also on the pages of notices, in the brief, and where two are named."""
    words = Words(language)
    for form in ("relation", "with", "between"):
        assert f"entered.{form}_{kind.value}" in catalogue()
    between = plain(relations.between(kind.value, "IAF-0007", "HM-0012", words))
    assert "IAF-0007" in between
    assert "HM-0012" in between


def test_every_field_of_a_sentence_is_a_value() -> None:
    """A sentence of the table can be read: each field is of a known kind."""
    for name, term in catalogue().items():
        if name.startswith("entered.") and isinstance(term, Term):
            for _, field, _, _ in Formatter().parse(term.en):
                if field is not None and field not in ("rest", "cause"):
                    values.value_of(field)


def test_the_record_and_the_pages_name_the_same_codes() -> None:
    """No sentence is kept for a code that the node does not have any more."""
    known = {code.replace(".", "_") for code in {*TITLES, *ALARMS}}
    prefixes = {
        name.removeprefix("entered.").partition("__")[0]
        for name in catalogue()
        if name.startswith("entered.")
    }
    coded = {prefix for prefix in prefixes if re.match(r"[a-z]+_[a-z-]+$", prefix)}
    groups = ("relation_", "with_", "between_", "clear_", "part_", "bound_", "cause_", "time_")
    small = ("short_", "found_", "direction_", "as_", "tally_")
    assert {one for one in coded if not one.startswith((*groups, *small))} <= known


# --- The node's own sentences ---------------------------------------------------------------------

FROM = Key("iaf", "IAF-0007"), Key("hmeimim", "HMEIMIM-0012")
RELATIONS = {
    "conflict": Relation(
        kinds.Relation.CONFLICT,
        *FROM,
        0,
        0,
        distance_m=0,
        vertical_m=0,
        time_gap_us=0,
        place=Position(34.083, 33.183),
        lower_m=5486,
        upper_m=6096,
        lower_text="FL180",
        upper_text="FL200",
        from_us=TEN_US,
        until_us=TEN_US + 25 * MINUTE_US,
        by_right=True,
        gives_way=(FROM[1],),
    ),
    "proximity": Relation(
        kinds.Relation.PROXIMITY,
        *FROM,
        0,
        0,
        distance_m=1250,
        vertical_m=300,
        time_gap_us=2 * MINUTE_US,
        place=Position(34.083, 33.183),
        lower_text="1000 m above mean sea level",
        upper_text="2000 m above mean sea level",
        from_us=TEN_US,
    ),
    "possible": Relation(
        kinds.Relation.POSSIBLE,
        *FROM,
        0,
        0,
        lower_text="FL100",
        upper_text="6000 ft above ground",
        by_margin=("FL100", "6000 ft above ground"),
        margin_m=2607,
        from_us=TEN_US,
        until_us=TEN_US + 86_400_000_000,
    ),
}


@pytest.mark.parametrize("language", NOT_ENGLISH)
@pytest.mark.parametrize("kind", RELATIONS)
def test_a_relation_is_said_whole(kind: str, language: Language) -> None:
    """Who, when, how high, where, how near and who gives way: none of it is left in English."""
    text = f"IAF-0007: {worded(RELATIONS[kind], FROM[0])}"
    found = relations.sentence(text, Words(language), alone=True)
    assert 'lang="en"' not in str(found)
    shown = plain(found)
    assert "IAF-0007" in shown
    assert "HMEIMIM-0012" in shown
    assert 'datetime="2026-03-01T10:20:00' in str(found)
    assert set(re.findall(r"[A-Za-z]{2,}", shown)) <= {"IAF", "HMEIMIM", "FL", "FLASH", "ft", "NM"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_two_notices_of_one_name_are_told_apart(language: Language) -> None:
    """Where both centres have given one reference, whose each is stands before it."""
    names = Key("iaf", "IAF-0001"), Key("hmeimim", "IAF-0001")
    one = msgspec.structs.replace(RELATIONS["conflict"], one=names[0], other=names[1])
    for clear in (False, True):
        text = Found(one, kinds.Relation.CONFLICT if clear else None, b"", b"", Cause("end")).text
        shown = plain(relations.sentence(text, Words(language), alone=True))
        assert "iaf:IAF-0001" in shown
        assert "hmeimim:IAF-0001" in shown
        one = msgspec.structs.replace(one, kind=kinds.Relation.CLEAR)


def test_the_times_of_a_relation_come_first() -> None:
    """An officer has to know how soon before all else."""
    text = f"IAF-0007: {worded(RELATIONS['possible'], FROM[0])}"
    shown = plain(relations.sentence(text, Words(Language.EN), alone=True))
    assert shown.startswith(
        "Possible conflict between IAF-0007 and HMEIMIM-0012: from 2026-03-01 10:20Z to"
        " 2026-03-02 10:20Z, levels FL100 and 6000 ft above ground may meet"
    )


SAID = {
    (
        "line.clock-offset",
        "the clock of hmeimim is +3.2 s off this node's; the letter allows 0.5 s",
    ),
    (
        "line.receipt-overdue",
        "3 FLASH without a receipt of hmeimim, the oldest for 31 s: use the voice line",
    ),
    ("line.down", "the line with hmeimim is down: use the voice line"),
    ("node.keys-expiring", "card of hmeimim: 12 days left"),
    ("desk.reply-overdue", "HMEIMIM-0012 of hmeimim should have been answered here"),
    ("desk.reply-overdue", "hmeimim should have answered IAF-0007"),
    ("notice.short-warning", "HMEIMIM-0012: warning time 12 min 30 s; the letter asks for 30 min"),
    (
        "notice.short-warning",
        "no warning: it began 2 min before it was received; the letter asks for 1 h",
    ),
    (
        "notice.overrun",
        "HMEIMIM-0012 of hmeimim should have ended at 2026-03-01 10:20:00 UTC, and no end has come",
    ),
    ("airspace.possible", "and 3 possible conflicts, 1 proximity more"),
    (
        "airspace.resolved",
        "conflict of IAF-0007 and HMEIMIM-0012 resolved by revision 2 of HMEIMIM-0012",
    ),
    ("airspace.compared-later", "compared 1.5 s later: conflict, proximity"),
    ("airspace.disagrees", "the peer's node finds conflict, this node finds clear"),
    ("model.undefined-step", "the notice is not known, and the activation does not apply to it"),
    ("exercise.real-world", "real world, no play: Levi has stopped EXERCISE GOLDEN HAWK"),
}


@pytest.mark.parametrize("language", NOT_ENGLISH)
@pytest.mark.parametrize(("code", "text"), sorted(SAID))
def test_a_sentence_is_said_whole(code: str, text: str, language: Language) -> None:
    """Each value of the English is in it, and nothing is left as it was entered."""
    found = said.alarm(alarm(code, text), Words(language))
    assert found.entered == ""
    assert 'lang="en"' not in str(found.text)
    shown = plain(found.text)
    for figure in re.findall(r"HMEIMIM-\d+|IAF-\d+|[+]?\d+(?:\.\d+)?(?= s\b| min\b| days)", text):
        assert figure in shown
    assert not re.search(r"\b(the|is|of|should|and)\b", shown)


def test_what_is_not_known_is_shown_as_entered() -> None:
    """Nothing that the record says is lost where a page has no words for it."""
    found = said.alarm(alarm("new.code", "something that nobody has foreseen"), Words(Language.HE))
    assert (found.title, found.text) == ("new.code", None)
    assert found.entered == "something that nobody has foreseen"
    flag = said.flag(Flag(code="model.track", text="400 lies outside 0 to 360"), Words(Language.RU))
    assert flag.text is None
    assert flag.entered == "400 lies outside 0 to 360"


def test_words_of_others_stay_words() -> None:
    """What a peer has written into a reason or a reference is neither markup nor ours."""
    text = "'<b>x</b>' is out of control: <script>alert(1)</script> \u202eodd"
    found = said.alarm(alarm("notice.contingency", text), Words(Language.HE))
    assert "<script>" not in str(found.text)
    assert "<b>x" not in str(found.text)
    assert "\u202e" not in str(found.text)
    assert "אובדן שליטה" in plain(found.text)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(sorted(ALARMS | FLAGS)),
    st.one_of(st.text(max_size=300), st.sampled_from(sorted(text for _, text in SAID))),
    st.sampled_from(LANGUAGES),
)
def test_any_text_can_be_said(code: str, text: str, language: Language) -> None:
    """Whatever a record holds, a page has something to show, and nothing is run."""
    for found in (
        said.alarm(alarm(code, text), Words(language)),
        said.flag(Flag(code=code, text=text), Words(language)),
    ):
        assert found.title
        assert "<script" not in str(found.text)


def test_a_long_text_is_not_gone_through() -> None:
    """What is longer than any sentence of the node is shown as it is, and costs no time."""
    text = "IAF-0007: " + "conflict with " * 100_000
    assert said.sentence("airspace.conflict", text, Words(Language.HE)) is None


@pytest.mark.parametrize("language", NOT_ENGLISH)
def test_the_flags_of_a_plain_text_are_said(language: Language) -> None:
    """The values of a flag are told in the language of the text; the sender's words stay his."""
    text = "warning time 12 min 30 s; the letter asks for 30 min"
    code = "notice.short-warning"
    notice = Notice("IAF-0007", f"{text} [{code}]", remarks=f"[{code}]\n{text}")
    rendering = rendition(notice, language, flags=[(code, text, "")])
    shown = with_flags_said(rendering, [Flag(code=code, text=text)], language)
    before, after = rendering.split("\n"), shown.split("\n")
    (changed,) = [line for line, new in enumerate(after) if new != before[line]]
    assert before[changed].strip() == text
    assert before[changed - 1] == after[changed - 1]
    assert "12" in after[changed]
    assert not re.search(r"[A-Za-z]", after[changed])
    assert len(before) == len(after)
    # What is not known word for word stands as it was entered.
    odd = "sideways 3"
    rendering = rendition(notice, language, flags=[(code, odd, "")])
    assert with_flags_said(rendering, [Flag(code=code, text=odd)], language) == rendering


# --- Titles and the brief -------------------------------------------------------------------------


def test_every_section_of_the_brief_is_said() -> None:
    """A new section needs a form here, and words for its name."""
    assert set(SECTIONS) == set(brief._SECTIONS)
    assert all(f"watch.section_{name}" in catalogue() for name in SECTIONS)
    assert {f"notice.{one}" for one in ("contingency", "nonconformance")} == {*CODES.values()}


BRIEFED = (
    ("unread", "0a1b2c3d4e5f", "FLASH from hmeimim: notice HMEIMIM-0012 Удар", "HMEIMIM-0012"),
    (
        "unanswered",
        "0a1b2c3d4e5f",
        "ROUTINE to hmeimim, due 2026-03-01T10:20:00Z: notice IAF-0007 Patrol",
        "IAF-0007",
    ),
    (
        "proposals",
        "0a1b2c3d4e5f",
        "ROUTINE to hmeimim, change proposed by Иванов at 2026-03-01T10:20:00Z: notice IAF-0007 P",
        "Иванов",
    ),
    (
        "unreceipted",
        "0a1b2c3d4e5f",
        "ROUTINE to hmeimim: reply HMEIMIM-0012 accept HMEIMIM-0012",
        "HMEIMIM-0012",
    ),
    ("unread", "0a1b2c3d4e5f", "ROUTINE from hmeimim: reply accept", "hmeimim"),
    (
        "unread",
        "0a1b2c3d4e5f",
        "IMMEDIATE from hmeimim: conflict HMEIMIM-0012 conflict between HMEIMIM-0012 and IAF-0007",
        "IAF-0007",
    ),
    (
        "unread",
        "0a1b2c3d4e5f",
        "ROUTINE from hmeimim: activation HMEIMIM-0012 begun at 2026-03-01 10:20:00 UTC",
        "HMEIMIM-0012",
    ),
    (
        "alarms",
        "alarm 3",
        "line.down, seen by Levi, over: the line with hmeimim is down: use the voice line",
        "3",
    ),
    (
        "alarms",
        "alarm 4",
        (
            "line.down, shelved by Levi until 2026-03-01T10:20:00Z for \"ждём: 'кабель'\": the line"
            " with hmeimim is down: use the voice line"
        ),
        "ждём: 'кабель'",
    ),
    ("drafts", "draft 5", "ROUTINE to hmeimim, offered by Cohen: notice", "Cohen"),
    (
        "drafts",
        "draft 6",
        "FLASH to hmeimim, offered by Cohen: revision about IAF-0007",
        "IAF-0007",
    ),
    ("conflicts", "IAF-0007 and HMEIMIM-0012", "conflict with hmeimim", "HMEIMIM-0012"),
    ("lines", "hmeimim", "DOWN, the letters differ", "hmeimim"),
    (
        "notices",
        "IAF-0007 revision 2",
        "iaf, ROUTINE, activated until 2026-03-01T10:20:00Z",
        "IAF-0007",
    ),
    ("play", "GOLDEN HAWK", "running", "GOLDEN HAWK"),
    ("faults", "slow-disk", "broken on purpose by Dana on the line with hmeimim", "Dana"),
)


@pytest.mark.parametrize("language", NOT_ENGLISH)
@pytest.mark.parametrize(("section", "subject", "text", "names"), BRIEFED)
def test_an_item_of_the_brief_is_said(
    section: str, subject: str, text: str, names: str, language: Language
) -> None:
    """It names what people call it, not its id, and nothing of it is left in English."""
    found = brief.told(section, BriefItem(subject=subject, text=text), Words(language))
    shown = plain(found.head) + " " + plain(found.text)
    assert names in shown
    assert "0a1b2c3d4e5f" not in shown
    assert found.entered == ""
    words = "from due proposed with until begun revision line seen for shelved offered accept"
    english = rf"\b({words.replace(' ', '|')})\b"
    assert not re.search(english, shown)


def test_an_unknown_item_of_the_brief_is_shown_as_entered() -> None:
    """A brief of another release loses nothing."""
    found = brief.told("lines", BriefItem(subject="x", text="sideways"), Words(Language.HE))
    assert found.entered == "sideways"


def test_causes_are_said() -> None:
    """Whatever ends a relation is named in the officer's language."""
    for kind in ("expiry", "overrun", "start-up", "comparison"):
        text = f"IAF-0007 and HMEIMIM-0012 resolved by {Cause(kind)}"
        if Cause(kind).about is None and kind in ("expiry", "overrun"):
            text += " of HMEIMIM-0012"
        found = relations.sentence(text, Words(Language.RU))
        assert 'lang="en"' not in str(found)


ENTRIES = (
    ("read", {"message": "0a1b2c3d4e5f6071", "officer": "Levi"}, "0a1b2c3d4e5f"),
    ("alarm-raised", {"alarm": 3, "code": "line.down",
                      "text": "the line with hmeimim is down: use the voice line"}, "hmeimim"),
    ("alarm-acknowledged", {"alarm": 3, "officer": "Levi"}, "Levi"),
    ("alarm-shelved", {"alarm": 3, "officer": "Levi", "until_us": TEN_US, "reason": "known"},
     "known"),
    ("alarm-unshelved", {"alarm": 3, "officer": ""}, "3"),
    ("conflict", {"text": "conflict of IAF-0007 and HMEIMIM-0012 resolved by end of IAF-0007"},
     "HMEIMIM-0012"),
    ("remarked", {"message": "0a1b2c3d", "flags": [{"code": "notice.short-warning"}]}, "0a1b2c3d"),
    ("receipt", {"items": [[0, 7, 3, 40, TEN_US], [3, 9, 1, 43, TEN_US]]}, "7\N{EN DASH}9"),
    ("receipt", {"items": [[0, number, 1, number, TEN_US] for number in range(12)]}, "hmeimim"),
    ("session", {"state": "began", "officer": "Levi", "address": "127.0.0.1"}, "127.0.0.1"),
    ("session", {"state": "refused", "officer": "", "address": "::1", "why": "unknown",
                 "wait_s": 0}, "::1"),
    ("session", {"state": "refused", "officer": "Levi", "address": "::1", "why": "throttled",
                 "wait_s": 90}, "Levi"),
    ("draft", {"step": "returned", "draft": 4, "officer": "Levi", "reason": "Низко"}, "Низко"),
    ("draft", {"step": "released", "draft": 4, "officer": "Levi", "offered_by": "Cohen"}, "Cohen"),
    ("draft", {"step": "released", "draft": 4, "officer": "Levi", "offered_by": ""}, "Levi"),
    ("draft", {"step": "sent", "draft": 4, "message": "0a1b2c3d"}, "0a1b2c3d"),
    ("officer", {"step": "roles", "officer": "Levi", "roles": ["auditor"], "by": "Dana"}, "Dana"),
    ("answer-time", {"stream": 0, "within_us": 120 * 1_000_000}, "2"),
    ("answer-due", {"message": "0a1b2c3d", "due_us": TEN_US}, "0a1b2c3d"),
    ("association", {"state": "up", "remote": "10.0.0.1:4"}, "hmeimim"),
    ("clock", {"offset_us": -1500, "round_trip_us": 900}, "-1.5"),
    ("clock-stepped", {"step_us": 2_000_000}, "+2.000"),
    ("anchor", {"checkpoint": "hotline/x/node\n42\nroot\n"}, "42"),
    ("watch", {"step": "assumed", "officer": "Levi", "relieved": "Cohen", "brief": 9,
               "text": "тихо"}, "тихо"),
    ("voice", {"state": "confirmed", "message": "0a1b2c3d", "agrees": False, "officer": "Levi",
               "differs": []}, "0a1b2c3d"),
)  # fmt: skip
BY_THE_BOOK = frozenset(
    {"rejection", "refusal", "equivocation", "fork", "recovered", "line-opened", "exercise"}
    | {"fault", "archived", "audited"}
)
"""Kinds of record whose English stands in lists of every language."""


def test_every_kind_of_record_is_said_or_left_to_the_book() -> None:
    """A new kind of record needs its words, or a place among the few that stand in English."""
    kinds_of_record = {*OF_A_LINE, *OF_THE_NODE}
    assert kinds_of_record == entries.TOLD | BY_THE_BOOK
    assert not entries.TOLD & BY_THE_BOOK
    for kind in ("session", "officer", "draft", "association", "node", "watch", "voice"):
        for step in steps_of({**OF_A_LINE, **OF_THE_NODE}[kind]):
            assert f"entries.{kind}_{step}".replace(" ", "-") in catalogue()
    for reason in {*get_args(EndedBy), *get_args(RefusedFor)} - {"throttled"}:
        assert f"entries.why_{reason}" in catalogue()


def steps_of(form: Any) -> Iterator[str]:
    """Yield what may be done, by the tags of a record's forms or by their one field."""
    for one in get_args(form) or (form,):
        tag = one.__struct_config__.tag
        yield from (tag,) if tag else get_args(get_type_hints(one)["state"])


@pytest.mark.parametrize("language", NOT_ENGLISH)
@pytest.mark.parametrize(("kind", "what", "names"), ENTRIES)
def test_an_entry_of_a_log_is_said(
    kind: str, what: dict[str, Any], names: str, language: Language
) -> None:
    """Readings, alarms, conflicts and remarks are told of in lists without English."""
    entry = EntryView(
        log="hotline/1/iaf/hmeimim/1-0",
        entry=1,
        kind=kind,
        at="2026-03-01T10:20:00.000000Z",
        what=what,
        text="x",
    )
    shown = plain(entries.told(entry, Words(language)))
    assert names in shown
    assert not re.search(r"\b(of|by|alarm|message|the|resolved|durable|draft|for)\b", shown)


def test_an_entry_of_another_shape_keeps_its_own_words() -> None:
    """A payload of another release, or a hostile one, breaks no page."""
    odd: tuple[dict[str, Any], ...] = (
        {},
        {"message": "<script>", "officer": "x"},
        {"alarm": "x"},
        {"flags": 1},
    )
    for what in (*odd, {"items": [[1]]}, {"items": 3, "state": "<b>", "step": [], "officer": "x"}):
        for kind in sorted(entries.TOLD - {"alarm-cleared"}):
            entry = EntryView(log="x", entry=1, kind=kind, at="", what=what, text="x")
            assert entries.told(entry, Words(Language.RU)) is None


@pytest.mark.parametrize(
    ("kind", "title", "shown"),
    [
        ("reply", "accept IAF-0007", "СОГЛАСОВАНО"),
        ("conflict", "conflict between IAF-0007 and HM-0012", "Конфликт между IAF-0007 и HM-0012"),
        ("activation", "begun at 2026-03-01 10:20:00 UTC", "Начато в 2026-03-01 10:20Z"),
        ("notice", "accept IAF-0007", "accept IAF-0007"),
    ],
)
def test_a_title_is_said(kind: str, title: str, shown: str) -> None:
    """What the node calls a message is said anew; what an officer calls it stays."""
    assert plain(entries.titled(kind, title, Words(Language.RU))) == shown
