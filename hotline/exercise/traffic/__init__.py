"""Mock traffic: realistic notices and advisories by a seed, the same each time."""
