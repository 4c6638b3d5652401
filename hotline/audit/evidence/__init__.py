"""Evidence: one exchange in one file, which proves itself to whoever holds the public keys.

In: a record's journal and cards (``gather``), or a file's bytes (``check``). Out: the file, or the
story that it proves. Only ``gather`` reads a journal; everything else is a function of bytes.

``form`` (the file's shape), ``moment``, ``held`` and ``gather`` (record to file), ``prove`` (one
entry), ``check`` with ``steps``, ``logs``, ``messages`` and ``records`` (the numbered steps of
docs/spec/evidence.md), ``exchange`` (what is proven), ``gaps`` (what is not), ``story`` and
``facts`` (both, for people and for scripts), ``forks`` (several files at once).
"""
