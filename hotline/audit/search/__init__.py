"""Finding entries of a record: one set of terms for the command line, the API and exports.

In: a journal's snapshot and what is looked for, as words. Out: entries in the order of their log,
decoded only where SQL cannot decide; memory stays flat at any size.
"""
