"""What a pane without rows says: an empty state teaches."""

from collections.abc import Sequence

from cockpit.model.problem import Problem
from cockpit.model.reading import FeedState, Freshness
from cockpit.model.system import Environment
from cockpit.model.time import age
from widgets.cell import Piece

Said = list[list[Piece]]

MISSING = {
    "probes": ("No probe is configured.", "probes"),
    "alerts": ("No alert source is configured.", "alerts"),
}


def starting() -> Said:
    return [[("Starting…", "muted")]]


def quiet_timeline(read_only: bool) -> Said:
    """Before anything happened."""
    if read_only:
        return [[("Nothing was recorded yet.", "muted")]]
    return [
        [("Nothing happened yet.", "muted")],
        [("Every change is written down here by itself.", "muted")],
    ]


def nothing_due() -> Said:
    return [[("Nothing is due.", "good")], [("Declaring an incident starts its clocks.", "muted")]]


def empty(pane: str, environment: Environment, fresh: Freshness, problems: Sequence[Problem], missing: bool) -> Said:
    """Why `pane` has no rows, and what would fill it."""
    if missing:
        return _missing(pane, environment)
    if fresh.state is FeedState.BLIND:
        told = [[(problem.message, "bad")] for problem in problems[:2]]
        advice = [[(problem.advice, "")] for problem in problems[:2] if problem.advice]
        return [*told, *advice] or [[(f"No answer yet: {fresh.reason}.", "bad")]]
    if fresh.age is None:
        return [[("Waiting for the first answer…", "muted")]]
    look = f"last look {age(fresh.age)} ago"
    if pane == "alerts":
        sources = " and ".join(each.name for each in environment.alerts)
        return [[("No alerts.", "good")], [(f"Watching {sources}, {look}.", "muted")]]
    if pane == "revisions":
        return [[(f"{', '.join(environment.apps) or 'The app'} has no revisions, {look}.", "muted")]]
    return [[(f"No results, {look}.", "muted")]]


def _missing(pane: str, environment: Environment) -> Said:
    if pane == "revisions":
        what, key = "No app is configured.", f"[environments.{environment.name}] apps"
    else:
        what, name = MISSING[pane]
        key = f"[[environments.{environment.name}.{name}]]"
    return [[(what, "")], [(f"{key} in cockpit.toml fills this pane.", "muted")]]
