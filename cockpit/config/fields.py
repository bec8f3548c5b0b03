"""The kinds of values in cockpit.toml, and what is said when one is wrong."""

import os
import re
from datetime import date, datetime, time
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from cockpit.model.conditions import Condition, ConditionError, parse_condition
from cockpit.model.secret import Secret
from cockpit.model.text import HOSTILE, find_nearest
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


def make_field_error(message: str, suggestion: str = "") -> PydanticCustomError:
    """An error in our own words; the loader takes the suggestion out again."""
    return PydanticCustomError("cockpit", "{message}", {"message": message, "suggestion": suggestion})


def _parse_line(text: str) -> str:
    if HOSTILE.search(text) or "\n" in text or "\t" in text:
        raise make_field_error("holds a control character or a line break")
    return text.strip()


def _parse_name(text: str) -> str:
    if not _parse_line(text):
        raise make_field_error("is empty")
    if len(text) > 80:
        raise make_field_error("is longer than 80 characters")
    return _parse_line(text)


def _parse_duration_field(value: Any) -> float:
    result = _parse_seconds(value)
    if not 0.01 <= result <= LONGEST:
        raise make_field_error(f"`{value}` is out of range; anything from 10ms to 7d will do")
    return result


def _parse_term(value: Any) -> float:
    result = _parse_seconds(value)
    if result > LONGEST_TERM:
        raise make_field_error(f"`{value}` is out of range; anything up to 366d will do")
    return result


def _parse_seconds(value: Any) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise make_field_error("is a bare number; a duration is text with a unit", f'"{value}s"')
    if not isinstance(value, str):
        raise make_field_error('must be a duration such as "15s"')
    try:
        return float(seconds(value.strip()))
    except DurationError as error:
        raise make_field_error(f"`{value}` {error}", error.suggestion) from None


def _parse_condition_field(value: Any) -> Condition:
    if not isinstance(value, str):
        raise make_field_error('must be a condition such as "[STATUS] == 200"')
    try:
        return parse_condition(value)
    except ConditionError as error:
        raise make_field_error(f"`{value}` {error.reason}", error.suggestion) from None


def _parse_url(text: str) -> str:
    text = _parse_line(text)
    if USER.match(text):  # first of all: every later message shows the address
        raise make_field_error(f"holds a user or password; send it as a header instead: Authorization = {SECRET_SHAPE}")
    if SECRET_QUERY.search(text):
        raise make_field_error(
            f"holds a secret in its query; send it as a header instead: Authorization = {SECRET_SHAPE}"
        )
    if PLACEHOLDER.search(text):
        raise make_field_error(f"`{text}` still holds a placeholder; write the whole address")
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise make_field_error(f"`{text}` is no URL: {error}") from None
    if parts.scheme not in ("http", "https"):
        meant = "" if "://" in text or not text else f"https://{text.lstrip('/')}"
        raise make_field_error(f"`{text}` must start with http:// or https://", meant)
    if not host or any(character.isspace() for character in text):
        raise make_field_error(f"`{text}` names no host" if not host else f"`{text}` holds a space")
    if port == 0:
        raise make_field_error(f"`{text}` names port 0")
    return text


def _cloud_url(text: str) -> str:
    """A token is sent there: only over TLS, or to this machine."""
    if not text:
        return ""
    parts = urlsplit(_parse_url(text))
    if parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        raise make_field_error(f"`{text}` would carry your token unencrypted", text.replace("http://", "https://", 1))
    return text.rstrip("/")


def _parse_guid(text: str) -> str:
    if text and not GUID.fullmatch(text):
        raise make_field_error(f"`{text}` is not an id; it is the GUID that is wanted, not the name")
    return text


def _secret_or_text(value: Any) -> str | Secret:
    if isinstance(value, str):
        return _parse_line(value)
    return _parse_secret(value)


def _parse_secret(value: Any) -> Secret:
    match value:
        case {"env": str(name)} if len(value) == 1 and re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            return Secret("env", name)
        case {"file": str(path)} if len(value) == 1 and path.strip():
            return Secret("file", _parse_path(path))
        case _:
            raise make_field_error(f"must be text or {SECRET_SHAPE}")


def _parse_moment(value: Any) -> datetime:
    if not isinstance(value, datetime):
        raise make_field_error("must be a date and time such as 2026-11-21T22:00:00Z, without quotes")
    if value.tzinfo is None:
        raise make_field_error("has no time zone", f"{value.isoformat()}Z")
    return value


def _parse_clock_time(value: Any) -> time:
    if isinstance(value, time):
        return value.replace(tzinfo=None)
    if not isinstance(value, str) or not re.fullmatch(CLOCK, value.strip()):
        raise make_field_error('must be a time of the day such as "08:00"')
    hour, minute = value.strip().split(":")
    return time(int(hour), int(minute))


def _parse_day(value: Any) -> date:
    if not isinstance(value, date) or isinstance(value, datetime):
        raise make_field_error("must be a date such as 2026-12-25, without quotes")
    return value


def _parse_host_and_port(text: str) -> str:
    host, colon, port = text.strip().rpartition(":")
    if not colon or not host or not port.isdecimal() or not port.isascii() or not 0 < int(port[:6]) < 65_536:
        raise make_field_error(f"`{text}` must be host:port", f"{text}:443" if text and not colon else "")
    return _parse_line(text)


def _parse_zone(text: str) -> str:
    from zoneinfo import ZoneInfo

    try:
        if text:
            ZoneInfo(text)
    except (ValueError, OSError, LookupError):
        raise make_field_error(
            f"`{text}` is no time zone; write its IANA name, such as Pacific/Auckland", _zone_near(text)
        ) from None
    return text


def _zone_near(text: str) -> str:
    """The zone meant by a misspelled name, an abbreviation, or a city alone."""
    from zoneinfo import available_timezones

    by_city = {zone.rpartition("/")[2]: zone for zone in sorted(available_timezones(), reverse=True) if "/" in zone}
    return (
        ABBREVIATIONS.get(text.upper())
        or find_nearest(text, by_city.values())
        or by_city.get(find_nearest(text.replace(" ", "_"), by_city), "")
    )


def _parse_path(text: str) -> str:
    if os.path.expanduser(_parse_line(text)).startswith("~"):
        raise make_field_error(f"`{text}` names the home of a user who is not known here")
    return text


def _describe_json_type(kind: str, **schema: Any) -> WithJsonSchema:
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

Line = Annotated[str, AfterValidator(_parse_line)]
Name = Annotated[str, AfterValidator(_parse_name)]
PathText = Annotated[str, AfterValidator(_parse_path)]
Duration = Annotated[
    float,
    PlainValidator(_parse_duration_field),
    _describe_json_type("string", pattern=PATTERN, examples=["15s", "300ms"]),
]
Term = Annotated[
    float, PlainValidator(_parse_term), _describe_json_type("string", pattern=PATTERN, examples=["15m", "72h", "3d"])
]
Clock = Annotated[
    time, PlainValidator(_parse_clock_time), _describe_json_type("string", pattern=f"^{CLOCK}$", examples=["08:00"])
]
Day = Annotated[date, PlainValidator(_parse_day), _describe_json_type("string", format="date")]
ConditionText = Annotated[
    Condition, PlainValidator(_parse_condition_field), _describe_json_type("string", examples=["[STATUS] == 200"])
]
Url = Annotated[str, AfterValidator(_parse_url), _describe_json_type("string", pattern="^https?://")]
CloudUrl = Annotated[str, AfterValidator(_cloud_url), _describe_json_type("string", pattern="^(https?://.*)?$")]
Guid = Annotated[str, AfterValidator(_parse_guid), _describe_json_type("string", pattern=f"^({GUID.pattern})?$")]
TextOrSecret = Annotated[
    str | Secret, PlainValidator(_secret_or_text), WithJsonSchema({"anyOf": [{"type": "string"}, SECRET_SCHEMA]})
]
Moment = Annotated[datetime, PlainValidator(_parse_moment), _describe_json_type("string", format="date-time")]
Reference = Annotated[
    str, AfterValidator(_parse_host_and_port), _describe_json_type("string", pattern=r"^.+:[0-9]{1,5}$")
]
Zone = Annotated[str, AfterValidator(_parse_zone)]
