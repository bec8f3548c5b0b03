"""Commands that act on an incident."""
