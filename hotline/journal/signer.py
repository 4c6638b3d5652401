"""The only place that signs: groups, checkpoints, cosignatures.

A fenced signer signs nothing. A signer holds keys of one status and refuses any other.
"""

from __future__ import annotations

from collections.abc import Sequence

from hotline.errors import FencedError
from hotline.trust.checkpoint import Checkpoint, sign_checkpoint
from hotline.trust.cosignature import cosign
from hotline.trust.keys import PrivateKey
from hotline.wire.envelope import group_input


class Signer:
    """Signs for one centre under one status, unless it is fenced.

    ``signing`` signs groups, ``log`` checkpoints, ``witness`` the peer's checkpoints: one key
    for each role, since a cosignature does not commit to its signer's name.
    Raises KeysError when a key is of another status.
    """

    def __init__(
        self, *, status: str, signing: PrivateKey, log: PrivateKey, witness: PrivateKey
    ) -> None:
        for key in (signing, log, witness):
            key.require_status(status)
        self._signing = signing
        self._log = log
        self._witness = witness
        # Why this node may not sign; set when the journal proves to have been rolled back.
        self.fence: str | None = None

    @property
    def log_public(self) -> bytes:
        """The public half of the log key, 32 bytes."""
        return self._log.public

    def sign_group(self, bodies: Sequence[bytes]) -> bytes:
        """Sign the RFC 6962 root over the bodies of one group; 64 bytes. Raises FencedError."""
        self.require_unfenced()
        return self._signing.sign(group_input(bodies))

    def sign_checkpoint(self, checkpoint: Checkpoint) -> bytes:
        """Sign a checkpoint of one of our logs; a signed note. Raises FencedError."""
        self.require_unfenced()
        return sign_checkpoint(checkpoint, self._log)

    def cosign(self, checkpoint: Checkpoint, timestamp_s: int) -> bytes:
        """Cosign a checkpoint of the peer's log; one note signature line. Raises FencedError."""
        self.require_unfenced()
        return cosign(checkpoint.text(), self._witness, timestamp_s)

    def require_unfenced(self) -> None:
        """Raise FencedError while this node may not sign."""
        if self.fence is not None:
            raise FencedError(
                "journal.fenced",
                f"this node signs nothing: {self.fence}",
                "agree a new epoch with the peer by voice, then run `hotline recover`",
            )
