"""Incidents before, and their numbers."""
