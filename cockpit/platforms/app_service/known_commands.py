"""An argument list becomes a known az command for a site or its slots, or nothing: then az runs it as it is written.

Known are the swap, with its two halves, the restart, the state of a site and its log. Pure.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from cockpit.model.runbook import StepKind
from cockpit.model.system import Environment
from cockpit.platforms.app_service.settings import NAME, PRODUCTION, read_settings
from cockpit.platforms.arguments import accept_any, split_arguments

SLOT = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,58}")
SHORT = {"-g": "resource-group", "-n": "name", "-s": "slot", "-o": "output"}
SITE = ("resource-group", "name", "slot")
TAKES = {
    "swap": (*SITE, "target-slot", "action", "preserve-vnet"),
    "restart": SITE,
    "show": (*SITE, "query", "output"),
    "log": SITE,
}
WORDS = {("deployment", "slot", "swap"): "swap", ("restart",): "restart", ("show",): "show", ("log", "tail"): "log"}
STATE_QUERY = {"query": "state", "output": "tsv"}  # the one form of `show` whose answer is a word


@dataclass(frozen=True, slots=True)
class WebAppCommand:
    """`verb`: swap, preview, reset, restart, show or log. `slot` is production where none is named."""

    verb: str
    group: str
    site: str
    slot: str
    target: str = PRODUCTION
    kind: StepKind = StepKind.CHANGE
    follow: bool = False
    platform: str = NAME

    def describe(self) -> str:
        """What it does, in one sentence for people."""
        match self.verb:
            case "swap":
                return f"Swap {self.slot} and {self.target} of {self.site}"
            case "preview":
                return f"Begin to swap {self.slot} and {self.target} of {self.site}, as a preview"
            case "reset":
                return f"Take back the begun swap of {self.slot} of {self.site}"
            case "log":
                return f"Follow the log of {self.slot} of {self.site}"
            case "show":
                return f"Show the state of {self.slot} of {self.site}"
        return f"Restart {self.slot} of {self.site}"


def recognise_webapp_command(argv: Sequence[str], environment: Environment) -> WebAppCommand | None:
    """The known command of an argument list; None for one that az must run as it is written."""
    settings = read_settings(environment)
    if settings is None or list(argv[:2]) != ["az", "webapp"]:
        return None
    words = next((words for words in WORDS if tuple(argv[2 : 2 + len(words)]) == words), None)
    if words is None:
        return None
    verb = WORDS[words]
    arguments = split_arguments(argv[2 + len(words) :], dict.fromkeys(TAKES[verb], accept_any), SHORT)
    if arguments is None or arguments.words:
        return None
    flags = arguments.flags
    if flags.get("resource-group", "").lower() != environment.resource_group.lower():
        return None
    sites = {site.lower(): site for site in settings.sites}
    site = sites.get(flags.get("name", "").lower())
    slot, target = flags.get("slot", PRODUCTION), flags.get("target-slot", PRODUCTION)
    action = flags.get("action", "swap") if verb == "swap" else verb
    if verb == "show" and any(flags.get(name) != value for name, value in STATE_QUERY.items()):
        return None
    if (
        site is None
        or action not in ("swap", "preview", "reset", "restart", "show", "log")
        or flags.get("preserve-vnet", "true") != "true"
    ):
        return None
    if not SLOT.fullmatch(slot) or not SLOT.fullmatch(target) or (verb == "swap" and "slot" not in flags):
        return None
    if verb == "swap" and slot == target:
        return None
    kind = StepKind.READ if verb in ("show", "log") else StepKind.CHANGE
    return WebAppCommand(action, environment.resource_group, site, slot, target, kind, follow=verb == "log")
