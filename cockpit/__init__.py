"""The incident cockpit: watch, act, remember. Runs without a terminal; only app.py and cli know one."""

__version__ = "0.1.0"
