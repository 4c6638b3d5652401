"""From the bytes of a file to what they prove: docs/spec/evidence.md, section 3, step by step.

A function of bytes: no file, clock, network or journal. Whatever does not hold raises `Refused`,
which names the step.
"""

from __future__ import annotations

from collections.abc import Sequence

from hotline.audit.evidence.exchange import Exchange, Unproven
from hotline.audit.evidence.form import Evidence, decode, malformed
from hotline.audit.evidence.gaps import gaps
from hotline.audit.evidence.logs import check_log
from hotline.audit.evidence.messages import check_messages
from hotline.audit.evidence.records import check_records
from hotline.audit.evidence.steps import CARDS, CHECKPOINTS, FORM, GAPS, at
from hotline.errors import TrustError
from hotline.model.kinds import Status
from hotline.model.letter_rules import is_exercise_name
from hotline.model.times import shorten
from hotline.trust.card import Card, read_card
from hotline.trust.cosignature import WitnessKey

MAX_WITNESSES = 16


def check(data: bytes, pins: Sequence[Card] = ()) -> Exchange:
    """Return what an evidence file proves, or raise `Refused`.

    With ``pins``, the two centres' keys must be those of two of these cards; without, whoever
    reads the story compares the fingerprints.
    """
    with at(FORM):
        evidence = decode(data)
    exchange = examine(evidence, pins)
    with at(GAPS):
        if exchange.unproven != tuple(
            Unproven(gap.code, None if gap.message is None else bytes.fromhex(gap.message))
            for gap in evidence.not_proven
        ):
            raise TrustError(
                "evidence.other-gaps", "what it says is not proven is not what is not proven in it"
            )
    return exchange


def examine(evidence: Evidence, pins: Sequence[Card] = ()) -> Exchange:
    """Return what a file proves and what it does not, whatever it says of the latter: steps 2-8.

    Raises `Refused`.
    """
    with at(CARDS):
        first, second = _cards(evidence, pins)
        _require_name(evidence)
        outside = _witnesses(evidence, (first, second))
    with at(CHECKPOINTS):
        if len(evidence.logs) != 2:
            raise malformed("it has not the logs of two centres")
    logs = {
        card.centre: check_log(part, card, peer, evidence.epoch, outside)
        for part, card, peer in zip(evidence.logs, (first, second), (second, first), strict=True)
    }
    with at(CHECKPOINTS):
        seen = {sight.witness for log in logs.values() for sight in log.witnessed}
        if not {witness.name for witness in outside} <= seen:
            raise malformed("it has the key of a witness that cosigned nothing in it")
    cards = {first.centre: first, second.centre: second}
    messages = check_messages(evidence, cards, logs)
    records = check_records(evidence.records, messages, logs)
    found = tuple(gaps(messages, records.entries, records.unsigned, tuple(cards)))
    one, two = logs.values()
    return Exchange(
        first.status,
        evidence.epoch,
        (first, second),
        (one.seen(), two.seen()),
        messages,
        tuple(records.remarks),
        tuple(records.readings),
        tuple(records.taken),
        tuple(records.clocks),
        found,
        one.parts | two.parts,
        evidence.exercise,
        evidence.centre,
    )


def _cards(evidence: Evidence, pins: Sequence[Card]) -> tuple[Card, Card]:
    """Step 2: two sound cards, of the centres and the status that the file names."""
    if len(evidence.cards) != 2:
        raise malformed("it has not two cards")
    first, second = (read_card(text.encode()) for text in evidence.cards)
    if first.centre >= second.centre or {first.centre, second.centre} != {
        evidence.centre,
        evidence.peer,
    }:
        raise TrustError(
            "evidence.other-centres", "its cards are not those of its two centres, in their order"
        )
    if not first.status == second.status == evidence.status:
        raise TrustError("evidence.other-line", "its cards are of another status")
    if set(_keys(first)) & set(_keys(second)):
        raise TrustError("trust.shared-key", "the two centres' cards show one key")
    known = {(card.centre, card.status, *_keys(card)) for card in pins}
    for card in (first, second) if pins else ():
        if (card.centre, card.status, *_keys(card)) not in known:
            raise TrustError(
                "evidence.unknown-key",
                f"the keys of {card.centre} are not those of a card that was given",
                "give the cards of both centres with --card, as they were enrolled",
            )
    return first, second


def _require_name(evidence: Evidence) -> None:
    """Step 2: only an exercise has a name, and one that a letter could give it."""
    if not evidence.exercise:
        return
    if evidence.status != Status.EXERCISE or not is_exercise_name(evidence.exercise):
        raise TrustError(
            "evidence.exercise", "it names an exercise that it cannot be of, or as no letter would"
        )


def _keys(card: Card) -> tuple[bytes, bytes, bytes]:
    return card.signing.raw, card.log.raw, card.witness.raw


def _witnesses(evidence: Evidence, cards: Sequence[Card]) -> tuple[WitnessKey, ...]:
    """Step 2, for outside witnesses: sound keys of their own, by name, each once."""
    if len(evidence.witnesses) > MAX_WITNESSES:
        raise malformed(f"it has more than {MAX_WITNESSES} outside witnesses")
    keys = tuple(WitnessKey.from_vkey(vkey) for vkey in evidence.witnesses)
    names = [key.name for key in keys]
    if names != sorted(set(names)):
        raise malformed("its witnesses are not in the order of their names, each once")
    own = {key for card in cards for key in _keys(card)}
    taken = {card.centre for card in cards}
    for key in keys:
        if key.public.raw in own or key.name in taken:
            raise TrustError(
                "trust.shared-key",
                f"the outside witness {shorten(key.name)} has the name or key of a centre",
            )
    return keys
