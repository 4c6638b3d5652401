"""What is of one status is refused by a node of the other, at every layer, in both directions.

Each row brings something of the pair ``there`` to the pair ``here``, as a mistaken or a hostile
hand would, and says with which code and exit code it fails. docs/spec/separation.md lists them.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from hotline.api.access_shapes import DraftRequest
from hotline.api.client import Client
from hotline.api.exercise_shapes import ExerciseRequest, FaultRequest
from hotline.errors import HotlineError
from hotline.exercise.ground.site import Site, write_configs
from hotline.model.kinds import Status
from hotline.node.keyring import load_cards, load_keyring
from hotline.node.tls import identify
from hotline.trust.checkpoint import Checkpoint, open_checkpoint
from hotline.trust.cosignature import cosign
from hotline.trust.notes import Note
from hotline.wire import frames
from tests.centres import PATIENCE_S, now_us
from tests.cli.command import Node, fails, hotline
from tests.line.pair import LinePair, terms_of
from tests.line.test_hostile import assert_closed
from tests.pair.processes import until
from tests.separation.worlds import NAME, World, letter_of

pytestmark = pytest.mark.pair

Row = Callable[[World, World, Path], None]
FAILED, USAGE, NOT_ALLOWED, UNVERIFIED = 1, 2, 4, 5


# --- Keys and files -------------------------------------------------------------------------


def enrolling_a_card(here: World, there: World, tmp_path: Path) -> None:
    """Pin a card of the other status, whatever words were compared."""
    card, _ = load_cards(there.sites["hmeimim"].directory / "keys")
    (tmp_path / "card").write_bytes(card.note)
    words = " ".join(card.words)
    command = ("keys", "enrol", tmp_path / "card", "--replace", "--words", words)
    here.pair.iaf.fails("keys.wrong-status", *command, exit_code=NOT_ALLOWED)


def copied(world: World, tmp_path: Path, *, journal: bool = False) -> Path:
    """Return the directory of a copy of iaf's, which no node runs in."""
    site, copy = world.sites["iaf"].directory, tmp_path / "copy"
    without = ("*.sock", "node.log") if journal else ("*.sock", "node.log", "data")
    shutil.copytree(site, copy, ignore=shutil.ignore_patterns(*without))
    return copy


def started(directory: Path, *words: str) -> tuple[int, str]:
    """Return exit code and stderr of a node, or another command, that does not come up."""
    command = [sys.executable, "-m", "hotline", "--config", str(directory / "node.toml")]
    done = subprocess.run(
        [*command, *(words or ("run",))],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    return done.returncode, done.stderr


def a_letter(here: World, there: World, tmp_path: Path) -> None:
    """Start a node under a letter of the other status."""
    place = copied(here, tmp_path)
    (place / "letter.toml").write_bytes(letter_of(there.status))
    code, said = started(place)
    assert (code, "[config.letter-of-another-status]" in said) == (NOT_ALLOWED, True), said


def keys(here: World, there: World, tmp_path: Path) -> None:
    """Start it with the other's keys."""
    place = copied(here, tmp_path)
    shutil.rmtree(place / "keys")
    shutil.copytree(there.sites["iaf"].directory / "keys", place / "keys")
    code, said = started(place)
    assert (code, "[config.keys-of-another-node]" in said) == (FAILED, True), said


def a_journal(here: World, there: World, tmp_path: Path) -> None:
    """Start it in the other's journal, restored from a backup; and have `recover` take that."""
    place = copied(here, tmp_path)
    there.pair.iaf.hotline("log", "backup", tmp_path / "backup")
    shutil.copytree(tmp_path / "backup/data", place / "data")
    for words in ((), ("recover", "--officer", "levy")):
        code, said = started(place, *words)
        assert (code, "[journal.of-another-node]" in said) == (FAILED, True), said


# --- The line -------------------------------------------------------------------------------


def a_connection(here: World, there: World, tmp_path: Path) -> None:
    """Have a real node dial a node of the other status."""
    place = copied(here, tmp_path)
    site = here.sites["iaf"]
    other: Site = replace(
        site, directory=place, config=place / "node.toml", socket=place / "api.sock"
    )
    write_configs({"iaf": other}, there.ports[0], 0)
    node = Node(other)
    node.start()
    try:
        end = time.monotonic() + PATIENCE_S
        while not (status := node.status()) or not status.lines[0].last_error:
            assert time.monotonic() < end
            time.sleep(0.02)
        assert not status.lines[0].up
        assert not status.lines[0].remote
        assert "the peer's TLS does not hold" in status.lines[0].last_error
        heard = (there.sites["hmeimim"].directory / "node.log").read_text("utf-8")
        assert "node.handshake-failed" in heard
    finally:
        node.stop()
    assert there.pair.hmeimim.json("status")["lines"][0]["up"] is True


def a_certificate(here: World, there: World, tmp_path: Path) -> None:
    """Show a real node the other's certificate, from a client that asks for nothing itself."""
    del tmp_path
    keyring = load_keyring(there.sites["iaf"].directory / "keys")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    keyring.load_into(context)
    raw = socket.create_connection(("127.0.0.1", here.ports[1]), timeout=PATIENCE_S)
    with raw, pytest.raises((ssl.SSLError, ConnectionError)):
        asked(context, raw)
    log = here.sites["hmeimim"].directory / "node.log"
    until(lambda: "trust.unknown-authority" in log.read_text("utf-8"), "it is not refused")
    der = ssl.PEM_cert_to_DER_cert(keyring.certificate_file.read_text("ascii"))
    _, pinned = load_cards(here.sites["hmeimim"].directory / "keys")
    with pytest.raises(HotlineError) as caught:
        identify(der, pinned, here.status, now_us())
    assert caught.value.code == "trust.wrong-status"


def asked(context: ssl.SSLContext, raw: socket.socket) -> None:
    """Ask something over TLS; with TLS 1.3 a client learns only then that it was refused."""
    with context.wrap_socket(raw) as wrapped:
        wrapped.sendall(b"GET / HTTP/1.1\r\n\r\n")
        if not wrapped.recv(1):
            raise ConnectionError


def a_hello(here: World, there: World, tmp_path: Path) -> None:
    """Associate with a peer that says it is of the other status."""
    del tmp_path
    pair = LinePair(status=here.name)
    pair.iaf.terms = terms_of("iaf", "hmeimim", status=there.name)
    pair.connect()
    [hello] = pair.iaf.link.frames_to_send()
    assert_closed(pair, hello, "line.wrong-status")


def an_envelope(here: World, there: World, tmp_path: Path) -> None:
    """Send what is signed for the other status, by the right key."""
    del tmp_path
    pair = LinePair(status=here.name).associated()
    body = pair.iaf.body(3, b"one", status=there.name)
    frame = frames.EnvelopeFrame(3, 1, pair.iaf.seal([body]))
    rejection, _ = assert_closed(pair, frames.encode_frame(frame), "line.wrong-status")
    assert isinstance(rejection, frames.Rejection)


# --- What is signed over a log ---------------------------------------------------------------


def checkpoint_of(world: World, tmp_path: Path) -> bytes:
    """Return the newest checkpoint of iaf's line, as an export has it."""
    tiles = tmp_path / "tiles"
    world.pair.iaf.hotline("log", "export", "--format", "tlog-tiles", tiles)
    return (tiles / "checkpoint").read_bytes()


def a_receipt(here: World, there: World, tmp_path: Path) -> None:
    """Take a checkpoint, as a receipt is, of the other status's log for that of this one's."""
    note = checkpoint_of(there, tmp_path)
    card, _ = load_cards(there.sites["iaf"].directory / "keys")
    with pytest.raises(HotlineError) as caught:
        open_checkpoint(note, f"hotline/{here.name}/iaf/hmeimim/1", card.log)
    assert caught.value.code == "trust.unsigned-note"


def a_cosignature(here: World, there: World, tmp_path: Path) -> None:
    """Have a witness key cosign a log of the other status."""
    text = Note.parse(checkpoint_of(there, tmp_path)).text
    assert Checkpoint.parse(text).origin.startswith(f"hotline/{there.name}/")
    keyring = load_keyring(here.sites["hmeimim"].directory / "keys")
    with pytest.raises(HotlineError) as caught:
        cosign(text, keyring.witness, now_us() // 1_000_000)
    assert caught.value.code == "keys.wrong-status"


def witnessing(here: World, there: World, tmp_path: Path) -> None:
    """Start a node that is to witness a log of the other status."""
    place = copied(here, tmp_path)
    listed = there.pair.hmeimim.json("keys", "logs")
    vkey = str(listed["logs"][0])
    config = place / "node.toml"
    table = '\n[witness_service]\nhost = "127.0.0.1"\nport = 0\n\n[[witness_service.log]]\n'
    table += f'vkey = "{vkey}"\n'
    config.write_text(config.read_text("utf-8") + table)
    _, said = started(place)
    assert "[config.bad-witnessed-log]" in said, said


# --- Audit ----------------------------------------------------------------------------------


def trusting_a_checkpoint(here: World, there: World, tmp_path: Path) -> None:
    """Begin a verification from a checkpoint of the other record."""
    (tmp_path / "kept").write_bytes(checkpoint_of(there, tmp_path))
    command = ("log", "verify", "--from", tmp_path / "kept")
    here.pair.iaf.fails("verify.other-log", *command, exit_code=UNVERIFIED)


def evidence_of(world: World, tmp_path: Path) -> Path:
    """Return an evidence file of a pair."""
    path = tmp_path / f"{world.name}.evidence"
    world.pair.iaf.hotline("log", "evidence", "IAF-0101", "--output", path)
    return path


def pinned_evidence(here: World, there: World, tmp_path: Path) -> None:
    """Show evidence of the other status to who has pinned the cards of this one."""
    path = evidence_of(there, tmp_path)
    cards = [
        word
        for site in here.sites.values()
        for word in ("--card", site.directory / "keys/centre.card")
    ]
    said = fails("evidence.unknown-key", "verify", path, *cards, exit_code=UNVERIFIED)
    assert "step 2" in said


def renamed_evidence(here: World, there: World, tmp_path: Path) -> None:
    """Write over the status of evidence, and put a name to what is actual."""
    path = evidence_of(there, tmp_path)
    true = path.read_text("utf-8")
    path.write_text(true.replace(f'"status": "{there.name}"', f'"status": "{here.name}"'))
    fails("evidence.other-line", "verify", path, exit_code=UNVERIFIED)
    if there.status is Status.ACTUAL:
        path.write_text(f'{true.rstrip()[:-1].rstrip()},\n  "exercise": "Kestrel"\n}}\n')
        fails("evidence.exercise", "verify", path, exit_code=UNVERIFIED)


def reconciling(here: World, there: World, tmp_path: Path) -> None:
    """Compare two records of two statuses, in whatever form."""
    mine, theirs = here.sites["iaf"].directory, there.sites["hmeimim"].directory
    there.pair.hmeimim.hotline("log", "export", "--format", "jsonl", tmp_path / "r.jsonl")
    for other in (theirs, tmp_path / "r.jsonl"):
        fails("reconcile.other-status", "log", "reconcile", mine, other, exit_code=USAGE)


def a_remarked_export(here: World, there: World, tmp_path: Path) -> None:
    """Read an export whose mark is not that of its status."""
    path = tmp_path / "r.jsonl"
    there.pair.hmeimim.hotline("log", "export", "--format", "jsonl", path)
    first, _, rest = path.read_text("utf-8").partition("\n")
    header = json.loads(first)
    if here.status is Status.EXERCISE:
        fields = list(header.items())
        at = [name for name, _ in fields].index("status") + 1
        header = dict([*fields[:at], ("traffic", f"EXERCISE {NAME}"), *fields[at:]])
    else:
        header["traffic"] = "ACTUAL"
    first = json.dumps(header, ensure_ascii=False, separators=(",", ":"))
    path.write_text(f"{first}\n{rest}", "utf-8")
    mine = there.sites["iaf"].directory
    fails("export.malformed", "log", "reconcile", mine, path, exit_code=UNVERIFIED)


# --- What people hand over -------------------------------------------------------------------


def a_telephone_sheet(here: World, there: World, tmp_path: Path) -> None:
    """Take down what is read out for the other status, with its mark or without."""
    del tmp_path
    sheet = there.pair.iaf.hotline("voice", "compose", "IAF-0101", "--officer", "levy").stdout
    bare = "".join(line for line in sheet.splitlines(True) if not line.startswith("EXERCISE"))
    take = ("voice", "take", "--from", "iaf", "--officer", "orlov")
    for typed in (sheet, bare):
        here.pair.hmeimim.fails("voice.other-status", *take, typed=typed, exit_code=NOT_ALLOWED)
    relabelled = bare.replace(there.name.upper(), here.name.upper())
    forged = f"{there.name.upper()}\n{relabelled}" if there.status is Status.EXERCISE else ""
    if forged:
        here.pair.hmeimim.fails("formats.heard-mark", *take, typed=forged, exit_code=1)


def a_document(here: World, there: World, tmp_path: Path) -> None:
    """Send a notice that a node of the other status wrote, in whatever form."""
    for form in ("json", "geojson", "kml", "f3548"):
        path = tmp_path / f"notice.{form}"
        there.pair.iaf.hotline("airspace", "convert", "IAF-0101", "--to", form, "--output", path)
        if form == "f3548":
            path = tmp_path / "again.json"
            given = ("--title", "Patrol", "--activity", "patrol", "--output", path)
            hotline("airspace", "convert", tmp_path / "notice.f3548", "--to", "json", *given)
        for words in (("send", path), ("send", "--check", path), ("voice", "compose", path)):
            here.pair.iaf.fails(
                "node.other-status", *words, "--officer", "levy", exit_code=NOT_ALLOWED
            )
    assert {view["reference"] for view in here.pair.iaf.json("outbox")["messages"]} >= {"IAF-0101"}
    offered = ("counter", "--proposal", tmp_path / "notice.json", "--officer", "orlov")
    said = here.pair.hmeimim.fails(
        "node.other-status", "reply", "IAF-0101", *offered, exit_code=NOT_ALLOWED
    )
    assert there.name in said


def a_draft(here: World, there: World, tmp_path: Path) -> None:
    """Keep a notice of the other status as a draft, and release it; also when it was offered."""
    path = tmp_path / "notice.json"
    there.pair.iaf.hotline("airspace", "convert", "IAF-0101", "--to", "json", "--output", path)
    document = json.loads(path.read_text("utf-8"))
    assert document["status"] == there.name

    async def ask() -> None:
        async with Client(here.sites["iaf"].socket) as client:
            sent = (await client.messages()).messages
            made = await client.add_draft(
                DraftRequest(officer="levy", document=document, peer="hmeimim")
            )
            for offered in (False, True):
                if offered:
                    made = await client.offer_draft(made.id, "levy", made.version)
                with pytest.raises(HotlineError) as caught:
                    await client.release_draft(made.id, "cohen", made.version)
                assert caught.value.code == "node.other-status"
                assert (await client.draft(made.id)).document == document
            assert (await client.messages()).messages == sent
            await client.delete_draft(made.id, "levy")

    asyncio.run(ask())


def a_comparison(here: World, there: World, tmp_path: Path) -> None:
    """Compare a notice of one with one of the other, and convert it as one of the other."""
    paths = []
    for world in (here, there):
        paths.append(tmp_path / f"{world.name}.json")
        words = ("airspace", "convert", "IAF-0101", "--to", "json", "--output", paths[-1])
        world.pair.iaf.hotline(*words)
    fails("airspace.other-status", "airspace", "compare", *paths, exit_code=NOT_ALLOWED)
    wanted = ("--to", "notam", "--status", here.name)
    fails("formats.other-status", "airspace", "convert", paths[1], *wanted, exit_code=NOT_ALLOWED)


ROWS: list[Row] = [
    enrolling_a_card,
    a_letter,
    keys,
    a_journal,
    a_connection,
    a_certificate,
    a_hello,
    an_envelope,
    a_receipt,
    a_cosignature,
    witnessing,
    trusting_a_checkpoint,
    pinned_evidence,
    renamed_evidence,
    reconciling,
    a_remarked_export,
    a_telephone_sheet,
    a_document,
    a_draft,
    a_comparison,
]


@pytest.mark.parametrize("here", [Status.ACTUAL, Status.EXERCISE])
@pytest.mark.parametrize("row", ROWS)
def test_refused(row: Row, here: Status, both: dict[Status, World], tmp_path: Path) -> None:
    """A node of one status takes nothing of the other's."""
    there = Status.EXERCISE if here is Status.ACTUAL else Status.ACTUAL
    row(both[here], both[there], tmp_path)


# --- One way only: what exists in exercises alone ---------------------------------------------


def test_an_actual_node_is_not_played_with(actual: World) -> None:
    """No event of play, no fault, no traffic and no director."""

    async def ask() -> list[str]:
        codes = []
        async with Client(actual.sites["iaf"].socket) as client:
            for asked in (
                lambda: client.tell_exercise(ExerciseRequest(event="startex", by="x", name="y")),
                lambda: client.break_(
                    FaultRequest(kind="slow-disk", for_s=1.0, amount=1.0, by="x")
                ),
            ):
                with pytest.raises(HotlineError) as caught:
                    await asked()
                codes.append(caught.value.code)
        return codes

    assert asyncio.run(ask()) == ["node.actual", "node.actual"]
    words = [f"--node={centre}={site.socket}" for centre, site in actual.sites.items()]
    said = fails(
        "exercise.actual-node", "exercise", "run", "first-lesson", *words, exit_code=NOT_ALLOWED
    )
    assert "actual" in said
    traffic = ("exercise", "traffic", "--send", "--duration", "1 min", "--officer", "x")
    actual.pair.iaf.fails("node.actual", *traffic, exit_code=NOT_ALLOWED)


def test_one_exercise_is_not_the_other(exercise: World, tmp_path: Path) -> None:
    """Under the same status the name counts: for letters, documents, and what is read out."""
    place = copied(exercise, tmp_path, journal=False)
    exercise.pair.iaf.hotline("log", "backup", tmp_path / "backup")
    shutil.copytree(tmp_path / "backup/data", place / "data")
    (place / "letter.toml").write_bytes(letter_of(Status.EXERCISE, "Merlin"))
    code, said = started(place)
    assert code != 0
    assert "[journal.another-exercise]" in said
    document = tmp_path / "n.json"
    words = ("airspace", "convert", "IAF-0101", "--to", "json", "--output", document)
    exercise.pair.iaf.hotline(*words)
    other = json.loads(document.read_text("utf-8")) | {"exercise": "Merlin"}
    document.write_text(json.dumps(other))
    exercise.pair.iaf.fails("node.other-exercise", "send", document, exit_code=NOT_ALLOWED)
    sheet = exercise.pair.iaf.hotline("voice", "compose", "IAF-0101", "--officer", "levy").stdout
    take = ("voice", "take", "--from", "iaf", "--officer", "orlov")
    taken = exercise.pair.hmeimim.hotline(*take, typed=sheet.lower())
    assert "answer" in taken.stdout
    other_sheet = sheet.replace(NAME, "Merlin")
    exercise.pair.hmeimim.fails(
        "voice.other-exercise", *take, typed=other_sheet, exit_code=NOT_ALLOWED
    )


def test_a_name_is_of_an_exercise_only(tmp_path: Path) -> None:
    """A letter for actual traffic has no name of an exercise, and no line for people hides one."""
    text = letter_of(Status.ACTUAL).decode()
    named = text.replace('status = "actual"', 'status = "actual"\nexercise = "Kestrel"')
    (tmp_path / "letter.toml").write_text(named)
    fails("model.letter-exercise", "letter", "check", tmp_path / "letter.toml", exit_code=1)
    for name in ("\u202eKestrel", "a\nb", " Kestrel", "x" * 61, "\x1b[2J"):
        (tmp_path / "letter.toml").write_bytes(letter_of(Status.EXERCISE, name))
        done = hotline_refuses(tmp_path / "letter.toml")
        assert done in ("model.letter-exercise", "model.letter-unsafe"), name


def hotline_refuses(letter: Path) -> str:
    """Return the code with which `hotline letter check` refuses a letter."""
    said = hotline("letter", "check", letter, exit_code=1).stderr.splitlines()[0]
    return str(said.rpartition("[")[2].rstrip("]"))
