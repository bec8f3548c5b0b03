"""What a probe got back, and how one place in it is read: `[STATUS]`, `[BODY].items[0].id`, `len([BODY].items)`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, DecimalException
from enum import Enum
from functools import lru_cache
from math import isfinite
from typing import Any

from cockpit.model.text import clean_line
from cockpit.model.time import show


class Sort(Enum):
    """What can be compared with a place: decides which literals and operators make sense beside it."""

    NUMBER = "a number"
    TIME = "a duration"  # a bare number is milliseconds, as gatus has it
    SPAN = "a duration with its unit"  # a bare number would be milliseconds and always pass
    FLAG = "true or false"
    TEXT = "text"
    ANY = "text or a number"


SORTS = {
    "STATUS": Sort.NUMBER,
    "RESPONSE_TIME": Sort.TIME,
    "BODY": Sort.ANY,
    "CONNECTED": Sort.FLAG,
    "IP": Sort.TEXT,
    "CERTIFICATE_EXPIRATION": Sort.SPAN,
    "CONNECT_TIME": Sort.TIME,
    "TLS_TIME": Sort.TIME,
    "TTFB": Sort.TIME,
    "DNS_TIME": Sort.TIME,
    "HEADER": Sort.ANY,
    "HTTP_VERSION": Sort.ANY,
    "URL": Sort.TEXT,
    "VALUE": Sort.NUMBER,
    "DNS_RCODE": Sort.TEXT,
}
FUNCTIONS = {"len": Sort.NUMBER, "has": Sort.FLAG}
SHOWN = 80  # characters of a value on the screen


@dataclass(frozen=True, slots=True)
class ProbeAnswer:
    """What a probe got back; times in seconds, None where the phase was not reached."""

    connected: bool
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    ip: str = ""
    http_version: str = ""
    value: Decimal | None = None  # of a signal, which has nothing else
    url: str = ""  # where the answer came from in the end, after redirects
    dns_rcode: str = ""  # of a name server: NOERROR, NXDOMAIN, ...
    response_time: float | None = None
    dns_time: float | None = None
    connect_time: float | None = None
    tls_time: float | None = None
    ttfb: float | None = None
    certificate_expiration: float | None = None  # seconds until the server's certificate ends
    caution: str = ""  # it answered well, and a person should look at it all the same


@dataclass(frozen=True, slots=True)
class AnswerPath:
    """A place in an answer. `steps` lead into the body, or hold the one header's name; `function` is len, has or ""."""

    text: str
    name: str
    steps: tuple[str | int, ...] = ()
    function: str = ""

    @property
    def sort(self) -> Sort:
        return FUNCTIONS[self.function] if self.function else SORTS[self.name]


class Absent(Exception):  # noqa: N818  it is no error: an answer may well lack a field
    """There is no such value in this answer; the text says why, in a few words."""


def read_answer_value(place: AnswerPath, answer: ProbeAnswer) -> Any:
    """The value at `place`: Decimal for numbers and seconds, bool for a flag, else text or JSON. Raises Absent."""
    match place.function:
        case "has":
            return _has_value(place, answer)
        case "len":
            return _measure_length(place, answer)
        case _:
            return _get_value(place, answer)


def format_answer_value(value: Any, sort: Sort) -> str:
    """A value as a person sees it: one cleaned line of at most 80 characters."""
    if sort in (Sort.TIME, Sort.SPAN):
        return show(value)
    return clean_line(as_text(value), SHOWN)


def as_text(value: Any) -> str:
    """A JSON value as conditions compare it: text as it is, everything else as JSON writes it. Raises Absent."""
    if isinstance(value, str):
        return value
    if isinstance(value, Decimal):
        return str(value)
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=float)
    except RecursionError:
        raise Absent("nested too deeply") from None


def _get_value(place: AnswerPath, answer: ProbeAnswer) -> Any:
    match place.name:
        case "STATUS":
            return Decimal(_require_value(answer.status, "no answer"))
        case "CONNECTED":
            return answer.connected
        case "IP":
            return answer.ip or _require_value(None, "no address")
        case "VALUE":
            return _require_value(answer.value, "no data")
        case "DNS_RCODE":
            return answer.dns_rcode or _require_value(None, "no answer of a name server")
        case "URL":
            return answer.url or _require_value(None, "no answer")
        case "HTTP_VERSION":
            return answer.http_version.upper().removeprefix("HTTP/") or _require_value(None, "no answer")
        case "CERTIFICATE_EXPIRATION":
            return _to_decimal_seconds(_require_value(answer.certificate_expiration, "no certificate"))
        case "HEADER":
            return _find_header(answer.headers, str(place.steps[0]))
        case "BODY":
            return (
                _follow_steps(_parse_body(answer.body), place.steps)
                if place.steps
                else answer.body.decode("utf-8", "replace")
            )
        case phase:
            return _to_decimal_seconds(_require_value(getattr(answer, phase.lower()), "not reached"))


def _require_value(value: Any, why_not: str) -> Any:
    if value is None:
        raise Absent(why_not)
    return value


def _to_decimal_seconds(value: float) -> Decimal:
    if not isfinite(value):
        raise Absent("not measured")
    return Decimal(str(value))


def _find_header(headers: Mapping[str, str], name: str) -> str:
    for key, value in headers.items():
        if key.casefold() == name.casefold():
            return value
    raise Absent("missing")


def _has_value(place: AnswerPath, answer: ProbeAnswer) -> bool:
    try:
        _get_value(place, answer)
    except Absent:
        return False
    return bool(place.steps or answer.body)


def _measure_length(place: AnswerPath, answer: ProbeAnswer) -> Decimal:
    """Members of a list or an object, characters of anything else that is text."""
    value = _get_value(place, answer)
    if place.name == "BODY" and not place.steps and isinstance(document := _parse_body(answer.body), list | dict):
        value = document
    if isinstance(value, str | list | dict):
        return Decimal(len(value))
    raise Absent("has no length")


@lru_cache(maxsize=1)  # the conditions of one probe are checked in a row, on one body
def _parse_body(body: bytes) -> Any:
    """The body as JSON, its fractions as Decimals; an Absent is returned, so that it is remembered too."""
    try:
        return json.loads(body, parse_float=Decimal, parse_constant=_refuse_constant)
    except (ValueError, DecimalException, RecursionError):
        return Absent("body is not JSON" if body.strip() else "body is empty")


def _refuse_constant(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


def _follow_steps(document: Any, steps: tuple[str | int, ...]) -> Any:
    if isinstance(document, Absent):
        raise Absent(*document.args)
    value = document
    for step in steps:
        flag = isinstance(value, list) and step < len(value) if isinstance(step, int) else _is_key(value, step)
        if not flag:
            raise Absent("missing")
        value = value[step]
    return value


def _is_key(value: Any, step: str) -> bool:
    return isinstance(value, dict) and step in value
