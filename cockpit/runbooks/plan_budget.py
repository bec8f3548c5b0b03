"""How long a procedure is said to take, and how long its effect may lag behind."""

import re
from datetime import timedelta

from cockpit.model.runbook import Procedure
from cockpit.runbooks.plan_times import amounts

LABELS = ("time to fix", "rto")
LAGS = re.compile(r"(?i)\bup to\W*$|\bfor\W*$")
LAG = re.compile(r"(?i)cach|lag|propagat|may still|until no|stale|ttl")


def budget(procedure: Procedure) -> timedelta | None:
    """The time that it is said to take, the longer one of a range; None where it varies or nothing is said."""
    for name in LABELS:
        text = procedure.labels.get(name, "")
        found = next((each for each in amounts(text) if not lags(text, each.start)), None)
        if found:
            return found.after
    return None


def tail(procedure: Procedure) -> timedelta | None:
    """How long after it its effect may not have reached everything: `up to 5 min cache lag`."""
    for text in (*procedure.labels.values(), *procedure.warnings):
        if LAG.search(text):
            found = next((each for each in amounts(text) if lags(text, each.start)), None)
            if found:
                return found.after
    return None


def lags(text: str, start: int) -> bool:
    """True when the time that begins at `start` is one that something lags by."""
    return bool(LAGS.search(text[:start])) and bool(LAG.search(text))
