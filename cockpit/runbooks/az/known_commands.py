"""Which `az` commands are known, with the flags that are. Names and short forms as `az ... --help` gives them."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum

from cockpit.model.runbook import StepKind


class Takes(Enum):
    """What follows a flag."""

    ONE = "one value"
    MANY = "one or more values"
    NOTHING = "nothing"
    MAYBE = "true, false, or nothing, which is true"


Accepts = Callable[[str], bool]


def make_pattern_check(pattern: str) -> Accepts:
    """Accepts what the whole of a regular expression matches."""
    compiled = re.compile(pattern)
    return lambda value: compiled.fullmatch(value) is not None


ANYTHING = make_pattern_check(r"[^\x00-\x08\x0b-\x1f\x7f]+")  # but control characters


def parse_az_time(written: str) -> datetime:
    """A time as az takes one, in UTC; without a zone it is UTC. Raises ValueError, OverflowError."""
    result = datetime.fromisoformat(written)
    return result.replace(tzinfo=UTC) if result.tzinfo is None else result.astimezone(UTC)


def is_moment(written: str) -> bool:
    try:
        return parse_az_time(written).year > 1
    except (ValueError, OverflowError):
        return False


@dataclass(frozen=True, slots=True)
class Flag:
    """`forms`: how it is written, the long one first. `accepts`: whether a value is one that we understand."""

    forms: tuple[str, ...]
    takes: Takes = Takes.ONE
    required: bool = False
    accepts: Accepts = ANYTHING

    @property
    def name(self) -> str:
        return self.forms[0].removeprefix("--")


@dataclass(frozen=True, slots=True)
class Command:
    """`says`: what it does, in words; `{flag}` stands for a flag's values."""

    words: str
    kind: StepKind
    says: str
    flags: tuple[Flag, ...]

    def flag(self, form: str) -> Flag | None:
        return next((flag for flag in (*self.flags, *GLOBAL) if form in flag.forms), None)


RESOURCE = make_pattern_check(r"(?!\.+$)[A-Za-z0-9_.()-]{1,128}")  # the names that Azure allows for what is named here
SPAN = make_pattern_check(r"(?=.)(\d{1,4}d)?(\d{1,4}h)?(\d{1,4}m)?")
WEIGHT = make_pattern_check(r"[A-Za-z0-9-]{1,128}=\d{1,3}")
ID = make_pattern_check(r"/subscriptions/[^/?#%\s]+(/(?!\.+(/|$))[A-Za-z0-9_.()-]+)+")

GLOBAL = (
    Flag(("--output", "-o"), accepts=make_pattern_check("json|table|tsv|none")),
    Flag(("--query",)),
    Flag(("--subscription",)),
    Flag(("--only-show-errors",), Takes.NOTHING),
)

NAME = Flag(("--name", "-n"), required=True, accepts=RESOURCE)
NAME_OR_REVISION = Flag(("--name", "-n"), accepts=RESOURCE)  # az takes the app's name out of the revision's
GROUP = Flag(("--resource-group", "-g"), required=True, accepts=RESOURCE)
ANY_GROUP = Flag(("--resource-group", "-g"), accepts=RESOURCE)
REVISION = Flag(("--revision",), required=True, accepts=RESOURCE)
ANY_REVISION = Flag(("--revision",), accepts=RESOURCE)
SERVER = Flag(("--server", "-s"), required=True, accepts=RESOURCE)
START, END = Flag(("--start-time",), accepts=is_moment), Flag(("--end-time",), accepts=is_moment)
OFFSET = Flag(("--offset",), accepts=SPAN)

READ, CHANGE, DANGER = StepKind.READ, StepKind.CHANGE, StepKind.DANGER

KNOWN = (
    Command("account show", READ, "Show the subscription", (Flag(("--name", "-n", "-s")),)),
    Command("containerapp list", READ, "List the container apps of {resource-group}", (ANY_GROUP,)),
    Command("containerapp show", READ, "Show the app {name}", (NAME, GROUP)),
    Command(
        "containerapp revision list",
        READ,
        "List every revision of {name}",
        (NAME, GROUP, Flag(("--all",), Takes.MAYBE)),
    ),
    Command("containerapp revision show", READ, "Show revision {revision}", (NAME_OR_REVISION, GROUP, REVISION)),
    Command(
        "containerapp revision activate",
        CHANGE,
        "Activate revision {revision} of {name}",
        (NAME_OR_REVISION, GROUP, REVISION),
    ),
    Command(
        "containerapp revision deactivate",
        DANGER,
        "Deactivate revision {revision} of {name}",
        (NAME_OR_REVISION, GROUP, REVISION),
    ),
    Command(
        "containerapp revision restart",
        CHANGE,
        "Restart revision {revision} of {name}",
        (NAME_OR_REVISION, GROUP, REVISION),
    ),
    Command("containerapp ingress traffic show", READ, "Show the traffic of {name}", (NAME, GROUP)),
    Command(
        "containerapp ingress traffic set",
        CHANGE,
        "Set the traffic of {name}: {revision-weight} {label-weight}",
        (
            NAME,
            GROUP,
            Flag(("--revision-weight",), Takes.MANY, accepts=WEIGHT),
            Flag(("--label-weight",), Takes.MANY, accepts=WEIGHT),
        ),
    ),
    Command(
        "containerapp update",
        CHANGE,
        "Deploy {image} to {name} as a new revision",
        (
            NAME,
            GROUP,
            Flag(("--image", "-i"), required=True),
            Flag(("--container-name",), accepts=RESOURCE),
            Flag(("--revision-suffix",), accepts=RESOURCE),
        ),
    ),
    Command("containerapp replica list", READ, "List the replicas of {name}", (NAME, GROUP, ANY_REVISION)),
    Command(
        "containerapp logs show",
        READ,
        "Show the logs of {name}",
        (
            NAME,
            GROUP,
            ANY_REVISION,
            Flag(("--replica",), accepts=RESOURCE),
            Flag(("--container",), accepts=RESOURCE),
            Flag(("--tail",), accepts=make_pattern_check(r"[0-2]?\d?\d|300")),
            Flag(("--follow",), Takes.MAYBE),
            Flag(("--type", "-t"), accepts=make_pattern_check("console|system")),
            Flag(("--format",), accepts=make_pattern_check("json|text")),
        ),
    ),
    Command("sql db list", READ, "List the databases of {server}", (SERVER, GROUP)),
    Command("sql db show", READ, "Show the database {name}", (NAME, SERVER, GROUP)),
    Command(
        "sql db restore",
        CHANGE,
        "Restore {name} as it was at {time} into the new database {dest-name}",
        (
            NAME,
            SERVER,
            GROUP,
            Flag(("--dest-name",), required=True, accepts=RESOURCE),
            Flag(("--time", "-t"), required=True, accepts=is_moment),
        ),
    ),
    Command(
        "sql db rename",
        DANGER,
        "Rename the database {name} to {new-name}",
        (NAME, SERVER, GROUP, Flag(("--new-name",), required=True, accepts=RESOURCE)),
    ),
    Command(
        "monitor activity-log list",
        READ,
        "List who changed what in {resource-group}",
        (
            ANY_GROUP,
            Flag(("--resource-id",), accepts=ID),
            Flag(("--correlation-id",), accepts=RESOURCE),
            Flag(("--max-events",), accepts=make_pattern_check(r"[1-9]\d{0,3}")),
            *(START, END, OFFSET),
        ),
    ),
    Command(
        "monitor metrics list",
        READ,
        "Show {metrics} of {resource}",
        (
            Flag(("--resource",), required=True, accepts=ID),
            Flag(("--metrics", "--metric"), Takes.MANY),
            Flag(
                ("--aggregation",), Takes.MANY, accepts=make_pattern_check(r"(?i)average|count|maximum|minimum|total")
            ),
            Flag(("--interval",), accepts=make_pattern_check(r"PT\d{1,2}[MH]|P1D|\d{1,2}[mhd]")),
            Flag(("--filter",)),
            *(START, END, OFFSET),
        ),
    ),
)
COMMANDS: Mapping[str, Command] = {command.words: command for command in KNOWN}
