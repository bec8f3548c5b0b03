"""What no single value can tell: names that must be known or unique, values that must fit each other.

The rules read the raw tables, so that they speak even when the shape of another key is wrong; what has a wrong shape
itself is passed over here, for it is reported already.
"""

import re
from collections.abc import Iterator

from cockpit.config.checks_keys import key_rules, theme_rules
from cockpit.config.checks_probes import probe_rules
from cockpit.config.checks_secrets import alert_rules, value_rules
from cockpit.config.errors import ConfigError, Path, mistake
from cockpit.config.raw import Raw, duplicates, table, tables, text, texts
from cockpit.model.text import near

# What no single value of the plan can tell: severities that there are, and nothing said twice.

SEVERAL = ("escalation", "checklist")  # kinds that one severity may have more than one of


def plan_rules(data: Raw) -> Iterator[ConfigError]:
    """Every broken rule of [[rules]], [[roles]], [[contacts]], [[targets]], [[checklists]] and `snapshot`."""
    yield from duplicates(("roles",), data.get("roles"))
    yield from duplicates(("checklists",), data.get("checklists"))
    yield from duplicates(("contacts",), data.get("contacts"), "role")
    yield from duplicates(("targets",), data.get("targets"), "scenario")
    ladder = [name for _, rung in tables(data.get("ladder")) if (name := text(rung.get("name")).strip())]
    for key in ("rules", "checklists"):
        for index, fields in tables(data.get(key)):
            yield from _levels((key, index, "levels"), fields, ladder)
    yield from _complete(data)
    yield from _twice(data)
    if (snapshot := text(data.get("snapshot")).strip()) and "#" not in snapshot:
        yield mistake(("snapshot",), "must name a procedure as runbook#procedure", f"{snapshot}#")


def _levels(path: Path, rule: Raw, ladder: list[str]) -> Iterator[ConfigError]:
    """Only a ladder of this file can say it: another may stand in a document."""
    for index, level in texts(rule.get("levels")):
        if ladder and level.strip().casefold() not in {entry.casefold() for entry in ladder}:
            yield mistake((*path, index), f"`{level}` is not in the ladder: {', '.join(ladder)}", near(level, ladder))


def _complete(data: Raw) -> Iterator[ConfigError]:
    for index, rule in tables(data.get("rules")):
        if rule.get("kind") == "escalation" and not rule.get("who"):
            yield mistake(("rules", index, "who"), "is required: an escalation says who is called")
        if rule.get("kind") == "checklist" and not rule.get("checklist"):
            yield mistake(("rules", index, "checklist"), "is required: the name of the list")


def _twice(data: Raw) -> Iterator[ConfigError]:
    """Two deadlines for one thing: nobody could say which holds."""
    first: dict[tuple[str, str], int] = {}
    for index, rule in tables(data.get("rules")):
        kind = text(rule.get("kind"))
        for level in [level.strip().casefold() for _, level in texts(rule.get("levels"))] or [""]:
            earlier = first.setdefault((kind, level), index)
            if earlier != index and kind not in SEVERAL:
                held = f"for {level.upper()}" if level else "for every severity"
                yield mistake(("rules", index, "kind"), f"`{kind}` {held} is already said by rules[{earlier}]")


ENVIRONMENT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}")


def rules(data: Raw) -> Iterator[ConfigError]:
    """Every broken rule of the whole file."""
    yield from _identity(data)
    yield from theme_rules(text(data.get("theme")).strip())
    yield from key_rules(table(data.get("keys")))
    yield from duplicates(("ladder",), data.get("ladder"))
    yield from plan_rules(data)
    for name, environment in table(data.get("environments")).items():
        if isinstance(environment, dict):
            yield from _environment(("environments", name), environment)


def _identity(data: Raw) -> Iterator[ConfigError]:
    """A real token never goes to a simulator, and the simulator's never to Azure."""
    order = texts(table(data.get("identity")).get("order"))
    for index, method in order:
        if method in [earlier for _, earlier in order[:index]]:
            yield mistake(("identity", "order", index), f"`{method}` is there twice")
    simulated = text(table(data.get("cloud")).get("endpoint")).strip().startswith("http://")
    methods = {method for _, method in order}
    if "simulator" in methods and not simulated:
        yield mistake(("identity", "order"), "names `simulator`, which needs [cloud] endpoint = http://127.0.0.1:PORT")
    if simulated and methods != {"simulator"}:
        yield mistake(("identity", "order"), "must be `simulator` alone: [cloud] endpoint is one", '["simulator"]')


def _environment(path: Path, environment: Raw) -> Iterator[ConfigError]:
    if not ENVIRONMENT_NAME.fullmatch(str(path[-1])):
        yield mistake(path, "is no name of an environment; letters, digits, dot, - and _, at most 40")
    if environment.get("apps"):
        for key in ("subscription", "resource_group"):
            if not environment.get(key):
                yield mistake((*path, key), "is required: the environment has apps")
    for index, app in texts(environment.get("apps")):
        if app in [earlier for _, earlier in texts(environment.get("apps"))[:index]]:
            yield mistake((*path, "apps", index), f"`{app}` is there twice")
    yield from value_rules((*path, "values"), environment.get("values"))
    yield from probe_rules((*path, "probes"), environment.get("probes"))
    yield from alert_rules((*path, "alerts"), environment.get("alerts"), environment.get("subscription"))
