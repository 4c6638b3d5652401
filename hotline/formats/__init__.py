"""The formats in which others hold what a notice says: GeoJSON, KML, F3548, Cursor-on-Target.

In go bytes, out come notices, and the other way round; each way says what the format cannot
carry. Pure: nothing is read, sent or timed here. May import `hotline.airspace`, `hotline.model`
and below.
"""
