"""The director: has injects delivered when they are due, judges, and writes the record."""
