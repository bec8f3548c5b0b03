"""The kinds of values in cockpit.toml: how each is read, written, described, and the error when one is wrong."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlsplit

from cockpit.model.conditions import Condition, ConditionError, parse_condition
from cockpit.model.secret import Secret
from cockpit.model.setting import ENVIRONMENT_PROXY, NO_PROXY
from cockpit.model.text import HOSTILE, find_nearest
from cockpit.model.time import ABBREVIATIONS, PATTERN, DurationError, seconds, show

GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
PLACEHOLDER = re.compile(r"\$\{|\{\{|<[^>]*>|\$[A-Z]")
USER = re.compile(r"[^/?#]*//[^/?#]*@")
SECRET_QUERY = re.compile(
    r"[?&](\w*token|\w*api[_-]?key|\w*subscription-key|sig|signature|secret|password)=", re.IGNORECASE
)
SECRET_ADDRESS = re.compile(
    r"(^|\.)(hooks\.slack\.com|webhook\.office\.com|logic\.azure\.com|api\.powerplatform\.com|discord(app)?\.com)$",
    re.IGNORECASE,
)
SHORTEST_DURATION, LONGEST_DURATION = 0.01, 7 * 86_400  # seconds
LONGEST_TERM = 366 * 86_400  # seconds
LONGEST_NAME = 80  # characters
CLOCK = r"([01]?[0-9]|2[0-3]):[0-5][0-9]"
SECRET_SHAPE = '{ env = "NAME" } or { file = "path" }'
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class FieldError(ValueError):
    """A value that cannot be: its code, the sentence that follows the key, what was meant, and the facts."""

    def __init__(self, code: str, message: str, suggestion: str = "", **facts: Any) -> None:
        super().__init__(message)
        self.code, self.message, self.suggestion, self.facts = code, message, suggestion, facts


def must_be_text(value: Any) -> str:
    if not isinstance(value, str):
        raise FieldError("wrong-type", "must be text in quotes", expected="text")
    return value


def _parse_line(text: str) -> str:
    if HOSTILE.search(text) or "\n" in text or "\t" in text:
        raise FieldError("control-character", "holds a control character or a line break")
    return text.strip()


def _parse_name(text: str) -> str:
    if not _parse_line(text):
        raise FieldError("empty", "is empty")
    if len(text) > LONGEST_NAME:
        raise FieldError("too-long", f"is longer than {LONGEST_NAME} characters", limit=LONGEST_NAME)
    return _parse_line(text)


def _parse_duration_field(value: Any) -> float:
    result = _parse_seconds(value)
    if not SHORTEST_DURATION <= result <= LONGEST_DURATION:
        raise FieldError(
            "out-of-range",
            f"`{value}` is out of range; anything from 10ms to 7d will do",
            value=value,
            limits=["10ms", "7d"],
        )
    return result


def _parse_long_duration(value: Any) -> float:
    return _parse_term(value).total_seconds()


def _parse_term(value: Any) -> timedelta:
    result = _parse_seconds(value)
    if result > LONGEST_TERM:
        raise FieldError(
            "out-of-range",
            f"`{value}` is out of range; anything up to 366d will do",
            value=value,
            limits=["0s", "366d"],
        )
    return timedelta(seconds=result)


def _parse_seconds(value: Any) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise FieldError("duration-without-unit", "is a bare number; a duration is text with a unit", f'"{value}s"')
    if not isinstance(value, str):
        raise FieldError("wrong-type", 'must be a duration such as "15s"', expected="duration")
    try:
        return float(seconds(value.strip()))
    except DurationError as error:
        raise FieldError("not-a-duration", f"`{value}` {error}", error.suggestion, value=value) from None


def _parse_condition_field(value: Any) -> Condition:
    if not isinstance(value, str):
        raise FieldError("wrong-type", 'must be a condition such as "[STATUS] == 200"', expected="condition")
    try:
        return parse_condition(value)
    except ConditionError as error:
        raise FieldError("not-a-condition", f"`{value}` {error.reason}", error.suggestion, value=value) from None


def _parse_url(text: str) -> str:
    text = _parse_line(text)
    if USER.match(text):  # first of all: every later message shows the address
        raise FieldError(
            "secret-in-url", f"holds a user or password; send it as a header instead: Authorization = {SECRET_SHAPE}"
        )
    if SECRET_QUERY.search(text):
        raise FieldError(
            "secret-in-url", f"holds a secret in its query; send it as a header instead: Authorization = {SECRET_SHAPE}"
        )
    if PLACEHOLDER.search(text):
        raise FieldError("placeholder-left", f"`{text}` still holds a placeholder; write the whole address", value=text)
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise FieldError("not-a-url", f"`{text}` is not a URL: {error}", value=text) from None
    if parts.scheme not in ("http", "https"):
        meant = "" if "://" in text or not text else f"https://{text.lstrip('/')}"
        raise FieldError("not-a-url", f"`{text}` must start with http:// or https://", meant, value=text)
    if not host or any(character.isspace() for character in text):
        raise FieldError("not-a-url", f"`{text}` names no host" if not host else f"`{text}` holds a space", value=text)
    if port == 0:
        raise FieldError("not-a-url", f"`{text}` names port 0", value=text)
    return text


def _parse_probe_url(text: str) -> str:
    """An address to ask, or only to connect to: then its port must be named."""
    scheme, _, rest = text.strip().partition("://")
    if scheme in ("ws", "wss"):
        _parse_url(f"http{scheme[2:]}://{rest}")
        return text.strip()
    if scheme in ("dns", "icmp", "beat"):
        return _parse_odd_url(text.strip(), scheme, rest)
    if scheme not in ("tcp", "tls"):
        return _parse_url(text)
    checked = _parse_url(f"https{text.strip()[3:]}")
    parts = urlsplit(checked)
    if parts.port is None:
        raise FieldError("not-a-url", f"`{text}` names no port", f"{text.rstrip('/')}:443", value=text)
    protocols = {"", "starttls=postgres", "starttls=smtp"} if scheme == "tls" else {""}
    if parts.path.strip("/") or parts.query not in protocols:
        meant = f"{scheme}://{parts.netloc}"
        raise FieldError("not-a-url", f"`{text}` can only be host and port, or `?starttls=postgres`", meant, value=text)
    return text.strip()


RECORD_TYPES = ("A", "AAAA", "CNAME", "MX", "NS", "PTR", "SOA", "SRV", "TXT", "CAA")
HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9.])?|\[[0-9A-Fa-f:.]+\]")
BEAT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")


def _parse_odd_url(text: str, scheme: str, rest: str) -> str:
    """What the operating system or another program is asked, not a web server."""
    if scheme == "beat":
        if not BEAT_NAME.fullmatch(rest):
            raise FieldError(
                "not-a-url", f"`{text}` must be a name of letters, digits, . _ -", "beat://backup", value=text
            )
        return text
    if scheme == "icmp":
        if not HOST.fullmatch(rest.rstrip("/")):
            raise FieldError("not-a-url", f"`{text}` must name a host and nothing else", "icmp://10.0.0.1", value=text)
        return text.rstrip("/")
    server, _, question = rest.partition("/")
    name, _, query = question.partition("?")
    kind = query.removeprefix("type=") if query else "A"
    host, _, port = server.rpartition(":") if re.search(r":[0-9]+$", server) else (server, "", "")
    fits = (not host or HOST.fullmatch(host)) and (not port or 0 < int(port) < 65_536)
    if not fits or not HOST.fullmatch(name) or kind not in RECORD_TYPES:
        sentence = f"`{text}` must be dns://SERVER/NAME?type=T with T one of {', '.join(RECORD_TYPES)}"
        raise FieldError("not-a-url", sentence, "dns://10.0.0.53/shop.example.com?type=A", value=text)
    return text


def _cloud_url(text: str) -> str:
    """A token is sent there: only over TLS, or to this machine."""
    if not text:
        return ""
    parts = urlsplit(_parse_url(text))
    if parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        raise FieldError(
            "unencrypted",
            f"`{text}` would carry your token unencrypted",
            text.replace("http://", "https://", 1),
            value=text,
        )
    return text.rstrip("/")


def _parse_guid(text: str) -> str:
    if text and not GUID.fullmatch(text):
        raise FieldError("not-a-guid", f"`{text}` is not an id; write the GUID, not the name", value=text)
    return text


def _secret_or_text(value: Any) -> str | Secret:
    if isinstance(value, str):
        return _parse_line(value)
    return _parse_secret(value)


def _url_or_secret(value: Any) -> str | Secret:
    """An address; one that whoever knows it may write to is a secret itself."""
    if not isinstance(value, str):
        return _parse_secret(value)
    url = _parse_url(value)
    if SECRET_ADDRESS.search(urlsplit(url).hostname or ""):
        raise FieldError("plain-secret", f"is a secret and must not stand in the file; write {SECRET_SHAPE}")
    return url


def _parse_secret(value: Any) -> Secret:
    match value:
        case {"env": str(name)} if len(value) == 1 and re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            return Secret("env", name)
        case {"file": str(path)} if len(value) == 1 and path.strip():
            return Secret("file", _parse_path(path))
        case _:
            raise FieldError("wrong-type", f"must be text or {SECRET_SHAPE}", expected="text or secret")


def _parse_secret_reference(value: Any) -> Secret:
    if isinstance(value, str):  # never shown: it may be one
        raise FieldError("plain-secret", f"is a secret and must not stand in the file; write {SECRET_SHAPE}")
    return _parse_secret(value)


def _parse_proxy(text: str) -> str:
    if text in (NO_PROXY, ENVIRONMENT_PROXY):
        return text
    if text.lower().startswith(("https://", "socks")):
        raise FieldError("not-a-proxy", "must be http://host:port; a proxy that is asked over TLS or SOCKS is not used")
    if "://" not in text:
        raise FieldError(
            "not-a-proxy",
            f"must be none, env, or http://host:port, not `{text}`",
            find_nearest(text, (NO_PROXY, ENVIRONMENT_PROXY)),
            value=text,
        )
    return _parse_url(text).rstrip("/")


def _parse_moment(value: Any) -> datetime:
    if not isinstance(value, datetime):
        raise FieldError(
            "wrong-type", "must be a date and time such as 2026-11-21T22:00:00Z, without quotes", expected="moment"
        )
    if value.tzinfo is None:
        raise FieldError("no-time-zone", "has no time zone", f"{value.isoformat()}Z")
    return value


def _parse_clock_time(value: Any) -> time:
    if isinstance(value, time):
        return value.replace(tzinfo=None)
    if not isinstance(value, str) or not re.fullmatch(CLOCK, value.strip()):
        raise FieldError("wrong-type", 'must be a time of the day such as "08:00"', expected="clock")
    hour, minute = value.strip().split(":")
    return time(int(hour), int(minute))


def _parse_day(value: Any) -> date:
    if not isinstance(value, date) or isinstance(value, datetime):
        raise FieldError("wrong-type", "must be a date such as 2026-12-25, without quotes", expected="day")
    return value


def _parse_host_and_port(text: str) -> str:
    host, colon, port = text.strip().rpartition(":")
    if not colon or not host or not port.isdecimal() or not port.isascii() or not 0 < int(port[:6]) < 65_536:
        raise FieldError(
            "not-host-and-port", f"`{text}` must be host:port", f"{text}:443" if text and not colon else "", value=text
        )
    return _parse_line(text)


def _parse_zone(text: str) -> str:
    from zoneinfo import ZoneInfo

    try:
        if text:
            ZoneInfo(text)
    except (ValueError, OSError, LookupError):
        raise FieldError(
            "not-a-time-zone",
            f"`{text}` is not a time zone; write its IANA name, such as Pacific/Auckland",
            _zone_near(text),
            value=text,
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
        raise FieldError(
            "unknown-home", f"`{text}` names the home of a user who does not exist on this machine", value=text
        )
    return text


def _parse_weekday(value: Any) -> int:
    text = must_be_text(value)
    if text not in WEEK:
        raise FieldError(
            "not-one-of", f"must be one of {', '.join(WEEK)}", find_nearest(text, WEEK), value=text, choices=WEEK
        )
    return WEEK.index(text)


def _parse_text(text: str) -> str:
    return text


# What the declarations of `cockpit.model.setting` call by a word.


@dataclass(frozen=True, slots=True)
class ValueKind:
    """One kind of single value: from what TOML read to what the program uses, and how it is described.

    `of_text`: only text is handed to `parse`. `write` is the way back, for defaults in the schema and the docs.
    """

    word: str
    parse: Callable[[Any], Any]
    schema: dict[str, Any]
    of_text: bool = True
    write: Callable[[Any], Any] = str

    def read(self, value: Any) -> Any:
        """The value. Raises FieldError."""
        return self.parse(must_be_text(value) if self.of_text else value)


def _describe_text(**schema: Any) -> dict[str, Any]:
    return {"type": "string", **schema}


def _write_condition(condition: Condition) -> str:
    return condition.text


def _write_term(term: timedelta) -> str:
    return show(term.total_seconds())


def _write_clock(clock: time) -> str:
    return clock.strftime("%H:%M")


def _write_weekday(number: int) -> str:
    return WEEK[number]


def _write_unchanged(value: Any) -> Any:
    return value


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
DURATION_SCHEMA = _describe_text(pattern=PATTERN, examples=["15s", "300ms"])
TERM_SCHEMA = _describe_text(pattern=PATTERN, examples=["15m", "72h", "3d"])

KINDS: dict[str, ValueKind] = {
    "line": ValueKind("text", _parse_line, _describe_text()),
    "name": ValueKind("text", _parse_name, _describe_text()),
    "text": ValueKind("text", _parse_text, _describe_text()),
    "path": ValueKind("path", _parse_path, _describe_text()),
    "url": ValueKind("URL", _parse_url, _describe_text(pattern="^https?://")),
    "probe url": ValueKind("URL", _parse_probe_url, _describe_text(pattern="^(https?|tcp|tls|dns|icmp|wss?|beat)://")),
    "cloud url": ValueKind("URL", _cloud_url, _describe_text(pattern="^(https?://.*)?$")),
    "guid": ValueKind("GUID", _parse_guid, _describe_text(pattern=f"^({GUID.pattern})?$")),
    "zone": ValueKind("text", _parse_zone, _describe_text()),
    "host and port": ValueKind("`host:port`", _parse_host_and_port, _describe_text(pattern=r"^.+:[0-9]{1,5}$")),
    "duration": ValueKind("duration", _parse_duration_field, DURATION_SCHEMA, of_text=False, write=show),
    "long duration": ValueKind("duration", _parse_long_duration, TERM_SCHEMA, of_text=False, write=show),
    "term": ValueKind("duration", _parse_term, TERM_SCHEMA, of_text=False, write=_write_term),
    "clock": ValueKind(
        "time of the day",
        _parse_clock_time,
        _describe_text(pattern=f"^{CLOCK}$", examples=["08:00"]),
        of_text=False,
        write=_write_clock,
    ),
    "day": ValueKind("date", _parse_day, _describe_text(format="date"), of_text=False),
    "moment": ValueKind("date and time", _parse_moment, _describe_text(format="date-time"), of_text=False),
    "weekday": ValueKind(
        "`mon` ... `sun`", _parse_weekday, {"enum": list(WEEK), "type": "string"}, write=_write_weekday
    ),
    "condition": ValueKind(
        "condition",
        _parse_condition_field,
        _describe_text(examples=["[STATUS] == 200"]),
        of_text=False,
        write=_write_condition,
    ),
    "secret": ValueKind("secret", _parse_secret_reference, SECRET_SCHEMA, of_text=False, write=_write_unchanged),
    "proxy": ValueKind("`none`, `env`, URL", _parse_proxy, _describe_text(pattern="^(none|env|http://.+)$")),
    "url or secret": ValueKind(
        "URL or secret",
        _url_or_secret,
        {"anyOf": [{"type": "string", "pattern": "^https?://"}, SECRET_SCHEMA]},
        of_text=False,
        write=_write_unchanged,
    ),
    "text or secret": ValueKind(
        "text or secret",
        _secret_or_text,
        {"anyOf": [{"type": "string"}, SECRET_SCHEMA]},
        of_text=False,
        write=_write_unchanged,
    ),
}
