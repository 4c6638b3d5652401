"""The same work done by others: what a line of hotline costs beside what one would build instead.

Each peer is two programs, a sender and a receiver, and where it needs one a broker between them.
All do the same: about 600 octets are signed, carried over mutual TLS 1.3, verified and made
durable, answered with a signed receipt, and that is verified and made durable. In go the peers to
measure, out come a JSON file, a table of ratios, a table of aims and a picture. Third-party clients
run in an environment of their own, ``benchmarks/.venv``; nothing of hotline imports from here.
"""
