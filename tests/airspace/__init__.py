"""Tests of the airspace room."""
