"""The Azure libraries' own logging, kept off the screen: a line on stderr would land in the middle of it."""

import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path

from cockpit.model.clean import clean

LOUD = ("azure", "msal", "msal_extensions", "aiohttp", "urllib3")
LARGEST = 2_000_000  # bytes of one log file; one older one is kept


class CleanFormatter(logging.Formatter):
    """These libraries log what servers said; a terminal that later shows the file must not obey it."""

    def format(self, record: logging.LogRecord) -> str:
        return clean(super().format(record))


def quiet_loggers(path: Path) -> logging.Handler:
    """Send warnings of the Azure libraries to the file `path` and nowhere else. Call before their first use.

    A second call moves them to the new file. Raises OSError when the folder cannot be made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handler = RotatingFileHandler(path, maxBytes=LARGEST, backupCount=1, encoding="utf-8", delay=True)
    handler.setFormatter(CleanFormatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    for name in LOUD:
        logger = logging.getLogger(name)
        for old in [each for each in logger.handlers if isinstance(each, RotatingFileHandler)]:
            logger.removeHandler(old)
            old.close()
        logger.addHandler(handler)
        logger.setLevel(logging.WARNING)
        logger.propagate = False
    return handler
