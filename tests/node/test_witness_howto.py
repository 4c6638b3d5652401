"""docs/howto/witness.md by the letter: a third node that witnesses both centres and has no line."""

from __future__ import annotations

import asyncio
import re
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner

from hotline.api.standing import status
from hotline.cli.log.verify import verify_node
from hotline.cli.root import root
from hotline.errors import ConfigError
from hotline.journal.counts import counts
from hotline.node.centre import Centre
from hotline.node.doctor import examine
from hotline.node.witness import asking
from tests.centres import Site, eventually, line_up, running, say, sites
from tests.node.hub import HOST, letter_between
from tests.node.test_outside_witness import cosigned, witness_table

HOWTO = Path(__file__).parents[2] / "docs" / "howto" / "witness.md"


def printed(site: Site, *words: str) -> str:
    """Return what `hotline keys logs` prints of a centre."""
    config = str(site.directory / "node.toml")
    result = CliRunner().invoke(root, ["--config", config, "keys", "logs", *words])
    assert result.exit_code == 0, result.output
    return result.stdout


def third_node_toml(vkeys: list[str]) -> str:
    """Return the node.toml of the manual, its vkeys replaced by real ones of the same logs."""
    (block,) = re.findall(r"```toml\n(centre = .*?)```", HOWTO.read_text("utf-8"), re.DOTALL)
    block = block.replace("10.20.0.9", HOST).replace("7480", "0")
    real = {vkey.split("+")[0]: vkey for vkey in vkeys}
    named = re.findall(r'vkey = "([^+"]+)[^"]*"', block)
    assert sorted(named) == sorted(real), "the manual lists every log of both centres"
    return re.sub(r'vkey = "([^+"]+)[^"]*"', lambda m: f'vkey = "{real[m[1]]}"', block)


def has_both(centre: Centre, witness: str) -> bool:
    """Whether the witness has cosigned both logs of a centre."""
    return len(cosigned(centre, witness)) == 2


async def well(centre: Centre) -> bool:
    """Whether `hotline status` would find nothing wrong."""
    found = status(centre, await centre.reader.run(lambda c: counts(c, 0)))
    return not found.wrong


async def test_a_third_node_witnesses_without_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It runs, cosigns every log of both, is well, and leaves a record that verifies."""
    monkeypatch.setattr(asking, "ASK_EVERY_S", 0.01)
    monkeypatch.setattr(asking, "LOOK_EVERY_S", 0.05)
    iaf_site, hmeimim_site = sites(tmp_path)
    third_site = Site(tmp_path, "cyprus")
    iaf_site.configure("hmeimim", port=7400)
    hmeimim_site.configure("iaf", port=0)
    vkeys = [vkey for site in (iaf_site, hmeimim_site) for vkey in printed(site).split()]
    assert [vkey for vkey in vkeys if f'vkey = "{vkey}"' in printed(iaf_site, "--tables")] == (
        vkeys[:2]
    )
    config = third_site.directory / "node.toml"
    config.write_text(third_node_toml(vkeys), "utf-8")
    async with running(third_site.node()) as third:
        vkey = third.keyring.card.note_keys()[2].vkey()
        assert f"witness {vkey}" in (third_site.keys / "centre.card").read_text("utf-8")
        table = witness_table(vkey, f"http://{HOST}:{third.witness_port}")
        hmeimim_site.configure("iaf", port=0, extra=table)
        async with running(hmeimim_site.node()) as hmeimim:
            iaf_site.configure("hmeimim", port=hmeimim.port or 0, extra=table)
            async with running(iaf_site.node()) as iaf:
                await line_up(iaf, hmeimim)
                await say(iaf, "iaf/01-patrol.json")
                for centre in (iaf, hmeimim):
                    assert sorted(centre.own_origins) == sorted(
                        each.split("+")[0]
                        for each in vkeys
                        if f"/{centre.config.centre}/" in each[:28]
                    )
                    name = third.keyring.witness.name
                    await eventually(partial(has_both, centre, name))
        assert await well(third)
        assert [finding for finding in await examine(third) if not finding.ok] == []
        assert third.journal.execute("SELECT count(*) FROM witnessed").fetchone() == (4,)
    report = await asyncio.to_thread(verify_node, config)
    assert report.ok, report.failures
    assert [origin for origin, *_ in report.checkpoints] == ["hotline/exercise/cyprus/node/1"]
    assert [size for _, size, _ in report.checkpoints] != [0]
    async with running(third_site.node()) as again:
        assert await well(again)
    # It gets a line later, and from then on its log is signed by anchors.
    third_site.enrol(iaf_site)
    third_site.letter.write_text(letter_between("iaf", "cyprus", dials="iaf"))
    third_site.configure("iaf", port=0)
    async with running(third_site.node()):
        opened = await asyncio.to_thread(verify_node, config)
        assert opened.ok, opened.failures
    assert (await asyncio.to_thread(verify_node, config)).ok


def test_a_node_has_a_line_or_witnesses(tmp_path: Path) -> None:
    """Without either there is nothing for it to do."""
    site = Site(tmp_path, "cyprus")
    service = f'[witness_service]\nhost = "{HOST}"\nport = 0\n'
    for extra in ("", service):
        path = site.directory / "node.toml"
        path.write_text(f'centre = "cyprus"\nstatus = "exercise"\n{extra}', "utf-8")
        with pytest.raises(ConfigError) as refused:
            site.node()
        assert refused.value.code == "config.lines"
