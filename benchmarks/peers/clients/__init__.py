"""Programs that carry messages by other people's libraries: they run in ``benchmarks/.venv``.

Each is started as ``python -m benchmarks.peers.clients.NAME ROLE DIRECTORY PORT``; the directory
holds keys and takes the stores, the port is the broker's, or the receiver's where there is none.
"""
