"""The pair, up and healthy on a real engine, under a name of its own, removed whatever happens."""

from __future__ import annotations

import os
import platform
import secrets
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from hotline.exercise.scenario.reading import shipped
from tests.cli.command import hotline
from tests.docker.engine import Project, run, try_run

IMAGE = "hotline-test"
BASE = "hotline-base:bookworm"
TIMERS = "{heartbeat_s: 1, receive_s: 4}"
"""Of the pair's letter, by which a cut is found after 4 s; by the sample's it takes 12."""


def image_environment() -> dict[str, str]:
    """Return what the build is told: the reader's base image, else one made here.

    Making one takes root, Debian and debootstrap. Elsewhere the Dockerfile's default is used, which
    an image registry holds.
    """
    base = os.environ.get("BASE_IMAGE")
    if base is None and platform.system() == "Linux":
        made = try_run("tools/docker_base_image.sh", BASE, timeout_s=1200)
        base = BASE if made.returncode == 0 else None
    return {"BASE_IMAGE": base} if base else {}


@pytest.fixture(scope="session")
def image() -> Iterator[dict[str, str]]:
    """Build the image as `docker compose up` would, and yield the environment that it needs.

    Its name is this session's: what somebody else builds meanwhile has another one.
    """
    name = f"{IMAGE}:{secrets.token_hex(4)}"
    environment = image_environment() | {"HOTLINE_IMAGE": name}
    # With the wheels in the context the build needs no package index, which containers on many
    # machines cannot reach.
    run("tools/docker_wheels.sh", env=environment, timeout_s=900)
    Project("hotline-build", environment).compose("build", "keys", timeout_s=1200)
    # One image and one builder are left behind, which make the next build quick.
    run("docker", "tag", name, f"{IMAGE}:latest")
    prune()
    yield environment
    try_run("docker", "rmi", "--no-prune", name)


def prune() -> None:
    """Remove images of earlier builds that have no name any more and that nothing runs."""
    title = "label=org.opencontainers.image.title=hotline"
    try_run("docker", "image", "prune", "--force", "--filter", title)
    # The newest one first, and nothing that another image was made from.
    listed = ("--filter", "label=hotline.stage=builder", "--filter", "dangling=true")
    for builder in run("docker", "images", "--quiet", "--no-trunc", *listed).split()[1:]:
        try_run("docker", "rmi", builder)


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of the first lesson, by whose letter a dead line is found out sooner."""
    path = tmp_path_factory.mktemp("scenario") / "first-lesson.yaml"
    source = shipped("first-lesson").source
    path.write_text(source.replace("\nletter: {", f"\nletter: {{timers: {TIMERS}, "))
    return path


@pytest.fixture(scope="session")
def pair(image: dict[str, str], played: Path) -> Iterator[Project]:
    """Run both centres until the session ends; both are healthy when a test gets them.

    They are made with the letter of the first lesson.
    """
    letter = played.with_name("letter.toml")
    letter.write_text(hotline("exercise", "letter", played).stdout)
    # Whatever the umask is: in the container it is read by somebody else.
    letter.chmod(0o644)
    named = {"HOTLINE_LETTER": str(letter)}
    project = Project(f"hotline-test-{secrets.token_hex(4)}", image | named)
    try:
        project.compose("up", "--detach", timeout_s=180)
        for centre in ("iaf", "hmeimim"):
            project.wait_healthy(centre)
        yield project
    finally:
        # What a failed start prints is in the report of the failure.
        print(project.logs())
        project.tear_down()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add what the containers logged to the report of a failed test."""
    report = yield
    project = getattr(item, "funcargs", {}).get("pair")
    if report.failed and isinstance(project, Project):
        report.sections.append(("containers", project.logs()))
    return report
