"""Incidents, computed from the events of the timeline; what responders do to them; and what is made of them: clocks,
messages, metrics, the post-mortem."""
