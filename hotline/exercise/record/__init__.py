"""The exercise's own record: hash-chained JSON lines of what the director did, and when.

``events`` (what an entry says), ``line`` (an entry as a line, and back), ``reading`` (a whole
record, checked), ``writing`` (the one writer, each line on the disk before it goes on). The form is
in ``docs/spec/exercise-record.md``.
"""
