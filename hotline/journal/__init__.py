"""The journal: all that happened at one node, append-only, each line's entries in its own log.

In: messages composed here, groups and receipts that the line verified, the node's own affairs.
Out: signed groups, checkpoints and receipts, each only after it is durable; and queries.
May import ``wire``, ``trust``, ``model``, ``errors``; touches files, SQLite, and one thread.

``schema`` (tables), ``log`` (trees on disk), ``state`` (what is held in memory), ``signer`` (the
only place that signs); ``outgoing``, ``incoming``, ``records``, ``witnessing``, ``forks`` and
``closing`` (what one transaction may do), ``writer`` (the only thread that writes: save, then
release), ``queries`` (reading), ``recovery``, ``prune`` (taking an archived epoch out).
"""
