"""The record in other forms, each stating the checkpoint that it was taken from.

In: one snapshot of a journal and public cards. Out: files that say the same as the journal and can
be checked without it; the same record and arguments give the same bytes. Each file is written
beside its place and renamed when complete.
"""
