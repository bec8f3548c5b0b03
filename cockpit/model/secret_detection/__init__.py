"""Secrets that nobody named, found by what gives them away."""
