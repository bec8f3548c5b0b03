"""What the bar and the keys are told: the session and the view of this moment, as plain facts."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import takewhile
from typing import TYPE_CHECKING

from cockpit.model.alert import Alert, AlertState
from cockpit.model.clock import ClockState
from cockpit.model.event import Event
from cockpit.model.incident import Incident
from cockpit.model.plan import Plan
from cockpit.model.probe import ProbeState
from cockpit.model.problem import ProblemKind
from cockpit.model.reading import FeedState
from cockpit.model.revision_health import RevisionCondition, ill_working
from cockpit.model.rolled_back import last_rollback
from cockpit.model.run import Run, StepState
from cockpit.runbooks.waiting_run import WaitingRun, find_waiting_run
from screens import opening
from screens.due import DueClock
from screens.reasons import Situation
from screens.view import View, newest_closed, worst_first
from widgets.bar import Bar
from widgets.cell import Piece, cut
from widgets.hint import FRESH, NAMED, HintInput
from widgets.pane import OLD
from widgets.probes import QUIET

if TYPE_CHECKING:
    from cockpit.app import CockpitApp
    from screens.cockpit import CockpitScreen

CLOCKS = 2  # in the bar at all times
LATE = frozenset({ClockState.AT_RISK, ClockState.OVERDUE})


def situation(screen: "CockpitScreen") -> Situation:
    """What decides which keys work at this moment."""
    session, seen = screen.session, screen.seen
    if session is None:
        return Situation()
    here = session.environment.name
    alert = screen.under_cursor(1)
    return Situation(
        attached=True,
        read_only=session.read_only,
        any_incident=any(each.environment == here for each in session.ledger.incidents.values()),
        alert=isinstance(alert, Alert),
        taken=isinstance(alert, Alert) and alert.key in session.ledger.taken(here),
        event=screen.under_cursor(3) is not None,
        apps=bool(seen.applications),
        signed_out=any(each.kind is ProblemKind.SIGN_IN for each in seen.problems),
        person=session.credential is None or session.credential.signs_in_with is not None,
    )


def bar(app: "CockpitApp", seen: View, asking: Sequence[DueClock]) -> Bar:
    """The bar as things stand, with the most urgent clocks."""
    session = app.session
    if session is None:
        return Bar(environment="starting")
    incidents = worst_first(session.ledger, session.environment.name, session.system.ladder)
    return Bar(
        environment=session.environment.name,
        production=session.environment.production,
        system=session.system.name,
        incidents=incidents,
        situation=summary(seen),
        operator=session.operator,
        identity=session.identity(),
        read_only=session.read_only,
        recorder=session.recorder.status if session.recorder else "",
        muted=app.bells.muted,
        plan=session.plan,
        clocks=tuple(each.clock for each in asking[:CLOCKS]),
        whose=tuple(letters_of(each.incident, incidents) for each in asking[:CLOCKS]),
        freeze=session.ledger.freeze(session.environment.name),
    )


def letters_of(incident: Incident, shown: Sequence[Incident]) -> str:
    """What tells a clock's incident from the one that the bar shows; "" where it is that one, or none is open."""
    return incident.id[-3:] if shown and shown[0].id != incident.id else ""


def sight(screen: "CockpitScreen") -> HintInput:
    """What decides the hint; what it says of a key is taken from what the key would act on."""
    session, seen = screen.session, screen.seen
    if session is None:
        return HintInput(attached=False)
    now = session.time.now()
    incident = next(iter(worst_first(session.ledger, session.environment.name, session.system.ladder)), None)
    here, alert, followed = session.environment.name, screen.under_cursor(1), opening.followed(screen)
    waiting = find_waiting_run(session.runner.runs.runs.values(), here, session.runner.known_procedure)
    states = {pane: fresh.state for pane, fresh in seen.fresh.items() if pane not in seen.missing}
    return HintInput(
        probes=seen.probes,
        alerts=seen.alerts,
        applications=seen.applications,
        problems=seen.problems,
        incident=incident,
        closed=newest_closed(session.ledger, here),
        old=tuple(pane.capitalize() for pane, state in states.items() if state in OLD),
        waiting=FeedState.WAITING in states.values(),
        recorder=session.recorder.status if session.recorder else "",
        logs_of=followed[1] if followed else None,
        chosen=alert if isinstance(alert, Alert) else None,
        unsettled=unsettled(session.runner.runs.runs.values(), here),
        leaderless=leaderless(incident, session.plan),
        asks=next((each.clock for each in screen.asking if each.clock.state(now) in LATE), None),
        rolled_back=last_rollback(seen.applications, recent(session.history, now - FRESH), now - FRESH),
        zone=screen.cockpit.zone,
        waits=waits(waiting),
        waits_for=waiting.step_title if waiting else "",
        gap=waiting.leaves if waiting else "",
    )


def recent(events: Sequence[Event], since: datetime) -> Iterable[Event]:
    """The newest events, back to the first that was recorded before `since`."""
    return takewhile(lambda event: event.recorded >= since, reversed(events))


def waits(waiting: WaitingRun | None) -> str:
    """`“Roll back” waits at step 5`; "" where none waits, or all its steps are done."""
    if waiting is None or (waiting.step is None and not waiting.leaves):
        return ""
    step = f" at step {waiting.step}" if waiting.step else ""
    return f"“{cut(waiting.title, NAMED)}” waits{step}"


def leaderless(incident: Incident | None, plan: Plan) -> bool:
    """True while nobody holds the leading role of an open incident."""
    leads = [each.name for each in plan.roles if each.lead]
    return incident is not None and bool(leads) and not any(incident.in_role(each) for each in leads)


def unsettled(runs: Iterable[Run], environment: str) -> str:
    """The run with a step that nobody saw the end of; the newest of several."""
    waiting = [
        run
        for run in runs
        if run.environment == environment
        and run.ended is None
        and any(state is StepState.UNKNOWN for _, state in run.states)
    ]
    return max(waiting, key=lambda run: run.started).title if waiting else ""


def summary(seen: View) -> Piece:
    """How the environment stands while there is no incident: `2 down`, `all 12 probes up`, `cannot see`."""
    down = sum(each.state is ProbeState.DOWN for each in seen.probes)
    firing = sum(each.state is AlertState.FIRING for each in seen.alerts)
    if down or firing:
        parts = [f"{down} down" if down else "", f"{firing} firing" if firing else ""]
        return (", ".join(part for part in parts if part), "bad")
    ill = ill_working(seen.applications)
    sick = sum(health.condition is RevisionCondition.ILL for _, health in ill)
    if sick:
        return (f"{sick} revision{'' if sick == 1 else 's'} ill", "bad")
    if any(each.state in OLD for each in seen.fresh.values()):
        return ("cannot see everything", "bad")
    unsure = sum(each.state not in QUIET for each in seen.probes)
    if unsure:
        return (f"{unsure} of {len(seen.probes)} probes not up", "warn")
    if ill:
        return (f"{len(ill)} revision{'' if len(ill) == 1 else 's'} not known to serve", "warn")
    return (f"all {len(seen.probes)} probes up", "good") if seen.probes else ("", "")
