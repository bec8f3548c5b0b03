"""An HTTP step read into a request: method, address, body, and whether it only reads."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from urllib.parse import quote, urlsplit

from cockpit.model.secret import MASK
from cockpit.model.text import clean_line
from cockpit.runbooks.shell_syntax.placeholders import find_placeholders
from cockpit.runbooks.types import Request, Resolved, RunRefused

READING = frozenset({"GET", "HEAD"})
HTTP = re.compile(r"(GET|HEAD|POST|PUT|PATCH|DELETE) (/\S*|https?://\S+)")


def build_request(
    command: str, values: Sequence[Resolved], base: Resolved | None, plain_hosts: Collection[str] = ()
) -> Request:
    """The request that a step stands for. `base` is the environment's host; one of `plain_hosts` is asked without TLS,
    because the configuration names it so. Raises RunRefused."""
    match = HTTP.fullmatch(command.strip())
    if match is None:
        raise RunRefused("This is not a request that can be sent.", code="not-a-request")
    resolved_values_by_name: Mapping[str, Resolved] = {value.name: value for value in values}
    sent, visible, index = [], [], 0
    for blank in find_placeholders(match[2], "http"):
        value = resolved_values_by_name.get(blank.name)
        if value is None or value.value is None:
            raise RunRefused(
                f"{blank.form} has no value{': ' + value.problem if value and value.problem else '.'}",
                code="value-missing",
                placeholder=blank.form,
            )
        part = quote(value.value, safe="")  # a slash or a question mark in a value leads nowhere else
        sent += [match[2][index : blank.start], part]
        visible += [match[2][index : blank.start], MASK if value.secret else part]
        index = blank.end
    path, visible_text = "".join([*sent, match[2][index:]]), "".join([*visible, match[2][index:]])
    if path.startswith("/"):
        if base is None or base.value is None:
            why = base.problem if base and base.problem else "set FQDN in the environment's values"
            raise RunRefused(f"The address of the app is not known: {why.rstrip('.')}.", code="address-unknown")
        scheme = "" if "://" in base.value else "http://" if base.value.lower() in plain_hosts else "https://"
        path, visible_text = (
            f"{scheme}{base.value.rstrip('/')}{path}",
            f"{scheme}{base.shown.rstrip('/')}{visible_text}",
        )
    try:
        parts = urlsplit(path)
        names_somebody = parts.username is not None
    except ValueError:
        raise RunRefused(f"{clean_line(visible_text, 200)} is no address.", code="address-unknown") from None
    if names_somebody:
        raise RunRefused("The address holds a name and password; it is not sent.", code="secret-in-url")
    carries_secret = any(resolved_values_by_name[blank.name].secret for blank in find_placeholders(match[2], "http"))
    if carries_secret and parts.scheme == "http" and parts.netloc.lower() not in plain_hosts:
        from cockpit.azure.endpoints import is_loopback  # asked of few addresses, and it brings what none else needs

        if not is_loopback(parts.hostname or ""):
            raise RunRefused(
                f"{clean_line(parts.netloc, 100)} would get a secret in the clear: use https, or name it without TLS"
                " in the configuration.",
                code="secret-in-the-clear",
                host=clean_line(parts.netloc, 100),
            )
    return Request(match[1], path, f"{match[1]} {visible_text}")


def list_plain_hosts(addresses: Iterable[str]) -> frozenset[str]:
    """The hosts that the configuration names without TLS (`http://127.0.0.1:8080`), and nowhere with it."""
    by_scheme: dict[str, set[str]] = {"http": set(), "https": set()}
    for address in addresses:
        with suppress(ValueError):
            parts = urlsplit(address)
            by_scheme.setdefault(parts.scheme, set()).add(parts.netloc.rpartition("@")[2].lower())
    return frozenset(by_scheme["http"] - by_scheme["https"])
