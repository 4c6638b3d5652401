"""Exercise and actual traffic, held apart: every layer in both directions, every command's mark."""
