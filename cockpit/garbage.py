"""When Python looks for garbage: not while much is read or loaded, and never again through what stays."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache


@contextmanager
def no_collection() -> Iterator[None]:
    """A hundred thousand tokens, none of them garbage: looking for some would take a quarter of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            freeze_once()
            gc.enable()


@cache
def freeze_once() -> None:
    """What was read or loaded stays: no look for garbage goes through it. Only once: later, some of it is garbage.

    The number of what is frozen would tell as well, but Python counts it one by one: milliseconds, at each document.
    """
    gc.freeze()
