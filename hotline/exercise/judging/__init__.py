"""What became of each expectation, by the two journals and the exercise's record alone.

In: the scenario, entries of the record, entries of both nodes' logs as the API shows them, the
time. Out: a verdict for each expectation. Pure: no clock, no file, no socket; the director's live
board and the report afterwards judge by the same code. Definitions are in
``docs/spec/exercise-record.md``.

``course`` (from life's time to the scenario's), ``facts`` (what entries say), ``engine`` (the
judge), ``deciding`` (one rule a kind of expectation), ``verdict``.
"""
