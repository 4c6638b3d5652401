"""Docker and Compose as the tests use them: whichever version of Compose the machine has."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

ROOT = Path(__file__).parents[2]


def run(*command: str, timeout_s: float = 120, env: Mapping[str, str] | None = None) -> str:
    """Return what a command printed; raise AssertionError with all its output when it fails."""
    done = try_run(*command, timeout_s=timeout_s, env=env)
    if done.returncode != 0:
        raise AssertionError(
            f"{' '.join(command)}: status {done.returncode}\n{done.stdout}\n{done.stderr}"
        )
    return done.stdout


def try_run(
    *command: str, timeout_s: float = 120, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Return the finished command, whatever its status."""
    return subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )


def _works(*command: str) -> bool:
    try:
        return try_run(*command, timeout_s=30).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def compose_command() -> tuple[str, ...] | None:
    """Return how Compose is called here, v2 first; None when there is none."""
    for command in (("docker", "compose"), ("docker-compose",)):
        if _works(*command, "version"):
            return command
    return None


def why_no_engine() -> str | None:
    """Return what is missing for the Docker tests, None when nothing is."""
    if not _works("docker", "version"):
        return "no Docker engine answers"
    if compose_command() is None:
        return "there is neither Compose v2 nor docker-compose 1.29"
    return None


def eventually(read: Callable[[], T], holds: Callable[[T], bool], timeout_s: float = 60) -> T:
    """Return the first value of `read` that `holds`; raise AssertionError with the last if none.

    Containers are other processes with their own clocks, so this is the one place that waits.
    """
    end = time.monotonic() + timeout_s
    while True:
        value = read()
        if holds(value):
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not so within {timeout_s} s; the last was: {value!r}")
        time.sleep(0.5)


class Project:
    """One Compose project of its own name, so that it meets no other pair on this machine."""

    def __init__(self, name: str, env: Mapping[str, str]) -> None:
        command = compose_command()
        assert command is not None
        self.name = name
        self.env = dict(env)
        file = str(ROOT / "docker-compose.yml")
        self._compose = (*command, "--project-name", name, "--file", file)

    def compose(self, *arguments: str, timeout_s: float = 300) -> str:
        """Return what Compose printed to stdout."""
        return run(*self._compose, *arguments, timeout_s=timeout_s, env=self.env)

    def try_compose(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Return the finished command of Compose, whatever its status."""
        return try_run(*self._compose, *arguments, env=self.env)

    def container(self, service: str) -> str:
        """Return the id of a service's container, stopped ones included."""
        found = run(
            "docker", "ps", "--all", "--quiet",
            "--filter", f"label=com.docker.compose.project={self.name}",
            "--filter", f"label=com.docker.compose.service={service}",
        ).split()  # fmt: skip
        assert len(found) == 1, f"{service}: {found}"
        return found[0]

    def inspect(self, service: str) -> Any:
        """Return what the engine knows of a service's container."""
        return json.loads(run("docker", "inspect", self.container(service)))[0]

    def wait_healthy(self, service: str) -> None:
        """Return when the engine calls a service healthy; raise AssertionError if it never does."""
        eventually(
            lambda: self.inspect(service)["State"].get("Health", {}).get("Status"),
            lambda status: status == "healthy",
        )

    def execute(self, centre: str, *command: str) -> str:
        """Return what a command printed inside a centre's container."""
        return run("docker", "exec", self.container(centre), *command)

    def hotline(self, centre: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the `hotline` command inside a centre's container.

        An operator would write `docker compose exec`, which takes its second to say the same.
        """
        return try_run("docker", "exec", self.container(centre), "hotline", *arguments)

    def hotline_json(self, centre: str, *arguments: str) -> Any:
        """Return the JSON that a reading command printed, whatever its status."""
        done = self.hotline(centre, *arguments, "--json")
        try:
            return json.loads(done.stdout)
        except ValueError:
            raise AssertionError(
                f"{arguments}: status {done.returncode}\n{done.stdout}\n{done.stderr}"
            ) from None

    def line(self, verb: str, centre: str) -> None:
        """`connect` a centre to the line's network, or `disconnect` it."""
        options = ("--alias", centre) if verb == "connect" else ()
        run("docker", "network", verb, *options, f"{self.name}_line", self.container(centre))

    def logs(self) -> str:
        """Return what all services logged, for the report of a failure."""
        done = try_run(*self._compose, "logs", "--no-color", "--tail", "60", env=self.env)
        return done.stdout + done.stderr

    def tear_down(self) -> None:
        """Remove containers, networks and volumes, as far as they came to be."""
        try_run(
            *self._compose, "down", "--volumes", "--remove-orphans", "--timeout", "5",
            timeout_s=180, env=self.env,
        )  # fmt: skip
