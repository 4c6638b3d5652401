"""Officers, their sessions and failed attempts: changed together with what is entered of it.

Every function that changes something is an action of a transaction: it raises before it changes
anything, or not at all.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hotline.errors import UsageError
from hotline.journal import access_attempts as attempts
from hotline.journal.records import append_record
from hotline.model.access import Role, name_key
from hotline.wire.access_records import (
    OFFICER,
    SESSION,
    EndedBy,
    OfficerAdded,
    OfficerDisabled,
    PasswordChanged,
    RefusedFor,
    RolesChanged,
    SecretRenewed,
    SessionBegan,
    SessionEnded,
    SessionRefused,
)
from hotline.wire.records import Record, encode_record

if TYPE_CHECKING:
    from hotline.journal.journal import Journal

Sources = Sequence[attempts.Source]


@dataclass(frozen=True, slots=True)
class StoredOfficer:
    """One officer; times are microseconds since 1970, None for what never happened."""

    id: int
    name: str
    roles: tuple[Role, ...]
    language: str
    password: str
    secret: bytes
    last_step: int
    added_us: int
    added_by: str
    disabled_us: int | None
    disabled_by: str
    last_login_us: int | None


@dataclass(frozen=True, slots=True)
class StoredSession:
    """One session, by the hash of its token; times are microseconds since 1970."""

    token: bytes
    officer: int
    address: str
    started_us: int
    used_us: int
    ends_us: int


_OFFICER: Final = (
    "SELECT id, name, roles, language, password, secret, last_step, added_us, added_by,"
    " disabled_us, disabled_by, last_login_us FROM officer"
)


def _stored(row: tuple[object, ...]) -> StoredOfficer:
    id_, name, roles, *rest = row
    given = tuple(Role(role) for role in str(roles).split())
    return StoredOfficer(id_, name, given, *rest)  # type: ignore[arg-type] # as the schema has it


# --- Looking --------------------------------------------------------------------------------------


def officers(connection: sqlite3.Connection) -> list[StoredOfficer]:
    """Return all officers, by name."""
    return [_stored(row) for row in connection.execute(f"{_OFFICER} ORDER BY name_key")]


def find_officer(connection: sqlite3.Connection, name: str) -> StoredOfficer | None:
    """Return the officer of this name, whatever its case."""
    row = connection.execute(f"{_OFFICER} WHERE name_key = ?", (name_key(name),)).fetchone()
    return None if row is None else _stored(row)


def require_officer(connection: sqlite3.Connection, name: str) -> StoredOfficer:
    """Return the officer of this name. Raises UsageError (``access.unknown-officer``)."""
    found = find_officer(connection, name)
    if found is None:
        raise UsageError(
            "access.unknown-officer",
            "no officer has this name",
            "`hotline officer list` has all names",
        )
    return found


def sessions(connection: sqlite3.Connection) -> list[StoredSession]:
    """Return all sessions that have not been ended."""
    rows = connection.execute(
        "SELECT token, officer, address, started_us, used_us, ends_us FROM login"
        " ORDER BY started_us"
    )
    return [StoredSession(*row) for row in rows]


# --- Officers -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NewOfficer:
    """An officer who is to be added, with what he proves himself by."""

    name: str
    roles: tuple[Role, ...]
    language: str
    password: str
    secret: bytes


def add_officer(journal: Journal, new: NewOfficer, by: str, now_us: int) -> StoredOfficer:
    """Add an officer, or let one who was disabled work again. Raises UsageError.

    ``access.officer-exists``: somebody works here under this name.
    """
    known = find_officer(journal.connection, new.name)
    if known is not None and known.disabled_us is None:
        raise exists(known.name)
    roles = " ".join(new.roles)
    said = OfficerAdded(new.name, tuple(role.value for role in new.roles), by)
    _enter(journal, OFFICER, said, now_us)
    values = (new.name, roles, new.language, new.password, new.secret, now_us, by)
    if known is None:
        journal.execute(
            "INSERT INTO officer(name, roles, language, password, secret, added_us, added_by,"
            " name_key, last_step, disabled_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, '')",
            (*values, name_key(new.name)),
        )
    else:
        journal.execute(
            "UPDATE officer SET name = ?, roles = ?, language = ?, password = ?, secret = ?,"
            " added_us = ?, added_by = ?, last_step = 0, disabled_us = NULL, disabled_by = ''"
            " WHERE id = ?",
            (*values, known.id),
        )
    return require_officer(journal.connection, new.name)


def exists(name: str) -> UsageError:
    """Return what is told where somebody works here under a name."""
    return UsageError(
        "access.officer-exists",
        f"there is an officer {name}",
        "give another name; names that differ in case alone are the same",
    )


def disable_officer(journal: Journal, name: str, by: str, now_us: int) -> StoredOfficer:
    """Let nobody log in by this name any more, and end its sessions.

    Raises UsageError: ``access.unknown-officer``, ``access.already-disabled``, and
    ``access.last-supervisor``: somebody must be left who can add officers at the console.
    """
    known = _working(journal, name)
    _require_other_supervisor(journal, known)
    _enter(journal, OFFICER, OfficerDisabled(known.name, by), now_us)
    journal.execute(
        "UPDATE officer SET disabled_us = ?, disabled_by = ? WHERE id = ?", (now_us, by, known.id)
    )
    end_sessions_of(journal, known, "disabled", now_us)
    return known


def change_roles(
    journal: Journal, name: str, roles: tuple[Role, ...], by: str, now_us: int
) -> StoredOfficer:
    """Give an officer other roles; return him as he is now. The same roles change nothing.

    Raises UsageError as `disable_officer` does.
    """
    known = _working(journal, name)
    if set(roles) == set(known.roles):
        return known
    if Role.SUPERVISOR not in roles:
        _require_other_supervisor(journal, known)
    said = RolesChanged(known.name, tuple(role.value for role in roles), by)
    _enter(journal, OFFICER, said, now_us)
    journal.execute("UPDATE officer SET roles = ? WHERE id = ?", (" ".join(roles), known.id))
    return require_officer(journal.connection, known.name)


def _require_other_supervisor(journal: Journal, known: StoredOfficer) -> None:
    """Refuse what would leave nobody who can add officers at the console."""
    others = (
        one
        for one in officers(journal.connection)
        if one.disabled_us is None and one.id != known.id and Role.SUPERVISOR in one.roles
    )
    if Role.SUPERVISOR in known.roles and next(others, None) is None:
        raise UsageError(
            "access.last-supervisor",
            f"{known.name} is the last supervisor",
            "add another supervisor first",
        )


def change_password(
    journal: Journal, name: str, password: str, by: str, now_us: int
) -> StoredOfficer:
    """Give an officer another password (in the form of argon2), and end his sessions."""
    known = _working(journal, name)
    _enter(journal, OFFICER, PasswordChanged(known.name, by), now_us)
    journal.execute("UPDATE officer SET password = ? WHERE id = ?", (password, known.id))
    forget_attempts(journal, known.name, "")
    end_sessions_of(journal, known, "password", now_us)
    return known


def renew_secret(journal: Journal, name: str, secret: bytes, by: str, now_us: int) -> StoredOfficer:
    """Give an officer another second factor, and end his sessions."""
    known = _working(journal, name)
    _enter(journal, OFFICER, SecretRenewed(known.name, by), now_us)
    journal.execute("UPDATE officer SET secret = ?, last_step = 0 WHERE id = ?", (secret, known.id))
    forget_attempts(journal, known.name, "")
    end_sessions_of(journal, known, "secret", now_us)
    return known


def set_language(journal: Journal, officer: int, language: str) -> None:
    """Keep the language in which an officer reads."""
    journal.execute("UPDATE officer SET language = ? WHERE id = ?", (language, officer))


def _working(journal: Journal, name: str) -> StoredOfficer:
    known = require_officer(journal.connection, name)
    if known.disabled_us is not None:
        raise UsageError(
            "access.already-disabled",
            f"{known.name} was disabled by {known.disabled_by}",
            "add the officer again with `hotline officer add`",
        )
    return known


# --- Attempts -------------------------------------------------------------------------------------


def attempt(
    journal: Journal, name: str, address: str, now_us: int, device: str = ""
) -> StoredOfficer | None:
    """Count an attempt to log in before it is looked at; return the officer that it is for.

    So none of many attempts at once is free. Names that nobody has are counted like those that
    somebody has. Raises UsageError (``access.throttled``) while it has to wait.
    """
    known = find_officer(journal.connection, name)
    attempts.count(journal, attempts.sources_of(name, address, device), now_us)
    return known


def refuse(
    journal: Journal, officer: str, sources: Sources, address: str, why: RefusedFor, now_us: int
) -> None:
    """Enter that somebody was not let in, and that the next one has to wait, where that is so.

    ``officer`` is the name of one that there is, or empty; ``sources`` what it is counted under.
    """
    _enter(journal, SESSION, SessionRefused(officer, address, why, 0), now_us)
    wait_s = attempts.wait_of(journal.connection, sources, now_us)
    if wait_s:
        _enter(journal, SESSION, SessionRefused(officer, address, "throttled", wait_s), now_us)


# --- Sessions -------------------------------------------------------------------------------------


def begin_session(
    journal: Journal,
    session: StoredSession,
    *,
    password: str,
    step: int,
    new_password: str | None = None,
    device: str = "",
) -> StoredOfficer:
    """Enter a login whose password and code are right, and forget what failed before.

    ``password`` is the hash that was checked, ``step`` the time step of the code, 0 for none;
    ``new_password`` the same password in a newer form, ``device`` one that is known. Raises
    UsageError (``access.refused``) where meanwhile the officer was disabled or has another
    password, or another login took the code.
    """
    row = journal.execute(f"{_OFFICER} WHERE id = ?", (session.officer,)).fetchone()
    known = None if row is None else _stored(row)
    if (
        known is None
        or known.disabled_us is not None
        or known.password != password
        or (step and step <= known.last_step)
    ):
        raise refused()
    _enter(journal, SESSION, SessionBegan(known.name, session.address), session.started_us)
    journal.execute(
        "INSERT INTO login VALUES (?, ?, ?, ?, ?, ?)",
        (
            session.token,
            known.id,
            session.address,
            session.started_us,
            session.used_us,
            session.ends_us,
        ),
    )
    journal.execute(
        "UPDATE officer SET last_login_us = ?, last_step = max(last_step, ?), password = ?"
        " WHERE id = ?",
        (session.started_us, step, new_password or password, known.id),
    )
    forget_attempts(journal, known.name, session.address, device)
    return known


def forget_attempts(journal: Journal, name: str, address: str, device: str = "") -> None:
    """Forget what failed under a name, or on a device, that has proved itself."""
    attempts.forget(journal, attempts.sources_of(name, address, device))


def refused() -> UsageError:
    """Return the one answer to everybody who is not let in, whatever the reason."""
    return UsageError(
        "access.refused",
        "the name, the password or the code is not right",
        "wait for the next code and type all three again; a supervisor gives new ones",
    )


def end_session(
    journal: Journal, session: StoredSession, officer: str, why: EndedBy, now_us: int
) -> None:
    """Enter that a session ended; nothing where it has ended before."""
    known = journal.execute("SELECT 1 FROM login WHERE token = ?", (session.token,)).fetchone()
    if known is not None:
        _enter(journal, SESSION, SessionEnded(officer, why), now_us)
        journal.execute("DELETE FROM login WHERE token = ?", (session.token,))


def end_sessions_of(journal: Journal, officer: StoredOfficer, why: EndedBy, now_us: int) -> None:
    """Enter the end of each session of an officer."""
    for session in sessions(journal.connection):
        if session.officer == officer.id:
            end_session(journal, session, officer.name, why, now_us)


def end_all_sessions(journal: Journal, why: EndedBy, now_us: int) -> None:
    """Enter the end of every session: none outlives the record that it was begun in."""
    names = {officer.id: officer.name for officer in officers(journal.connection)}
    for session in sessions(journal.connection):
        end_session(journal, session, names[session.officer], why, now_us)


def keep_used(journal: Journal, token: bytes, used_us: int) -> None:
    """Keep when a session was used last."""
    journal.execute("UPDATE login SET used_us = ? WHERE token = ?", (used_us, token))


def _enter(journal: Journal, kind: str, said: Record, now_us: int) -> None:
    append_record(journal, journal.node_log, kind, encode_record(said), now_us)
