"""The falsifications of an evidence file, by names for the table; its own tests try them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.audit.test_evidence_tampering import CATALOGUE

NAMES = {
    "_other_centre": "evidence with the card of another centre",
    "_other_status": "evidence of an exercise, shown as actual",
    "_idle_witness": "evidence with a witness key under another name",
    "_foreign_log": "evidence with the two centres' logs exchanged",
    "_witness_without_work": "evidence with a witness that cosigned nothing",
    "_no_consistency": "evidence with another proof that a log only grew",
    "_other_body": "evidence with a bit of a message changed",
    "_earlier": "evidence with a message received at another time",
    "_sent_for_received": "evidence with the sender's entry for the recipient's",
    "_proof_of_another_tree": "evidence with a proof under another checkpoint",
    "_unknown_kind": "evidence with a record of another kind",
    "_read_back_of_another": "evidence with a record about another message",
    "_hidden_gap": "evidence that hides what it does not prove",
    "_claimed_gap": "evidence that denies what it proves",
    "_flip_checkpoint": "evidence with a bit of a checkpoint changed",
    "_flip_cosignature": "evidence with a bit of a cosignature changed",
    "_sign_twice": "evidence with a checkpoint signed twice",
    "_flip_signature": "evidence with a bit of a signature changed",
    "_entry_of_another_message": "evidence with the entry of another message",
    "_no_cosignature": "evidence without its cosignatures",
}

EVIDENCE: dict[str, tuple[Callable[[Any], None], int, str]] = {
    NAMES[edit.__name__]: (edit, step, code)
    for edit, step, code in CATALOGUE
    if edit.__name__ in NAMES
}
"""Each falsification of an evidence file with the step and the code that it is refused with."""
