"""Whether one record holds: the numbered steps of ``docs/spec/log.md``, section 5."""
