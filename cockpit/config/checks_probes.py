"""Probes: names that are unique and known, no circle of dependencies, values that fit each other."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from cockpit.config.checks_secrets import header_rules
from cockpit.config.errors import ConfigError, Path, make_config_error
from cockpit.config.raw import Raw, find_duplicates, get_text, list_tables, list_texts, read_duration
from cockpit.model.text import find_nearest

INTERVAL = 15.0  # seconds, the default
TLS_ONLY = ("[CERTIFICATE_EXPIRATION]", "[TLS_TIME]")


def probe_rules(path: Path, array: Any) -> Iterator[ConfigError]:
    """`path` is that of the array of probes."""
    yield from find_duplicates(path, array)
    probes = list_tables(array)
    names = [_read_probe_name(probe) for _, probe in probes]
    for index, probe in probes:
        place = (*path, index)
        yield from header_rules((*place, "headers"), probe.get("headers"))
        yield from _check_probe_times(place, probe)
        yield from _check_tls_conditions(place, probe)
        yield from _check_probe_parents(place, probe, names)
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
