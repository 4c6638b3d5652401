"""What the director of an exercise did, and when: a file of its own, which only grows."""
