"""Figures of one incident and statistics over many, each with its definition."""
