"""The running centre: the only room with sockets, timers and a clock, and the only one that wires.

In: ``node.toml``, keys, letters, the peer's connections, what the API asks for.
Out: messages on the line, entries in the journal, alarms, metrics.
May import every room below it; ``api`` and ``cli`` stand above.

``config``, ``keyring`` and ``keyfiles`` (what is on disk), ``clock`` (the one place that decides
the time), ``tls`` and ``gate`` (who may speak to us), ``line`` (what outlives a connection) with
``dialling``, ``recent``, ``anchoring``, ``peer_clock`` and ``misconduct``, ``connection``,
``session`` and ``reports`` (one connection, the association that it carries, what follows from what
that reports), ``desk`` (what officers see and owe), ``alarms``, ``watch`` (duties by the clock),
``witness`` (checkpoints of others cosigned, and others asked), ``metrics``, ``doctor``, ``place``
and ``keeping`` (a record and what lies around it), ``opening``, ``recovery`` and ``pruning`` (the
journal of a stopped node), ``centre`` (all of it put together) and ``daemon`` (the process around
it).
"""
