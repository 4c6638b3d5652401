"""What the words of a notice say about place, level and time, in English, Russian and Hebrew.

In goes a title or the remarks; out come statements, each with the words that make it. Nothing here
knows about the geometry: `hotline.airspace.contradictions` compares. What is looked for is a
checked list of patterns, `docs/spec/contradictions.md`; whatever else a text says goes unread.
"""
