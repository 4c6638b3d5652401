"""The airspace: what two notices mean for each other.

In go notices as the model holds them, the letter, and the moment; out come relations between
activities (conflict, proximity, possible conflict, clear), the picture around a moment, warning
times, and what a notice says against itself. Pure: no socket, file, clock or randomness. What
cannot be computed is never taken for clear. May import `hotline.model` and below.
"""
