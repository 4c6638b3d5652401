"""The public card: all that the other side needs to know of a centre, in one signed note.

::

    hotline-card/v1
    centre iaf
    status exercise
    issued 2026-03-01T10:00:00Z
    expires 2027-03-01T10:00:00Z
    ca <base64 of the DER certificate>
    signing <vkey>
    log <vkey>
    witness <vkey>

    — hotline/exercise/iaf/signing <signature>
    — hotline/exercise/iaf/log <signature>
    — hotline/exercise/iaf/witness <cosignature>

Each key signs the card as it signs everything else, the witness key by a cosignature of the second
of issue: whoever made the card holds all three. The vkeys' names are those of the signature lines;
in checkpoints the log key signs under each log's origin. That the card is the peer's, and not
somebody else's, no signature can tell: the fingerprint is compared by voice, in words.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from hashlib import sha256

from hotline.errors import KeysError, TrustError
from hotline.model.kinds import Status
from hotline.model.times import format_time, time_or_none
from hotline.trust.certificates import CLOCK_SLACK_US, check_ca, validity
from hotline.trust.cosignature import WitnessKey, cosign_text, split_cosignature
from hotline.trust.keys import PrivateKey, PublicKey, Role
from hotline.trust.names import CENTRE_ID, key_name
from hotline.trust.notes import Note, NoteKey, decode_base64, sign_text
from hotline.trust.words import words_of

MAX_CARD_SIZE = 16 * 1024

_SECOND_US = 1_000_000
_FIELDS = ("centre", "status", "issued", "expires", "ca", "signing", "log", "witness")
_SIGNERS: tuple[tuple[Role, type[NoteKey]], ...] = (
    (Role.SIGNING, NoteKey),
    (Role.LOG, NoteKey),
    (Role.WITNESS, WitnessKey),
)


@dataclass(frozen=True, slots=True)
class Card:
    """A centre's public card, known to be well-formed and signed by the keys that it shows.

    Times are microseconds since the epoch, whole seconds. ``note`` is the card as received.
    """

    centre: str
    status: Status
    issued_us: int
    expires_us: int
    ca_der: bytes = field(repr=False)
    signing: PublicKey
    log: PublicKey
    witness: PublicKey
    note: bytes = field(default=b"", repr=False, compare=False)

    def text(self) -> str:
        """Return the text that is signed; one card has one text."""
        values = (
            self.centre,
            self.status,
            format_time(self.issued_us),
            format_time(self.expires_us),
            b64encode(self.ca_der).decode(),
            *(key.vkey() for key in self.note_keys()),
        )
        lines = (f"{name} {value}\n" for name, value in zip(_FIELDS, values, strict=True))
        return "hotline-card/v1\n" + "".join(lines)

    def note_keys(self) -> tuple[NoteKey, ...]:
        """Return the three keys under the names with which they signed the card."""
        publics = (self.signing, self.log, self.witness)
        return tuple(
            kind(key_name(self.status, self.centre, role), public)
            for (role, kind), public in zip(_SIGNERS, publics, strict=True)
        )

    @property
    def fingerprint(self) -> bytes:
        """SHA-256 of the card's text (32 bytes)."""
        return sha256(self.text().encode()).digest()

    @property
    def words(self) -> tuple[str, ...]:
        """The fingerprint's first half as 16 words, to be compared by voice."""
        return words_of(self.fingerprint)

    def require_valid(self, now_us: int) -> None:
        """Raise ``TrustError`` (``trust.card-expired``, ``trust.card-not-yet-valid``)."""
        if now_us > self.expires_us:
            raise TrustError(
                "trust.card-expired",
                f"the card of {self.centre} expired at {format_time(self.expires_us)}",
                f"have {self.centre} make new keys, and enrol its new card with --replace",
            )
        if now_us + CLOCK_SLACK_US < self.issued_us:
            raise TrustError(
                "trust.card-not-yet-valid",
                f"the card of {self.centre} was issued at {format_time(self.issued_us)}, "
                "later than it is now",
                "set this machine's clock, or have the peer set its own and make a new card",
            )


def issue_card(
    signing: PrivateKey,
    log: PrivateKey,
    witness: PrivateKey,
    ca_der: bytes,
    issued_us: int,
) -> bytes:
    """Return the card of the centre whose keys these are, as a signed note.

    It expires with the CA certificate. Raises ``KeysError`` (``keys.wrong-role``,
    ``keys.mixed-keys``) for keys of different centres or statuses.
    """
    for key, (role, _) in zip((signing, log, witness), _SIGNERS, strict=True):
        key.require_role(role)
        if (key.centre, key.status) != (signing.centre, signing.status):
            raise KeysError("keys.mixed-keys", "the keys for a card are of different centres")
    issued_us -= issued_us % _SECOND_US
    card = Card(
        signing.centre,
        signing.status,
        issued_us,
        validity(ca_der).not_after_us,
        ca_der,
        signing.public_key,
        log.public_key,
        witness.public_key,
    )
    text = card.text()
    signatures = (
        sign_text(text, signing.name, signing),
        sign_text(text, log.name, log),
        cosign_text(text, witness, issued_us // _SECOND_US),
    )
    return Note(text, signatures).encode()


def read_card(data: bytes) -> Card:
    """Read a card and check all that can be checked without a clock or the telephone.

    1. At most 16 KiB, and a well-formed signed note.
    2. The text is the lines above, in this order, each value in its one spelling.
    3. The CA certificate is that of the centre and status, and outlives the card.
    4. The three keys are sound, and differ.
    5. Each of them signed, the witness key at the second of issue.

    Raises ``TrustError``: ``trust.malformed-card``, ``trust.shared-key``, ``trust.weak-key``,
    ``trust.card-not-proven``, and those of notes, cosignatures and certificates.
    """
    if len(data) > MAX_CARD_SIZE:
        raise _malformed(f"it is longer than {MAX_CARD_SIZE} bytes")
    note = Note.parse(data)
    card = _parse(note.text, data)
    check_ca(card.ca_der, card.centre, card.status)
    if card.expires_us > validity(card.ca_der).not_after_us:
        raise _malformed("it outlives its CA certificate")
    if len({card.signing, card.log, card.witness}) != len(_SIGNERS):
        raise TrustError("trust.shared-key", "a card shows one key in two roles")
    keys = card.note_keys()
    if set(note.verified_by(keys)) != set(keys):
        raise TrustError("trust.card-not-proven", "a card is not signed by all of its three keys")
    witness = keys[-1]
    for signature in note.signatures:
        if signature.key_id == witness.key_id and signature.name == witness.name:
            timestamp_s, _ = split_cosignature(signature.signature)
            if timestamp_s * _SECOND_US != card.issued_us:
                raise TrustError("trust.card-not-proven", "a card is cosigned at another time")
    return card


def _parse(text: str, data: bytes) -> Card:
    header, *lines, end = text.split("\n")
    values = [line.partition(" ")[2] for line in lines]
    if header != "hotline-card/v1" or end or len(values) != len(_FIELDS):
        raise _malformed("its lines are not those of version 1")
    centre, status, issued, expires, ca = values[:5]
    issued_us, expires_us, ca_der = time_or_none(issued), time_or_none(expires), decode_base64(ca)
    if not CENTRE_ID.fullmatch(centre) or status not in Status.__members__.values():
        raise _malformed("its centre or status is none")
    if issued_us is None or expires_us is None or ca_der is None or issued_us % _SECOND_US:
        raise _malformed("a time or its CA certificate cannot be read")
    signing, log, witness = (
        kind.from_vkey(vkey).public for (_, kind), vkey in zip(_SIGNERS, values[5:], strict=True)
    )
    card = Card(
        centre, Status(status), issued_us, expires_us, ca_der, signing, log, witness, note=data
    )
    if card.text() != text:
        raise _malformed("a line is not spelled as it should be")
    return card


def _malformed(what: str) -> TrustError:
    return TrustError(
        "trust.malformed-card",
        f"this is not a card: {what}",
        "ask the other side to send its file again; `hotline keys card` writes it",
    )
