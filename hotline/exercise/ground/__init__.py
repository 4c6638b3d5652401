"""The nodes that an exercise is played on: made here, running elsewhere, or in containers."""
