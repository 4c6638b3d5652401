"""Score and after-action report, from both journals and the exercise's record."""
