"""What the peer finds and one record alone cannot: real nodes over TLS, their records bent."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from hotline.audit.reconcile.engine import reconcile
from hotline.audit.reconcile.journal_record import JournalRecord
from hotline.errors import HotlineError, JournalError
from hotline.journal.incoming import fence_reason
from hotline.journal.journal import JOURNAL_FILE, Journal
from hotline.journal.witnessing import Submission, Verdict, add_checkpoint
from hotline.line.identification import holds_more
from hotline.node.centre import Centre
from hotline.node.keyring import load_cards
from hotline.trust.checkpoint import open_checkpoint
from hotline.trust.notes import NoteKey
from tests.audit.attacks.catalogue import ATTACKS, DIRECTORIES, Attack
from tests.audit.attacks.incident import CENTRES, OTHER, Stage, meeting, perform
from tests.centres import eventually, line_up, now_us, say
from tests.journal.ledger import do, open_journal

FENCED = [name for name, attack in ATTACKS.items() if attack.fenced]
PEER_FINDS = [name for name, attack in ATTACKS.items() if attack.peer]
PEER_FINDS_NOTHING = [name for name, attack in ATTACKS.items() if not attack.peer]


@pytest.fixture(scope="module")
def incident(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """Give the directories of both centres after the incident; nobody changes these."""
    return asyncio.run(perform(tmp_path_factory.mktemp("incident")))


def bent(incident: Stage, attack: Attack, directory: Path) -> Stage:
    """Return a copy of everything, falsified."""
    stage = incident.copied(directory / "bent")
    attack.bend(stage)
    return stage


@contextmanager
def shameless(by: str) -> Iterator[None]:
    """Have the program of one centre neither fence itself nor hold its line."""
    checks = Journal._self_check

    def no_fence(journal: Journal, *rest: Any) -> str | None:
        return None if journal.centre == by else fence_reason(journal, *rest)

    def no_hold(hello: Any, *rest: Any) -> bool:
        return False if hello.centre == OTHER[by] else holds_more(hello, *rest)

    def no_check(journal: Journal) -> str | None:
        return None if journal.centre == by else checks(journal)

    with ExitStack() as stack:
        stack.enter_context(patch("hotline.node.reports.fence_reason", no_fence))
        stack.enter_context(patch("hotline.line.association.holds_more", no_hold))
        stack.enter_context(patch.object(Journal, "_self_check", no_check))
        yield


def noticed(centre: Centre) -> set[str]:
    """Return the codes of everything that a centre has refused or raised an alarm about."""
    refused = {
        sample.labels["code"]
        for metric in centre.metrics.refused.collect()
        for sample in metric.samples
        if "code" in sample.labels
    }
    return refused | {alarm.code for alarm in centre.bell.standing}


async def test_the_honest_records_hold_and_meet_again(incident: Stage, tmp_path: Path) -> None:
    """Before anything is falsified both records verify, and the line comes up as if nothing was."""
    stage = incident.copied(tmp_path / "copy")
    for centre in CENTRES:
        assert stage.of(centre).verify().failures == []
    async with meeting(stage) as pair:
        await line_up(*pair)
        for node in pair:
            assert not {code for code in noticed(node) if code.startswith(("line.peer", "journal"))}


@pytest.mark.parametrize("name", ATTACKS)
def test_the_verification_finds_it_or_cannot(incident: Stage, tmp_path: Path, name: str) -> None:
    """The verification finds just those by the step that is named; the others are whole records."""
    attack = ATTACKS[name]
    report = bent(incident, attack, tmp_path).of(attack.by).verify()
    steps = {failure.step for failure in report.failures}
    assert attack.verify in steps if attack.verify else report.failures == []


@pytest.mark.parametrize("name", PEER_FINDS)
async def test_the_peer_finds_it(incident: Stage, tmp_path: Path, name: str) -> None:
    """Whatever program the falsifier runs, the other centre's refuses its record and says why."""
    attack = ATTACKS[name]
    stage = bent(incident, attack, tmp_path)
    with shameless(attack.by):
        async with meeting(stage) as (iaf, hmeimim):
            peer = hmeimim if attack.by == "iaf" else iaf
            await eventually(lambda: noticed(peer) & set(attack.peer), f"not {attack.peer}")


@pytest.mark.parametrize("name", FENCED)
async def test_an_honest_program_fences_itself(incident: Stage, tmp_path: Path, name: str) -> None:
    """The falsifier's own node, if its program is ours, signs nothing more: the peer has proof."""
    attack = ATTACKS[name]
    stage = bent(incident, attack, tmp_path)
    async with meeting(stage) as (iaf, hmeimim):
        node = iaf if attack.by == "iaf" else hmeimim
        await eventually(lambda: node.fenced, "the node did not fence itself")
    assert "this node is fenced" in stage.of(attack.by).verify().failures[0].text


@pytest.mark.parametrize("name", [n for n in PEER_FINDS_NOTHING if ATTACKS[n].verify != 1])
async def test_the_peer_finds_nothing(incident: Stage, tmp_path: Path, name: str) -> None:
    """What the table says that no peer notices is noticed by none: the line comes up and works."""
    attack = ATTACKS[name]
    async with meeting(bent(incident, attack, tmp_path)) as (iaf, hmeimim):
        await line_up(iaf, hmeimim)
        await say(iaf, "iaf/05-uas.geojson")
        await say(hmeimim, "hmeimim/06-uas.json")
        assert not iaf.fenced
        assert not hmeimim.fenced


def compared(stage: Stage) -> set[str]:
    """Return the codes of what a reconciliation of both records names, or is refused with."""
    try:
        with ExitStack() as stack:
            records = [
                stack.enter_context(
                    closing(JournalRecord(name, site.journal, *load_cards(site.keys)))
                )
                for name, site in ((name, stage.of(name)) for name in CENTRES)
            ]
            return {difference.code for difference in reconcile(*records).differences}
    except HotlineError as error:
        return {error.code}


def test_the_honest_records_reconcile(incident: Stage) -> None:
    """Before anything is falsified both records agree in everything."""
    assert compared(incident) == set()


@pytest.mark.parametrize("name", ATTACKS)
def test_the_reconciliation_finds_it_or_cannot(incident: Stage, tmp_path: Path, name: str) -> None:
    """Both records side by side show what one alone may not, and nothing where nobody can know."""
    attack = ATTACKS[name]
    found = compared(bent(incident, attack, tmp_path))
    assert set(attack.reconcile) <= found
    assert bool(found) is bool(attack.reconcile)


async def test_a_fence_that_was_taken_away_comes_back(incident: Stage, tmp_path: Path) -> None:
    """The fence is no entry, but its reason is with the peer, which gives it again."""
    stage = bent(incident, DIRECTORIES[next(iter(DIRECTORIES))], tmp_path)
    for _ in range(2):
        async with meeting(stage) as (iaf, _):
            await eventually(partial(getattr, iaf, "fenced"), "the node did not fence itself")
        with stage.iaf.bent() as db:
            assert db.execute("DELETE FROM meta WHERE key = 'fence'").rowcount == 1
        assert stage.iaf.verify().failures == []


def test_an_outside_witness_cosigns_one_history_only(incident: Stage, tmp_path: Path) -> None:
    """Two centres that tell their history anew find no witness who has cosigned the first one."""
    key = NoteKey(ORIGIN, incident.hmeimim.keyring().log.public_key)
    true, retold = (_newest(incident.hmeimim.directory / name, key) for name in ("data", "retold"))
    witness = open_journal(tmp_path, "third", lines={})
    try:
        for note, old, cosigned in ((true, 0, True), (retold, 0, False), (retold, 1, False)):
            checkpoint = open_checkpoint(note, ORIGIN, key.public)
            submitted = Submission(key, note, checkpoint, old=old, proof=())
            answer = do(witness, partial(add_checkpoint, submission=submitted, now_us=now_us()))
            assert (answer.verdict is Verdict.COSIGNED) is cosigned
    finally:
        witness.close()


ORIGIN = "hotline/exercise/hmeimim/iaf/1"


def _newest(data: Path, key: NoteKey) -> bytes:
    """Return the newest checkpoint of the log that a key signs."""
    with closing(sqlite3.connect(data / JOURNAL_FILE)) as db:
        (note,) = db.execute("SELECT note FROM log WHERE origin = ?", (key.name,)).fetchone()
    return bytes(note)


async def test_a_node_does_not_start_on_the_journal_of_another(
    incident: Stage, tmp_path: Path
) -> None:
    """Journals that were exchanged are not continued either."""
    attack = DIRECTORIES["the two nodes' journals exchanged"]
    with pytest.raises(HotlineError) as refused:
        async with meeting(bent(incident, attack, tmp_path)):
            pass
    assert isinstance(refused.value, JournalError)
    assert refused.value.code == "journal.of-another-node"
