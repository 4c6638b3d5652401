"""Mock traffic: realistic notices and advisories by a seed, the same each time.

`injects_of` turns one `Traffic` of a scenario into injects: notices with what follows on them,
and advisories. Pure: no clock, no file but the gazetteer that is shipped, no randomness but the
seed. ``docs/spec/traffic.md`` says what is drawn how, and what is promised. May import ``model``,
``airspace`` and the scenario's shapes.
"""
