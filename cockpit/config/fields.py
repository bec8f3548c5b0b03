"""The kinds of values in cockpit.toml, and what is said when one is wrong."""

import os
import re
from datetime import date, datetime, time
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from cockpit.model.conditions import Condition, ConditionError, parse
from cockpit.model.secret import Secret
from cockpit.model.text import HOSTILE, near
from cockpit.model.time import ABBREVIATIONS, PATTERN, DurationError, seconds

GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
PLACEHOLDER = re.compile(r"\$\{|\{\{|<[^>]*>|\$[A-Z]")
USER = re.compile(r"[^/?#]*//[^/?#]*@")
SECRET_QUERY = re.compile(
    r"[?&](\w*token|\w*api[_-]?key|\w*subscription-key|sig|signature|secret|password)=", re.IGNORECASE
)
LONGEST = 7 * 86_400  # seconds
LONGEST_TERM = 366 * 86_400
CLOCK = r"([01]?[0-9]|2[0-3]):[0-5][0-9]"
SECRET_SHAPE = '{ env = "NAME" } or { file = "path" }'


def wrong(message: str, suggestion: str = "") -> PydanticCustomError:
    """An error in our own words; the loader takes the suggestion out again."""
    return PydanticCustomError("cockpit", "{message}", {"message": message, "suggestion": suggestion})


def _line(text: str) -> str:
    if HOSTILE.search(text) or "\n" in text or "\t" in text:
        raise wrong("holds a control character or a line break")
    return text.strip()


def _name(text: str) -> str:
    if not _line(text):
        raise wrong("is empty")
    if len(text) > 80:
        raise wrong("is longer than 80 characters")
    return _line(text)


def _duration(value: Any) -> float:
    result = _seconds(value)
    if not 0.01 <= result <= LONGEST:
        raise wrong(f"`{value}` is out of range; anything from 10ms to 7d will do")
    return result


def _term(value: Any) -> float:
    result = _seconds(value)
    if result > LONGEST_TERM:
        raise wrong(f"`{value}` is out of range; anything up to 366d will do")
    return result


def _seconds(value: Any) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise wrong("is a bare number; a duration is text with a unit", f'"{value}s"')
    if not isinstance(value, str):
        raise wrong('must be a duration such as "15s"')
    try:
        return float(seconds(value.strip()))
    except DurationError as error:
        raise wrong(f"`{value}` {error}", error.suggestion) from None


def _condition(value: Any) -> Condition:
    if not isinstance(value, str):
        raise wrong('must be a condition such as "[STATUS] == 200"')
    try:
        return parse(value)
    except ConditionError as error:
        raise wrong(f"`{value}` {error.reason}", error.suggestion) from None


def _url(text: str) -> str:
    text = _line(text)
    if USER.match(text):  # first of all: every later message shows the address
        raise wrong(f"holds a user or password; send it as a header instead: Authorization = {SECRET_SHAPE}")
    if SECRET_QUERY.search(text):
        raise wrong(f"holds a secret in its query; send it as a header instead: Authorization = {SECRET_SHAPE}")
    if PLACEHOLDER.search(text):
        raise wrong(f"`{text}` still holds a placeholder; write the whole address")
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise wrong(f"`{text}` is no URL: {error}") from None
    if parts.scheme not in ("http", "https"):
        meant = "" if "://" in text or not text else f"https://{text.lstrip('/')}"
        raise wrong(f"`{text}` must start with http:// or https://", meant)
    if not host or any(character.isspace() for character in text):
        raise wrong(f"`{text}` names no host" if not host else f"`{text}` holds a space")
    if port == 0:
        raise wrong(f"`{text}` names port 0")
    return text


def _cloud_url(text: str) -> str:
    """A token is sent there: only over TLS, or to this machine."""
    if not text:
        return ""
    parts = urlsplit(_url(text))
    if parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        raise wrong(f"`{text}` would carry your token unencrypted", text.replace("http://", "https://", 1))
    return text.rstrip("/")


def _guid(text: str) -> str:
    if text and not GUID.fullmatch(text):
        raise wrong(f"`{text}` is not an id; it is the GUID that is wanted, not the name")
    return text


def _secret_or_text(value: Any) -> str | Secret:
    if isinstance(value, str):
        return _line(value)
    return _secret(value)


def _secret(value: Any) -> Secret:
    match value:
        case {"env": str(name)} if len(value) == 1 and re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            return Secret("env", name)
        case {"file": str(path)} if len(value) == 1 and path.strip():
            return Secret("file", _path(path))
        case _:
            raise wrong(f"must be text or {SECRET_SHAPE}")


def _moment(value: Any) -> datetime:
    if not isinstance(value, datetime):
        raise wrong("must be a date and time such as 2026-11-21T22:00:00Z, without quotes")
    if value.tzinfo is None:
        raise wrong("has no time zone", f"{value.isoformat()}Z")
    return value


def _clock(value: Any) -> time:
    if isinstance(value, time):
        return value.replace(tzinfo=None)
    if not isinstance(value, str) or not re.fullmatch(CLOCK, value.strip()):
        raise wrong('must be a time of the day such as "08:00"')
    hour, minute = value.strip().split(":")
    return time(int(hour), int(minute))


def _day(value: Any) -> date:
    if not isinstance(value, date) or isinstance(value, datetime):
        raise wrong("must be a date such as 2026-12-25, without quotes")
    return value


def _reference(text: str) -> str:
    host, colon, port = text.strip().rpartition(":")
    if not colon or not host or not port.isdecimal() or not port.isascii() or not 0 < int(port[:6]) < 65_536:
        raise wrong(f"`{text}` must be host:port", f"{text}:443" if text and not colon else "")
    return _line(text)


def _zone(text: str) -> str:
    from zoneinfo import ZoneInfo

    try:
        if text:
            ZoneInfo(text)
    except (ValueError, OSError, LookupError):
        raise wrong(
            f"`{text}` is no time zone; write its IANA name, such as Pacific/Auckland", _zone_near(text)
        ) from None
    return text


def _zone_near(text: str) -> str:
    """The zone meant by a misspelled name, an abbreviation, or a city alone."""
    from zoneinfo import available_timezones

    by_city = {zone.rpartition("/")[2]: zone for zone in sorted(available_timezones(), reverse=True) if "/" in zone}
    return (
        ABBREVIATIONS.get(text.upper())
        or near(text, by_city.values())
        or by_city.get(near(text.replace(" ", "_"), by_city), "")
    )


def _path(text: str) -> str:
    if os.path.expanduser(_line(text)).startswith("~"):
        raise wrong(f"`{text}` names the home of a user who is not known here")
    return text


def _described(kind: str, **schema: Any) -> WithJsonSchema:
    return WithJsonSchema({"type": kind, **schema})


SECRET_SCHEMA = {
    "type": "object",
    "description": "Where a secret is; never what it is.",
    "minProperties": 1,
    "maxProperties": 1,
    "additionalProperties": False,
    "properties": {
        "env": {"type": "string", "description": "The environment variable that holds it."},
        "file": {"type": "string", "description": "The file that holds it; relative to cockpit.toml."},
    },
}

Line = Annotated[str, AfterValidator(_line)]
Name = Annotated[str, AfterValidator(_name)]
PathText = Annotated[str, AfterValidator(_path)]
Duration = Annotated[float, PlainValidator(_duration), _described("string", pattern=PATTERN, examples=["15s", "300ms"])]
Term = Annotated[float, PlainValidator(_term), _described("string", pattern=PATTERN, examples=["15m", "72h", "3d"])]
Clock = Annotated[time, PlainValidator(_clock), _described("string", pattern=f"^{CLOCK}$", examples=["08:00"])]
Day = Annotated[date, PlainValidator(_day), _described("string", format="date")]
ConditionText = Annotated[Condition, PlainValidator(_condition), _described("string", examples=["[STATUS] == 200"])]
Url = Annotated[str, AfterValidator(_url), _described("string", pattern="^https?://")]
CloudUrl = Annotated[str, AfterValidator(_cloud_url), _described("string", pattern="^(https?://.*)?$")]
Guid = Annotated[str, AfterValidator(_guid), _described("string", pattern=f"^({GUID.pattern})?$")]
TextOrSecret = Annotated[
    str | Secret, PlainValidator(_secret_or_text), WithJsonSchema({"anyOf": [{"type": "string"}, SECRET_SCHEMA]})
]
Moment = Annotated[datetime, PlainValidator(_moment), _described("string", format="date-time")]
Reference = Annotated[str, AfterValidator(_reference), _described("string", pattern=r"^.+:[0-9]{1,5}$")]
Zone = Annotated[str, AfterValidator(_zone)]
