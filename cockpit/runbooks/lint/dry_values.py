"""Would a step run without a shell? Judged with stand-ins for the values that nobody has given yet."""

import re

from cockpit.model.runbook import Step
from cockpit.model.system import Environment
from cockpit.platforms.registry import list_used_kinds
from cockpit.runbooks.az import recognise_az_command
from cockpit.runbooks.prepare.script import build_argument_list
from cockpit.runbooks.shell_syntax.placeholders import canonicalise_name, find_placeholders
from cockpit.runbooks.types import NativeCommand, Resolved

MOMENT = re.compile(r"time|date|since|until|point")
GROUPS = {"rg", "resource_group", "resourcegroup"}
NUMBER = re.compile(r"count|tail|lines|number|weight|percent|replicas")


def known_command(step: Step, environment: Environment | None = None) -> NativeCommand | None:
    """The command without a shell that a step would be, whatever its values; None for one that a shell must run.

    Those of a platform are known where the environment uses it.
    """
    if step.language != "bash" or step.altered or not step.command:
        return None
    names = {blank.name for blank in find_placeholders(step.command, step.language)}
    argv = build_argument_list(step.command, [Resolved(name, stand_in(name, environment)) for name in names])
    if not argv or (native := recognise_az_command(argv)) is not None:
        return native if argv else None
    if environment is None:
        return None
    kinds = list_used_kinds([environment])
    return next(filter(None, (kind.recognise_command(argv, environment) for kind in kinds)), None)


def stand_in(name: str, environment: Environment | None = None) -> str:
    """A value that the name could have."""
    if environment is not None:
        for kind in list_used_kinds([environment]):
            if sample := kind.list_sample_values(environment).get(canonicalise_name(name)):
                return sample
        if canonicalise_name(name) in GROUPS and environment.resource_group:
            return environment.resource_group  # a command of another group is not the environment's
    if MOMENT.search(canonicalise_name(name)):
        return "2026-01-01T00:00:00Z"
    return "10" if NUMBER.search(canonicalise_name(name)) else "app--v1"
