"""What one line carries, and where the time goes: ``make bench``.

Two node processes on loopback, with real keys, mutual TLS and journals on disk; one of them also
makes the load. In go nothing but options, out come a table and a JSON file in ``var/bench``.
These are measurements, not tests: nothing here fails because a machine is slow.
"""
