from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.errors import HotlineError, TrustError
from hotline.trust.checkpoint import Checkpoint, sign_checkpoint
from hotline.trust.keys import Role
from hotline.trust.merkle import MAX_TREE_SIZE, batch_inclusion_paths, leaf_hash, tree_root
from hotline.trust.proof import HEADER, MAX_EXTRA, MAX_PATH, Proof
from tests.trust.samples import key

ORIGIN = "hotline/exercise/iaf/hmeimim/1"
LEAVES = [b"leaf %d" % number for number in range(7)]
HASHES = [leaf_hash(leaf) for leaf in LEAVES]
CHECKPOINT = Checkpoint(ORIGIN, len(LEAVES), tree_root(HASHES))
NOTE = sign_checkpoint(CHECKPOINT, key(Role.LOG))
PATHS = batch_inclusion_paths(HASHES)
PROOF = Proof(5, tuple(PATHS[5]), NOTE, LEAVES[5])
TEXT = PROOF.encode()


def test_the_form_is_that_of_c2sp() -> None:
    """Header, extra, index, one hash a line, a blank line, the checkpoint as it was signed."""
    head, _, note = TEXT.partition("\n\n")
    lines = head.split("\n")
    assert lines[:3] == ["c2sp.org/tlog-proof@v1", "extra bGVhZiA1", "index 5"]
    assert len(lines) == 3 + len(PATHS[5])
    assert note.encode() == NOTE
    bare = Proof(0, (), NOTE)
    assert "extra" not in bare.encode()
    assert Proof.parse(bare.encode()) == bare


@pytest.mark.parametrize("index", range(len(LEAVES)))
def test_written_and_read(index: int) -> None:
    """Every leaf's proof reads back as it was, and verifies; another leaf's bytes do not."""
    proof = Proof(index, tuple(PATHS[index]), NOTE, LEAVES[index])
    again = Proof.parse(proof.encode())
    assert again == proof
    again.verify(LEAVES[index], CHECKPOINT)
    with pytest.raises(TrustError) as error:
        again.verify(b"other", CHECKPOINT)
    assert error.value.code == "trust.not-included"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n",
        HEADER,
        TEXT.replace("@v1", "@v2"),
        TEXT.replace("@v1\n", "@v1\r\n"),
        TEXT.replace("index 5", "index 05"),
        TEXT.replace("index 5", "index +5"),
        TEXT.replace("index 5", "index \u0665"),
        TEXT.replace("index 5", "index"),
        TEXT.replace("index 5", f"index {MAX_TREE_SIZE}"),
        TEXT.replace("index 5", "index " + "9" * 5000),
        TEXT.replace("index 5\n", ""),
        TEXT.replace("index 5\n", "index 5\nindex 5\n"),
        TEXT.replace("extra bGVhZiA1", "extra "),
        TEXT.replace("extra bGVhZiA1", "extra bGVhZiA1="),
        TEXT.replace("extra bGVhZiA1", "extra bGVhZiA1\nextra bGVhZiA1"),
        TEXT.replace("extra bGVhZiA1", "extra " + "AAAA" * MAX_EXTRA),
        TEXT.replace("index 5\n", "index 5\nAAAA\n"),
        TEXT.replace("index 5\n", "index 5\n" + f"{TEXT.splitlines()[3]}\n" * MAX_PATH),
        TEXT.replace("\n\n", "\n", 1),
        TEXT.replace("\n\n", "\n\n\n", 1),
        TEXT[:-1],
        TEXT + "\n",
        TEXT.replace("\n7\n", "\n07\n"),
        TEXT.replace("\n7\n", "\n\ud800\n"),
    ],
)
def test_what_is_no_proof(text: str) -> None:
    """A proof has one spelling, hashes of 32 bytes, and a checkpoint."""
    with pytest.raises(TrustError) as error:
        Proof.parse(text)
    assert error.value.code in {
        "trust.malformed-proof",
        "trust.malformed-note",
        "trust.malformed-checkpoint",
    }


@settings(max_examples=60)
@given(st.integers(0, len(TEXT) - 1), st.text(max_size=6))
def test_any_change(at: int, noise: str) -> None:
    """Whatever is written into a proof, it reads as it is written, or is refused with a code."""
    text = TEXT[:at] + noise + TEXT[at + len(noise) :]
    try:
        assert Proof.parse(text).encode() == text
    except HotlineError as error:
        assert error.code.startswith("trust.")
