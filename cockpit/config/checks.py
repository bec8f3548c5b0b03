"""What no single value can tell: names that must be known or unique, values that must fit each other.

The rules read the raw tables, so that they speak even when the shape of another key is wrong; what has a wrong shape
itself is passed over here, for it is reported already.
"""

import re
from collections.abc import Iterator

from cockpit.config.checks_probes import check_recurring_windows, probe_rules, signal_rules
from cockpit.config.checks_secrets import access_rules, alert_rules, value_rules
from cockpit.config.errors import ConfigError, Path, make_config_error
from cockpit.config.raw import Raw, find_duplicates, get_table, get_text, list_tables, list_texts
from cockpit.model.text import find_nearest

# What no single value of the plan can tell: severities that there are, and nothing written twice.

SEVERAL = ("escalation", "checklist")  # kinds that one severity may have more than one of


def plan_rules(data: Raw) -> Iterator[ConfigError]:
    """Every broken rule of [[rules]], [[roles]], [[contacts]], [[targets]], [[checklists]] and `snapshot`."""
    yield from find_duplicates(("roles",), data.get("roles"))
    yield from find_duplicates(("checklists",), data.get("checklists"))
    yield from find_duplicates(("contacts",), data.get("contacts"), "role")
    yield from find_duplicates(("targets",), data.get("targets"), "scenario")
    severity_scale = [
        name
        for _, severity_level in list_tables(data.get("ladder"))
        if (name := get_text(severity_level.get("name")).strip())
    ]
    for key in ("rules", "checklists"):
        for index, fields in list_tables(data.get(key)):
            yield from _check_rule_severities((key, index, "levels"), fields, severity_scale)
    yield from _check_escalations(data)
    yield from _check_duplicate_deadlines(data)
    commands = data.get("commands")
    for words, kind in commands.items() if isinstance(commands, dict) else ():
        if not isinstance(kind, str) or kind not in KINDS_OF_COMMANDS:
            yield make_config_error(
                ("commands", words), "unknown-kind", "must be read, local, change or danger", "change", value=kind
            )
    for key in ("snapshot", "rollback"):
        if (name := get_text(data.get(key)).strip()) and "#" not in name:
            yield make_config_error(
                (key,), "not-a-procedure", "must name a procedure as runbook#procedure", f"{name}#", value=name
            )


KINDS_OF_COMMANDS = ("read", "local", "change", "danger")


def _check_rule_severities(path: Path, rule: Raw, severity_scale: list[str]) -> Iterator[ConfigError]:
    """Only a severity scale of this file can say it: another may stand in a document."""
    for index, level in list_texts(rule.get("levels")):
        if severity_scale and level.strip().casefold() not in {entry.casefold() for entry in severity_scale}:
            yield make_config_error(
                (*path, index),
                "unknown-name",
                f"`{level}` is not in the severity scale: {', '.join(severity_scale)}",
                find_nearest(level, severity_scale),
                value=level,
                known=severity_scale,
            )


def _check_escalations(data: Raw) -> Iterator[ConfigError]:
    for index, rule in list_tables(data.get("rules")):
        if rule.get("kind") == "escalation" and not rule.get("who"):
            yield make_config_error(("rules", index, "who"), "required", "is required: whom an escalation calls")
        if rule.get("kind") == "checklist" and not rule.get("checklist"):
            yield make_config_error(("rules", index, "checklist"), "required", "is required: the name of the list")


def _check_duplicate_deadlines(data: Raw) -> Iterator[ConfigError]:
    """Two deadlines for one obligation: nobody could say which holds."""
    first: dict[tuple[str, str], int] = {}
    for index, rule in list_tables(data.get("rules")):
        kind = get_text(rule.get("kind"))
        for level in [level.strip().casefold() for _, level in list_texts(rule.get("levels"))] or [""]:
            earlier = first.setdefault((kind, level), index)
            if earlier != index and kind not in SEVERAL:
                held = f"for {level.upper()}" if level else "for every severity"
                yield make_config_error(
                    ("rules", index, "kind"),
                    "duplicate",
                    f"`{kind}` {held} is already set by rules[{earlier}]",
                    value=kind,
                    first=earlier,
                    level=level,
                )


ENVIRONMENT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}")


def check_rules(data: Raw) -> Iterator[ConfigError]:
    """Every broken rule of the whole file."""
    yield from _check_identity(data)
    if data.get("theme") or data.get("keys"):
        from cockpit.config.checks_keys import key_rules, theme_rules  # the bindings of every screen

        yield from theme_rules(get_text(data.get("theme")).strip())
        yield from key_rules(get_table(data.get("keys")))
    yield from find_duplicates(("ladder",), data.get("ladder"))
    yield from plan_rules(data)
    for name, environment in get_table(data.get("environments")).items():
        if isinstance(environment, dict):
            yield from _check_environment(("environments", name), environment)


def _check_identity(data: Raw) -> Iterator[ConfigError]:
    """A real token never goes to a simulator, and the simulator's never to Azure."""
    order = list_texts(get_table(data.get("identity")).get("order"))
    for index, method in order:
        if method in [earlier for _, earlier in order[:index]]:
            yield make_config_error(("identity", "order", index), "duplicate", f"`{method}` is there twice")
    simulated = get_text(get_table(data.get("cloud")).get("endpoint")).strip().startswith("http://")
    methods = {method for _, method in order}
    if "simulator" in methods and not simulated:
        yield make_config_error(
            ("identity", "order"),
            "simulator-without-endpoint",
            "names `simulator`, which needs [cloud] endpoint = http://127.0.0.1:PORT",
        )
    if simulated and methods != {"simulator"}:
        yield make_config_error(
            ("identity", "order"),
            "identity-for-a-simulator",
            "must be `simulator` alone: [cloud] endpoint is one",
            '["simulator"]',
        )


ASKS_AZURE = {"activity_log": ("subscription", "resource_group"), "service_health": ("subscription",)}


def _check_environment(path: Path, environment: Raw) -> Iterator[ConfigError]:
    if not ENVIRONMENT_NAME.fullmatch(str(path[-1])):
        yield make_config_error(
            path, "not-a-name", "is not a name for an environment; letters, digits, dot, - and _, at most 40"
        )
    if environment.get("apps"):
        for key in ("subscription", "resource_group"):
            if not environment.get(key):
                yield make_config_error((*path, key), "required", "is required: the environment has apps")
    for setting, keys in ASKS_AZURE.items():
        for key in keys if environment.get(setting) is True else ():
            if not environment.get(key):
                yield make_config_error((*path, key), "required", f"is required: {setting} asks Azure")
    for index, app in list_texts(environment.get("apps")):
        if app in [earlier for _, earlier in list_texts(environment.get("apps"))[:index]]:
            yield make_config_error((*path, "apps", index), "duplicate", f"`{app}` is there twice", value=app)
    if environment.get("app_service"):
        for key in ("subscription", "resource_group"):
            if not environment.get(key):
                yield make_config_error((*path, key), "required", "is required: app_service asks Azure")
    yield from value_rules((*path, "values"), environment.get("values"))
    yield from probe_rules((*path, "probes"), environment.get("probes"))
    yield from check_recurring_windows(path, environment.get("recurring_maintenance"))
    for index, access in list_tables(environment.get("http_access")):
        yield from access_rules((*path, "http_access", index), access)
    yield from find_duplicates((*path, "webhooks"), environment.get("webhooks"))
    for index, webhook in list_tables(environment.get("webhooks")):
        yield from access_rules((*path, "webhooks", index), webhook)
    yield from alert_rules((*path, "alerts"), environment.get("alerts"), environment.get("subscription"))
    yield from signal_rules((*path, "signals"), environment)
