"""No evidence file can be made to say something else: each part of one is changed in turn."""

from __future__ import annotations

import json
import sqlite3
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.audit.evidence.check import check
from hotline.audit.evidence.exchange import Exchange
from hotline.audit.evidence.facts import facts_of
from hotline.audit.evidence.forks import find_contradictions, find_forks
from hotline.audit.evidence.form import MAX_FILE, MAX_PARTS, Evidence, encode
from hotline.audit.evidence.steps import STEPS, Refused
from hotline.audit.evidence.story import tell
from hotline.errors import HotlineError, JournalError, TrustError
from hotline.trust.card import issue_card, read_card
from hotline.trust.cosignature import WitnessKey
from hotline.trust.keys import PrivateKey, Role
from hotline.wire.leaf import sent_leaf
from tests.audit.exchanges import PEER, Parley, card, notice, reply, whole
from tests.journal import ledger
from tests.trust import samples

ROOT = Path(__file__).parents[2]
Path_ = tuple[str | int, ...]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Return the evidence of both sides of a whole exchange."""
    parley = whole(tmp_path_factory.mktemp("parley"))
    try:
        return {centre: parley.evidence(centre) for centre in PEER}
    finally:
        parley.close()


def spelled(tree: Any) -> bytes:
    """Return a changed tree in the one spelling of a file, or as it is where it has no such."""
    try:
        return encode(msgspec.convert(tree, Evidence))
    except msgspec.ValidationError:
        return json.dumps(tree).encode()


def told(data: bytes) -> Any:
    """Return all that is told of a file, to people and to scripts; None when it is refused."""
    try:
        exchange = check(data)
    except Refused:
        return None
    return tell(exchange), facts_of(exchange)


def places(tree: Any, path: Path_ = ()) -> Iterator[Path_]:
    """Yield the place of every value of a tree, containers too."""
    if path:
        yield path
    if isinstance(tree, dict | list):
        for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
            yield from places(value, (*path, key))


def value_at(tree: Any, path: Path_) -> Any:
    """Return what stands at a place."""
    for key in path:
        tree = tree[key]
    return tree


def changed(data: bytes, path: Path_, change: Callable[[Any, Any], Any]) -> bytes:
    """Return a file in which ``change(container, key)`` was done at one place."""
    tree = json.loads(data)
    change(value_at(tree, path[:-1]), path[-1])
    return spelled(tree)


def other_values(value: Any) -> Iterator[Any]:
    """Yield values near to one: other characters, lines and numbers; nothing; null."""
    yield None
    if isinstance(value, str):
        yield ""
        for position in sorted({*range(0, len(value), 1 + len(value) // 12), len(value) - 1}):
            if value:
                letter = "A" if value[position] != "A" else "B"
                yield value[:position] + letter + value[position + 1 :]
        lines = value.split("\n")
        if len(lines) > 1:
            for number in range(len(lines)):
                yield "\n".join(lines[:number] + lines[number + 1 :])
                yield "\n".join([*lines[: number + 1], *lines[number:]])
    if isinstance(value, int):
        yield from (value + 1, value - 1, 0, 2**63 - 1, float(value))


@pytest.mark.parametrize("centre", PEER)
def test_every_single_value_changed(files: dict[str, bytes], centre: str) -> None:
    """Each value replaced by others: refused, or not a word of the story is another one."""
    data = files[centre]
    story, tree = told(data), json.loads(data)
    tried = 0
    for path in places(tree):
        value = value_at(tree, path)
        if isinstance(value, dict | list):
            continue
        for other in other_values(value):
            if other == value:
                continue

            def put(container: Any, key: Any, other: Any = other) -> None:
                container[key] = other

            now = told(changed(data, path, put))
            assert now is None or now == story, (path, other)
            tried += 1
    assert tried > 1000


@pytest.mark.parametrize("centre", PEER)
def test_every_value_deleted_or_doubled(files: dict[str, bytes], centre: str) -> None:
    """Values and whole objects: refused, or the story is the same, or says openly less.

    What is left out of a file is not in it: no reader can know. But nothing else may change.
    """
    data = files[centre]
    story, tree = told(data), json.loads(data)

    def delete(container: Any, key: Any) -> None:
        del container[key]

    def double(container: Any, key: Any) -> None:
        container.insert(key, container[key])

    for path in places(tree):
        now = told(changed(data, path, delete))
        less = path[:-1] in {("messages",), ("records",)}
        assert now is None or now == story or less, path
        if isinstance(path[-1], int):
            now = told(changed(data, path, double))
            assert now is None or now == story, path


@pytest.mark.parametrize("centre", PEER)
def test_values_of_one_kind_swapped(files: dict[str, bytes], centre: str) -> None:
    """A value or object put where another of its kind stands, as in a transplant: refused."""
    data = files[centre]
    story, tree = told(data), json.loads(data)
    alike: dict[Path_, list[Path_]] = {}
    for path in places(tree):
        shape = tuple("*" if isinstance(key, int) else key for key in path)
        alike.setdefault(shape, []).append(path)
    for group in alike.values():
        for one, other in pairwise(group):
            if one == other[: len(one)] or value_at(tree, one) == value_at(tree, other):
                continue
            mixed = json.loads(data)
            first, second = value_at(mixed, one), value_at(mixed, other)
            value_at(mixed, one[:-1])[one[-1]] = second
            value_at(mixed, other[:-1])[other[-1]] = first
            now = told(spelled(mixed))
            assert now is None or now == story, (one, other)


@pytest.mark.parametrize("field", ["sent", "received", "group", "body", "id"])
def test_pieces_of_another_pairs_file(files: dict[str, bytes], tmp_path: Path, field: str) -> None:
    """A piece of another exchange under the same keys and numbers fits nowhere."""
    parley = Parley(tmp_path)
    (id_,) = parley.say("iaf", notice(title="Another"))
    parley.say("hmeimim", reply(id_, notice()))
    parley.update()
    foreign = json.loads(parley.evidence("iaf"))
    parley.close()
    tree = json.loads(files["iaf"])
    tree["messages"][0][field] = foreign["messages"][0][field]
    with pytest.raises(Refused):
        check(spelled(tree))


def edited(data: bytes, edit: Callable[[Any], None]) -> bytes:
    """Return a file with something done to its tree."""
    tree = json.loads(data)
    edit(tree)
    return spelled(tree)


def refused(data: bytes, step: int, code: str, **options: Any) -> Refused:
    """Check that a file is refused at a step with a code."""
    with pytest.raises(Refused) as error:
        check(data, **options)
    assert (error.value.step, error.value.code) == (step, code), error.value
    assert f"step {step}: " in str(error.value)
    return error.value


def _other_centre(tree: Any) -> None:
    tree["cards"][1] = samples.centre("other").card.decode()


def _other_status(tree: Any) -> None:
    tree["status"] = "actual"


def _foreign_log(tree: Any) -> None:
    tree["logs"].reverse()


def _no_cosignature(tree: Any) -> None:
    # The line of the witness is the last one of each cosigned checkpoint; every copy of it goes.
    for place in [*places(tree)]:
        text = value_at(tree, place)
        if isinstance(text, str) and "/witness " in text and "\n— " in text and "card" not in text:
            kept = [line for line in text.split("\n") if "/witness " not in line]
            value_at(tree, place[:-1])[place[-1]] = "\n".join(kept)
    tree["witnesses"] = []


def _other_body(tree: Any) -> None:
    body = bytearray(b64decode(tree["messages"][0]["body"]))
    body[-1] ^= 1
    tree["messages"][0]["body"] = b64encode(body).decode()


def _read_back_of_another(tree: Any) -> None:
    # The answer to the revision, made to look like an answer to the notice: its body names it.
    del tree["messages"][2]
    tree["not_proven"] = []


def _earlier(tree: Any) -> None:
    # The leaf is [kind, stream, seq, id, time]: its last byte is the end of the time.
    proof = tree["messages"][0]["received"][0]
    leaf = proof.split("\n")[1].removeprefix("extra ")
    forged = bytearray(b64decode(leaf))
    forged[-1] ^= 1
    tree["messages"][0]["received"][0] = proof.replace(leaf, b64encode(forged).decode())


def _sent_for_received(tree: Any) -> None:
    part = tree["messages"][0]
    part["sent"], part["received"] = part["received"][:1], part["sent"]


def _proof_of_another_tree(tree: Any) -> None:
    one, other = tree["messages"][0]["received"][0], tree["messages"][2]["received"][0]
    head, _, _ = one.partition("\n\n")
    _, _, note = other.partition("\n\n")
    tree["messages"][0]["received"][0] = f"{head}\n\n{note}"


def _unknown_kind(tree: Any) -> None:
    tree["records"][0]["payload"] = b64encode(b"\x80").decode()


def _no_consistency(tree: Any) -> None:
    path = tree["logs"][0]["consistency"][0]
    path[0] = b64encode(bytes(32)).decode()


def _hidden_gap(tree: Any) -> None:
    tree["messages"][0]["sent"] = []


def _claimed_gap(tree: Any) -> None:
    tree["not_proven"] = [{"code": "not-received", "message": tree["messages"][0]["id"]}]


def _idle_witness(tree: Any) -> None:
    tree["witnesses"] = [
        "hotline/exercise/third/witness+"
        + _key_text("hotline/exercise/idle/witness").partition("+")[2]
    ]


def _key_text(name: str) -> str:
    return WitnessKey(name, ledger.key(Role.WITNESS, "idle").public_key).vkey()


def _witness_without_work(tree: Any) -> None:
    tree["witnesses"] = [_key_text("hotline/exercise/idle/witness")]


def _entry_of_another_message(tree: Any) -> None:
    # In hmeimim's log: its own second message of that stream, for the second that it received.
    tree["messages"][0]["received"] = tree["messages"][1]["sent"]


def _flip_signature(tree: Any) -> None:
    signatures = tree["messages"][0]["group"]["signatures"]
    signatures[0] = _flipped(signatures[0])


def _flipped(text: str) -> str:
    """Return base64 of the same bytes but the last."""
    data = bytearray(b64decode(text))
    data[-1] ^= 1
    return b64encode(data).decode()


def _flip_line(tree: Any, which: str) -> None:
    """Change the signature in one line of the first checkpoint that has it, in every copy."""
    notes = [note for log in tree["logs"] for note in log["checkpoints"]]
    lines = [line for note in notes for line in note.split("\n") if line.startswith("— ")]
    line = next(line for line in lines if which in line)
    forged = line.rpartition(" ")[0] + " " + _flipped(line.rpartition(" ")[2])
    for place in [*places(tree)]:
        text = value_at(tree, place)
        if isinstance(text, str) and line in text:
            value_at(tree, place[:-1])[place[-1]] = text.replace(line, forged)


def _flip_checkpoint(tree: Any) -> None:
    _flip_line(tree, "hotline/exercise/iaf/hmeimim/1 ")


def _flip_cosignature(tree: Any) -> None:
    _flip_line(tree, "hotline/exercise/iaf/witness ")


def _sign_twice(tree: Any) -> None:
    note = tree["logs"][0]["checkpoints"][0]
    line = note.split("\n")[-2]
    for place in [*places(tree)]:
        text = value_at(tree, place)
        if isinstance(text, str) and note in text:
            value_at(tree, place[:-1])[place[-1]] = text.replace(note, f"{note}{line}\n")


CATALOGUE: list[tuple[Callable[[Any], None], int, str]] = [
    (_other_centre, 2, "evidence.other-centres"),
    (_other_status, 2, "evidence.other-line"),
    (_idle_witness, 2, "trust.malformed-vkey"),
    (_foreign_log, 3, "evidence.other-log"),
    (_witness_without_work, 3, "evidence.malformed"),
    (_no_consistency, 4, "trust.not-consistent"),
    (_flip_checkpoint, 3, "trust.bad-signature"),
    (_flip_cosignature, 3, "trust.bad-signature"),
    (_sign_twice, 3, "evidence.signed-twice"),
    (_other_body, 5, "evidence.wrong-id"),
    (_flip_signature, 5, "trust.bad-signature"),
    (_entry_of_another_message, 7, "evidence.other-entry"),
    (_earlier, 7, "trust.not-included"),
    (_sent_for_received, 7, "evidence.other-checkpoint"),
    (_proof_of_another_tree, 7, "trust.not-included"),
    (_unknown_kind, 8, "evidence.other-entry"),
    (_read_back_of_another, 8, "evidence.foreign-record"),
    (_hidden_gap, 9, "evidence.other-gaps"),
    (_claimed_gap, 9, "evidence.other-gaps"),
    (_no_cosignature, 9, "evidence.other-gaps"),
]


@pytest.mark.parametrize(
    ("edit", "step", "code"), CATALOGUE, ids=[edit.__name__[1:] for edit, _, _ in CATALOGUE]
)
def test_forgeries_fail_at_their_step(
    files: dict[str, bytes], edit: Callable[[Any], None], step: int, code: str
) -> None:
    """Each way to falsify a file is caught where the specification says so."""
    refused(edited(files["iaf"], edit), step, code)


def test_messages_that_do_not_belong_together(tmp_path: Path) -> None:
    """Two exchanges in one file are none."""
    parley = Parley(tmp_path)
    parley.say("iaf", notice())
    parley.say("iaf", notice("IAF-0008"))
    parley.update()
    one, other = (json.loads(parley.evidence("iaf", name)) for name in ("IAF-0007", "IAF-0008"))
    parley.close()
    for log, more in zip(one["logs"], other["logs"], strict=True):
        if len(more["checkpoints"]) > len(log["checkpoints"]):
            log.update(more)
    one["messages"] += other["messages"]
    one["records"] = []
    refused(spelled(one), 6, "evidence.not-together")


@pytest.mark.parametrize(
    ("role", "step", "code"),
    [
        (Role.SIGNING, 5, "trust.bad-signature"),
        (Role.LOG, 3, "evidence.stranger-signed"),
        (Role.WITNESS, 3, "evidence.stranger-signed"),
    ],
)
def test_a_card_with_another_key(files: dict[str, bytes], role: Role, step: int, code: str) -> None:
    """Whoever puts one key of their own into a sound card has signed nothing with it before."""
    centre = samples.centre("iaf")
    keys = {
        one: PrivateKey.from_entropy(
            one, "iaf", centre.status, b"?" * 32 if one is role else _seed(one)
        )
        for one in Role
    }
    assert {one.public for one in keys.values()} & {centre.log.public, centre.signing.public}
    forged = issue_card(
        keys[Role.SIGNING], keys[Role.LOG], keys[Role.WITNESS], centre.ca_der, samples.NOW_US
    )

    def edit(tree: Any) -> None:
        tree["cards"][1] = forged.decode()

    refused(edited(files["iaf"], edit), step, code)


def _seed(role: Role) -> bytes:
    return f"{role} iaf exercise".encode().ljust(32, b".")


def test_a_reading_of_another_message(tmp_path: Path) -> None:
    """A record that is proven, but is about a message that is not in the file, is refused."""
    parley = Parley(tmp_path)
    ids = parley.say("iaf", notice(), notice("IAF-0008"))
    for id_ in ids:
        parley.read("hmeimim", id_)
    parley.update()
    one, other = (json.loads(parley.evidence("hmeimim", id_)) for id_ in ids)
    parley.close()
    assert one["logs"] == other["logs"]
    one["records"] = other["records"]
    refused(spelled(one), 8, "evidence.foreign-record")


def test_a_log_that_dates_a_message_otherwise_than_its_body(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the log's key in hand a leaf can say anything; a record that does gives no evidence."""
    for room in ("journal.outgoing", "audit.evidence.gather"):
        monkeypatch.setattr(
            f"hotline.{room}.sent_leaf",
            lambda stream, seq, id_, time_us: sent_leaf(stream, seq, id_, time_us - 1),
        )
    parley = Parley(tmp_path)
    parley.say("iaf", notice())
    parley.update()
    with pytest.raises(JournalError) as error:
        parley.evidence("iaf")
    parley.close()
    assert error.value.code == "evidence.record-does-not-hold"
    assert "step 7" in error.value.message


def test_other_keys_than_those_pinned(files: dict[str, bytes]) -> None:
    """With cards, the keys in the file must be theirs; one card of the two is not enough."""
    theirs = read_card(samples.centre("iaf", now_us=samples.NOW_US + 1_000_000).card)
    assert check(files["iaf"], (theirs, card("hmeimim")))  # the same keys in a newer card
    for pins in ((card("iaf"),), (card("other"), card("hmeimim"))):
        refused(files["iaf"], 2, "evidence.unknown-key", pins=pins)


# --- Hostile bytes ----------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 100, -1, -2])
def test_cut_short(files: dict[str, bytes], size: int) -> None:
    """A file without its end is none; the last byte counts too."""
    refused(files["iaf"][:size], 1, "evidence.malformed")


@pytest.mark.parametrize(
    "data",
    [
        b"[" * 1_000_000,
        b'{"type":' * 200_000,
        b'{"type":"hotline-evidence","version":1,"cards":' + b"[" * 500_000,
        b"{" + b'"a":1,' * 1000,
        b'{"type": NaN}',
        b"\xff\xfe",
        b"\xef\xbb\xbf{}",
        b"9" * 100_000,
        b'"\\ud800"',
    ],
    ids=range(9),
)
def test_hostile_nesting_and_numbers(data: bytes) -> None:
    """Deep, long and broken JSON is refused like any other file."""
    refused(data, 1, "evidence.malformed")


def test_hostile_size(files: dict[str, bytes]) -> None:
    """More bytes or more values than a file may have are not even parsed."""
    refused(b" " * (MAX_FILE + 1), 1, "evidence.too-large")
    refused(b"[" + b"0," * (MAX_PARTS + 1), 1, "evidence.malformed")


def test_a_doubled_key(files: dict[str, bytes]) -> None:
    """JSON readers take the last of two; a file that has two is refused."""
    data = files["iaf"].replace(b'  "epoch": 1,', b'  "epoch": 2,\n  "epoch": 1,')
    assert "doubled" in refused(data, 1, "evidence.malformed").reason


def test_another_spelling(files: dict[str, bytes]) -> None:
    """Reformatted, it may say the same; but then nobody can compare two files byte for byte."""
    for data in (json.dumps(json.loads(files["iaf"])).encode(), files["iaf"] + b"\n"):
        refused(data, 1, "evidence.malformed")


def accepted_or_refused(data: bytes) -> None:
    """Check the contract of every decoder of outside bytes."""
    try:
        check(data)
    except TrustError as error:
        assert error.code in known_codes()


def known_codes() -> set[str]:
    """Return every code that the rooms can give."""
    found: set[str] = set()
    for room in ("audit/evidence", "trust", "wire", "model"):
        for path in (ROOT / "hotline" / room).glob("*.py"):
            found |= set(_codes(path.read_text("utf-8")))
    return found


def _codes(text: str) -> Iterator[str]:
    for part in text.split('"')[1::2]:
        if part.replace("-", "").replace(".", "").isalpha() and "." in part:
            yield part


@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    """Noise is refused with a code, never with anything else."""
    accepted_or_refused(data)


@settings(max_examples=40)
@given(data=st.data())
def test_any_change_of_a_real_file(files: dict[str, bytes], data: st.DataObject) -> None:
    """Bytes replaced anywhere in a real file: refused, since a file has one spelling."""
    original = files["hmeimim"]
    at = data.draw(st.integers(0, len(original) - 1))
    noise = data.draw(st.binary(min_size=1, max_size=40))
    forged = original[:at] + noise + original[at + len(noise) :]
    accepted_or_refused(forged)
    if forged != original:
        assert told(forged) in (None, told(original))


@settings(max_examples=40)
@given(data=st.data())
def test_any_value_at_any_place(files: dict[str, bytes], data: st.DataObject) -> None:
    """Whatever JSON stands at a place of a real file, it is refused or tells the same."""
    original = files["iaf"]
    tree = json.loads(original)
    everywhere = [*places(tree)]
    path = everywhere[data.draw(st.integers(0, len(everywhere) - 1))]
    values = st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=30),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
        max_leaves=5,
    )
    value_at(tree, path[:-1])[path[-1]] = data.draw(values)
    forged = spelled(tree)
    accepted_or_refused(forged)
    gone = path[0] in {"messages", "records"} and len(path) == 1
    assert told(forged) in (None, told(original)) or gone


# --- Damaged records ---------------------------------------------------------------------------


def _damages(connection: sqlite3.Connection) -> list[str]:
    """Return statements that empty each table, and spoil each column of it."""
    found: list[str] = []
    tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    for (table,) in tables.fetchall():
        found.append(f"DELETE FROM {table}")
        columns = connection.execute(f"SELECT name, type FROM pragma_table_info('{table}')")
        for column, kind in columns.fetchall():
            values = {"BLOB": ("x''", "x'ff00'"), "INTEGER": ("-1", "7")}
            found += (
                f"UPDATE OR IGNORE {table} SET {column} = {value}"
                for value in values.get(kind, ("''", "'odd'"))
            )
    return found


@pytest.mark.parametrize("centre", PEER)
def test_a_damaged_record_gives_true_evidence_or_an_error(tmp_path: Path, centre: str) -> None:
    """Whatever is spoiled in the journal: an error with a code, or a file that holds."""
    parley = whole(tmp_path)
    try:
        connection = parley.journals[centre].connection
        tried = 0
        for damage in _damages(connection):
            connection.execute("BEGIN")
            try:
                connection.execute(damage)
                check(parley.evidence(centre))
            except HotlineError:
                tried += 1
            except sqlite3.IntegrityError:
                continue  # the store itself refuses it
            finally:
                connection.execute("ROLLBACK")
        assert tried > 40
    finally:
        parley.close()


# --- Several files ----------------------------------------------------------------------------


def exchange_of(directory: Path, title: str, *more: str) -> Exchange:
    """Return what is proven by a record of its own, under the same keys as any other."""
    parley = Parley(directory)
    try:
        parley.say("iaf", notice(title=title), *map(notice, more))
        parley.update()
        return check(parley.evidence("hmeimim"))
    finally:
        parley.close()


def test_files_of_one_record_do_not_contradict(files: dict[str, bytes]) -> None:
    """Both sides' files of one exchange, and one file twice."""
    exchanges = [check(data) for data in (*files.values(), files["iaf"])]
    assert find_forks(exchanges) == []
    assert find_contradictions(exchanges) == []


def test_two_histories_of_one_log(tmp_path: Path) -> None:
    """One size and two roots: both notes are shown, and both bear the log's signature."""
    one, other = exchange_of(tmp_path / "1", "North"), exchange_of(tmp_path / "2", "West")
    forks = find_forks([one, other])
    assert {fork.centre for fork in forks} == set(PEER)
    for fork in forks:
        first, second = (note.split(b"\n") for note in fork.notes)
        assert first[:2] == second[:2]
        assert first[2] != second[2]
        assert fork.files == (0, 1)


def test_two_histories_of_different_sizes(tmp_path: Path) -> None:
    """No two checkpoints are of one size, but an entry that both trees prove is not the same."""
    one = exchange_of(tmp_path / "1", "North")
    other = exchange_of(tmp_path / "2", "West", "IAF-0010", "IAF-0011", "IAF-0012")
    sizes = [{c.size for seen in x.logs for c in seen.checkpoints} for x in (one, other)]
    assert not sizes[0] & sizes[1]
    forks = find_forks([one, other])
    assert {fork.centre for fork in forks} == set(PEER)
    assert {(fork.first, fork.end) for fork in forks} == {(0, 1)}


def test_two_messages_for_one_place(tmp_path: Path) -> None:
    """A sender that signed two messages under one number is shown with both ids."""
    one, other = exchange_of(tmp_path / "1", "North"), exchange_of(tmp_path / "2", "West")
    (found,) = find_contradictions([one, other])
    assert (found.centre, found.seq, found.files) == ("iaf", 1, (0, 1))
    assert found.ids == (one.messages[0].id, other.messages[0].id)


def test_the_steps_are_those_of_the_specification() -> None:
    """docs/spec/evidence.md numbers the steps as the code does."""
    text = (ROOT / "docs/spec/evidence.md").read_text("utf-8")
    section = text.partition("\n## 3. ")[2].partition("\n## ")[0]
    numbers = [line.partition(".")[0] for line in section.splitlines() if line[:1].isdigit()]
    assert numbers == [str(step) for step in STEPS]
