"""Deadlines of an incident: pure functions of events, Plan and time."""
