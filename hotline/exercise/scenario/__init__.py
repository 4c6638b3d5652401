"""What is to happen in an exercise, by whom, when, and what is expected of it: one file."""
