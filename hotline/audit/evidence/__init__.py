"""Evidence: one exchange in one file, which proves itself to whoever holds the public keys.

In: a record's journal and cards (``gather``), or a file's bytes (``check``). Out: the file, or the
story that it proves. Only ``gather`` reads a journal; everything else is a function of bytes.

``form`` (the file's shape), ``gather`` with ``held`` (record to file), ``check`` with ``logs``,
``messages`` and ``records`` (the numbered steps of docs/spec/evidence.md), ``exchange`` (what is
proven), ``gaps`` (what is not), ``story`` (both, in words), ``forks`` (several files at once).
"""
