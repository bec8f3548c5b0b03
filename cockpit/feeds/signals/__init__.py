"""Thresholds of the team's own on Azure Monitor, Log Analytics and Prometheus."""
