"""A message as it is read out over a telephone, and back from what the listener typed.

`sheet` makes of a message what can be spoken of it, `layout` the lettered lines, `hearing` reads
lines that somebody typed. ``docs/spec/voice.md`` has the layout. Pure, as the room it lies in.
"""
