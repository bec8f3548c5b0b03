"""What the words behind a fence's language ask of its steps: `timeout=45m retry=10x6s needs=verify`."""

import re

from cockpit.model.runbook import Step, StepKind
from cockpit.model.time import DurationError, seconds
from cockpit.runbooks.types import Retry

LOOKS = frozenset({StepKind.READ, StepKind.VERIFY})
PATIENCE = {StepKind.READ: 300.0, StepKind.VERIFY: 300.0}  # seconds a step may take when its document does not say
LONGEST = 3_600.0
ONE_ANSWER = 60.0  # of a server
RETRY = re.compile(r"(\d{1,4})(?:x(.+))?")
MOST_TRIES = 1_000


def timeout_of(step: Step, kind: StepKind) -> tuple[float, str]:
    """(seconds, what is wrong with the tag or ""). A bare number is seconds."""
    text = step.tags.get("timeout", "")
    usual = ONE_ANSWER if step.language == "http" else PATIENCE.get(kind, LONGEST)
    if not text:
        return usual, ""
    length = _parse_seconds(text)
    return (length, "") if length else (usual, f"timeout={text} is not a duration such as 45m and is left out")


def retry_of(step: Step, kind: StepKind) -> tuple[Retry, str]:
    """(how often, what is wrong or ""). A change is never tried again by itself: whether it was done is not known."""
    text = step.tags.get("retry", "")
    if not text:
        return Retry(), ""
    match = RETRY.fullmatch(text)
    every = _parse_seconds(match[2] or "5s") if match else None
    if match is None or every is None or not 1 <= int(match[1]) <= MOST_TRIES:
        return Retry(), f"retry={text} is not of the form 10x6s and is left out"
    if kind not in LOOKS:
        return Retry(), f"retry={text} is left out: only steps that look are tried again by themselves"
    return Retry(int(match[1]), every), ""


def _parse_seconds(text: str) -> float | None:
    try:
        return float(seconds(f"{text}s" if text.replace(".", "", 1).isdecimal() else text)) or None
    except (DurationError, ValueError, OverflowError):
        return None
