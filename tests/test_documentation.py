"""What the program knows and what its documents say are held against each other."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from hotline.node import config, console_settings
from hotline.node.witness import settings

ROOT = Path(__file__).parent.parent


def test_the_page_of_codes_is_that_of_the_source() -> None:
    """Whoever meets a code finds it in docs/spec/errors.md; `python tools/list_errors.py` mends."""
    # In a process of its own: Python 3.11 cannot parse while it prints a traceback meanwhile.
    listing = [sys.executable, ROOT / "tools/list_errors.py", "--print"]
    page = subprocess.run(listing, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    assert (ROOT / "docs/spec/errors.md").read_text("utf-8") == page
    assert page.count("\n| `") > 150


@pytest.mark.parametrize(
    "table",
    [
        config.NodeFile,
        config.ApiConfig,
        config.ListenConfig,
        config.LineConfig,
        config.LogConfig,
        config.WitnessConfig,
        config.WitnessServiceConfig,
        settings.WitnessedLogConfig,
        console_settings.ConsoleConfig,
    ],
)
def test_every_key_of_node_toml_is_documented(table: type[msgspec.Struct]) -> None:
    """A key that nobody can look up might as well not exist."""
    page = (ROOT / "docs/howto/configure.md").read_text("utf-8")
    tables = {"api", "console", "listen", "line", "log", "witness", "witness_service"}
    for field in msgspec.structs.fields(table):
        due = (
            f"[{field.encode_name}]"
            if field.encode_name in tables
            else f"| `{field.encode_name}` |"
        )
        assert due in page


def test_every_decision_is_listed() -> None:
    """The index of decisions has each page, and no page that is not there."""
    folder = ROOT / "docs/adr"
    pages = {path.name for path in folder.glob("0*.md")}
    assert set(re.findall(r"\((0\d+-[^)]*\.md)\)", (folder / "README.md").read_text())) == pages


def test_every_document_is_listed() -> None:
    """The index of documents has each one, and none that is not there."""
    folder = ROOT / "docs"
    kinds = ("howto", "spec")
    pages = {
        path.relative_to(folder).as_posix()
        for kind in kinds
        for path in (folder / kind).iterdir()
        if path.is_file()
    }
    listed = set(re.findall(r"\]\(([^)]+)\)", (folder / "README.md").read_text("utf-8")))
    assert {page for page in listed if page.startswith(kinds)} == pages
    assert "docs/README.md" in (ROOT / "README.md").read_text("utf-8")


def test_links_to_a_heading_find_it() -> None:
    """A link into a page goes to a heading of it, as the sites that show Markdown name these."""
    broken = []
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for target, anchor in re.findall(r"\]\(([^)#:]*)#([^)]+)\)", page.read_text("utf-8")):
            text = ((page.parent / target) if target else page).read_text("utf-8")
            headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
            names = {
                re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings
            }
            if anchor not in names:
                broken.append(f"{page.relative_to(ROOT)}: {target}#{anchor}")
    assert broken == []


def test_links_between_documents_lead_somewhere() -> None:
    """Every relative link in a Markdown file names a file that exists."""
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
        if "://" not in target and not (page.parent / target).exists()
    ]
    assert broken == []


@pytest.mark.parametrize("plugin", [True, False])
def test_commands_of_compose_can_be_typed_with_either_form(tmp_path: Path, plugin: bool) -> None:
    """What docs/howto/docker.md has a shell do runs Compose v2, else docker-compose."""
    page = (ROOT / "docs/howto/docker.md").read_text("utf-8")
    (line,) = re.findall(r"^docker compose version \|\|.*$", page, re.MULTILINE)
    without = (
        '[ "$1" = compose ] && { echo "docker: unknown command: docker compose" >&2; exit 1; }'
    )
    for name, more in (("docker", "" if plugin else without), ("docker-compose", "")):
        program = tmp_path / name
        program.write_text(f'#!/bin/sh\n{more}\necho "{name} $*"\n')
        program.chmod(0o755)
    script = f'{{ {line}\n}} >&2\ndocker compose exec iaf "hotline status"\ndocker ps\n'
    done = subprocess.run(
        ["/bin/sh", "-c", script],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    compose = "docker compose" if plugin else "docker-compose"
    said = [line for line in done.stdout.splitlines() if "version" not in line]
    assert said == [f"{compose} exec iaf hotline status", "docker ps"]
