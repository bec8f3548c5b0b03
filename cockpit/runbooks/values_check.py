"""Is this value what its name asks for? Whatever passes here is still given to the shell only as a variable."""

import re
from collections.abc import Sequence
from datetime import datetime

from cockpit.model.clean import clean_line, is_clean_line
from cockpit.model.near import near
from cockpit.runbooks.placeholders import canonical, same

LONGEST = 4_096  # letters
HOST = re.compile(
    r"(?=.{1,260}$)[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*(:\d{1,5})?"
)
REVISION = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?")
MOMENT = re.compile(r"(^|_)(time|timestamp|datetime|restore_point)$")
NEGATIVE = re.compile(r"-\d+")


def check(name: str, value: str, choices: Sequence[str] = ()) -> str:
    """Why a value cannot stand for this name, "" when it can."""
    if not value.strip():
        return f"{name} is empty"
    if len(value) > LONGEST:
        return f"{name} is longer than {LONGEST} letters"
    if not is_clean_line(value, LONGEST) or not value.isprintable():
        return f"{name} holds a line break or a letter that cannot be seen"
    if value.startswith("-") and not NEGATIVE.fullmatch(value):
        return f"{name} begins with a dash, which a command takes for an option"
    if choices and value not in choices:
        meant = near(value, choices)
        return f"there is no {clean_line(value, 80)} here" + (f"; did you mean {meant}?" if meant else "")
    return _of_its_kind(name, value)


def _of_its_kind(name: str, value: str) -> str:
    if same(name, "fqdn") and not HOST.fullmatch(value):
        return f"{name} must be a host name such as app.example.com, without https:// and path"
    if any(same(name, each) for each in ("previous", "bad")) and not REVISION.fullmatch(value):
        return f"{name} must be the name of a revision"
    if MOMENT.search(canonical(name)) and not _is_moment(value):
        return f"{name} must be a time with its zone, such as 2026-02-27T02:00:00Z"
    return ""


def _is_moment(value: str) -> bool:
    try:
        return datetime.fromisoformat(value).tzinfo is not None and "T" in value.upper()
    except ValueError:
        return False
