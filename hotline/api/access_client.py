"""The client's methods for access: sessions, officers, drafts, and alarms that are shelved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote

from hotline.api import access_shapes, schema

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

T = TypeVar("T")


class AccessMethods:
    """What `hotline.api.client.Client` asks of a node about who works there.

    Methods have the names of the operations. Those without a name of an officer are about the
    session in which this client speaks (`Client.on_behalf_of`).
    """

    if TYPE_CHECKING:

        async def _get(
            self,
            path: str,
            type_: type[T],
            parameters: Mapping[str, str | Sequence[str] | int | None] | None = None,
            fine: tuple[int, ...] = (200,),
        ) -> T: ...

        async def _post(
            self, path: str, body: schema.Request | None, type_: type[T], wait_s: float = 0.0
        ) -> T: ...

        async def _delete(
            self,
            path: str,
            type_: type[T],
            parameters: Mapping[str, str | Sequence[str] | int | None] | None = None,
        ) -> T: ...

    # --- Sessions -------------------------------------------------------------------------

    async def log_in(self, request: access_shapes.LoginRequest) -> access_shapes.SessionView:
        """Begin a session; its token is told this once."""
        return await self._post("/v1/sessions", request, access_shapes.SessionView)

    async def session(self) -> access_shapes.SessionView:
        """Return this session, which counts as using it."""
        return await self._get("/v1/session", access_shapes.SessionView)

    async def end_session(self) -> access_shapes.SessionView:
        """End this session; return it as it was."""
        return await self._post("/v1/session/end", None, access_shapes.SessionView)

    async def set_language(self, language: str) -> access_shapes.SessionView:
        """Keep the language that the officer of this session reads."""
        body = access_shapes.LanguageRequest(language=language)
        return await self._post("/v1/session/language", body, access_shapes.SessionView)

    # --- Officers -------------------------------------------------------------------------

    async def officers(self) -> access_shapes.OfficerPage:
        """Return all officers, those who are disabled too."""
        return await self._get("/v1/officers", access_shapes.OfficerPage)

    async def add_officer(
        self, request: access_shapes.OfficerRequest
    ) -> access_shapes.OfficerAdded:
        """Add an officer; the second factor is told this once."""
        return await self._post("/v1/officers", request, access_shapes.OfficerAdded)

    async def disable_officer(self, name: str, by: str) -> access_shapes.OfficerPage:
        """Let nobody log in by this name any more."""
        body = access_shapes.DisableRequest(by=by)
        return await self._post(f"{_officer(name)}/disable", body, access_shapes.OfficerPage)

    async def change_roles(
        self, name: str, roles: Sequence[str], by: str
    ) -> access_shapes.OfficerPage:
        """Give an officer other roles, in open sessions too."""
        body = access_shapes.RolesRequest(roles=list(roles), by=by)
        return await self._post(f"{_officer(name)}/roles", body, access_shapes.OfficerPage)

    async def change_password(
        self, name: str, password: str, by: str, current: str = ""
    ) -> access_shapes.OfficerPage:
        """Give an officer another password."""
        body = access_shapes.PasswordRequest(password=password, by=by, current=current)
        return await self._post(f"{_officer(name)}/password", body, access_shapes.OfficerPage)

    async def renew_secret(self, name: str, by: str) -> access_shapes.OfficerAdded:
        """Give an officer another second factor, which is told this once."""
        body = access_shapes.SecretRequest(by=by)
        return await self._post(f"{_officer(name)}/secret", body, access_shapes.OfficerAdded)

    # --- Alarms ---------------------------------------------------------------------------

    async def shelve(self, id_: int, officer: str, reason: str, until: str) -> schema.AlarmPage:
        """Keep an alarm quiet until ``until`` (RFC 3339 with a zone); return those that stand."""
        body = access_shapes.ShelveRequest(officer=officer, reason=reason, until=until)
        return await self._post(f"/v1/alarms/{id_}/shelve", body, schema.AlarmPage)

    async def unshelve(self, id_: int, officer: str) -> schema.AlarmPage:
        """Have a shelved alarm heard again; return those that stand."""
        body = access_shapes.UnshelveRequest(officer=officer)
        return await self._post(f"/v1/alarms/{id_}/unshelve", body, schema.AlarmPage)

    async def alarm_statistics(self) -> access_shapes.AlarmStatistics:
        """Return what the alarms of the last 24 hours were like."""
        return await self._get("/v1/alarms/statistics", access_shapes.AlarmStatistics)

    # --- Drafts ---------------------------------------------------------------------------

    async def drafts(self) -> access_shapes.DraftPage:
        """Return every draft of this centre, what was changed last first."""
        return await self._get("/v1/drafts", access_shapes.DraftPage)

    async def draft(self, id_: int) -> access_shapes.Draft:
        """Return one draft."""
        return await self._get(f"/v1/drafts/{id_}", access_shapes.Draft)

    async def add_draft(self, request: access_shapes.DraftRequest) -> access_shapes.Draft:
        """Keep a new draft."""
        return await self._post("/v1/drafts", request, access_shapes.Draft)

    async def update_draft(
        self, id_: int, request: access_shapes.DraftUpdate
    ) -> access_shapes.Draft:
        """Replace a draft by what it shall be."""
        return await self._post(f"/v1/drafts/{id_}", request, access_shapes.Draft)

    async def delete_draft(self, id_: int, officer: str) -> access_shapes.DraftPage:
        """Throw a draft away; return those that are left."""
        return await self._delete(
            f"/v1/drafts/{id_}", access_shapes.DraftPage, {"officer": officer}
        )

    async def offer_draft(self, id_: int, officer: str, version: int) -> access_shapes.Draft:
        """Offer a finished draft to a second officer."""
        body = access_shapes.OfferRequest(officer=officer, version=version)
        return await self._post(f"/v1/drafts/{id_}/offer", body, access_shapes.Draft)

    async def release_draft(
        self, id_: int, officer: str, version: int, wait_s: float = 0.0
    ) -> schema.Sent:
        """Have a draft signed and sent as it stands; the draft is gone then."""
        body = access_shapes.ReleaseRequest(officer=officer, version=version, wait_s=wait_s)
        return await self._post(f"/v1/drafts/{id_}/release", body, schema.Sent, wait_s=wait_s)

    async def return_draft(self, id_: int, officer: str, reason: str) -> access_shapes.Draft:
        """Give an offered draft back, and say why."""
        body = access_shapes.ReturnRequest(officer=officer, reason=reason)
        return await self._post(f"/v1/drafts/{id_}/return", body, access_shapes.Draft)


def _officer(name: str) -> str:
    return f"/v1/officers/{quote(name, safe='', errors='replace')}"
