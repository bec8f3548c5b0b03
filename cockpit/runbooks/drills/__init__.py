"""Exercises that documents ask for, and when each was last done."""
