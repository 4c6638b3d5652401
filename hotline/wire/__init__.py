"""What crosses the line, byte by byte: strict MessagePack, bodies, envelopes, leaves, frames.

In come bytes from a peer who is not trusted; out go frozen structs, or a
:class:`~hotline.errors.WireError` and never anything else. In the other direction, structs of
this program become bytes. Nothing here knows a key's owner, a sequence's state or the time:
whether a well-formed frame is *welcome* is decided by `hotline.line`.

The format is specified in `docs/spec/wire.md`, well enough for a second implementation;
`tests/vectors/` holds its test vectors. May import `trust`, `model` and `errors`; pure.
"""
