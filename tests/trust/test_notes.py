from __future__ import annotations

from base64 import b64decode, b64encode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.errors import TrustError
from hotline.trust.cosignature import WitnessKey
from hotline.trust.keys import Role
from hotline.trust.notes import (
    MAX_NOTE_SIZE,
    MAX_SIGNATURES,
    Note,
    NoteKey,
    NoteSignature,
    decode_base64,
    sign_text,
)
from tests.trust.samples import key

# A published key, to hold the key id and the encoding against another implementation.
PUBLISHED_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"

ALICE = NoteKey("alice", key(Role.LOG).public_key)
BOB = NoteKey("bob", key(Role.SIGNING).public_key)


def signed(text: str = "hello\n", *names: str) -> bytes:
    """Return a note that alice, and whoever is named, signed, all with alice's key."""
    signatures = (sign_text(text, name, key(Role.LOG)) for name in names or ("alice",))
    return Note(text, tuple(signatures)).encode()


def assert_malformed(data: bytes) -> None:
    """Assert that the bytes are no note."""
    with pytest.raises(TrustError) as caught:
        Note.parse(data)
    assert caught.value.code == "trust.malformed-note"


def test_key_of_another_implementation() -> None:
    """A key that another implementation wrote is read, and written the same."""
    published = NoteKey.from_vkey(PUBLISHED_VKEY)
    assert published.name == "PeterNeumann"
    assert published.vkey() == PUBLISHED_VKEY


def test_bytes_of_a_note() -> None:
    """A note is text, a blank line and lines of a dash, a name and base64, to the byte."""
    body, _, line = signed("hello\n").decode().rpartition("\n\n")
    assert body == "hello"
    dash, name, encoded = line.removesuffix("\n").split(" ")
    assert (dash, name) == ("\u2014", "alice")
    assert b64decode(encoded) == ALICE.key_id + key(Role.LOG).sign(b"hello\n")


@settings(max_examples=40)
@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1, max_size=60))
def test_any_text_can_be_signed(line: str) -> None:
    """Text of any script comes back as it was signed."""
    note = Note.parse(signed(line + "\n"))
    assert note.text == line + "\n"
    assert note.verified_by([ALICE]) == (ALICE,)


def test_split_at_the_last_blank_line() -> None:
    """Blank lines before the last one belong to the text."""
    note = Note.parse(signed("one\n\ntwo\n\n\n"))
    assert note.text == "one\n\ntwo\n\n\n"
    assert note.verified_by([ALICE]) == (ALICE,)


def test_a_signature_hidden_in_the_text_does_not_count() -> None:
    """What looks like a signature above the last blank line is text."""
    inner = signed("pay one\n").decode()
    outer = signed(inner, "mallory")
    with pytest.raises(TrustError) as caught:
        Note.parse(outer).verified_by([ALICE])
    assert caught.value.code == "trust.unsigned-note"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"\n\n",
        b"hello\n",
        b"hello\n\n",
        b"\n\n" + signed().partition(b"\n\n")[2],
        signed()[:-1],
        signed() + b"\n",
        signed().replace(b"hello", b"hel\x00lo"),
        signed().replace(b"hello", b"hel\tlo"),
        signed().replace(b"\n", b"\r\n"),
        signed().replace(b"hello", b"hel\xfflo"),
        signed().replace(b"hello", b"hel\xed\xa0\x80lo"),
        signed().replace("—".encode(), b"-"),
        signed().replace("— ".encode(), "—".encode()),
        signed().replace(b"alice", b"al+ce"),
        signed().replace(b"alice", "al\u2003ce".encode()),
        signed().replace(b"alice ", b"alice  "),
        signed().replace(b"alice", b""),
        signed().replace(b"=", b""),
        b"hello\n\n\xe2\x80\x94 alice AAAAAA==\n",
        b"hello\n\n\xe2\x80\x94 alice AAAAAB==\n",
        b"hello\n\n\xe2\x80\x94 alice\n",
        b"x" * MAX_NOTE_SIZE + b"\n" + signed(),
        signed("hello\n", *["alice"] * (MAX_SIGNATURES + 1)),
    ],
)
def test_malformed_notes(data: bytes) -> None:
    """Bytes that are not exactly a note are refused."""
    assert_malformed(data)


def test_many_signatures() -> None:
    """A note may bear as many signatures as fit the limit, well over the 16 of the standard."""
    others = [f"other{i}" for i in range(MAX_SIGNATURES - 1)]
    assert Note.parse(signed("hello\n", *others, "alice")).verified_by([ALICE]) == (ALICE,)


def test_unknown_keys_are_ignored() -> None:
    """Signatures of others say nothing, whether or not they hold."""
    data = signed("hello\n", "carol", "alice")
    assert Note.parse(data).verified_by([BOB, ALICE]) == (ALICE,)
    same_name = NoteKey("alice", BOB.public)
    with pytest.raises(TrustError) as caught:
        Note.parse(data).verified_by([same_name])
    assert caught.value.code == "trust.unsigned-note"


def test_one_bad_signature_of_a_known_key_is_enough() -> None:
    """A failing signature of a known key refuses the note, though another of it holds."""
    good = sign_text("hello\n", "alice", key(Role.LOG))
    bad = NoteSignature("alice", good.key_id, bytes(64))
    for signatures in ((good, bad), (bad, good), (bad,)):
        with pytest.raises(TrustError) as caught:
            Note("hello\n", signatures).verified_by([ALICE])
        assert caught.value.code == "trust.bad-signature"


def test_signing_twice_is_signing() -> None:
    """A key that signed twice is reported once, in the order of the lines."""
    note = Note.parse(signed("hello\n", "alice", "alice"))
    assert note.verified_by([ALICE, BOB]) == (ALICE,)


def test_another_text() -> None:
    """A signature does not carry over to another text."""
    with pytest.raises(TrustError) as caught:
        Note.parse(signed().replace(b"hello", b"hullo")).verified_by([ALICE])
    assert caught.value.code == "trust.bad-signature"


@settings(max_examples=100)
@given(st.binary(max_size=100) | st.text(max_size=100).map(str.encode))
def test_any_bytes_are_a_note_or_refused(data: bytes) -> None:
    """Garbage is accepted as it stands or raises a trust error, nothing else."""
    for candidate in (data, data + b"\n\n" + signed().partition(b"\n\n")[2]):
        try:
            note = Note.parse(candidate)
        except TrustError:
            continue
        assert note.encode() == candidate


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "\u00a0"])
def test_names_that_cannot_name_a_key(name: str) -> None:
    """A key's name has no space and no plus, or lines could be read in two ways."""
    with pytest.raises(TrustError) as caught:
        NoteKey(name, ALICE.public)
    assert caught.value.code == "trust.malformed-key-name"


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        "alice",
        "alice+",
        "alice+00000000",
        "alice+00000000+AAAA",
        ALICE.vkey().replace("alice", "alicf"),
        ALICE.vkey()[:-1],
        WitnessKey("alice", ALICE.public).vkey(),
    ],
)
def test_malformed_vkeys(vkey: str) -> None:
    """A vkey with a wrong id, type or spelling is refused."""
    with pytest.raises(TrustError) as caught:
        NoteKey.from_vkey(vkey)
    assert caught.value.code == "trust.malformed-vkey"


def test_small_order_vkey() -> None:
    """A vkey of a small-order key is refused like the key."""
    with pytest.raises(TrustError) as caught:
        NoteKey.from_vkey("alice+00000000+" + b64encode(b"\x01\x01" + bytes(31)).decode())
    assert caught.value.code == "trust.weak-key"


@pytest.mark.parametrize(
    "text", ["A", "AA", "AB==", "AA==\n", "A A=", "é", "AA-_", "====", "AAA=A"]
)
def test_base64_has_one_spelling(text: str) -> None:
    """Only the standard, padded spelling is taken."""
    assert decode_base64(text) is None


def test_base64() -> None:
    """Standard base64 is read, of nothing too."""
    assert decode_base64("") == b""
    assert decode_base64("+/8=") == b"\xfb\xff"
