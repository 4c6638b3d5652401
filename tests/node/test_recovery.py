"""The way out of the fence, walked by two real centres; and what a new epoch leaves behind."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from hotline.audit.verification.journal import verify_journal
from hotline.errors import ConfigError, UsageError
from hotline.journal.journal import JOURNAL_FILE
from hotline.model.kinds import Precedence
from hotline.node.config import read_config
from hotline.node.keyring import load_keyring, load_public
from hotline.node.recovery import recover_node
from tests.centres import Site, drafted, eventually, line_up, running, say, sites


def raise_epoch(*centres: Site) -> None:
    """Put the letter of the next epoch in place, as both centres agreed by voice."""
    for site in centres:
        text = site.letter.read_text("utf-8")
        assert "epoch = 1 " in text
        site.letter.write_text(text.replace("epoch = 1 ", "epoch = 2 "), "utf-8")


def alarms(centre: object, code: str) -> list[str]:
    """Return the texts of the standing alarms of a code."""
    return [alarm.text for alarm in centre.bell.standing if alarm.code == code]  # type: ignore[attr-defined]


def holds(site: Site) -> bool:
    """Whether the record in a site's directory verifies, old logs and new."""
    keyring = load_public(site.keys)
    journal = site.directory / "data" / JOURNAL_FILE
    return verify_journal(journal, keyring.card, dict(keyring.peers)).ok


async def test_a_node_that_was_rolled_back_is_led_into_a_new_epoch(tmp_path: Path) -> None:
    """Fenced by its peer's proof, recovered with a new letter, and nothing old is continued."""
    iaf, hmeimim = sites(tmp_path)
    hmeimim.configure("iaf", port=0)
    kept = tmp_path / "older"
    async with running(hmeimim.node()) as there:
        iaf.configure("hmeimim", port=there.port or 0)
        async with running(iaf.node()) as here:
            await line_up(here, there)
            await say(here, "iaf/01-patrol.json")
        shutil.copytree(iaf.directory / "data", kept)
        async with running(iaf.node()) as here:
            await line_up(here, there)
            await say(here, "iaf/03-tanker.json")
            # What is lost below must have reached the peer under our signature.
            signed = here.lines["hmeimim"].stored.own.size
            await eventually(lambda: there.lines["iaf"].stored.mirror.size >= signed)
        shutil.rmtree(iaf.directory / "data")
        shutil.copytree(kept, iaf.directory / "data")
        async with running(iaf.node()) as here:
            await eventually(lambda: here.fenced, "the peer's proof did not fence the node")

    config = read_config(iaf.directory / "node.toml")
    with pytest.raises(ConfigError) as refused:
        recover_node(config, load_keyring(config.keys), "levy")
    assert refused.value.code == "journal.epoch-not-renewed"

    raise_epoch(iaf, hmeimim)
    config = read_config(iaf.directory / "node.toml")
    recovered = recover_node(config, load_keyring(config.keys), "levy")
    assert recovered.node_log.endswith("/node/2")
    with pytest.raises(UsageError) as twice:
        recover_node(config, load_keyring(config.keys), "levy")
    assert twice.value.code == "journal.not-fenced"

    async with running(hmeimim.node()) as there:
        iaf.configure("hmeimim", port=there.port or 0)
        async with running(iaf.node()) as here:
            await line_up(here, there)
            await say(here, "iaf/05-uas.geojson")
            assert here.fenced is None
            [fenced] = [one for one in here.bell.standing if one.code == "journal.fenced"]
            assert fenced.cleared_us is not None
            assert here.lines["hmeimim"].stored.own.origin.endswith("/hmeimim/2")
    assert holds(iaf)
    assert holds(hmeimim)


async def test_a_new_epoch_names_what_the_old_one_left_without_a_receipt(tmp_path: Path) -> None:
    """What waited when the epoch ended is not sent any more, and somebody is told."""
    iaf, hmeimim = sites(tmp_path)
    hmeimim.configure("iaf", port=0)
    iaf.configure("hmeimim", port=1)
    async with running(iaf.node()) as here:
        draft = drafted("iaf/01-patrol.json")
        await here.desk.send("", draft.message, Precedence.ROUTINE, "levy")
    raise_epoch(iaf, hmeimim)
    for _ in range(2):
        async with running(iaf.node()) as here:
            [text] = alarms(here, "line.epoch-closed")
            assert text.startswith("1 message to hmeimim")
            assert "IAF-0101" in text
            assert here.lines["hmeimim"].backlog == (0, 0, 0, 0)
