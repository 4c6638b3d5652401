"""Tests of mock traffic."""
