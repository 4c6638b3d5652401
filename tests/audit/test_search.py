"""Looking for entries: what each term finds, in what order, and what it costs."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.audit.entries import Log, MessageEntry, RecordEntry, logs_of
from hotline.audit.search.decoding import folded, message_in, payload_in, texts_in, told_in
from hotline.audit.search.finding import find, logs_for
from hotline.audit.search.pages import read_page
from hotline.audit.search.terms import TERMS, Search, Words, parse_search
from hotline.audit.search.words import in_words
from hotline.errors import HotlineError, UsageError
from hotline.journal.journal import Journal
from hotline.journal.records import append_record, read_message
from hotline.model.messages import (
    Advisory,
    Message,
    Notice,
    Service,
    Withdrawal,
    encode_payload,
    kind_of,
)
from hotline.model.text import unsafe_character
from hotline.wire.codec import pack
from tests.journal.ledger import (
    FLASH,
    ROUTINE,
    T0_US,
    do,
    draft,
    line_of,
    open_journal,
    say,
    transact,
)

SECOND_US = 1_000_000
LOG = Log(1, "hotline/exercise/iaf/hmeimim/1", True, 3, b"", "hmeimim", 1, 2)


def service(text: str, operator: str = "") -> bytes:
    """Return the payload of a service message."""
    return encode_payload(Service(text=text, operator=operator))


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """Open a journal with messages of ours in two streams, and records of both logs."""
    made = open_journal(tmp_path)
    for n, (kind, payload, stream) in enumerate(
        (
            ("notice", encode_payload(Notice(reference="IAF-0001", title="Ночной полёт")), ROUTINE),
            ("service", service("ﬂight \uff30\uff2c\uff21\uff2e agreed", "Lévy"), ROUTINE),
            ("service", b"\xc1 raw words", ROUTINE),
            ("advisory", pack({"text": "turn back"}), FLASH),
        )
    ):
        reference = "IAF-0001" if kind == "notice" else None
        waiting = [draft(payload, kind, reference=reference)]
        transact(made, drafts={("hmeimim", stream): waiting}, now_us=T0_US + n * SECOND_US)
    (id_,) = made.execute("SELECT id FROM message WHERE kind = 'notice'").fetchone()
    late = T0_US + 10 * SECOND_US
    do(made, lambda j: read_message(j, line_of(j), id_, "Orlov", late), late)
    item = [0, 1, 1, 7, T0_US]
    receipt = pack({"checkpoint": b"note", "old_size": 0, "items": [item]})
    do(made, lambda j: append_record(j, line_of(j), "receipt", receipt, late), late)
    refused = pack({"code": "line.strange", "text": "Went away", "remote": "::1"})
    soon = T0_US + SECOND_US // 2
    do(made, lambda j: append_record(j, j.node_log, "refusal", refused, soon), soon)
    yield made
    made.close()


def found(journal: Journal, **words: object) -> list[str]:
    """Return the kinds of what fits, oldest first."""
    search = parse_search(words)
    logs = logs_for(journal.connection, search)
    return [entry.kind for _, entry in find(journal.connection, search, logs)]


OF_NODE = ["line-opened", "refusal"]
ALL = ["line-opened", "notice", "refusal", "service", "service", "advisory", "read", "receipt"]


@pytest.mark.parametrize(
    ("words", "kinds"),
    [
        ({}, ALL),
        ({"log": "node"}, OF_NODE),
        ({"line": "hmeimim"}, [kind for kind in ALL if kind not in OF_NODE]),
        ({"log": "hotline/exercise/iaf/hmeimim/1", "kind": ["read", "notice"]}, ["notice", "read"]),
        ({"status": "actual"}, []),
        ({"status": "exercise"}, ALL),
        ({"centre": "hmeimim"}, ["receipt"]),
        ({"centre": "iaf"}, [kind for kind in ALL if kind != "receipt"]),
        ({"centre": ["iaf", "hmeimim"]}, ALL),
        ({"precedence": "flash"}, ["advisory", "receipt"]),
        ({"precedence": ["ROUTINE"]}, ["notice", "service", "service"]),
        ({"direction": "out", "centre": "hmeimim"}, []),
        ({"direction": "in"}, []),
        ({"reference": "iaf-0001"}, ["notice", "read"]),
        ({"reference": "IAF-0002"}, []),
        ({"operator": "lévy"}, ["service"]),
        ({"operator": "LEVY"}, []),
        ({"operator": "orl"}, ["read"]),
        ({"text": "ночной"}, ["notice"]),
        ({"text": "flight plan"}, ["service"]),
        ({"text": "RAW WORDS"}, ["service"]),
        ({"text": "went away"}, ["refusal"]),
        ({"text": "iaf-0001"}, ["notice"]),
        ({"text": "note"}, []),  # bytes are no text
        ({"flagged": True}, []),
    ],
)
def test_each_term_finds_what_it_says(
    journal: Journal, words: dict[str, object], kinds: list[str]
) -> None:
    """Messages and records alike, in the order of the clock; terms narrow each other."""
    assert found(journal, **words) == kinds


def test_what_two_notices_are_to_each_other_is_found(journal: Journal) -> None:
    """By its place, by either message, by what brought it about; records of other kinds are not."""
    own, other, cause = b"\x0a" * 32, b"\x0b" * 32, b"\x0c" * 32
    (id_,) = journal.execute("SELECT id FROM message WHERE kind = 'notice'").fetchone()
    told = {"own": own, "other": other, "caused_by": cause}
    place = {"lat": 34.0, "lng": 33.0, "text": "they meet"}
    payloads = [
        pack(told | place | fields)
        for fields in ({"own": id_}, {"other": id_}, {"caused_by": id_}, {})
    ]
    payloads.append(pack(told | {"lat": None, "lng": None}))

    def enter(journal: Journal) -> None:
        for payload in payloads:
            append_record(journal, line_of(journal), "conflict", payload, T0_US)

    do(journal, enter)
    assert found(journal, area="34,33,10nm") == ["conflict"] * 4
    assert found(journal, area="44,33,10nm") == []
    assert found(journal, area="34,33,10nm", flagged=True) == []
    assert sorted(found(journal, id=id_.hex())) == ["conflict"] * 3 + ["notice", "read"]
    assert found(journal, reference="IAF-0001").count("conflict") == 3
    assert found(journal, text="they meet") == ["conflict"] * 4


def test_times_are_closed_limits(journal: Journal) -> None:
    """An entry of the very moment is in, on both sides."""
    at = "2026-03-01T10:00:01Z"
    (moment,) = journal.execute("SELECT time_us FROM message WHERE idx = 1").fetchone()
    assert Search(since_us=moment, until_us=moment).everything is False
    search = Search(since_us=moment, until_us=moment)
    logs = logs_for(journal.connection, search)
    assert [entry.index for _, entry in find(journal.connection, search, logs)] == [1]
    with pytest.raises(UsageError) as caught:
        parse_search({"since": at, "until": "2026-03-01T10:00:00Z"})
    assert caught.value.code == "search.bad-time"


def test_a_message_is_found_with_what_is_about_it(journal: Journal) -> None:
    """By its id: the message, replies to it, who read it, and the receipt that names it."""
    (id_,) = journal.execute("SELECT id FROM message WHERE kind = 'notice'").fetchone()
    (flash,) = journal.execute("SELECT id FROM message WHERE kind = 'advisory'").fetchone()
    say(journal, kind="reply", about=id_, now_us=T0_US + 20 * SECOND_US)
    assert found(journal, id=id_.hex()) == ["notice", "read", "reply"]
    assert found(journal, id=flash.hex()[:9]) == ["advisory", "receipt"]
    assert found(journal, id="ffffffffff") == []


def test_newest_first_is_oldest_first_turned_round(journal: Journal) -> None:
    """Whichever way a log is read, it is the same log."""
    connection = journal.connection
    logs = [log for log in logs_of(connection) if log.own]
    forth = [(log.id, entry.index) for log, entry in find(connection, Search(), logs)]
    back = [
        (log.id, entry.index) for log, entry in find(connection, Search(), logs, newest_first=True)
    ]
    assert sorted(back) == sorted(forth)
    for one in {log.id for log in logs}:
        assert [i for log, i in back if log == one] == [i for log, i in forth if log == one][::-1]


def test_an_index_is_used_where_there_is_one(journal: Journal) -> None:
    """A reference and an id are found without a walk through the log."""
    plans: list[str] = []
    connection = journal.connection

    def explain(statement: str) -> None:
        if statement.startswith("SELECT m.idx"):
            other = sqlite3.connect(f"{journal.path.as_uri()}?mode=ro", uri=True)
            plans.extend(row[3] for row in other.execute(f"EXPLAIN QUERY PLAN {statement}"))
            other.close()

    connection.set_trace_callback(explain)
    found(journal, reference="IAF-0001")
    found(journal, id="abcdef")
    connection.set_trace_callback(None)
    said = " ".join(plans)
    assert "USING INDEX message_by_reference" in said
    assert "USING INDEX message_by_id" in said
    assert "USING INDEX message_by_about" in said
    assert "SCAN m" not in said


def test_pages_hold_while_the_log_grows(journal: Journal) -> None:
    """What comes after a page is exactly what was entered since, whatever the filter hides."""
    page = read_page(journal.connection, Search(kinds=("notice",)), limit=10)
    assert len(page.found) == 1
    say(journal, 2, now_us=T0_US + 30 * SECOND_US)
    after = read_page(journal.connection, Search(), limit=10, after=page.after)
    assert [entry.kind for _, entry in after.found] == ["service", "service"]
    assert not after.more
    one = read_page(journal.connection, Search(), limit=1, after=page.after)
    assert one.more
    two = read_page(journal.connection, Search(), limit=1, after=one.after)
    assert [entry.index for _, entry in one.found + two.found] == [
        entry.index for _, entry in after.found
    ]


def test_what_a_search_states_can_be_searched_again(journal: Journal) -> None:
    """The filter in the header of an export is one that finds the same."""
    words = {
        "kind": ["notice"],
        "since": "2026-03-01T10:00:00Z",
        "centre": ["iaf"],
        "precedence": ["ROUTINE"],
        "area": "33,33,35,35",
        "text": "Night",
        "flagged": True,
    }
    search = parse_search(words)
    assert parse_search(search.stated()) == search
    assert parse_search({}).stated() == {}
    assert parse_search({"log": "node", "line": "iaf"}).everything


def test_every_term_is_read_and_typed() -> None:
    """The list behind options and parameters, the words of programs and the search are one."""
    assert [term.name for term in TERMS] == list(Words.__annotations__)


def test_texts_are_compared_folded() -> None:
    """Compatible forms are one; letters lose their case, not their accents."""
    assert folded("\uff26\uff2c\uff29\uff27\uff28\uff34") == folded("flight") == "flight"
    assert folded("ﬂight") == "flight"
    assert folded("e\u0301") == folded("É")
    assert folded("Straße") == folded("STRASSE")


@given(st.binary(max_size=200))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_searched_and_told(data: bytes) -> None:
    """An entry that nobody can read is found by its words, and never stops a search."""
    for entry in (
        RecordEntry(0, "receipt", 0, bytes(16), data),
        RecordEntry(0, "clock", 2**63, bytes(16), data),
        MessageEntry(0, "notice", 0, "in", 3, 1, bytes(32), 0, data, None, None, "x", 1),
    ):
        assert all(isinstance(text, str) for _, text in texts_in(entry))
        assert unsafe_character(in_words(LOG, "iaf", entry)) is None
    assert isinstance(told_in(data), dict)
    message_in(data)
    payload_in(data)


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (Notice(reference="A-1", title="Patrol", officer="Lévy"), 'notice A-1 "Patrol" by Lévy'),
        (Withdrawal("A-1", "Weather", "Lévy"), 'withdrawal of A-1 "Weather" by Lévy'),
        (Advisory("Turn back", officer="Lévy\x1b"), r'advisory "Turn back" by Lévy\x1b'),
        (Service("Relief", "Ops", "Lévy"), 'service "Relief" by Lévy'),
    ],
)
def test_who_composed_a_message_is_found_and_told(
    tmp_path: Path, message: Message, words: str
) -> None:
    """What one officer said is found by the name alone, and each line says whose words it has."""
    with closing(open_journal(tmp_path)) as made:
        kind = kind_of(message).value
        for said in (encode_payload(message), encode_payload(Service("Another", "Orlov"))):
            waiting = [draft(said, kind)]
            transact(made, drafts={("hmeimim", ROUTINE): waiting}, now_us=T0_US)
            kind = "service"
        search = parse_search({"operator": "lévy"})
        logs = logs_for(made.connection, search)
        ((log, entry),) = find(made.connection, search, logs)
        assert in_words(log, "iaf", entry).endswith(f": {words}")


KINDS = ("receipt", "rejection", "refusal", "equivocation", "association", "clock", "read")
ON_MESSAGES = ("remarked", "answer-time", "answer-due", "voice")
OTHERS = ("anchor", "node", "alarm-raised", "alarm-cleared", "alarm-acknowledged", "recovered", "?")
values = st.none() | st.integers(-5, 2**63) | st.text(max_size=5) | st.binary(max_size=5)
fields = st.sampled_from(
    [
        "items",
        "stream",
        "seq",
        "code",
        "text",
        "state",
        "remote",
        "reason",
        "offset_us",
        "round_trip_us",
        "officer",
        "message",
        "checkpoint",
        "alarm",
        "peer",
        "step_us",
        "fence",
        "flags",
        "within_us",
        "due_us",
        "words",
        "said",
        "differs",
        "agrees",
        "spoken",
    ]
)


@given(
    st.sampled_from(KINDS + ON_MESSAGES + OTHERS),
    st.dictionaries(fields, values | st.lists(st.lists(values, max_size=5), max_size=2)),
)
@settings(max_examples=200, deadline=None)
def test_a_record_of_any_shape_is_told_in_one_line(kind: str, told: dict[str, object]) -> None:
    """A record whose fields are others than the specification's is told as it stands."""
    try:
        payload = pack(told)
    except HotlineError:
        return
    said = in_words(LOG, "iaf", RecordEntry(0, kind, 0, bytes(16), payload))
    assert unsafe_character(said) is None


def test_receipts_are_told_in_words() -> None:
    """What was proved, where it lies at the peer, and since when."""
    items = [[0, 3, 3, 12, 1_772_359_203_120_000], [3, 9, 1, 15, 1_772_359_203_121_000]]
    payload = pack({"checkpoint": b"", "old_size": 0, "items": items})
    assert in_words(LOG, "iaf", RecordEntry(0, "receipt", 0, bytes(16), payload)) == (
        "receipt for FLASH 3\u20135, entries 12\u201314 of hmeimim's log, durable 10:00:03.120;"
        " ROUTINE 9, entry 15 of hmeimim's log, durable 10:00:03.121"
    )
