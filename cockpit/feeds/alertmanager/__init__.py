"""Alerts of Alertmanager and of the Prometheus behind it."""
