"""Probes: names that are unique and known, no circle of dependencies, values that fit each other."""

from collections.abc import Iterator
from datetime import datetime, time
from typing import Any

from cockpit.config.checks_secrets import access_rules
from cockpit.config.errors import ConfigError, Path, make_config_error
from cockpit.config.raw import Raw, find_duplicates, get_text, list_tables, list_texts, read_duration
from cockpit.model.text import find_nearest

INTERVAL = 15.0  # seconds, the default
HTTP_ONLY = ("[STATUS]", "[BODY]", "[HEADER]", "[TTFB]", "[HTTP_VERSION]", "[URL]")
TLS_ONLY = ("[CERTIFICATE_EXPIRATION]", "[TLS_TIME]")
TIMES = ("[RESPONSE_TIME]", "[CONNECT_TIME]", "[DNS_TIME]")
LACKING = {
    **dict.fromkeys(("tcp", "tls"), (*HTTP_ONLY, "[DNS_RCODE]")),
    "icmp": (*HTTP_ONLY, *TLS_ONLY, "[CONNECT_TIME]", "[DNS_RCODE]"),
    "dns": ("[STATUS]", "[HEADER]", "[TTFB]", "[HTTP_VERSION]", "[URL]", *TLS_ONLY, "[CONNECT_TIME]"),
    "ws": ("[HTTP_VERSION]", "[URL]", "[DNS_RCODE]", *TLS_ONLY),
    "wss": ("[HTTP_VERSION]", "[URL]", "[DNS_RCODE]"),
    "beat": ("[STATUS]", "[HEADER]", "[TTFB]", "[HTTP_VERSION]", "[URL]", "[DNS_RCODE]", *TLS_ONLY, *TIMES),
}
"""What an answer never has, by the scheme of the address."""


def probe_rules(path: Path, array: Any) -> Iterator[ConfigError]:
    """`path` is that of the array of probes."""
    yield from find_duplicates(path, array)
    probes = list_tables(array)
    names = [_read_probe_name(probe) for _, probe in probes]
    for index, probe in probes:
        place = (*path, index)
        yield from access_rules(place, probe)
        yield from _check_probe_times(place, probe)
        yield from _check_tls_conditions(place, probe)
        yield from _check_probe_parents(place, probe, names)
        scheme = get_text(probe.get("url")).strip().partition("://")[0]
        lacking = LACKING.get(scheme, ("[DNS_RCODE]",))
        for key in ("conditions", "degraded"):
            for position, condition in list_texts(probe.get(key)):
                place_asked = next((name for name in lacking if name.removesuffix("]") in condition), "")
                if place_asked:
                    what = "a mere connection" if scheme in ("tcp", "tls") else f"{scheme}://"
                    sentence = f"asks for {place_asked}, which {what} has not"
                    yield make_config_error((*place, key, position), "not-of-this-source", sentence, value=condition)
                if "[VALUE]" in condition:
                    sentence = "asks for [VALUE], which a signal has and a probe has not"
                    yield make_config_error((*place, key, position), "not-of-this-source", sentence, value=condition)
    yield from _check_dependency_circles(path, probes)


def _read_probe_name(probe: Raw) -> str:
    return get_text(probe.get("name")).strip()


def _check_probe_times(path: Path, probe: Raw) -> Iterator[ConfigError]:
    interval = read_duration(probe.get("interval", "15s")) or INTERVAL
    for key in ("timeout", "retry_interval"):
        if (read_duration(probe.get(key)) or 0.0) > interval:
            yield make_config_error(
                (*path, key),
                "longer-than-interval",
                f"is longer than the interval ({probe.get('interval', '15s')})",
                interval=probe.get("interval", "15s"),
            )
    yield from check_recurring_windows(path, probe.get("recurring_maintenance"))
    for index, window in list_tables(probe.get("maintenance")):
        start, until = window.get("from"), window.get("until")
        if (
            isinstance(start, datetime)
            and isinstance(until, datetime)
            and _have_time_zones(start, until)
            and until <= start
        ):
            yield make_config_error(
                (*path, "maintenance", index, "until"), "ends-before-it-begins", "is not after its `from`"
            )


def check_recurring_windows(path: Path, windows: Any) -> Iterator[ConfigError]:
    """The rhythm of each; `path` is that of the table that has them."""
    for index, window in list_tables(windows):
        from cockpit.feeds.probes.maintenance import RhythmError, parse_rule

        try:
            parse_rule(get_text(window.get("every")), time(0, 0))
        except RhythmError as error:
            place = (*path, "recurring_maintenance", index, "every")
            yield make_config_error(place, "not-a-rhythm", str(error).partition("` ")[2] or str(error), "sun")


def _have_time_zones(*moments: datetime) -> bool:
    return all(moment.tzinfo is not None for moment in moments)


def _check_tls_conditions(path: Path, probe: Raw) -> Iterator[ConfigError]:
    if not get_text(probe.get("url")).strip().startswith("http://"):
        return
    for key in ("conditions", "degraded"):
        for index, condition in list_texts(probe.get(key)):
            for place in TLS_ONLY:
                if place in condition:
                    yield make_config_error(
                        (*path, key, index),
                        "no-tls",
                        f"asks for {place}, but the address is http:// and has none",
                        place=place,
                    )


def _check_probe_parents(path: Path, probe: Raw, names: list[str]) -> Iterator[ConfigError]:
    own = _read_probe_name(probe)
    for index, parent in list_texts(probe.get("depends_on")):
        place = (*path, "depends_on", index)
        if parent.strip() == own:
            yield make_config_error(place, "circle", "names the probe itself", names=[own])
        elif parent.strip() not in names:
            others = [name for name in names if name != own]
            yield make_config_error(
                place,
                "unknown-name",
                f"`{parent}` is not a probe of this environment",
                find_nearest(parent, others),
                value=parent,
                known=others,
            )


def _check_dependency_circles(path: Path, probes: list[tuple[int, Raw]]) -> Iterator[ConfigError]:
    """One error for each circle, at the probe of it that comes first."""
    parents = {
        _read_probe_name(probe): [name.strip() for _, name in list_texts(probe.get("depends_on"))]
        for _, probe in probes
    }
    position = {_read_probe_name(probe): index for index, probe in reversed(probes)}
    reported: set[str] = set()
    for name in parents:
        circle = _way_back(name, parents)
        if len(circle) > 2 and not reported & set(circle):
            reported |= set(circle)
            yield make_config_error(
                (*path, position[name], "depends_on"), "circle", f"goes in a circle: {' → '.join(circle)}", names=circle
            )


def _way_back(start: str, parents: dict[str, list[str]]) -> list[str]:
    """The names from `start` along its parents back to itself, or nothing."""
    ways = [[start]]
    names = {start}
    while ways:
        way = ways.pop()
        for parent in parents.get(way[-1], ()):
            if parent == start:
                return [*way, start]
            if parent not in names:
                names.add(parent)
                ways.append([*way, parent])
    return []


# Signals: what each kind needs, and conditions that look at nothing but the number.

NEEDED = {"promql": ("query",), "kql": ("query",), "azure_metric": ("metric",)}
ONLY_FOR = {
    "promql": ("url", "source"),
    "azure_metric": ("metric", "resource", "aggregation", "filter", "per_metric", "per_filter"),
}


def signal_rules(path: Path, environment: Raw) -> Iterator[ConfigError]:
    """`path` is that of the array of signals of `environment`."""
    array = environment.get("signals")
    yield from find_duplicates(path, array)
    for index, signal in list_tables(array):
        place, kind = (*path, index), get_text(signal.get("kind"))
        yield from access_rules(place, signal)
        for key in NEEDED.get(kind, ()):
            if not get_text(signal.get(key)).strip():
                yield make_config_error((*place, key), "required", f"is required for kind = {kind}", kind=kind)
        yield from _check_signal_kind(place, signal, kind)
        yield from _check_signal_source(place, signal, kind, environment)
        for key in ("degraded", "down"):
            for position, condition in list_texts(signal.get(key)):
                if "[VALUE]" not in condition:
                    yield make_config_error(
                        (*place, key, position),
                        "not-of-this-source",
                        "must look at [VALUE]: a signal is one number",
                        "[VALUE] < 5",
                        value=condition,
                    )


def _check_signal_kind(place: Path, signal: Raw, kind: str) -> Iterator[ConfigError]:
    """Keys that this kind does not read would be set in vain."""
    others = {key for only, keys in ONLY_FOR.items() if only != kind for key in keys}
    if kind == "azure_metric":
        others |= {"query", "per_query"}
    for key in sorted(others & signal.keys()) if kind in NEEDED else ():
        yield make_config_error((*place, key), "not-for-this-kind", f"is not for kind = {kind}", kind=kind)


def _check_signal_source(place: Path, signal: Raw, kind: str, environment: Raw) -> Iterator[ConfigError]:
    """Where the number comes from must be there."""
    if kind == "kql" and not environment.get("workspace"):
        yield make_config_error((*place[:-2], "workspace"), "required", "is required: a signal asks Log Analytics")
    if kind in ("kql", "azure_metric") and not environment.get("subscription"):
        yield make_config_error((*place[:-2], "subscription"), "required", "is required: a signal asks Azure")
    named = signal.get("resource") or environment.get("apps")
    whole = get_text(signal.get("resource")).startswith("/")
    if kind == "azure_metric" and not whole and not (environment.get("resource_group") and named):
        sentence = "is required: the id of the resource, or an app's name beside `resource_group`"
        yield make_config_error((*place, "resource"), "required", sentence)
    if kind != "promql":
        return
    sources = {get_text(table.get("name")): table for _, table in list_tables(environment.get("alerts"))}
    name = get_text(signal.get("source"))
    if bool(name) == bool(signal.get("url")):
        yield make_config_error((*place, "url"), "required", "is required, or `source` in its place: one of them")
    elif name and not sources.get(name, {}).get("prometheus"):
        near = find_nearest(name, [source for source, table in sources.items() if table.get("prometheus")])
        sentence = f"`{name}` is not an alert source with a `prometheus`"
        yield make_config_error((*place, "source"), "unknown-name", sentence, near, value=name)
