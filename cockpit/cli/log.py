"""The program's own log goes to a file, never to a terminal that is drawing a screen."""

import logging
import os
from logging.handlers import RotatingFileHandler
from pathlib import Path

import platformdirs

from cockpit.model.text import clean_text

LIBRARIES = ("azure", "msal", "httpx", "httpcore", "aiohttp", "asyncio")
BYTES = 1_000_000


def log_path() -> Path:
    """The file, under the XDG state directory."""
    return Path(platformdirs.user_state_dir("cockpit")) / "cockpit.log"


def log_to_file() -> None:
    """Send every logger to the file (0600, two of 1 MB are kept); where it cannot be written, to nowhere.

    Libraries log from WARNING up: below that they print requests with their headers.
    """
    root = logging.getLogger()
    for old in tuple(root.handlers):
        root.removeHandler(old)
    root.addHandler(_make_handler())
    root.setLevel(logging.INFO)
    for name in LIBRARIES:
        logging.getLogger(name).setLevel(logging.WARNING)


def _make_handler() -> logging.Handler:
    path = log_path()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handler = RotatingFileHandler(path, maxBytes=BYTES, backupCount=1, encoding="utf-8", delay=False)
        os.chmod(path, 0o600)
    except OSError:
        return logging.NullHandler()
    handler.setFormatter(CleanFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    return handler


class CleanFormatter(logging.Formatter):
    """What sources said reaches the file cleaned: a log is read in terminals too."""

    def format(self, record: logging.LogRecord) -> str:
        return clean_text(super().format(record))
