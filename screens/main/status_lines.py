"""What the bar and the keys show: the session and the view of this moment, as plain facts."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import takewhile
from typing import TYPE_CHECKING

from cockpit.incident.change_dates import DATED_KINDS, date_by_effect
from cockpit.incident.clocks.reminders import find_due_reminder
from cockpit.model.alert import Alert, AlertGroup, AlertState, list_unconfirmed_alerts, rank_firing_alerts
from cockpit.model.clock import ClockState
from cockpit.model.event import Event, Kind
from cockpit.model.incident import Incident, list_acknowledged, newest_closed, worst_first
from cockpit.model.plan import Plan
from cockpit.model.probe import ProbeResult, ProbeState, SignalResult
from cockpit.model.problem import ProblemKind
from cockpit.model.reading import FeedState
from cockpit.model.revision import Application, Revision
from cockpit.model.revision_health import RevisionCondition, find_newest_unhealthy, ill_working, last_rollback
from cockpit.model.run import Run, StepState
from screens.main.context import CockpitContext
from screens.main.standing import CockpitStanding
from screens.shared.context import CockpitHost
from screens.shared.due import DueClock
from screens.shared.view import View
from widgets.bar import Bar
from widgets.cell import Piece, cut_text
from widgets.clocks import format_remaining
from widgets.hint import FRESH, LONGEST_NAME, HintInput
from widgets.pane import OLD
from widgets.probes import describe_spared, is_fault

if TYPE_CHECKING:
    from cockpit.runbooks.run.open_runs import WaitingRun
    from cockpit.session import Session

CLOCKS = 2  # in the bar at all times
LATE = frozenset({ClockState.AT_RISK, ClockState.OVERDUE})


def read_standing(screen: CockpitContext) -> CockpitStanding:
    """What decides which keys work at this moment."""
    session, view = screen.session, screen.seen
    if session is None:
        return CockpitStanding()
    here = session.environment.name
    alert = screen.under_cursor(1)
    return CockpitStanding(
        attached=True,
        read_only=session.read_only,
        roomy=screen.roomy,
        any_incident=any(incident.environment == here for incident in session.ledger.incidents.values()),
        alert=isinstance(alert, Alert | AlertGroup),
        over=is_over(alert),
        taken=isinstance(alert, Alert) and bool(list_acknowledged(session.ledger.taken(here), [alert])),
        silenceable=any(session.can_silence(source) for source in list_alert_sources(alert)),
        event=screen.under_cursor(3) is not None,
        apps=bool(view.applications),
        own_rollback=bool(session.system.rollback),
        platform="revisions" not in view.missing,
        signed_out=any(problem.kind is ProblemKind.SIGN_IN for problem in view.problems),
        person=session.credential is None or session.credential.signs_in_with is not None,
    )


def is_over(chosen: object) -> bool:
    """Whether what is under the cursor is an alert that ended, or a group of such: nobody takes what is over."""
    alerts = chosen.alerts if isinstance(chosen, AlertGroup) else (chosen,) if isinstance(chosen, Alert) else ()
    return bool(alerts) and all(alert.state is AlertState.RESOLVED for alert in alerts)


def list_alert_sources(chosen: object) -> tuple[str, ...]:
    """The sources of the alert or the group under the cursor, each once."""
    if isinstance(chosen, AlertGroup):
        return tuple(dict.fromkeys(alert.source for alert in chosen.alerts))
    return (chosen.source,) if isinstance(chosen, Alert) else ()


def build_bar(app: CockpitHost, session: "Session", view: View, asking: Sequence[DueClock]) -> Bar:
    """The bar as things stand, with the most urgent clocks."""
    incidents = worst_first(session.ledger, session.environment.name, session.system.severity_scale)
    return Bar(
        environment=session.environment.name,
        production=session.environment.production,
        system=session.system.name,
        incidents=incidents,
        situation=render_summary(view),
        operator=session.operator,
        identity=session.identity(),
        read_only=session.read_only,
        recorder=session.recorder.status if session.recorder else "",
        muted=app.bells.muted,
        plan=session.plan,
        clocks=tuple(due_clock.clock for due_clock in asking[:CLOCKS]),
        whose=tuple(letters_of(due_clock.incident, incidents) for due_clock in asking[:CLOCKS]),
        freeze=session.ledger.freeze(session.environment.name),
        clock_step=session.ledger.shown_clock_step(session.environment.name, session.time.now()),
        locations=tuple(dict.fromkeys(app.location for app in view.applications if app.location)),
    )


def find_followed_revision(screen: CockpitContext) -> tuple[Application, Revision] | None:
    """Whose logs the key opens: the chosen one; in an incident the newest unhealthy one; else where the traffic is."""
    chosen = screen.under_cursor(2) if screen.current == 2 else None
    session = screen.session
    if not isinstance(chosen, Revision) and session is not None and session.ledger.open(session.environment.name):
        chosen = find_newest_unhealthy(screen.seen.applications)
    for app in screen.seen.applications:
        revision = app.serving
        if isinstance(chosen, Revision):
            revision = next(
                (revision for revision in app.revisions if (revision.app, revision.name) == (chosen.app, chosen.name)),
                None,
            )
        if revision is not None:
            return app, revision
    return None


def letters_of(incident: Incident, incidents: Sequence[Incident]) -> str:
    """What tells a clock's incident from the one that the bar shows; "" where it is that one, or none is open."""
    return incident.id[-3:] if incidents and incidents[0].id != incident.id else ""


def read_hint_input(screen: CockpitContext, session: "Session") -> HintInput:
    """What decides the hint; what it says of a key is taken from what the key would act on."""
    view, now = screen.seen, session.time.now()
    incident = next(iter(worst_first(session.ledger, session.environment.name, session.system.severity_scale)), None)
    here, alert, followed_revision = session.environment.name, screen.under_cursor(1), find_followed_revision(screen)
    waiting = find_waiting(session, here)
    states = {pane: fresh.state for pane, fresh in view.fresh.items() if pane not in view.missing}
    return HintInput(
        probes=(*view.probes, *view.signals),
        alerts=view.alerts,
        applications=view.applications,
        problems=view.problems,
        incident=incident,
        closed=newest_closed(session.ledger, here),
        old=tuple(pane.capitalize() for pane, state in states.items() if state in OLD),
        waiting=FeedState.WAITING in states.values(),
        recorder=session.recorder.status if session.recorder else "",
        logs_of=followed_revision[1] if followed_revision else None,
        chosen=alert if isinstance(alert, Alert) and not is_over(alert) else None,
        unsettled=find_unsettled_run(session.runs.values(), here),
        leaderless=is_leaderless(incident, session.plan),
        asks=next((due_clock.clock for due_clock in screen.asking if due_clock.clock.state(now) in LATE), None),
        rolled_back=last_rollback(view.applications, list_recent_changes(session.history, now - FRESH), now - FRESH),
        zone=screen.cockpit.zone,
        waits=describe_waiting_run(waiting),
        waits_for=waiting.step_title if waiting else "",
        gap=waiting.leaves if waiting else "",
        unconfigured=bool(session.system.searched),
    )


def list_recent_events(events: Sequence[Event], since: datetime) -> Iterable[Event]:
    """The newest events, back to the first that was recorded before `since`."""
    return takewhile(lambda event: event.recorded >= since, reversed(events))


def list_recent_changes(events: Sequence[Event], since: datetime) -> Sequence[Event]:
    """Those of the newest events that changed something, each from when it took effect: a cloud dates a move of traffic
    by its request, seconds before the traffic moves. None where no traffic moved."""
    changes = [event for event in list_recent_events(events, since) if event.kind in DATED_KINDS]
    return date_by_effect(changes) if any(event.kind == Kind.TRAFFIC for event in changes) else ()


def find_waiting(session: "Session", environment: str) -> "WaitingRun | None":
    """The run that waits for a person; None too while the runs are not known yet."""
    if not session.runs:
        return None
    from cockpit.runbooks.run.open_runs import find_waiting_run

    return find_waiting_run(session.runs.values(), environment, session.runner.known_procedure)


def describe_waiting_run(waiting: "WaitingRun | None") -> str:
    """`“Roll back” waits at step 5`; "" where none waits, or all its steps are done."""
    if waiting is None or (waiting.step is None and not waiting.leaves):
        return ""
    step = f" at step {waiting.step}" if waiting.step else ""
    return f"“{cut_text(waiting.title, LONGEST_NAME)}” waits{step}"


def is_leaderless(incident: Incident | None, plan: Plan) -> bool:
    """True while nobody holds the leading role of an open incident."""
    leads = [role.name for role in plan.roles if role.lead]
    return incident is not None and bool(leads) and not any(incident.in_role(lead) for lead in leads)


def find_unsettled_run(runs: Iterable[Run], environment: str) -> str:
    """The run with a step that nobody saw the end of; the newest of several."""
    waiting = [
        run
        for run in runs
        if run.environment == environment
        and run.ended is None
        and any(state is StepState.UNKNOWN for _, state in run.states)
    ]
    return max(waiting, key=lambda run: run.started).title if waiting else ""


def render_summary(view: View) -> Piece:
    """How the environment stands while there is no incident: `2 down`, `all 12 probes up`, `cannot see`."""
    watched: list[ProbeResult | SignalResult] = [*view.probes, *view.signals]
    down = sum(item.state is ProbeState.DOWN for item in watched)
    firing = len(rank_firing_alerts(view.alerts))
    if down or firing:
        parts = [f"{down} down" if down else "", f"{firing} firing" if firing else ""]
        return (", ".join(part for part in parts if part), "bad")
    ill = ill_working(view.applications)
    sick = sum(health.condition is RevisionCondition.ILL for _, health in ill)
    if sick:
        return (f"{sick} revision{'' if sick == 1 else 's'} unhealthy", "bad")
    if any(freshness.state in OLD for freshness in view.fresh.values()):
        return ("cannot see everything", "bad")
    if unconfirmed := len(list_unconfirmed_alerts(view.alerts)):
        return (f"{unconfirmed} alert{'' if unconfirmed == 1 else 's'} not known to be over", "warn")
    unsure = sum(is_fault(item) for item in watched)
    if unsure:
        words = "probes and signals" if view.signals else "probes"
        return (f"{unsure} of {len(watched)} {words} not up", "warn")
    if ill:
        return (f"{len(ill)} revision{'' if len(ill) == 1 else 's'} not known to serve", "warn")
    count = "1 signal good" if len(view.signals) == 1 else f"{len(view.signals)} signals good"
    states = [probe.state for probe in view.probes]
    up = states.count(ProbeState.UP)
    probes = "1 probe up" if up == 1 else f"all {up} probes up" if up == len(states) else f"{up} probes up"
    probes = f"{probes}{describe_spared(states)}" if states else ""
    return (", ".join(part for part in (probes, count if view.signals else "") if part), "good" if watched else "")


# Reminders of what is due: one when it is at risk, one when it is due, a few more, and then silence.


class Nudges:
    """Which reminders were given. What was due before this screen began is on the screen and rings no more."""

    def __init__(self) -> None:
        self._reminded: dict[tuple[str, str], int] | None = None

    def fresh(self, asking: Iterable[DueClock], now: datetime) -> list[DueClock]:
        """Those whose next reminder has come since the last call; each is reminded of once."""
        counted = {
            (due_clock.incident.id, due_clock.clock.id): (due_clock, find_due_reminder(due_clock.clock, now))
            for due_clock in asking
        }
        before, first = self._reminded or {}, self._reminded is None
        # One that asks for nothing for a while, and then again, was reminded of before.
        self._reminded = before | {key: max(count, before.get(key, 0)) for key, (_, count) in counted.items()}
        if first:
            return []
        return [due_clock for key, (due_clock, count) in counted.items() if count > before.get(key, 0)]


def notify_due_clocks(app: CockpitHost, fresh: Sequence[DueClock], now: datetime) -> None:
    """One notice for all of them, on whatever screen is in front, and once the bell; nothing for none."""
    if fresh:
        app.notify(describe_due_clocks(fresh, now), severity="warning", markup=False)
    if fresh and not app.bells.muted:
        app.bell()


def describe_due_clocks(fresh: Sequence[DueClock], now: datetime) -> str:
    """One notice for all of them, the most urgent first: `Next update to clients: 3:00 left. And 1 more is due.`"""
    others = len(fresh) - 1
    more = f" And {others} more {'is' if others == 1 else 'are'} due." if others else ""
    return f"{_format_left(fresh[0], now)}{more}"


def _format_left(due: DueClock, now: datetime) -> str:
    left = due.clock.remaining(now)
    sentence = format_remaining(due.clock, now)
    return f"{due.clock.what}: {sentence}{'' if left is None or left.total_seconds() < 0 else ' left'}."
