from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.errors import KeysError, TrustError
from hotline.model.kinds import Status
from hotline.trust.card import MAX_CARD_SIZE, Card, issue_card, read_card
from hotline.trust.certificates import CLOCK_SLACK_US, build_ca
from hotline.trust.cosignature import cosign_text
from hotline.trust.keys import PrivateKey, PublicKey, Role
from hotline.trust.notes import Note, sign_text
from tests.trust.samples import DAY_US, NOW_US, SMALL_ORDER, centre, edit, key

IAF = centre("iaf")
CARD = read_card(IAF.card)


def resigned(
    text: str, at_s: int = NOW_US // 1_000_000, witness: PrivateKey = IAF.witness
) -> bytes:
    """Return ``text`` signed as a card of iaf is."""
    signatures = (
        sign_text(text, IAF.signing.name, IAF.signing),
        sign_text(text, IAF.log.name, IAF.log),
        cosign_text(text, witness, at_s),
    )
    return Note(text, signatures).encode()


def assert_refused(code: str, data: bytes) -> None:
    """Assert that the bytes are no card, for that reason."""
    with pytest.raises(TrustError) as caught:
        read_card(data)
    assert caught.value.code == code


def test_a_card_says_what_it_should() -> None:
    """A card that was issued is read back with all that it was made of."""
    made_of = Card(
        "iaf",
        Status.EXERCISE,
        NOW_US,
        NOW_US + 365 * DAY_US,
        IAF.ca_der,
        IAF.signing.public_key,
        IAF.log.public_key,
        IAF.witness.public_key,
    )
    assert made_of == CARD
    assert CARD.note == IAF.card
    assert IAF.card.startswith(
        b"hotline-card/v1\ncentre iaf\nstatus exercise\nissued 2026-03-01T10:20:00Z\n"
    )


def test_issue_drops_the_fraction_of_a_second() -> None:
    """A card is dated to the second, as its cosignature is."""
    card = read_card(issue_card(IAF.signing, IAF.log, IAF.witness, IAF.ca_der, NOW_US + 999_999))
    assert card.issued_us == NOW_US


def test_fingerprint_is_of_the_text() -> None:
    """Other keys give other words; signatures, which may be added to, do not count."""
    other = read_card(centre("hmeimim").card)
    assert len(CARD.words) == 16
    assert other.words != CARD.words
    extra = sign_text(CARD.text(), "someone", key(Role.LOG, "else"))
    assert read_card(IAF.card + extra.line().encode()).fingerprint == CARD.fingerprint


def test_repr_of_a_card_is_short() -> None:
    """A card prints without its certificate and its bytes."""
    assert "ca_der" not in repr(CARD)
    assert "note" not in repr(CARD)


# Keys that issue


def test_who_may_issue() -> None:
    """A card is issued by three keys of one centre and status, each in its role."""
    with pytest.raises(KeysError) as caught:
        issue_card(IAF.log, IAF.signing, IAF.witness, IAF.ca_der, NOW_US)
    assert caught.value.code == "keys.wrong-role"
    for other in (key(Role.LOG, "hmeimim"), key(Role.LOG, status=Status.ACTUAL)):
        with pytest.raises(KeysError) as caught:
            issue_card(IAF.signing, other, IAF.witness, IAF.ca_der, NOW_US)
        assert caught.value.code == "keys.mixed-keys"


# Proof of possession


@pytest.mark.parametrize("role", list(Role))
def test_each_key_must_sign(role: Role) -> None:
    """A card without the signature of one of its keys proves nothing for that key."""
    without = edit(IAF.card, rf"^— hotline/exercise/iaf/{role} .*\n", "")
    assert_refused("trust.card-not-proven", without)


@pytest.mark.parametrize("role", list(Role))
def test_each_signature_must_hold(role: Role) -> None:
    """A signature of a key on the card that fails refuses the card."""
    other = "AAAA" if role is not Role.WITNESS else "BAAA"
    changed = edit(
        IAF.card, rf"(^— hotline/exercise/iaf/{role} .*).{{4}}(.{{8}})$", rf"\1{other}\2"
    )
    assert_refused("trust.bad-signature", changed)


def test_cosigned_at_another_time() -> None:
    """The witness key cosigns at the second of issue and at no other."""
    assert_refused("trust.card-not-proven", resigned(CARD.text(), at_s=5))


def test_one_key_in_two_roles() -> None:
    """A card that shows one key twice is refused: a key serves one role."""
    shared = PrivateKey.from_entropy(Role.LOG, "iaf", Status.EXERCISE, b"!" * 32)
    signing = replace(shared, role=Role.SIGNING)
    assert_refused("trust.shared-key", issue_card(signing, shared, IAF.witness, IAF.ca_der, NOW_US))


def test_small_order_key() -> None:
    """A card with a small-order key is refused before any signature is looked at."""
    weak = object.__new__(PublicKey)
    object.__setattr__(weak, "raw", SMALL_ORDER[2])
    assert_refused("trust.weak-key", resigned(replace(CARD, log=weak).text()))


# The authority


def test_authority_of_another() -> None:
    """A card with the authority of another centre or status is refused."""
    for other, code in (
        (centre("hmeimim"), "trust.certificate-wrong-centre"),
        (centre("iaf", Status.ACTUAL), "trust.certificate-wrong-status"),
    ):
        card = issue_card(IAF.signing, IAF.log, IAF.witness, other.ca_der, NOW_US)
        assert_refused(code, card)


def test_card_outlives_its_authority() -> None:
    """A card does not promise more time than its authority has."""
    text = replace(CARD, expires_us=CARD.expires_us + 1_000_000).text()
    assert_refused("trust.malformed-card", resigned(text))


# Spelling


@pytest.mark.parametrize(
    ("pattern", "replacement"),
    [
        ("card/v1", "card/v2"),
        ("^centre iaf", "centre  iaf"),
        ("^centre iaf", "centre IAF"),
        ("^centre iaf", "center iaf"),
        ("^centre iaf", "centre i"),
        ("^status exercise", "status drill"),
        ("^status exercise\n", ""),
        ("^issued .*", "issued 2026-03-01T10:20:00"),
        ("^issued .*", "issued 2026-03-01T12:20:00+02:00"),
        ("^issued .*", "issued 2026-03-01T10:20:00.5Z"),
        ("^expires .*", "expires never"),
        ("^ca .*", "ca AA"),
        ("^ca (.*)", r"ca \1 "),
        ("^(signing .*)\n(log .*)", r"\2\n\1"),
        ("^(witness .*)", r"\1\nnote hello"),
        ("^(witness .*)", r"\1\n"),
    ],
)
def test_spelling(pattern: str, replacement: str) -> None:
    """A card has its lines in order, each value in one spelling, though the signatures hold."""
    text = edit(CARD.text().encode(), pattern, replacement).decode()
    with pytest.raises(TrustError) as caught:
        read_card(resigned(text))
    assert caught.value.code in ("trust.malformed-card", "trust.malformed-vkey")


def test_name_of_a_key() -> None:
    """A key's name is that of its role at this centre."""
    text = edit(
        CARD.text().encode(),
        "^signing .*",
        "signing PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    ).decode()
    assert_refused("trust.malformed-card", resigned(text))


def test_too_large() -> None:
    """A card is small."""
    assert_refused("trust.malformed-card", b"x" * (MAX_CARD_SIZE + 1))


@settings(max_examples=80)
@given(st.integers(0, len(IAF.card) - 1), st.binary(max_size=3))
def test_any_change_is_refused(place: int, change: bytes) -> None:
    """A card with bytes replaced is the same card or raises a trust error, nothing else."""
    data = IAF.card[:place] + change + IAF.card[place + len(change) :]
    try:
        card = read_card(data)
    except TrustError:
        return
    assert card == CARD


@settings(max_examples=60)
@given(st.binary(max_size=80) | st.text(max_size=80).map(str.encode))
def test_any_bytes_are_refused(data: bytes) -> None:
    """Garbage raises a trust error, nothing else, though it is signed."""
    for candidate in (data, resigned("hotline-card/v1\n" + data.decode(errors="replace") + "\n")):
        with pytest.raises(TrustError):
            read_card(candidate)


# Time


def test_valid_when() -> None:
    """A card holds from its issue, give or take the clocks, to its end."""
    CARD.require_valid(NOW_US - CLOCK_SLACK_US)
    CARD.require_valid(CARD.expires_us)
    for now_us, code in (
        (NOW_US - CLOCK_SLACK_US - 1, "trust.card-not-yet-valid"),
        (CARD.expires_us + 1, "trust.card-expired"),
    ):
        with pytest.raises(TrustError) as caught:
            CARD.require_valid(now_us)
        assert caught.value.code == code


def test_authority_is_checked_whatever_the_time() -> None:
    """A card of the past can still be read: evidence outlives keys."""
    old = build_ca("iaf", Status.EXERCISE, IAF.ca_key, DAY_US, 1)
    card = read_card(issue_card(IAF.signing, IAF.log, IAF.witness, old, DAY_US))
    assert card.expires_us == 2 * DAY_US
