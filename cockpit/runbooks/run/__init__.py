"""Runs of a procedure: start, execute, outcome, recovery."""
