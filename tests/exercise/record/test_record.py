from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.errors import ExerciseError, HotlineError
from hotline.exercise.record import events
from hotline.exercise.record.line import FIRST, decode_line, encode_line, hash_of
from hotline.exercise.record.reading import NAME, Record, check, read_record
from hotline.exercise.record.writing import RecordWriter

OPENED = events.Opened(
    name="first", scenario="ab", seed=1, time_factor=2.0, ground="own", version="1"
)
NOW_US = 1_700_000_000_123_456


def write(directory: Path, *more: events.Event) -> bytes:
    """Write a record of ``opened`` and these entries; return its bytes."""
    with RecordWriter.create(directory, lambda: NOW_US) as writer:
        writer.append(OPENED, None)
        for number, event in enumerate(more):
            writer.append(event, float(number))
    return (directory / NAME).read_bytes()


SKIPPED = events.InjectSkipped(inject="1", by="Umpire", why="no time")
COMMENTED = events.Commented(by="Umpire", text="well read")


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """Numbers, moments, chain and events come back as they went in."""
    data = write(tmp_path, SKIPPED, COMMENTED)
    record = read_record(tmp_path)
    assert [one.event for one in record.entries] == [OPENED, SKIPPED, COMMENTED]
    assert [one.n for one in record.entries] == [1, 2, 3]
    assert [one.t for one in record.entries] == [None, 0.0, 1.0]
    assert record.entries[0].at == "2023-11-14T22:13:20.123456Z"
    assert record.opened == OPENED
    lines = data.splitlines()
    assert json.loads(lines[0])["prev"] == FIRST
    assert json.loads(lines[2])["prev"] == hash_of(lines[1])
    assert record.last_hash == hash_of(lines[2])


def test_every_event_can_be_written_and_read(tmp_path: Path) -> None:
    """None of the kinds has a field that hides one of the line's own."""
    del tmp_path
    for kind in events.EVENTS:
        fields = {one.name for one in msgspec.structs.fields(kind)}
        assert not fields & {"n", "at", "t", "prev", "event"}, kind
    node = events.NodeAtStart(
        centre="iaf", status="exercise", version="1", card="", letter="", logs={"x": 3}
    )
    event = events.Startex(nodes=(node,), starts="2026-01-01T00:00:00Z")
    assert decode_line(encode_line(1, NOW_US, 0.0, FIRST, event)).event == event


def swap(lines: list[bytes]) -> list[bytes]:
    """Move a line."""
    return [lines[0], lines[2], lines[1]]


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("record.numbering", swap),
        ("record.numbering", lambda lines: [lines[0], lines[2]]),
        ("record.numbering", lambda lines: [*lines, lines[2]]),
        ("record.chain", lambda lines: [lines[0], lines[1].replace(b"no", b"No"), lines[2]]),
        ("record.no-beginning", lambda _: [encode_line(1, NOW_US, 0.0, FIRST, SKIPPED)]),
        ("record.bad-line", lambda lines: [lines[0], lines[1][:-3], lines[2]]),
        ("record.bad-line", lambda lines: [lines[0].replace(b'"seed":1', b'"seed":1,"more":1')]),
        ("record.bad-line", lambda lines: [lines[0].replace(b'"opened"', b'"closed"')]),
        ("record.bad-line", lambda lines: [lines[0].replace(b'"n":1,', b'"n":1,"n":1,')]),
        ("record.bad-line", lambda lines: [lines[0].replace(b'"t":null', b'"t":"soon"')]),
        ("record.bad-line", lambda lines: [b""]),
        ("record.empty", lambda lines: []),
    ],
)  # fmt: skip
def test_a_record_that_was_changed_is_found_out(tmp_path: Path, code: str, change: object) -> None:
    """Lines that are moved, missing, doubled, changed, or of no known form."""
    lines = write(tmp_path, SKIPPED, COMMENTED).splitlines()
    changed = change(lines)  # type: ignore[operator]
    with pytest.raises(ExerciseError) as error:
        check(b"".join(line + b"\n" for line in changed))
    assert error.value.code == code
    assert error.value.hint


def test_a_torn_last_line_is_cut_off_and_said(tmp_path: Path) -> None:
    """A director that is killed while it writes leaves half a line, which says nothing."""
    data = write(tmp_path, SKIPPED)
    (tmp_path / NAME).write_bytes(data + b'{"n":3,"at":"20')
    record = read_record(tmp_path)
    assert (len(record.entries), record.torn, record.whole) == (2, 15, len(data))
    with RecordWriter.resume(tmp_path, lambda: NOW_US) as writer:
        assert writer.found == record
        writer.append(COMMENTED, 1.0)
    whole = read_record(tmp_path)
    assert (len(whole.entries), whole.torn) == (3, 0)


def test_only_one_writes(tmp_path: Path) -> None:
    """A second director is told so, and a new exercise does not overwrite an old one."""
    with RecordWriter.create(tmp_path, lambda: NOW_US) as writer:
        writer.append(OPENED, None)
        with pytest.raises(ExerciseError) as error:
            RecordWriter.resume(tmp_path, lambda: NOW_US)
        assert error.value.code == "record.in-use"
    with pytest.raises(ExerciseError) as error:
        RecordWriter.create(tmp_path, lambda: NOW_US)
    assert error.value.code == "record.there"
    RecordWriter.resume(tmp_path, lambda: NOW_US).close()


def test_a_record_that_does_not_hold_is_not_gone_on_with(tmp_path: Path) -> None:
    """Nothing is appended to it, and its lock is given back."""
    data = write(tmp_path, SKIPPED).replace(b"Umpire", b"umpire")
    (tmp_path / NAME).write_bytes(data + b"{}\n")
    for _ in range(2):
        with pytest.raises(ExerciseError) as error:
            RecordWriter.resume(tmp_path, lambda: NOW_US)
        assert error.value.code == "record.bad-line"


def test_no_record_is_told_apart_from_a_bad_one(tmp_path: Path) -> None:
    """Whoever names the wrong directory learns that."""
    for read in (read_record, lambda where: RecordWriter.resume(where, lambda: NOW_US)):
        with pytest.raises(ExerciseError) as error:
            read(tmp_path)
        assert error.value.code == "record.missing"


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=200),
        st.tuples(st.binary(max_size=60), st.integers(0, 400)).map(
            lambda one: LINE[: one[1]] + one[0] + LINE[one[1] :] + b"\n"
        ),
        st.dictionaries(
            st.sampled_from(["n", "at", "t", "prev", "event", "by", "text"]),
            st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=9)),
        ).map(lambda value: json.dumps(value).encode() + b"\n"),
    )
)
def test_any_bytes_are_a_record_or_refused(data: bytes) -> None:
    """Nothing else comes of them."""
    try:
        found = check(data)
    except HotlineError as error:
        assert error.code.startswith("record.")
    else:
        assert isinstance(found, Record)


LINE = encode_line(1, NOW_US, None, FIRST, OPENED)
