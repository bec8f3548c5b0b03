"""The program's own log goes to a file, never to a terminal that is drawing a screen."""

import logging
import os
from pathlib import Path

LIBRARIES = ("azure", "msal", "httpx", "httpcore", "aiohttp", "asyncio")
BYTES = 1_000_000


def log_path() -> Path:
    """The file, under the XDG state directory."""
    import platformdirs

    return Path(platformdirs.user_state_dir("cockpit")) / "cockpit.log"


def log_to_file() -> None:
    """Send every logger to the file (0600, two of 1 MB are kept); where it cannot be written, to nowhere.

    Libraries log from WARNING up: below that they print requests with their headers.
    """
    logging.raiseExceptions = False  # a full disk: else every line that is not written goes to the terminal, uncleaned
    root = logging.getLogger()
    for old in tuple(root.handlers):
        root.removeHandler(old)
    root.addHandler(LogFileHandler())
    root.setLevel(logging.INFO)
    for name in LIBRARIES:
        logging.getLogger(name).setLevel(logging.WARNING)


class LogFileHandler(logging.Handler):
    """Opens the file when there is something to write: most commands log nothing, and all would wait for it."""

    def __init__(self) -> None:
        super().__init__()
        self._file: logging.Handler | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Raises nothing: what is being told of must go on, also where not even a module can be read any more."""
        try:
            self._file = self._file or _open_log_file()
            self._file.handle(record)
        except Exception:
            self.handleError(record)


def _open_log_file() -> logging.Handler:
    from logging.handlers import RotatingFileHandler

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
    """What sources answered reaches the file cleaned: a log is read in terminals too."""

    def format(self, record: logging.LogRecord) -> str:
        from cockpit.model.text import clean_text

        return clean_text(super().format(record))
