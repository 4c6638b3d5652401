"""The airspace through the API of a real pair: the picture, relations, and what is said before."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hotline.api.airspace_shapes import AirspaceView, CheckRequest
from hotline.api.picture import levels_text, middle_of, outline_text, phase_of
from hotline.api.schema import MessageView, RelationView, SendRequest, Sent
from hotline.api.stopped import StoppedNode
from hotline.errors import HotlineError, ModelError, UsageError
from hotline.journal.outgoing import Draft
from hotline.model.kinds import Precedence
from hotline.model.messages import Notice, encode_payload
from hotline.model.times import format_time, parse_time
from hotline.model.volume import Altitude, Circle, Position, Volume4D
from hotline.node.centre import Centre
from hotline.wire.undecoded import reference_of
from tests.api.conftest import Pair
from tests.centres import (
    PATIENCE_S,
    centre_pair,
    client_of,
    drafted,
    eventually,
    example,
    now_us,
    receipted,
)

PATROL = "iaf/01-patrol.json"
HOUR_US = 3_600_000_000
OURS, THEIRS = "IAF-0001", "HMEIMIM-0001"


def patrol(reference: str = "", precedence: str | None = None, **changes: Any) -> SendRequest:
    """Return the request to send the sample patrol, changed, and to wait for its receipt."""
    document = example(PATROL) | changes
    document.pop("reference", None)
    if reference:
        document["reference"] = reference
    return SendRequest(document=document, precedence=precedence, officer="levy", wait_s=PATIENCE_S)


def about(kind: str, reference: str = OURS, **fields: Any) -> SendRequest:
    """Return the request to send a message about a notice."""
    document = {"kind": kind, "reference": reference, **fields}
    return SendRequest(document=document, officer="levy", wait_s=PATIENCE_S)


def settled(*centres: Centre) -> bool:
    """Say whether everything is read and compared, and every alarm of it rings."""
    return all(
        not line.airspace.loading
        and not line.airspace.compared.unfinished
        and any(alarm.code == "airspace.conflict" for alarm in centre.bell.standing)
        for centre in centres
        for line in centre.lines.values()
    )


async def meeting(pair: Pair) -> tuple[Sent, Sent]:
    """Have both centres announce the same patrol, and wait until both know."""
    ours = await pair.a.send(patrol(OURS))
    theirs = await pair.b.send(patrol(THEIRS))
    await eventually(lambda: settled(pair.iaf, pair.hmeimim))
    return ours, theirs


def later(centre: Centre, hours: float) -> None:
    """Set a centre's clock forward."""
    centre.clock.offset_us += round(hours * HOUR_US)
    centre.clock.step_us()


# --- What is sent -----------------------------------------------------------------------------


async def test_who_sends_is_told_at_once_what_it_meets(pair: Pair) -> None:
    """The answer has the conflict, seen from this centre; the first notice met nothing."""
    ours, theirs = await meeting(pair)
    assert ours.relations == []
    (relation,) = theirs.relations
    assert (relation.relation, relation.own, relation.other) == ("conflict", THEIRS, OURS)
    assert (relation.own_id, relation.other_id) == (theirs.id, ours.id)
    assert (relation.distance_m, relation.vertical_m, relation.time_gap_s) == (0.0, 0.0, 0.0)
    assert relation.place is not None
    assert relation.text.startswith(f"{THEIRS}: conflict with {OURS} from ")
    assert theirs.flags == []


@pytest.mark.parametrize("kind", ["revision", "withdrawal", "end"])
async def test_who_resolves_a_conflict_is_told_so(pair: Pair, kind: str) -> None:
    """Whatever ends it says which one, and so does nothing else that is sent."""
    await meeting(pair)
    if kind == "end":
        begun = await pair.a.send(about("activation", at="+0s"))
        assert "airspace.resolved" not in [flag.code for flag in begun.flags]
    document: dict[str, Any] = {"kind": kind, "reference": OURS}
    match kind:
        case "revision":
            (volume,) = example(PATROL)["volumes"]
            levels = {"altitude_lower": "FL500", "altitude_upper": "FL520"}
            given = {name: example(PATROL)[name] for name in ("title", "activity")}
            document |= given | {"volumes": [volume | levels], "reason": "levels"}
        case "withdrawal":
            document |= {"reason": "not flown"}
        case _:
            document |= {"at": "+0s"}
    sent = await pair.a.send(SendRequest(document=document, officer="levy"))
    (text,) = [flag.text for flag in sent.flags if flag.code == "airspace.resolved"]
    assert text == f"resolved: {OURS} and {THEIRS}, which was a conflict"


async def test_short_warning_and_wrong_words_are_told_to_who_sends(pair: Pair) -> None:
    """The flags are those that the peer's desk has: it was sent all the same."""
    request = patrol(OURS, title="Patrol north of Cyprus")
    request.document["volumes"][0]["time_start"] = "+1m"
    sent = await pair.a.send(request)
    assert sent.receipt is not None
    codes = [flag.code for flag in sent.flags]
    assert codes == ["notice.short-warning", "airspace.direction-differs"]
    assert [flag.code for flag in (await pair.b.message(sent.id)).message.flags] == codes


async def test_flash_meets_others_by_right(pair: Pair) -> None:
    """It is told all the same, and that it is by right."""
    await pair.a.send(patrol(OURS))
    (relation,) = (await pair.b.send(patrol(THEIRS, "FLASH"))).relations
    assert relation.by_right
    assert "by right of FLASH" in relation.text


async def test_what_is_no_notice_meets_nothing(pair: Pair) -> None:
    """An advisory has neither flags nor relations."""
    sent = await pair.a.send(SendRequest(document={"kind": "advisory", "text": "Turn back"}))
    assert (sent.flags, sent.relations) == ([], [])


# --- What would be sent -----------------------------------------------------------------------


async def test_a_check_says_the_same_and_signs_nothing(pair: Pair) -> None:
    """Relations and flags are those of sending; no entry and no number is used up."""
    await pair.a.send(patrol(OURS))
    request = patrol(title="Patrol north of Cyprus")
    before = (await pair.b.log(log="iaf")).entries
    checked = await pair.b.check(CheckRequest(document=request.document, officer="ivanov"))
    assert (await pair.b.log(log="iaf")).entries == before
    sent = await pair.b.send(request)
    assert (checked.kind, checked.reference, checked.precedence) == ("notice", None, "ROUTINE")
    assert [flag.code for flag in checked.flags] == [flag.code for flag in sent.flags]
    assert [meets(one) for one in checked.relations] == [("conflict", "NEW", OURS)]
    assert [meets(one) for one in sent.relations] == [("conflict", "HMEIMIM-0001", OURS)]
    assert checked.warning_needed_s == 900.0
    assert checked.warning_s is not None
    assert "\nOfficer     ivanov" in checked.text
    assert (await pair.b.messages(direction="out", kind="notice")).messages[0].id == sent.id


def meets(relation: RelationView) -> tuple[str, str, str]:
    """Return the kind of a relation and both references."""
    return relation.relation, relation.own, relation.other


async def test_a_revision_is_checked_with_the_number_that_it_would_get(pair: Pair) -> None:
    """Where it goes is compared, not where the notice is; the notice stays as it is."""
    await meeting(pair)
    away = example(PATROL) | {"kind": "revision", "reference": THEIRS, "reason": "moved"}
    for vertex in away["volumes"][0]["outline_polygon"]["vertices"]:
        vertex["lat"] += 5
    checked = await pair.b.check(CheckRequest(document=away))
    assert checked.relations == []
    assert "Revision" in checked.text or "REVISION" in checked.text
    assert (await pair.b.status()).lines[0].relations["conflict"] == 1


async def test_volumes_outside_of_the_notice_are_checked_beside_it(pair: Pair) -> None:
    """A nonconformance meets what its notice does not."""
    await pair.a.send(patrol(OURS))
    away = example(PATROL)
    for vertex in away["volumes"][0]["outline_polygon"]["vertices"]:
        vertex["lat"] += 5
    await pair.b.send(patrol(THEIRS, volumes=away["volumes"]))
    document = {
        "kind": "nonconformance",
        "reference": THEIRS,
        "at": "+0s",
        "reason": "link lost",
        "volumes": example(PATROL)["volumes"],
    }
    checked = await pair.b.check(CheckRequest(document=document))
    assert [meets(one) for one in checked.relations] == [("conflict", THEIRS, OURS)]
    assert (checked.warning_s, checked.warning_needed_s) == (None, None)


async def test_a_check_refuses_what_sending_refuses(pair: Pair) -> None:
    """Rules and the life of the notice; a message of another sort is only rendered."""
    with pytest.raises(ModelError):
        await pair.a.check(CheckRequest(document={"kind": "notice", "title": "x"}))
    with pytest.raises(UsageError) as caught:
        await pair.a.check(
            CheckRequest(document={"kind": "end", "reference": "IAF-9", "at": "+0s"})
        )
    assert caught.value.code == "model.undefined-step"
    said = await pair.a.check(CheckRequest(document={"kind": "service", "text": "Relief"}))
    assert (said.flags, said.relations, said.warning_needed_s) == ([], [], None)


def too_large() -> dict[str, Any]:
    """Return a notice that keeps every rule, but that of how many bytes a message takes."""
    corners = [
        {"lat": 40 + math.cos(math.tau * n / 9_900), "lng": 33 + math.sin(math.tau * n / 9_900)}
        for n in range(9_900)
    ]
    (volume,) = example(PATROL)["volumes"]
    large = {name: value for name, value in volume.items() if not name.startswith("outline")}
    document = example(PATROL) | {"volumes": [large | {"outline_polygon": {"vertices": corners}}]}
    document.pop("reference", None)
    return document


def upside_down() -> dict[str, Any]:
    """Return a notice from a flight level down to feet above the sea, far below it."""
    (volume,) = example(PATROL)["volumes"]
    levels = {"altitude_lower": "FL300", "altitude_upper": "2000 ft msl"}
    document = example(PATROL) | {"volumes": [volume | levels]}
    document.pop("reference", None)
    return document


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (too_large(), "model.payload-too-large"),
        (upside_down(), "airspace.levels-upside-down"),
        ({"kind": "service", "text": "x", "officer": "cohen"}, "node.other-officer"),
        ({"kind": "service", "phrases": [999]}, "model.unknown-phrase"),
        ({"kind": "reply", "to": "ab" * 32, "answer": "stand-by"}, "node.no-such-message"),
    ],
)
async def test_what_sending_refuses_is_refused_by_a_check(
    pair: Pair, document: dict[str, Any], code: str
) -> None:
    """With the same code, whoever finds it first."""
    with pytest.raises(HotlineError) as tried:
        await pair.a.check(CheckRequest(document=document, officer="levy"))
    with pytest.raises(HotlineError) as sent:
        await pair.a.send(SendRequest(document=document, officer="levy"))
    assert tried.value.code == sent.value.code == code


async def test_a_check_gives_no_number_away(pair: Pair) -> None:
    """What is checked twice and sent once is the first notice."""
    document = patrol().document
    for _ in range(2):
        assert (await pair.a.check(CheckRequest(document=document))).reference is None
    assert (await pair.a.send(patrol())).reference == OURS


async def test_a_contingency_of_no_notice_is_refused(pair: Pair) -> None:
    """As it is when it is sent."""
    document = {"kind": "contingency", "reference": "IAF-9", "at": "+0s", "reason": "engine"}
    with pytest.raises(UsageError):
        await pair.a.check(CheckRequest(document=document))


async def test_what_begins_early_is_warned_of(pair: Pair) -> None:
    """Before it is sent and when it is; what is to begin later is said to nobody."""
    await meeting(pair)
    document = {"kind": "activation", "reference": OURS, "at": "+0s"}
    (flag,) = (await pair.a.check(CheckRequest(document=document))).flags
    assert flag.code == "notice.activation-early"
    astray = {"kind": "contingency", "reference": OURS, "at": "+0s", "reason": "engine"}
    said = await pair.a.check(CheckRequest(document=astray))
    assert [one.code for one in said.flags] == ["notice.area-unknown"]
    assert said.relations
    with pytest.raises(ModelError, match="in the future"):
        await pair.a.check(CheckRequest(document=document | {"at": "+20m"}))
    sent = await pair.a.send(SendRequest(document=document, wait_s=PATIENCE_S))
    assert [one.code for one in sent.flags] == ["notice.activation-early"]


# --- Messages -----------------------------------------------------------------------------------


async def shown(pair: Pair, name: str = OURS, *, there: bool = False) -> MessageView:
    """Return a message as one side shows it."""
    return (await (pair.b if there else pair.a).message(name)).message


async def test_both_sides_show_what_a_notice_meets(pair: Pair) -> None:
    """In lists and threads, each with itself as the own one."""
    await meeting(pair)
    for client, own, other in ((pair.a, OURS, THEIRS), (pair.b, THEIRS, OURS)):
        for view in (await client.messages(kind="notice")).messages:
            assert [meets(one) for one in view.relations] == [("conflict", own, other)]
        thread = await client.message(own)
        assert all(view.relations for view in thread.thread if view.kind == "notice")


async def test_a_resolved_conflict_is_shown_no_more(pair: Pair) -> None:
    """What is withdrawn meets nothing."""
    await meeting(pair)
    await pair.b.send(about("withdrawal", THEIRS, reason="weather"))
    await eventually(lambda: not pair.iaf.line("").airspace.compared.unfinished)
    assert (await shown(pair)).relations == []
    assert (await shown(pair, THEIRS)).relations == []


async def test_what_may_follow_and_the_times_are_of_the_notice_as_it_stands(pair: Pair) -> None:
    """Only its own centre may say what is next; a revision's times count for all its messages."""
    await pair.a.send(patrol(OURS))
    first = await shown(pair)
    assert first.open_steps == [
        "revision",
        "withdrawal",
        "activation",
        "nonconformance",
        "contingency",
    ]
    assert (await shown(pair, there=True)).open_steps == []
    volumes = example(PATROL)["volumes"]
    volumes[0]["time_start"] = "+2h"
    document = example(PATROL) | {"kind": "revision", "reference": OURS, "volumes": volumes}
    await pair.a.send(SendRequest(document=document, wait_s=PATIENCE_S))
    second = await shown(pair)
    assert second.id == first.id
    assert first.starts_at is not None
    assert second.starts_at is not None
    assert parse_time(second.starts_at) > parse_time(first.starts_at)
    assert (second.warning_s, second.warning_needed_s) == (first.warning_s, 900.0)
    await pair.a.send(about("activation", at="+0s"))
    await pair.a.send(about("end", at="+0s"))
    assert ((await shown(pair)).life, (await shown(pair)).open_steps) == ("ended", [])


async def test_a_plan_whose_time_has_passed_is_expired(pair: Pair) -> None:
    """No message says so: the clock does, and it meets nothing any more."""
    await meeting(pair)
    later(pair.iaf, 12)
    later(pair.hmeimim, 12)
    view = await shown(pair)
    assert (view.life, view.relations) == ("expired", [])
    assert "revision" in view.open_steps


async def test_what_the_peers_clock_calls_current_is_shown_until_it_does_not(pair: Pair) -> None:
    """A node whose clock is hours ahead expires nothing in what it shows while that is known.

    Of now, of a moment that has passed and of one to come; once both clocks agree it is over.
    """
    await meeting(pair)
    (line,) = pair.iaf.lines.values()
    later(pair.iaf, 6)
    ahead_us = pair.iaf.clock.wall_us()
    moments = (None, format_time(ahead_us - HOUR_US), format_time(ahead_us + HOUR_US))
    await line.peer_clock.note(-6 * HOUR_US, 1000, record=False)
    for at in moments:
        found = await pair.a.airspace(at=at)
        assert {one.state for one in found.activities} == {"planned"}
        assert (found.count, found.relation_count) == (2, 1)
    view = await shown(pair)
    assert (view.life, len(view.relations)) == ("planned", 1)
    later(pair.hmeimim, 6)
    await line.peer_clock.note(0, 1000, record=False)
    assert [(await pair.a.airspace(at=at)).count for at in moments] == [0, 0, 0]
    assert (await shown(pair)).life == "expired"


# --- The picture ----------------------------------------------------------------------------------


async def test_the_picture_has_both_sides_and_what_they_are_to_each_other(pair: Pair) -> None:
    """Each notice with state, times from now, levels and middle; the relation, and since when."""
    ours, _ = await meeting(pair)
    await pair.a.send(about("activation", at="+0s"))
    found = await pair.a.airspace()
    assert (found.centre, found.count, found.relation_count, found.more, found.whole) == (
        "iaf",
        2,
        1,
        False,
        True,
    )
    own, other = found.activities
    assert (own.reference, own.direction, own.state, own.phase) == (
        OURS,
        "out",
        "activated",
        "later",
    )
    assert (other.reference, other.direction, other.state) == (THEIRS, "in", "planned")
    assert (own.levels, own.outline) == ("FL180 to FL280", "polygon of 4 corners")
    assert own.middle is not None
    assert 33.6 < own.middle.lat < 34.1
    assert own.starts_in_s is not None
    assert 2600 < own.starts_in_s < 2700
    assert own.id == ours.id
    assert own.relations == other.relations == {"conflict": 1}
    (relation,) = found.relations
    assert relation.since is not None
    assert parse_time(relation.since) <= parse_time(found.known_at)


async def test_what_cannot_be_decoded_is_in_the_picture_now_and_then(pair: Pair) -> None:
    """A possible conflict with all of ours, also by what the log of a moment says."""
    (line,) = pair.hmeimim.lines.values()
    wants = line.letter.reply_deadline(Precedence.ROUTINE)
    draft = Draft("notice", b"\x81", answer_within_s=wants)
    composed = await pair.hmeimim.desk.enter(line, Precedence.ROUTINE, draft)
    await receipted(pair.hmeimim, composed.stream, composed.seq)
    sent = await pair.a.send(SendRequest(document=example("iaf/01-patrol.json")))
    await eventually(lambda: not pair.iaf.line("").airspace.compared.unfinished)
    name = reference_of(composed.id)
    then = format_time(now_us())
    for found in (await pair.a.airspace(), await pair.a.airspace(at=then)):
        assert {one.reference for one in found.activities} == {sent.reference, name}
        assert [meets(one) for one in found.relations] == [("possible", sent.reference, name)]


async def test_a_moment_that_has_passed_is_shown_as_it_stood(pair: Pair) -> None:
    """By what was said until then: neither the revision nor the withdrawal that came after."""
    await meeting(pair)
    then = format_time(now_us())
    await pair.b.send(about("withdrawal", THEIRS, reason="weather"))
    await eventually(lambda: not pair.iaf.line("").airspace.compared.unfinished)
    past = await pair.a.airspace(at=then)
    assert sorted((one.reference, one.state) for one in past.activities) == [
        (THEIRS, "planned"),
        (OURS, "planned"),
    ]
    assert [meets(one) for one in past.relations] == [("conflict", OURS, THEIRS)]
    assert past.relations[0].since is not None
    now = await pair.a.airspace()
    assert ([one.reference for one in now.activities], now.relations) == ([OURS], [])
    assert (await pair.a.airspace(at="2020-01-01T00:00:00Z")).count == 0


async def test_a_moment_to_come_is_shown_by_what_is_known(pair: Pair) -> None:
    """Plans that will be over are left out; what flies without an end stays."""
    await meeting(pair)
    await pair.a.send(about("activation", at="+0s"))
    found = await pair.a.airspace(at=format_time(now_us() + 6 * HOUR_US))
    assert [(one.reference, one.phase) for one in found.activities] == [(OURS, "over")]
    assert found.relations == []
    soon = await pair.a.airspace(at=format_time(now_us() + HOUR_US))
    assert {one.phase for one in soon.activities} == {"now"}
    assert soon.relation_count == 1


async def test_a_picture_is_bounded_and_says_so(pair: Pair) -> None:
    """With what is in use first; the counts are of all."""
    await meeting(pair)
    await pair.a.send(patrol("IAF-0002"))
    await pair.a.send(about("activation", "IAF-0002", at="+0s"))
    found = await pair.a.airspace(limit=1, line="hmeimim")
    assert ([one.reference for one in found.activities], found.count) == (["IAF-0002"], 3)
    assert (len(found.relations), found.relation_count, found.more) == (1, 2, True)


async def test_only_lines_that_are_there_can_be_asked_for(pair: Pair) -> None:
    """And only moments that can be read."""
    with pytest.raises(UsageError) as caught:
        await pair.a.airspace(line="nobody")
    assert caught.value.code == "node.unknown-peer"
    with pytest.raises(ModelError):
        await pair.a.airspace(at="yesterday")


async def test_where_it_flies_outside_of_its_volumes_counts(pair: Pair) -> None:
    """Levels, times and number are of both, and the notice keeps its own."""
    await pair.a.send(patrol(OURS))
    volume = example(PATROL)["volumes"][0] | {"altitude_lower": "FL050", "time_end": "+9h"}
    await pair.a.send(about("nonconformance", at="+0s", reason="link lost", volumes=[volume]))
    (one,) = (await pair.a.airspace()).activities
    assert (one.state, one.volumes, one.off_nominal) == ("nonconforming", 1, 1)
    assert (one.levels, one.outline) == ("FL050 to FL280", "polygon of 4 corners, and 1 more")
    assert one.ends_in_s is not None
    assert one.ends_in_s > 8.9 * 3600


async def test_what_follows_no_table_is_shown_beside(pair: Pair) -> None:
    """A second notice under a reference in use flies all the same."""
    await pair.a.send(patrol(OURS))
    line = pair.iaf.line("")
    draft = drafted(PATROL)
    assert isinstance(draft.message, Notice)
    again = Notice(OURS, "Again", "patrol", draft.message.volumes)
    composed = await pair.iaf.desk.enter(
        line,
        draft.precedence,
        pair.iaf.desk.draft(line, draft.kind, encode_payload(again), again, draft.precedence),
    )
    await line.receipt_of(composed.stream, composed.seq)
    found = (await pair.b.airspace()).activities
    assert sorted((one.reference, one.title, one.beside) for one in found) == [
        (OURS, "Again", True),
        (OURS, example(PATROL)["title"], False),
    ]
    await pair.b.send(patrol(THEIRS))
    names = {one.other for one in (await pair.b.airspace()).relations}
    assert names == {OURS, f"{OURS} ({composed.id.hex()[:8]})"}


async def test_the_status_counts_what_stands(pair: Pair) -> None:
    """By side and by kind, and says that nothing is left to compare."""
    await meeting(pair)
    (line,) = (await pair.a.status()).lines
    assert line.activities == {"own": 1, "peer": 1}
    assert line.relations == {"conflict": 1, "proximity": 0, "possible": 0}
    assert (line.comparing, line.loading) == (False, False)


# --- A stopped node ---------------------------------------------------------------------------


def stamped(found: AirspaceView) -> AirspaceView:
    """Return a picture without the moments of entry: memory and journal take them one by one."""
    activities = [msgspec.structs.replace(one, entered_at="") for one in found.activities]
    return msgspec.structs.replace(found, activities=activities)


async def test_a_stopped_node_shows_the_same(tmp_path: Path) -> None:
    """Picture, relations and lives come from its journal; later it shows what is left by then."""
    async with centre_pair(tmp_path) as (iaf, hmeimim), client_of(iaf, hmeimim) as (a, b):
        await meeting(Pair(iaf, hmeimim, a, b))
        running, running_page = await a.airspace(), await a.messages(kind="notice")
        at_us = parse_time(running.at)
        letters = {"hmeimim": iaf.line("").letter}
        journal = iaf.journal.path
    async with StoppedNode(journal, at_us, letters) as node:
        assert stamped(await node.airspace()) == stamped(running)
        page = await node.messages(kind="notice")
        assert page.messages[0].warning_needed_s == 900.0
        # Since when is looked up here, and not while it is in memory.
        assert [[meets(one) for one in view.relations] for view in page.messages] == [
            [meets(one) for one in view.relations] for view in running_page.messages
        ]
        with pytest.raises(UsageError) as caught:
            await node.airspace(line="nobody")
        assert caught.value.code == "node.unknown-peer"
        with pytest.raises(UsageError):
            await node.airspace(at="yesterday")
    async with StoppedNode(journal, at_us + 12 * HOUR_US) as node:
        assert (await node.airspace()).activities == []
        assert (await node.airspace(at=running.at, line="hmeimim")).count == 2
        thread = await node.message(OURS)
        assert (thread.message.life, thread.message.relations) == ("expired", [])
        assert thread.message.warning_needed_s is None


# --- In words -------------------------------------------------------------------------------------


def volume(**fields: Any) -> Volume4D:
    """Return a small circle with other fields where told."""
    center = Circle(Position(34.0, 33.0), 1000.0)
    return Volume4D(**({"outline_circle": center} | fields))


def test_levels_are_the_lowest_and_the_highest() -> None:
    """Whatever they count from; one that is open leaves its side open."""
    low, high = Altitude(100.0, "m", "msl"), Altitude(200.0, "fl", "standard")
    both = volume(altitude_lower=low, altitude_upper=high)
    assert levels_text([both]) == "100 m above mean sea level to FL200"
    assert levels_text([both, volume(altitude_lower=low)]) == (
        "100 m above mean sea level to unlimited"
    )
    assert levels_text([volume(altitude_upper=high)]) == "any depth to FL200"
    assert levels_text([volume(altitude_lower=high, altitude_upper=high)]) == "FL200"
    assert levels_text([]) == levels_text([volume()]) == "all levels"


def test_between_two_volumes_it_is_later_again() -> None:
    """A pause is no use; what has no times is always in use."""
    times = [("2026-03-01T10:00:00Z", "2026-03-01T11:00:00Z")]
    times.append(("2026-03-01T12:00:00Z", "2026-03-01T13:00:00Z"))
    two = [volume(time_start=start, time_end=end) for start, end in times]
    moments = [parse_time(f"2026-03-01T{hour:02}:30:00Z") for hour in range(9, 14)]
    assert [phase_of(two, at_us) for at_us in moments] == ["later", "now", "later", "now", "over"]
    assert phase_of([volume()], 0) == phase_of([], 0) == "now"


def test_what_cannot_be_placed_has_no_middle() -> None:
    """The first volume that can be placed counts."""
    lost = Volume4D(outline_circle=Circle(Position(95.0, 33.0), 10.0))
    assert middle_of([lost]) is None
    placed = middle_of([lost, volume()])
    assert placed is not None
    assert (placed.lat, placed.lng) == (34.0, 33.0)
    assert outline_text([]) == outline_text([Volume4D()]) == "no area"
    assert outline_text([volume(), lost, lost]).endswith("0330000E, and 2 more")
