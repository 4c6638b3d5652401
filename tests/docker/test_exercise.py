"""An exercise's ground of containers: reached without a port, broken through their network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hotline.audit.verification.journal import verify_journal
from hotline.errors import ExerciseError, HotlineError
from hotline.exercise.ground.docker_pair import DockerPair
from hotline.exercise.ground.processes import holds_within
from hotline.exercise.scenario.shape import Fault, FaultKind
from hotline.node.place import read_place
from tests.docker.engine import ROOT, Project, run
from tests.exercise.ground.pairs import advise, fault, is_up, line_is, took_s
from tests.missing import needs_no_more

pytestmark = [pytest.mark.docker, pytest.mark.timeout(1800)]

OVERLAY = str(ROOT / "deploy" / "compose" / "faults.yml")
SILENCE_S = 12.0
"""By the pair's letter a dead line is found after 4 s."""


@pytest.fixture
def proxied(pair: Project) -> Iterator[Project]:
    """Put the fault proxy between the containers, and take it out again."""
    pair.compose("--file", OVERLAY, "up", "--detach", "--no-build")
    yield pair
    pair.compose("up", "--detach", "--no-build", "--remove-orphans")
    for centre in ("iaf", "hmeimim"):
        pair.wait_healthy(centre)


async def test_containers_are_played_on_without_a_port_and_collected(
    pair: Project, tmp_path: Path
) -> None:
    """The API over `docker exec`; what is collected verifies, and has nothing private in it."""
    async with DockerPair(pair.name) as ground:
        assert all(client.socket.suffix == ".sock" for client in ground.clients.values())
        await line_is(ground, up=True)
        assert (await advise(ground.clients["iaf"])).receipt is not None
        found = await ground.collect(tmp_path / "collected")
        with pytest.raises(ExerciseError):
            await ground.collect(tmp_path / "collected")
    for path in found.values():
        place = read_place(path / "node.toml")
        report = verify_journal(place.journal, place.card, place.peers)
        assert report.ok, report.failures
        assert not [file for file in path.rglob("*") if file.suffix == ".key"]
    for centre in found:
        left = run("docker", "exec", pair.container(centre), "ls", "/var/lib/hotline")
        assert "collected" not in left


async def test_the_containers_line_is_cut_and_mended(
    pair: Project, pytestconfig: pytest.Config
) -> None:
    """By taking one off the network, or by dropping what arrives one way."""
    async with DockerPair(pair.name) as ground:
        await line_is(ground, up=True)
        whole = fault(FaultKind.CUT)
        assert await ground.begin(whole) == "docker network disconnect"
        assert await line_is(ground, up=False) < SILENCE_S
        networks = pair.inspect("hmeimim")["NetworkSettings"]["Networks"]
        assert f"{pair.name}_line" not in networks
        await ground.end(whole)
        await line_is(ground, up=True)
        cut = fault(FaultKind.ONE_WAY, centre="iaf")
        needs_no_more(pytestconfig, ground.why_not(cut))
        assert await ground.begin(cut) == "iptables"
        assert await line_is(ground, up=False) < SILENCE_S
    # Leaving undoes it.
    async with DockerPair(pair.name) as ground:
        await line_is(ground, up=True)


async def test_the_containers_network_is_made_worse(
    pair: Project, pytestconfig: pytest.Config
) -> None:
    """Bandwidth by a token bucket, loss by dropping; a delay where the kernel has netem."""
    async with DockerPair(pair.name) as ground:
        await line_is(ground, up=True)
        iaf = ground.clients["iaf"]
        narrow = fault(FaultKind.BANDWIDTH, 4_800.0, "iaf")
        needs_no_more(pytestconfig, ground.why_not(narrow))
        assert await ground.begin(narrow) == "tbf"
        # The first messages may fit into the bucket; then each takes its time.
        slow = [0.0]
        while slow[-1] < 0.5 and len(slow) < 10:
            slow.append(took_s(await advise(iaf)))
        assert slow[-1] >= 0.5
        assert await is_up(iaf)
        await ground.end(narrow)
        lossy = fault(FaultKind.LOSS, 15.0)
        assert await ground.begin(lossy) == "iptables"
        assert [await advise(iaf) for _ in range(3)][-1].receipt is not None
        await ground.end(lossy)
        late = fault(FaultKind.DELAY, 0.3)
        why = ground.why_not(late)
        if why is None:
            assert await ground.begin(late) == "netem"
            assert took_s(await advise(iaf)) >= 0.6
        else:
            assert "netem" in why
            assert "deploy/compose/faults.yml" in why


async def test_containers_are_killed_and_started_again(pair: Project, tmp_path: Path) -> None:
    """The engine does not start again by itself what an exercise has killed."""
    async with DockerPair(pair.name) as ground:
        await line_is(ground, up=True)
        killed = fault(FaultKind.KILL, centre="hmeimim")
        assert await ground.begin(killed) == "docker kill"
        with pytest.raises(HotlineError) as caught:
            await ground.clients["hmeimim"].status()
        assert caught.value.code == "api.no-node"

        async def down() -> bool:
            return await is_up(ground.clients["iaf"]) is False

        assert await holds_within(down, SILENCE_S)
        assert set(await ground.collect(tmp_path / "collected")) == {"iaf", "hmeimim"}
        await ground.end(killed)
        await line_is(ground, up=True)
        again = fault(FaultKind.RESTART, centre="iaf")
        assert await ground.begin(again) == "docker stop"
        await ground.end(again)
        await line_is(ground, up=True)
        # Killed until the end: leaving starts it again.
        await ground.begin(killed)
    assert pair.inspect("hmeimim")["State"]["Running"] is True
    pair.wait_healthy("hmeimim")


async def test_a_fault_proxy_stands_between_the_containers(proxied: Project) -> None:
    """What no kernel here can do, the proxy does: for any user of the engine."""
    async with DockerPair(proxied.name) as ground:
        await line_is(ground, up=True)
        for bad, least_s in (
            (fault(FaultKind.DELAY, 0.3), 0.6),
            (fault(FaultKind.DELAY, 0.3, "hmeimim"), 0.3),
            (Fault(kind=FaultKind.BANDWIDTH, amount=3_000.0, centre="iaf"), 0.4),
        ):
            assert await ground.begin(bad) == "fault proxy"
            assert took_s(await advise(ground.clients["iaf"])) >= least_s
            await ground.end(bad)
        cut = fault(FaultKind.CUT)
        await ground.begin(cut)
        assert await line_is(ground, up=False) < SILENCE_S
        await ground.end(cut)
        await line_is(ground, up=True)


async def test_a_project_that_is_not_there_is_named(pair: Project) -> None:
    """With what makes it."""
    with pytest.raises(ExerciseError) as caught:
        await DockerPair(f"{pair.name}-none").__aenter__()
    assert caught.value.code == "exercise.node-unreachable"
    assert "up --detach" in caught.value.hint
