from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.errors import KeysError, TrustError
from hotline.model.kinds import Status
from hotline.trust.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from hotline.trust.cosignature import WitnessKey, cosign, split_cosignature, verify_cosignature
from hotline.trust.keys import Role
from hotline.trust.merkle import EMPTY_ROOT, MAX_TREE_SIZE
from hotline.trust.names import line_log_origin, node_log_origin
from hotline.trust.notes import Note, NoteKey, NoteSignature
from tests.trust.samples import key

LOG, PUBLIC = key(Role.LOG), key(Role.LOG).public_key
WITNESS = key(Role.WITNESS, "hmeimim")
ORIGIN = line_log_origin(Status.EXERCISE, "iaf", "hmeimim", 1)
CHECKPOINT = Checkpoint(ORIGIN, 7, EMPTY_ROOT)
TEXT = CHECKPOINT.text()


def note_of(text: str) -> bytes:
    """Return ``text`` signed by the log's key under the log's origin."""
    signature = NoteSignature(ORIGIN, NoteKey(ORIGIN, PUBLIC).key_id, LOG.sign(text.encode()))
    return Note(text, (signature,)).encode()


# Checkpoints


def test_text_of_a_checkpoint() -> None:
    """The text is origin, size and root, a line each."""
    assert TEXT == (
        "hotline/exercise/iaf/hmeimim/1\n7\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
    )


@settings(max_examples=30)
@given(st.integers(0, MAX_TREE_SIZE), st.binary(min_size=32, max_size=32))
def test_signed_and_opened(size: int, root: bytes) -> None:
    """A signed checkpoint opens to what was signed."""
    checkpoint = Checkpoint(ORIGIN, size, root)
    assert open_checkpoint(sign_checkpoint(checkpoint, LOG), ORIGIN, PUBLIC) == checkpoint


@pytest.mark.parametrize(
    "text",
    [
        TEXT.replace("\n7\n", "\n07\n"),
        TEXT.replace("\n7\n", "\n+7\n"),
        TEXT.replace("\n7\n", "\n-7\n"),
        TEXT.replace("\n7\n", "\n\u0667\n"),
        TEXT.replace("\n7\n", "\n7 \n"),
        TEXT.replace("\n7\n", "\n\n"),
        TEXT.replace("\n7\n", f"\n{MAX_TREE_SIZE + 1}\n"),
        TEXT.replace("\n7\n", "\n" + "9" * 5000 + "\n"),
        TEXT.replace("=", ""),
        TEXT.replace("47DE", ""),
        TEXT.replace("FU=", "FV="),
        TEXT + "extension\n",
        TEXT.partition("\n")[0] + "\n7\n",
    ],
)
def test_malformed_checkpoints(text: str) -> None:
    """A text with another spelling, or more lines, is refused though its signature holds."""
    with pytest.raises(TrustError) as caught:
        open_checkpoint(note_of(text), ORIGIN, PUBLIC)
    assert caught.value.code in ("trust.malformed-checkpoint", "trust.unsigned-note")
    with pytest.raises(TrustError) as caught:
        Checkpoint.parse(text)
    assert caught.value.code == "trust.malformed-checkpoint"


@pytest.mark.parametrize(
    ("size", "root"), [(-1, EMPTY_ROOT), (0, b""), (MAX_TREE_SIZE + 1, EMPTY_ROOT)]
)
def test_impossible_checkpoints(size: int, root: bytes) -> None:
    """A checkpoint cannot be made of a size or root that is out of range."""
    with pytest.raises(TrustError) as caught:
        Checkpoint(ORIGIN, size, root)
    assert caught.value.code == "trust.malformed-checkpoint"


def test_checkpoint_of_another_log() -> None:
    """A log's key cannot pass off a text that begins with another origin."""
    other = TEXT.replace("/1\n", "/2\n")
    with pytest.raises(TrustError) as caught:
        open_checkpoint(note_of(other), ORIGIN, PUBLIC)
    assert caught.value.code == "trust.wrong-origin"
    with pytest.raises(TrustError) as caught:
        open_checkpoint(sign_checkpoint(CHECKPOINT, LOG), ORIGIN[:-1] + "2", PUBLIC)
    assert caught.value.code == "trust.unsigned-note"


def test_checkpoint_signed_by_another_key() -> None:
    """The signature must be of the log's key and hold."""
    note = sign_checkpoint(CHECKPOINT, LOG)
    with pytest.raises(TrustError) as caught:
        open_checkpoint(note, ORIGIN, key(Role.LOG, "hmeimim").public_key)
    assert caught.value.code == "trust.unsigned-note"
    with pytest.raises(TrustError) as caught:
        open_checkpoint(note.replace(b"\n7\n", b"\n8\n"), ORIGIN, PUBLIC)
    assert caught.value.code == "trust.bad-signature"


def test_who_may_sign_a_checkpoint() -> None:
    """Only the log key, of that centre, for that status, signs a log's checkpoint."""
    cases = [
        (key(Role.SIGNING), ORIGIN, "keys.wrong-role"),
        (key(Role.LOG, "hmeimim"), ORIGIN, "keys.wrong-log"),
        (LOG, "example.org/log", "keys.wrong-log"),
        (LOG, node_log_origin(Status.ACTUAL, "iaf", 1), "keys.wrong-status"),
    ]
    for private, origin, code in cases:
        with pytest.raises(KeysError) as caught:
            sign_checkpoint(Checkpoint(origin, 0, EMPTY_ROOT), private)
        assert caught.value.code == code


@settings(max_examples=60)
@given(st.text(max_size=80))
def test_any_text_is_a_checkpoint_or_refused(text: str) -> None:
    """Garbage is accepted as it stands or raises a trust error, nothing else."""
    try:
        checkpoint = Checkpoint.parse(text)
    except TrustError:
        return
    assert checkpoint.text() == text


# Cosignatures


def test_cosigned_checkpoint() -> None:
    """A cosignature line verifies on its own, and as a line of the checkpoint's note."""
    line = cosign(TEXT, WITNESS, 1_772_360_400)
    assert verify_cosignature(TEXT, line, WITNESS.name, WITNESS.public_key) == 1_772_360_400
    note = sign_checkpoint(CHECKPOINT, LOG) + line
    witness = WitnessKey(WITNESS.name, WITNESS.public_key)
    assert Note.parse(note).verified_by([witness]) == (witness,)
    assert open_checkpoint(note, ORIGIN, PUBLIC) == CHECKPOINT
    assert WitnessKey.from_vkey(witness.vkey()) == witness


def test_what_a_cosignature_signs() -> None:
    """The signed bytes are those of the standard: a header, the time, the checkpoint's text."""
    signature = NoteSignature.parse(cosign(TEXT, WITNESS, 5).decode().strip()).signature
    assert signature[:8] == bytes(7) + b"\x05"
    WITNESS.public_key.verify(signature[8:], b"cosignature/v1\ntime 5\n" + TEXT.encode())


def test_altered_cosignatures() -> None:
    """Another text, time, witness, name or end of the line is refused."""
    line = cosign(TEXT, WITNESS, 5)
    later = NoteSignature.parse(line.decode().strip())
    moved = NoteSignature(later.name, later.key_id, bytes(7) + b"\x06" + later.signature[8:])
    short = NoteSignature(later.name, later.key_id, later.signature[:-1])
    far = NoteSignature(later.name, later.key_id, b"\xff" + later.signature[1:])
    other = key(Role.WITNESS, "iaf")
    cases = [
        (TEXT.replace("7", "8"), line, WITNESS, "trust.bad-signature"),
        (TEXT, moved.line().encode(), WITNESS, "trust.bad-signature"),
        (TEXT, short.line().encode(), WITNESS, "trust.malformed-cosignature"),
        (TEXT, far.line().encode(), WITNESS, "trust.malformed-cosignature"),
        (TEXT, line, other, "trust.wrong-witness"),
        (TEXT, b"\xff", WITNESS, "trust.malformed-note"),
        (TEXT, line + line, WITNESS, "trust.malformed-note"),
        (TEXT, line[:-1], WITNESS, "trust.malformed-note"),
        (TEXT, line + b"\n", WITNESS, "trust.malformed-note"),
        (TEXT, b"", WITNESS, "trust.malformed-note"),
    ]
    for text, given_line, witness, code in cases:
        with pytest.raises(TrustError) as caught:
            verify_cosignature(text, given_line, witness.name, witness.public_key)
        assert caught.value.code == code


def test_who_may_cosign() -> None:
    """Only a witness key cosigns, and only the log of a centre, for its own status."""
    actual = Checkpoint(node_log_origin(Status.ACTUAL, "iaf", 1), 0, EMPTY_ROOT).text()
    foreign = Checkpoint("example.org/log", 0, EMPTY_ROOT).text()
    cases = [
        (TEXT, LOG, "keys.wrong-role"),
        (actual, WITNESS, "keys.wrong-status"),
        (foreign, WITNESS, "keys.wrong-log"),
    ]
    for text, private, code in cases:
        with pytest.raises(KeysError) as caught:
            cosign(text, private, 5)
        assert caught.value.code == code


@settings(max_examples=60)
@given(st.binary(max_size=120))
def test_any_bytes_are_a_cosignature_or_refused(data: bytes) -> None:
    """Garbage raises a trust error, nothing else."""
    with pytest.raises(TrustError):
        verify_cosignature(TEXT, data, WITNESS.name, WITNESS.public_key)
    if len(data) == 72:
        split_cosignature(data)
