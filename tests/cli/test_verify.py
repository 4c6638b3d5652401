"""``hotline log verify`` where there is no journal that could be verified."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hotline.audit.verification.findings import Report
from hotline.cli.demo.ground import Site, make_sites, write_configs
from hotline.cli.log.verify import sentence
from hotline.journal.schema import SCHEMA, connect
from tests.cli.command import EXAMPLES, fails


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Return a centre with its keys and configuration, whose node has never run."""
    sites = make_sites(tmp_path, (EXAMPLES / "letter.toml").read_bytes())
    write_configs(sites, 7400, 7400)
    site = sites["iaf"]
    site.journal.parent.mkdir()
    return site


def _nothing(path: Path) -> None:
    assert not path.exists()


def _noise(path: Path) -> None:
    path.write_bytes(bytes(range(256)) * 64)


def _truncated(path: Path) -> None:
    connection = connect(path, writable=True)
    connection.executescript(SCHEMA)
    connection.close()
    path.write_bytes(path.read_bytes()[:10_000])


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (_nothing, "journal.cannot-open"),
        (_noise, "journal.corrupt"),
        (_truncated, "journal.corrupt"),
    ],
)
def test_a_journal_that_cannot_be_read_is_not_verified(
    site: Site, make: Callable[[Path], None], code: str
) -> None:
    """Missing, noise or cut short: the error as usual, and the exit code of what does not hold."""
    make(site.journal)
    assert "hotline: hint: " in fails(code, "--config", site.config, "log", "verify", exit_code=5)


def test_the_verdict_counts_one_as_one() -> None:
    """One entry is no entries."""
    assert sentence(Report(entries=1, messages=1, signatures=2)) == (
        "the record holds: 1 entry, 1 message, 2 signatures"
    )
