"""What went well and what is to be mended, proposed by rules that are written down.

Each rule has a name in ``docs/spec/exercise-report.md`` and says by which entries it goes. People
decide what is true of it: a report proposes.
"""
