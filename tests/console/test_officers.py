"""Officers at the console: kept by supervisors; second factors shown once; one's own password."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pyotp
import pytest
import pytest_asyncio
from playwright.async_api import expect

from hotline.api.access_shapes import OfficerRequest
from hotline.api.exercise_shapes import WatchRequest
from tests.console.consoles import PASSWORD, Console, consoles
from tests.console.visitors import flawless

pytestmark = pytest.mark.asyncio(loop_scope="module")
NEW = "four green bottles on a wall"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def iaf(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Console]:
    """Run both centres, and yield one console."""
    async with consoles(tmp_path_factory.mktemp("officers")) as (iaf, _):
        yield iaf


async def test_an_officer_is_added_and_logs_in(iaf: Console) -> None:
    """The second factor is shown once, as a picture and as text, and opens the console."""
    page = await iaf.page("Amir")
    await page.goto("/officers")
    await page.fill("#name", "Rivka")
    await page.fill("#password", NEW)
    await page.click("section.add button.main")
    await expect(page.locator(".problem code")).to_have_text("access.bad-role")
    assert await page.input_value("#name") == "Rivka"
    assert await page.input_value("#password") == ""
    await page.check("[name=role-officer]")
    await page.fill("#password", NEW)
    await page.click("section.add button.main")
    await page.wait_for_url("**/officers/secret")
    assert str(await page.get_attribute("img.qr", "src")).startswith("data:image/svg")
    iaf.secrets["Rivka"] = (await page.inner_text("code.secret")).replace(" ", "")
    again = await page.reload()
    assert again is not None
    assert again.headers["cache-control"] == "no-store"
    assert iaf.secrets["Rivka"] not in (await page.content()).replace(" ", "")
    await expect(page.locator("img.qr")).to_have_count(0)
    guest = await iaf.guest()
    await guest.goto("/login")
    await guest.fill("#officer", "Rivka")
    await guest.fill("#password", NEW)
    await guest.fill("#code", iaf.code("Rivka"))
    await guest.click("button.main")
    await guest.wait_for_url(re.compile("/picture"))
    await guest.context.close()
    await page.close()


async def test_a_second_factor_waits_for_who_made_it(iaf: Console) -> None:
    """The session that made it sees it when it asks; nobody else does."""
    page = await iaf.page("Amir")
    await page.goto("/officers/of/Noa")
    csrf = await page.get_attribute("meta[name=csrf]", "content")
    answer = await page.context.request.post(
        "/officers/of/Noa/secret",
        form={"csrf": str(csrf), "sure": "yes"},
        headers={"Origin": iaf.url},
        max_redirects=0,
    )
    assert answer.status == 303
    asked = await iaf.guest()
    await asked.goto("/officers/secret")
    assert "/login" in asked.url
    await asked.context.close()
    await page.goto("/officers/secret")
    secret = (await page.inner_text("code.secret")).replace(" ", "")
    assert pyotp.TOTP(secret).now()
    await page.close()


async def test_passwords_and_disabling_end_sessions(iaf: Console) -> None:
    """A new password ends the officer's sessions; one who is disabled stays in the list."""
    page = await iaf.page("Amir")
    cohen = await iaf.page("Cohen")
    await page.goto("/officers/of/Cohen")
    await page.fill("#password", NEW)
    await page.click("form[action$='/password'] button")
    await expect(page.locator(".done")).to_contain_text("Cohen")
    await cohen.goto("/watch")
    assert "/login" in cohen.url
    await page.click("details > summary.bad")
    await page.check("details input[name=sure]")
    await page.click("form[action$='/disable'] button")
    await expect(page.locator(".done")).to_contain_text("Cohen is disabled")
    await page.goto("/officers")
    await expect(page.locator("tr.disabled")).to_contain_text("Cohen")
    await page.close()
    await cohen.close()


async def test_a_supervisor_changes_the_roles_of_others(iaf: Console) -> None:
    """The boxes have what the officer is, none ticked is refused with them; one's own stay."""
    page = await iaf.page("Amir")
    await page.goto("/officers/of/Levi")
    form = page.locator("form[action$='/roles']")
    assert await form.locator("input:checked").evaluate_all("all => all.map(one => one.name)") == [
        "role-officer"
    ]
    await form.locator("[name=role-officer]").uncheck()
    await form.locator("button").click()
    await expect(page.locator(".problem code")).to_have_text("access.bad-role")
    await form.locator("[name=role-officer]").check()
    await form.locator("[name=role-auditor]").check()
    await form.locator("button").click()
    await expect(page.locator(".done")).to_contain_text("Levi has these roles now")
    await flawless(page)
    found = {one.name: one.roles for one in (await iaf.client.officers()).officers}
    assert found["Levi"] == ["officer", "auditor"]
    await iaf.client.change_roles("Levi", ["officer"], "Amir")
    await page.goto("/officers/of/Amir")
    assert await page.locator("form[action$='/roles']").count() == 0
    csrf = await page.get_attribute("meta[name=csrf]", "content")
    answer = await page.context.request.post(
        "/officers/of/Amir/roles",
        form={"csrf": str(csrf), "role-director": "1", "role-supervisor": "1"},
        headers={"Origin": iaf.url},
    )
    assert answer.status == 409
    assert "access.own-roles" in await answer.text()
    await page.close()


async def test_every_page_says_that_the_officer_on_duty_is_disabled(iaf: Console) -> None:
    """In the strip, on the watch and at the relief, and it rings, until he is relieved."""
    asked = OfficerRequest(name="Dayan", roles=["officer"], password=PASSWORD, by="Amir")
    await iaf.client.add_officer(asked)
    await iaf.client.take_step(WatchRequest(step="taken", officer="Dayan"))
    await iaf.client.disable_officer("Dayan", "Amir")
    page = await iaf.page("Amir")
    await page.goto("/watch")
    await expect(page.locator("#strip")).to_contain_text("Dayan ⊘ disabled")
    await expect(page.locator("#duty")).to_contain_text("Dayan was disabled and cannot log in")
    await expect(page.locator("main li.alarm.ringing")).to_contain_text(
        "Dayan has the watch and was disabled by Amir"
    )
    await flawless(page)
    await page.goto("/watch/relief")
    await expect(page.locator("main")).to_contain_text("Dayan was disabled and cannot log in")
    await iaf.client.take_step(WatchRequest(step="briefed", officer="Amir"))
    await iaf.client.take_step(WatchRequest(step="assumed", officer="Amir", relieved="Dayan"))
    await page.goto("/watch")
    await expect(page.locator("#duty")).to_contain_text("Amir has the watch")
    await expect(page.locator("#strip .desk")).not_to_contain_text("disabled")
    await page.close()


async def test_nobody_disables_himself(iaf: Console) -> None:
    """The page does not offer it, and a form that asks for it is refused."""
    page = await iaf.page("Amir")
    await page.goto("/officers/of/Amir")
    assert await page.locator("form[action$='/disable']").count() == 0
    csrf = await page.get_attribute("meta[name=csrf]", "content")
    answer = await page.context.request.post(
        "/officers/of/Amir/disable",
        form={"csrf": str(csrf), "sure": "yes"},
        headers={"Origin": iaf.url},
    )
    assert answer.status == 409
    assert "console.own-name" in await answer.text()
    await page.close()


async def test_everybody_changes_his_own_password(iaf: Console) -> None:
    """It takes the old one, the new one twice, and a new login."""
    page = await iaf.page("Levi")
    await page.goto("/password")
    for current, new, again, code in (
        (PASSWORD, NEW, f"{NEW}!", "console.passwords-differ"),
        ("something else", NEW, NEW, "access.refused"),
        (PASSWORD, "a" * 14, "a" * 14, "access.weak-password"),
    ):
        await page.fill("#current", current)
        await page.fill("#password", new)
        await page.fill("#again", again)
        await page.click("form.own button.main")
        await expect(page.locator(".problem code")).to_have_text(code)
    await page.fill("#current", PASSWORD)
    await page.fill("#password", NEW)
    await page.fill("#again", NEW)
    await page.click("form.own button.main")
    await page.wait_for_url(re.compile("/login"))
    await page.close()
