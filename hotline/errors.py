"""The exception tree. Every error has a stable code, one sentence and a hint that says the mend.

HotlineError
├── LocalError            this side did or holds something wrong
│   ├── UsageError        a request or command that cannot be carried out as asked
│   ├── ConfigError       node.toml, a letter or the directory around it
│   ├── ModelError        a notice, reply or letter that breaks a rule of the model
│   ├── KeysError         keys, certificates, cards and pins of this centre
│   ├── JournalError      the store: full, corrupt, of another node
│   └── FencedError       this node was rolled back and signs nothing until it is recovered
└── RemoteError           the peer, or whoever is at the other end, did something wrong
    ├── WireError         bytes that are not a frame, envelope, body or leaf
    ├── TrustError        a signature, proof, note, certificate or identity that does not hold
    └── LineError         a well-formed frame that the protocol forbids here

Local misuse and the peer's misbehaviour never share a class: the first is for our operator to
mend, the second is evidence, and is entered in the journal.
"""

from __future__ import annotations


class HotlineError(Exception):
    """An error with a stable ``code`` (``room.what-is-wrong``), a message and a ``hint``.

    ``code`` never changes once released: scripts and the peer's software match on it.
    ``hint`` says what to do about it, and is empty only where nothing can be done here.
    """

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} [{self.code}]"


class LocalError(HotlineError):
    """This side did or holds something wrong; our operator can mend it."""


class UsageError(LocalError):
    """A request or command that cannot be carried out as asked."""


class ConfigError(LocalError):
    """A node.toml, a letter, or the directory around it, that cannot be used."""


class ModelError(LocalError):
    """A notice, reply or letter that breaks a rule of the model; names the field."""


class KeysError(LocalError):
    """Keys, certificates, cards or pins of this centre that cannot be used."""


class JournalError(LocalError):
    """The store cannot take or give an entry: full, corrupt, or of another node."""


class FencedError(LocalError):
    """This node's own log is behind, or contradicts, what its peer has cosigned."""


class ExerciseError(LocalError):
    """An exercise that cannot be played, or a report that cannot be made."""


class RemoteError(HotlineError):
    """The other end did something wrong; recorded as evidence, never mended silently."""


class WireError(RemoteError):
    """Bytes that are not a well-formed frame, envelope, body or leaf."""


class TrustError(RemoteError):
    """A signature, proof, note, certificate or identity that does not hold."""


class LineError(RemoteError):
    """A well-formed frame that the protocol forbids in this state."""
