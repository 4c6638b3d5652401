"""The shapes of access: officers, their sessions, drafts, and what the alarms are like.

No shape but `OfficerAdded` and the `SessionView` of a login ever holds a secret, and none holds a
password that is not on its way in.
"""

from __future__ import annotations

from typing import Any

from hotline.api.schema import Marked, Request, Shape

# --- Sessions -------------------------------------------------------------------------------------


class LoginRequest(Request, frozen=True, kw_only=True):
    """Somebody who says who he is, and shows it by a password and the code of this half minute.

    ``address`` is where he sits, as the console sees it; attempts are counted by it too. ``code``
    may be empty only where node.toml says that there is no second factor. ``device`` is what a
    login on the same device has returned as `SessionView.device`, or empty: then attempts are
    counted by the device, and nobody who tries the name elsewhere keeps its officer out.
    """

    officer: str
    password: str
    code: str = ""
    address: str = ""
    device: str = ""


class SessionView(Marked, frozen=True, kw_only=True):
    """A session that lives. ``token`` is told once, when it begins; it is empty ever after.

    ``roles`` are among officer, supervisor, auditor and director. It ends at ``ends_at`` whatever
    happens, and at ``idle_until`` unless it is used before. ``device``, told when it begins too, is
    for the device to keep: up to 500 characters, that let nobody in.
    """

    token: str
    officer: str
    roles: list[str]
    language: str
    started_at: str
    ends_at: str
    idle_until: str
    device: str = ""


class LanguageRequest(Request, frozen=True, kw_only=True):
    """The language in which the officer of this session reads from now on: en, ru or he."""

    language: str


# --- Officers -------------------------------------------------------------------------------------


class OfficerView(Shape, frozen=True, kw_only=True):
    """One officer; a time is None for what never happened."""

    name: str
    roles: list[str]
    language: str
    added_at: str
    added_by: str
    disabled_at: str | None = None
    disabled_by: str = ""
    last_login_at: str | None = None


class OfficerPage(Marked, frozen=True, kw_only=True):
    """All officers of this centre, by name; those who were disabled too."""

    officers: list[OfficerView]


class OfficerAdded(Marked, frozen=True, kw_only=True):
    """An officer with a new second factor, which is told this once.

    ``secret`` is in base32, ``uri`` the same as the key URI that authenticator programs read.
    """

    officer: OfficerView
    secret: str
    uri: str


class OfficerRequest(Request, frozen=True, kw_only=True):
    """A new officer; ``by`` is whoever adds him."""

    name: str
    roles: list[str]
    password: str
    by: str
    language: str = "en"


class DisableRequest(Request, frozen=True, kw_only=True):
    """Nobody logs in by this name any more, and its sessions end at once."""

    by: str


class RolesRequest(Request, frozen=True, kw_only=True):
    """What an officer is trusted with from here on, in open sessions too."""

    roles: list[str]
    by: str


class PasswordRequest(Request, frozen=True, kw_only=True):
    """A new password, which ends the sessions that the old one opened.

    ``current`` is the old one: needed by whoever changes his own in a session.
    """

    password: str
    by: str
    current: str = ""


class SecretRequest(Request, frozen=True, kw_only=True):
    """A new second factor, which ends the sessions that the old one opened."""

    by: str


# --- Alarms ---------------------------------------------------------------------------------------


class ShelveRequest(Request, frozen=True, kw_only=True):
    """An alarm that shall not sound or flash until then; it still stands, and is still shown."""

    officer: str
    reason: str
    until: str


class UnshelveRequest(Request, frozen=True, kw_only=True):
    """An alarm that is to be heard again before its time."""

    officer: str


class AlarmCount(Shape, frozen=True, kw_only=True):
    """How many alarms were raised from ``at`` on, until the next count begins."""

    at: str
    count: int


class AlarmFlood(Shape, frozen=True, kw_only=True):
    """A time in which more than ten alarms came in ten minutes (ISA-18.2), until it was over."""

    from_at: str
    until: str
    count: int


class AlarmCodeCount(Shape, frozen=True, kw_only=True):
    """How often an alarm was raised, and what share of all that is, from 0 to 1."""

    code: str
    priority: str
    count: int
    share: float


class AlarmStatistics(Marked, frozen=True, kw_only=True):
    """What the alarms of the last 24 hours were like.

    ``hours`` has 24 counts, ``ten_minutes`` 144, oldest first and each aligned on the full hour or
    ten minutes; the last of them is not over. ``by_code`` has the most frequent first, of
    ``by_priority`` each value is a share from 0 to 1. ``mean_acknowledge_s`` is over those that
    were acknowledged, None for none. ``standing`` and ``shelved`` count those of now.
    """

    at: str
    total: int
    hours: list[AlarmCount]
    ten_minutes: list[AlarmCount]
    floods: list[AlarmFlood]
    by_code: list[AlarmCodeCount]
    by_priority: dict[str, float]
    mean_acknowledge_s: float | None
    standing: int
    unacknowledged: int
    shelved: int


# --- Drafts ---------------------------------------------------------------------------------------


class Draft(Marked, frozen=True, kw_only=True):
    """A message that is being written, finished or not; nothing of it is signed.

    ``document`` is any JSON object, as the page keeps it: only a release reads it as a message.
    ``about`` is the message or notice that it is about. ``author`` wrote it first, ``updated_by``
    last. One that is offered waits for a second officer; one that came back says why.
    ``version`` grows with every change, and an update names the one that it knows.
    """

    id: int
    author: str
    document: dict[str, Any]
    precedence: str
    peer: str
    kind: str
    about: str
    updated_at: str
    updated_by: str
    version: int
    offered_at: str | None = None
    offered_by: str = ""
    returned_at: str | None = None
    returned_by: str = ""
    returned_reason: str = ""


class DraftPage(Marked, frozen=True, kw_only=True):
    """Drafts of this centre, what was changed last first."""

    drafts: list[Draft]


class DraftRequest(Request, frozen=True, kw_only=True):
    """A new draft; empty fields are still open."""

    officer: str
    document: dict[str, Any]
    precedence: str = ""
    peer: str = ""
    kind: str = ""
    about: str = ""


class DraftUpdate(Request, frozen=True, kw_only=True):
    """A draft as it shall be, all of it; ``version`` is the one that this was made from.

    An update takes back an offer: what the second officer releases is what was offered.
    """

    officer: str
    version: int
    document: dict[str, Any]
    precedence: str = ""
    peer: str = ""
    kind: str = ""
    about: str = ""


class OfferRequest(Request, frozen=True, kw_only=True):
    """A draft that is finished, for a second officer to release."""

    officer: str
    version: int


class ReleaseRequest(Request, frozen=True, kw_only=True):
    """A draft that is to be signed and sent as it stands, under ``version``.

    The message names the officer who offered it, or, where nobody had to, the one who releases it.
    """

    officer: str
    version: int
    wait_s: float = 0.0


class ReturnRequest(Request, frozen=True, kw_only=True):
    """A draft that the second officer does not release, and why."""

    officer: str
    reason: str
