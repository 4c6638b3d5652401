"""The Docker engine as an exercise uses it: its own command line, which every user of it has."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from hotline.errors import ExerciseError

COMMAND_S = 60.0


@dataclass(frozen=True, slots=True)
class Ended:
    """A command that has ended."""

    status: int
    out: str
    err: str

    @property
    def last(self) -> str:
        """The last line that it said, which is where programs say what is wrong."""
        lines = (self.err or self.out).strip().splitlines()
        return lines[-1] if lines else f"status {self.status}"


async def run(*words: str, timeout_s: float = COMMAND_S) -> Ended:
    """Run a command to its end. Raises OSError when there is none, TimeoutError."""
    process = await asyncio.create_subprocess_exec(
        *words,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        # In a session of its own: Ctrl-C is not to break off what makes the pair whole again.
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(timeout_s):
            out, err = await process.communicate()
    finally:
        if process.returncode is None:
            # Not by asyncio's own kill(), which may take the exit status from whoever waits for it.
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
            await process.wait()
    said, told = (text.decode("utf-8", "replace") for text in (out, err))
    return Ended(process.returncode or 0, said, told)


async def docker(*words: str, timeout_s: float = COMMAND_S) -> str:
    """Return what a `docker` command printed.

    Raises ExerciseError: ``exercise.no-docker`` where none can be run, ``exercise.docker`` when the
    engine refuses.
    """
    try:
        ended = await run("docker", *words, timeout_s=timeout_s)
    except OSError as error:
        raise ExerciseError(
            "exercise.no-docker",
            f"the command docker cannot be run: {error.strerror}",
            "install Docker, or play on another ground",
        ) from None
    except TimeoutError:
        raise ExerciseError(
            "exercise.docker",
            f"the Docker engine did not do `docker {words[0]}` within {timeout_s:g} s",
            "see whether `docker version` answers",
        ) from None
    if ended.status != 0:
        raise ExerciseError(
            "exercise.docker",
            f"the Docker engine refuses `docker {words[0]}`: {ended.last}",
            "see whether `docker ps` answers, and whether this user may ask the engine",
        )
    return ended.out


async def containers_of(project: str, service: str) -> list[str]:
    """Return the ids of a service's containers, stopped ones too. Raises as ``docker`` does."""
    out = await docker(
        "ps", "--all", "--no-trunc", "--format", "{{.ID}}",
        "--filter", f"label=com.docker.compose.project={project}",
        "--filter", f"label=com.docker.compose.service={service}",
        "--filter", "label=com.docker.compose.oneoff=False",
    )  # fmt: skip
    return out.split()


async def network_of(project: str, name: str) -> str:
    """Return the name of a project's network, empty where there is none."""
    out = await docker(
        "network", "ls", "--format", "{{.Name}}",
        "--filter", f"label=com.docker.compose.project={project}",
        "--filter", f"label=com.docker.compose.network={name}",
    )  # fmt: skip
    return out.strip()


@dataclass(frozen=True, slots=True)
class Container:
    """A container as the engine describes it: whether it runs, its process, its place on the line.

    ``address`` is its hardware address on the line's network, empty while it is not on it.
    """

    runs: bool
    pid: int
    image: str
    on_line: bool
    address: str


async def inspect(container: str, network: str) -> Container:
    """Return what the engine says of a container. Raises as ``docker`` does."""
    (found,) = json.loads(await docker("inspect", "--type", "container", container))
    networks: dict[str, Any] = found["NetworkSettings"]["Networks"]
    line = networks.get(network)
    return Container(
        runs=found["State"]["Running"],
        pid=found["State"]["Pid"],
        image=found["Image"],
        on_line=line is not None,
        address=(line or {}).get("MacAddress", ""),
    )
