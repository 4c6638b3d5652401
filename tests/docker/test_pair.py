"""Two centres in containers on a real engine: what they may do, and what a cut line does."""

from __future__ import annotations

from functools import partial
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


def backlog(pair: Project, centre: str) -> int:
    """Return how many messages of a centre wait for a receipt."""
    return sum(line_of(pair, centre)["backlog"].values())


def send(pair: Project, centre: str, sample: str) -> str:
    """Send one of the samples in the image, wait for no receipt, and return the message's id."""
    sent = pair.hotline_json(centre, "send", "--no-wait", f"{EXAMPLES}/{sample}")
    return str(sent["messages"][0]["id"])


def received(pair: Project, centre: str) -> list[str]:
    """Return the ids in a centre's inbox in the order in which they became durable there."""
    messages = pair.hotline_json(centre, "inbox", "--all")["messages"]
    return [message["id"] for message in sorted(messages, key=lambda message: message["entry"])]


def wait_for_line(pair: Project, *, up: bool) -> None:
    """Return when both centres say that the line is up, or that it is not."""
    for centre in CENTRES:
        eventually(partial(line_of, pair, centre), lambda line: line["up"] is up)


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
        assert host["Memory"] == host["MemorySwap"] > 0


def test_a_running_node_has_no_rights_and_finds_no_place_to_write(pair: Project) -> None:
    """As the kernel says it of the node's own process, and as a shell beside it finds out."""
    places = "/ /etc /etc/hotline /opt/hotline /opt/hotline/lib /usr/bin /var /var/lib /home /run"
    attempt = f"for place in {places}; do touch $place/x 2>/dev/null && echo $place; done; true"
    for centre in CENTRES:
        status = dict(
            line.split(":\t", 1)
            for line in pair.execute(centre, "cat", "/proc/1/status").splitlines()
        )
        for kind in ("CapEff", "CapPrm", "CapInh", "CapBnd", "CapAmb"):
            assert int(status[kind], 16) == 0, kind
        assert status["NoNewPrivs"] == "1"
        assert set(status["Uid"].split()) == {"10001"}
        assert "Max core file size        0" in pair.execute(centre, "cat", "/proc/1/limits")
        assert pair.execute(centre, "sh", "-c", attempt) == ""
        pair.execute(centre, "sh", "-c", "touch /var/lib/hotline/x && rm /var/lib/hotline/x")


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


def test_coming_up_again_changes_no_key(pair: Project) -> None:
    """`docker compose up` may be repeated: the one-shot service keeps the keys that are there."""
    sums = ("find", "/etc/hotline", "-type", "f", "-exec", "sha256sum", "{}", "+")
    before = [pair.execute(centre, *sums) for centre in CENTRES]
    assert all("signing.key" in text for text in before)
    pair.compose("up", "--detach")
    assert [pair.execute(centre, *sums) for centre in CENTRES] == before


def test_a_cut_line_delays_a_notice_and_loses_nothing(pair: Project) -> None:
    """Up, cut, queued, restored, delivered once and in order; both journals verify."""
    wait_for_line(pair, up=True)
    first = send(pair, "iaf", "iaf/09-transport.json")
    assert eventually(lambda: received(pair, "hmeimim"), lambda ids: first in ids)

    pair.line("disconnect", "hmeimim")
    wait_for_line(pair, up=False)
    # What a script sees: 3, the line is down.
    assert pair.hotline("hmeimim", "status", "--quiet").returncode == 3
    second = send(pair, "iaf", "iaf/03-tanker.json")
    assert backlog(pair, "iaf") == 1
    assert second not in received(pair, "hmeimim")

    pair.line("connect", "hmeimim")
    wait_for_line(pair, up=True)
    ids = eventually(lambda: received(pair, "hmeimim"), lambda ids: second in ids)
    assert [one for one in ids if one in (first, second)] == [first, second]
    eventually(lambda: backlog(pair, "iaf"), lambda count: count == 0)

    for centre in CENTRES:
        verified = pair.hotline(centre, "log", "verify")
        assert verified.returncode == 0, verified.stdout + verified.stderr
