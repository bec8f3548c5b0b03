"""A secret is never written into the file, and a header that HTTP would refuse is refused here."""

import re
from collections.abc import Iterator
from typing import Any

from cockpit.config.errors import ConfigError, Path, make_config_error
from cockpit.config.raw import Raw, find_duplicates, get_table, list_tables, list_texts
from cockpit.feeds.alert_kinds import find_alert_kind, list_alert_kinds

SECRET_HEADER = re.compile(r"authorization|cookie|token|secret|password|credential|api-?key|-key$|^key$", re.IGNORECASE)
SECRET_VALUE = re.compile(r"(password|passwd|secret|token|api[_-]?key|connection[_-]?string)$", re.IGNORECASE)
NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # RFC 9110, 5.6.2


def header_rules(path: Path, headers: Any) -> Iterator[ConfigError]:
    """`path` is that of the headers table."""
    for name, value in get_table(headers).items():
        place = (*path, name)
        if not NAME.fullmatch(name):
            yield make_config_error(place, "not-a-header", "is not a name for a header")
        elif not isinstance(value, str):
            continue
        elif SECRET_HEADER.search(name):
            yield _report_plain_secret(place, name)
        elif not value.isascii():
            yield make_config_error(place, "not-a-header", "holds a character that HTTP headers cannot carry")


AUTH_WAYS = (("bearer",), ("user", "password"), ("entra",), ("token_url", "client_id", "client_secret"))
"""The keys of `auth` that go together; one line of them is meant."""


def access_rules(path: Path, access: Raw) -> Iterator[ConfigError]:
    """What belongs together in how a server is reached. `path` is that of the table which has these keys."""
    headers, auth = get_table(access.get("headers")), get_table(access.get("auth"))
    yield from header_rules((*path, "headers"), headers)
    if "auth" in access:
        place = (*path, "auth")
        ways = [keys for keys in AUTH_WAYS if any(auth.get(key) for key in keys)]
        if len(ways) != 1:
            message = "must have a `bearer`, a `user` with a `password`, `entra`, or a `token_url` with its client"
            yield make_config_error(place, "incomplete", message)
        else:
            for missing in (key for key in ways[0] if not auth.get(key)):
                together = " and ".join(ways[0])
                yield make_config_error((*place, missing), "required", f"is required: {together} go together")
        if auth.get("scope") and not auth.get("token_url"):
            yield make_config_error((*place, "token_url"), "required", "is required: `scope` is asked for there")
        if named := next((name for name in headers if name.lower() == "authorization"), ""):
            message = "is set by `auth` already; leave one of them out"
            yield make_config_error((*path, "headers", named), "duplicate", message)
    if access.get("client_key") and not access.get("client_certificate"):
        message = "is required: the certificate that `client_key` belongs to"
        yield make_config_error((*path, "client_certificate"), "required", message)


def value_rules(path: Path, values: Any) -> Iterator[ConfigError]:
    """`path` is that of the table of values for placeholders."""
    for name, value in get_table(values).items():
        if isinstance(value, str) and value and SECRET_VALUE.search(name):
            yield _report_plain_secret((*path, name), name)


def _report_plain_secret(place: Path, name: str) -> ConfigError:
    variable = re.sub(r"[^A-Z0-9]+", "_", name.upper()).strip("_")
    way = f'{name} = {{ env = "{variable}" }} or {{ file = "path" }}'
    return make_config_error(
        place, "plain-secret", f"is a secret and must not stand in the file; write {way}", variable=variable
    )


# Alert sources: what each kind needs, and what it has no use for.

MATCHER = re.compile(
    r"""\s*([A-Za-z_][A-Za-z0-9_]*|"[^"]+")  # a label
    \s*(=~|!~|!=|=)\s*
    ("(?:[^"\\]|\\.)*"|[^"{},\s=~!][^"{},\s]*)\s*  # its value; bare, it begins with no sign: `severity=~` has none
    """,
    re.VERBOSE,
)


def alert_rules(path: Path, array: Any, subscription: Any) -> Iterator[ConfigError]:
    """`path` is that of the array of sources; `subscription` that of its environment."""
    yield from find_duplicates(path, array)
    for index, source in list_tables(array):
        place = (*path, index)
        yield from access_rules(place, source)
        yield from access_rules((*place, "prometheus_access"), get_table(source.get("prometheus_access")))
        if source.get("prometheus_access") and not source.get("prometheus"):
            yield make_config_error(
                (*place, "prometheus"), "required", "is required: `prometheus_access` says how they are reached"
            )
        for position, matcher in list_texts(source.get("filters")):
            if not MATCHER.fullmatch(matcher):
                yield make_config_error(
                    (*place, "filters", position),
                    "not-a-matcher",
                    f"`{matcher}` is not a matcher",
                    'severity="critical"',
                    value=matcher,
                )
        kind = find_alert_kind(str(source.get("kind")))
        if kind is None:
            continue  # the reader says so
        for key, what in kind.requires.items():
            if not source.get(key):
                yield make_config_error((*place, key), "required", f"is required: {what}")
        for key, names in list_takers().items():
            if key in source and kind.name not in names:
                yield make_config_error(
                    (*place, key), "not-for-this-kind", f"is only for kind = {' or '.join(names)}", kind=kind.name
                )
        if kind.needs_subscription and not subscription:
            yield make_config_error(
                (*path[:-1], "subscription"), "required", f"is required: {path[-1]}[{index}] asks Azure"
            )


def list_takers() -> dict[str, list[str]]:
    """The kinds that take a key, for each that not every kind takes."""
    takers: dict[str, list[str]] = {}
    for kind in list_alert_kinds():
        for key in sorted(kind.takes):
            takers.setdefault(key, []).append(kind.name)
    return takers
