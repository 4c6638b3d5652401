"""What the director makes of nodes whose letter is not the scenario's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from hotline.errors import ExerciseError
from hotline.exercise.scenario.letters import sample_letter
from tests.exercise.ground.pairs import EXAMPLES
from tests.exercise.play.stage import CENTRES, NAME, advisory, stage


async def test_a_letter_that_is_not_the_scenario_s_is_said_at_startex(tmp_path: Path) -> None:
    """Of each centre; it is played all the same, for the nodes' own letter may be meant."""
    letter = sample_letter(NAME, CENTRES)
    async with stage(tmp_path, advisory("1"), letter=letter) as scene:
        assert (await scene.played()).good
        said = [text for text in scene.told if "is not the scenario's" in text]
        assert [text.split()[3] for text in said] == list(CENTRES)
        assert all("names no exercise" in text for text in said)


async def test_nothing_is_said_of_the_scenario_s_own_letter(tmp_path: Path) -> None:
    """Byte for byte it is what the nodes have; nor of a scenario that leaves it to them."""
    same = (EXAMPLES / "letter.toml").read_text("utf-8")
    async with stage(tmp_path, advisory("1"), letter=same) as scene:
        assert (await scene.played()).good
        assert not [text for text in scene.told if "letter" in text]


async def test_nothing_is_played_under_the_letter_of_another_exercise(tmp_path: Path) -> None:
    """The refusal names both exercises and how nodes of this one are made; nothing is left."""
    async with stage(tmp_path, advisory("1")) as scene:
        client = scene.ground.clients["hmeimim"]

        class Named:
            """A node whose letter names an exercise."""

            def __getattr__(self, name: str) -> Any:
                return getattr(client, name)

            async def exercise(self) -> Any:
                """Return where play stands, by that name."""
                return msgspec.structs.replace(await client.exercise(), name="other")

        scene.ground.clients["hmeimim"] = Named()  # type: ignore[assignment]
        with pytest.raises(ExerciseError) as error:
            await scene.begin()
        assert error.value.code == "exercise.another-exercise"
        assert "other" in error.value.message
        assert NAME in error.value.message
        assert "exercise letter" in error.value.hint
        assert not scene.directory.exists()
