"""The incident cockpit: watch, act, remember. Runs without a terminal; only app.py and cli know one."""

import sys

__version__ = "0.1.0"

# httpx brings a command line of its own, for which it loads pygments and progress bars wherever they are installed: a
# fortieth of the time until the first verdict. Nobody calls it here; without it httpx does what it does without them.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
