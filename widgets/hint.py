"""The hint: the one line that says what to do next. A newcomer who reads only this does the right thing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cockpit.model.alert import Alert, AlertState
from cockpit.model.clock import Clock, ClockKind
from cockpit.model.incident import Incident, Status
from cockpit.model.probe import ProbeResult, ProbeState
from cockpit.model.problem import Problem, ProblemKind
from cockpit.model.revision import Application, Revision
from cockpit.model.time import age
from widgets.alerts import SEVERITIES
from widgets.cell import Piece, cut
from widgets.hint_line import Part, key, say
from widgets.probes import QUIET
from widgets.revisions import short_name

FRESH = timedelta(minutes=30)  # a deployment younger than this is the first suspect
NAMED = 24  # cells of a name inside a sentence
LOST = "NOT RECORDED"


@dataclass(frozen=True, slots=True)
class Sight:
    """What the screen sees at one moment, as far as it decides what to do next."""

    probes: Sequence[ProbeResult] = ()
    alerts: Sequence[Alert] = ()
    applications: Sequence[Application] = ()
    problems: Sequence[Problem] = ()  # of the feeds that are blind
    incident: Incident | None = None
    closed: Incident | None = None  # the newest one, when none is open
    old: Sequence[str] = ()  # panes whose feed fell silent
    waiting: bool = False  # for the first answers
    attached: bool = True
    recorder: str = ""  # how the timeline is written
    logs_of: Revision | None = None  # whose logs the key would open now
    chosen: Alert | None = None  # the one that the key would take now
    unsettled: str = ""  # the step of a run that nobody saw the end of
    leaderless: bool = False  # nobody holds the leading role of the incident
    asks: Clock | None = None  # the most urgent clock, when it is at risk or overdue

    @property
    def down(self) -> list[ProbeResult]:
        return [each for each in self.probes if each.state is ProbeState.DOWN]

    @property
    def firing(self) -> list[Alert]:
        firing = [each for each in self.alerts if each.state is AlertState.FIRING]
        return sorted(firing, key=lambda each: SEVERITIES.index(each.severity))


def hint(sight: Sight, keys: Mapping[str, str], now: datetime, width: int = 120) -> list[Piece]:
    """The line in `width` cells, `keys` naming the key of each binding id that works now.

    What is lost comes first, then seeing, then declaring, then working.
    """
    if not sight.attached:
        return say("Starting. The panes fill as their sources answer.", width=width)
    if sight.recorder.startswith(LOST):
        return _lost(sight.recorder, width)
    for problem in sight.problems:
        if problem.kind is ProblemKind.SIGN_IN:
            again = key(keys, "sign_in", "signs in again")
            instead = Part() if again or not problem.advice else Part(((problem.advice, ""),))
            return say(problem.message, instead, action=again, tone="bad", width=width)
    if sight.unsettled:
        told = f"Nobody knows how “{cut(sight.unsettled, NAMED)}” ended."
        return say(told, action=key(keys, "runbooks", "opens its run", "opens it"), tone="bad", width=width)
    if sight.incident:
        return _in_incident(sight, sight.incident, keys, now, width)
    if sight.down or sight.firing:
        declares = key(keys, "declare", "declares an incident", "declares")
        return say(_broken(sight), *_deployed(sight, keys, now), action=declares, tone="bad", width=width)
    if doubt := _doubt(sight, keys, width):
        return doubt
    if sight.closed and sight.closed.resolved and now - sight.closed.resolved < FRESH:
        drafts = key(keys, "export", "writes the post-mortem draft", "writes the draft")
        return say(f"“{sight.closed.title}” is resolved.", action=drafts, width=width)
    return say(
        "All quiet." if sight.probes else "Watching.",
        key(keys, "table.select", "shows details", "details"),
        key(keys, "declare", "declares an incident", "declares"),
        action=key(keys, "help", "explains the screen", "explains"),
        width=width,
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


def _lost(status: str, width: int) -> list[Piece]:
    """`NOT RECORDED, 6 facts waiting: The disk is full: … . Free some space.`: the cause gives way to what to do."""
    what, _, trouble = status.partition(": ")
    sentences = trouble.removesuffix(".").split(". ")
    cause = sentences[0].partition(": ")[0]
    told = Part(((cause, "bad"),), ((cut(cause, NAMED), "bad"),)) if len(sentences) > 1 else Part()
    return say(what, told, action=Part(((f"{sentences[-1]}.", "strong"),)), tone="bad", width=width)


TELLS = frozenset({ClockKind.UPDATE, ClockKind.PROMISE, ClockKind.CLIENT})


def _command(sight: Sight, keys: Mapping[str, str]) -> list[Part]:
    """What the one who leads owes: a name on the lead first, then what is late."""
    if sight.leaderless:
        return [key(keys, "roles", "takes the lead", "leads")]
    if sight.asks is None:
        return []
    if sight.asks.kind in TELLS:
        return [key(keys, "communicate", "writes the update that is due", "update due")]
    return [key(keys, "snooze", f"answers “{cut(sight.asks.what, NAMED)}”", "what is due")]


def _in_incident(sight: Sight, incident: Incident, keys: Mapping[str, str], now: datetime, width: int) -> list[Piece]:
    notes = key(keys, "note", "writes a note", "note")
    command = _command(sight, keys)
    if sight.down or sight.firing:
        deployed = _deployed(sight, keys, now)
        takes = (
            key(keys, "acknowledge", f"takes “{cut(sight.chosen.name, NAMED)}”", "takes it") if sight.chosen else None
        )
        if not takes:
            return say(_broken(sight), *deployed, *command, action=notes, tone="bad", width=width)
        return say(_broken(sight), *deployed, *command, notes, action=takes, tone="bad", width=width)
    if doubt := _doubt(sight, keys, width):
        return doubt
    if incident.status is Status.MONITORING:
        resolves = key(keys, "status", "resolves it when it stays so", "resolves it")
        return say("Nothing is broken.", *command, action=resolves, tone="good", width=width)
    moves = key(keys, "status", "to monitoring or resolved")
    return say("Nothing is broken.", *command, notes, action=moves, width=width)


def _doubt(sight: Sight, keys: Mapping[str, str], width: int) -> list[Piece]:
    """What keeps us from saying that all is well; nothing when nothing does."""
    if sight.problems:
        advice = Part(((sight.problems[0].advice, ""),)) if sight.problems[0].advice else Part()
        return say(sight.problems[0].message, action=advice, tone="bad", width=width)
    if sight.old:
        again = key(keys, "refresh", "asks again")
        return say(f"{' and '.join(sight.old)}: what is shown is old.", action=again, tone="bad", width=width)
    if sight.waiting:
        return say("Waiting for the first answers.", width=width)
    unsure = [each for each in sight.probes if each.state not in QUIET]
    if not unsure:
        return []
    others = f" and {len(unsure) - 1} more" if len(unsure) > 1 else ""
    state = f"{unsure[0].name} is {unsure[0].state.value}{others}."
    why = key(keys, "table.select", "shows why")
    return say(state, key(keys, "declare", "declares"), action=why, tone="warn", width=width)


def _broken(sight: Sight) -> str:
    """What is broken, in one clause."""
    if sight.down:
        others = f" and {len(sight.down) - 1} more" if len(sight.down) > 1 else ""
        verb = "are" if others else "is"
        return f"{sight.down[0].name}{others} {verb} down."
    others = f" and {len(sight.firing) - 1} more" if len(sight.firing) > 1 else ""
    return f"{sight.firing[0].name}{others}."


def _deployed(sight: Sight, keys: Mapping[str, str], now: datetime) -> list[Part]:
    """The first suspect, the key that rolls it back, and the one that shows logs, of the revision it really opens."""
    revision = suspect(sight.applications, now)
    if revision is None or revision.created is None:
        return []
    name, ago = short_name(revision), age((now - revision.created).total_seconds())
    told = Part(((f"{name} deployed {ago} ago", "warn"),), ((f"{name} {ago} ago", "warn"),))
    back = key(keys, "roll_back", "rolls it back", "back")
    if sight.logs_of is None or sight.logs_of == revision:
        return [told, back, key(keys, "logs", "shows its logs", "logs")]
    other = short_name(sight.logs_of)
    return [told, back, key(keys, "logs", f"shows the logs of {other}", f"logs of {other}")]
