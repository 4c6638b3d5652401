"""Trust: who said it, that it was said, and that nothing was changed since.

In come bytes, keys, and the time and entropy that the caller passes; out come signatures, tree
roots, proofs, checkpoints, cards and certificates, or a ``TrustError`` that says what does not
hold. The room is pure: it touches no file, socket, clock or source of randomness, and it imports
``hotline.model`` and ``hotline.errors`` only. Formats: ``docs/spec/trust.md``.
"""
