"""The doctor: all is well with a pair at rest, and each fault has its check and its mend."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hotline.audit.verification.journal import verify_journal
from hotline.errors import JournalError
from hotline.journal.journal import JOURNAL_FILE
from hotline.node import doctor
from hotline.node.centre import Centre
from hotline.node.clock import Clock
from hotline.node.doctor import Finding, examine
from hotline.node.watch import LOW_DISK_BYTES
from tests.centres import centre_pair, eventually, lone_centre, sites

DAY_US = 86_400_000_000


async def failing(centre: Centre) -> dict[str, Finding]:
    """Return the checks that fail, by name, having seen that each names its mend."""
    found = await examine(centre)
    assert len({finding.name for finding in found}) == len(found)
    for finding in found:
        assert finding.text
        assert bool(finding.mend) is not finding.ok, finding
    return {finding.name: finding for finding in found if not finding.ok}


async def test_a_pair_at_rest_is_well(tmp_path: Path) -> None:
    """Every check passes on both sides once the clocks are measured."""
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        for centre in (iaf, hmeimim):
            await centre.line("").peer_clock.note(1000, 500, record=False)
            assert await failing(centre) == {}


async def test_a_line_that_is_down_leaves_clock_and_letter_unknown(tmp_path: Path) -> None:
    """What cannot be checked has failed; the mend says who dials whom."""
    async with lone_centre(tmp_path) as centre:
        found = await failing(centre)
        assert list(found) == ["line with iaf", "clock against iaf", "letter with iaf"]
        assert f"port {centre.port}" in found["line with iaf"].mend


async def test_the_dialling_side_is_told_where_it_dials(tmp_path: Path) -> None:
    """The address in the mend is the configured one."""
    async with centre_pair(tmp_path) as (iaf, hmeimim):
        await hmeimim.stop()
        line = iaf.line("")
        line.up = False
        assert f"127.0.0.1:{hmeimim.port}" in (await failing(iaf))["line with hmeimim"].mend


async def test_clock_and_letter_of_the_peer(tmp_path: Path) -> None:
    """An offset above the letter's limit and a letter that differs are told."""
    async with centre_pair(tmp_path) as (iaf, _):
        line = iaf.line("")
        # The first measurement comes by itself, and the next one only after seconds.
        await eventually(lambda: line.peer_clock.offset_us is not None)
        await line.peer_clock.note(-6_000_000, 500, record=False)
        await line.note_letter(differs=True)
        found = await failing(iaf)
        assert list(found) == ["clock against hmeimim", "letter with hmeimim"]
        assert "-6000 ms" in found["clock against hmeimim"].text


def _open_key(centre: Centre) -> None:
    (centre.config.keys / "log.key").chmod(0o644)


def _lose_key(centre: Centre) -> None:
    (centre.config.keys / "signing.key").unlink()


def _change_letter(centre: Centre) -> None:
    with (centre.config.path.parent / "letter.toml").open("a") as letter:
        letter.write("# a comment\n")


def _break_config(centre: Centre) -> None:
    with centre.config.path.open("a") as file:
        file.write("colour = 1\n")


def _lose_pin(centre: Centre) -> None:
    (centre.config.keys / "peers" / "iaf.card").unlink()


@pytest.mark.parametrize(
    ("fault", "name", "mend"),
    [
        (_open_key, "keys", "chmod 600"),
        (_lose_key, "keys", "hotline keys"),
        (_change_letter, "configuration", "restart"),
        (_break_config, "configuration", "configure.md"),
        (_lose_pin, "pin of iaf", "hotline keys enrol"),
    ],
)
async def test_files_that_changed_under_the_node(
    tmp_path: Path, fault: Callable[[Centre], None], name: str, mend: str
) -> None:
    """The doctor looks at the disk, not only at what was loaded at the start."""
    async with lone_centre(tmp_path) as centre:
        fault(centre)
        found = await failing(centre)
        assert mend in found[name].mend


async def test_new_keys_and_pins_need_a_restart(tmp_path: Path) -> None:
    """Keys that were exchanged on disk are not in force yet."""
    async with lone_centre(tmp_path / "one") as centre:
        _, other = sites(tmp_path / "two")
        shutil.rmtree(centre.config.keys)
        shutil.copytree(other.keys, centre.config.keys)
        found = await failing(centre)
        assert "restart" in found["keys"].mend
        assert "restart" in found["pin of iaf"].mend


async def test_keys_that_end_soon_or_have_ended(tmp_path: Path) -> None:
    """Own keys and the peer's card are counted in days."""
    clock = Clock(offset_us=350 * DAY_US)
    async with lone_centre(tmp_path, clock=clock) as centre:
        found = await failing(centre)
        assert "days left" in found["own keys"].text
        assert "iaf" in found["card of iaf"].mend
        centre.clock.offset_us = 400 * DAY_US
        assert "expired" in (await failing(centre))["own keys"].text


async def test_a_fenced_node_and_a_full_disk(tmp_path: Path, monkeypatch: Any) -> None:
    """What stops all traffic is among the checks."""
    async with lone_centre(tmp_path) as centre:
        await centre.fence("its log was rolled back")
        monkeypatch.setattr(doctor, "free_bytes", lambda _: LOW_DISK_BYTES - 1)
        found = await failing(centre)
        assert "rolled back" in found["fence"].text
        assert str(centre.config.data) in found["disk"].mend


async def test_a_journal_that_fails_or_is_slow(tmp_path: Path, monkeypatch: Any) -> None:
    """A commit is made, and its failure or slowness told."""
    async with lone_centre(tmp_path) as centre:
        monkeypatch.setattr(doctor, "SLOW_COMMIT_S", 0.0)
        assert "iostat" in (await failing(centre))["journal"].mend

        async def refuse(_: object) -> None:
            raise JournalError("journal.full", "the disk is full", "free space")

        with monkeypatch.context() as patched:
            patched.setattr(centre.writer, "do", refuse)
            found = await failing(centre)
        assert found["journal"].mend == "free space"
        assert found["durability"].mend


async def test_a_journal_that_would_not_survive_a_power_cut(tmp_path: Path) -> None:
    """Commits without fsync are found, whoever switched it off."""
    async with lone_centre(tmp_path) as centre:
        journal = centre.writer._journal
        journal.connection.execute("PRAGMA synchronous = OFF")
        assert "synchronous 0" in (await failing(centre))["durability"].text


async def test_a_diagnosis_leaves_the_record_whole(tmp_path: Path) -> None:
    """Whoever asks the doctor does not spoil the evidence."""
    async with centre_pair(tmp_path) as (iaf, _):
        await examine(iaf)
        keyring = iaf.keyring
        journal = iaf.config.data / JOURNAL_FILE
        report = verify_journal(journal, keyring.card, dict(keyring.peers))
        assert report.ok, report.failures
