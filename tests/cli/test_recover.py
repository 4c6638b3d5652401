"""``hotline recover`` where there is nothing to recover, or the node still runs."""

from __future__ import annotations

import fcntl
from pathlib import Path

import pytest

from hotline.cli.demo.ground import make_sites
from hotline.exercise.ground.site import Site, write_configs
from hotline.journal.journal import LOCK_FILE
from tests.cli.command import EXAMPLES, fails


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Return a centre with its keys and configuration, whose node does not run."""
    sites = make_sites(tmp_path, (EXAMPLES / "letter.toml").read_bytes())
    write_configs(sites, 7400, 7400)
    return sites["iaf"]


def test_a_running_node_is_stopped_first(site: Site) -> None:
    """The mend is for this node, whose operator is the one who asks."""
    site.journal.parent.mkdir()
    with (site.journal.parent / LOCK_FILE).open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        said = fails("journal.in-use", "--config", site.config, "recover", exit_code=1)
    assert "hint: stop this node first" in said


def test_a_node_that_is_not_fenced_needs_no_recovery(site: Site) -> None:
    """The command was used rightly; there is only nothing to do."""
    fails("journal.not-fenced", "--config", site.config, "recover", exit_code=1)


def test_the_keys_must_be_this_nodes(site: Site) -> None:
    """New logs are never opened, nor old ones closed, under another centre's keys."""
    other = site.directory.parent / "hmeimim" / "keys"
    lines = site.config.read_text().splitlines()
    lines = [f'keys = "{other}"' if line.startswith("keys = ") else line for line in lines]
    site.config.write_text("\n".join(lines))
    said = fails("config.keys-of-another-node", "--config", site.config, "recover", exit_code=1)
    assert "hint: name this node's own keys" in said
    assert not site.journal.exists(), "no journal is made for the keys of another"
