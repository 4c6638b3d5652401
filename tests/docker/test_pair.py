"""Two centres in containers on a real engine: what they may do, and what a cut line does."""

from __future__ import annotations

from typing import Any

import pytest

from tests.docker.engine import Project, eventually, run

pytestmark = [pytest.mark.docker, pytest.mark.timeout(1800)]

CENTRES = ("iaf", "hmeimim")
EXAMPLES = "/opt/hotline/share/examples"


def line_of(pair: Project, centre: str) -> dict[str, Any]:
    """Return the one line in a centre's `hotline status --json`."""
    (line,) = pair.hotline_json(centre, "status")["lines"]
    return dict(line)


def wait_for_line(pair: Project, *, up: bool) -> None:
    """Return when both centres say that the line is up, or that it is not."""
    for centre in CENTRES:
        eventually(lambda centre=centre: line_of(pair, centre), lambda line: line["up"] is up)


def test_a_container_can_write_nothing_but_its_journal(pair: Project) -> None:
    """No root, no capabilities, a read-only root file system, keys that are read-only."""
    for centre in CENTRES:
        found = pair.inspect(centre)
        host = found["HostConfig"]
        assert host["ReadonlyRootfs"] is True
        assert host["CapDrop"] == ["ALL"]
        assert "no-new-privileges:true" in host["SecurityOpt"]
        assert found["Config"]["User"] == "hotline"
        assert {mount["Destination"]: mount["RW"] for mount in found["Mounts"]} == {
            "/etc/hotline": False,
            "/var/lib/hotline": True,
        }


def test_the_centres_share_nothing_but_the_line(pair: Project) -> None:
    """Networks, volumes and ports: one network in common, no volume, nothing published."""
    networks, volumes = [], []
    for centre in CENTRES:
        found = pair.inspect(centre)
        networks.append(set(found["NetworkSettings"]["Networks"]))
        volumes.append({mount["Name"] for mount in found["Mounts"]})
        assert not any(found["NetworkSettings"]["Ports"].values())
    assert networks[0] & networks[1] == {f"{pair.name}_line"}
    assert networks[0] != networks[1]
    assert not volumes[0] & volumes[1]
    internal = run("docker", "network", "inspect", "--format", "{{.Internal}}", f"{pair.name}_line")
    assert internal.strip() == "true"
