"""The exercise at the console: state of play, tasks, the director's board, real world no play."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest
import pytest_asyncio
from playwright.async_api import expect

from hotline.console.pages.exercise_board import clock_of
from hotline.console.pages.exercise_directories import exercise_named, exercises
from hotline.errors import UsageError
from hotline.exercise.record import events
from hotline.exercise.record.reading import NAME as RECORD
from tests.console.consoles import Console, consoles
from tests.console.directing import directed_drill
from tests.exercise.play.stage import Stage, until

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass
class Played:
    """Both consoles, and a director at work in the directory where iaf's console looks."""

    iaf: Console
    hmeimim: Console
    stage: Stage


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def played(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Played]:
    """Have a drill directed for all of this file."""
    async with (
        consoles(tmp_path_factory.mktemp("exercise")) as (iaf, hmeimim),
        directed_drill(iaf, hmeimim) as stage,
    ):
        yield Played(iaf, hmeimim, stage)


async def test_directories_are_chosen_from_a_list(tmp_path: Path) -> None:
    """What node.toml, var/exercise and the node's own place name is found, and nothing else."""
    config = tmp_path / "own" / "iaf" / "node.toml"
    for place in ("own", "own/iaf/var/exercise/a", "elsewhere/b"):
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / RECORD).touch()
    config.write_text("no node")
    assert set(exercises(config)) == {"own", "a"}
    for name in ("b", "../elsewhere/b", str(tmp_path / "elsewhere" / "b"), ""):
        with pytest.raises(UsageError, match="may be steered"):
            exercise_named(config, name)


async def test_a_configured_directory_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """[console] exercise names a directory of exercises, or one exercise."""
    for place in ("all/b", "c"):
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / RECORD).touch()
    found = (tmp_path / "all", tmp_path / "c", tmp_path / "missing")
    settings = SimpleNamespace(console=SimpleNamespace(exercises=found))
    monkeypatch.setattr(
        "hotline.console.pages.exercise_directories.read_config", lambda _: settings
    )
    assert set(exercises(tmp_path / "far" / "away" / "from" / "it" / "node.toml")) == {"b", "c"}


async def test_the_scenarios_clock_is_read_by_people() -> None:
    """Seconds of the scenario are hours, minutes and seconds since STARTEX."""
    assert clock_of(3671.9) == "T+1:01:11"
    assert clock_of(None) == "—"


async def test_the_board_shows_and_steers(played: Played) -> None:
    """A director sees injects live, adds one, pauses, goes on, and skips by two presses."""
    page = await played.iaf.page("Dana")
    await page.goto("/exercise")
    await page.click(".boards a")
    await expect(page.locator(".injects tr", has_text="sample late")).to_contain_text("waiting")
    await expect(page.locator(".injects tr", has_text="sample 1")).to_contain_text("met 1")
    await page.click("#add > summary")
    await page.fill("#tell", "An unknown aircraft is heading north")
    await page.click("#add button.main")
    await expect(page.locator(".problem code")).to_have_text("exercise.no-inject")
    assert await page.input_value("#tell") == "An unknown aircraft is heading north"
    await page.fill("#inject-id", "x1")
    await page.click("#add button.main")
    await expect(page.locator(".injects")).to_contain_text("x1")
    await page.click("form[action$='/pause'] button")
    await expect(page.locator(".play.paused")).to_be_visible()
    await page.click("form[action$='/resume'] button")
    await expect(page.locator(".play.running")).to_be_visible()
    await page.click("#skip-late > summary")
    await page.click("#skip-late button")
    await expect(page.locator(".injects tr", has_text="sample late")).to_contain_text("skipped")
    for kind in (events.InjectAdded, events.Paused, events.Resumed, events.InjectSkipped):
        assert [one.by for one in played.stage.noted(kind)] == ["Dana"]
    await page.close()


async def test_one_press_skips_nothing(played: Played) -> None:
    """What cannot be taken back is not done by a form without its second press."""
    page = await played.iaf.page("Dana")
    await page.goto("/exercise/of/drill-1")
    csrf = await page.get_attribute("meta[name=csrf]", "content")
    for command in ("skip", "end", "real-world"):
        answer = await page.context.request.post(
            f"/exercise/of/drill-1/{command}",
            form={"csrf": str(csrf), "id": "other"},
            headers={"Origin": played.iaf.url},
        )
        assert answer.status == 409
        assert "console.not-sure" in await answer.text()
    assert not played.stage.noted(events.RealWorld)
    await page.close()


async def test_officers_do_not_see_the_board(played: Played) -> None:
    """Who is trained must not read the injects that are still to come."""
    page = await played.iaf.page("Cohen")
    answer = await page.goto("/exercise/of/drill-1")
    assert answer is not None
    assert answer.status == 403
    await page.goto("/exercise")
    assert await page.locator(".boards").count() == 0
    await page.close()


async def test_a_crews_tasks_are_shown_and_marked_as_new(played: Played) -> None:
    """What the crew is told is on its own page, and counted on every other."""
    page = await played.iaf.page("Levi")
    await page.goto("/exercise")
    task = page.locator("#tasks li", has_text="unknown aircraft")
    await expect(task.locator(".new")).to_be_visible()
    await expect(page.locator("#strip a[href='/exercise#tasks']")).to_be_visible()
    await page.reload()
    await expect(task.locator(".new")).to_be_hidden()
    await page.close()


async def test_pages_and_prints_bear_the_name_that_is_played(played: Played) -> None:
    """The letter has no name here, so the frame takes that of the play; paper has it too."""
    page = await played.iaf.page("Cohen")
    for place in ("/exercise", "/watch", "/log"):
        await page.goto(place)
        await expect(page.locator(".banner").first).to_have_text("EXERCISE drill")
        assert "EXERCISE drill" in await page.title()
        await page.emulate_media(media="print")
        await expect(page.locator(".banner").first).to_be_visible()
        await expect(page.locator("header nav").first).to_be_hidden()
        await page.emulate_media(media="screen")
    await page.close()


async def test_anybody_at_a_desk_stops_play_by_two_presses(played: Played) -> None:
    """Real world, no play: said by an officer of the other side, it stops both."""
    page = await played.hmeimim.page("Petrov")
    await page.goto("/exercise")
    await expect(page.locator("button.now")).to_be_hidden()
    await page.click("section.stop summary")
    await page.fill("#stop-text", "борт терпит бедствие")
    await page.click("button.now")
    await expect(page.locator(".done")).to_contain_text("РЕАЛЬНАЯ ОБСТАНОВКА")
    await expect(page.locator(".play.stopped")).to_be_visible()
    await until(lambda: played.stage.noted(events.RealWorld), "the director was not told")
    other = await played.iaf.page("Cohen")
    await other.goto("/watch")
    await expect(other.locator("li.alarm.ringing", has_text="REAL WORLD")).to_be_visible()
    await other.close()
    await page.close()
