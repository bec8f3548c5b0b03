"""What the nouns of a configuration hold beside what a key says: names, numbers, and what follows from others."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cockpit.config.errors import Path as KeyPath
from cockpit.config.places import default_data
from cockpit.model.clock import ClockKind, Rule
from cockpit.model.conditions import parse_condition
from cockpit.model.plan import Checklist, Contact, Hours, Plan
from cockpit.model.probe import MaintenanceWindow, Probe, WatchedSignal
from cockpit.model.severity_scale import DEFAULT_SEVERITY_SCALE, SeverityLevel
from cockpit.model.system import Environment, System

DEFAULT_CONDITION = parse_condition("[STATUS] == 200")  # of a probe that names none
DEFAULT_CONDITIONS = {
    **dict.fromkeys(("tcp", "tls", "icmp", "beat"), "[CONNECTED] == true"),
    **dict.fromkeys(("ws", "wss"), "[STATUS] == 101"),
    "dns": "[DNS_RCODE] == NOERROR",
}
"""The same for addresses that are no web page's, by their scheme."""
TIMEOUT, RETRY_INTERVAL = 5.0, 3.0  # seconds, where a probe names none and its interval is not shorter
WHAT = {
    ClockKind.RESPONSE: "acknowledge",
    ClockKind.COMMANDER: "name a commander",
    ClockKind.UPDATE: "send an update",
    ClockKind.CLIENT: "tell clients",
    ClockKind.BREACH: "notify the authority",
    ClockKind.ROLLBACK: "no-blame rollback window",
    ClockKind.POSTMORTEM: "review the post-mortem",
}

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ConfigSource:
    """The file that a configuration was read from (absolute), and how the place of a key in it is written."""

    file: Path
    describe_origin: Callable[[KeyPath], str]


def build_noun(noun: type, values: Values, path: KeyPath, source: ConfigSource) -> Any:
    """The noun of a table: `values` are its fields that the file, or a default as written, says."""
    if "origin" in noun.__dataclass_fields__:  # type: ignore[attr-defined]
        values["origin"] = source.describe_origin(path)
    complete = COMPLETE.get(noun)
    return complete(values, path, source) if complete else noun(**values)


def _complete_system(values: Values, path: KeyPath, source: ConfigSource) -> System:
    plan = _complete_plan(Plan(**{"severity_scale": (), **values.pop(Plan.__name__, {})}))
    keys: Mapping[str, str] = values.pop("keys", {})
    return System(
        **{
            **values,
            "name": values.get("name") or source.file.parent.name,
            "data": values.get("data") or str(default_data(values.get("name", ""))),
            "environments": values.get("environments") or (Environment("default", unnamed=True),),
        },
        file=str(source.file),
        plan=plan,
        severity_scale=plan.severity_scale or DEFAULT_SEVERITY_SCALE,
        **(_complete_keys(keys) if keys else {}),
    )


def _complete_keys(keys: Mapping[str, str]) -> Values:
    """The bindings of actions, and those of the team's procedures."""
    from cockpit.model.key_bindings import opens_a_procedure, rename_key_id  # only where the file has keys
    from cockpit.model.key_names import key_name

    procedures = {name for name, text in keys.items() if opens_a_procedure(name, text)}
    return {
        "keys": {rename_key_id(name): text for name, text in keys.items() if name not in procedures},
        "procedure_keys": {key_name(name): keys[name] for name in keys if name in procedures},
    }


def _complete_plan(plan: Plan) -> Plan:
    """The tiers of an escalation are counted for each set of severities; `within` of a checklist is a rule of its own;
    the first role commands where none is configured to."""
    tiers: dict[tuple[str, ...], int] = {}
    rules = []
    for rule in plan.rules:
        if rule.kind is ClockKind.ESCALATION:
            tiers[rule.levels] = tiers.get(rule.levels, 0) + 1
            rule = replace(rule, number=tiers[rule.levels])
        rules.append(rule)
    rules += [
        Rule(
            ClockKind.CHECKLIST,
            checklist.title,
            checklist.within,
            checklist.origin,
            levels=checklist.levels,
            checklist=checklist.id,
        )
        for checklist in plan.checklists
        if checklist.within is not None
    ]
    roles = plan.roles
    if roles and not any(role.lead for role in roles):
        roles = (replace(roles[0], lead=True), *roles[1:])
    return replace(plan, rules=tuple(rules), roles=roles)


def _complete_rule(values: Values, path: KeyPath, source: ConfigSource) -> Rule:
    rule = Rule(**values)
    default = WHAT.get(rule.kind) or (f"call {rule.who}" if rule.who else rule.checklist)
    return replace(rule, what=rule.what or default)


def _complete_severity_level(values: Values, path: KeyPath, source: ConfigSource) -> SeverityLevel:
    return SeverityLevel(**values, rank=int(path[-1]))


def _complete_contact(values: Values, path: KeyPath, source: ConfigSource) -> Contact:
    contact = Contact(**values)
    return replace(contact, filled=bool(contact.person or contact.how))


def _complete_checklist(values: Values, path: KeyPath, source: ConfigSource) -> Checklist:
    return Checklist(**values, title=values["id"])


def _complete_hours(values: Values, path: KeyPath, source: ConfigSource) -> Hours:
    hours = Hours(**values)
    return replace(hours, days=tuple(sorted(set(hours.days))))


def _complete_environment(values: Values, path: KeyPath, source: ConfigSource) -> Environment:
    windows = values.get("recurring_maintenance", ())
    if windows:
        values["probes"] = tuple(
            replace(probe, recurring_maintenance=(*probe.recurring_maintenance, *windows))
            for probe in values.get("probes", ())
        )
    return Environment(**values, name=str(path[-1]))


def _complete_probe(values: Values, path: KeyPath, source: ConfigSource) -> Probe:
    interval = values["interval"]
    defaults = {"timeout": min(TIMEOUT, interval), "retry_interval": min(RETRY_INTERVAL, interval)}
    default = DEFAULT_CONDITIONS.get(values["url"].partition("://")[0])
    if default and values.get("conditions") == (DEFAULT_CONDITION,):
        values = {**values, "conditions": (parse_condition(default),)}
    return Probe(**{**defaults, **values}, environment=str(path[1]))


def _complete_signal(values: Values, path: KeyPath, source: ConfigSource) -> WatchedSignal:
    return WatchedSignal(**{**values, "environment": str(path[1])})


def _complete_window(values: Values, path: KeyPath, source: ConfigSource) -> Any:
    window = MaintenanceWindow(**values)
    return (window.start, window.until)


COMPLETE: dict[type, Callable[[Values, KeyPath, ConfigSource], Any]] = {
    System: _complete_system,
    Rule: _complete_rule,
    SeverityLevel: _complete_severity_level,
    Contact: _complete_contact,
    Checklist: _complete_checklist,
    Hours: _complete_hours,
    Environment: _complete_environment,
    Probe: _complete_probe,
    WatchedSignal: _complete_signal,
    MaintenanceWindow: _complete_window,
}
"""Nouns that hold something which no key says."""
