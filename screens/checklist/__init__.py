"""A checklist of an incident."""
