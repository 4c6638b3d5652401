"""Tests of simulated crews."""
