"""hotline: signed, receipted flight notices between two air command centres.

The rooms, in the order a notice walks through them:
``model`` (what is said), ``trust`` (keys, signatures, Merkle trees), ``wire`` (bytes),
``line`` (the protocol, without I/O), ``journal`` (the record), ``node`` (the running centre),
``api`` (its local face), ``cli`` (the command). Imports point from the last to the first.
"""

__version__ = "0.1.0"
