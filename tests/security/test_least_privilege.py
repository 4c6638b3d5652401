"""The unit file, the image and the compose files: a node may do its work and nothing else."""

from __future__ import annotations

import configparser
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.missing import note_missing

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "docs/howto/hotline.service"
MOST = 1.2
"""How exposed systemd may call the service, of 10; docs/howto/systemd.md says so too."""
LEFT_OPEN = {
    "PrivateNetwork": "a line is a network connection",
    "RestrictAddressFamilies_AF_INET_INET6": "a line is a network connection",
    "RestrictAddressFamilies_AF_UNIX": "the API is a Unix socket",
    "IPAddressDeny": "only the centre knows its peer's address; systemd.md has the drop-in",
    "PrivateUsers": "the group of a console with a user of its own would be nobody's",
    "RootDirectoryOrRootImage": "the interpreter is the machine's own",
    "DeviceAllow": "ProtectClock lets the clock be read",
}
"""What systemd counts against the service, and why it is so."""
SERVICE = {
    "User": "hotline",
    "NoNewPrivileges": "yes",
    "CapabilityBoundingSet": "",
    "AmbientCapabilities": "",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "MemoryDenyWriteExecute": "yes",
    "UMask": "0077",
    "StateDirectoryMode": "0700",
    "ConfigurationDirectoryMode": "0700",
    "LimitCORE": "0",
    "MemoryMax": "2G",
    "TasksMax": "256",
}
SERVICES = ("keys", "iaf", "hmeimim", "fault-proxy")
NODES = ("iaf", "hmeimim")


def unit(path: Path = UNIT) -> dict[str, list[str]]:
    """Return the settings of the unit's [Service]: a name may stand there more than once."""
    found: dict[str, list[str]] = {}
    body = path.read_text().partition("[Service]\n")[2].partition("\n[")[0]
    for line in body.splitlines():
        if line and not line.startswith("#"):
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


def rated(path: Path) -> subprocess.CompletedProcess[str]:
    """Return how systemd rates a unit file; the status is not 0 when it is exposed too much."""
    command = ["systemd-analyze", "security", "--offline=true", "--json=short"]
    return subprocess.run(
        [*command, f"--threshold={round(MOST * 10)}", str(path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.fixture
def rating(pytestconfig: pytest.Config) -> None:
    """Leave a test out where no systemd-analyze rates a file; the run's end says so."""
    if shutil.which("systemd-analyze"):
        done = subprocess.run(
            ["systemd-analyze", "--version"], capture_output=True, text=True, check=False
        )
        version = re.match(r"systemd (\d+)", done.stdout)
        if version and int(version[1]) >= 250:
            return
    reason = "there is no systemd-analyze of 250 or later"
    note_missing(pytestconfig, "rating", reason)
    pytest.skip(reason)


@pytest.mark.usefixtures("rating")
def test_systemd_calls_the_service_hardly_exposed() -> None:
    """Below the threshold, without a setting that it does not know; what is open has a reason."""
    done = rated(UNIT)
    assert (done.returncode, done.stderr) == (0, "")
    counted = {one["json_field"] for one in json.loads(done.stdout) if float(one["exposure"] or 0)}
    assert counted <= set(LEFT_OPEN), counted - set(LEFT_OPEN)


@pytest.mark.usefixtures("rating")
@pytest.mark.parametrize("lost", ["NoNewPrivileges", "SystemCallFilter", "ProtectSystem"])
def test_a_setting_less_is_found(lost: str, tmp_path: Path) -> None:
    """The threshold is so low that it does not bear one lost setting, nor one misspelt."""
    less = tmp_path / "hotline.service"
    less.write_text(re.sub(rf"^{lost}=", f"X{lost}=", UNIT.read_text(), flags=re.MULTILINE))
    assert rated(less).returncode != 0


def test_the_unit_gives_what_the_node_needs_and_no_more() -> None:
    """What is said of it in systemd.md, also on a machine that cannot rate it."""
    found = unit()
    assert {name: found[name] for name in SERVICE} == {
        name: [value] for name, value in SERVICE.items()
    }
    assert found["SystemCallFilter"] == ["@system-service", "~@privileged @resources"]
    assert set(found["RestrictAddressFamilies"][0].split()) == {"AF_UNIX", "AF_INET", "AF_INET6"}
    assert not {"ReadWritePaths", "ExecStartPre", "PermissionsStartOnly", "EnvironmentFile"} & set(
        found
    )
    assert f"{MOST} and below" in (ROOT / "docs/howto/systemd.md").read_text()


def test_the_unit_is_one_that_systemd_would_read() -> None:
    """Three sections, each setting with an equals sign, no section twice."""
    parser = configparser.RawConfigParser(strict=False, comment_prefixes=("#",), delimiters=("=",))
    parser.read_string(UNIT.read_text())
    assert parser.sections() == ["Unit", "Service", "Install"]


@pytest.fixture(scope="module")
def services() -> dict[str, dict[str, Any]]:
    """Return every service of the compose files, what the second one adds merged in."""
    yaml = YAML(typ="safe")
    pair = yaml.load(ROOT / "docker-compose.yml")["services"]
    faults = yaml.load(ROOT / "deploy/compose/faults.yml")["services"]
    for name, more in faults.items():
        pair[name] = {**pair.get(name, {}), **more}
    assert set(pair) == set(SERVICES), "a service that is new belongs into these tests"
    return dict(pair)


@pytest.mark.parametrize("name", SERVICES)
def test_a_container_has_no_rights(services: dict[str, dict[str, Any]], name: str) -> None:
    """Not root, no capability, none to be had, nothing to write but volumes, bounded."""
    found = services[name]
    assert found["user"] == "hotline"
    assert found["read_only"] is True
    assert found["cap_drop"] == ["ALL"]
    assert found["security_opt"] == ["no-new-privileges:true"]
    (scratch,) = found["tmpfs"]
    assert {"noexec", "nosuid", "nodev"} < set(scratch.partition(":")[2].split(","))
    assert 0 < found["pids_limit"] <= 256
    assert found["mem_limit"] == found["memswap_limit"]
    assert found["ulimits"] == {"core": 0}
    taken = {"privileged", "cap_add", "devices", "pid", "ipc", "userns_mode", "ports", "env_file"}
    assert not taken & set(found)
    assert found.get("network_mode", "none") == "none"


@pytest.mark.parametrize("name", NODES)
def test_a_node_writes_its_journal_only_and_is_looked_after(
    services: dict[str, dict[str, Any]], name: str
) -> None:
    """Keys are read-only, nothing of the host is mounted, the image's health check is in force."""
    found = services[name]
    assert found["volumes"] == [f"{name}-keys:/etc/hotline:ro", f"{name}-data:/var/lib/hotline"]
    assert "healthcheck" not in found
    assert found["restart"] == "unless-stopped"


def test_what_makes_keys_reaches_no_network(services: dict[str, dict[str, Any]]) -> None:
    """It writes both centres' keys, once, and can tell them to nobody; letters are read-only."""
    found = services["keys"]
    assert found["network_mode"] == "none"
    binds = [one for one in found["volumes"] if isinstance(one, dict)]
    assert binds
    assert all(one["read_only"] is True for one in binds)


def test_the_image_runs_as_nobody_in_particular() -> None:
    """A fixed user, not root, who owns no program; a health check; nothing fetched by URL."""
    steps = (ROOT / "Dockerfile").read_text().replace("\\\n", " ").splitlines()
    last = steps[max(number for number, step in enumerate(steps) if step.startswith("FROM")) :]
    words = [step.partition(" ")[::2] for step in last if step and step[0] not in "# "]
    said = dict(words)
    assert said["USER"] == "hotline"
    assert re.search(r"useradd --uid 1\d{4} .*--shell /usr/sbin/nologin hotline", said["RUN"])
    assert "container_health.py" in said["HEALTHCHECK"]
    order = [word for word, _ in words]
    assert order.index("USER") < order.index("ENTRYPOINT")
    assert not [step for step in steps if step.startswith("ADD")]
    assert not [step for step in steps if step.startswith("COPY") and "--chown" in step]


def test_one_centre_alone_is_run_as_tightly() -> None:
    """The `docker run` of the manual takes away what the compose file does."""
    page = (ROOT / "docs/howto/docker.md").read_text("utf-8").replace("\\\n", " ")
    (command,) = re.findall(r"^docker run --detach .*$", page, re.MULTILINE)
    for option in (
        "--read-only",
        "--tmpfs /tmp:noexec,nosuid,nodev",
        "--cap-drop ALL",
        "--security-opt no-new-privileges",
        "--pids-limit 256",
        "--memory 1g",
        "--memory-swap 1g",
        "--ulimit core=0",
        ":/etc/hotline:ro",
    ):
        assert option in command
    assert "--privileged" not in page
