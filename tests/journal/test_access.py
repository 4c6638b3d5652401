"""The tables of access: made in older journals, dropped from copies, no part of the record."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.audit.keep.backup import copy_journal
from hotline.errors import UsageError
from hotline.journal import access, access_attempts, access_drafts, access_shelf
from hotline.journal.access import NewOfficer, StoredSession
from hotline.journal.access_drafts import Written
from hotline.journal.access_schema import ACCESS_TABLES, forget_sessions, has_table
from hotline.journal.journal import Journal
from hotline.journal.queries import alarms
from hotline.journal.records import acknowledge_alarm, clear_alarms, raise_alarm
from hotline.journal.recovery import recover
from hotline.journal.schema import connect
from hotline.model.access import MAX_OFFICER_NAME, Role, name_key, officer_name
from tests.journal.ledger import T0_US, do, open_journal

HOUR_US = 3_600_000_000
WRITTEN = Written(b'{"kind":"notice"}', "ROUTINE", "hmeimim", "notice", "")


def add(journal: Journal, name: str = "levy", role: Role = Role.OFFICER) -> access.StoredOfficer:
    """Add an officer."""
    new = NewOfficer(name, (role,), "en", "$argon2id$", b"sealed")
    added: access.StoredOfficer = do(
        journal, partial(access.add_officer, new=new, by="root", now_us=T0_US)
    )
    return added


def enter(journal: Journal, officer: access.StoredOfficer, token: bytes = bytes(32)) -> None:
    """Begin a session of an officer."""
    session = StoredSession(token, officer.id, "127.0.0.1", T0_US, T0_US, T0_US + HOUR_US)
    do(journal, partial(access.begin_session, session=session, password="$argon2id$", step=7))


def counted(path: Path, table: str) -> int:
    """Return how many rows a table of a journal's file has."""
    with closing(sqlite3.connect(path)) as connection:
        (count,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
        return int(count)


def test_a_journal_of_an_earlier_release_gets_the_tables(tmp_path: Path) -> None:
    """It is opened as ever, and has officers from then on; what only reads it finds nothing."""
    with closing(open_journal(tmp_path)) as journal:
        path = journal.path
    with closing(sqlite3.connect(path)) as connection:
        for table in ("login", "officer", "attempt", "draft", "shelf"):
            connection.execute(f"DROP TABLE {table}")
        connection.commit()
    with closing(connect(path, writable=False)) as connection:
        assert not has_table(connection, "officer")
        assert access_drafts.drafts(connection) == []
        assert access_shelf.shelf(connection) == {}
    with closing(open_journal(tmp_path)) as journal:
        assert add(journal).name == "levy"
        names = [sql.split()[5].split("(")[0] for sql in ACCESS_TABLES]
        assert all(has_table(journal.connection, name) for name in names)


def test_a_backup_has_the_officers_and_the_drafts_and_no_session(tmp_path: Path) -> None:
    """Nor an attempt, nor a token's hash anywhere in the file."""
    token = b"the hash of a token, 32 bytes ok"
    with closing(open_journal(tmp_path)) as journal:
        enter(journal, add(journal), token)
        do(journal, partial(access.attempt, name="x", address="10.0.0.1", now_us=T0_US))
        do(
            journal,
            partial(access_drafts.add_draft, written=WRITTEN, officer="levy", now_us=T0_US),
        )
        copy_journal(journal.path, tmp_path / "copy")
    assert (counted(tmp_path / "copy", "login"), counted(tmp_path / "copy", "attempt")) == (0, 0)
    assert (counted(tmp_path / "copy", "officer"), counted(tmp_path / "copy", "draft")) == (1, 1)
    assert token not in (tmp_path / "copy").read_bytes()
    with closing(sqlite3.connect(":memory:")) as empty:
        forget_sessions(empty)  # an earlier release's copy has nothing to forget


def test_a_recovery_ends_every_session(tmp_path: Path) -> None:
    """Whoever was in before the roll-back logs in again, and the new log says so."""
    with closing(open_journal(tmp_path)) as journal:
        enter(journal, add(journal))
        journal.signer.fence = "rolled back"
        do(journal, partial(recover, officer="root", now_us=T0_US))
        assert access.sessions(journal.connection) == []
        (count,) = journal.execute(
            "SELECT count(*) FROM record WHERE kind = 'session' AND log = ?", (journal.node_log.id,)
        ).fetchone()
        assert count == 1


def test_a_login_is_refused_whose_officer_changed_meanwhile(tmp_path: Path) -> None:
    """Another password, disabled, or the code taken, between the look and the entry."""
    with closing(open_journal(tmp_path)) as journal:
        officer = add(journal)
        session = StoredSession(bytes(32), officer.id, "", T0_US, T0_US, T0_US + 1)
        begin = partial(access.begin_session, session=session)
        for changes in ({"password": "older", "step": 7}, {"password": "$argon2id$", "step": -1}):
            if changes["step"] == -1:
                do(journal, partial(begin, password="$argon2id$", step=9))
                changes["step"] = 9
            with pytest.raises(UsageError) as caught:
                do(journal, partial(begin, **changes))
            assert caught.value.code == "access.refused"
        do(
            journal,
            partial(
                access.add_officer,
                new=NewOfficer("b", (Role.SUPERVISOR,), "en", "", b""),
                by="root",
                now_us=T0_US,
            ),
        )
        do(journal, partial(access.disable_officer, name="levy", by="b", now_us=T0_US))
        with pytest.raises(UsageError):
            do(journal, partial(begin, password="$argon2id$", step=10))


def test_made_up_names_take_no_more_than_their_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Strangers make names up without end; what failed least is forgotten, no officer's name."""
    monkeypatch.setattr(access_attempts, "MAX_SOURCES", 10)
    with closing(open_journal(tmp_path)) as journal:
        for number in range(50):
            at_us = T0_US + number
            do(
                journal,
                partial(access.attempt, name=f"n{number}", address=f"a{number}", now_us=at_us),
            )
        assert journal.execute("SELECT count(*) FROM attempt").fetchone() == (10,)


def test_no_crowd_of_names_has_an_officers_be_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor that of a stranger who failed often: made-up names, also twice each, make room first."""
    monkeypatch.setattr(access_attempts, "MAX_SOURCES", 20)
    with closing(open_journal(tmp_path)) as journal:
        add(journal)
        attempt = partial(access.attempt, address="127.0.0.1", now_us=T0_US)
        for name, times in (("levy", 1), ("stubborn", 5)):
            for _ in range(times):
                do(journal, partial(attempt, name=name))
        for number in range(200):
            do(journal, partial(attempt, name=f"n{number // 2}"))
        for _ in range(4):
            do(journal, partial(attempt, name="levy"))
        for name in ("levy", "stubborn"):
            with pytest.raises(UsageError, match=r"access\.throttled"):
                do(journal, partial(attempt, name=name))


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("127.0.0.1", ""),
        ("127.8.9.10", ""),
        ("::1", ""),
        ("::ffff:127.0.0.1", ""),
        ("", ""),
        ("10.0.0.9", "10.0.0.9"),
        ("::ffff:10.0.0.9", "10.0.0.9"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("no address", "no address"),
    ],
)
def test_places_are_told_apart_by_addresses_as_far_as_these_tell(address: str, place: str) -> None:
    """This machine's own tell nothing, and one machine may have a whole network of IPv6."""
    assert access_attempts.place_of(address) == place


def test_failures_fade_away_whether_or_not_others_follow(tmp_path: Path) -> None:
    """One in a quarter of an hour under a name: who fails now and then never has to wait."""
    with closing(open_journal(tmp_path)) as journal:
        for number in range(40):
            at_us = T0_US + number * access_attempts.NAME_FADES_US
            do(journal, partial(access.attempt, name="levy", address="", now_us=at_us))
        for _ in range(4):
            do(journal, partial(access.attempt, name="levy", address="", now_us=at_us))
        with pytest.raises(UsageError, match=r"access\.throttled"):
            do(journal, partial(access.attempt, name="levy", address="", now_us=at_us))


def test_a_clock_that_was_set_back_keeps_nobody_out_for_long(tmp_path: Path) -> None:
    """A wait that lies further ahead than the longest one is none."""
    with closing(open_journal(tmp_path)) as journal:
        later_us = T0_US + 24 * HOUR_US
        for _ in range(5):
            do(journal, partial(access.attempt, name="levy", address="a", now_us=later_us))
        sources = access_attempts.sources_of("levy", "a")
        assert access_attempts.wait_of(journal.connection, sources, later_us) == 15
        do(journal, partial(access.attempt, name="levy", address="a", now_us=T0_US))


def test_a_draft_that_was_being_signed_comes_back_when_the_node_starts(tmp_path: Path) -> None:
    """Nobody can touch it meanwhile; afterwards somebody looks whether it was sent."""
    with closing(open_journal(tmp_path)) as journal:
        draft = do(
            journal,
            partial(access_drafts.add_draft, written=WRITTEN, officer="levy", now_us=T0_US),
        )
        begin = partial(
            access_drafts.begin_release,
            read=draft,
            officer="cohen",
            peer="hmeimim",
            now_us=T0_US,
        )
        do(journal, begin)
        for action in (
            begin,
            partial(access_drafts.delete_draft, id_=draft.id, officer="levy", now_us=T0_US),
        ):
            with pytest.raises(UsageError, match=r"being signed"):
                do(journal, action)
    with closing(open_journal(tmp_path)) as journal:
        assert do(journal, partial(access_drafts.give_back_cut_off, now_us=T0_US)) == [draft.id]
        back = access_drafts.find_draft(journal.connection, draft.id)
        assert back.releasing_us is None
        assert back.returned_reason == access_drafts.CUT_OFF
        do(
            journal,
            partial(access_drafts.fail_release, id_=draft.id, code="journal.full", now_us=T0_US),
        )


def test_an_alarm_that_is_settled_leaves_the_shelf(tmp_path: Path) -> None:
    """And none that is settled gets onto it."""
    with closing(open_journal(tmp_path)) as journal:
        do(journal, lambda j: raise_alarm(j, "line.down", "", "", "down", T0_US))
        ((id_,),) = [(one.id,) for one in alarms(journal.connection)]
        shelve = partial(
            access_shelf.shelve_alarm,
            alarm=id_,
            officer="levy",
            reason="known",
            until_us=T0_US + HOUR_US,
            now_us=T0_US,
        )
        do(journal, shelve)
        assert access_shelf.shelf(journal.connection)[id_].officer == "levy"
        do(journal, lambda j: clear_alarms(j, "line.down", "", "", T0_US))
        do(journal, lambda j: acknowledge_alarm(j, id_, "levy", T0_US))
        assert do(journal, partial(access_shelf.unshelve_over, now_us=T0_US)) == [id_]
        assert access_shelf.shelf(journal.connection) == {}
        with pytest.raises(UsageError, match=r"does not stand"):
            do(journal, shelve)
        assert access_shelf.raised_since(journal.connection, T0_US) == [(T0_US, "line.down")]
        assert access_shelf.raised_since(journal.connection, T0_US + 1) == []


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=100))
def test_any_text_is_a_name_or_refused(text: str) -> None:
    """A name that is taken is one printable line, and is the same when it is taken again."""
    try:
        name = officer_name(text)
    except UsageError as error:
        assert error.code == "access.bad-name"
        return
    assert 1 <= len(name) <= MAX_OFFICER_NAME
    assert name.isprintable()
    assert officer_name(name) == name
    assert name_key(name_key(name)) == name_key(name)
