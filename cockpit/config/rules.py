"""What no single value can tell: names that must be known or unique, values that must fit each other.

The rules read the raw tables, so that they speak even when the shape of another key is wrong; what has a wrong shape
itself is passed over here, for it is reported already.
"""

import re
from collections.abc import Iterator

from cockpit.config.errors import ConfigError, Path, mistake
from cockpit.config.raw import Raw, duplicates, table, text, texts
from cockpit.config.rules_alerts import alert_rules
from cockpit.config.rules_plan import plan_rules
from cockpit.config.rules_probes import probe_rules
from cockpit.config.rules_screen import key_rules, theme_rules
from cockpit.config.rules_secrets import value_rules

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
    for at, method in order:
        if method in [earlier for _, earlier in order[:at]]:
            yield mistake(("identity", "order", at), f"`{method}` is there twice")
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
    for at, app in texts(environment.get("apps")):
        if app in [earlier for _, earlier in texts(environment.get("apps"))[:at]]:
            yield mistake((*path, "apps", at), f"`{app}` is there twice")
    yield from value_rules((*path, "values"), environment.get("values"))
    yield from probe_rules((*path, "probes"), environment.get("probes"))
    yield from alert_rules((*path, "alerts"), environment.get("alerts"), environment.get("subscription"))
