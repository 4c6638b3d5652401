"""Sessions, officers, shelved alarms: the handlers."""

from __future__ import annotations

from functools import partial

import msgspec
from aiohttp import web

from hotline.api import schema
from hotline.api.access_guard import require_role, require_session, session_of
from hotline.api.access_shapes import (
    AlarmCodeCount,
    AlarmCount,
    AlarmFlood,
    AlarmStatistics,
    DisableRequest,
    LanguageRequest,
    LoginRequest,
    OfficerAdded,
    OfficerPage,
    OfficerRequest,
    OfficerView,
    PasswordRequest,
    RolesRequest,
    SecretRequest,
    SessionView,
    ShelveRequest,
    UnshelveRequest,
)
from hotline.api.requests import number_of, officer_of, read_body, remark_of
from hotline.api.route import SUPERVISOR
from hotline.api.views import alarm_view
from hotline.audit.export.values import time_or_none, time_text
from hotline.errors import UsageError
from hotline.journal.access import StoredOfficer
from hotline.model.access import Role, name_key, roles_of
from hotline.model.alarm_priority import priority_of
from hotline.model.times import parse_time
from hotline.node.access import Session
from hotline.node.access_codes import secret_text, secret_uri
from hotline.node.alarm_statistics import statistics
from hotline.node.centre import Centre

# --- Sessions -------------------------------------------------------------------------------------


async def log_in(centre: Centre, request: web.Request) -> schema.Shape:
    """Begin a session."""
    asked = await read_body(request, LoginRequest)
    token, session = await centre.access.log_in(
        asked.officer, asked.password, asked.code, asked.address, asked.device
    )
    device = centre.access.known_device(asked.device, session.officer)
    return msgspec.structs.replace(_session(centre, session, token), device=device)


async def session(centre: Centre, request: web.Request) -> schema.Shape:
    """Return the session in which this is asked."""
    return _session(centre, require_session(request))


async def end_session(centre: Centre, request: web.Request) -> schema.Shape:
    """End the session in which this is asked."""
    found = require_session(request)
    await centre.access.end(found)
    return _session(centre, found)


async def set_language(centre: Centre, request: web.Request) -> schema.Shape:
    """Keep the language of the session's officer."""
    asked = await read_body(request, LanguageRequest)
    return _session(
        centre, await centre.access.set_language(require_session(request), asked.language)
    )


def _session(centre: Centre, found: Session, token: str = "") -> SessionView:
    kept = found.stored
    return SessionView(
        token=token,
        officer=found.officer,
        roles=[role.value for role in Role if role in found.roles],
        language=found.language,
        started_at=time_text(kept.started_us),
        ends_at=time_text(kept.ends_us),
        idle_until=time_text(min(kept.ends_us, kept.used_us + centre.access.idle_us)),
    )


# --- Officers -------------------------------------------------------------------------------------


async def officers(centre: Centre, request: web.Request) -> schema.Shape:
    """Return all officers."""
    del request
    return await _page(centre)


async def add_officer(centre: Centre, request: web.Request) -> schema.Shape:
    """Add an officer; return the second factor."""
    asked = await read_body(request, OfficerRequest)
    added, secret = await centre.access.add(
        asked.name, roles_of(asked.roles), asked.language, asked.password, officer_of(asked.by)
    )
    return _added(centre, added, secret)


async def disable_officer(centre: Centre, request: web.Request) -> schema.Shape:
    """Let nobody log in by a name any more."""
    asked = await read_body(request, DisableRequest)
    await centre.access.disable(request.match_info["name"], officer_of(asked.by))
    return await _page(centre)


async def change_roles(centre: Centre, request: web.Request) -> schema.Shape:
    """Give an officer other roles; in a session nobody gives himself any."""
    asked = await read_body(request, RolesRequest)
    name, speaker = request.match_info["name"], session_of(request)
    if speaker is not None and name_key(speaker.officer) == name_key(name):
        raise UsageError(
            "access.own-roles",
            "nobody changes his own roles",
            "have another supervisor do it, or `hotline officer roles` at the node",
        )
    await centre.access.change_roles(name, roles_of(asked.roles), officer_of(asked.by))
    return await _page(centre)


async def change_password(centre: Centre, request: web.Request) -> schema.Shape:
    """Give an officer another password; in a session one's own only with the old one."""
    asked = await read_body(request, PasswordRequest)
    name, speaker = request.match_info["name"], session_of(request)
    own = speaker is not None and name_key(speaker.officer) == name_key(name)
    if speaker is not None and own:
        await centre.access.require_current(speaker, asked.current)
    else:
        require_role(speaker, SUPERVISOR)
    await centre.access.change_password(name, asked.password, officer_of(asked.by))
    # Whoever may not see who works here sees himself.
    seen = speaker is None or bool(speaker.roles & {Role.SUPERVISOR, Role.AUDITOR})
    return await _page(centre, None if seen else name)


async def renew_secret(centre: Centre, request: web.Request) -> schema.Shape:
    """Give an officer another second factor."""
    asked = await read_body(request, SecretRequest)
    found, secret = await centre.access.renew_secret(
        request.match_info["name"], officer_of(asked.by)
    )
    return _added(centre, found, secret)


async def _page(centre: Centre, only: str | None = None) -> OfficerPage:
    found = await centre.access.officers()
    return OfficerPage(
        officers=[
            _officer(one) for one in found if only is None or name_key(one.name) == name_key(only)
        ]
    )


def _officer(found: StoredOfficer) -> OfficerView:
    return OfficerView(
        name=found.name,
        roles=[role.value for role in found.roles],
        language=found.language,
        added_at=time_text(found.added_us),
        added_by=found.added_by,
        disabled_at=time_or_none(found.disabled_us),
        disabled_by=found.disabled_by,
        last_login_at=time_or_none(found.last_login_us),
    )


def _added(centre: Centre, found: StoredOfficer, secret: bytes) -> OfficerAdded:
    return OfficerAdded(
        officer=_officer(found),
        secret=secret_text(secret),
        uri=secret_uri(secret, found.name, centre.config.centre),
    )


# --- Alarms ---------------------------------------------------------------------------------------


async def shelve(centre: Centre, request: web.Request) -> schema.Shape:
    """Keep an alarm quiet until a time."""
    asked = await read_body(request, ShelveRequest)
    await centre.bell.shelve(
        number_of(request, "alarm"),
        officer_of(asked.officer),
        remark_of(asked.reason, "a reason"),
        parse_time(asked.until),
    )
    return _standing(centre)


async def unshelve(centre: Centre, request: web.Request) -> schema.Shape:
    """Have an alarm heard again."""
    asked = await read_body(request, UnshelveRequest)
    await centre.bell.unshelve(number_of(request, "alarm"), officer_of(asked.officer))
    return _standing(centre)


def _standing(centre: Centre) -> schema.AlarmPage:
    bell = centre.bell
    return schema.AlarmPage(
        alarms=[alarm_view(alarm, bell.shelved(alarm.id)) for alarm in bell.standing]
    )


async def alarm_statistics(centre: Centre, request: web.Request) -> schema.Shape:
    """Return what the alarms of the last day were like."""
    del request
    found = await centre.reader.run(partial(statistics, now_us=centre.clock.wall_us()))
    standing = centre.bell.standing
    return AlarmStatistics(
        at=time_text(found.at_us),
        total=found.total,
        hours=[AlarmCount(at=time_text(at), count=count) for at, count in found.hours],
        ten_minutes=[AlarmCount(at=time_text(at), count=count) for at, count in found.ten_minutes],
        floods=[
            AlarmFlood(
                from_at=time_text(one.from_us), until=time_text(one.until_us), count=one.count
            )
            for one in found.floods
        ],
        by_code=[
            AlarmCodeCount(
                code=code, priority=priority_of(code), count=count, share=count / found.total
            )
            for code, count in found.by_code
        ],
        by_priority={priority.value: share for priority, share in found.by_priority.items()},
        mean_acknowledge_s=found.mean_acknowledge_s,
        standing=len(standing),
        unacknowledged=sum(alarm.acknowledged_us is None for alarm in standing),
        shelved=sum(centre.bell.shelved(alarm.id) is not None for alarm in standing),
    )
