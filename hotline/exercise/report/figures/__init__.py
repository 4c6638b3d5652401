"""One file for each sort of figure: pure, from what both journals and the record say.

Nothing here opens a file, asks a clock, or believes the board.
"""
