"""Simulated crews, which play a centre through its node's API as officers do."""
