"""The hint: the one line that says what to do next. A newcomer who reads only this does the right thing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cockpit.model.alert import Alert, AlertState
from cockpit.model.incident import Incident, Status
from cockpit.model.probe import ProbeResult, ProbeState
from cockpit.model.problem import Problem, ProblemKind
from cockpit.model.revision import Application, Revision
from cockpit.model.time import age
from widgets.alerts import SEVERITIES
from widgets.cell import Piece
from widgets.probes import QUIET
from widgets.revisions import short_name

FRESH = timedelta(minutes=30)  # a deployment younger than this is the first suspect


Part = tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Sight:
    """What the screen sees at one moment, as far as it decides what to do next."""

    probes: Sequence[ProbeResult] = ()
    alerts: Sequence[Alert] = ()
    applications: Sequence[Application] = ()
    problems: Sequence[Problem] = ()  # of the feeds that are blind
    incident: Incident | None = None
    closed: Incident | None = None  # the newest one, when none is open
    taken: frozenset[str] = frozenset()  # keys of the alerts that somebody acknowledged
    old: Sequence[str] = ()  # panes whose feed fell silent
    waiting: bool = False  # for the first answers
    attached: bool = True

    @property
    def down(self) -> list[ProbeResult]:
        return [each for each in self.probes if each.state is ProbeState.DOWN]

    @property
    def firing(self) -> list[Alert]:
        firing = [each for each in self.alerts if each.state is AlertState.FIRING]
        return sorted(firing, key=lambda each: SEVERITIES.index(each.severity))

    @property
    def untaken(self) -> list[Alert]:
        return [each for each in self.firing if each.key not in self.taken]


def hint(sight: Sight, keys: Mapping[str, str], now: datetime) -> list[Piece]:
    """The line, `keys` naming the key of each binding id. Seeing comes first, then declaring, then working."""
    if not sight.attached:
        return _say("Starting. The panes fill as their sources answer.")
    for problem in sight.problems:
        if problem.kind is ProblemKind.SIGN_IN:
            return _say(problem.message, _key(keys, "sign_in", "signs in again"), tone="bad")
    if sight.incident:
        return _in_incident(sight, sight.incident, keys, now)
    if sight.down or sight.firing:
        declares = _key(keys, "declare", "declares an incident")
        return _say(_broken(sight), *_deployed(sight, keys, now), declares, tone="bad")
    if doubt := _doubt(sight, keys):
        return doubt
    if sight.closed and sight.closed.resolved and now - sight.closed.resolved < FRESH:
        return _say(f"“{sight.closed.title}” is resolved.", _key(keys, "export", "writes the post-mortem draft"))
    return _say(
        "All quiet." if sight.probes else "Watching.",
        _key(keys, "table.select", "shows details"),
        _key(keys, "declare", "declares an incident"),
        _key(keys, "help", "explains the screen"),
    )


def suspect(applications: Sequence[Application], now: datetime) -> Revision | None:
    """The newest revision that carries traffic, when it is young enough to be the cause."""
    young = [
        each
        for application in applications
        for each in application.revisions
        if each.weight > 0 and each.created and now - each.created < FRESH
    ]
    return max(young, key=lambda each: each.created or now, default=None)


def _in_incident(sight: Sight, incident: Incident, keys: Mapping[str, str], now: datetime) -> list[Piece]:
    notes = _key(keys, "note", "writes a note")
    if sight.down or sight.firing:
        takes = _key(keys, "acknowledge", f"takes “{sight.untaken[0].name}”") if sight.untaken else ()
        return _say(_broken(sight), *_deployed(sight, keys, now), takes, notes, tone="bad")
    if doubt := _doubt(sight, keys):
        return doubt
    if incident.status is Status.MONITORING:
        return _say("Nothing is broken.", _key(keys, "status", "resolves it when it stays so"), tone="good")
    return _say("Nothing is broken.", _key(keys, "status", "to monitoring or resolved"), notes)


def _doubt(sight: Sight, keys: Mapping[str, str]) -> list[Piece]:
    """What keeps us from saying that all is well; nothing when nothing does."""
    if sight.problems:
        return _say(sight.problems[0].message, ((sight.problems[0].advice, ""),), tone="bad")
    if sight.old:
        return _say(
            f"{' and '.join(sight.old)}: what is shown is old.", _key(keys, "refresh", "asks again"), tone="bad"
        )
    if sight.waiting:
        return _say("Waiting for the first answers.")
    unsure = [each for each in sight.probes if each.state not in QUIET]
    if not unsure:
        return []
    others = f" and {len(unsure) - 1} more" if len(unsure) > 1 else ""
    state = f"{unsure[0].name} is {unsure[0].state.value}{others}."
    return _say(state, _key(keys, "table.select", "shows why"), _key(keys, "declare", "declares"), tone="warn")


def _broken(sight: Sight) -> str:
    """What is broken, in one clause."""
    if sight.down:
        others = f" and {len(sight.down) - 1} more" if len(sight.down) > 1 else ""
        verb = "are" if others else "is"
        return f"{sight.down[0].name}{others} {verb} down."
    others = f" and {len(sight.firing) - 1} more" if len(sight.firing) > 1 else ""
    return f"{sight.firing[0].name}{others}."


def _deployed(sight: Sight, keys: Mapping[str, str], now: datetime) -> list[Part]:
    """The first suspect, with the key that shows its logs."""
    revision = suspect(sight.applications, now)
    if revision is None or revision.created is None:
        return []
    ago = age((now - revision.created).total_seconds())
    return [((f"{short_name(revision)} deployed {ago} ago", "warn"),), _key(keys, "logs", "shows its logs")]


def _key(keys: Mapping[str, str], binding: str, does: str) -> Part:
    """A key and what it does; nothing when the key does not exist."""
    return ((keys[binding], "key"), (f" {does}", "")) if keys.get(binding) else ()


def _say(what: str, *then: Part, tone: str = "") -> list[Piece]:
    pieces: list[Piece] = [(" ▸ ", "info"), (what, tone)]
    for number, part in enumerate(each for each in then if each):
        pieces += [(" · " if number else "  ", "muted"), *part]
    return pieces
