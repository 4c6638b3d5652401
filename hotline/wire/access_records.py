"""What records say of those who work at a node: logins, officers, shelved alarms, drafts.

All of them are in the node's own log. None holds a password, a code, a token or a text that
nobody has released yet; a name that no officer has is not entered, since people type passwords
into the wrong field.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from msgspec import Meta

from hotline.wire.records import Moment, Officer, Peer, Record, Remark, SomeOfficer
from hotline.wire.shapes import Count, ErrorCode, Hash

MAX_ADDRESS: Final = 80
"""Characters of the address that somebody came from."""

Address = Annotated[str, Meta(max_length=MAX_ADDRESS)]
Number = Annotated[int, Meta(ge=1, le=2**62)]
RoleNames = Annotated[
    tuple[Literal["officer", "supervisor", "auditor", "director"], ...],
    Meta(min_length=1, max_length=4),
]
EndedBy = Literal["logout", "idle", "expired", "disabled", "password", "secret", "recovered"]
RefusedFor = Literal["unknown", "disabled", "password", "code", "throttled"]


class SessionBegan(Record, frozen=True, tag_field="state", tag="began"):
    """``session``: ``officer`` logged in."""

    officer: SomeOfficer
    address: Address


class SessionEnded(Record, frozen=True, tag_field="state", tag="ended"):
    """``session``: one of ``officer`` ended, and why."""

    officer: SomeOfficer
    why: EndedBy


class SessionRefused(Record, frozen=True, tag_field="state", tag="refused"):
    """``session``: somebody was not let in.

    ``officer`` is whose name was given, empty where no officer has it. ``throttled`` stands once
    for all that was tried in ``wait_s`` seconds.
    """

    officer: Officer
    address: Address
    why: RefusedFor
    wait_s: Count


class OfficerAdded(Record, frozen=True, tag_field="step", tag="added"):
    """``officer``: ``by`` lets ``officer`` work here in these roles."""

    officer: SomeOfficer
    roles: RoleNames
    by: SomeOfficer


class OfficerDisabled(Record, frozen=True, tag_field="step", tag="disabled"):
    """``officer``: nobody logs in as ``officer`` any more."""

    officer: SomeOfficer
    by: SomeOfficer


class RolesChanged(Record, frozen=True, tag_field="step", tag="roles"):
    """``officer``: ``officer`` has these roles from here on, in open sessions too."""

    officer: SomeOfficer
    roles: RoleNames
    by: SomeOfficer


class PasswordChanged(Record, frozen=True, tag_field="step", tag="password"):
    """``officer``: ``officer`` has another password from here on."""

    officer: SomeOfficer
    by: SomeOfficer


class SecretRenewed(Record, frozen=True, tag_field="step", tag="secret"):
    """``officer``: ``officer`` has another second factor from here on."""

    officer: SomeOfficer
    by: SomeOfficer


class AlarmShelved(Record, frozen=True):
    """``alarm-shelved``: an alarm is kept quiet until ``until_us``; it stands all the same."""

    alarm: Number
    officer: SomeOfficer
    reason: Remark
    until_us: Moment


class AlarmUnshelved(Record, frozen=True):
    """``alarm-unshelved``: it is heard again; ``officer`` is empty where its time was over."""

    alarm: Number
    officer: Officer


class DraftBegun(Record, frozen=True, tag_field="step", tag="begun"):
    """``draft``: ``officer`` began to write a message."""

    draft: Number
    officer: SomeOfficer


class DraftOffered(Record, frozen=True, tag_field="step", tag="offered"):
    """``draft``: ``officer`` offers it, as ``digest`` (SHA-256 of its document), for release."""

    draft: Number
    officer: SomeOfficer
    digest: Hash


class DraftReturned(Record, frozen=True, tag_field="step", tag="returned"):
    """``draft``: ``officer`` does not release it, and says why."""

    draft: Number
    officer: SomeOfficer
    reason: Remark


class DraftReleased(Record, frozen=True, tag_field="step", tag="released"):
    """``draft``: ``officer`` releases what ``offered_by`` offered, before it is signed.

    ``offered_by`` is empty where the letter asks for no second officer.
    """

    draft: Number
    officer: SomeOfficer
    offered_by: Officer
    digest: Hash
    peer: Peer


class DraftSent(Record, frozen=True, tag_field="step", tag="sent"):
    """``draft``: what was released is signed, as ``message``."""

    draft: Number
    message: Hash


class DraftUnsent(Record, frozen=True, tag_field="step", tag="unsent"):
    """``draft``: what was released could not be signed, and why."""

    draft: Number
    code: ErrorCode


class DraftDeleted(Record, frozen=True, tag_field="step", tag="deleted"):
    """``draft``: ``officer`` threw it away."""

    draft: Number
    officer: SomeOfficer


SESSION: Final = "session"
OFFICER: Final = "officer"
SHELVED: Final = "alarm-shelved"
UNSHELVED: Final = "alarm-unshelved"
DRAFT: Final = "draft"
"""The kinds of these records."""

ACCESS_FORMS: Final[dict[str, Any]] = {
    SESSION: SessionBegan | SessionEnded | SessionRefused,
    OFFICER: OfficerAdded | OfficerDisabled | RolesChanged | PasswordChanged | SecretRenewed,
    SHELVED: AlarmShelved,
    UNSHELVED: AlarmUnshelved,
    DRAFT: DraftBegun
    | DraftOffered
    | DraftReturned
    | DraftReleased
    | DraftSent
    | DraftUnsent
    | DraftDeleted,
}
