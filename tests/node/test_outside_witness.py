"""Outside witnesses of a node's logs: a third node, and whatever else may answer in its place."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from hotline.api.standing import status
from hotline.errors import ConfigError
from hotline.journal.counts import counts
from hotline.node import watch
from hotline.node.centre import Centre
from hotline.node.doctor import examine
from hotline.node.keyring import load_keyring
from hotline.node.watch import check_line
from hotline.node.witness import asking
from hotline.node.witness.submission import MAX_ANSWER, PATH, SIZE_TYPE, decode_submission
from hotline.trust.checkpoint import Checkpoint
from hotline.trust.cosignature import WitnessKey, cosign_text, verify_cosignature
from hotline.trust.keys import PrivateKey, Role
from hotline.trust.notes import Note, NoteKey
from tests.centres import Site, eventually, line_up, running, say, sites
from tests.node.hub import HOST, letter_between
from tests.node.test_witness_service import service_table
from tests.trust import samples

NOTICE = "iaf/01-patrol.json"
OUTSIDE = samples.key(Role.WITNESS, "cyprus")
"""The key of a witness that is no node, but a script of a test."""


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every pause be short."""
    monkeypatch.setattr(asking, "ASK_EVERY_S", 0.01)
    monkeypatch.setattr(asking, "LOOK_EVERY_S", 0.05)
    monkeypatch.setattr(asking, "BACK_OFF_S", (0.01,))
    monkeypatch.setattr(watch, "EVERY_S", 0.05)


def vkey_of(key: PrivateKey) -> str:
    """Return a witness's vkey."""
    return WitnessKey(key.name, key.public_key).vkey()


def witness_table(vkey: str, url: str, extra: str = "") -> str:
    """Return the table of node.toml that has a witness asked."""
    return f'[[witness]]\nvkey = "{vkey}"\nurl = "{url}"\n{extra}\n'


def cosigned(centre: Centre, name: str) -> dict[str, tuple[int, bytes, str]]:
    """Return the newest cosignature of a witness over each log of a centre, from its journal."""
    connection = centre.journal.connection
    rows = connection.execute(
        "SELECT g.origin, c.size, c.root, c.line FROM cosignature c JOIN log g ON g.id = c.log"
        " WHERE c.witness = ? ORDER BY c.size",
        (name,),
    )
    return {origin: (size, root, line) for origin, size, root, line in rows.fetchall()}


# --- A third node -------------------------------------------------------------------------


async def test_a_third_centre_witnesses_both_logs(tmp_path: Path) -> None:
    """Over HTTP, while both talk: it learns sizes and roots, and each keeps what it vouched for."""
    iaf_site, hmeimim_site = sites(tmp_path)
    third_site = Site(tmp_path, "cyprus")
    third_site.enrol(iaf_site)
    third_site.letter.write_text(letter_between("iaf", "cyprus", dials="iaf"))
    logs = {
        "hotline/exercise/iaf/hmeimim/1": iaf_site,
        "hotline/exercise/iaf/node/1": iaf_site,
        "hotline/exercise/hmeimim/iaf/1": hmeimim_site,
        "hotline/exercise/hmeimim/node/1": hmeimim_site,
    }
    keys = [NoteKey(origin, load_keyring(site.keys).card.log) for origin, site in logs.items()]
    third_site.configure("iaf", port=0, extra=service_table(*keys))
    async with running(third_site.node()) as third:
        vkey = third.keyring.card.note_keys()[2].vkey()
        table = witness_table(vkey, f"http://{HOST}:{third.witness_port}/")
        hmeimim_site.configure("iaf", port=0, extra=table)
        async with running(hmeimim_site.node()) as hmeimim:
            iaf_site.configure("hmeimim", port=hmeimim.port or 0, extra=table)
            async with running(iaf_site.node()) as iaf:
                await line_up(iaf, hmeimim)
                await say(iaf, NOTICE)
                await check_line(iaf, iaf.lines["hmeimim"])
                await check_line(hmeimim, hmeimim.lines["iaf"])
                name = third.keyring.witness.name
                for centre in (iaf, hmeimim):
                    await _all_cosigned(centre, name)
                    for origin, (size, root, line) in cosigned(centre, name).items():
                        text = Checkpoint(origin, size, root).text()
                        verify_cosignature(text, line.encode(), name, third.keyring.card.witness)
                assert third.journal.execute("SELECT count(*) FROM witnessed").fetchone() == (4,)
                found = status(iaf, await iaf.reader.run(lambda c: counts(c, 0)))
                (shown,) = found.witnesses
                assert (shown.name, shown.late, shown.last_error) == (name, False, "")
                assert shown.cosigned["hotline/exercise/iaf/hmeimim/1"] > 0
                (finding,) = [f for f in await examine(iaf) if f.name == f"witness {name}"]
                assert finding.ok


async def _all_cosigned(centre: Centre, name: str) -> None:
    """Return once the witness has the newest checkpoint of both logs of a centre."""

    def done() -> bool:
        found = cosigned(centre, name)
        rows = centre.journal.connection.execute("SELECT origin, note FROM log WHERE own")
        notes = {origin: Note.parse(note).text for origin, note in rows.fetchall() if note}
        return len(notes) == 2 and all(
            origin in found and Checkpoint(origin, *found[origin][:2]).text() == text
            for origin, text in notes.items()
        )

    await eventually(done, "the witness has not cosigned everything")


# --- Whatever else may answer -------------------------------------------------------------


class Script:
    """A witness that answers what a test says; honest unless told otherwise."""

    def __init__(self) -> None:
        self.key = OUTSIDE
        self.size = 0
        # What was submitted: old size, number of proof lines, checkpoint.
        self.asked: list[tuple[int, int, Checkpoint]] = []
        self.answer: Callable[[web.Request, bytes], Awaitable[web.Response]] = self.honestly
        self.url = ""

    async def honestly(self, _request: web.Request, note: bytes) -> web.Response:
        """Cosign, or say what was cosigned last."""
        old, _, checkpoint = self.asked[-1]
        if old != self.size:
            return self.sized(self.size)
        self.size = checkpoint.size
        return web.Response(text=self.line(note))

    def sized(self, size: int) -> web.Response:
        """Answer that another size was cosigned."""
        return web.Response(status=409, body=b"%d\n" % size, headers={"Content-Type": SIZE_TYPE})

    def line(self, note: bytes) -> str:
        """Cosign a note."""
        return cosign_text(Note.parse(note).text, self.key, 1_800_000_000).line()

    async def handle(self, request: web.Request) -> web.Response:
        """Take one request."""
        old, proof, note = decode_submission(await request.read())
        checkpoint = Checkpoint.parse(Note.parse(note).text)
        self.asked.append((old, len(proof), checkpoint))
        return await self.answer(request, note)


@asynccontextmanager
async def scripted() -> AsyncIterator[Script]:
    """Serve a script."""
    script = Script()
    application = web.Application()
    application.router.add_post(f"/w{PATH}", script.handle)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, HOST, 0)
    await site.start()
    script.url = f"http://{HOST}:{runner.addresses[0][1]}/w"
    try:
        yield script
    finally:
        await runner.cleanup()


@asynccontextmanager
async def witnessed_centre(directory: Path, script: Script) -> AsyncIterator[Centre]:
    """Run hmeimim alone, with something in its line's log, and that witness."""
    _, site = sites(directory)
    site.configure("iaf", port=0, extra=witness_table(vkey_of(OUTSIDE), script.url))
    async with running(site.node()) as centre:
        # The line's log alone, so that a script need remember one size only.
        centre.own_origins = centre.own_origins[:1]
        await grow(centre)
        yield centre


async def grow(centre: Centre) -> None:
    """Enter something in the line's log."""
    await check_line(centre, centre.lines["iaf"])


def the_asking(centre: Centre) -> asking.Asking:
    """Return what the centre asks of its one witness."""
    (only,) = centre.witnesses.values()
    return only


async def test_only_what_is_new_is_proved(tmp_path: Path) -> None:
    """First from nothing, then from what this witness cosigned last; also after a restart."""
    async with scripted() as script:
        async with witnessed_centre(tmp_path, script) as centre:
            await eventually(lambda: cosigned(centre, OUTSIDE.name))
            size = script.size
            await grow(centre)
            await eventually(lambda: script.size > size)
        before = len(script.asked)
        assert script.asked[0][0] == 0
        restarted = Centre(centre.config, centre.keyring)
        async with running(restarted):
            await eventually(lambda: len(script.asked) > before)
        old, lines, checkpoint = script.asked[before]
        assert 0 < old < checkpoint.size
        assert lines > 0


async def test_a_witness_that_knows_more_says_so(tmp_path: Path) -> None:
    """Its 409 leads to a second request at once, from the size that it names."""
    async with scripted() as script:
        script.size = 1
        async with witnessed_centre(tmp_path, script) as centre:
            await eventually(lambda: cosigned(centre, OUTSIDE.name))
            assert [old for old, _, _ in script.asked[:2]] == [0, 1]
            assert the_asking(centre).last_error == ""


async def _wrong_key(script: Script, note: bytes) -> web.Response:
    other = cosign_text(Note.parse(note).text, samples.key(Role.WITNESS, "malta"), 1)
    return web.Response(text=other.line())


async def _forged(script: Script, note: bytes) -> web.Response:
    line = cosign_text(Note.parse(note).text + "x\n", OUTSIDE, 1).line()
    return web.Response(text=line)


async def _huge(script: Script, note: bytes) -> web.Response:
    return web.Response(text=script.line(note) + "x" * (MAX_ANSWER + 1))


async def _nonsense(script: Script, note: bytes) -> web.Response:
    return web.Response(body=b"\xff\n\n\xfe")


async def _elsewhere(script: Script, note: bytes) -> web.Response:
    raise web.HTTPTemporaryRedirect(f"{script.url}{PATH}?again")


async def _fails(script: Script, note: bytes) -> web.Response:
    raise web.HTTPInternalServerError


async def _loop(script: Script, note: bytes) -> web.Response:
    return script.sized(len(script.asked) % 2)


async def _no_size(script: Script, note: bytes) -> web.Response:
    return web.Response(status=409, body=b"many\n", headers={"Content-Type": SIZE_TYPE})


async def _ahead(script: Script, note: bytes) -> web.Response:
    return script.sized(10**6)


async def _hang(script: Script, note: bytes) -> web.Response:
    await asyncio.sleep(3600)
    raise AssertionError


FAILURES: dict[str, tuple[Callable[[Script, bytes], Awaitable[web.Response]], str]] = {
    "500": (_fails, "HTTP 500"),
    "another key": (_wrong_key, "trust.unsigned-note"),
    "forged": (_forged, "trust.bad-signature"),
    "huge": (_huge, "more than 16384 bytes"),
    "nonsense": (_nonsense, "trust.malformed-note"),
    "redirected": (_elsewhere, "HTTP 307"),
    "409 for ever": (_loop, "another log"),
    "409 without a size": (_no_size, "not which"),
    "ahead of us": (_ahead, "which ends at"),
    "hangs": (_hang, "no answer in time"),
}


@pytest.mark.parametrize("failure", FAILURES)
async def test_a_failing_witness_shows_and_harms_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: str
) -> None:
    """Nothing is kept of it; it is late after the letter's limit, and cleared when it works."""
    monkeypatch.setattr(asking, "ANSWER_S", 0.3)
    behave, text = FAILURES[failure]
    async with scripted() as script:
        script.answer = lambda _, note: behave(script, note)
        async with witnessed_centre(tmp_path, script) as centre:
            asked = the_asking(centre)
            await eventually(lambda: text in asked.last_error, f"{text} in {asked.last_error}")
            assert cosigned(centre, OUTSIDE.name) == {}
            (finding,) = [f for f in await examine(centre) if f.name.startswith("witness")]
            assert not finding.ok
            assert finding.mend
            # Messages go on meanwhile.
            await grow(centre)
            asked.waiting_since = dict.fromkeys(asked.waiting_since, -1e6)
            await eventually(lambda: centre.bell.active("witness.late", ""))
            found = status(centre, await centre.reader.run(lambda c: counts(c, 0)))
            assert "witness.late" in {item.code for item in found.wrong}
            assert found.witnesses[0].late
            script.answer = script.honestly
            await eventually(lambda: not centre.bell.active("witness.late", ""))
            await eventually(lambda: asked.last_error == "")
            assert cosigned(centre, OUTSIDE.name)


async def test_a_log_that_is_refused_delays_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the witness does not know one log, the other is cosigned as soon as it grows."""
    monkeypatch.setattr(asking, "BACK_OFF_S", (3600.0,))
    async with scripted() as script:
        refused: list[str] = []

        async def answer(request: web.Request, note: bytes) -> web.Response:
            checkpoint = script.asked[-1][2]
            if "/node/" in checkpoint.origin:
                refused.append(checkpoint.origin)
                return web.Response(status=404)
            return await script.honestly(request, note)

        script.answer = answer
        async with witnessed_centre(tmp_path, script) as centre:
            centre.own_origins.append(centre.journal.node_log.origin)
            asked = the_asking(centre)
            for _ in range(2):
                size = script.size
                await grow(centre)
                await eventually(lambda size=size: refused and script.size > size)
            await eventually(lambda: "/node/" in asked.last_error)
            assert "/iaf/" not in asked.last_error
            # What is refused is asked for in its own turn, not with each growth of the other.
            assert len(refused) == 1


async def test_a_witness_that_is_down_is_told_in_words(tmp_path: Path) -> None:
    """Where it was looked for and why nobody was there, and no object of the program."""
    async with scripted() as script:
        pass
    async with witnessed_centre(tmp_path, script) as centre:
        asked = the_asking(centre)
        await eventually(lambda: asked.last_error)
        place = script.url.removeprefix("http://").removesuffix("/w")
        assert asked.last_error == f"no connection to {place}: Connection refused"


async def test_a_log_that_the_witness_does_not_know(tmp_path: Path) -> None:
    """The mend is the vkey that it has to be given."""
    async with scripted() as script:

        async def unknown(_request: web.Request, _note: bytes) -> web.Response:
            return web.Response(status=404)

        script.answer = unknown
        async with witnessed_centre(tmp_path, script) as centre:
            asked = the_asking(centre)
            await eventually(lambda: asked.last_error)
            vkey = NoteKey(centre.own_origins[0], centre.keyring.card.log).vkey()
            assert asked.mend.endswith(vkey)


async def test_a_witness_that_is_not_there(tmp_path: Path) -> None:
    """The node starts and stops without it."""
    async with scripted() as script:
        pass
    async with witnessed_centre(tmp_path, script) as centre:
        await eventually(lambda: the_asking(centre).last_error)


async def test_a_fenced_node_asks_for_nothing(tmp_path: Path) -> None:
    """Its checkpoints are in doubt, and the witness is not shown more of them."""
    async with scripted() as script, witnessed_centre(tmp_path, script) as centre:
        await eventually(lambda: script.asked)
        await centre.fence("it was rolled back")
        before = len(script.asked)
        for _ in range(3):
            the_asking(centre).wake()
            await asyncio.sleep(0.02)
        assert len(script.asked) <= before + 1


# --- Configuration ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "text"),
    [
        (witness_table("nonsense", "http://x"), "cannot be used"),
        (witness_table(vkey_of(OUTSIDE), "http://x") * 2, "named twice"),
        (witness_table(vkey_of(OUTSIDE), "ftp://x"), "no address"),
        (witness_table(vkey_of(OUTSIDE), "http://"), "no address"),
        (witness_table(vkey_of(OUTSIDE), "http://x:port"), "no address"),
        (witness_table(vkey_of(OUTSIDE), "http://x/?q=1"), "no address"),
    ],
)
def test_witnesses_that_cannot_be(tmp_path: Path, table: str, text: str) -> None:
    """Refused when the file is read."""
    site = Site(tmp_path, "hmeimim")
    site.configure("iaf", port=0, extra=table)
    with pytest.raises(ConfigError, match=text) as refused:
        site.node()
    assert refused.value.code == "config.bad-witness"


async def test_authorities_that_are_not_there(tmp_path: Path) -> None:
    """A missing `ca` is told when the node starts."""
    _, site = sites(tmp_path)
    extra = witness_table(vkey_of(OUTSIDE), "https://x", 'ca = "ca.pem"')
    site.configure("iaf", port=0, extra=extra)
    centre = site.node()
    with pytest.raises(ConfigError) as refused:
        await centre.start()
    await centre.stop()
    assert refused.value.code == "config.no-witness-ca"
