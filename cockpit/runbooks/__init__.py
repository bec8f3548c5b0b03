"""Markdown documents become steps that run under a ceremony, and the Plan that they speak of."""
