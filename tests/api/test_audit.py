"""What the auditor reads by the API: logs, entries, proofs, checkpoints, evidence."""

from __future__ import annotations

from base64 import b64decode
from hashlib import sha256

import pytest

from hotline.api.audit_names import file_name, log_name
from hotline.api.client import Client
from hotline.audit.entries import Log
from hotline.audit.evidence.check import check
from hotline.model.kinds import Precedence
from hotline.trust.checkpoint import Checkpoint
from hotline.trust.merkle import leaf_hash
from hotline.trust.notes import Note
from hotline.trust.proof import Proof
from hotline.wire.body import message_id
from tests.api.conftest import Pair, ask
from tests.centres import eventually, receipted, say


async def told(pair: Pair) -> bytes:
    """Say one notice, and return its id once it is receipted and its receipt is cosigned."""
    id_ = await say(pair.iaf, "iaf/01-patrol.json")
    await receipted(pair.iaf, Precedence.ROUTINE, 1)
    line = pair.iaf.line("hmeimim")
    await eventually(lambda: line.witnessed >= line.stored.own.written, "everything cosigned")
    return id_


async def _entry_of(client: Client, id_: bytes) -> tuple[str, int]:
    (found,) = (await client.log(id=id_.hex(), kind="notice")).entries
    return found.log, found.entry


async def test_logs_say_what_is_signed_and_witnessed(pair: Pair) -> None:
    """Our log of the line, the mirror of the peer's and the node's own log are told apart."""
    await told(pair)
    await pair.iaf.bell.ring("test.alarm", "", "", "nobody has witnessed this yet")
    found = {log.name: log for log in (await pair.a.logs()).logs}
    assert set(found) == {"hmeimim.1", "hmeimim.1.mirror", "node.1"}
    line, mirror, node = found["hmeimim.1"], found["hmeimim.1.mirror"], found["node.1"]
    assert line.own
    assert line.centre == "iaf"
    assert line.cosigned == line.size
    assert not line.unwitnessed
    assert [one.name for one in line.witnesses] == ["hmeimim"]
    assert line.witnesses[0].at is not None
    assert not mirror.own
    assert mirror.centre == "hmeimim"
    assert mirror.peer == "hmeimim"
    assert node.peer is None
    assert node.cosigned < node.size
    assert node.oldest_unwitnessed_at is not None
    assert node.unwitnessed == node.size - node.cosigned
    assert line.checkpoint is not None
    assert Checkpoint.parse(Note.parse(line.checkpoint.encode()).text).size == line.signed


async def test_an_entry_is_told_in_full(pair: Pair) -> None:
    """Bytes, hashes, signature and stamps of a message are all there, and fit each other."""
    id_ = await told(pair)
    origin, number = await _entry_of(pair.a, id_)
    found = await pair.a.entry("hmeimim.1", number)
    assert found.view.log == origin
    assert found.view.entry == number
    raw = b64decode(found.raw)
    assert message_id(raw) == id_
    assert found.raw_sha256 == sha256(raw).hexdigest()
    assert found.leaf_hash == leaf_hash(b64decode(found.leaf)).hex()
    assert found.fields["recipient"] == "hmeimim"
    assert found.said["reference"] == "IAF-0101"
    assert found.signed is not None
    assert found.signed.size == 1
    assert found.message is not None
    assert found.message.receipt is not None
    assert found.traffic.startswith("EXERCISE")
    record = await pair.a.entry("node", 0)
    assert record.signed is None
    assert record.message is None
    assert record.previous is None


async def test_a_proof_is_under_the_newest_cosigned_checkpoint(pair: Pair) -> None:
    """The tlog-proof verifies by itself, and its parts are those of the text."""
    id_ = await told(pair)
    _, number = await _entry_of(pair.a, id_)
    found = await pair.a.proof("hmeimim", number)
    proof = Proof.parse(found.proof)
    checkpoint = Checkpoint.parse(Note.parse(found.checkpoint.encode()).text)
    proof.verify(b64decode(found.leaf), checkpoint)
    (line,) = [log for log in (await pair.a.logs()).logs if log.name == "hmeimim.1"]
    assert found.size == checkpoint.size == line.cosigned
    assert found.cosigned_by
    assert [node.hex() for node in proof.path] == found.path


async def test_checkpoints_are_paged(pair: Pair) -> None:
    """Pages follow each other, newest first, without a gap or a double."""
    await told(pair)
    await pair.a.check_line("hmeimim")
    whole = [one.size for one in (await pair.a.checkpoints("hmeimim.1")).checkpoints]
    assert whole == sorted(set(whole), reverse=True)
    assert len(whole) > 1
    paged: list[int] = []
    before: int | None = None
    while True:
        page = await pair.a.checkpoints("hmeimim.1", before=before, limit=1)
        paged += [one.size for one in page.checkpoints]
        before = page.before
        if not page.more:
            break
    assert paged[-len(whole) :] == whole
    mirrored = await pair.a.checkpoints("hmeimim.1.mirror")
    assert mirrored.checkpoints
    assert mirrored.log.centre == "hmeimim"


async def test_evidence_is_the_file_that_anybody_can_check(pair: Pair) -> None:
    """It has the mark of the exercise in its name, and holds against both cards."""
    id_ = await told(pair)
    async with pair.a.evidence("IAF-0101") as download:
        data = b"".join([chunk async for chunk in download.chunks])
    assert download.name.startswith("EXERCISE-")
    assert download.name.endswith(".json")
    keyring = pair.iaf.keyring
    assert check(data, (keyring.card, keyring.peer("hmeimim")))
    assert id_.hex().encode() in data


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/v1/logs/nobody/entries/0", 404, "node.unknown-log"),
        ("/v1/logs/hmeimim/entries/99999999", 404, "audit.no-such-entry"),
        ("/v1/logs/hmeimim/entries/-1", 400, "api.bad-number"),
        ("/v1/logs/hmeimim/entries/1e3", 400, "api.bad-number"),
        ("/v1/logs/..%2F..%2Fkeys/entries/0", 404, "node.unknown-log"),
        ("/v1/logs/hmeimim.1.mirror/entries/0", 409, "audit.mirror"),
        ("/v1/logs/hmeimim.1.mirror/entries/0/proof", 409, "audit.mirror"),
        ("/v1/logs/hmeimim/checkpoints?before=x", 400, "api.bad-number"),
        ("/v1/messages/nothing/evidence", 404, "node.no-such-message"),
        ("/v1/jobs/7", 404, "audit.no-such-job"),
        ("/v1/jobs/7/result", 404, "audit.no-such-job"),
        ("/v1/jobs/..%2Fapi.sock/result", 400, "api.bad-number"),
    ],
)
async def test_what_is_not_there_is_refused(pair: Pair, path: str, status: int, code: str) -> None:
    """Each wrong name has its code; none is ever a path."""
    asked = await ask(pair.iaf, "GET", path)
    assert (asked.status, asked.body["code"]) == (status, code)


def test_names_of_files_are_never_paths() -> None:
    """Whatever a peer chose, the name of a download is letters, digits and hyphens."""
    name = file_name("EXERCISE ../../x\u202e", "evidence", "=cmd|' /C calc'!A0", suffix=".json")
    assert name == "EXERCISE-x-hotline-evidence-cmd-C-calc-A0.json"
    assert len(file_name("x" * 1000, suffix=".csv")) < 130


def test_names_of_logs_tell_them_apart() -> None:
    """A line's log, its mirror and the node's own never share a name."""
    ours = Log(1, "hotline/exercise/iaf/hmeimim/2", True, 0, b"", "hmeimim", 2, 2)
    mirror = Log(2, "hotline/exercise/hmeimim/iaf/2", False, 0, b"", "hmeimim", 2, 1)
    node = Log(3, "hotline/exercise/iaf/node/1", True, 0, b"", None, None, None)
    assert [log_name(log) for log in (ours, mirror, node)] == [
        "hmeimim.2",
        "hmeimim.2.mirror",
        "node.1",
    ]
