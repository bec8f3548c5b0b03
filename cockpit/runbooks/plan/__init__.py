"""The Plan: what a team's documents and configuration say should happen in an incident."""
