"""Falsifications by those who hold more than one file: keys, both directories, the wire."""
