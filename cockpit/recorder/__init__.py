"""Turns changes between readings into events, one recorder for each file and environment."""
