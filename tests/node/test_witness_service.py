"""What a node answers to ``add-checkpoint``, over real HTTP: docs/spec/witness.md, 2 and 3."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.errors import ConfigError, TrustError, WireError
from hotline.journal.forks import kept_forks
from hotline.journal.queries import records
from hotline.model.kinds import Status
from hotline.node.centre import Centre
from hotline.node.gate import PATH as LINE_PATH
from hotline.node.keyring import load_keyring
from hotline.node.tls import dialling_context
from hotline.node.witness import listener, service
from hotline.node.witness.submission import (
    MAX_BODY,
    PATH,
    SIZE_TYPE,
    claimed_origin,
    decode_size,
    decode_submission,
    encode_submission,
)
from hotline.trust.checkpoint import Checkpoint
from hotline.trust.cosignature import WitnessKey
from hotline.trust.keys import Role
from hotline.trust.names import tls_name
from hotline.trust.notes import Note, NoteKey, sign_text
from tests.centres import Site, eventually, running, sites
from tests.journal.trees import Tree, tree
from tests.node.hub import HOST, Hub
from tests.trust import samples

PEERS_LOG = "hotline/exercise/iaf/hmeimim/1"
OTHERS_LOG = "hotline/exercise/jordan/cyprus/1"


@dataclass
class Witness:
    """A node (hmeimim) that witnesses for its peer iaf, and for a log of jordan."""

    centre: Centre
    peers: Tree
    others: Tree
    session: aiohttp.ClientSession

    async def post(self, body: Any, path: str = PATH, **more: Any) -> tuple[int, str, bytes]:
        """Post a body; return status, content type and answer."""
        url = f"http://{HOST}:{self.centre.witness_port}{path}"
        async with self.session.post(url, data=body, **more) as response:
            return response.status, response.headers.get("Content-Type", ""), await response.read()

    async def submit(self, log: Tree, old: int, size: int) -> tuple[int, str, bytes]:
        """Submit a checkpoint properly."""
        return await self.post(encode_submission(old, log.proof(old, size), log.note(size)))

    def verify(self, answer: bytes, checkpoint: Checkpoint) -> None:
        """Verify the answer as any C2SP client does: hung on the note, under the witness's vkey."""
        key = self.centre.keyring.card.note_keys()[2]
        assert isinstance(key, WitnessKey)
        cosigned = Note.parse(checkpoint.text().encode() + b"\n" + answer)
        assert cosigned.verified_by([WitnessKey.from_vkey(key.vkey())]) == (key,)


@asynccontextmanager
async def witnessing(directory: Path) -> AsyncIterator[Witness]:
    """Run the node."""
    iaf, hmeimim = sites(directory)
    peers = tree(origin=PEERS_LOG, signer=load_keyring(iaf.keys).log)
    others = tree(origin=OTHERS_LOG, signer=samples.key(Role.LOG, "jordan"))
    hmeimim.configure("iaf", port=0, extra=service_table(others.key))
    async with running(hmeimim.node()) as centre, aiohttp.ClientSession() as session:
        yield Witness(centre, peers, others, session)


def service_table(*keys: NoteKey) -> str:
    """Return the tables of node.toml that have a node witness for others."""
    logs = "".join(f'[[witness_service.log]]\nvkey = "{key.vkey()}"\n' for key in keys)
    return f'[witness_service]\nhost = "{HOST}"\nport = 0\n{logs}'


@pytest.fixture
async def witness(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Witness]:
    """Run a witness that takes as many requests as a test makes."""
    monkeypatch.setattr(service, "BURST", 1e6)
    async with witnessing(tmp_path) as running_witness:
        yield running_witness


async def test_a_log_is_cosigned_as_it_grows(witness: Witness) -> None:
    """200 with a signature line that verifies; the first time from 0, then from the size before."""
    for log in (witness.peers, witness.others):
        for old, size in ((0, 3), (3, 3), (3, 40)):
            status, _, answer = await witness.submit(log, old, size)
            assert status == 200
            witness.verify(answer, log.checkpoint(size))


async def test_it_is_there_after_a_restart(tmp_path: Path) -> None:
    """What was answered had been stored: a new process begins where the old one ended."""
    async with witnessing(tmp_path) as first:
        await first.submit(first.others, 0, 7)
    again = Centre(first.centre.config, first.centre.keyring)
    async with running(again), aiohttp.ClientSession() as session:
        second = Witness(again, first.peers, first.others, session)
        assert await second.submit(first.others, 0, 9) == (409, SIZE_TYPE, b"7\n")
        assert (await second.submit(first.others, 7, 9))[0] == 200


async def test_a_stale_old_size(witness: Witness) -> None:
    """409 with the size and exactly the type of the standard, at first with 0."""
    assert await witness.submit(witness.others, 4, 9) == (409, "text/x.tlog.size", b"0\n")
    await witness.submit(witness.others, 0, 9)
    assert await witness.submit(witness.others, 0, 12) == (409, "text/x.tlog.size", b"9\n")


async def test_each_refusal_has_its_status(witness: Witness) -> None:
    """404, 403, 400 and 422 as the standard says, and nothing is cosigned."""
    log = witness.others
    unknown = tree(origin="hotline/exercise/jordan/malta/1", signer=log.signer)
    bad = log.note(9).replace(log.note(9)[-40:-20], log.note(8)[-40:-20])
    unsigned = log.note(9).replace(b"\n\xe2\x80\x94 hotline", b"\n\xe2\x80\x94 somebody")
    extended = signed_text(log, log.checkpoint(9).text() + "more\n")
    other_note = tree(origin=OTHERS_LOG, signer=load_keyring(witness.centre.config.keys).signing)
    for status, code, body in (
        (404, "witness.unknown-log", encode_submission(0, (), unknown.note(9))),
        (403, "trust.bad-signature", encode_submission(0, (), bad)),
        (403, "trust.unsigned-note", encode_submission(0, (), unsigned)),
        (403, "trust.unsigned-note", encode_submission(0, (), foreign(other_note, 9))),
        (400, "trust.malformed-checkpoint", encode_submission(0, (), extended)),
        (400, "witness.old-size-too-large", encode_submission(10, (), log.note(9))),
        (400, "trust.malformed-note", encode_submission(0, (), b"nothing\n")),
        (400, "witness.malformed-submission", b"old 00\n\n" + log.note(9)),
        (400, "witness.malformed-submission", b""),
        (422, "trust.not-consistent", encode_submission(0, (bytes(32),), log.note(9))),
    ):
        assert (await witness.post(body))[::2] == (status, f"{code}\n".encode()), code
    await witness.submit(log, 0, 9)
    no_proof = encode_submission(9, (), log.note(12))
    assert (await witness.post(no_proof))[0] == 422
    rows = await witness.centre.reader.run(
        lambda connection: connection.execute("SELECT origin, size FROM witnessed").fetchall()
    )
    assert rows == [(OTHERS_LOG, 9)]


def signed_text(log: Tree, text: str) -> bytes:
    """Have a log's key sign any text."""
    return Note(text, (sign_text(text, log.origin, log.signer),)).encode()


def foreign(log: Tree, size: int) -> bytes:
    """Sign a checkpoint with a key that is not the log's."""
    return signed_text(log, log.checkpoint(size).text())


async def test_two_logs_of_one_size_are_kept_and_alarmed(witness: Witness) -> None:
    """409, an entry that proves it, and one alarm that stands however often it is said."""
    lie = tree(origin=OTHERS_LOG, forked_at=3, signer=witness.others.signer)
    await witness.submit(witness.others, 0, 9)
    for _ in range(3):
        answer = await witness.submit(lie, 9, 9)
        assert (answer[0], answer[2]) == (409, b"witness.forked-log\n")
    bell = witness.centre.bell
    await eventually(lambda: [a for a in bell.standing if a.code == "trust.fork" and a.id])
    (alarm,) = bell.standing
    assert (alarm.peer, alarm.subject, alarm.cleared_us) == ("", OTHERS_LOG, None)
    (fork,) = await witness.centre.reader.run(kept_forks)
    fork.check()


async def test_a_fork_is_alarmed_again_after_a_restart(tmp_path: Path) -> None:
    """Also where a crash came between the entry and the alarm; in a new epoch it is over."""
    async with witnessing(tmp_path) as first:
        lie = tree(origin=PEERS_LOG, forked_at=3, signer=first.peers.signer)
        await first.submit(first.peers, 0, 9)
        first.centre.stopping = True  # no task that would alarm is awaited any more
        await first.submit(lie, 9, 9)
        await first.centre.writer.do(lambda j: j.execute("DELETE FROM alarm"))
        await first.centre.stop()
    async with running(Centre(first.centre.config, first.centre.keyring)) as centre:
        assert centre.bell.active("trust.fork", "iaf") == {PEERS_LOG}
        (found,) = await centre.reader.run(partial(records, kinds=("fork",)))
        assert found.origin == "hotline/exercise/hmeimim/iaf/1"


async def test_a_fenced_node_says_that_it_cannot(witness: Witness) -> None:
    """503: it is not the asker's fault."""
    await witness.centre.fence("it was rolled back")
    assert (await witness.submit(witness.others, 0, 9))[::2] == (503, b"journal.fenced\n")


# --- On the line's port -------------------------------------------------------------------


async def on_the_line(hub: Hub, body: bytes) -> tuple[int, bytes]:
    """Submit as mallory does, by its certificate."""
    url = f"https://{HOST}:{hub.centre.port}{LINE_PATH}{PATH}"
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            url,
            data=body,
            ssl=hub.hostile.context(),
            server_hostname=tls_name(Status.EXERCISE, "hmeimim"),
        ) as response,
    ):
        return response.status, await response.read()


async def test_a_peer_submits_its_own_log_on_the_line(hub: Hub) -> None:
    """Behind its certificate, with no other port; and no log of anybody else."""
    log = tree(origin=hub.hostile.terms.own_origin, signer=hub.hostile.keyring.log)
    status, answer = await on_the_line(hub, encode_submission(0, (), log.note(9)))
    assert status == 200
    key = hub.centre.keyring.card.note_keys()[2]
    assert Note.parse(log.note(9) + answer).verified_by([key])
    honest = tree(origin="hotline/exercise/iaf/hmeimim/1", signer=hub.honest.keyring.log)
    refused = await on_the_line(hub, encode_submission(0, (), honest.note(9)))
    assert refused == (404, b"witness.unknown-log\n")


async def test_a_stranger_is_not_even_heard(hub: Hub) -> None:
    """Without a certificate of a peer there is no TLS, and no HTTP after it."""
    context = dialling_context(hub.hostile.keyring, hub.hostile.keyring.peer("hmeimim"))
    context.check_hostname = False
    bare = aiohttp.TCPConnector(ssl=False)
    async with aiohttp.ClientSession(connector=bare) as session:
        with pytest.raises(aiohttp.ClientError):
            await session.post(f"https://{HOST}:{hub.centre.port}{LINE_PATH}{PATH}", data=b"")


async def test_a_fork_of_a_peer_leaves_the_line_up(hub: Hub) -> None:
    """It is kept in that line's log and alarmed; the honest line never notices."""
    log = tree(origin=hub.hostile.terms.own_origin, signer=hub.hostile.keyring.log)
    lie = tree(origin=log.origin, forked_at=2, signer=log.signer)
    await on_the_line(hub, encode_submission(0, (), log.note(9)))
    assert (await on_the_line(hub, encode_submission(9, (), lie.note(9))))[0] == 409
    ((record, what),) = await hub.records("fork")
    assert record.origin == hub.hostile.terms.peer_origin
    assert what["origin"] == log.origin
    await eventually(lambda: "trust.fork" in hub.alarms())


# --- Hostile clients ----------------------------------------------------------------------


async def test_a_body_that_is_too_long(witness: Witness) -> None:
    """413, whether it says its length or not, and memory stays as it was."""
    assert (await witness.post(b"x" * (MAX_BODY + 2)))[0] == 413

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(64):
            yield b"y" * 4096

    status = None
    with suppress(aiohttp.ClientError):  # the connection is closed while the client still writes
        status, _, _ = await witness.post(endless())
    assert status in (413, None)


async def test_a_compressed_body_is_not_read(witness: Witness) -> None:
    """What would become large is refused as it is."""
    body = zlib.compress(b"old 0\n" * 10_000_000)[: MAX_BODY - 1]
    status, _, _ = await witness.post(body, headers={"Content-Encoding": "deflate"})
    assert status == 400


async def test_a_body_that_does_not_come(witness: Witness, monkeypatch: pytest.MonkeyPatch) -> None:
    """408 after a while: nobody is waited for."""
    monkeypatch.setattr(service, "BODY_S", 0.05)
    reader, writer = await asyncio.open_connection(HOST, witness.centre.witness_port)
    writer.write(b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\nold ")
    assert (await reader.readline()).startswith(b"HTTP/1.1 408")
    writer.transport.abort()


async def test_a_connection_that_says_nothing_ends(
    witness: Witness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever only holds a place loses it."""
    monkeypatch.setattr(listener, "CONNECTION_S", 0.05)
    reader, writer = await asyncio.open_connection(HOST, witness.centre.witness_port)
    assert await reader.read() == b""
    writer.close()


async def test_places_that_are_taken_make_way(
    witness: Witness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hundred idle connections do not keep an honest log away."""
    monkeypatch.setattr(listener, "MAX_CONNECTIONS", 4)
    idle = [await asyncio.open_connection(HOST, witness.centre.witness_port) for _ in range(10)]
    assert (await witness.submit(witness.others, 0, 9))[0] == 200
    for _, writer in idle:
        writer.transport.abort()


async def test_too_many_requests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """429 beyond one asker's share, and it is counted; a moment later there is more."""
    monkeypatch.setattr(service, "A_SECOND", 0.0)
    monkeypatch.setattr(service, "BURST", 3.0)
    async with witnessing(tmp_path) as witness:
        answers = [(await witness.submit(witness.others, 0, 9))[0] for _ in range(4)]
        assert answers == [200, 409, 409, 429]
        assert b'hotline_submissions_total{status="429"} 1.0' in witness.centre.metrics.text()
        monkeypatch.setattr(service, "A_SECOND", 1e6)
        assert (await witness.submit(witness.others, 9, 9))[0] == 200


async def test_only_post_and_only_there(witness: Witness) -> None:
    """The port has one path and one method."""
    url = f"http://{HOST}:{witness.centre.witness_port}"
    for method, path, status in (("GET", PATH, 405), ("POST", "/", 404), ("PUT", PATH, 405)):
        async with witness.session.request(method, url + path) as response:
            assert response.status == status


async def test_refused_requests_write_nothing(witness: Witness) -> None:
    """Neither a row, nor an entry: only a log's signature does."""
    size = witness.centre.journal.node_log.size
    for body in (b"", b"old 0\n\n", encode_submission(0, (), b"x\n\n\xe2\x80\x94 x AAAAAAA=\n")):
        await witness.post(body)
    unknown = tree(origin="hotline/exercise/jordan/malta/1", signer=witness.others.signer)
    await witness.submit(unknown, 0, 9)
    assert witness.centre.journal.node_log.size == size
    rows = await witness.centre.reader.run(
        lambda connection: connection.execute("SELECT count(*) FROM witnessed").fetchone()
    )
    assert rows == (0,)


# --- The bytes ----------------------------------------------------------------------------


@given(data=st.binary(max_size=400))
@settings(max_examples=100)
def test_any_bytes_are_a_submission_or_refused(data: bytes) -> None:
    """Nothing but WireError and TrustError comes of what a stranger sends."""
    try:
        old, proof, note = decode_submission(data)
        claimed_origin(note)
    except (WireError, TrustError):
        return
    assert encode_submission(old, proof, note) == data


@given(
    old=st.integers(0, 2**62),
    count=st.integers(0, 63),
    change=st.integers(0),
    to=st.binary(max_size=3),
)
@settings(max_examples=100)
def test_a_submission_is_read_back(old: int, count: int, change: int, to: bytes) -> None:
    """One has one spelling; changed bytes are another submission, or none."""
    proof = tuple(bytes([n]) * 32 for n in range(count))
    note = tree(4).note(4)
    body = encode_submission(old, proof, note)
    assert decode_submission(body) == (old, proof, note)
    at = change % len(body)
    changed = body[:at] + to + body[at + len(to) :]
    with suppress(WireError):
        assert encode_submission(*decode_submission(changed)) == changed


def test_a_proof_of_64_lines_is_refused() -> None:
    """The standard's limit."""
    with pytest.raises(WireError, match="more than 63 lines"):
        decode_submission(encode_submission(1, (bytes(32),) * 64, b"x"))


@pytest.mark.parametrize(
    "answer", [b"", b"5", b"05\n", b"-1\n", b"5\n5\n", b"9" * 20 + b"\n", b" 5\n"]
)
def test_a_size_has_one_spelling(answer: bytes) -> None:
    """What is no size is none."""
    assert decode_size(answer) is None
    assert decode_size(b"5\n") == 5


# --- Configuration ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("vkey", "text"),
    [
        ("x", "cannot be used"),
        (tree(origin=OTHERS_LOG.replace("exercise", "actual")).key.vkey(), "exercise log"),
        (tree(origin="example.org/log").key.vkey(), "exercise log"),
        (tree(origin="hotline/exercise/hmeimim/iaf/1").key.vkey(), "another centre"),
    ],
)
def test_logs_that_a_node_cannot_witness(tmp_path: Path, vkey: str, text: str) -> None:
    """Its own, those of another status, and those of nobody that it knows are refused."""
    _, site = sites(tmp_path)
    table = f'[witness_service]\nhost = "x"\nport = 1\n[[witness_service.log]]\nvkey = "{vkey}"\n'
    site.configure("iaf", port=0, extra=table)
    with pytest.raises(ConfigError, match=text) as refused:
        site.node()
    assert refused.value.code == "config.bad-witnessed-log"


async def test_another_key_for_a_peers_log_is_refused(tmp_path: Path) -> None:
    """The card that was compared by voice counts."""
    _, site = sites(tmp_path)
    site.configure("iaf", port=0, extra=service_table(tree(origin=PEERS_LOG).key))
    centre = site.node()
    with pytest.raises(ConfigError, match="another key in node"):
        await centre.start()
    await centre.stop()


def test_one_log_is_named_once(tmp_path: Path) -> None:
    """Two tables for it would leave open which one counts."""
    site = Site(tmp_path, "hmeimim")
    log = tree(origin=OTHERS_LOG, signer=samples.key(Role.LOG, "jordan"))
    site.configure("iaf", port=0, extra=service_table(log.key, log.key))
    with pytest.raises(ConfigError, match="named twice"):
        site.node()
