"""Mock traffic: the same for the same seed, true in its words, wrong only where it says so."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections import Counter

import msgspec
import pytest

from hotline.airspace.contradictions import contradictions
from hotline.errors import ExerciseError
from hotline.exercise.scenario.shape import Act, ExpectationKind, Inject, Rate
from hotline.exercise.traffic.generator import injects_of
from hotline.exercise.traffic.wrong import FLAGS, Wrong
from hotline.model.kinds import Activity
from hotline.model.letter import read_letter
from hotline.model.lifecycle import Actor, Life, advance
from hotline.model.messages import Message, Notice, Revision
from hotline.model.reading import read_object
from hotline.model.rules import problems
from tests.exercise.traffic.scenarios import HOUR_S, LETTER, injects, made, scenario, traffic

NOW_US = 1_800_000_000_123_456
KNOWN = "529b9a0686730d808b8dd4e0d9d7c7ba"


def said(inject: Inject) -> Message:
    """Return an inject's message as it is read when it is sent, a revision with its number."""
    assert inject.document is not None
    document = inject.document
    if document["kind"] == "revision":
        document = {**document, "number": 1}
    return read_object(document, NOW_US).message


def flags(inject: Inject) -> set[str]:
    """Return the codes that the receiving node is expected to flag."""
    return {one.code for one in inject.expectations if one.kind is ExpectationKind.FLAGGED}


def digest(several: tuple[Inject, ...]) -> str:
    """Return a short hash of what is sent when, and which flag is expected of it."""
    fields = [
        (one.id, one.at_s, one.after, one.originator, one.document, sorted(flags(one)))
        for one in several
    ]
    return hashlib.sha256(msgspec.json.encode(fields)).hexdigest()[:32]


def test_the_same_seed_gives_the_same_injects() -> None:
    """Two runs with one seed give equal injects; another seed gives others."""
    assert injects() == injects()
    assert injects() != injects(seed=4)


def test_the_injects_of_a_seed_are_those_of_every_machine() -> None:
    """A fixed seed gives injects with a known hash, also with another hash seed of Python."""
    several = injects(2.0, 60.0, error_rate=0.2)
    assert digest(several) == KNOWN
    program = (
        "from tests.exercise.traffic.test_generator import digest, injects;"
        "print(digest(injects(2.0, 60.0, error_rate=0.2)))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "12345"}
    ran = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == KNOWN


def test_what_a_message_is_does_not_depend_on_those_before_it() -> None:
    """The content of the fifth new message is the same whatever the error rate of others drew."""
    few, many = (
        {one.id: one for one in injects(5.0, 40.0, languages=weights) if not one.after}
        for weights in ({"en": 1.0}, {"en": 2.0, "ru": 0.0})
    )
    assert few.keys() == many.keys()
    assert few == many


@pytest.mark.parametrize("factor", [1.0, 10.0])
def test_words_agree_with_geometry_unless_an_error_is_announced(factor: float) -> None:
    """Of thousands of notices each has exactly the flags that its inject says, and no other."""
    letter = read_letter(LETTER.encode())
    several = injects_of(traffic(60.0, 100.0, error_rate=0.4), scenario(time_factor=factor))
    seen: Counter[str] = Counter()
    for inject in (*made("notice", several), *made("revision", several)):
        message = said(inject)
        assert isinstance(message, Notice | Revision)
        assert problems(message) == []
        codes = {one.code for one in contradictions(message, letter, NOW_US)}
        starts_us = message.volumes[0].start_us
        assert starts_us is not None
        assert inject.precedence is not None
        needed_s = letter.warning_needed(inject.precedence, message.activity)
        if starts_us - NOW_US < needed_s * 1e6:
            codes.add("notice.short-warning")
        assert codes == flags(inject), (message.title, message.remarks)
        seen.update(codes)
    of_notices = [FLAGS[one] for one in Wrong if one not in
                  (Wrong.EARLY, Wrong.LATE, Wrong.OVERRUN)]  # fmt: skip
    assert all(seen[code] >= 15 for code in of_notices), seen


def test_every_document_can_be_composed() -> None:
    """No message of any kind breaks a rule of composing, its reference being given."""
    several = injects(30.0, error_rate=0.3)
    kinds = Counter((one.document or {})["kind"] for one in several)
    assert set(kinds) == {"notice", "revision", "withdrawal", "activation", "end", "advisory"}
    for inject in several:
        assert problems(said(inject)) == []
        assert inject.act is Act.SEND


def test_what_follows_on_a_notice_is_allowed_by_its_life() -> None:
    """Played in their order, the messages of every notice are steps that its life has."""
    lives: dict[str, Life | None] = {}
    for inject in injects(30.0, error_rate=0.2):
        message = said(inject)
        reference = getattr(message, "reference", "")
        if reference:
            step = advance(lives.get(reference), message, Actor.ORIGINATOR)  # type: ignore[arg-type]
            assert step.problems == ()
            lives[reference] = step.life


def test_what_follows_is_due_after_its_notice_in_real_time() -> None:
    """An activation comes once what it activates has begun, however fast the scenario runs."""
    for factor in (1.0, 4.0):
        several = injects_of(traffic(40.0, 30.0), scenario(time_factor=factor))
        by_id = {one.id: one for one in several}
        activations = made("activation", several)
        assert activations
        for inject in activations:
            base = said(by_id[inject.after])
            assert isinstance(base, Notice | Revision)
            starts_us = base.volumes[0].start_us
            assert starts_us is not None
            real_s = inject.at_s / factor
            late_s = real_s - (starts_us - NOW_US // 1_000_000 * 1_000_000) / 1e6
            assert 0 < late_s < 300
            assert inject.about in by_id


def test_receipt_and_reply_are_expected() -> None:
    """Every message is to be receipted within 5 s; what wants an answer, to be answered in time."""
    letter = read_letter(LETTER.encode())
    for inject in injects(20.0):
        receipt, *more = inject.expectations
        assert (receipt.kind, receipt.within_s) == (ExpectationKind.RECEIPT, 5.0)
        assert receipt.centre == inject.recipient != inject.originator
        replies = [one for one in more if one.kind is ExpectationKind.REPLY]
        wants = (inject.document or {})["kind"] in ("notice", "revision", "advisory")
        assert len(replies) == wants
        assert inject.precedence is not None
        for reply in replies:
            assert reply.within_s == letter.reply_deadline(inject.precedence)
        ids = [one.id for one in inject.expectations]
        assert len(set(ids)) == len(ids)


def test_ids_and_references_are_unique() -> None:
    """No two injects share an id, and no two notices of one centre a reference."""
    several = injects(60.0)
    assert len({one.id for one in several}) == len(several)
    references = [(one.document or {})["reference"] for one in made("notice", several)]
    assert len(set(references)) == len(references)


def test_shares_are_kept() -> None:
    """Activities, precedences, languages and errors come as often as they were asked for."""
    several = injects(
        100.0, activities={"sar": 3.0, "uas": 1.0}, precedences={"FLASH": 1.0, "ROUTINE": 1.0},
        languages={"he": 1.0, "ru": 1.0}, error_rate=0.25, advisory_share=0.2,
    )  # fmt: skip
    notices = made("notice", several)
    assert len(notices) > 1000

    def share(hits: int) -> float:
        return hits / len(notices)

    kinds = Counter((one.document or {})["activity"] for one in notices)
    assert set(kinds) == {"sar", "uas"}
    assert share(kinds["sar"]) == pytest.approx(0.75, abs=0.04)
    urgent = [one for one in notices if (one.document or {})["precedence"] == "FLASH"]
    assert share(len(urgent)) == pytest.approx(0.5, abs=0.05)
    assert share(sum(bool(flags(one)) for one in notices)) == pytest.approx(0.25, abs=0.04)
    hebrew = [one for one in notices if any("א" <= c <= "ת" for c in (one.document or {})["title"])]
    assert share(len(hebrew)) == pytest.approx(0.5, abs=0.05)
    assert not any((one.document or {})["title"].isascii() for one in notices)
    advisories = len(made("advisory", several))
    assert advisories / (advisories + len(notices)) == pytest.approx(0.2, abs=0.03)


def test_every_activity_comes_where_none_is_asked_for() -> None:
    """Without weights all activities come, each within the area."""
    several = made("notice", injects(60.0, area=(33.0, 33.0, 36.0, 36.0)))
    assert {(one.document or {})["activity"] for one in several} == set(Activity)
    for inject in several:
        message = said(inject)
        assert isinstance(message, Notice)
        for point in message.volumes[0].points:
            assert 32.9 <= point.lat <= 36.1
            assert 32.9 <= point.lon <= 36.1


def test_one_originator_only_where_one_is_asked_for() -> None:
    """A traffic of one centre comes from it; one of both comes from both, about evenly."""
    assert {one.originator for one in injects(5.0, originator="hmeimim")} == {"hmeimim"}
    both = Counter(one.originator for one in injects(40.0) if not one.after)
    assert both["iaf"] / both.total() == pytest.approx(0.5, abs=0.06)


def test_the_rate_is_that_of_all_messages() -> None:
    """What follows on notices takes the place of new ones: the whole keeps to the curve."""
    several = injects_of(
        traffic(48.0, rates=(Rate(hour=0, per_hour=10), Rate(hour=12, per_hour=50))), scenario()
    )
    assert len(several) == pytest.approx(48 * 30, rel=0.08)


def test_without_a_letter_nothing_depends_on_one() -> None:
    """In a scenario for nodes elsewhere no error is made that only a letter knows."""
    several = injects_of(traffic(60.0, error_rate=1.0), scenario(letter=None))
    codes = {code for one in several for code in flags(one)}
    assert "airspace.area-too-large" not in codes
    assert "airspace.beyond-horizon" not in codes
    short = [one for one in several if flags(one) == {"notice.short-warning"}]
    assert all((one.document or {})["volumes"][0]["time_start"] == "+0s" for one in short)
    assert short


def test_far_from_every_place_words_name_none() -> None:
    """In an area that the gazetteer does not know, notices say nothing about where."""
    several = made("notice", injects(10.0, area=(-30.0, 40.0, -25.0, 45.0), languages={"en": 1.0}))
    assert several
    assert not any(" of " in (one.document or {})["title"] for one in several)


@pytest.mark.parametrize(
    "wrong",
    [
        {"from_s": 10.0, "until_s": 5.0},
        {"until_s": float("nan")},
        {"originator": "nobody"},
        {"rates": (Rate(hour=25, per_hour=1),)},
        {"rates": (Rate(hour=1, per_hour=-1),)},
        {"activities": {"picnic": 1.0}},
        {"precedences": {"FLASH": -1.0}},
        {"languages": {"en": 0.0}},
        {"error_rate": 1.5},
        {"advisory_share": -0.1},
        {"area": (5.0, 5.0, 4.0, 6.0)},
    ],
)
def test_a_traffic_that_cannot_be_is_refused(wrong: dict[str, object]) -> None:
    """What no traffic can be made of is refused by name."""
    with pytest.raises(ExerciseError) as refused:
        injects_of(msgspec.structs.replace(traffic(), **wrong), scenario())
    assert refused.value.code == "exercise.bad-traffic"


def test_too_much_traffic_is_refused() -> None:
    """A rate that would fill the memory is refused before anything is made."""
    with pytest.raises(ExerciseError) as refused:
        injects(until_s=24 * HOUR_S, per_hour=1e6)
    assert refused.value.code == "exercise.too-much-traffic"
