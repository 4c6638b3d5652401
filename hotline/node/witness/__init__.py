"""Witnessing beyond the line: C2SP tlog-witness, both sides of ``add-checkpoint``.

In: checkpoints that logs submit to this node; newly signed checkpoints of its own.
Out: cosignatures over theirs; cosignatures of outside witnesses over ours, kept in the journal.

``settings`` (who witnesses whom, from node.toml), ``submission`` (the request's bytes), ``service``
(what is answered), ``listener`` (the port for others), ``asking`` (outside witnesses of our logs).
What may be cosigned is decided in ``journal``, where it is stored; the rules are those of
``docs/spec/witness.md``.
"""
