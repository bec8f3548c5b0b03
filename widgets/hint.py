"""The hint: the one line that says what to do next. A newcomer who reads only this does the right thing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo

from cockpit.model.alert import Alert, AlertState, began_about_when, list_unconfirmed_alerts, rank_firing_alerts
from cockpit.model.clock import Clock, ClockKind, ClockState
from cockpit.model.incident import Incident, Status
from cockpit.model.probe import ProbeResult, ProbeState, SignalResult
from cockpit.model.problem import Problem, ProblemKind
from cockpit.model.revision import Application, Revision
from cockpit.model.revision_health import RevisionCondition, RevisionHealth, RolledBack, idle_cause, ill_working
from cockpit.model.time import format_age, format_clock_time
from widgets.cell import Piece, cut_text, measure_pieces
from widgets.probes import QUIET, SPARED
from widgets.revisions import short_name

# How a hint fits its line: the action stays whole, what stands between gives way. Pure.

LEAST = 12  # cells of the first words that are worth more than the second half of the action


@dataclass(frozen=True, slots=True)
class Part:
    """One advice or fact: its words, and fewer of them for a line that is too long."""

    full: tuple[Piece, ...] = ()
    short: tuple[Piece, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.full)


def make_key_part(keys: Mapping[str, str], binding: str, does: str, short: str = "") -> Part:
    """A key and what it does; nothing when the key does not exist or does nothing now."""
    if not keys.get(binding):
        return Part()
    pressed = (keys[binding], "key")
    return Part((pressed, (f" {does}", "")), (pressed, (f" {short or does}", "")))


def render_hint_line(what: str, *middle: Part, action: Part | None = None, tone: str = "", width: int) -> list[Piece]:
    """` ▸ what  middle · action` in at most `width` cells.

    The middle parts are shortened and then dropped, the last one first; then `what` is cut, and the action is last.
    """
    action = action or Part()
    between = [item for item in middle if item]
    for index, part in enumerate(between):
        if measure_pieces(_build_hint_pieces(what, tone, between, action)) <= width:
            break
        between[index] = Part(part.short or part.full)
    while between and measure_pieces(_build_hint_pieces(what, tone, between, action)) > width:
        between.pop()
    if measure_pieces(_build_hint_pieces("", tone, between, action)) + LEAST > width and action.short:
        action = replace(action, full=action.short)
    room = width - measure_pieces(_build_hint_pieces("", tone, between, action))
    return _build_hint_pieces(cut_text(what, max(1, room)), tone, between, action)


def _build_hint_pieces(what: str, tone: str, middle: Sequence[Part], action: Part) -> list[Piece]:
    pieces: list[Piece] = [(" ▸ ", "info"), (what, tone)]
    for number, part in enumerate(part for part in (*middle, action) if part):
        pieces += [(" · " if number else "  ", "muted"), *part.full]
    return pieces


FRESH = timedelta(minutes=30)  # a deployment younger than this is the first suspect
LOOKED_AGAIN = timedelta(minutes=2)  # the longest between the last failing answer and the one that was well
RECENT = timedelta(minutes=1)  # the record of a rollback may be later than the recovery that it brought
EXPLAINED = 50  # alerts; of more nobody reads whose they are, and the line is drawn once a second
NARROW = 100  # cells below which each word costs a key
ROOMY = 130  # cells in which everything that follows a rollback has room
LONGEST_NAME = 24  # cells of a name inside a sentence
NOT_RECORDED = "NOT RECORDED"


@dataclass(frozen=True, slots=True)
class HintInput:
    """What the screen sees at one moment, as far as it decides what to do next."""

    probes: Sequence[ProbeResult | SignalResult] = ()
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
    rolled_back: RolledBack | None = None  # lately, and it stands
    zone: tzinfo = UTC  # of the times that are written
    waits: str = ""  # the run that waits for a person, and at which step
    waits_for: str = ""  # the title of that step
    gap: str = ""  # what that run leaves broken until it goes on
    unconfigured: bool = False  # there is no cockpit.toml
    grave: Sequence[Alert] = ()  # the critical ones that fire, by their source or by the team's documents

    @property
    def down(self) -> list[ProbeResult | SignalResult]:
        return [probe for probe in self.probes if probe.state is ProbeState.DOWN]

    @property
    def flapping(self) -> list[ProbeResult]:
        """Those that flap, whatever they answered last: that is how they stand for a few seconds."""
        return [probe for probe in self.probes if isinstance(probe, ProbeResult) and probe.flapping]

    @property
    def ill(self) -> list[tuple[Revision, RevisionHealth]]:
        """The revisions that users depend on and that are known to be ill."""
        return [pair for pair in ill_working(self.applications) if pair[1].condition is RevisionCondition.ILL]

    @property
    def unsure(self) -> list[tuple[Revision, RevisionHealth]]:
        """Those that are not known to serve, and not known to be ill: they start, stop, or nobody says."""
        return [pair for pair in ill_working(self.applications) if pair[1].condition is not RevisionCondition.ILL]

    @property
    def felt(self) -> Sequence[Alert]:
        """The firing alerts but for those that, after a rollback, are about a revision without traffic alone."""
        firing = self.firing
        if self.rolled_back is None or len(firing) > EXPLAINED:
            return firing
        return [alert for alert in firing if idle_cause(alert, self.applications) is None]

    @property
    def bad(self) -> bool:
        return bool(self.down or self.felt or self.ill)

    @property
    def firing(self) -> Sequence[Alert]:
        return rank_firing_alerts(self.alerts)


def render_hint(sight: HintInput, keys: Mapping[str, str], now: datetime, width: int = 120) -> list[Piece]:
    """The line in `width` cells, `keys` naming the key of each binding id that works now.

    What is lost comes first, then seeing, then declaring, then working.
    """
    if not sight.attached:
        return render_hint_line("Starting. The panes fill as their sources answer.", width=width)
    if sight.recorder.startswith(NOT_RECORDED):
        return _render_not_recorded(sight.recorder, width)
    for problem in sight.problems:
        if problem.kind is ProblemKind.SIGN_IN:
            again = make_key_part(keys, "sign_in", "signs in again")
            instead = Part() if again or not problem.advice else Part(((problem.advice, ""),))
            # What the authority said stands in the pane: here it would push out what to do.
            what, _, _ = problem.message.partition(": ")
            return render_hint_line(what, instead, action=again, tone="bad", width=width)
    if sight.unsettled:
        sentence = f"Nobody knows how “{cut_text(sight.unsettled, LONGEST_NAME)}” ended."
        return render_hint_line(
            sentence, action=make_key_part(keys, "runbooks", "opens its run", "opens it"), tone="bad", width=width
        )
    if sight.gap:
        opens = make_key_part(keys, "runbooks", "opens its run", "opens it")
        return render_hint_line(f"{sight.waits}: {sight.gap}.", action=opens, tone="bad", width=width)
    if sight.incident:
        return _in_incident(sight, sight.incident, keys, now, width)
    if sight.bad:
        declares = make_key_part(keys, "declare", "declares an incident", "declares")
        parts = [
            *_list_deployment_parts(sight, keys, now),
            _describe_procedure(sight, keys),
            _describe_waiting_run(sight),
        ]
        return render_hint_line(_describe_broken(sight, width), *parts, action=declares, tone="bad", width=width)
    if doubt := _render_doubt(sight, keys, width):
        return doubt
    if sight.closed and sight.closed.resolved and now - sight.closed.resolved < FRESH:
        drafts = make_key_part(keys, "export", "writes the post-mortem draft", "writes the draft")
        return render_hint_line(
            f"“{sight.closed.title}” is resolved.", _describe_waiting_run(sight), action=drafts, width=width
        )
    if sight.rolled_back:
        declares = make_key_part(keys, "declare", "declares an incident", "declares")
        parts = [*_after_rollback(sight, now), _describe_waiting_run(sight)]
        return render_hint_line(_back_since(sight.rolled_back, now, width), *parts, action=declares, width=width)
    if sight.waits:
        opens = make_key_part(keys, "runbooks", "opens its run", "opens it")
        return render_hint_line(
            f"{sight.waits}.", Part(((sight.waits_for, ""),)), action=opens, tone="warn", width=width
        )
    if sight.unconfigured:
        return render_hint_line(
            "No cockpit.toml was found, so nothing is watched.",
            make_key_part(keys, "note", "writes a note", "note"),
            action=make_key_part(keys, "help", "explains the screen", "explains"),
            tone="warn",
            width=width,
        )
    return render_hint_line(
        "All quiet." if sight.probes else "No probe is configured.",
        make_key_part(keys, "table.select", "shows details", "details"),
        make_key_part(keys, "declare", "declares an incident", "declares"),
        action=make_key_part(keys, "help", "explains the screen", "explains"),
        width=width,
    )


def find_suspect(applications: Sequence[Application], now: datetime) -> Revision | None:
    """The newest one that users depend on, when it is young enough to be the cause."""
    young = [
        revision
        for application in applications
        for revision in application.working
        if revision.created and now - revision.created < FRESH
    ]
    return max(young, key=lambda revision: revision.created or now, default=None)


def _render_not_recorded(status: str, width: int) -> list[Piece]:
    """`NOT RECORDED, 6 facts waiting: The disk is full: … . Free some space.`: the cause gives way to what to do."""
    what, _, trouble = status.partition(": ")
    sentences = trouble.removesuffix(".").split(". ")
    cause = sentences[0].partition(": ")[0]
    part = Part(((cause, "bad"),), ((cut_text(cause, LONGEST_NAME), "bad"),)) if len(sentences) > 1 else Part()
    return render_hint_line(what, part, action=Part(((f"{sentences[-1]}.", "strong"),)), tone="bad", width=width)


TELLS = frozenset({ClockKind.UPDATE, ClockKind.PROMISE, ClockKind.CLIENT})


def _list_command_parts(sight: HintInput, keys: Mapping[str, str]) -> list[Part]:
    """What the one who leads owes: a name on the lead first, then what is late."""
    if sight.leaderless:
        return [make_key_part(keys, "roles", "takes the lead", "leads")]
    if sight.asks is None:
        return []
    if sight.asks.kind in TELLS:
        return [make_key_part(keys, "communicate", "writes the update that is due", "update due")]
    return [make_key_part(keys, "snooze", f"answers “{cut_text(sight.asks.what, LONGEST_NAME)}”", "what is due")]


def _in_incident(
    sight: HintInput, incident: Incident, keys: Mapping[str, str], now: datetime, width: int
) -> list[Piece]:
    notes = make_key_part(keys, "note", "writes a note", "note")
    command = _list_command_parts(sight, keys)
    # What is overdue comes before all else that could be done: it is the part that is never cut.
    overdue = command[0] if command and sight.asks and sight.asks.state(now) is ClockState.OVERDUE else None
    if sight.bad:
        deployed = [*_list_deployment_parts(sight, keys, now), _describe_procedure(sight, keys)]
        takes = (
            make_key_part(
                keys, "acknowledge", f"acknowledges “{cut_text(sight.chosen.name, LONGEST_NAME)}”", "acknowledges it"
            )
            if sight.chosen and sight.chosen.state is not AlertState.RESOLVED
            else None
        )
        if overdue:
            parts = [*deployed, *command[1:], *([takes] if takes else []), _describe_waiting_run(sight)]
            return render_hint_line(_describe_broken(sight, width), *parts, action=overdue, tone="bad", width=width)
        if not takes:
            return render_hint_line(
                _describe_broken(sight, width),
                *deployed,
                *command,
                _describe_waiting_run(sight),
                action=notes,
                tone="bad",
                width=width,
            )
        return render_hint_line(
            _describe_broken(sight, width),
            *deployed,
            *command,
            _describe_waiting_run(sight),
            notes,
            action=takes,
            tone="bad",
            width=width,
        )
    if doubt := _render_doubt(sight, keys, width):
        return doubt
    monitoring = incident.status is Status.MONITORING
    if monitoring:
        moves = make_key_part(keys, "status", "resolves the incident when it stays so", "resolves it")
    elif sight.rolled_back:
        moves = make_key_part(keys, "status", "sets monitoring")
    else:
        moves = make_key_part(keys, "status", "sets monitoring or resolved", "sets monitoring")
    what, lines = "Nothing watched here is bad.", list[Part]()
    if sight.rolled_back:
        what, lines = _back_since(sight.rolled_back, now, width), _after_rollback(sight, now)
    rest = [] if monitoring or sight.rolled_back else [notes]
    if overdue:
        return render_hint_line(
            what, *lines, moves, _describe_waiting_run(sight), action=overdue, tone="good", width=width
        )
    return render_hint_line(
        what, *lines, _describe_waiting_run(sight), *command, *rest, action=moves, tone="good", width=width
    )


def _describe_waiting_run(sight: HintInput) -> Part:
    """The run that waits for a person."""
    step = f", {sight.waits_for}" if sight.waits_for else ""
    return Part(((f"{sight.waits}{step}", "warn"),), ((sight.waits, "warn"),)) if sight.waits else Part()


def _back_since(back: RolledBack, now: datetime, width: int) -> str:
    """The pane says to which one, where the line has no room for it."""
    to = f" to {back.to.removeprefix(back.app) or back.to}" if width >= ROOMY else ""
    return f"Rolled back{to} {format_age((now - back.at).total_seconds())} ago."


def _after_rollback(sight: HintInput, now: datetime) -> list[Part]:
    """What is seen since: the probes that are up and since when, and whose the alerts are that fire still."""
    parts: list[Part] = []
    probes = [probe for probe in sight.probes if isinstance(probe, ProbeResult)]
    asked = sum(probe.state not in SPARED for probe in probes)
    if asked:
        up = [probe for probe in probes if probe.state is ProbeState.UP and not probe.flapping]
        count = f"{len(up)} of {asked} probes up"
        # A probe that was not seen for a while, because we were slow, say, is up since then and recovered from nothing.
        mended = (
            probe.since for probe in up if probe.last_failure and probe.since - probe.last_failure.at < LOOKED_AGAIN
        )
        # What was degraded now and then failed nothing, and was not up before the first of the good answers after it.
        calmed = (probe.flap.well_since for probe in up if probe.flap is not None)
        last = max([*mended, *(moment for moment in calmed if moment is not None)], default=None)
        # Only a recovery after the traffic moved is one of the rollback's; a probe that was up all the time says less.
        recovered = last is not None and sight.rolled_back is not None and last >= sight.rolled_back.at - RECENT
        since = (
            f" since {format_clock_time(last, sight.zone, now.astimezone(sight.zone).date(), seconds=True)}"
            if last and recovered
            else ""
        )
        short = f"{len(up)} of {asked} up{since}"
        parts.append(Part(((f"{count}{since}", "good"),), ((short, "good"),)))
    for alert in sight.firing[:EXPLAINED]:
        cause = idle_cause(alert, sight.applications)
        if cause is not None:
            name = short_name(cause)
            whole = f"“{cut_text(alert.name, LONGEST_NAME)}” is {name} alone ({cause.weight} %)"
            parts.append(Part(((whole, "warn"),), ((f"{name} alone alerts", "warn"),)))
    return parts


def _render_doubt(sight: HintInput, keys: Mapping[str, str], width: int) -> list[Piece]:
    """What keeps us from saying that all is well; nothing when nothing does."""
    if sight.problems:
        advice = Part(((sight.problems[0].advice, ""),)) if sight.problems[0].advice else Part()
        what = sight.problems[0].message
        return render_hint_line(what, _describe_waiting_run(sight), action=advice, tone="bad", width=width)
    if sight.old:
        again = make_key_part(keys, "refresh", "asks again")
        return render_hint_line(
            f"{' and '.join(sight.old)}: what is shown is old.",
            _describe_waiting_run(sight),
            action=again,
            tone="bad",
            width=width,
        )
    if sight.waiting:
        return render_hint_line("Waiting for the first answers.", _describe_waiting_run(sight), width=width)
    unsure = [probe for probe in sight.probes if probe.state not in QUIET or probe in sight.flapping]
    if sight.rolled_back:  # a threshold over minutes that are past says nothing of how it is since
        unsure = [probe for probe in unsure if isinstance(probe, ProbeResult)]
    if not unsure:
        return _not_serving(sight, keys, width) or _not_over(sight, keys, width)
    others = f" and {len(unsure) - 1} more" if len(unsure) > 1 else ""
    flaps = "flapping, now " if unsure[0] in sight.flapping else ""
    state = f"{unsure[0].name} is {flaps}{unsure[0].state.value}{others}."
    why = make_key_part(keys, "table.select", "shows why")
    declares = _offer_declaration(sight, keys, "declares")
    return render_hint_line(state, _describe_waiting_run(sight), declares, action=why, tone="warn", width=width)


def _offer_declaration(sight: HintInput, keys: Mapping[str, str], *words: str) -> Part:
    """Nothing while an incident is open: another one is hardly meant."""
    return Part() if sight.incident else make_key_part(keys, "declare", *words)


def _not_serving(sight: HintInput, keys: Mapping[str, str], width: int) -> list[Piece]:
    """The first revision that is not known to serve, though nothing says that it is ill."""
    if not sight.unsure:
        return []
    revision, health = sight.unsure[0]
    why = make_key_part(keys, "table.select", "shows why")
    declares = _offer_declaration(sight, keys, "declares an incident", "declares")
    sentence = f"{short_name(revision)} is not known to serve: {health.reason}."
    return render_hint_line(sentence, _describe_waiting_run(sight), declares, action=why, tone="warn", width=width)


def _not_over(sight: HintInput, keys: Mapping[str, str], width: int) -> list[Piece]:
    """The first alert that is gone without anybody knowing that it is over: then it is not quiet yet."""
    alerts = list_unconfirmed_alerts(sight.alerts)
    if not alerts:
        return []
    others = f" and {len(alerts) - 1} more" if len(alerts) > 1 else ""
    why = make_key_part(keys, "table.select", "shows why")
    declares = _offer_declaration(sight, keys, "declares an incident", "declares")
    sentence = f"{alerts[0].name}{others}: not known to be over."
    return render_hint_line(sentence, _describe_waiting_run(sight), declares, action=why, tone="warn", width=width)


def _describe_broken(sight: HintInput, width: int) -> str:
    """What is broken, in one clause. A critical alert stands before the probe that is down beside it: it names the
    cause more closely, and on a narrow screen only what comes first is there to be read."""
    if sight.down:
        others = f" and {len(sight.down) - 1} more" if len(sight.down) > 1 else ""
        down = f"{sight.down[0].name}{others} {'are' if others else 'is'} {_describe_down(sight.down)}."
        # On a narrow screen without its verb: the key that rolls back would have no room.
        return f"{_describe_firing(sight.grave, verb=width >= NARROW)}; {down}" if sight.grave else down
    if sight.felt:
        return f"{_describe_firing(sight.felt)}."
    revision, health = sight.ill[0]
    others = f" and {len(sight.ill) - 1} more" if len(sight.ill) > 1 else ""
    return f"{short_name(revision)}{others}: {health.reason}."


def _describe_down(down: Sequence[ProbeResult | SignalResult]) -> str:
    """A probe that flaps is down for this moment alone."""
    flaps = all(isinstance(probe, ProbeResult) and probe.flapping for probe in down)
    return f"flapping, now {ProbeState.DOWN.value}" if flaps else ProbeState.DOWN.value


def _describe_firing(alerts: Sequence[Alert], *, verb: bool = True) -> str:
    """`“5xx errors” and 1 more fire`: the quotes and the verb say that it is an alert's name."""
    others = f" and {len(alerts) - 1} more" if len(alerts) > 1 else ""
    fires = "" if not verb else " fire" if others else " fires"
    return f"“{cut_text(alerts[0].name, LONGEST_NAME)}”{others}{fires}"


def _describe_procedure(sight: HintInput, keys: Mapping[str, str]) -> Part:
    """The procedure that the configuration names for the first probe that is down.

    Where a critical alert fires, or one that began about then, that alert may have a document of its own, and the
    catalogue puts that first: then none is named before the others.
    """
    runbook = sight.down[0].runbook if sight.down else ""
    if not runbook:
        return Part()
    if sight.grave or any(began_about_when(alert, sight.down[0].since) for alert in sight.firing[:EXPLAINED]):
        return make_key_part(keys, "runbooks", "lists what helps", "runbooks")
    return make_key_part(keys, "runbooks", f"has {runbook}", "runbook") or Part(((runbook, "warn"),))


def _list_deployment_parts(sight: HintInput, keys: Mapping[str, str], now: datetime) -> list[Part]:
    """The first suspect, the key that rolls it back, and the one that shows logs, of the revision it really opens."""
    rollback = sight.rolled_back
    if rollback is not None:
        to = rollback.to.removeprefix(rollback.app) or rollback.to
        ago = format_age((now - rollback.at).total_seconds())
        moved = Part(((f"rolled back to {to} {ago} ago", "warn"),), ((f"back on {to} {ago}", "warn"),))
        return [moved, make_key_part(keys, "logs", "shows logs", "logs")]
    revision = find_suspect(sight.applications, now)
    if revision is None or revision.created is None:
        return []
    name, ago = short_name(revision), format_age((now - revision.created).total_seconds())
    part = Part(((f"{name} deployed {ago} ago", "warn"),), ((f"{name} {ago} ago", "warn"),))
    back = make_key_part(keys, "roll_back", "rolls it back", "back")
    if sight.logs_of is None or sight.logs_of == revision:
        return [part, back, make_key_part(keys, "logs", "shows its logs", "logs")]
    other = short_name(sight.logs_of)
    return [part, back, make_key_part(keys, "logs", f"shows the logs of {other}", f"logs of {other}")]
