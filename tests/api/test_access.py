"""Officers, sessions, roles, drafts and shelved alarms, asked for as a console does."""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import msgspec
import pyotp
import pytest
from argon2 import PasswordHasher
from openapi_spec_validator import OpenAPIV31SpecValidator

from hotline.api import schema
from hotline.api.access_routes import ACCESS_ROUTES
from hotline.api.access_shapes import (
    DraftRequest,
    DraftUpdate,
    LoginRequest,
    OfficerAdded,
    OfficerRequest,
    SessionView,
)
from hotline.api.client import Client
from hotline.api.exercise_shapes import ExerciseRequest, FaultRequest, WatchRequest
from hotline.api.openapi import document
from hotline.api.route import SESSION
from hotline.api.routes import ROUTES
from hotline.errors import UsageError
from hotline.model.access import Role
from hotline.node import access_passwords
from hotline.node.access_turns import Turns
from hotline.node.centre import Centre
from hotline.node.clock import Clock
from tests.api.conftest import Pair, ask
from tests.centres import PATIENCE_S, client_of, eventually, example, running, sites

PASSWORD = "correct horse battery staple"


class SetClock(Clock):
    """A clock that a test sets forward; it starts at the machine's time."""

    ahead_us = 0

    def wall_us(self) -> int:
        """Return the time as it was set."""
        return time.time_ns() // 1000 + self.ahead_us

    def forward(self, seconds: float) -> None:
        """Let so many seconds pass."""
        self.ahead_us += round(seconds * 1e6)


HOLDER_DISABLED = "watch.officer-disabled"
"""The alarm about an officer on duty who may not log in any more."""


@dataclass
class Desk:
    """One centre without a line that is up, its client, and a clock that is set by hand."""

    centre: Centre
    client: Client
    clock: SetClock

    async def add(self, name: str, *roles: str) -> OfficerAdded:
        """Add an officer, as the centre itself."""
        request = OfficerRequest(
            name=name, roles=list(roles or ("officer",)), password=PASSWORD, by="root"
        )
        return await self.client.add_officer(request)

    def code(self, added: OfficerAdded, steps: int = 0) -> str:
        """Return the code of now, or of so many steps later."""
        at = datetime.fromtimestamp(self.clock.wall_us() / 1e6, UTC)
        return pyotp.TOTP(added.secret).at(at, counter_offset=steps)

    async def log_in(self, added: OfficerAdded, **changes: str) -> SessionView:
        """Log an officer in with what is right, unless ``changes`` differ; a new code each time."""
        self.clock.forward(60)
        given = {
            "officer": added.officer.name,
            "password": PASSWORD,
            "code": self.code(added),
            "address": "127.0.0.1",
        }
        return await self.client.log_in(LoginRequest(**(given | changes)))

    async def enter(self, name: str, *roles: str) -> Client:
        """Add an officer and return a client that asks in his session."""
        session = await self.log_in(await self.add(name, *roles))
        return self.client.on_behalf_of(session.token)


@pytest.fixture(autouse=True)
def _quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have passwords cost a hundredth of what they do: argon2id all the same."""
    monkeypatch.setattr(
        access_passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=512, parallelism=1)
    )


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """Run hmeimim alone, with a clock that is set by hand."""
    clock = SetClock()
    _, site = sites(tmp_path)
    site.configure("iaf", port=0)
    async with running(site.node(clock=clock)) as centre, client_of(centre) as client:
        yield Desk(centre, client, clock)


class Refusing:
    """Expects a refusal of a code: ``async with`` is not needed, the block awaits."""

    def __init__(self, code: str) -> None:
        self.code = code

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, kind: object, error: object, trace: object) -> bool:
        """Take the refusal that was expected; complain about any other end."""
        assert isinstance(error, UsageError), f"{self.code} was due, not {error!r}"
        assert error.code == self.code, error
        return True


async def said(client: Client, kind: str) -> list[dict[str, object]]:
    """Return what the node's log has of a kind, oldest first."""
    page = await client.log(kind=[kind], log="node")
    return [entry.what for entry in reversed(page.entries)]


# --- Logging in -----------------------------------------------------------------------------------


async def test_an_officer_logs_in_is_known_and_logs_out(desk: Desk) -> None:
    """A session says who it is of, its token is told once, and each step is an entry by name."""
    added = await desk.add("דן לוי", "officer", "supervisor")
    session = await desk.log_in(added)
    assert (session.officer, session.roles) == ("דן לוי", ["officer", "supervisor"])
    assert len(session.token) >= 43
    own = desk.client.on_behalf_of(session.token)
    seen = await own.session()
    assert (seen.token, seen.officer, seen.language) == ("", "דן לוי", "en")
    assert (await own.set_language("he")).language == "he"
    await own.end_session()
    with Refusing("access.no-session"):
        await own.session()
    assert [one["state"] for one in await said(desk.client, "session")] == ["began", "ended"]
    (entry,) = await said(desk.client, "officer")
    assert (entry["officer"], entry["by"], entry["roles"]) == (
        "דן לוי",
        "root",
        ["officer", "supervisor"],
    )
    assert (await desk.client.officers()).officers[0].last_login_at is not None


async def test_whoever_is_not_let_in_is_told_the_same_whatever_is_wrong(desk: Desk) -> None:
    """Unknown name, wrong password, wrong code, disabled: one answer, and the record knows why."""
    added = await desk.add("levy")
    await desk.add("chief", "supervisor")
    gone = await desk.add("gone")
    await desk.client.disable_officer("gone", "root")
    answers = set()
    for who, changes in (
        (added, {"officer": "nobody at all"}),
        (added, {"password": "correct horse battery stable"}),
        (added, {"code": "000000"}),
        (added, {"code": "not a number"}),
        (added, {"code": ""}),
        (added, {"password": "x" * 5000}),
        (added, {"officer": "\x00" * 300}),
        (gone, {}),
    ):
        with pytest.raises(UsageError) as caught:
            await desk.log_in(who, **changes)
        answers.add((caught.value.code, caught.value.message, caught.value.hint))
        desk.clock.forward(4000)
    assert len(answers) == 1
    assert {code for code, _, _ in answers} == {"access.refused"}
    told = [(one["officer"], one["why"]) for one in await said(desk.client, "session")]
    assert told == [
        ("", "unknown"),
        ("levy", "password"),
        ("levy", "code"),
        ("levy", "code"),
        ("levy", "code"),
        ("levy", "password"),
        ("", "unknown"),
        ("gone", "disabled"),
    ]


async def test_a_code_is_good_once(desk: Desk) -> None:
    """Who saw a code typed cannot use it, nor an older one; the next one is taken."""
    added = await desk.add("levy")
    code = desk.code(added)
    late = desk.code(added, -1)
    request = LoginRequest(officer="LEVY", password=PASSWORD, code=code)
    assert (await desk.client.log_in(request)).officer == "levy"
    for again in (code, late):
        with Refusing("access.refused"):
            await desk.client.log_in(msgspec.structs.replace(request, code=again))
    ahead = desk.code(added, 1)
    assert (await desk.client.log_in(msgspec.structs.replace(request, code=ahead))).token


async def test_two_logins_at_once_with_one_code_open_one_session(desk: Desk) -> None:
    """The journal decides which of them had the code first."""
    added = await desk.add("levy")
    request = LoginRequest(officer="levy", password=PASSWORD, code=desk.code(added))
    ended = await asyncio.gather(
        *(desk.client.log_in(request) for _ in range(3)), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in ended) == ["SessionView"] + ["UsageError"] * 2


async def test_who_guesses_waits_longer_and_longer_and_a_restart_does_not_help(
    tmp_path: Path,
) -> None:
    """After five failures 15 s, then twice as long each time, at most 15 minutes."""
    clock = SetClock()
    _, site = sites(tmp_path)
    site.configure("iaf", port=0)
    async with running(site.node(clock=clock)) as centre, client_of(centre) as client:
        desk = Desk(centre, client, clock)
        added = await desk.add("levy")
        wrong = LoginRequest(officer="levy", password="wrong" * 5, address="10.0.0.9")
        waits = []
        for _ in range(5):
            with Refusing("access.refused"):
                await client.log_in(wrong)
        for _ in range(9):
            with pytest.raises(UsageError) as caught:
                await client.log_in(wrong)
            assert caught.value.code == "access.throttled"
            waits.append(int(caught.value.message.rpartition(" for ")[2].split()[0]))
            clock.forward(waits[-1])
            with Refusing("access.refused"):
                await client.log_in(wrong)
        # A failure fades in a quarter of an hour, so the longest wait is the steady one.
        assert waits == [15, 30, 60, 120, 240, 480, 480, 900, 900]
        with Refusing("access.throttled"):  # also with what is right, from elsewhere
            await client.log_in(
                LoginRequest(officer="levy", password=PASSWORD, code=desk.code(added))
            )
        assert [one["why"] for one in await said(client, "session")].count("throttled") >= 5
    async with running(site.node(clock=clock)) as centre, client_of(centre) as client:
        with Refusing("access.throttled"):
            await client.log_in(wrong)
        clock.forward(900)
        desk = Desk(centre, client, clock)
        assert (await desk.log_in(added, address="10.0.0.8")).officer == "levy"
        with Refusing("access.refused"):  # and it is counted from the beginning again
            await client.log_in(wrong)


async def test_many_guesses_at_once_are_each_counted(desk: Desk) -> None:
    """An attempt counts before its password is looked at: none of twenty at once is free."""
    await desk.add("levy")
    wrong = LoginRequest(officer="levy", password="wrong" * 5, address="10.0.0.9")
    ended = await asyncio.gather(
        *(desk.client.log_in(wrong) for _ in range(20)), return_exceptions=True
    )
    codes = Counter(one.code for one in ended if isinstance(one, UsageError))
    assert codes["access.refused"] <= 5
    assert codes.total() == 20
    with Refusing("access.refused" if codes["access.refused"] < 5 else "access.throttled"):
        await desk.client.log_in(wrong)


async def test_an_address_that_tries_many_names_waits_too(desk: Desk) -> None:
    """Twenty names from one place, and it has to wait whatever name it gives; others need not."""
    added = await desk.add("levy")
    codes = []
    for number in range(22):
        with pytest.raises(UsageError) as caught:
            await desk.client.log_in(
                LoginRequest(officer=f"name {number}", password="p" * 12, address="10.0.0.9")
            )
        codes.append(caught.value.code)
    assert codes == ["access.refused"] * 20 + ["access.throttled"] * 2
    assert (await desk.log_in(added, address="10.0.0.8")).officer == "levy"


async def test_nobody_is_kept_out_by_what_others_fail_with_on_the_same_machine(
    desk: Desk,
) -> None:
    """By SSH all come from loopback: what fails under other names there holds nobody up."""
    added = await desk.add("levy")
    for number in range(60):
        with Refusing("access.refused"):
            await desk.client.log_in(
                LoginRequest(officer=f"name {number}", password="p" * 12, address="127.0.0.1")
            )
    assert (await desk.log_in(added, address="127.0.0.1")).officer == "levy"


async def test_who_tries_a_name_elsewhere_keeps_nobody_out_of_his_own_device(desk: Desk) -> None:
    """A device that has logged in before is counted by itself; a supervisor frees any other."""
    levy, cohen = await desk.add("levy"), await desk.add("cohen")
    first = await desk.log_in(levy)
    both = (await desk.log_in(cohen, device=first.device)).device
    guess = LoginRequest(officer="levy", password="wrong" * 5, address="10.0.0.9")

    async def tried(**changes: str) -> list[str]:
        codes = []
        for _ in range(7):
            with pytest.raises(UsageError) as caught:
                await desk.client.log_in(msgspec.structs.replace(guess, **changes))
            codes.append(caught.value.code)
        return codes

    five = ["access.refused"] * 5 + ["access.throttled"] * 2
    assert await tried() == five
    right = LoginRequest(officer="levy", password=PASSWORD, code=desk.code(levy, 1))
    with Refusing("access.throttled"):
        await desk.client.log_in(right)
    known = await desk.client.log_in(msgspec.structs.replace(right, device=both))
    assert known.officer == "levy"
    # It lets nobody in, is good for no other name, and guesses on it are counted as all are.
    made_up = first.device[:-4] + ("AAAA" if first.device[-4:] != "AAAA" else "BBBB")
    only_cohens = (await desk.log_in(cohen)).device
    assert await tried() == ["access.refused"] + ["access.throttled"] * 6
    for other in (made_up, only_cohens, "x", "é.é", "A" * 5000):
        with Refusing("access.throttled"):
            await desk.client.log_in(msgspec.structs.replace(guess, device=other))
    assert await tried(device=both) == five
    await desk.client.change_password("levy", PASSWORD, "root")
    assert (await desk.log_in(levy)).officer == "levy"


async def test_a_flood_of_strangers_is_told_to_come_again_and_keeps_no_officer_out(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Few wait, the rest is not looked at, nor counted; a known device has a turn of its own."""
    levy = await desk.add("levy")
    kept = (await desk.log_in(levy)).device
    begun, go_on = Event(), Event()
    fits = access_passwords._fits

    def slow(kept: str, password: str) -> bool:
        if password == "p" * 12:
            begun.set()
            assert go_on.wait(PATIENCE_S)
        return fits(kept, password)

    monkeypatch.setattr(access_passwords, "_fits", slow)
    flood = [
        asyncio.create_task(
            desk.client.log_in(LoginRequest(officer=f"z{number}", password="p" * 12))
        )
        for number in range(40)
    ]
    await asyncio.to_thread(begun.wait, PATIENCE_S)
    await eventually(lambda: len([one for one in flood if one.done()]) == 40 - 8)
    with pytest.raises(UsageError, match=r"it may go again in [0-9]+ s") as caught:
        await desk.client.log_in(LoginRequest(officer="levy", password=PASSWORD))
    assert caught.value.code == "access.busy"
    assert (await desk.log_in(levy, device=kept)).officer == "levy"
    go_on.set()
    ended = await asyncio.gather(*flood, return_exceptions=True)
    codes = Counter(one.code for one in ended if isinstance(one, UsageError))
    assert codes == {"access.busy": 32, "access.refused": 8}
    assert (await desk.log_in(levy)).officer == "levy"


async def test_a_code_is_judged_by_when_it_was_sent(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long its turn takes: waiting makes no code too old."""
    levy = await desk.add("levy")
    fits = access_passwords._fits

    def late(kept: str, password: str) -> bool:
        desk.clock.forward(120)
        return fits(kept, password)

    monkeypatch.setattr(access_passwords, "_fits", late)
    assert (await desk.log_in(levy)).officer == "levy"


async def test_few_from_one_address_wait_at_a_time(desk: Desk) -> None:
    """One machine alone does not fill the line; another one has its turn."""
    turns = Turns()
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(turns.of("a", "10.0.0.9", known=False))
        second = asyncio.create_task(
            stack.enter_async_context(turns.of("b", "10.0.0.9", known=False))
        )
        await asyncio.sleep(0)
        with Refusing("access.busy"):
            await stack.enter_async_context(turns.of("c", "10.0.0.9", known=False))
        assert not second.done()
        other = asyncio.create_task(
            stack.enter_async_context(turns.of("d", "10.0.0.8", known=False))
        )
        await asyncio.sleep(0)
        assert not other.done()
        second.cancel()
        other.cancel()
        await asyncio.gather(second, other, return_exceptions=True)
    async with turns.of("c", "10.0.0.9", known=False):
        pass


async def test_a_session_ends_when_it_is_not_used_and_in_any_case_after_a_day(desk: Desk) -> None:
    """Twelve idle hours end it; used each hour it lasts for 24."""
    added = await desk.add("levy")
    idle = desk.client.on_behalf_of((await desk.log_in(added)).token)
    desk.clock.forward(12 * 3600 - 90)
    await idle.session()
    desk.clock.forward(12 * 3600 + 1)
    await desk.centre.access.sweep()
    with Refusing("access.no-session"):
        await idle.session()
    busy = desk.client.on_behalf_of((await desk.log_in(added)).token)
    for _ in range(23):
        desk.clock.forward(3600)
        await busy.session()
    desk.clock.forward(3601)
    await desk.centre.access.sweep()
    with Refusing("access.no-session"):
        await busy.session()
    last = desk.client.on_behalf_of((await desk.log_in(added)).token)
    desk.clock.forward(12 * 3600 + 1)
    with Refusing("access.no-session"):  # at once, also where nothing has swept
        await last.session()
    why = {one.get("why") for one in await said(desk.client, "session")}
    assert why >= {"idle", "expired"}


async def test_a_restart_ends_no_session_and_a_token_is_kept_as_its_hash_alone(
    tmp_path: Path,
) -> None:
    """The officer goes on; whoever reads the journal's file finds no token, code or password."""
    clock = SetClock()
    _, site = sites(tmp_path)
    site.configure("iaf", port=0)
    async with running(site.node(clock=clock)) as centre, client_of(centre) as client:
        added = await Desk(centre, client, clock).add("levy")
        token = (await Desk(centre, client, clock).log_in(added)).token
    async with running(site.node(clock=clock)) as centre, client_of(centre) as client:
        assert (await client.on_behalf_of(token).session()).officer == "levy"
        data = centre.journal.path.read_bytes()
        for secret in (token, PASSWORD, added.secret):
            assert secret.encode() not in data


# --- Officers -------------------------------------------------------------------------------------


async def test_disabling_and_new_secrets_end_sessions(desk: Desk) -> None:
    """Disabled, another password, another factor: what was opened before is over."""
    chief = await desk.enter("chief", "supervisor")
    for end in (
        lambda: chief.change_password("levy", "another password 7", "chief"),
        lambda: chief.renew_secret("levy", "chief"),
        lambda: chief.disable_officer("levy", "chief"),
    ):
        added = await desk.add("levy") if end else None
        assert added is not None
        own = desk.client.on_behalf_of((await desk.log_in(added)).token)
        await end()
        with Refusing("access.no-session"):
            await own.session()
        seen = {one.name: one for one in (await chief.officers()).officers}["levy"]
        if seen.disabled_at is None:
            await desk.client.disable_officer("levy", "root")
    with Refusing("access.already-disabled"):
        await chief.disable_officer("levy", "chief")
    with Refusing("access.unknown-officer"):
        await chief.disable_officer("nobody", "chief")


async def test_the_last_supervisor_stays(desk: Desk) -> None:
    """Somebody must be left who can add officers; a second one may be disabled."""
    await desk.add("chief", "supervisor")
    with Refusing("access.last-supervisor"):
        await desk.client.disable_officer("chief", "root")
    await desk.add("deputy", "supervisor")
    await desk.client.disable_officer("chief", "root")
    with Refusing("access.last-supervisor"):
        await desk.client.disable_officer("deputy", "root")


async def test_roles_are_changed_at_once_by_another_and_entered(desk: Desk) -> None:
    """Open sessions have them too; nobody gives himself any, and the last supervisor stays one."""
    chief = await desk.enter("chief", "supervisor")
    levy = await desk.enter("levy", "officer")
    with Refusing("access.not-your-role"):
        await levy.alarm_statistics()
    page = await chief.change_roles("LEVY", ["auditor", "officer"], "chief")
    assert {one.name: one.roles for one in page.officers}["levy"] == ["officer", "auditor"]
    await levy.alarm_statistics()
    assert (await levy.session()).roles == ["officer", "auditor"]
    await chief.change_roles("levy", ["auditor"], "chief")
    with Refusing("access.not-your-role"):
        await levy.add_draft(DraftRequest(officer="", document={}))
    with Refusing("access.own-roles"):
        await chief.change_roles("chief", ["director", "supervisor"], "chief")
    with Refusing("access.not-your-role"):
        await levy.change_roles("chief", ["auditor"], "levy")
    with Refusing("access.last-supervisor"):
        await desk.client.change_roles("chief", ["officer"], "root")
    with Refusing("access.bad-role"):
        await desk.client.change_roles("levy", [], "root")
    with Refusing("access.unknown-officer"):
        await desk.client.change_roles("nobody", ["officer"], "root")
    before = len(await said(desk.client, "officer"))
    await desk.client.change_roles("levy", ["auditor"], "root")
    entered = await said(desk.client, "officer")
    assert len(entered) == before, "what changes nothing is not entered"
    assert [one for one in entered if one["step"] == "roles"][-1] == {
        "step": "roles",
        "officer": "levy",
        "roles": ["auditor"],
        "by": "chief",
    }
    await desk.client.change_roles("levy", ["supervisor"], "root")
    await desk.client.change_roles("chief", ["officer"], "root")
    await desk.client.disable_officer("chief", "root")
    with Refusing("access.already-disabled"):
        await desk.client.change_roles("chief", ["officer"], "root")


async def test_an_officer_on_duty_who_is_disabled_is_told_until_somebody_has_the_watch(
    desk: Desk,
) -> None:
    """He has it still: the status says so, it rings, and ends with the relief or his return."""

    async def told() -> tuple[str, bool, list[str]]:
        status = await desk.client.status()
        ringing = [
            one.subject
            for one in status.alarms
            if one.code == HOLDER_DISABLED and not one.cleared_at
        ]
        return status.on_duty, status.on_duty_disabled, ringing

    await desk.add("levy", "officer")
    await desk.add("cohen", "officer")
    await desk.client.take_step(WatchRequest(step="taken", officer="Levy"))
    await desk.client.disable_officer("cohen", "root")
    assert await told() == ("Levy", False, [])
    await desk.client.disable_officer("levy", "root")
    assert await told() == ("Levy", True, ["Levy"])
    await desk.add("levy", "officer")
    assert await told() == ("Levy", False, [])
    await desk.client.disable_officer("levy", "root")
    await desk.client.take_step(WatchRequest(step="briefed", officer="dayan"))
    await desk.client.take_step(WatchRequest(step="assumed", officer="dayan", relieved="Levy"))
    assert await told() == ("dayan", False, [])


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "access.bad-name"),
        ("a" * 81, "access.bad-name"),
        ("a\nb", "access.bad-name"),
        ("a\u202eb", "access.bad-name"),
        ("LEVY", "access.officer-exists"),
        ("\uff4c\uff45\uff56\uff59", "access.officer-exists"),
    ],
)
async def test_names_that_cannot_be_told_apart_are_refused(
    desk: Desk, name: str, code: str
) -> None:
    """Empty, too long, steering, or another's name in other letters."""
    await desk.add("levy")
    with Refusing(code):
        await desk.add(name)


async def test_weak_passwords_unknown_roles_and_languages_are_refused(desk: Desk) -> None:
    """Nothing is added then."""
    good = OfficerRequest(name="levy", roles=["officer"], password=PASSWORD, by="root")
    for code, changes in (
        ("access.weak-password", {"password": "short"}),
        ("access.weak-password", {"password": "aaaaaaaaaaaaaaaa"}),
        ("access.weak-password", {"password": "x" * 300}),
        ("access.bad-role", {"roles": []}),
        ("access.bad-role", {"roles": ["king"]}),
        ("access.bad-language", {"language": "tlh"}),
        ("api.bad-officer", {"by": ""}),
    ):
        with Refusing(code):
            await desk.client.add_officer(msgspec.structs.replace(good, **changes))
    assert (await desk.client.officers()).officers == []


async def test_everybody_changes_his_own_password_knowing_the_old_one(desk: Desk) -> None:
    """Not with a stolen session alone, and not another's."""
    levy = await desk.enter("levy")
    await desk.enter("cohen")
    new = "a whole new password"
    with Refusing("access.refused"):
        await levy.change_password("levy", new, "levy")
    with Refusing("access.not-your-role"):
        await levy.change_password("cohen", new, "levy", PASSWORD)
    page = await levy.change_password("Levy", new, "levy", PASSWORD)
    assert [one.name for one in page.officers] == ["levy"]
    with Refusing("access.no-session"):
        await levy.session()


# --- Roles ----------------------------------------------------------------------------------------


async def test_each_role_may_do_what_the_table_says_and_no_more(desk: Desk) -> None:
    """The auditor changes nothing, the officer adds nobody, the director does not send."""
    auditor = await desk.enter("auditor", "auditor")
    officer = await desk.enter("officer", "officer")
    director = await desk.enter("director", "director")
    notice = schema.SendRequest(document=example("hmeimim/02-patrol.json"), officer="")
    await auditor.status()
    await auditor.officers()
    for asked in (
        auditor.send(notice),
        auditor.take_step(WatchRequest(step="taken", officer="auditor")),
        auditor.add_draft(DraftRequest(officer="auditor", document={})),
        officer.officers(),
        officer.alarm_statistics(),
        officer.break_(FaultRequest(kind="slow-disk", amount=0.01, by="officer")),
        officer.tell_exercise(ExerciseRequest(event="startex", name="Spring", by="officer")),
        director.send(notice),
        director.officers(),
    ):
        with Refusing("access.not-your-role"):
            await asked
    await officer.real_world("officer")  # everybody may stop play
    sent = await officer.send(notice)
    assert (await officer.message(sent.id)).message.composed_by == "officer"


async def test_nobody_acts_in_anothers_name(desk: Desk) -> None:
    """A name in the body is the session's, in any case of letters, or it is refused."""
    levy = await desk.enter("levy")
    await desk.enter("cohen")
    with Refusing("access.other-officer"):
        await levy.take_step(WatchRequest(step="taken", officer="cohen"))
    assert (await levy.take_step(WatchRequest(step="taken", officer="LEVY"))).on_duty == "levy"
    # The centre itself, by its socket, is as powerful as ever.
    await desk.client.take_step(WatchRequest(step="released", officer="levy"))


async def test_a_token_that_is_none_is_refused_and_no_token_is_the_centre(desk: Desk) -> None:
    """Also an empty one: a console that lost its session must not become the centre."""
    for token in ("", "x", "é" * 10, "A" * 4000):
        with Refusing("access.no-session"):
            await desk.client.on_behalf_of(token).status()
    with Refusing("access.no-session"):
        await desk.client.session()
    assert (await desk.client.status()).centre == "hmeimim"


def test_the_document_says_who_may_ask() -> None:
    """Each operation with roles has the header, 401 and 403; those about a session require it."""
    assert list(OpenAPIV31SpecValidator(document()).iter_errors()) == []
    for route in ROUTES:
        operation = document()["paths"][route.path][route.method.lower()]
        headers = [one for one in operation.get("parameters", ()) if one["in"] == "header"]
        assert bool(headers) == (route.roles is not None), route.path
        if headers:
            assert headers[0]["required"] == route.in_session
            assert {"401", "403"} <= operation["responses"].keys()
    assert {route.path for route in ROUTES if route.roles is None} == {
        "/health",
        "/ready",
        "/metrics",
        "/openapi.json",
        "/v1/sessions",
    }
    assert all(route in ROUTES for route in ACCESS_ROUTES)


def test_the_guide_says_of_every_operation_whose_it_is() -> None:
    """Each stands in the guide's table once, and each role may there what the node lets it do."""
    guide = (Path(__file__).parents[2] / "docs/howto/console.md").read_text("utf-8")
    rows = [line.split("|")[1:-1] for line in guide.splitlines() if line.startswith("| ")]
    (head,) = (row for row in rows if row[-1].strip() == "operations")
    roles = [Role(cell.strip().strip("`")) for cell in head[1:-1]]
    assert set(roles) == set(Role)
    told = [
        (operation.strip().strip("`"), role, cell.strip())
        for row in rows[rows.index(head) + 1 :]
        if len(row) == len(head)
        for operation in row[-1].split(",")
        for role, cell in zip(roles, row[1:-1], strict=True)
    ]
    may = [
        (route.operation, role, "yes" if role in route.roles else "no")
        for route in ROUTES
        if route.roles is not None
        for role in roles
    ]
    assert sorted(told) == sorted(may)


async def test_the_node_asks_each_role_for_every_operation(desk: Desk) -> None:
    """Whoever lacks the role of an operation is refused before anything is looked at."""
    for role in Role:
        token = (await desk.log_in(await desk.add(role, role))).token
        for route in ROUTES:
            if route.roles is None or (route.operation == "end_session" or role in route.roles):
                continue
            path = re.sub(r"{\w+}", "1", route.path)
            asked = await ask(desk.centre, route.method, path, headers={SESSION: token})
            assert asked.status == 403, (role, route.operation)
            assert asked.body["code"] == "access.not-your-role", (role, route.operation)


async def test_a_director_has_nothing_of_the_desks_drafts(desk: Desk) -> None:
    """He neither changes nor throws away what an officer writes; another officer may do both."""
    dana, levy = await desk.enter("dana", "director"), await desk.enter("levy")
    cohen = await desk.enter("cohen")
    made = await levy.add_draft(DraftRequest(officer="", document={"kind": "service"}))
    for asked in (
        dana.add_draft(DraftRequest(officer="", document={})),
        dana.update_draft(made.id, DraftUpdate(officer="", document={}, version=made.version)),
        dana.delete_draft(made.id, ""),
        dana.offer_draft(made.id, "", made.version),
    ):
        with Refusing("access.not-your-role"):
            await asked
    assert await levy.draft(made.id) == made
    update = DraftUpdate(officer="", document={"kind": "service", "text": "x"}, version=1)
    assert (await cohen.update_draft(made.id, update)).updated_by == "cohen"


# --- Drafts ---------------------------------------------------------------------------------------


async def test_what_is_typed_outlives_a_restart_and_a_stale_page_is_told(tmp_path: Path) -> None:
    """A draft is any JSON; a change from an older version is refused, and nothing is lost."""
    _, site = sites(tmp_path)
    site.configure("iaf", port=0)
    document_ = {"kind": "notice", "volumes": [{"half": "typed\u202e"}], "emoji": "✈" * 1000}
    async with running(site.node()) as centre, client_of(centre) as client:
        made = await client.add_draft(
            DraftRequest(officer="levy", document=document_, kind="notice", precedence="FLASH")
        )
        assert (made.version, made.author, made.document) == (1, "levy", document_)
    async with running(site.node()) as centre, client_of(centre) as client:
        (kept,) = (await client.drafts()).drafts
        assert (kept.id, kept.document, kept.version) == (made.id, document_, 1)
        update = DraftUpdate(officer="cohen", version=1, document={"kind": "notice"})
        changed = await client.update_draft(made.id, update)
        assert (changed.version, changed.updated_by, changed.author) == (2, "cohen", "levy")
        with Refusing("draft.changed"):
            await client.update_draft(made.id, update)
        with Refusing("draft.unknown"):
            await client.draft(made.id + 1)
        assert (await client.delete_draft(made.id, "levy")).drafts == []
        later = await client.add_draft(DraftRequest(officer="levy", document={}))
        assert later.id > made.id  # a number is never given twice
        steps = [one["step"] for one in await said(client, "draft")]
        assert steps == ["begun", "deleted", "begun"]


async def test_a_draft_is_offered_returned_offered_again_and_released(pair: Pair) -> None:
    """The message is of who offered it; who released it stands in the record."""
    a = pair.a
    made = await a.add_draft(
        DraftRequest(officer="levy", document=example("iaf/01-patrol.json"), kind="notice")
    )
    with Refusing("draft.not-offered"):
        await a.return_draft(made.id, "cohen", "why not")
    offered = await a.offer_draft(made.id, "levy", made.version)
    back = await a.return_draft(made.id, "cohen", "check the  upper level")
    assert (back.offered_at, back.returned_by) == (None, "cohen")
    assert back.returned_reason == "check the upper level"
    with Refusing("draft.changed"):
        await a.release_draft(made.id, "cohen", offered.version)
    again = await a.offer_draft(made.id, "levy", back.version)
    sent = await a.release_draft(made.id, "cohen", again.version, wait_s=PATIENCE_S)
    assert sent.receipt is not None
    assert (await a.message(sent.id)).message.composed_by == "levy"
    assert (await a.drafts()).drafts == []
    told = {one["step"]: one for one in await said(a, "draft")}
    assert (told["released"]["officer"], told["released"]["offered_by"]) == ("cohen", "levy")
    assert told["sent"]["message"] == sent.id
    with Refusing("draft.unknown"):
        await a.release_draft(made.id, "cohen", again.version)


@pytest.mark.parametrize("change", ["update", "withdraw"])
@pytest.mark.parametrize("ahead", [0, 1])
@pytest.mark.parametrize("at", ["read", "prepared"])
async def test_what_is_released_is_what_was_read(
    pair: Pair, monkeypatch: pytest.MonkeyPatch, at: str, ahead: int, change: str
) -> None:
    """Whenever somebody changes it, and whatever version is named, an old text never goes out."""
    old, new = ({"kind": "service", "text": text} for text in ("old", "new"))
    made = await pair.a.add_draft(DraftRequest(officer="levy", document=old, kind="service"))
    seen = await pair.a.offer_draft(made.id, "levy", made.version)
    # What changes it comes when the draft has been read, or when its message is ready.
    place, step = {
        "read": (pair.iaf.drafts, "find"),
        "prepared": (pair.iaf.desk, "prepare"),
    }[at]
    before = getattr(place, step)

    async def then_changed(*given: object, **named: object) -> object:
        monkeypatch.setattr(place, step, before)
        answer = await before(*given, **named)
        document = new if change == "update" else old
        update = DraftUpdate(officer="levy", document=document, version=seen.version)
        await pair.a.update_draft(made.id, update)
        return answer

    monkeypatch.setattr(place, step, then_changed)
    with Refusing("draft.changed"):
        await pair.a.release_draft(made.id, "cohen", seen.version + ahead)
    if (at, ahead) != ("prepared", 1):
        assert (await pair.a.draft(made.id)).offered_by == ""
    assert "released" not in [one["step"] for one in await said(pair.a, "draft")]
    assert (await pair.a.messages()).messages == []


async def test_what_cannot_be_sent_stays_a_draft(pair: Pair) -> None:
    """Half a notice is refused by the rules, and nobody is said to have released it."""
    made = await pair.a.add_draft(
        DraftRequest(officer="levy", document={"kind": "notice"}, kind="notice")
    )
    with pytest.raises(Exception, match=r"\[model\."):
        await pair.a.release_draft(made.id, "levy", made.version)
    assert (await pair.a.draft(made.id)).version == made.version
    assert [one["step"] for one in await said(pair.a, "draft")] == ["begun"]


async def test_where_the_letter_asks_for_two_a_second_officer_releases(tmp_path: Path) -> None:
    """One alone is refused: by sending, by releasing his own, under another case of his name."""
    _, site = sites(tmp_path)
    site.configure("iaf", port=0)
    text = site.letter.read_text("utf-8")
    site.letter.write_text(f"two_person_release = true\n{text}", "utf-8")
    clock = SetClock()
    async with running(site.node(clock=clock)) as centre, client_of(centre) as client:
        desk = Desk(centre, client, clock)
        levy, cohen = await desk.enter("levy"), await desk.enter("cohen")
        notice = example("hmeimim/02-patrol.json")
        for asked in (
            client.send(schema.SendRequest(document=notice, officer="levy")),
            levy.send(schema.SendRequest(document=notice)),
            levy.send(schema.SendRequest(document=notice, released_by="cohen")),
            client.send(schema.SendRequest(document=notice, officer="levy", released_by="Levy")),
        ):
            with Refusing("node.second-officer"):
                await asked
        made = await levy.add_draft(DraftRequest(officer="", document=notice, kind="notice"))
        with Refusing("node.second-officer"):
            await levy.release_draft(made.id, "levy", made.version)
        offered = await levy.offer_draft(made.id, "levy", made.version)
        with Refusing("node.second-officer"):
            await levy.release_draft(made.id, "levy", offered.version)
        sent = await cohen.release_draft(made.id, "cohen", offered.version)
        assert (await client.message(sent.id)).message.composed_by == "levy"
        # By the socket both are named at once, and the record has both.
        await client.send(
            schema.SendRequest(
                document=example("hmeimim/04-tanker.json"), officer="levy", released_by="cohen"
            )
        )
        released = [one for one in await said(client, "draft") if one["step"] == "released"]
        assert [(one["officer"], one["offered_by"]) for one in released] == [("cohen", "levy")] * 2
        assert (await client.drafts()).drafts == []
        # What stops play for something real waits for nobody.
        assert (await client.real_world("levy")).sent


async def test_half_a_character_is_refused_everywhere_and_breaks_nothing(desk: Desk) -> None:
    """JSON can write a lone surrogate; nothing that is asked makes the journal stumble on it."""
    await desk.centre.bell.ring("trust.fork", "", "", "two logs")
    half = b'"a' + bytes((0x5C,)) + b'ud800"'
    for path, body, status in (
        (
            "/v1/sessions",
            b'{"officer":%b,"password":%b,"code":%b,"address":%b}' % ((half,) * 4),
            400,
        ),
        (
            "/v1/officers",
            b'{"name":%b,"roles":["officer"],"password":"%b","by":"root"}'
            % (half, PASSWORD.encode()),
            400,
        ),
        ("/v1/officers/x/disable", b'{"by":%b}' % half, 400),
        ("/v1/officers/%ED%A0%80/disable", b'{"by":"root"}', 404),
        ("/v1/drafts", b'{"officer":"levy","document":{"t":%b}}' % half, 400),
        ("/v1/drafts", b'{"officer":"levy","document":{},"about":%b}' % half, 400),
        ("/v1/drafts", b'{"officer":%b,"document":{}}' % half, 400),
        ("/v1/alarms/1/shelve", b'{"officer":"levy","reason":%b,"until":"x"}' % half, 400),
    ):
        asked = await ask(desk.centre, "POST", path, raw=body)
        assert asked.status == status, (path, asked.body)
    assert [one.code for one in (await desk.client.alarms()).alarms if "journal" in one.code] == []


# --- Alarms ---------------------------------------------------------------------------------------


async def test_an_alarm_is_shelved_by_name_and_is_heard_again(desk: Desk) -> None:
    """Until its time, or before by somebody; it stands all along, and each step is an entry."""
    await desk.centre.bell.ring("trust.fork", "", "", "two logs")
    (alarm,) = [one for one in (await desk.client.alarms()).alarms if one.code == "trust.fork"]
    assert (alarm.priority, alarm.shelved_until) == ("high", None)

    def in_hours(hours: float) -> str:
        moment = datetime.fromtimestamp(desk.clock.wall_us() / 1e6, UTC)
        return (moment + timedelta(hours=hours)).isoformat()

    async def shown() -> schema.AlarmView:
        found = (await desk.client.status()).alarms
        return next(one for one in found if one.id == alarm.id)

    for code, until in (("alarm.bad-until", in_hours(25)), ("alarm.bad-until", in_hours(-1))):
        with Refusing(code):
            await desk.client.shelve(alarm.id, "levy", "known", until)
    with Refusing("api.bad-text"):
        await desk.client.shelve(alarm.id, "levy", " ", in_hours(1))
    with Refusing("alarm.unknown"):
        await desk.client.shelve(9999, "levy", "known", in_hours(1))
    await desk.client.shelve(alarm.id, "levy", "known, on it", in_hours(1))
    quiet = await shown()
    assert (quiet.shelved_by, quiet.shelved_reason) == ("levy", "known, on it")
    assert quiet.shelved_until is not None
    assert (await desk.client.alarm_statistics()).shelved == 1
    await desk.client.unshelve(alarm.id, "cohen")
    assert (await shown()).shelved_until is None
    with Refusing("alarm.not-shelved"):
        await desk.client.unshelve(alarm.id, "cohen")
    await desk.client.shelve(alarm.id, "levy", "again", in_hours(1))
    desk.clock.forward(3601)
    assert (await shown()).shelved_until is None
    await desk.centre.bell.unshelve_over()
    assert [one["officer"] for one in await said(desk.client, "alarm-unshelved")] == ["cohen", ""]


async def test_the_statistics_count_rates_floods_and_shares(desk: Desk) -> None:
    """Twelve in a minute are a flood; shares are of what was raised, means of what was seen."""
    for number in range(12):
        await desk.centre.bell.once("line.unwitnessed", "", f"log {number}", "late")
    (first, *_) = [
        one for one in (await desk.client.alarms()).alarms if one.code == "line.unwitnessed"
    ]
    desk.clock.forward(30)
    await desk.client.acknowledge(first.id, "levy")
    found = await desk.client.alarm_statistics()
    assert (len(found.hours), len(found.ten_minutes)) == (24, 144)
    assert found.total == sum(one.count for one in found.ten_minutes) >= 12
    assert found.floods[0].count >= 12
    assert found.by_code[0].code == "line.unwitnessed"
    assert sum(found.by_priority.values()) == pytest.approx(1)
    assert found.by_priority["low"] >= 0.5
    assert found.mean_acknowledge_s == pytest.approx(30, abs=5)
    assert found.unacknowledged >= 11
