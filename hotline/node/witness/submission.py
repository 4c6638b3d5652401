"""The body of an ``add-checkpoint`` request (C2SP tlog-witness v1.0.0), and of its answers.

::

    old <size>
    <base64 of a proof hash>        up to 63 of them
    <empty line>
    <checkpoint: a signed note>
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Sequence

from hotline.errors import TrustError, WireError
from hotline.trust.cosignature import WitnessKey
from hotline.trust.merkle import HASH_SIZE
from hotline.trust.notes import MAX_NOTE_SIZE, Note, decode_base64

PATH = "/add-checkpoint"
"""Behind the submission prefix."""
SIZE_TYPE = "text/x.tlog.size"
"""The type of an answer that says which size was cosigned last."""
MAX_PROOF_LINES = 63
MAX_BODY = MAX_NOTE_SIZE
"""Bytes in a request; one with a full proof and 16 signatures has about a tenth of it."""
MAX_ANSWER = 16 * 1024
"""Bytes in an answer: signature lines, of which one is ours."""

_OLD = re.compile(rb"old (0|[1-9][0-9]{0,18})")
_SIZE = re.compile(rb"(0|[1-9][0-9]{0,18})\n")


def encode_submission(old: int, proof: Sequence[bytes], note: bytes) -> bytes:
    """Return a request's body; ``proof`` has at most 63 hashes of 32 bytes."""
    lines = b"".join(b64encode(node) + b"\n" for node in proof)
    return b"old %d\n%b\n%b" % (old, lines, note)


def decode_submission(body: bytes) -> tuple[int, tuple[bytes, ...], bytes]:
    """Return old size, proof and the note's bytes, of which nothing is known yet.

    Raises WireError (``witness.malformed-submission``) for bodies that are not of this form.
    """
    if len(body) > MAX_BODY:
        raise _malformed(f"it is longer than {MAX_BODY} bytes")
    head, empty_line, note = body.partition(b"\n\n")
    first, *lines = head.split(b"\n", MAX_PROOF_LINES + 1)
    old = _OLD.fullmatch(first)
    if not empty_line or old is None:
        raise _malformed("it does not begin with an old size and end with a checkpoint")
    if len(lines) > MAX_PROOF_LINES:
        raise _malformed(f"its proof has more than {MAX_PROOF_LINES} lines")
    proof = [decode_base64(line.decode("ascii", "replace")) for line in lines]
    hashes = tuple(node for node in proof if node is not None and len(node) == HASH_SIZE)
    if len(hashes) != len(proof):
        raise _malformed("a line of its proof is not the base64 of a hash")
    return int(old[1]), hashes, note


def claimed_origin(note: bytes) -> str:
    """Return the first line of a note, which names the log; raises TrustError for other bytes."""
    return Note.parse(note).text.partition("\n")[0]


def decode_size(body: bytes) -> int | None:
    """Return the size in an answer of 409; None for any other bytes."""
    found = _SIZE.fullmatch(body)
    return int(found[1]) if found else None


def cosignature_in(answer: bytes, note: bytes, key: WitnessKey) -> str:
    """Return the line by which that witness cosigned ``note``, out of an answer of 200.

    Lines of other keys are ignored. Raises TrustError: ``trust.unsigned-note`` when there is none,
    ``trust.bad-signature``, ``trust.malformed-note``, ``trust.malformed-cosignature``.
    """
    text = Note.parse(note).text
    signed = Note.parse(text.encode() + b"\n" + answer)
    if signed.text != text:
        raise TrustError("trust.malformed-note", "the answer is not signature lines alone")
    signed.verified_by((key,))
    named = (s for s in signed.signatures if (s.name, s.key_id) == (key.name, key.key_id))
    return next(named).line()


def _malformed(what: str) -> WireError:
    return WireError("witness.malformed-submission", f"this is no submission: {what}")
