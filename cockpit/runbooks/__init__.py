"""Markdown documents become steps that run once they are confirmed, and the Plan that they speak of."""
