"""What the Check column of a table of parameters asks of a value: `not BAD`, `at most 7 days, at least 15 min ago`."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from cockpit.runbooks.plan_times import amount

CLAUSE = re.compile(r"[,;]\s*|\s+and\s+")
OTHER = re.compile(r"(?i)^not\W+(?P<name>[\w-]+)\W*$")
NEWEST = re.compile(r"(?i)\bat least\b|\bolder than\b|\bmore than\b")  # it must lie this far back
OLDEST = re.compile(r"(?i)\bat most\b|\bwithin\b|\b(?:not|no) (?:older|more) than\b|\bless than\b")  # and no further


def others(text: str) -> Iterator[str]:
    """The parameters whose value this one must not have."""
    for clause in CLAUSE.split(text):
        if found := OTHER.match(clause.strip()):
            yield found["name"]


def out_of_bounds(text: str, value: str, now: datetime) -> str:
    """Why a moment lies too far back, or not far enough; "" for one that may be, and for what is no moment."""
    try:
        ago = now - datetime.fromisoformat(value)
    except (TypeError, ValueError):  # no moment, or one without its zone
        return ""
    if ago < timedelta(0):
        return f"lies in the future: it is {now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if limits(text) else ""
    return next((f"is not {clause}" for clause, least, most in limits(text) if not least <= ago <= most), "")


def limits(text: str) -> list[tuple[str, timedelta, timedelta]]:
    """(words, from, to) of every clause that says how long ago something may be."""
    found: list[tuple[str, timedelta, timedelta]] = []
    for clause in CLAUSE.split(text):
        span = amount(clause)
        if span is not None and OLDEST.search(clause):
            found.append((ago(clause), timedelta(0), span.after))
        elif span is not None and NEWEST.search(clause):
            found.append((ago(clause), span.after, timedelta.max))
    return found


def ago(clause: str) -> str:
    words = clause.strip().removesuffix(" ago")
    return f"{words} ago"
