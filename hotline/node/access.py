"""Who works at this node's console: officers, logins, sessions.

Sessions are held in memory, so that asking whether one lives costs nothing, and in the journal, so
that a restart ends none. Times are the machine's: a clock that an exercise sets wrong on purpose
must not keep its crew out.
"""

from __future__ import annotations

import asyncio
import secrets
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple

import structlog

from hotline.errors import HotlineError, UsageError
from hotline.journal import access as stored
from hotline.journal import access_attempts as attempts
from hotline.journal.access import NewOfficer, StoredOfficer, StoredSession
from hotline.model.access import Role, name_key, officer_name
from hotline.model.languages.language import Language
from hotline.model.text import printable
from hotline.model.times import SECOND_US
from hotline.node.access_codes import Seal, new_secret, step_of
from hotline.node.access_devices import device_of, known_from_now
from hotline.node.access_passwords import Passwords, require_strong
from hotline.node.access_turns import Turns
from hotline.wire.access_records import MAX_ADDRESS, EndedBy, RefusedFor

if TYPE_CHECKING:
    from hotline.node.centre import Centre

TOKEN_BYTES: Final = 32
KEPT_EVERY_US: Final = 60 * SECOND_US
"""How often it is kept that a session is used: not at each question."""
MAX_OFFICERS: Final = 1000
_DEVICES: Final = b"hotline known devices"

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Session:
    """A session that lives, with what its officer may do; times are microseconds since 1970."""

    stored: StoredSession
    officer: str
    roles: frozenset[Role]
    language: str

    def ends_by(self, now_us: int, idle_us: int) -> EndedBy | None:
        """Return why it is over at this time; None while it is not."""
        if now_us >= self.stored.ends_us:
            return "expired"
        return "idle" if now_us >= self.stored.used_us + idle_us else None


class _Attempt(NamedTuple):
    """Somebody who wants in: as whom, where from, on which device that is known, and when."""

    name: str
    address: str
    device: str
    at_us: int


class Access:
    """Lets officers in, and knows who is in. Everything here belongs to the event loop."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre
        self._passwords = Passwords()
        self._turns = Turns()
        self._seal = Seal(centre.config.keys)
        self._settings = centre.config.console
        # By the SHA-256 of their tokens.
        self._sessions: dict[bytes, Session] = {}
        # When it was last kept that a session is used.
        self._kept_us: dict[bytes, int] = {}
        # What codes are checked against where there is no officer of that name.
        self._nobodys = new_secret()

    @property
    def idle_us(self) -> int:
        """After how long without a question a session ends."""
        return self._settings.idle_minutes * 60 * SECOND_US

    def now_us(self) -> int:
        """Return the time by which sessions end and codes change."""
        return self._centre.clock.wall_us() - self._centre.clock.offset_us

    async def open(self) -> None:
        """Load the sessions that were not ended when the node stopped."""
        officers = {one.id: one for one in await self._centre.reader.run(stored.officers)}
        for session in await self._centre.reader.run(stored.sessions):
            self._hold(session, officers[session.officer])

    # --- Sessions -------------------------------------------------------------------------

    async def log_in(
        self, name: str, password: str, code: str, address: str, device: str = ""
    ) -> tuple[str, Session]:
        """Let an officer in; return the token of the session, which is told nobody else.

        ``device`` is what `known_device` once returned. Raises UsageError: ``access.throttled``
        where too much failed before, ``access.busy`` where too many are at it, ``access.refused``
        for every other reason; JournalError.
        """
        arrived_us = self.now_us()
        address = printable(address.strip())[:MAX_ADDRESS]
        typed = name.strip()[:MAX_ADDRESS]
        known = device_of(self._seal.derived(_DEVICES), device, typed, arrived_us)
        place = attempts.place_of(address)
        async with self._turns.of(name_key(typed), place, known=bool(known)):
            return await self._looked_at(
                _Attempt(typed, address, known, arrived_us), password, code
            )

    def known_device(self, kept: str, name: str) -> str:
        """Return what a device keeps on which an officer has just logged in, for the next time."""
        return known_from_now(self._seal.derived(_DEVICES), kept, name, self.now_us())

    async def _looked_at(self, attempt: _Attempt, password: str, code: str) -> tuple[str, Session]:
        """Look at an attempt whose turn has come.

        A code is judged by when it arrived: waiting makes none too old.
        """
        known = await self._counted(attempt)
        right = await self._passwords.check(known.password if known else None, password)
        secret = await asyncio.to_thread(
            self._seal.open, known.secret if known else b"", known.name if known else ""
        )
        needed = self._settings.second_factor == "required"
        last_step = known.last_step if known else 0
        step = step_of(secret or self._nobodys, code, attempt.at_us, last_step)
        if known is None or known.disabled_us is not None:
            raise await self._refuse(known, attempt, "disabled" if known else "unknown")
        if not right:
            raise await self._refuse(known, attempt, "password")
        if needed and (secret is None or not step):
            if secret is None:
                _log.error("second_factor_unreadable", officer=known.name)
            raise await self._refuse(known, attempt, "code")
        return await self._begin(known, attempt, password, step if needed else 0)

    async def _counted(self, attempt: _Attempt) -> StoredOfficer | None:
        """Count an attempt, and return the officer that it is for. Raises UsageError."""
        now_us = self.now_us()
        return await self._centre.writer.do(
            lambda journal: stored.attempt(
                journal, attempt.name, attempt.address, now_us, attempt.device
            )
        )

    def use(self, token: str) -> Session:
        """Return the session of a token, which is used by that.

        Raises UsageError (``access.no-session``).
        """
        found = self._sessions.get(_hashed(token))
        if found is None:
            raise no_session()
        now_us = self.now_us()
        why = found.ends_by(now_us, self.idle_us)
        if why is not None:
            self._let_go(found)
            self._centre.spawn(self._keep_ended(found, why))
            raise no_session()
        used = replace(found, stored=replace(found.stored, used_us=now_us))
        self._sessions[used.stored.token] = used
        if abs(now_us - self._kept_us[used.stored.token]) >= KEPT_EVERY_US:
            self._kept_us[used.stored.token] = now_us
            self._centre.spawn(self._keep_used(used))
        return used

    async def end(self, session: Session) -> None:
        """End a session as its officer asks. Raises JournalError; then it is ended all the same."""
        self._let_go(session)
        await self._end_stored(session, "logout")

    async def sweep(self) -> None:
        """End the sessions whose time is over. Raises JournalError."""
        now_us = self.now_us()
        for session in list(self._sessions.values()):
            why = session.ends_by(now_us, self.idle_us)
            if why is not None:
                self._let_go(session)
                await self._end_stored(session, why)

    async def set_language(self, session: Session, language: str) -> Session:
        """Keep the language that an officer reads. Raises UsageError, JournalError."""
        _require_language(language)
        id_ = session.stored.officer
        await self._centre.writer.do(lambda journal: stored.set_language(journal, id_, language))
        for token, held in list(self._sessions.items()):
            if held.stored.officer == id_:
                self._sessions[token] = replace(held, language=language)
        return replace(session, language=language)

    # --- Officers -------------------------------------------------------------------------

    async def officers(self) -> list[StoredOfficer]:
        """Return all officers, by name."""
        return await self._centre.reader.run(stored.officers)

    async def add(
        self, name: str, roles: tuple[Role, ...], language: str, password: str, by: str
    ) -> tuple[StoredOfficer, bytes]:
        """Add an officer; return him with the secret of his second factor.

        Raises UsageError (``access.*``), KeysError, JournalError.
        """
        name = officer_name(name)
        _require_language(language)
        require_strong(password, name)
        known = await self.officers()
        if len(known) >= MAX_OFFICERS:
            raise UsageError(
                "access.too-many-officers",
                f"this centre has {MAX_OFFICERS} officers already",
                "add one who was disabled again under the same name",
            )
        if any(one.disabled_us is None and one.name == name for one in known):
            # Said before the password is made, which takes a while; the journal says it for good.
            raise stored.exists(name)
        secret = new_secret()
        sealed = await asyncio.to_thread(self._seal.close_over, secret, name)
        new = NewOfficer(name, roles, language, await self._passwords.keep(password), sealed)
        now_us = self.now_us()
        added = await self._centre.writer.do(
            lambda journal: stored.add_officer(journal, new, by, now_us)
        )
        await self._centre.duty.note_working(added.name)
        return added, secret

    async def disable(self, name: str, by: str) -> None:
        """Let nobody log in by this name any more. Raises UsageError, JournalError."""
        now_us = self.now_us()
        known = await self._centre.writer.do(
            lambda journal: stored.disable_officer(journal, name, by, now_us)
        )
        self._let_go_of(known)
        await self._centre.duty.note_disabled(known.name, by)

    async def change_roles(self, name: str, roles: tuple[Role, ...], by: str) -> None:
        """Give an officer other roles, in open sessions too. Raises UsageError, JournalError."""
        now_us = self.now_us()
        known = await self._centre.writer.do(
            lambda journal: stored.change_roles(journal, name, roles, by, now_us)
        )
        for token, held in list(self._sessions.items()):
            if held.stored.officer == known.id:
                self._sessions[token] = replace(held, roles=frozenset(known.roles))

    async def change_password(self, name: str, password: str, by: str) -> None:
        """Give an officer another password. Raises UsageError, JournalError."""
        require_strong(password, name)
        kept = await self._passwords.keep(password)
        now_us = self.now_us()
        known = await self._centre.writer.do(
            lambda journal: stored.change_password(journal, name, kept, by, now_us)
        )
        self._let_go_of(known)

    async def require_current(self, session: Session, password: str) -> None:
        """Refuse who does not know the password of his own session's officer.

        Counted as an attempt to log in, by the session. Raises UsageError as `log_in` does,
        JournalError.
        """
        device = session.stored.token.hex()
        attempt = _Attempt(session.officer, session.stored.address, device, self.now_us())
        async with self._turns.of(name_key(attempt.name), "", known=True):
            known = await self._counted(attempt)
            if not await self._passwords.check(known.password if known else None, password):
                raise await self._refuse(known, attempt, "password")
        await self._centre.writer.do(
            lambda journal: stored.forget_attempts(journal, attempt.name, "", device)
        )

    async def renew_secret(self, name: str, by: str) -> tuple[StoredOfficer, bytes]:
        """Give an officer another second factor. Raises UsageError, KeysError, JournalError."""
        known = await self._centre.reader.run(partial(stored.require_officer, name=name))
        secret = new_secret()
        sealed = await asyncio.to_thread(self._seal.close_over, secret, known.name)
        now_us = self.now_us()
        known = await self._centre.writer.do(
            lambda journal: stored.renew_secret(journal, name, sealed, by, now_us)
        )
        self._let_go_of(known)
        return known, secret

    # --- How ------------------------------------------------------------------------------

    async def _begin(
        self, known: StoredOfficer, attempt: _Attempt, password: str, step: int
    ) -> tuple[str, Session]:
        newer = await self._passwords.renewed(known.password, password)
        token = secrets.token_urlsafe(TOKEN_BYTES)
        now_us = self.now_us()
        ends_us = now_us + self._settings.session_hours * 3600 * SECOND_US
        hashed, address = _hashed(token), attempt.address
        session = StoredSession(hashed, known.id, address, now_us, now_us, ends_us)
        try:
            officer = await self._centre.writer.do(
                lambda journal: stored.begin_session(
                    journal,
                    session,
                    password=known.password,
                    step=step,
                    new_password=newer,
                    device=attempt.device,
                )
            )
        except UsageError:
            raise await self._refuse(known, attempt, "code") from None
        _log.info("session_began", officer=officer.name, address=address)
        self._centre.publish("session", {"officer": officer.name, "state": "began"})
        return token, self._hold(session, officer)

    async def _refuse(
        self, known: StoredOfficer | None, attempt: _Attempt, why: RefusedFor
    ) -> UsageError:
        """Enter that somebody was not let in; return what he is told."""
        name, now_us, address = known.name if known else "", self.now_us(), attempt.address
        sources = attempts.sources_of(attempt.name, address, attempt.device)
        self._centre.metrics.refused.labels("access.refused").inc()
        _log.warning("login_refused", officer=name, address=address, why=why)
        if self._centre.may_record_stranger(f"console {address}"):
            await self._centre.writer.do(
                lambda journal: stored.refuse(journal, name, sources, address, why, now_us)
            )
        return stored.refused()

    def _hold(self, session: StoredSession, officer: StoredOfficer) -> Session:
        held = Session(session, officer.name, frozenset(officer.roles), officer.language)
        self._sessions[session.token] = held
        self._kept_us[session.token] = session.used_us
        return held

    def _let_go(self, session: Session) -> None:
        self._kept_us.pop(session.stored.token, None)
        if self._sessions.pop(session.stored.token, None) is not None:
            _log.info("session_ended", officer=session.officer)
            self._centre.publish("session", {"officer": session.officer, "state": "ended"})

    def _let_go_of(self, officer: StoredOfficer) -> None:
        for session in list(self._sessions.values()):
            if session.stored.officer == officer.id:
                self._let_go(session)

    async def _end_stored(self, session: Session, why: EndedBy) -> None:
        now_us = self.now_us()
        await self._centre.writer.do(
            lambda journal: stored.end_session(
                journal, session.stored, session.officer, why, now_us
            )
        )

    async def _keep_ended(self, session: Session, why: EndedBy) -> None:
        with suppress(HotlineError):  # it is over by its times, whether that is entered or not
            await self._end_stored(session, why)

    async def _keep_used(self, session: Session) -> None:
        with suppress(HotlineError):  # kept again in a minute
            kept = session.stored
            await self._centre.writer.do(
                lambda journal: stored.keep_used(journal, kept.token, kept.used_us)
            )


def no_session() -> UsageError:
    """Return what is told where a token is of no session that lives."""
    return UsageError("access.no-session", "there is no session, or it has ended", "log in again")


def _hashed(token: str) -> bytes:
    return sha256(token.encode(errors="replace")).digest()


def _require_language(language: str) -> None:
    if language not in set(Language):
        raise UsageError(
            "access.bad-language",
            "the console is not in this language",
            f"use {', '.join(Language)}",
        )
